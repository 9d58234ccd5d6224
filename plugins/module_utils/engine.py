# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Observe, plan, log, apply, verify, log: the same for every intention, any number of targets at once."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol

from ansible_collections.cordon.aws.plugins.module_utils.carrying_out import Together, carry_out
from ansible_collections.cordon.aws.plugins.module_utils.cloud import Cloud
from ansible_collections.cordon.aws.plugins.module_utils.errors import CordonError, ElsewhereError
from ansible_collections.cordon.aws.plugins.module_utils.measure import Fact, Planned, Proof, Target
from ansible_collections.cordon.aws.plugins.module_utils.parallel import in_parallel
from ansible_collections.cordon.aws.plugins.module_utils.plan import Json, Plan, State, TargetPlan, planned_state
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads
from ansible_collections.cordon.aws.plugins.module_utils.safeguards import Limits, refused, why_guarded
from ansible_collections.cordon.aws.plugins.module_utils.target_run import Run, StepStatus, TargetRun

ROUNDS = 3
"""How many times a run plans: again where somebody changed a target, or filled a quota, while it worked."""
SETTLE_S = 10.0
"""How long verification waits for AWS to show what was written, no longer because whoever undoes it looks the same; IAM is
eventually consistent:
https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency"""
SETTLE_STEP_S = 0.5


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

    def residual(self, state: State, target: Target) -> Sequence[Mapping[str, str]]:
        """What may go on all the same, with the reason: {"what", "why"}."""

    def escalated(self) -> Intention | None:
        """The same by stronger means; None where there are none, or none are wished for."""


class Journal(Protocol):
    """Where a run is written down: the case log."""

    def intent(self, action: str, plan: Plan, before: Mapping[str, State]) -> None: ...

    def outcome(self, action: str, plan_id: str, results: Sequence[Mapping[str, Json]]) -> None: ...


@dataclass(kw_only=True, slots=True)
class Work:
    """One run while it goes on."""

    intention: Intention
    cloud: Cloud
    journal: Journal | None
    limits: Limits
    together: Together
    results: tuple[TargetRun, ...] = ()
    """In the order of the input; what joins the run later stands at the end."""
    left_out: dict[str, str] = field(default_factory=dict)
    """ARNs of what was found meanwhile and must not be touched, with the reason."""

    @property
    def reachable(self) -> list[TargetRun]:
        """The targets that were found, each once."""
        return list({entry.arn: entry for entry in self.results if entry.target}.values())

    def look(self, names: Sequence[str], find: Callable[[str, Reads], Target], reads: Reads | None = None) -> None:
        """Find the targets, observe and plan them. What is read of one is not read again for another."""
        shared = reads or Reads(self.cloud, targets=len(set(names)))
        looked = in_parallel(names, lambda name: _found(name, find, shared))
        self._observe(looked, shared)
        found = [entry for entry in looked if not (entry.is_elsewhere and self.limits.leaves_elsewhere)]
        by_arn = {entry.arn: entry for entry in found if entry.target}
        self.results = (*self.results, *(by_arn.get(entry.arn, entry) for entry in found))

    def join(self, targets: Sequence[Target]) -> list[TargetRun]:
        """Let targets that were found meanwhile join the run, as far as the safeguards allow; returns those that are new."""
        # A name can pass to another, and a principal can take another name: it takes both to know it.
        known = {(entry.target.arn, entry.target.unique_id) for entry in self.results if entry.target}
        fresh = {
            (target.arn, target.unique_id): target
            for target in targets
            if (target.arn, target.unique_id) not in known and target.arn not in self.left_out
        }
        room = len(fresh) if self.limits.max_targets is None else self.limits.max_targets - len(self.reachable)
        joining: list[Target] = []
        for target in fresh.values():
            why = why_guarded(target, self.cloud, self.limits)
            if len(joining) >= room:
                why = why or f"`max_targets` allows {self.limits.max_targets}"
            if why:
                self.left_out[target.arn] = why
            else:
                joining.append(target)
        joined = [TargetRun(name=target.arn, target=target) for target in joining]
        self._observe(joined, Reads(self.cloud))
        self.results = (*self.results, *joined)
        return joined

    def _observe(self, entries: Sequence[TargetRun], reads: Reads) -> None:
        """Look at all that were found, and plan them."""
        found = [entry for entry in entries if entry.target]
        for entry in found:
            entry.found.expect(reads)
        in_parallel(found, lambda entry: _look_at(self.intention, entry, reads))

    def round(self, entries: Sequence[TargetRun], record: Sequence[TargetRun], plan: Plan | None = None) -> None:
        """Write down and carry out what is planned for `entries`, look at what came of it, and write that down of `record`. `plan`: that
        of all of them, where it is made already."""
        plan = plan or plan_of(entries)
        busy = [entry for entry in entries if entry.planned and not entry.errors]
        if busy and self.journal is not None:
            self.journal.intent(self.intention.action, plan, {entry.arn: entry.after for entry in busy})
        carry_out(self.intention, busy, self.cloud, self.together)
        _settle(self.intention, entries, self.cloud)
        for entry in entries:
            entry.residual = list(self.intention.residual(entry.after, entry.found))
        for entry in record:
            entry.success = self.intention.done
        self.write_down(plan.plan_id, record)

    def write_down(self, plan_id: str, record: Sequence[TargetRun], *, steps: bool = True) -> None:
        """The outcome of a round; without `steps` what else has become known since."""
        if self.journal is not None:
            results = [entry.as_json(this_round=True) | ({} if steps else {"steps": []}) for entry in record]
            self.journal.outcome(self.intention.action, plan_id, results)

    def rounds(self, plan: Plan) -> None:
        """Carry out `plan`, and plan again, until all is as intended, or trying again cannot help."""
        pending = [entry for entry in self.reachable if not entry.errors]
        record = [*self.reachable, *(entry for entry in self.results if entry.target is None)]
        for number in range(1, ROUNDS + 1):
            self.round(pending, record, plan if number == 1 else None)
            pending = [entry for entry in pending if not entry.verified and not entry.errors]
            if self.limits.approved_plan is not None or number == ROUNDS:
                break
            setbacks = {entry.arn: entry.setbacks for entry in pending}
            in_parallel(pending, lambda entry: plan_again(self.intention, entry))
            for entry in pending:
                if entry.is_stuck():
                    entry.setbacks = setbacks[entry.arn]
            pending = record = [entry for entry in pending if not entry.is_stuck()]
            if not plan_of(pending).steps:
                break


def run(
    intention: Intention,
    names: Sequence[str],
    find: Callable[[str, Reads], Target],
    *,
    cloud: Cloud,
    journal: Journal | None,
    limits: Limits,
    together: Together,
    watch: Callable[[Work], None] | None = None,
    reads: Reads | None = None,
) -> Run:
    """Carry `intention` out on everything in `names`. `find` turns a name into a target; what it reads is not read again, and what
    `reads` has been asked before this began is not asked again.

    A target that fails keeps its place in the results and does not stop the others. Where the plan as a whole must not run,
    `refusal` says why, and nothing was written. In check mode nothing is written either, neither to AWS nor to the journal,
    and the plan is the one that the same run without check mode would carry out. `watch` sees to it afterwards that it holds.
    """
    work = Work(intention=intention, cloud=cloud, journal=journal, limits=limits, together=together)
    work.look(names, find, reads)
    plan = plan_of(work.reachable)
    refusal = refused(plan, [entry.found for entry in work.reachable], cloud, limits)
    if limits.check or refusal is not None:
        for entry in work.reachable:
            _report_planned(intention, entry, "planned" if limits.check else "not_run")
        return Run(plan_id=plan.plan_id, results=work.results, refusal=refusal)
    work.rounds(plan)
    if watch is not None:
        watch(work)
    return Run(plan_id=plan.plan_id, results=work.results)


def plan_of(entries: Iterable[TargetRun]) -> Plan:
    return Plan(
        TargetPlan(target=entry.arn, steps=entry.planned) for entry in entries if entry.planned and not entry.errors
    )


def plan_again(intention: Intention, entry: TargetRun) -> None:
    """Plan on what was seen last."""
    try:
        _plan(intention, entry)
    except CordonError as error:
        entry.errors.append(str(error))
        entry.planned = ()


def _found(name: str, find: Callable[[str, Reads], Target], reads: Reads) -> TargetRun:
    entry = TargetRun(name=name)
    try:
        entry.target = find(name, reads)
    except CordonError as error:
        entry.errors.append(str(error))
        entry.is_elsewhere = isinstance(error, ElsewhereError)
    return entry


def _look_at(intention: Intention, entry: TargetRun, reads: Reads) -> None:
    try:
        entry.before = intention.observe(reads, entry.found)
        entry.after = dict(entry.before)
        _plan(intention, entry)
        entry.notes = list(intention.notes(entry.before, entry.found))
        entry.unchecked = list(intention.unchecked(entry.found))
    except CordonError as error:
        entry.errors.append(str(error))


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
    entry.residual = list(intention.residual(entry.after, entry.target))


def _settle(intention: Intention, entries: Sequence[TargetRun], cloud: Cloud) -> None:
    """Observe until AWS shows what was sent, or waiting longer cannot help. Where nothing was changed, what was seen stands."""
    for entry in entries:
        if not entry.planned:
            entry.proof = intention.verify(entry.after, entry.found)
    waiting = [entry for entry in entries if entry.planned]
    deadline = time.monotonic() + SETTLE_S
    while waiting:
        reads = Reads(cloud)
        for entry in waiting:
            entry.found.expect(reads)
        in_parallel(waiting, partial(_seen, intention, reads))
        waiting = [entry for entry in waiting if not entry.errors and entry.waiting_for]
        if time.monotonic() > deadline:
            for entry in waiting:
                # It is not on its way any more: somebody undid it before it was seen.
                entry.waiting_for = {}
            return
        if waiting:
            time.sleep(SETTLE_STEP_S)


def _seen(intention: Intention, reads: Reads, entry: TargetRun) -> None:
    try:
        entry.seen(intention.observe(reads, entry.found))
    except CordonError as error:
        entry.errors.append(str(error))
        entry.proof = (Fact(measure="", fact="the state could not be read back", holds=False),)
        return
    entry.proof = intention.verify(entry.after, entry.found)


def _plan(intention: Intention, entry: TargetRun) -> None:
    planned = intention.plan(entry.after, entry.found)
    entry.planned, entry.setbacks = planned.steps, list(planned.setbacks)
