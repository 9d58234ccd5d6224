# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Carries out the steps of a round, and tells what became of each. An error is not the last word, the state is."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from itertools import takewhile
from typing import Protocol

from ansible_collections.cordon.aws.plugins.module_utils.aws_errors import is_passing
from ansible_collections.cordon.aws.plugins.module_utils.cloud import Cloud
from ansible_collections.cordon.aws.plugins.module_utils.errors import AwsError, CordonError, LostAnswerError
from ansible_collections.cordon.aws.plugins.module_utils.measure import Target
from ansible_collections.cordon.aws.plugins.module_utils.parallel import in_parallel
from ansible_collections.cordon.aws.plugins.module_utils.plan import MERGED, Call, Json, Step
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads
from ansible_collections.cordon.aws.plugins.module_utils.target_run import StepStatus, TargetRun

SENDS = 3
"""How often one change is sent when its answers are lost and the state shows that it did not happen."""
PAUSE_S = 0.5
_UNREADABLE = object()

Together = Callable[[Cloud, Sequence[Call]], Sequence[CordonError | None]]
"""Carries out calls whose service is MERGED, those of many targets at once; per call what kept it from being done."""


class Looking(Protocol):
    """What carrying out needs to know of an intention."""

    @property
    def stops_at_failure(self) -> bool: ...

    def observe(self, reads: Reads, target: Target) -> dict[str, Json]: ...


def carry_out(intention: Looking, entries: Sequence[TargetRun], cloud: Cloud, together: Together) -> None:
    """Carry out what is planned for each target, in order; where the next steps of targets are merged ones, all at once."""
    work = [_Work(entry) for entry in entries]
    while any(one.steps for one in work):
        _merged(intention, work, cloud, together)
        in_parallel(work, lambda one: one.go_on(intention, cloud))


class _Work:
    """The steps of one target that are still to be carried out."""

    def __init__(self, entry: TargetRun) -> None:
        self.entry = entry
        self.steps = list(enumerate(entry.planned, 1))
        self._stopped = False
        entry.round_start = len(entry.steps)
        entry.waiting_for = {}

    def merged(self) -> list[str]:
        """The operations of the next steps, as far as they are merged ones, in order."""
        if self._stopped:
            return []
        merged = takewhile(lambda step: step[1].call.service == MERGED, self.steps)
        return list(dict.fromkeys(step.call.operation for _number, step in merged))

    def take(self, operation: str) -> list[tuple[int, Step]]:
        """The next steps, as far as they are of this merged operation."""
        found = []
        while self.merged()[:1] == [operation]:
            found.append(self.steps.pop(0))
        return found

    def go_on(self, intention: Looking, cloud: Cloud) -> None:
        """Carry out the next steps, up to a merged one."""
        while self.steps and (self._stopped or self.steps[0][1].call.service != MERGED):
            number, step = self.steps.pop(0)
            if self._stopped:
                self.entry.add_step(number, step, "not_run")
            else:
                status, error, request_id = _sent(intention, self.entry, step, cloud)
                self.report(intention, number, step, status, error, request_id)

    def report(
        self,
        intention: Looking,
        number: int,
        step: Step,
        status: StepStatus,
        error: CordonError | None,
        request_id: str = "",
    ) -> None:
        self.entry.add_step(number, step, status, error=str(error or ""), request_id=request_id)
        if error is not None:
            self.entry.setbacks.append(str(error))
            self._stopped = intention.stops_at_failure


def _merged(intention: Looking, work: Iterable[_Work], cloud: Cloud, together: Together) -> None:
    """One operation after the other, so that each target's steps keep their order, and as many targets at once as that allows."""
    listed = list(work)
    while ahead := [operations for one in listed if (operations := one.merged())]:
        later = {operation for operations in ahead for operation in operations[1:]}
        operation = next((operations[0] for operations in ahead if operations[0] not in later), ahead[0][0])
        found = [(one, number, step) for one in listed for number, step in one.take(operation)]
        for (one, number, step), error in zip(
            found, together(cloud, [step.call for *_one, step in found]), strict=True
        ):
            in_doubt = isinstance(error, AwsError) and error.may_have_happened
            status: StepStatus = "done" if error is None else "unknown" if in_doubt else "failed"
            one.report(intention, number, step, status, error)


def _sent(intention: Looking, entry: TargetRun, step: Step, cloud: Cloud) -> tuple[StepStatus, AwsError | None, str]:
    """Make one change and tell what became of it, with the error if it is not "done", and AWS's request id.

    What the state shows decides whether a change happened that got no answer."""
    in_doubt = False
    for attempt in range(1, SENDS + 1):
        try:
            return "done", None, cloud.write(step.call)
        except AwsError as error:
            is_last = attempt == SENDS
            in_doubt = in_doubt or error.may_have_happened
            if is_passing(error.code) and not is_last:
                time.sleep(PAUSE_S)
                continue
            if not in_doubt:
                return "failed", error, error.request_id
            live = _live(intention, entry, step, cloud)
            if live == step.after != step.before:
                return "done", None, error.request_id
            if not isinstance(error, LostAnswerError) or live != step.before or is_last:
                return "unknown", error, error.request_id
    raise AssertionError("unreachable: the last attempt returns")


def _live(intention: Looking, entry: TargetRun, step: Step, cloud: Cloud) -> Json:
    """The facet as it is now; something that no facet can be where it cannot be read."""
    try:
        return intention.observe(Reads(cloud), entry.found).get(step.facet)
    except CordonError:
        return _UNREADABLE
