"""Security groups of interfaces and instances, as EC2 changes and keeps them."""

from __future__ import annotations

from typing import Any

import pytest
from ec2_world import Ec2World, code, refusal
from sandbox_client import Sandbox


@pytest.fixture
def world(sandbox: Sandbox) -> Ec2World:
    return Ec2World(sandbox)


def _groups_shown(world: Ec2World, instance_id: str) -> tuple[list[str], list[list[str]]]:
    """Those of the instance, and of each interface."""
    shown = world.instance(instance_id)
    of_interfaces = [[group["GroupId"] for group in one["Groups"]] for one in shown["NetworkInterfaces"]]
    return [group["GroupId"] for group in shown["SecurityGroups"]], of_interfaces


def test_an_instances_groups_are_replaced(world: Ec2World) -> None:
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyInstanceAttribute.html: "Replaces the security groups" """
    first, second, third = world.group("first"), world.group("second"), world.group("third")
    instance = world.launch(first, second)
    world.ec2.modify_instance_attribute(InstanceId=instance, Groups=[third])
    assert _groups_shown(world, instance) == ([third], [[third]])
    assert world.interfaces(instance)[0]["Groups"] == [{"GroupId": third, "GroupName": "third"}]
    found = world.ec2.describe_instance_attribute(InstanceId=instance, Attribute="groupSet")["Groups"]
    assert [group["GroupId"] for group in found] == [third]


def test_of_an_instance_with_two_interfaces_the_interface_must_be_named(world: Ec2World) -> None:
    """The same page: it "can result in an error if the instance has more than one ENI"."""
    first, second = world.group("first"), world.group("second")
    instance = world.launch(first)
    world.attach(instance, first)
    for change in ({"Groups": [second]}, {"SourceDestCheck": {"Value": False}}):
        found, message = refusal(world.ec2.modify_instance_attribute, InstanceId=instance, **change)
        assert found == "InvalidInstanceID"
        assert message.startswith(f"There are multiple interfaces attached to instance '{instance}'.")
    assert _groups_shown(world, instance) == ([first], [[first], [first]])


def test_each_interface_has_groups_of_its_own(world: Ec2World) -> None:
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyNetworkInterfaceAttribute.html"""
    first, second, third = world.group("first"), world.group("second"), world.group("third")
    instance = world.launch(first)
    other = world.attach(instance, first)
    primary = world.interfaces(instance)[0]["NetworkInterfaceId"]
    world.ec2.modify_network_interface_attribute(NetworkInterfaceId=other, Groups=[second])
    assert _groups_shown(world, instance) == ([first], [[first], [second]])
    world.ec2.modify_network_interface_attribute(NetworkInterfaceId=primary, Groups=[third, second])
    assert _groups_shown(world, instance) == ([third, second], [[third, second], [second]])


def test_groups_that_cannot_be_are_refused(world: Ec2World) -> None:
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html and
    https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html#vpc-limits-security-groups: five of an interface"""
    own = [world.group(f"own-{number}") for number in range(6)]
    strange = world.group("strange", world.vpc("10.9.0.0/16"))
    instance = world.launch(own[0])
    interface = world.interfaces(instance)[0]["NetworkInterfaceId"]
    for change, kind in (
        ({"call": world.ec2.modify_network_interface_attribute, "NetworkInterfaceId": interface}, "Interface"),
        ({"call": world.ec2.modify_instance_attribute, "InstanceId": instance}, "Instance"),
    ):
        assert code(**change, Groups=[own[0], strange]) == "InvalidGroup.NotFound"
        assert code(**change, Groups=["sg-0123456789abcdef0"]) == "InvalidGroup.NotFound"
        assert code(**change, Groups=["front"]) == "InvalidGroupId.Malformed"
        assert code(**change, Groups=[]) == "InvalidParameterCombination"
        assert code(**change, Groups=own) == f"SecurityGroupsPer{kind}LimitExceeded"
    assert code(world.launch, SecurityGroupIds=own) == "SecurityGroupsPerInstanceLimitExceeded"
    assert code(world.launch, SecurityGroupIds=[strange]) == "InvalidGroup.NotFound"
    made = world.ec2.create_network_interface
    assert code(made, SubnetId=world.subnet, Groups=own) == "SecurityGroupsPerInterfaceLimitExceeded"
    world.ec2.modify_network_interface_attribute(NetworkInterfaceId=interface, Groups=own[:5])
    assert _groups_shown(world, instance) == (own[:5], [own[:5]])


def test_one_attribute_is_changed_at_a_time(world: Ec2World) -> None:
    """ "You can specify only one attribute at a time", both pages say."""
    group = world.group("first")
    instance = world.launch(group)
    interface = world.interfaces(instance)[0]["NetworkInterfaceId"]
    both = {"Groups": [group], "SourceDestCheck": {"Value": False}}
    assert code(world.ec2.modify_instance_attribute, InstanceId=instance, **both) == "InvalidParameterCombination"
    found = code(world.ec2.modify_network_interface_attribute, NetworkInterfaceId=interface, **both)
    assert found == "InvalidParameterCombination"


def test_a_group_in_use_stays(world: Ec2World) -> None:
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteSecurityGroup.html"""
    used, named, free = world.group("used"), world.group("named"), world.group("free")
    instance = world.launch(used)
    pair = {"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": named}]}
    world.ec2.authorize_security_group_ingress(GroupId=free, IpPermissions=[pair])
    assert code(world.ec2.delete_security_group, GroupId=used) == "DependencyViolation"
    assert code(world.ec2.delete_security_group, GroupId=named) == "DependencyViolation"
    world.ec2.revoke_security_group_ingress(GroupId=free, IpPermissions=[pair])
    world.ec2.modify_instance_attribute(InstanceId=instance, Groups=[free])
    for group in (used, named):
        world.ec2.delete_security_group(GroupId=group)
    assert code(world.ec2.delete_security_group, GroupId=used) == "InvalidGroup.NotFound"
    everybodys = world.ec2.describe_security_groups(GroupNames=["default"])["SecurityGroups"][0]["GroupId"]
    assert code(world.ec2.delete_security_group, GroupId=everybodys) == "CannotDelete"


def test_a_name_is_one_groups_in_a_vpc(world: Ec2World) -> None:
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSecurityGroup.html"""
    other = world.vpc("10.9.0.0/16")
    world.group("front")
    assert code(world.group, name="front") == "InvalidGroup.Duplicate"
    assert world.group("front", other)


def test_rules_are_there_once_or_not_at_all(world: Ec2World) -> None:
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html: InvalidPermission.Duplicate and .NotFound"""
    group = world.group("front")
    rule: Any = [{"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
    revoke, authorize = world.ec2.revoke_security_group_ingress, world.ec2.authorize_security_group_ingress
    assert code(revoke, GroupId=group, IpPermissions=rule) == "InvalidPermission.NotFound"
    authorize(GroupId=group, IpPermissions=rule)
    assert code(authorize, GroupId=group, IpPermissions=rule) == "InvalidPermission.Duplicate"
    revoke(GroupId=group, IpPermissions=rule)
    assert (
        code(world.ec2.revoke_security_group_egress, GroupId=group, IpPermissions=rule) == "InvalidPermission.NotFound"
    )
