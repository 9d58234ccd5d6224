# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The intention to release: what the case log says Cordon changed is put back, after looking that it is still what was left."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from ansible_collections.cordon.aws.plugins.module_utils.cloud import Reads
from ansible_collections.cordon.aws.plugins.module_utils.errors import DriftError
from ansible_collections.cordon.aws.plugins.module_utils.history import (
    PastStep,
    in_force,
    is_lost,
    overruling_steps,
    release_steps,
)
from ansible_collections.cordon.aws.plugins.module_utils.measure import Fact, Measure, Proof, Target
from ansible_collections.cordon.aws.plugins.module_utils.parallel import in_parallel
from ansible_collections.cordon.aws.plugins.module_utils.plan import Json, State, Step, merged

# The longest that GetSessionToken and GetFederationToken give out:
# https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html
LONGEST_SESSION = timedelta(hours=36)


class Release:
    """Everything recorded for the target undone, newest first."""

    action = "release"
    done = "released"
    # Fails closed: what could not be taken back must not be followed by taking back more.
    stops_at_failure = True

    def __init__(
        self,
        history: Mapping[str, Sequence[PastStep]],
        measures: Sequence[Measure],
        *,
        only: Sequence[str] | None = None,
        force: bool = False,
    ) -> None:
        """`only`: names of the measures to release (None: all). `force`: put back even what somebody else has changed since."""
        self._history = history
        self._measures = {measure.NAME: measure for measure in measures}
        self._only = only
        self._force = force

    @property
    def targets(self) -> tuple[str, ...]:
        """The ARNs of everything that the log records a step for."""
        return tuple(self._history)

    def observe(self, reads: Reads, target: Target) -> dict[str, Json]:
        names = dict.fromkeys(step.measure for step in self._steps(target))
        return merged(in_parallel(names, lambda name: self._measures[name].observe(reads, target)))

    def plan(self, state: State, target: Target) -> Sequence[Step]:
        steps = self._steps(target)
        undoing, conflicts = release_steps(steps, state)
        if conflicts and not self._force:
            listed = "; ".join(
                f"{conflict.facet} was left as {_brief(conflict.left)} and is now {_brief(conflict.found)}"
                for conflict in conflicts
            )
            raise DriftError(
                f"release {target.arn}",
                f"somebody has changed it since: {listed}",
                "Nothing was touched. Decide what should stand; `force: true` puts back what was there before containment.",
            )
        return [*undoing, *overruling_steps(steps, state, conflicts)]

    def verify(self, state: State, target: Target) -> Proof:
        """Each facet that was changed is as it was before the case, or gone by somebody else's hand."""
        was = {step.facet: step for step in self._steps(target)}  # newest first: the oldest one stands
        facts = []
        for facet, step in was.items():
            found = state.get(facet)
            lost = is_lost(step, state)
            facts.append(
                Fact(
                    measure=step.measure,
                    fact=f"{facet} is gone"
                    if lost
                    else f"{facet} is {_brief(found)}, and was {_brief(step.before)} before",
                    holds=found == step.before or (lost and self._force),
                )
            )
        return facts or [Fact(measure="", fact="the case records no change to it that is still in force", holds=True)]

    def notes(self, target: Target) -> Sequence[str]:
        """Sessions outlive the containment that denied them."""
        denied = [
            past.time
            for past in self._history.get(target.arn, ())
            if past.action == "contain" and past.step.measure == "sessions"
        ]
        if not denied or (self._only is not None and "sessions" not in self._only):
            return ()
        until = datetime.fromisoformat(min(denied)) + LONGEST_SESSION
        note = (
            "Sessions minted from its keys before containment can act again until "
            f"{until:%Y-%m-%d %H:%M} UTC at the latest, when the last of them has expired; "
            "releasing the other `measures` first keeps them shut out."
        )
        return [note]

    def unchecked(self, target: Target) -> Sequence[str]:
        return ()

    def _steps(self, target: Target) -> list[Step]:
        steps = in_force(self._history.get(target.arn, ()))
        return [step for step in steps if self._only is None or step.measure in self._only]


def _brief(value: Json) -> str:
    if value is None:
        return "absent"
    text = str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
