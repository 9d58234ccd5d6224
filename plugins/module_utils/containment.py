# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The intention to contain: the chosen measures, each planned on the state that the one before it leaves."""

from __future__ import annotations

from collections.abc import Sequence

from ansible_collections.cordon.aws.plugins.module_utils.cloud import Reads
from ansible_collections.cordon.aws.plugins.module_utils.errors import InputError
from ansible_collections.cordon.aws.plugins.module_utils.measure import Measure, Proof, Target
from ansible_collections.cordon.aws.plugins.module_utils.parallel import in_parallel
from ansible_collections.cordon.aws.plugins.module_utils.plan import Json, State, Step, merged, planned_state


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
        return merged(in_parallel(self._measures, lambda measure: measure.observe(reads, target)))

    def plan(self, state: State, target: Target) -> Sequence[Step]:
        steps: list[Step] = []
        for measure in self._measures:
            steps.extend(measure.plan(planned_state(state, steps), target))
        return steps

    def verify(self, state: State, target: Target) -> Proof:
        return [fact for measure in self._measures for fact in measure.verify(state, target)]

    def notes(self, target: Target) -> Sequence[str]:
        return ()

    def unchecked(self, target: Target) -> Sequence[str]:
        return self._unchecked


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
