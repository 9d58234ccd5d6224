# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What it means to contain: every measure in force."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ansible_collections.cordon.aws.plugins.module_utils.aws_errors import is_gone
from ansible_collections.cordon.aws.plugins.module_utils.errors import AwsError, CordonError, InputError
from ansible_collections.cordon.aws.plugins.module_utils.measure import (
    RESERVED,
    Fact,
    Measure,
    Planned,
    Proof,
    Target,
    require_same,
)
from ansible_collections.cordon.aws.plugins.module_utils.parallel import in_parallel
from ansible_collections.cordon.aws.plugins.module_utils.plan import (
    LOST,
    Json,
    State,
    Step,
    merged,
    planned_state,
)
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads

_UNREADABLE = "unreadable/"
"""Facets that say, for a measure, why it could not look."""


def _nothing(_measures: Sequence[Measure], _target: Target) -> Sequence[str]:
    return ()


def _nothing_residual(_state: State, _target: Any) -> Sequence[Mapping[str, str]]:
    return ()


@dataclass(frozen=True, kw_only=True)
class Containment:
    """Every measure in force on the target, as far as it is one for targets of its kind."""

    measures: tuple[Measure, ...]
    left_open: Callable[[Sequence[Measure], Target], Sequence[str]] = _nothing
    """What none of the measures that are taken of a target looks at, in sentences for people."""
    residue: Callable[[State, Any], Sequence[Mapping[str, str]]] = _nothing_residual
    """What may go on all the same, by what was observed: {"what", "why"}."""
    last_resort: Measure | None = None
    """Taken of a target for which no other measure is one."""
    escalation: Measure | None = None
    """Taken of every target, first, when somebody undoes the others."""

    action = "contain"
    done = "contained"
    # A measure that fails is no reason to leave out the others: each makes the attacker's life harder by itself.
    stops_at_failure = False

    def escalated(self) -> Containment | None:
        """The same with the escalation among its measures; None where there is none, or it is there already."""
        if self.escalation is None:
            return None
        others = (measure for measure in self.measures if measure.NAME != self.escalation.NAME)
        return replace(self, measures=(self.escalation, *others), escalation=None)

    def taken_of(self, target: Target) -> tuple[Measure, ...]:
        """The measures that are taken of this target."""
        kind = RESERVED if target.is_reserved else target.kind
        taken = tuple(measure for measure in self.measures if kind in measure.KINDS)
        return taken or ((self.last_resort,) if self.last_resort is not None else ())

    def observe(self, reads: Reads, target: Target) -> dict[str, Json]:
        state = merged(in_parallel(self.taken_of(target), lambda measure: _seen_by(measure, reads, target)))
        require_same(state, target, target.unique_id, "contain")
        return state

    def plan(self, state: State, target: Target) -> Planned:
        steps: list[Step] = []
        setbacks: dict[str, None] = {}
        for measure in self.taken_of(target):
            try:
                if _UNREADABLE + measure.NAME in state:
                    setbacks[state[_UNREADABLE + measure.NAME]] = None
                else:
                    steps.extend(measure.plan(planned_state(state, steps), target))
            except CordonError as error:
                setbacks[str(error)] = None
        return Planned(steps=tuple(steps), setbacks=tuple(setbacks))

    def verify(self, state: State, target: Target) -> Proof:
        return [
            fact
            for measure in self.taken_of(target)
            for fact in (
                measure.verify(state, target)
                if _UNREADABLE + measure.NAME not in state
                else [Fact(measure=measure.NAME, fact=f"what {measure.NAME} looks at cannot be read", holds=False)]
            )
        ]

    def notes(self, state: State, target: Target) -> Sequence[str]:
        found = (
            note
            for measure in self.taken_of(target)
            if _UNREADABLE + measure.NAME not in state
            for note in measure.notes(state, target)
        )
        return list(dict.fromkeys(found))

    def residual(self, state: State, target: Target) -> Sequence[Mapping[str, str]]:
        return self.residue(state, target)

    def unchecked(self, target: Target) -> Sequence[str]:
        return self.left_open(self.taken_of(target), target)


def _seen_by(measure: Measure, reads: Reads, target: Target) -> dict[str, Json]:
    """What one measure sees. What it cannot read is told as that, which is neither absent nor fine."""
    try:
        return measure.observe(reads, target)
    except CordonError as error:
        lost = {LOST: str(error)} if isinstance(error, AwsError) and is_gone(error.code) else {}
        return {_UNREADABLE + measure.NAME: str(error), **lost}


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
