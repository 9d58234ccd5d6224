"""Load balancers in the sandbox: registrations of targets, and their health as the network and the clock have it.
https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html"""

from __future__ import annotations

from typing import Any

import pytest
from balanced_world import Balanced, plant
from botocore.exceptions import ClientError
from sandbox_client import Sandbox

MISSING = "i-00000000000000000"


@pytest.fixture
def world(sandbox: Sandbox) -> Balanced:
    return plant(sandbox)


def advance(world: Balanced, seconds: int) -> None:
    world.sandbox.control("POST", "/clock", {"advance_s": seconds})


def health(world: Balanced, arn: str, **target: Any) -> list[tuple[int, str, str | None]]:
    """(port, state, reason) of the victim, or of one target."""
    asked = {"Targets": [target]} if target else {}
    found = world.client("elbv2").describe_target_health(TargetGroupArn=arn, **asked)["TargetHealthDescriptions"]
    return sorted(
        (one["Target"]["Port"], one["TargetHealth"]["State"], one["TargetHealth"].get("Reason"))
        for one in found
        if one["Target"]["Id"] == target.get("Id", world.victim)
    )


def group_named(world: Balanced, name: str) -> str:
    found = world.client("ec2").describe_security_groups(Filters=[{"Name": "group-name", "Values": [name]}])
    return str(found["SecurityGroups"][0]["GroupId"])


def test_a_new_target_becomes_healthy_with_its_first_check(world: Balanced) -> None:
    assert health(world, world.web) == [(80, "initial", "Elb.RegistrationInProgress")]
    advance(world, 31)
    assert health(world, world.web) == [(80, "healthy", None)]


def test_ports_of_one_instance_are_registrations_of_their_own(world: Balanced) -> None:
    advance(world, 31)
    assert [port for port, *_ in health(world, world.admin)] == [8080, 8081]
    world.client("elbv2").deregister_targets(TargetGroupArn=world.admin, Targets=[{"Id": world.victim, "Port": 8080}])
    draining = "Target.DeregistrationInProgress"
    assert health(world, world.admin) == [(8080, "draining", draining), (8081, "healthy", None)]
    advance(world, 290)
    assert [state for _port, state, _reason in health(world, world.admin)] == ["draining", "healthy"]
    advance(world, 15)
    assert health(world, world.admin) == [(8081, "healthy", None)]
    assert health(world, world.admin, Id=world.victim, Port=8080) == [(8080, "unused", "Target.NotRegistered")]


def test_security_groups_make_a_target_unhealthy_and_healthy_again(world: Balanced) -> None:
    ec2 = world.client("ec2")
    world.client("autoscaling").suspend_processes(AutoScalingGroupName="web")
    advance(world, 31)
    assert health(world, world.web) == [(80, "healthy", None)]
    instance = ec2.describe_instances(InstanceIds=[world.victim])["Reservations"][0]["Instances"][0]
    first = min(instance["NetworkInterfaces"], key=lambda one: one["Attachment"]["DeviceIndex"])["NetworkInterfaceId"]
    closed = ec2.create_security_group(GroupName="closed", Description="closed", VpcId=instance["VpcId"])["GroupId"]
    ec2.modify_network_interface_attribute(NetworkInterfaceId=first, Groups=[closed])
    advance(world, 50)
    assert health(world, world.web) == [(80, "healthy", None)]
    advance(world, 15)
    assert health(world, world.web) == [(80, "unhealthy", "Target.Timeout")]
    port = {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "IpRanges": [{"CidrIp": "172.31.0.0/16"}]}
    ec2.authorize_security_group_ingress(GroupId=closed, IpPermissions=[port])
    advance(world, 140)
    assert health(world, world.web) == [(80, "unhealthy", "Target.Timeout")]
    advance(world, 15)
    assert health(world, world.web) == [(80, "healthy", None)]


def test_a_network_acl_makes_a_target_unhealthy(world: Balanced) -> None:
    ec2, elbv2 = world.client("ec2"), world.client("elbv2")
    subnets = sorted(ec2.describe_subnets()["Subnets"], key=lambda one: one["AvailabilityZone"])
    own = subnets[0]
    beside = ec2.create_subnet(
        VpcId=own["VpcId"], CidrBlock="172.31.200.0/24", AvailabilityZone=own["AvailabilityZone"]
    )
    made = elbv2.create_target_group(Name="inner", Protocol="HTTP", Port=80, VpcId=own["VpcId"])["TargetGroups"][0]
    arn = made["TargetGroupArn"]
    balancer = elbv2.create_load_balancer(
        Name="inner",
        Subnets=[beside["Subnet"]["SubnetId"], subnets[1]["SubnetId"]],
        SecurityGroups=[group_named(world, "front")],
        Scheme="internal",
    )["LoadBalancers"][0]["LoadBalancerArn"]
    elbv2.create_listener(
        LoadBalancerArn=balancer,
        Protocol="HTTP",
        Port=80,
        DefaultActions=[{"Type": "forward", "TargetGroupArn": arn}],
    )
    elbv2.register_targets(TargetGroupArn=arn, Targets=[{"Id": world.victim}])
    advance(world, 31)
    assert health(world, arn) == [(80, "healthy", None)]
    acl = ec2.describe_network_acls(Filters=[{"Name": "association.subnet-id", "Values": [own["SubnetId"]]}])
    ec2.create_network_acl_entry(
        NetworkAclId=acl["NetworkAcls"][0]["NetworkAclId"],
        RuleNumber=1,
        Egress=True,
        Protocol="-1",
        RuleAction="deny",
        CidrBlock="0.0.0.0/0",
    )
    advance(world, 61)
    assert health(world, arn) == [(80, "unhealthy", "Target.Timeout")]


def test_an_address_where_nobody_is_becomes_unhealthy(world: Balanced) -> None:
    advance(world, 61)
    assert health(world, world.pods, Id="172.31.250.250", Port=9000) == [(9000, "unhealthy", "Target.Timeout")]


def test_a_stopped_instance_is_unused(world: Balanced) -> None:
    world.client("autoscaling").suspend_processes(AutoScalingGroupName="web")
    world.client("ec2").stop_instances(InstanceIds=[world.victim])
    assert health(world, world.web) == [(80, "unused", "Target.InvalidState")]


def test_a_missing_target_is_refused_to_register_and_passed_over_to_leave(world: Balanced) -> None:
    elbv2 = world.client("elbv2")
    with pytest.raises(ClientError) as caught:
        elbv2.register_targets(TargetGroupArn=world.web, Targets=[{"Id": MISSING}])
    assert caught.value.response["Error"]["Code"] == "InvalidTarget"
    elbv2.deregister_targets(TargetGroupArn=world.web, Targets=[{"Id": MISSING}])


def test_classic_registrations_are_a_set_of_instances_there_are(world: Balanced) -> None:
    elb = world.client("elb")
    given = {"LoadBalancerName": world.classic, "Instances": [{"InstanceId": world.victim}]}
    twice = elb.register_instances_with_load_balancer(**given)["Instances"]
    assert sorted(one["InstanceId"] for one in twice) == sorted(world.members)
    left = elb.deregister_instances_from_load_balancer(**given)["Instances"]
    assert [one["InstanceId"] for one in left] == [world.members[1]]
    for call in (elb.register_instances_with_load_balancer, elb.deregister_instances_from_load_balancer):
        with pytest.raises(ClientError) as caught:
            call(LoadBalancerName=world.classic, Instances=[{"InstanceId": MISSING}])
        assert caught.value.response["Error"]["Code"] == "InvalidInstance"
