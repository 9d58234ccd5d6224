# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The intention to release: what the case log says Cordon changed is put back, after looking that it is still what was left."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from ansible_collections.cordon.aws.plugins.module_utils.aws_errors import is_gone
from ansible_collections.cordon.aws.plugins.module_utils.errors import (
    AwsError,
    DriftError,
    InputError,
    IntegrityError,
    RefusedError,
)
from ansible_collections.cordon.aws.plugins.module_utils.history import (
    PastStep,
    brief,
    in_force,
    is_lost,
    overruling_steps,
    release_steps,
)
from ansible_collections.cordon.aws.plugins.module_utils.measure import (
    Fact,
    LooksByFacet,
    Measure,
    Planned,
    Proof,
    Target,
    require_same,
)
from ansible_collections.cordon.aws.plugins.module_utils.outliving import outlives, seen_without_target
from ansible_collections.cordon.aws.plugins.module_utils.parallel import in_parallel
from ansible_collections.cordon.aws.plugins.module_utils.plan import HOLDS, LOST, SHARED, Json, State, Step, merged
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads

# The longest that GetSessionToken and GetFederationToken give out, and AssumeRole:
# https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html
# https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
LONGEST_SESSION = timedelta(hours=36)
LONGEST_ROLE_SESSION = timedelta(hours=12)
_DENIES_SESSIONS = ("scp_quarantine", "deny_policy", "sessions")
"""The measures that keep sessions out."""


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
        resting: Mapping[str, Sequence[str]] | None = None,
        among: Sequence[str] | None = None,
        relying: Mapping[str, str] | None = None,
    ) -> None:
        """`only`: names of the measures to release (None: all). `force`: put back even what somebody else has changed since,
        or what others rest on. `resting`: target -> the open cases that hold it contained by what this case did. `among`: the
        ARNs of all that is released with it (None: everything in the history), which share things with those that are not. `relying`:
        what is shared -> who is contained by it in another open case."""
        staying = [arn for arn in history if among is not None and arn not in among]
        held = {arn: in_force(history[arn]) for arn in staying}
        # One of which nothing else is in force has been released before, and left what others shared with it.
        self._still_needed = {} if force else dict(relying or {})
        self._still_needed |= {
            step.facet: arn
            for arn, steps in held.items()
            if any(not step.facet.startswith(SHARED) for step in steps)
            for step in steps
            if step.facet.startswith(SHARED)
        }
        self._holders = {
            step.facet: arn for arn, steps in held.items() for step in steps if step.facet.startswith(HOLDS)
        }
        """What is held -> one of those that go on holding it."""
        self._resting = resting or {}
        self._history = history
        self._measures = {measure.NAME: measure for measure in measures}
        self._only = only
        self._force = force

    @property
    def targets(self) -> tuple[str, ...]:
        """The ARNs of everything that the log records a step for."""
        return tuple(self._history)

    def place_of(self, arn: str) -> tuple[str, str]:
        """The account and region that the first recorded call about a target went to; empty where there is none. ARNs of buckets name
        neither."""
        for past in self._history.get(arn, ()):
            return past.step.call.account, past.step.call.region
        return "", ""

    def observe(self, reads: Reads, target: Target) -> dict[str, Json]:
        steps = self._steps(target)
        names = dict.fromkeys(step.measure for step in steps)
        state = merged(in_parallel(names, lambda name: self._seen_by(self._measures[name], reads, target, steps)))
        # A target that has gone, or moved, does not lead to what was changed for it any more.
        state |= seen_without_target(reads, [step for step in steps if step.facet not in state])
        for past in self._history.get(target.arn, ()):
            require_same(state, target, past.unique_id, "release")
        return state

    def _seen_by(self, measure: Measure, reads: Reads, target: Target, steps: Sequence[Step]) -> dict[str, Json]:
        """What one measure sees; of what is gone nothing, where that is insisted on."""
        try:
            if isinstance(measure, LooksByFacet):
                facets = [step.facet for step in steps if step.measure == measure.NAME]
                return measure.observe_facets(reads, target, facets)
            return measure.observe(reads, target)
        except AwsError as error:
            if not is_gone(error.code):
                raise
            if self._force:
                return {LOST: str(error), _lost(measure.NAME): str(error)}
            raise DriftError(
                f"release {target.arn}",
                "AWS no longer knows it by this name: somebody has deleted or renamed it",
                "If it was renamed, give it its old name first. If it was deleted, `force: true` takes back what does not need it, such "
                "as its entry in a service control policy.",
            ) from error

    def plan(self, state: State, target: Target) -> Planned:
        if target.arn not in self._history:
            raise InputError(
                f"release {target.arn}",
                "the case records no change to it",
                "Name what `cordon.aws.case_info` shows for the case.",
            )
        steps = self._steps(target)
        others = self._resting.get(target.arn)
        if steps and others and not self._force:
            raise RefusedError(
                f"release {target.arn}",
                f"case {', '.join(others)} is open and rests on it: it found the target contained, and did nothing itself",
                "Close that case first, or set `force: true`; nothing was touched.",
            )
        steps = [step for step in steps if not _is_unread(step, state)]
        undoing, conflicts = release_steps(steps, state)
        doubtful = self._doubtful(steps, state, target)
        if doubtful and not self._force:
            raise DriftError(
                f"release {target.arn}",
                f"the run that was to change {', '.join(doubtful)} was cut off, and the log does not show whether it did: what is there "
                "may be somebody else's doing",
                "Nothing was touched. Look in CloudTrail who did it; `force: true` takes it back.",
            )
        if conflicts and not self._force:
            listed = "; ".join(
                f"{conflict.facet} was left as {brief(conflict.left)} and is now {brief(conflict.found)}"
                for conflict in conflicts
            )
            raise DriftError(
                f"release {target.arn}",
                f"somebody has changed it since: {listed}",
                "Nothing was touched. Decide what should stand; `force: true` puts back what was there before containment.",
            )
        return Planned(steps=(*undoing, *overruling_steps(steps, state, conflicts)))

    def _doubtful(self, steps: Sequence[Step], state: State, target: Target) -> list[str]:
        """The facets that look as a restore would have left them, of which nobody knows whether it did: an administrator who mends by hand
        leaves them so, too. What containment leaves is Cordon's own, and nobody else's."""
        unproven = {
            past.step.facet
            for past in self._history.get(target.arn, ())
            if past.done is None and past.action == "restore"
        }
        return [
            step.facet
            for step in steps
            if step.facet in unproven and state.get(step.facet) == step.after != step.before
        ]

    def verify(self, state: State, target: Target) -> Proof:
        """Each facet that was changed is as it was before the case, or gone by somebody else's hand."""
        was = {step.facet: step for step in self._steps(target)}  # newest first: the oldest one stands
        facts = []
        for facet, step in was.items():
            found = state.get(facet)
            if _is_unread(step, state):
                facts.append(_of_unread(step, target))
                continue
            lost = is_lost(step, state)
            facts.append(
                Fact(
                    measure=step.measure,
                    fact=f"{facet} is gone"
                    if lost
                    else f"{facet} is {brief(found)}, and was {brief(step.before)} before",
                    holds=found == step.before or (lost and self._force),
                    facet=facet,
                )
            )
        return facts or [Fact(measure="", fact="the case records no change to it that is still in force", holds=True)]

    def notes(self, state: State, target: Target) -> Sequence[str]:
        """What others did to it meanwhile, and that sessions outlive the containment that denied them."""
        history = self._history.get(target.arn, ())
        in_doubt = {past.step.facet for past in history if past.done is None}
        was = {step.facet: step for step in self._steps(target)}
        meanwhile = []
        for facet, step in was.items():
            if _is_unread(step, state):
                meanwhile.append(f"{_of_unread(step, target).fact}.")
            elif is_lost(step, state):
                meanwhile.append(f"{facet} is gone, and could not be put back: somebody has deleted it since.")
            elif state.get(facet) == step.before and facet not in in_doubt:
                meanwhile.append(f"{facet} was {brief(step.before)} again before this release: it was not this case.")
        return [*meanwhile, *self._staying(target), *self._outliving(target)]

    def _staying(self, target: Target) -> Sequence[str]:
        """What is not taken back: what cannot be, and what others in the case are contained by."""
        history = self._history.get(target.arn, ())
        final = {
            past.step.facet: past.step.why
            for past in history
            if past.action != "release"
            and past.done
            and not past.step.reversible
            and not past.step.facet.startswith(SHARED)
        }
        return [
            *(f"Cannot be taken back, and is not: {why}." for why in final.values()),
            *(
                f"{step.facet.removeprefix(SHARED)} stays: {self._still_needed[step.facet]} is contained by it, too."
                for step in in_force(history)
                if step.facet in self._still_needed
            ),
            *(
                f"{step.facet.removeprefix(HOLDS)} stays: {self._holders[step.facet]} is contained by it, too."
                for step in self._steps(target)
                if step.facet in self._holders
            ),
        ]

    def _outliving(self, target: Target) -> Sequence[str]:
        """Nothing where sessions stay denied, by one measure or the other, or never were; nor of what can have none denied alone."""
        if target.kind not in ("user", "role", "session"):
            return ()
        history = self._history.get(target.arn, ())
        everything = {step.measure for step in in_force(history)} & set(_DENIES_SESSIONS)
        released = {step.measure for step in self._steps(target)} & set(_DENIES_SESSIONS)
        if not released or everything - released:
            return ()
        denied_since = ""
        for past in history:
            if past.step.measure in _DENIES_SESSIONS:
                denied_since = "" if past.action == "release" and past.done else denied_since or past.time
        if not denied_since:
            return ()
        is_user = target.kind == "user"
        until = datetime.fromisoformat(denied_since) + (LONGEST_SESSION if is_user else LONGEST_ROLE_SESSION)
        note = (
            f"Sessions {'minted from its keys' if is_user else 'of it that were issued'} before containment can act again until "
            f"{until:%Y-%m-%d %H:%M} UTC at the latest, when the last of them has expired. "
            "To keep them out, contain it again with `measures: sessions` until then."
        )
        return [note]

    def unchecked(self, target: Target) -> Sequence[str]:
        return ()

    def residual(self, state: State, target: Target) -> Sequence[Mapping[str, str]]:
        return ()

    def escalated(self) -> None:
        """There is no stronger way to give something back."""
        return

    def _steps(self, target: Target) -> list[Step]:
        steps = in_force(self._history.get(target.arn, ()))
        for step in steps:
            self._require_ours(step, target)
        return [
            step
            for step in steps
            if (self._only is None or step.measure in self._only) and step.facet not in self._still_needed
        ]

    def _require_ours(self, step: Step, target: Target) -> None:
        """Raise IntegrityError for a step that no measure of ours can have planned: what stands in a log is run with the
        responder's rights, and must not do more than take back."""
        measure = self._measures.get(step.measure)
        if measure is None or target.kind not in measure.KINDS or not measure.can_have_planned(step, target):
            calls = ", ".join(f"{call.service}:{call.operation} in account {call.account}" for call in step.undo)
            raise IntegrityError(
                f"release {target.arn}",
                f"the case records {ascii(calls or 'nothing')[1:-1]} as the way back of {ascii(step.facet)[1:-1]}, which the measure "
                f"{ascii(step.measure)[1:-1]} never does to it",
                "Somebody else has written into the case log. Nothing was touched; find out who can write to the store.",
            )


def _lost(measure: str) -> str:
    """The facet that is there where this measure could not look at its target, which is gone."""
    return f"{LOST}/{measure}"


def _is_unread(step: Step, state: State) -> bool:
    """Whether nobody has looked at what `step` changed: that it is missing from `state` does not mean that it is absent."""
    return _lost(step.measure) in state and step.facet not in state


def _of_unread(step: Step, target: Target) -> Fact:
    """What was the target's own has gone with it. What it shared with others has not, and is not proven by its end."""
    own = not step.facet.startswith((SHARED, HOLDS)) and not outlives(step)
    said = (
        f"{step.facet} is lost, and cannot be put back: {target.arn} does not exist any more"
        if own
        else f"{step.facet} could not be read, since {target.arn} does not exist any more: look whether it is still there"
    )
    return Fact(measure=step.measure, fact=said, holds=own, facet=step.facet)
