# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Takes members out of Auto Scaling groups and puts them back, those of one group in one request: it refuses two changes at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from ansible_collections.cordon.aws.plugins.module_utils.cloud import Cloud
from ansible_collections.cordon.aws.plugins.module_utils.ec2.auto_scaling_groups import (
    ENTERING,
    GROUPS,
    IN_SERVICE,
    LEAVING,
    PROTECTABLE,
    STANDBY,
    size_error,
)
from ansible_collections.cordon.aws.plugins.module_utils.ec2.auto_scaling_members import (
    awaited,
    instance_id,
    members,
    send,
    states,
)
from ansible_collections.cordon.aws.plugins.module_utils.ec2.batches import Answer, by_thing, sent
from ansible_collections.cordon.aws.plugins.module_utils.errors import CordonError, DriftError
from ansible_collections.cordon.aws.plugins.module_utils.plan import Call, Json
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads

MOST_MOVED = 20
"""https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_EnterStandby.html"""
MOST_PROTECTED = 50
"""https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_SetInstanceProtection.html"""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Move:
    """One operation that takes members from one state of their life to another."""

    operation: str
    tried: str
    start: frozenset[str]
    """In which states AWS takes it; "" where it is in no group."""
    end: frozenset[str]
    """In which states it has been done, or is being done."""
    parameters: Mapping[str, Json] = field(default_factory=dict)
    size: int = 0
    """By how much each member changes the group's desired capacity."""
    awaits: frozenset[str] = frozenset()
    """From which states it is waited for the start, because they pass."""
    arrives: str | None = None
    """The state that is waited for afterwards."""


def set_standby(cloud: Cloud, calls: Sequence[Call]) -> list[Answer]:
    """Carry out calls of `auto_scaling_groups.SET_STANDBY`. Standby is not waited for: connections may drain for long."""
    exits = _Move(
        operation="ExitStandby",
        tried="put {} back in service",
        start=frozenset({STANDBY}),
        end=frozenset({IN_SERVICE, "Pending", "Pending:Wait", "Pending:Proceed"}),
        size=1,
        awaits=frozenset({ENTERING}),
        arrives=IN_SERVICE,
    )
    return _moved(cloud, calls, lambda call: exits if call.parameters["State"] == IN_SERVICE else _enters(call))


def detach(cloud: Cloud, calls: Sequence[Call]) -> list[Answer]:
    """Carry out calls of `auto_scaling_groups.DETACH`. One that somebody has put on standby meanwhile is left there: whether it counts
    in the desired capacity is not known then, and decrementing it could cost the group another member.
    https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-detach-attach-instances.html"""
    return _moved(
        cloud,
        calls,
        lambda call: _leaves(
            call, "DetachInstances", "detach {}", start=frozenset({IN_SERVICE}), end=frozenset({"", *LEAVING})
        ),
    )


def attach(cloud: Cloud, calls: Sequence[Call]) -> list[Answer]:
    """Carry out calls of `auto_scaling_groups.ATTACH`, and give each member the protection that it had."""
    move = _Move(
        operation="AttachInstances",
        tried="attach {} again",
        start=frozenset({""}),
        end=frozenset({IN_SERVICE, "Pending", "Pending:Wait", "Pending:Proceed"}),
        size=1,
        awaits=frozenset(LEAVING),
        arrives=IN_SERVICE,
    )
    answers = _moved(cloud, calls, lambda _call: move)
    attached = [number for number, answer in enumerate(answers) if answer is None]
    for number, answer in zip(attached, set_protection(cloud, [calls[number] for number in attached]), strict=True):
        answers[number] = answer
    return answers


def set_protection(cloud: Cloud, calls: Sequence[Call]) -> list[Answer]:
    """Carry out calls of `auto_scaling_groups.SET_PROTECTION`, or the part of others that says the same."""
    return by_thing(calls, "AutoScalingGroupName", partial(_protect, cloud))


def _protect(cloud: Cloud, calls: Sequence[Call]) -> list[Answer]:
    live = members(cloud, calls)
    answers: dict[int, Answer] = {}
    for wanted in (True, False):
        numbers = []
        for number, call in enumerate(calls):
            if call.parameters["ProtectedFromScaleIn"] != wanted:
                continue
            member = live.get(instance_id(call))
            if member is None or member["LifecycleState"] not in PROTECTABLE:
                state = "" if member is None else member["LifecycleState"]
                answers[number] = _hindered(call, "change the scale-in protection of {}", state)
            elif member["ProtectedFromScaleIn"] == wanted:
                answers[number] = None
            else:
                numbers.append(number)
        protect = partial(send, cloud, calls[0], "SetInstanceProtection", {"ProtectedFromScaleIn": wanted})
        answers.update(
            zip(numbers, sent([instance_id(calls[number]) for number in numbers], MOST_PROTECTED, protect), strict=True)
        )
    return [answers[number] for number in range(len(calls))]


def _moved(cloud: Cloud, calls: Sequence[Call], move_of: Callable[[Call], _Move]) -> list[Answer]:
    return by_thing(calls, "AutoScalingGroupName", lambda some: _by_move(cloud, some, move_of))


def _by_move(cloud: Cloud, calls: Sequence[Call], move_of: Callable[[Call], _Move]) -> list[Answer]:
    """One kind of move after the other."""
    moves = [move_of(call) for call in calls]
    answers: dict[int, Answer] = {}
    for move in moves:
        numbers = [number for number, other in enumerate(moves) if other == move and number not in answers]
        if numbers:
            some = [calls[number] for number in numbers]
            try:
                answers.update(zip(numbers, _move(cloud, move, some), strict=True))
            except CordonError as error:
                answers.update(dict.fromkeys(numbers, error))
    return [answers[number] for number in range(len(calls))]


def _move(cloud: Cloud, move: _Move, calls: Sequence[Call]) -> list[Answer]:
    live = awaited(cloud, calls, lambda state: state not in move.awaits)
    answers: dict[int, Answer] = {}
    for number, call in enumerate(calls):
        state = live.get(instance_id(call), "")
        if state in move.end:
            answers[number] = None
        elif state not in move.start:
            answers[number] = _hindered(call, move.tried, state)
    numbers = [number for number in range(len(calls)) if number not in answers]
    lack = _lack(cloud, move, [calls[number] for number in numbers])
    if lack is not None:
        answers.update(dict.fromkeys(numbers, lack))
    else:
        sender = _Sender(cloud, move, calls)
        answers.update(
            zip(numbers, sent([instance_id(calls[number]) for number in numbers], MOST_MOVED, sender), strict=True)
        )
    if move.arrives is not None:
        done = [calls[number] for number, answer in answers.items() if answer is None]
        awaited(cloud, done, lambda state: state == move.arrives)
    return [answers[number] for number in range(len(calls))]


class _Sender:
    """Sends a move. What is sent again because its answer was lost must not be refused for what the first time has done: it is looked at
    before."""

    def __init__(self, cloud: Cloud, move: _Move, calls: Sequence[Call]) -> None:
        self._cloud, self._move = cloud, move
        self._calls = {instance_id(call): call for call in calls}
        self._sent: set[str] = set()

    def __call__(self, ids: Sequence[str]) -> None:
        again = [self._calls[ident] for ident in ids if ident in self._sent]
        live = states(self._cloud, again) if again else {}
        new = [ident for ident in ids if ident not in self._sent or live.get(ident, "") not in self._move.end]
        self._sent.update(ids)
        if new:
            send(self._cloud, self._calls[new[0]], self._move.operation, self._move.parameters, new)


def _enters(call: Call) -> _Move:
    return _leaves(
        call, "EnterStandby", "put {} into standby", start=frozenset({IN_SERVICE}), end=frozenset({ENTERING, STANDBY})
    )


def _leaves(call: Call, operation: str, tried: str, *, start: frozenset[str], end: frozenset[str]) -> _Move:
    decrements = call.parameters["ShouldDecrementDesiredCapacity"]
    return _Move(
        operation=operation,
        tried=tried,
        start=start,
        end=end,
        parameters={"ShouldDecrementDesiredCapacity": decrements},
        size=-1 if decrements else 0,
    )


def _lack(cloud: Cloud, move: _Move, calls: Sequence[Call]) -> CordonError | None:
    """Why the group's size leaves no room for all of this."""
    if not calls or not move.size:
        return None
    name = calls[0].parameters["AutoScalingGroupName"]
    groups = Reads(cloud).each(GROUPS, calls[0].account, calls[0].region, name)
    if not groups:
        return DriftError(
            f"{move.tried.format(_listed(calls))} in Auto Scaling group {name}",
            "there is no such group any more",
            "Somebody has deleted it. Leave the measure `auto_scaling` out of the release to release the rest.",
        )
    return size_error(move.tried.format(_listed(calls)), groups[0], move.size * len(calls))


def _hindered(call: Call, tried: str, state: str) -> DriftError:
    name = call.parameters["AutoScalingGroupName"]
    why = f"it is {state} there" if state else "it is no member"
    remedy = (
        "Connections through its load balancers are being drained. Repeat the run in some minutes."
        if state in (ENTERING, *LEAVING)
        else "Somebody, or the group, has moved it since. Repeat the run: it goes by what is there now."
    )
    return DriftError(f"{tried.format(instance_id(call))} in Auto Scaling group {name}", why, remedy)


def _listed(calls: Sequence[Call]) -> str:
    return ", ".join(sorted(instance_id(call) for call in calls))
