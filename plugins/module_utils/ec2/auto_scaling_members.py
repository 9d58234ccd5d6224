# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The members of Auto Scaling groups that merged calls name: what state they are in now, and changes that are sent of several at once."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence

from ansible_collections.cordon.aws.plugins.module_utils.cloud import Cloud
from ansible_collections.cordon.aws.plugins.module_utils.ec2.auto_scaling_groups import MEMBERS
from ansible_collections.cordon.aws.plugins.module_utils.plan import Call, Json
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads

WAIT_S = 60.0
"""How long it is waited for a member to arrive in a state, where the next call needs it there."""
WAIT_STEP_S = 1.0

States = Mapping[str, str]
"""instance id -> its state in the group; none where it is no member."""


def awaited(cloud: Cloud, calls: Sequence[Call], arrived: Callable[[str], bool]) -> States:
    """The states of these members, as soon as all have arrived, or when it has been waited long enough."""
    deadline = time.monotonic() + WAIT_S
    while calls:
        live = states(cloud, calls)
        if all(arrived(live.get(instance_id(call), "")) for call in calls) or time.monotonic() > deadline:
            return live
        time.sleep(WAIT_STEP_S)
    return {}


def states(cloud: Cloud, calls: Sequence[Call]) -> States:
    return {ident: member["LifecycleState"] for ident, member in members(cloud, calls).items()}


def members(cloud: Cloud, calls: Sequence[Call]) -> dict[str, Json]:
    """instance id -> what DescribeAutoScalingInstances tells of it in the group of these calls, all asked about at once."""
    reads = Reads(cloud)
    for call in calls:
        reads.expect(MEMBERS, call.account, call.region, instance_id(call))
    return {
        instance_id(call): member
        for call in calls
        for member in reads.each(MEMBERS, call.account, call.region, instance_id(call))
        if member["AutoScalingGroupName"] == call.parameters["AutoScalingGroupName"]
    }


def send(cloud: Cloud, like: Call, operation: str, parameters: Mapping[str, Json], ids: Sequence[str]) -> None:
    cloud.write(
        Call(
            account=like.account,
            region=like.region,
            service="autoscaling",
            operation=operation,
            parameters={
                "AutoScalingGroupName": like.parameters["AutoScalingGroupName"],
                "InstanceIds": list(ids),
                **parameters,
            },
        )
    )


def instance_id(call: Call) -> str:
    return str(call.parameters["InstanceId"])
