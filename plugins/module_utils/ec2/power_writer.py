# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Stops instances and starts them again, many at once, and waits for it, no longer than WAIT_S in all.

What an Auto Scaling group still holds is not stopped: whatever was planned, it would be terminated for it.
https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-health-checks.html"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import partial
from typing import TypeAlias

from ansible_collections.cordon.aws.plugins.module_utils.cloud import Cloud
from ansible_collections.cordon.aws.plugins.module_utils.ec2.auto_scaling_groups import (
    MEMBERS,
    membership,
    would_terminate,
)
from ansible_collections.cordon.aws.plugins.module_utils.ec2.batches import Answer, sent
from ansible_collections.cordon.aws.plugins.module_utils.ec2.listings import INSTANCES
from ansible_collections.cordon.aws.plugins.module_utils.ec2.power_states import (
    ON_ITS_WAY,
    PARAMETERS,
    RUNNING,
    STOPPED,
    WAIT_S,
)
from ansible_collections.cordon.aws.plugins.module_utils.errors import AwsError, CordonError
from ansible_collections.cordon.aws.plugins.module_utils.parallel import in_parallel
from ansible_collections.cordon.aws.plugins.module_utils.plan import Call, Json
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads

POLL_S = 3.0
_MOST = 100
"""Instances in one request: one that AWS refuses has all of them sent again, one by one."""
_Outcome: TypeAlias = "str | CordonError"


def set_power(cloud: Cloud, calls: Sequence[Call]) -> list[Answer]:
    """Carry out calls of `power_states.SET_POWER`. What is on its way is waited for first: AWS changes nothing that is."""
    deadline = time.monotonic() + WAIT_S
    states = _settled(cloud, calls, deadline)
    answers: dict[int, Answer] = {
        number: error for number, error in enumerate(_held(cloud, calls, states)) if error is not None
    }
    due = [number for number, call in enumerate(calls) if number not in answers and _can_change(call, states[number])]
    tried = dict(zip(due, _sent(cloud, [calls[number] for number in due]), strict=True))
    states.update(zip(due, _settled(cloud, [calls[number] for number in due], deadline).values(), strict=True))
    for number, call in enumerate(calls):
        answers.setdefault(number, _judged(call, states[number], tried.get(number)))
    return [answers[number] for number in range(len(calls))]


def _can_change(call: Call, state: _Outcome) -> bool:
    return state in (RUNNING, STOPPED) and state != call.parameters["State"]


def _settled(cloud: Cloud, calls: Sequence[Call], deadline: float) -> dict[int, _Outcome]:
    """The states of the instances, by the numbers of their calls, once none is on its way, or the time is over."""
    states = dict(enumerate(_states(cloud, calls)))
    while passing := [number for number, state in states.items() if state in ON_ITS_WAY]:
        if time.monotonic() > deadline:
            break
        time.sleep(POLL_S)
        states.update(zip(passing, _states(cloud, [calls[number] for number in passing]), strict=True))
    return states


def _states(cloud: Cloud, calls: Sequence[Call]) -> list[_Outcome]:
    reads = Reads(cloud)
    for call in calls:
        reads.expect(INSTANCES, call.account, call.region, call.parameters["InstanceId"])
    return in_parallel(calls, partial(_state, reads))


def _state(reads: Reads, call: Call) -> _Outcome:
    try:
        found = reads.each(INSTANCES, call.account, call.region, call.parameters["InstanceId"])
    except CordonError as error:
        return error
    return str(found[0]["State"]["Name"]) if found else "gone"


def _held(cloud: Cloud, calls: Sequence[Call], states: Mapping[int, _Outcome]) -> list[Answer]:
    """Per call why an Auto Scaling group forbids it; where that cannot be read, it is not done."""
    reads = Reads(cloud)
    stopping = [call.parameters["State"] == STOPPED and states[number] == RUNNING for number, call in enumerate(calls)]
    for call, stops in zip(calls, stopping, strict=True):
        if stops:
            reads.expect(MEMBERS, call.account, call.region, call.parameters["InstanceId"])

    def held(number: int) -> Answer:
        call = calls[number]
        instance_id = str(call.parameters["InstanceId"])
        try:
            member = membership(reads, call.account, call.region, instance_id) if stopping[number] else None
        except CordonError as error:
            return error
        return would_terminate(f"stop instance/{instance_id}", member)

    return in_parallel(range(len(calls)), held)


def _sent(cloud: Cloud, calls: Sequence[Call]) -> list[Answer]:
    """Send what is alike together; per call what kept it from being sent."""
    alike: dict[tuple[str, str, str], list[int]] = defaultdict(list)
    for number, call in enumerate(calls):
        how = str(call.parameters["How"]) if call.parameters["State"] == STOPPED else ""
        alike[call.account, call.region, how].append(number)
    answers: dict[int, Answer] = {}
    for (_account, _region, how), numbers in alike.items():
        some = [calls[number] for number in numbers]
        answers.update(zip(numbers, sent(some, _MOST, partial(_change, cloud, how)), strict=True))
        protected = [call for call in some if call.parameters.get("StopProtection")]
        # Off for no longer than it must be. The step that follows tells whether it is on.
        in_parallel(protected, lambda call: sent([call], 1, partial(_protect, cloud)))
    return [answers[number] for number in range(len(calls))]


def _change(cloud: Cloud, how: str, calls: Sequence[Call]) -> None:
    ids = [call.parameters["InstanceId"] for call in calls]
    if how:
        cloud.answer(_call(calls[0], "StopInstances", InstanceIds=ids, **PARAMETERS[how]))
    else:
        cloud.answer(_call(calls[0], "StartInstances", InstanceIds=ids))


def _protect(cloud: Cloud, calls: Sequence[Call]) -> None:
    given = {"InstanceId": calls[0].parameters["InstanceId"], "DisableApiStop": {"Value": True}}
    cloud.answer(_call(calls[0], "ModifyInstanceAttribute", **given))


def _judged(call: Call, state: _Outcome, error: Answer) -> Answer:
    """What kept it from being done. The state decides; `error` is what AWS answered."""
    wanted = call.parameters["State"]
    if isinstance(state, CordonError) or state == wanted:
        return state if isinstance(state, CordonError) else None
    if error is not None and ON_ITS_WAY.get(state) != wanted:
        return error
    what = "stop" if wanted == STOPPED else "start"
    return AwsError(
        f"{what} instance/{call.parameters['InstanceId']}",
        f"it is {state}, and it was waited for {WAIT_S:.0f} seconds at most",
        "Repeat the run, which looks first. One that does not get beyond stopping needs StopInstances with Force.",
        code=state,
        may_have_happened=True,
    )


def _call(like: Call, operation: str, **parameters: Json) -> Call:
    return Call(account=like.account, region=like.region, service="ec2", operation=operation, parameters=parameters)
