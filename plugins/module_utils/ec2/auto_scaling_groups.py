# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Auto Scaling groups and their members: how they are asked about, and what AWS allows in which state of a member's life.
https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-lifecycle.html"""

from __future__ import annotations

from ansible_collections.cordon.aws.plugins.module_utils.asked_together import Listing, by_parameter
from ansible_collections.cordon.aws.plugins.module_utils.errors import QuotaError, RefusedError
from ansible_collections.cordon.aws.plugins.module_utils.plan import MERGED, Call, Json
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads

MEMBER = "auto_scaling"
"""The facet {"group", "state"}, None for no group. Whoever enters standby is as good as there; whoever is being detached has left."""

SET_STANDBY = "ModifyStandby"
"""The merged call {"AutoScalingGroupName", "InstanceId", "State": STANDBY or IN_SERVICE}; for STANDBY with
"ShouldDecrementDesiredCapacity"."""
SET_PROTECTION = "ModifyScaleInProtection"
"""The merged call {"AutoScalingGroupName", "InstanceId", "ProtectedFromScaleIn"}."""
DETACH = "DetachInstances"
"""The merged call {"AutoScalingGroupName", "InstanceId", "ShouldDecrementDesiredCapacity"}."""
ATTACH = "AttachInstances"
"""The merged call {"AutoScalingGroupName", "InstanceId", "ProtectedFromScaleIn"}: attached, an instance takes the group's own setting."""

IN_SERVICE = "InService"
STANDBY = "Standby"
ENTERING = "EnteringStandby"
"""On the way into standby, until the load balancers have drained its connections: 300 seconds by default.
https://docs.aws.amazon.com/autoscaling/ec2/userguide/as-enter-exit-standby.html"""
RETAINED = "Terminating:Retained"
"""Kept from being terminated until somebody does it by hand:
https://docs.aws.amazon.com/autoscaling/ec2/userguide/manage-retained-instances.html"""
LEAVING = ("Detaching", "Detached")
PROTECTABLE = frozenset({IN_SERVICE, ENTERING, STANDBY})
"""Where the setting can be changed: "The instance i-… is not in InService or EnteringStandby or Standby", AWS says otherwise."""

# DescribeAutoScalingInstances takes 50 ids, DescribeAutoScalingGroups 50 names:
# https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_DescribeAutoScalingInstances.html
# https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_DescribeAutoScalingGroups.html
MEMBERS = Listing(
    service="autoscaling",
    operation="DescribeAutoScalingInstances",
    items="AutoScalingInstances",
    ids_of=lambda member: (member["InstanceId"],),
    asked_by=by_parameter("InstanceIds"),
    most=50,
)
GROUPS = Listing(
    service="autoscaling",
    operation="DescribeAutoScalingGroups",
    items="AutoScalingGroups",
    ids_of=lambda group: (group["AutoScalingGroupName"],),
    asked_by=by_parameter("AutoScalingGroupNames"),
    most=50,
)


def member_of(reads: Reads, account: str, region: str, instance_id: str) -> dict[str, Json] | None:
    """What DescribeAutoScalingInstances tells of an instance; None where it is no group's, or was one's that has terminated it."""
    found = reads.each(MEMBERS, account, region, instance_id)
    return None if not found or found[0]["LifecycleState"] == "Terminated" else dict(found[0])


def membership(reads: Reads, account: str, region: str, instance_id: str) -> Json:
    """The facet MEMBER of an instance."""
    member = member_of(reads, account, region, instance_id)
    if member is None or member["LifecycleState"] in LEAVING:
        return None
    state = member["LifecycleState"]
    return {"group": member["AutoScalingGroupName"], "state": STANDBY if state == ENTERING else state}


def would_terminate(tried: str, member: Json) -> RefusedError | None:
    """Why an instance must not be stopped while it is what `member`, a facet MEMBER, says.
    https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Stop_Start.html"""
    if member is None or member["state"] in (STANDBY, RETAINED):
        return None
    return RefusedError(
        tried,
        f"it is {member['state']} in Auto Scaling group {member['group']}, which takes what is stopped for unhealthy, and terminates it",
        "Take it out of service first, by the measure `auto_scaling`, or leave it running: `power: keep`.",
    )


def merged_call(account: str, region: str, operation: str, group: str, instance_id: str, **more: Json) -> Call:
    return Call(
        account=account,
        region=region,
        service=MERGED,
        operation=operation,
        parameters={"AutoScalingGroupName": group, "InstanceId": instance_id, **more},
    )


def launched_from(group: Json) -> str:
    """What new members of a group are made from, for people."""
    policy = group.get("MixedInstancesPolicy", {}).get("LaunchTemplate", {})
    template = group.get("LaunchTemplate") or policy.get("LaunchTemplateSpecification")
    if template:
        name = template.get("LaunchTemplateName") or template.get("LaunchTemplateId")
        return f"launch template {name}, version {template.get('Version', '$Default')}"
    if group.get("LaunchConfigurationName"):
        return f"launch configuration {group['LaunchConfigurationName']}"
    return "what the group launches from"


def size_error(tried: str, group: Json, by: int) -> QuotaError | None:
    """The error for changing the desired capacity of a group by so much, where its minimum or maximum forbids it."""
    name, desired = group["AutoScalingGroupName"], group["DesiredCapacity"]
    least, most = group["MinSize"], group["MaxSize"]
    where = f"{tried} in Auto Scaling group {name}"
    if desired + by < least:
        return QuotaError(
            where,
            f"its desired capacity would go from {desired} to {desired + by}, and its minimum is {least}: {-by} needed, "
            f"{max(desired - least, 0)} free",
            f"Set `keep_capacity: true` to have a replacement launched, or lower the group's minimum to {desired + by}.",
        )
    if by > 0 and desired + by > most:
        return QuotaError(
            where,
            f"its desired capacity goes from {desired} to {desired + by} with it, and its maximum is {most}: {by} needed, "
            f"{max(most - desired, 0)} free",
            f"Raise the group's maximum to {desired + by}, or lower its desired capacity to {most - by}, for which Auto Scaling "
            "terminates a member by the group's termination policy: protect those that must stay from scale-in first. "
            "Then repeat the release.",
        )
    return None
