# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Observe, plan, log, apply, verify, log: the one way in which Cordon changes anything, for many targets at once."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from ansible_collections.cordon.aws.plugins.module_utils.aws_errors import is_passing
from ansible_collections.cordon.aws.plugins.module_utils.cloud import Cloud
from ansible_collections.cordon.aws.plugins.module_utils.errors import (
    ApprovalError,
    AwsError,
    CordonError,
    LostAnswerError,
    ProtectedError,
    RefusedError,
)
from ansible_collections.cordon.aws.plugins.module_utils.measure import Fact, Planned, Proof, Target
from ansible_collections.cordon.aws.plugins.module_utils.parallel import in_parallel
from ansible_collections.cordon.aws.plugins.module_utils.plan import Json, Plan, State, Step, TargetPlan, planned_state
from ansible_collections.cordon.aws.plugins.module_utils.principals import is_protected
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads
from ansible_collections.cordon.aws.plugins.module_utils.target_run import Run, StepStatus, TargetRun

ROUNDS = 3
"""How many times a run plans: again where somebody changed a target, or filled a quota, while it worked."""
SENDS = 3
"""How often one change is sent when its answers are lost and the state shows that it did not happen."""
SETTLE_S = 10.0
"""How long verification waits for AWS to show what was written, no longer because whoever undoes it looks the same; IAM is
eventually consistent:
https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency"""
SETTLE_STEP_S = 0.5
_UNREADABLE = object()


class Intention(Protocol):
    """What a run wants of each target: contain it, or release it."""

    @property
    def action(self) -> str:
        """ "contain" or "release": written into the case log."""

    @property
    def done(self) -> str:
        """The word for success: "contained" or "released"."""

    @property
    def stops_at_failure(self) -> bool:
        """Whether a failed step keeps the target's later steps from running."""

    def observe(self, reads: Reads, target: Target) -> dict[str, Json]: ...

    def plan(self, state: State, target: Target) -> Planned: ...

    def verify(self, state: State, target: Target) -> Proof: ...

    def notes(self, state: State, target: Target) -> Sequence[str]:
        """What a human should know about this target afterwards."""

    def unchecked(self, target: Target) -> Sequence[str]:
        """What nobody has looked at, and must not be taken for fine."""


class Journal(Protocol):
    """Where a run is written down: the case log."""

    def intent(self, action: str, plan: Plan, before: Mapping[str, State]) -> None: ...

    def outcome(self, action: str, plan_id: str, results: Sequence[Mapping[str, Json]]) -> None: ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """Safeguards of one run."""

    check: bool = False
    approved_plan: str | None = None
    max_targets: int | None = None
    protected: tuple[str, ...] = ()
    guards_responder: bool = True


def run(
    intention: Intention,
    names: Sequence[str],
    find: Callable[[str, Reads], Target],
    *,
    cloud: Cloud,
    journal: Journal | None,
    limits: Limits,
) -> Run:
    """Carry `intention` out on everything in `names`. `find` turns a name into a target; what it reads is not read again.

    A target that fails keeps its place in the results and does not stop the others. Where the plan as a whole must not run,
    `refusal` says why, and nothing was written. In check mode nothing is written either, neither to AWS nor to the journal,
    and the plan is the one that the same run without check mode would carry out.
    """
    found = in_parallel(names, lambda name: _look(intention, name, find, cloud))
    runs = list({entry.target.arn: entry for entry in found if entry.target}.values())
    by_arn = {entry.arn: entry for entry in runs}
    results = tuple(by_arn[entry.arn] if entry.target else entry for entry in found)
    plan = _plan_of(runs)
    refusal = _refusal(plan, [entry.target for entry in runs if entry.target], cloud, limits)
    if limits.check or refusal is not None:
        for entry in runs:
            _report_planned(intention, entry, "planned" if limits.check else "not_run")
        return Run(plan_id=plan.plan_id, results=results, refusal=refusal)

    pending = [entry for entry in runs if not entry.errors]
    record = [*runs, *(entry for entry in found if entry.target is None)]
    round_plan = plan
    for number in range(1, ROUNDS + 1):
        busy = [entry for entry in pending if entry.planned]
        if busy and journal is not None:
            journal.intent(intention.action, round_plan, {entry.arn: entry.after for entry in busy})
        in_parallel(busy, lambda entry: _apply(intention, entry, cloud))
        in_parallel(pending, lambda entry: _verify(intention, entry, cloud))
        for entry in record:
            entry.success = intention.done
        if journal is not None:
            journal.outcome(intention.action, round_plan.plan_id, [entry.as_json(this_round=True) for entry in record])
        pending = [entry for entry in pending if not entry.verified and not entry.errors]
        if limits.approved_plan is not None or number == ROUNDS:
            break
        setbacks = {entry.arn: entry.setbacks for entry in pending}
        in_parallel(pending, lambda entry: _plan_again(intention, entry))
        for entry in pending:
            if entry.is_stuck():
                entry.setbacks = setbacks[entry.arn]
        pending = [entry for entry in pending if not entry.is_stuck()]
        round_plan, record = _plan_of(pending), pending
        if not round_plan.steps:
            break
    return Run(plan_id=plan.plan_id, results=results)


def _look(intention: Intention, name: str, find: Callable[[str, Reads], Target], cloud: Cloud) -> TargetRun:
    entry = TargetRun(name=name)
    try:
        reads = Reads(cloud)
        entry.target = find(name, reads)
        entry.before = intention.observe(reads, entry.target)
        entry.after = dict(entry.before)
        _plan(intention, entry)
        entry.notes = list(intention.notes(entry.before, entry.target))
        entry.unchecked = list(intention.unchecked(entry.target))
    except CordonError as error:
        entry.errors.append(str(error))
    return entry


def _plan_of(entries: Iterable[TargetRun]) -> Plan:
    return Plan(
        TargetPlan(target=entry.arn, steps=entry.planned) for entry in entries if entry.planned and not entry.errors
    )


def _refusal(plan: Plan, targets: Sequence[Target], cloud: Cloud, limits: Limits) -> RefusedError | None:
    """Why the plan must not run: it was not approved, or is not safe without approval."""
    if limits.approved_plan is not None:
        if plan.steps and plan.plan_id != limits.approved_plan:
            return ApprovalError(
                "apply the approved plan",
                f"what would be done now is plan {plan.plan_id}, and {limits.approved_plan} was approved",
                "Something has changed since: look at the plan with --check --diff, and approve its id.",
            )
        return None
    responders = cloud.identities() if limits.guards_responder else frozenset()
    way_out = f"Leave it out, or approve exactly this plan with `approved_plan: {plan.plan_id}`."
    for target in targets:
        if limits.guards_responder and target.arn in responders:
            return ProtectedError(f"contain {target.arn}", "it is the responder, who is running this", way_out)
        if is_protected(target.arn, limits.protected):
            return ProtectedError(f"contain {target.arn}", "`protected_principals` names it", way_out)
    reach = len(plan.targets)
    if limits.max_targets is not None and reach > limits.max_targets:
        return RefusedError(
            f"change {reach} targets",
            f"`max_targets` allows {limits.max_targets}",
            f"Raise it, or approve exactly this plan with `approved_plan: {plan.plan_id}`.",
        )
    return None


def _report_planned(intention: Intention, entry: TargetRun, status: StepStatus) -> None:
    """Check mode: the state as the plan would leave it, and what that would prove. A refused plan leaves it as it is."""
    if entry.target is None or entry.errors:
        return
    for number, step in enumerate(entry.planned, 1):
        entry.add_step(number, step, status)
    if status == "planned":
        entry.after = planned_state(entry.before, entry.planned)
        entry.success = intention.done
    entry.proof = intention.verify(entry.after, entry.target)


def _apply(intention: Intention, entry: TargetRun, cloud: Cloud) -> None:
    stopped = False
    entry.round_start = len(entry.steps)
    for number, step in enumerate(entry.planned, 1):
        if stopped:
            entry.add_step(number, step, "not_run")
            continue
        status, error, request_id = _carry_out(intention, entry, step, cloud)
        entry.add_step(number, step, status, error=str(error or ""), request_id=request_id)
        if error is not None:
            entry.setbacks.append(str(error))
            stopped = intention.stops_at_failure


def _carry_out(
    intention: Intention, entry: TargetRun, step: Step, cloud: Cloud
) -> tuple[StepStatus, AwsError | None, str]:
    """Make one change and tell what became of it, with the error if it is not "done", and AWS's request id.

    An error is not the last word, the state is: what it shows decides whether a change happened that got no answer."""
    in_doubt = False
    for attempt in range(1, SENDS + 1):
        try:
            return "done", None, cloud.write(step.call)
        except AwsError as error:
            is_last = attempt == SENDS
            if is_passing(error.code) and not is_last:
                time.sleep(SETTLE_STEP_S)
                continue
            in_doubt = in_doubt or error.may_have_happened
            if not in_doubt:
                return "failed", error, error.request_id
            live = _live(intention, entry, step, cloud)
            if live == step.after != step.before:
                return "done", None, error.request_id
            if not isinstance(error, LostAnswerError) or live != step.before or is_last:
                return "unknown", error, error.request_id
    raise AssertionError("unreachable: the last attempt returns")


def _live(intention: Intention, entry: TargetRun, step: Step, cloud: Cloud) -> Json:
    """The facet as it is now; something that no facet can be where it cannot be read."""
    try:
        return intention.observe(Reads(cloud), entry.found).get(step.facet)
    except CordonError:
        return _UNREADABLE


def _verify(intention: Intention, entry: TargetRun, cloud: Cloud) -> None:
    """Observe until AWS shows what was sent, or waiting longer cannot help. Where nothing was changed, what was seen stands."""
    if not entry.planned:
        entry.proof = intention.verify(entry.after, entry.found)
        return
    deadline = time.monotonic() + SETTLE_S
    while True:
        try:
            entry.after = intention.observe(Reads(cloud), entry.found)
        except CordonError as error:
            entry.errors.append(str(error))
            entry.proof = (Fact(measure="", fact="the state could not be read back", holds=False),)
            return
        entry.proof = intention.verify(entry.after, entry.found)
        sent = {step["id"] for step in entry.steps[entry.round_start :] if step["status"] in ("done", "unknown")}
        ours = {
            step.facet: step.after for number, step in enumerate(entry.planned, 1) if f"{entry.arn}#{number}" in sent
        }
        unseen = any(entry.after.get(facet) != value for facet, value in ours.items())
        if not unseen or time.monotonic() > deadline:
            return
        time.sleep(SETTLE_STEP_S)


def _plan_again(intention: Intention, entry: TargetRun) -> None:
    try:
        _plan(intention, entry)
    except CordonError as error:
        entry.errors.append(str(error))
        entry.planned = ()


def _plan(intention: Intention, entry: TargetRun) -> None:
    planned = intention.plan(entry.after, entry.found)
    entry.planned, entry.setbacks = planned.steps, list(planned.setbacks)
