# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Keep the Auto Scaling group of an instance from terminating it: put it into standby, or detach it.

Taken before anything that can make a health check fail, which a group answers by terminating. On standby there are no health checks and
no scale-in: https://docs.aws.amazon.com/autoscaling/ec2/userguide/as-enter-exit-standby.html
Detached, it is none of the group's any more: https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-detach-attach-instances.html
Either way AWS deregisters it from the group's own load balancers, and with release registers it there again."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from ansible_collections.cordon.aws.plugins.module_utils.ec2.auto_scaling_groups import (
    ATTACH,
    DETACH,
    ENTERING,
    GROUPS,
    IN_SERVICE,
    LEAVING,
    MEMBER,
    PROTECTABLE,
    RETAINED,
    SET_PROTECTION,
    SET_STANDBY,
    STANDBY,
    launched_from,
    member_of,
    membership,
    merged_call,
    size_error,
)
from ansible_collections.cordon.aws.plugins.module_utils.ec2.instances import Ec2Instance, described
from ansible_collections.cordon.aws.plugins.module_utils.measure import Fact, Proof
from ansible_collections.cordon.aws.plugins.module_utils.plan import Call, Json, State, Step
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads

NAME = "auto_scaling"
LIFECYCLE = "auto_scaling_lifecycle"
"""The state as AWS tells it."""
PROTECTED = "scale_in_protection"
GROUP = "auto_scaling_group"
"""What the group was like: its size, and what it launches from."""
_SIZES = ("AutoScalingGroupName", "MinSize", "MaxSize", "DesiredCapacity")
# https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_EnterStandby.html#API_EnterStandby_RequestParameters
_NAME = re.compile(r"[\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff\r\n\t]{1,255}")
_WHY_NOT: Mapping[str, tuple[str, str]] = {
    "Pending": ("it is being launched", "Repeat the run when it is in service."),
    "Terminating": (
        "the group is terminating it already, and nothing calls that back",
        "Take its snapshots at once. Where a lifecycle hook holds it at Terminating:Wait, RecordLifecycleActionHeartbeat holds it longer.",
    ),
    "Warmed": (
        "it is in the group's warm pool",
        "Repeat the run when it is in service. Leave the warm pool as it is until then: a smaller one, or none, terminates it.",
    ),
    "ReplacingRootVolume": ("its root volume is being replaced", "Take a snapshot of the old one, and repeat the run."),
    "RootVolumeReplaced": ("its root volume has been replaced", "Repeat the run when it is in service."),
}
"""The beginning of a state that a member can neither be put on standby in nor detached -> (what it means, what to do)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class AutoScaling:
    """The measure, with what is wished of it. Releasing needs no wish."""

    how: Literal["standby", "detach"] = "standby"
    keep_capacity: bool = True
    """Whether the group stays as large as it is wanted to be, for which AWS launches a replacement."""

    NAME: str = NAME
    KINDS: frozenset[str] = frozenset({"instance"})
    PERMISSIONS: tuple[str, ...] = (
        "ec2:DescribeInstances",
        "autoscaling:DescribeAutoScalingInstances",
        "autoscaling:DescribeAutoScalingGroups",
        "autoscaling:SetInstanceProtection",
        "autoscaling:EnterStandby",
        "autoscaling:ExitStandby",
        "autoscaling:DetachInstances",
        "autoscaling:AttachInstances",
    )
    OPEN_WITHOUT: str = (
        "its termination by its Auto Scaling group, as soon as it fails a health check, which a contained instance does"
    )

    def observe(self, reads: Reads, target: Ec2Instance) -> dict[str, Json]:
        described(reads, target)
        place = target.account, target.region
        found = member_of(reads, *place, target.instance_id)
        if found is None:
            return {MEMBER: None}
        member, lifecycle = membership(reads, *place, target.instance_id), found["LifecycleState"]
        if member is None:
            return {MEMBER: None, LIFECYCLE: lifecycle}
        group: dict[str, Json] = next(iter(reads.each(GROUPS, *place, member["group"])), {})
        return {
            MEMBER: member,
            LIFECYCLE: lifecycle,
            PROTECTED: found["ProtectedFromScaleIn"],
            GROUP: {**{key: group[key] for key in _SIZES if key in group}, "LaunchedFrom": launched_from(group)},
        }

    def plan(self, state: State, target: Ec2Instance) -> Iterator[Step]:
        """Protection while it is a member, then standby; or detached. Raises QuotaError where the group may not be smaller."""
        member = state[MEMBER]
        if member is None:
            return
        serves = member["state"] == IN_SERVICE
        if serves and not self.keep_capacity:
            tried = f"take {target.label} out of service without a replacement"
            lack = size_error(tried, state[GROUP], -1)
            if lack is not None:
                raise lack
        if serves and self.how == "detach":
            yield _detach(target, member["group"], decrements=not self.keep_capacity, protected=state[PROTECTED])
            return
        if member["state"] in PROTECTABLE and not state[PROTECTED]:
            yield _protect(target, member["group"])
        if serves:
            yield _standby(target, member["group"], decrements=not self.keep_capacity)

    def can_have_planned(self, step: Step, target: Ec2Instance) -> bool:
        parameters = step.call.parameters
        group, decrements = parameters.get("AutoScalingGroupName"), parameters.get("ShouldDecrementDesiredCapacity")
        if not (isinstance(group, str) and _NAME.fullmatch(group)):
            return False
        if step.facet == PROTECTED:
            return step.does_as(_protect(target, group))
        if step.facet != MEMBER or not isinstance(decrements, bool):
            return False
        return any(
            step.does_as(planned)
            for planned in (
                _standby(target, group, decrements=decrements),
                *(_detach(target, group, decrements=decrements, protected=protected) for protected in (True, False)),
            )
        )

    def verify(self, state: State, target: Ec2Instance) -> Proof:
        member = state[MEMBER]
        if member is None:
            said = "it is in no Auto Scaling group"
            if state.get(LIFECYCLE) in LEAVING:
                said = "it is being detached from its Auto Scaling group"
            return (Fact(measure=NAME, fact=said, holds=True),)
        group, lifecycle = member["group"], member["state"]
        if lifecycle == RETAINED:
            said = (
                f"it is {RETAINED} in Auto Scaling group {group}, which leaves it until somebody terminates it by hand"
            )
            return (Fact(measure=NAME, fact=said, holds=True),)
        if lifecycle == STANDBY:
            protected = state[PROTECTED]
            enters = state[LIFECYCLE] == ENTERING
            return (
                Fact(
                    measure=NAME,
                    fact=f"it is {f'on its way into standby ({ENTERING})' if enters else 'on standby'} in Auto Scaling group {group}",
                    holds=True,
                ),
                Fact(measure=NAME, fact=f"it is {'' if protected else 'not '}protected from scale-in", holds=protected),
            )
        why = _why_not(lifecycle)[0] or "which terminates it when it fails a health check"
        return (Fact(measure=NAME, fact=f"it is {lifecycle} in Auto Scaling group {group}: {why}", holds=False),)

    def notes(self, state: State, target: Ec2Instance) -> Sequence[str]:
        """Which group, and what becomes of its size; what to do where it cannot be taken out."""
        member = state[MEMBER]
        if member is None:
            return ()
        group, name, lifecycle = state[GROUP], member["group"], member["state"]
        where = f"{target.label} is in Auto Scaling group {name}"
        if lifecycle == IN_SERVICE:
            return [f"{where}. {self._about_size(group)}", *self._about_release(group)]
        if lifecycle == STANDBY:
            asked = " It stays on standby, and is not detached." if self.how == "detach" else ""
            return [f"{where}, on standby.{asked}", *self._about_release(group)]
        why, remedy = _why_not(lifecycle)
        return [f"{where}, {lifecycle}: {why}. {remedy}"] if why else ()

    def _about_size(self, group: Mapping[str, Json]) -> str:
        if not self.keep_capacity:
            return (
                "No replacement is launched: the group's desired capacity goes down by one, and with release up again."
            )
        return (
            f"AWS launches a replacement from {group['LaunchedFrom']}. If the image, its user data or the application let the attacker in, "
            "the replacement is open in the same way."
        )

    def _about_release(self, group: Mapping[str, Json]) -> Sequence[str]:
        """Coming back always raises the desired capacity by one, also where it was not lowered."""
        if not self.keep_capacity or "MaxSize" not in group:
            return ()
        desired, most = group["DesiredCapacity"], group["MaxSize"]
        note = f"With release the desired capacity goes up by one; it is {desired}, of {most} at most. "
        if desired >= most:
            note += f"Raise the maximum to {desired + 1} before releasing. "
        return (f"{note}Nobody but you can say which member is to go then: release terminates none.",)


def residual(state: State, target: Ec2Instance) -> Sequence[Mapping[str, str]]:
    """What a group may still do to it. Pure.
    https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_DeleteAutoScalingGroup.html
    https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_RefreshPreferences.html"""
    found: list[dict[str, str]] = []
    member = state.get(MEMBER)
    if member is None:
        return found
    if state.get(LIFECYCLE) == ENTERING:
        what = f"what Auto Scaling group {member['group']} does to a member that fails its health checks"
        why = "it is still entering standby, until its load balancers have drained its connections (300 seconds by default)"
        found.append({"what": what, "why": f"{why}; AWS promises no earlier end of health checks"})
    if member["state"] == STANDBY:
        what = f"its termination by whoever deletes Auto Scaling group {member['group']} with ForceDelete, or refreshes its instances"
        found.append({"what": what, "why": "on standby it is still a member; `auto_scaling: detach` makes it none"})
    return found


def _why_not(lifecycle: str) -> tuple[str, str]:
    if lifecycle == RETAINED:
        return "", ""
    return next((told for start, told in _WHY_NOT.items() if lifecycle.startswith(start)), ("", ""))


def _member(group: str, lifecycle: str) -> dict[str, Json]:
    return {"group": group, "state": lifecycle}


def _protect(target: Ec2Instance, group: str) -> Step:
    return Step(
        measure=NAME,
        facet=PROTECTED,
        call=_call(target, SET_PROTECTION, group, ProtectedFromScaleIn=True),
        undo=(_call(target, SET_PROTECTION, group, ProtectedFromScaleIn=False),),
        why=f"keep {target.label} when Auto Scaling group {group} scales in",
        before=False,
        after=True,
    )


def _standby(target: Ec2Instance, group: str, *, decrements: bool) -> Step:
    return Step(
        measure=NAME,
        facet=MEMBER,
        call=_call(target, SET_STANDBY, group, State=STANDBY, ShouldDecrementDesiredCapacity=decrements),
        undo=(_call(target, SET_STANDBY, group, State=IN_SERVICE),),
        why=f"put {target.label} on standby in Auto Scaling group {group}, {_becomes(decrements)}",
        before=_member(group, IN_SERVICE),
        after=_member(group, STANDBY),
    )


def _detach(target: Ec2Instance, group: str, *, decrements: bool, protected: bool) -> Step:
    return Step(
        measure=NAME,
        facet=MEMBER,
        call=_call(target, DETACH, group, ShouldDecrementDesiredCapacity=decrements),
        undo=(_call(target, ATTACH, group, ProtectedFromScaleIn=protected),),
        why=f"detach {target.label} from Auto Scaling group {group}, {_becomes(decrements)}",
        before=_member(group, IN_SERVICE),
        after=None,
    )


def _becomes(decrements: bool) -> str:
    return "which becomes smaller by one" if decrements else "which launches a replacement"


def _call(target: Ec2Instance, operation: str, group: str, **parameters: Json) -> Call:
    return merged_call(target.account, target.region, operation, group, target.instance_id, **parameters)
