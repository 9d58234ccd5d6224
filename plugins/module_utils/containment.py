# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The intention to contain: the chosen measures, each planned on the state that the one before it leaves."""

from __future__ import annotations

from collections.abc import Sequence

from ansible_collections.cordon.aws.plugins.module_utils.errors import CordonError, InputError
from ansible_collections.cordon.aws.plugins.module_utils.measure import (
    Fact,
    Measure,
    Planned,
    Proof,
    Target,
    require_same,
)
from ansible_collections.cordon.aws.plugins.module_utils.parallel import in_parallel
from ansible_collections.cordon.aws.plugins.module_utils.plan import Json, State, Step, merged, planned_state
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads

_UNREADABLE = "unreadable/"
"""Facets that say, for a measure, why it could not look."""


class Containment:
    """Every measure in force on the target."""

    action = "contain"
    done = "contained"
    # A measure that fails is no reason to leave out the others: each makes the attacker's life harder by itself.
    stops_at_failure = False

    def __init__(self, measures: Sequence[Measure], *, unchecked: Sequence[str] = ()) -> None:
        """`unchecked`: what none of these measures looks at, in sentences for people."""
        self._measures = tuple(measures)
        self._unchecked = tuple(unchecked)

    def observe(self, reads: Reads, target: Target) -> dict[str, Json]:
        state = merged(in_parallel(self._measures, lambda measure: _seen_by(measure, reads, target)))
        require_same(state, target, target.unique_id, "contain")
        return state

    def plan(self, state: State, target: Target) -> Planned:
        steps: list[Step] = []
        setbacks: dict[str, None] = {}
        for measure in self._measures:
            try:
                if _UNREADABLE + measure.NAME in state:
                    setbacks[state[_UNREADABLE + measure.NAME]] = None
                else:
                    steps.extend(measure.plan(planned_state(state, steps), target))
            except CordonError as error:
                setbacks[str(error)] = None
        return Planned(steps=tuple(steps), setbacks=tuple(setbacks))

    def verify(self, state: State, target: Target) -> Proof:
        unreadable = {measure.NAME for measure in self._measures if _UNREADABLE + measure.NAME in state}
        return [
            fact
            for measure in self._measures
            for fact in (
                measure.verify(state, target)
                if measure.NAME not in unreadable
                else [Fact(measure=measure.NAME, fact="what it looks at cannot be read", holds=False)]
            )
        ]

    def notes(self, state: State, target: Target) -> Sequence[str]:
        return ()

    def unchecked(self, target: Target) -> Sequence[str]:
        return self._unchecked


def _seen_by(measure: Measure, reads: Reads, target: Target) -> dict[str, Json]:
    """What one measure sees. What it cannot read is told as that, which is neither absent nor fine."""
    try:
        return measure.observe(reads, target)
    except CordonError as error:
        return {_UNREADABLE + measure.NAME: str(error)}


def chosen(measures: Sequence[Measure], names: Sequence[str] | None) -> tuple[Measure, ...]:
    """The measures of these names, in the order they are taken, not named; all of them for None.

    Raises InputError for an unknown name and for an empty choice: containing by nothing would succeed at nothing.
    """
    known = {measure.NAME: measure for measure in measures}
    if names is None:
        return tuple(measures)
    listed = ", ".join(known)
    faults = [
        InputError(
            f"use `measures[{number}]` = {ascii(name)[:80]}", "there is no such measure", f"Choose from {listed}."
        )
        for number, name in enumerate(names)
        if name not in known
    ]
    if faults:
        raise InputError.together(faults)
    if not names:
        raise InputError(
            "use the option `measures`", "it is an empty list", f"Choose from {listed}, or leave it out for all."
        )
    return tuple(measure for measure in measures if measure.NAME in names)
