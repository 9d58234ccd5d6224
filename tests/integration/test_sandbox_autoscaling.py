"""Auto Scaling in the sandbox: what becomes of members that are moved, protected or unhealthy.
https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-lifecycle.html"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from balanced_world import GROUP, Balanced, plant
from botocore.exceptions import ClientError
from sandbox_client import Sandbox

THRESHOLD_S = 30 * 2
"""Interval times unhealthy threshold of a target group by default."""


@pytest.fixture
def world(sandbox: Sandbox) -> Balanced:
    found = plant(sandbox)
    sandbox.control("POST", "/clock", {"advance_s": 60})
    return found


def scaling(world: Balanced, operation: str, *ids: str, **more: Any) -> Any:
    return getattr(world.client("autoscaling"), operation)(AutoScalingGroupName=GROUP, InstanceIds=list(ids), **more)


def advance(world: Balanced, seconds: int) -> None:
    world.sandbox.control("POST", "/clock", {"advance_s": seconds})


def refused(call: Callable[[], Any]) -> str:
    with pytest.raises(ClientError) as caught:
        call()
    return str(caught.value.response["Error"]["Code"])


def is_registered(world: Balanced, instance_id: str) -> tuple[bool, bool]:
    """With the attached target group. The Classic one is not attached."""
    found = world.registered()
    return (instance_id, 80) in found[world.web], (instance_id, 0) in found[world.classic]


def isolate(world: Balanced) -> None:
    """Let nothing in or out of the victim's first interface."""
    ec2 = world.client("ec2")
    instance = ec2.describe_instances(InstanceIds=[world.victim])["Reservations"][0]["Instances"][0]
    group = ec2.create_security_group(GroupName="closed", Description="closed", VpcId=instance["VpcId"])["GroupId"]
    first = min(instance["NetworkInterfaces"], key=lambda one: one["Attachment"]["DeviceIndex"])
    ec2.modify_network_interface_attribute(NetworkInterfaceId=first["NetworkInterfaceId"], Groups=[group])


def test_standby_with_a_smaller_capacity_launches_nothing(world: Balanced) -> None:
    scaling(world, "enter_standby", world.victim, ShouldDecrementDesiredCapacity=True)
    assert world.size() == (1, 1, 4)
    assert {one: state for one, (state, _) in world.lifecycle().items()} == {
        world.members[0]: "Standby",
        world.members[1]: "InService",
    }
    assert is_registered(world, world.victim) == (False, True)
    scaling(world, "exit_standby", world.victim)
    assert world.size() == (1, 2, 4)
    assert is_registered(world, world.victim) == (True, True)


def test_standby_with_the_same_capacity_launches_a_replacement(world: Balanced) -> None:
    scaling(world, "enter_standby", world.victim, ShouldDecrementDesiredCapacity=False)
    assert world.size() == (1, 2, 4)
    assert sorted(state for state, _ in world.lifecycle().values()) == ["InService", "InService", "Standby"]


def test_a_group_does_not_shrink_below_its_least(world: Balanced) -> None:
    for operation in ("enter_standby", "detach_instances"):
        assert refused(
            lambda operation=operation: scaling(world, operation, *world.members, ShouldDecrementDesiredCapacity=True)
        ) == ("ValidationError")
    assert world.size() == (1, 2, 4)
    assert {state for state, _ in world.lifecycle().values()} == {"InService"}


def test_only_members_in_service_enter_standby(world: Balanced) -> None:
    scaling(world, "enter_standby", world.victim, ShouldDecrementDesiredCapacity=True)
    again = lambda: scaling(world, "enter_standby", world.victim, ShouldDecrementDesiredCapacity=False)  # noqa: E731
    assert refused(again) == "ValidationError"
    assert refused(lambda: scaling(world, "exit_standby", world.members[1])) == "ValidationError"


def test_a_detached_instance_lives_on_outside(world: Balanced) -> None:
    scaling(world, "detach_instances", world.victim, ShouldDecrementDesiredCapacity=True)
    assert world.victim not in world.lifecycle()
    assert world.is_running(world.victim)
    assert is_registered(world, world.victim)[0] is False
    scaling(world, "attach_instances", world.victim)
    assert world.size() == (1, 2, 4)
    assert is_registered(world, world.victim)[0] is True


def test_nothing_is_attached_beyond_the_most(world: Balanced) -> None:
    scaling(world, "detach_instances", world.victim, ShouldDecrementDesiredCapacity=True)
    world.client("autoscaling").update_auto_scaling_group(AutoScalingGroupName=GROUP, MaxSize=1)
    assert refused(lambda: scaling(world, "attach_instances", world.victim)) == "ValidationError"
    assert world.victim not in world.lifecycle()


def test_a_member_that_no_health_check_reaches_is_replaced_whatever_protects_it(world: Balanced) -> None:
    world.client("ec2").modify_instance_attribute(InstanceId=world.victim, DisableApiTermination={"Value": True})
    scaling(world, "set_instance_protection", world.victim, ProtectedFromScaleIn=True)
    isolate(world)
    advance(world, THRESHOLD_S - 10)
    assert world.is_running(world.victim)
    advance(world, 15)
    assert not world.is_running(world.victim)
    assert world.victim not in world.lifecycle()
    assert len(world.lifecycle()) == 2


def test_members_and_replacements_live_for_hours_when_nobody_does_anything(world: Balanced) -> None:
    advance(world, 3 * 3600)
    assert set(world.lifecycle()) == set(world.members)
    world.client("autoscaling").set_instance_health(InstanceId=world.victim, HealthStatus="Unhealthy")
    after = set(world.lifecycle())
    assert world.victim not in after
    for _hour in range(3):
        advance(world, 3600)
        assert set(world.lifecycle()) == after


def test_a_replaced_member_takes_its_flows_along(world: Balanced) -> None:
    """Also where nobody calls AWS between the clock and the look at the flows."""
    instance = world.client("ec2").describe_instances(InstanceIds=[world.victim])["Reservations"][0]["Instances"][0]
    first = min(instance["NetworkInterfaces"], key=lambda one: one["Attachment"]["DeviceIndex"])["NetworkInterfaceId"]
    begun = {"interface": first, "direction": "outbound", "protocol": "tcp", "peer": "203.0.113.7"}
    world.sandbox.control("POST", f"/instances/{world.victim}/flows", begun | {"peer_port": 443, "local_port": 50_000})
    isolate(world)
    look = lambda: world.sandbox.control("GET", f"/instances/{world.victim}/flows")["flows"][0]["alive"]  # noqa: E731
    assert look()
    advance(world, THRESHOLD_S + 5)
    assert not look()
    assert not world.is_running(world.victim)


@pytest.mark.parametrize("process", ["ReplaceUnhealthy", "HealthCheck", "Terminate"])
def test_a_suspended_process_keeps_it(world: Balanced, process: str) -> None:
    client = world.client("autoscaling")
    client.suspend_processes(AutoScalingGroupName=GROUP, ScalingProcesses=[process])
    isolate(world)
    advance(world, THRESHOLD_S + 5)
    assert world.is_running(world.victim)
    client.resume_processes(AutoScalingGroupName=GROUP, ScalingProcesses=[process])
    assert not world.is_running(world.victim)


def test_a_member_in_standby_is_not_replaced(world: Balanced) -> None:
    scaling(world, "enter_standby", world.victim, ShouldDecrementDesiredCapacity=True)
    isolate(world)
    advance(world, 10 * THRESHOLD_S)
    assert world.lifecycle()[world.victim][0] == "Standby"
    assert world.is_running(world.victim)


def test_a_member_that_drains_is_not_replaced(world: Balanced) -> None:
    world.client("elbv2").deregister_targets(TargetGroupArn=world.web, Targets=[{"Id": world.victim}])
    isolate(world)
    advance(world, 10 * THRESHOLD_S)
    assert world.lifecycle()[world.victim][0] == "InService"
    assert is_registered(world, world.victim)[0] is False


def test_what_is_set_unhealthy_or_stopped_is_replaced(world: Balanced) -> None:
    client = world.client("autoscaling")
    client.set_instance_health(InstanceId=world.members[0], HealthStatus="Unhealthy")
    world.client("ec2").stop_instances(InstanceIds=[world.members[1]])
    assert not set(world.members) & set(world.lifecycle())
    assert len(world.lifecycle()) == 2


def test_without_launching_the_group_stays_short_until_it_may_again(world: Balanced) -> None:
    client = world.client("autoscaling")
    client.suspend_processes(AutoScalingGroupName=GROUP, ScalingProcesses=["Launch"])
    scaling(world, "detach_instances", world.victim, ShouldDecrementDesiredCapacity=False)
    assert len(world.lifecycle()) == 1
    client.resume_processes(AutoScalingGroupName=GROUP, ScalingProcesses=["Launch"])
    assert len(world.lifecycle()) == 2


def test_instances_are_described_by_pages(world: Balanced) -> None:
    client = world.client("autoscaling")
    pages = client.get_paginator("describe_auto_scaling_instances").paginate(PaginationConfig={"PageSize": 1})
    ids = [[one["InstanceId"] for one in page["AutoScalingInstances"]] for page in pages]
    assert sorted(map(tuple, ids)) == sorted((one,) for one in world.members)
    many = [f"i-{number:017x}" for number in range(51)]
    assert refused(lambda: client.describe_auto_scaling_instances(InstanceIds=many)) == "ValidationError"
    assert client.describe_auto_scaling_instances(InstanceIds=many[:50])["AutoScalingInstances"] == []


def test_500_members_are_described_fast(sandbox: Sandbox) -> None:
    world = plant(sandbox, size=(1, 500, 500))
    client, elbv2 = world.client("autoscaling"), world.client("elbv2")
    times = []
    for look in (
        client.describe_auto_scaling_instances,
        lambda: elbv2.describe_target_health(TargetGroupArn=world.web),
        elbv2.describe_target_groups,
    ):
        look()
        begun = time.monotonic()
        look()
        times.append(time.monotonic() - begun)
    assert max(times) < 0.5, times
