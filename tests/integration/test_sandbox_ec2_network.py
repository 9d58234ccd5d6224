"""Entries of network ACLs, and trunk interfaces."""

from __future__ import annotations

from typing import Any

import pytest
from ec2_world import Ec2World, code
from sandbox_client import Sandbox


@pytest.fixture
def world(sandbox: Sandbox) -> Ec2World:
    return Ec2World(sandbox)


@pytest.fixture
def acl(world: Ec2World) -> str:
    return str(world.ec2.create_network_acl(VpcId=world.vpc_id)["NetworkAcl"]["NetworkAclId"])


def _entry(acl: str, number: int, **more: Any) -> dict[str, Any]:
    network = {} if "Ipv6CidrBlock" in more else {"CidrBlock": "198.51.100.0/24"}
    return (
        {"NetworkAclId": acl, "RuleNumber": number, "Protocol": "-1", "RuleAction": "deny", "Egress": False}
        | network
        | more
    )


def _own(world: Ec2World, acl: str) -> list[Any]:
    entries = world.ec2.describe_network_acls(NetworkAclIds=[acl])["NetworkAcls"][0]["Entries"]
    return [one for one in entries if one["RuleNumber"] < 32767]


def test_an_entry_is_made_once_and_replaced_or_deleted_only_if_it_is_there(world: Ec2World, acl: str) -> None:
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html: NetworkAclEntryAlreadyExists and
    InvalidNetworkAclEntry.NotFound"""
    gone = {"NetworkAclId": acl, "RuleNumber": 10, "Egress": False}
    assert code(world.ec2.replace_network_acl_entry, **_entry(acl, 10)) == "InvalidNetworkAclEntry.NotFound"
    assert code(world.ec2.delete_network_acl_entry, **gone) == "InvalidNetworkAclEntry.NotFound"
    world.ec2.create_network_acl_entry(**_entry(acl, 10))
    assert code(world.ec2.create_network_acl_entry, **_entry(acl, 10)) == "NetworkAclEntryAlreadyExists"
    world.ec2.create_network_acl_entry(**_entry(acl, 10, Egress=True))
    world.ec2.replace_network_acl_entry(**_entry(acl, 10, RuleAction="allow"))
    assert [(one["Egress"], one["RuleAction"]) for one in _own(world, acl)] == [(False, "allow"), (True, "deny")]
    world.ec2.delete_network_acl_entry(**gone)
    assert [one["Egress"] for one in _own(world, acl)] == [True]
    unknown = _entry("acl-0123456789abcdef0", 10)
    assert code(world.ec2.create_network_acl_entry, **unknown) == "InvalidNetworkAclID.NotFound"


@pytest.mark.parametrize(("number", "fits"), [(0, False), (1, True), (32766, True), (32767, False)])
def test_numbers_are_from_1_to_32766(world: Ec2World, acl: str, number: int, fits: bool) -> None:
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateNetworkAclEntry.html"""
    if fits:
        world.ec2.create_network_acl_entry(**_entry(acl, number))
        return
    assert code(world.ec2.create_network_acl_entry, **_entry(acl, number)) == "InvalidParameterValue"


def test_the_entry_that_denies_the_rest_stays(world: Ec2World) -> None:
    """https://docs.aws.amazon.com/vpc/latest/userguide/default-network-acl.html"""
    filters = [{"Name": "vpc-id", "Values": [world.vpc_id]}, {"Name": "default", "Values": ["true"]}]
    default = world.ec2.describe_network_acls(Filters=filters)["NetworkAcls"][0]["NetworkAclId"]
    last = {"NetworkAclId": default, "RuleNumber": 32767, "Egress": False}
    assert code(world.ec2.delete_network_acl_entry, **last) == "InvalidParameterValue"
    allow = _entry(default, 32767, RuleAction="allow")
    assert code(world.ec2.replace_network_acl_entry, **allow) == "InvalidParameterValue"


def test_twenty_entries_in_each_direction_and_for_each_ip_version(world: Ec2World, acl: str) -> None:
    """https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html#vpc-limits-nacls: the entry that denies the rest is one of
    the twenty"""
    for more in ({}, {"Egress": True}, {"Ipv6CidrBlock": "2001:db8::/32"}):
        offset = 1000 if "Ipv6CidrBlock" in more else 0
        for number in range(1, 20):
            world.ec2.create_network_acl_entry(**_entry(acl, offset + number, **more))
        over = _entry(acl, offset + 20, **more)
        assert code(world.ec2.create_network_acl_entry, **over) == "NetworkAclEntryLimitExceeded"
    world.ec2.replace_network_acl_entry(**_entry(acl, 19, RuleAction="allow"))


def test_networks_are_kept_in_canonical_form(world: Ec2World, acl: str) -> None:
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateNetworkAclEntry.html: the example is the page's"""
    world.ec2.create_network_acl_entry(**_entry(acl, 10, CidrBlock="100.68.0.18/18"))
    assert _own(world, acl)[0]["CidrBlock"] == "100.68.0.0/18"
    assert code(world.ec2.create_network_acl_entry, **_entry(acl, 11, CidrBlock="nowhere")) == "InvalidParameterValue"


def test_branches_of_a_trunk(world: Ec2World) -> None:
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeTrunkInterfaceAssociations.html"""
    instance = world.launch()
    trunk, branch, plain = (_interface(world, kind) for kind in ("trunk", "branch", None))
    world.ec2.attach_network_interface(NetworkInterfaceId=trunk, InstanceId=instance, DeviceIndex=1)
    associate = world.ec2.associate_trunk_interface
    assert code(associate, TrunkInterfaceId=trunk, BranchInterfaceId=plain, VlanId=7) == "InvalidParameterValue"
    made = associate(TrunkInterfaceId=trunk, BranchInterfaceId=branch, VlanId=7)["InterfaceAssociation"]
    expected = {"BranchInterfaceId": branch, "TrunkInterfaceId": trunk, "InterfaceProtocol": "VLAN", "VlanId": 7}
    assert made == {"AssociationId": made["AssociationId"], **expected}
    listed = world.ec2.describe_trunk_interface_associations
    assert listed()["InterfaceAssociations"] == [made]
    assert listed(Filters=[{"Name": "interface-protocol", "Values": ["GRE"]}])["InterfaceAssociations"] == []
    assert code(listed, Filters=[{"Name": "trunk-interface-id", "Values": [trunk]}]) == "InvalidParameterValue"
    kinds = {
        one["NetworkInterfaceId"]: one["InterfaceType"]
        for one in world.ec2.describe_network_interfaces()["NetworkInterfaces"]
    }
    assert (kinds[trunk], kinds[branch], kinds[plain]) == ("trunk", "branch", "interface")
    world.ec2.disassociate_trunk_interface(AssociationId=made["AssociationId"])
    assert listed()["InterfaceAssociations"] == []
    gone = code(world.ec2.disassociate_trunk_interface, AssociationId=made["AssociationId"])
    assert gone == "InvalidAssociationID.NotFound"


def _interface(world: Ec2World, kind: str | None) -> str:
    more = {"InterfaceType": kind} if kind else {}
    made = world.ec2.create_network_interface(SubnetId=world.subnet, **more)
    return str(made["NetworkInterface"]["NetworkInterfaceId"])


@pytest.mark.parametrize(
    ("traffic", "refused"),
    [
        ({"Protocol": "6", "CidrBlock": "10.0.0.0/8"}, "MissingParameter"),
        ({"Protocol": "1", "CidrBlock": "10.0.0.0/8"}, "MissingParameter"),
        ({"Protocol": "-1"}, "MissingParameter"),
        ({"Protocol": "17", "CidrBlock": "10.0.0.0/8", "PortRange": {"From": 9, "To": 3}}, "InvalidParameterValue"),
        ({"Protocol": "banana", "CidrBlock": "10.0.0.0/8"}, "InvalidParameterValue"),
    ],
    ids=["tcp without ports", "icmp without a type", "nobody", "ports backwards", "no protocol"],
)
def test_an_entry_says_which_traffic_it_means(world: Ec2World, acl: str, traffic: dict[str, Any], refused: str) -> None:
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateNetworkAclEntry.html"""
    entry = {"NetworkAclId": acl, "RuleNumber": 7, "RuleAction": "deny", "Egress": False}
    assert code(world.ec2.create_network_acl_entry, **entry, **traffic) == refused


def test_what_is_in_use_stays(world: Ec2World) -> None:
    instance, other = world.launch(), world.launch()
    attached = world.attach(instance)
    assert code(world.ec2.delete_network_interface, NetworkInterfaceId=attached) == "InvalidParameterValue"
    again = {"NetworkInterfaceId": attached, "InstanceId": other, "DeviceIndex": 1}
    assert code(world.ec2.attach_network_interface, **again) == "InvalidNetworkInterface.InUse"
    free = world.ec2.create_network_interface(SubnetId=world.subnet)["NetworkInterface"]["NetworkInterfaceId"]
    taken = {"NetworkInterfaceId": free, "InstanceId": instance, "DeviceIndex": 1}
    assert code(world.ec2.attach_network_interface, **taken) == "InvalidParameterValue"
    assert len(world.instance(instance)["NetworkInterfaces"]) == 2
    assert code(world.ec2.delete_subnet, SubnetId=world.subnet) == "DependencyViolation"
    world.ec2.delete_network_interface(NetworkInterfaceId=free)


def test_only_what_is_there_is_tagged(world: Ec2World) -> None:
    tags = [{"Key": "a", "Value": "b"}]
    for unknown, refused in (
        ("i-0123456789abcdef0", "InvalidInstanceID.NotFound"),
        ("eni-0123456789abcdef0", "InvalidNetworkInterfaceID.NotFound"),
    ):
        assert code(world.ec2.create_tags, Resources=[world.launch(), unknown], Tags=tags) == refused
        assert code(world.ec2.delete_tags, Resources=[unknown], Tags=tags) == refused
