"""The network measure against what AWS can hold: somebody else's forensic group, what the operator allows, trunks, and late interfaces."""

from __future__ import annotations

from typing import Any

import pytest
from ec2_world import Ec2World
from instance_response import InstanceResponse
from sandbox_client import Sandbox

from ansible_collections.cordon.aws.plugins.module_utils.ec2.listings import FORENSIC_GROUP

STATION = "198.51.100.7/32"
EVERYBODY = {"IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
ICMP = {"IpProtocol": "icmp", "FromPort": -1, "ToPort": -1, **EVERYBODY}
"""All types and codes: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_IpPermission.html"""


class World(Ec2World):
    """A victim in a group of its own, and a neighbour in the same."""

    def __init__(self, sandbox: Sandbox) -> None:
        super().__init__(sandbox)
        self.web = self.group("web")
        self.victim, self.neighbour = self.launch(self.web), self.launch(self.web)
        self.arn = f"arn:aws:ec2:us-east-1:{self.account}:instance/{self.victim}"

    def forensic(self) -> dict[str, Any] | None:
        filters = [{"Name": "vpc-id", "Values": [self.vpc_id]}, {"Name": "group-name", "Values": [FORENSIC_GROUP]}]
        return next(iter(self.ec2.describe_security_groups(Filters=filters)["SecurityGroups"]), None)

    def interface(self, kind: str | None = None) -> str:
        """A new one, in the group of the victim."""
        given = {} if kind is None else {"InterfaceType": kind}
        made = self.ec2.create_network_interface(SubnetId=self.subnet, Groups=[self.web], **given)
        return str(made["NetworkInterface"]["NetworkInterfaceId"])

    def groups(self) -> dict[str, list[str]]:
        """The groups of every interface of the VPC, by their names."""
        filters = [{"Name": "vpc-id", "Values": [self.vpc_id]}]
        found = self.ec2.describe_network_interfaces(Filters=filters)["NetworkInterfaces"]
        return {one["NetworkInterfaceId"]: [group["GroupName"] for group in one["Groups"]] for one in found}


@pytest.fixture
def world(sandbox: Sandbox) -> World:
    return World(sandbox)


def test_a_forensic_group_that_was_made_beforehand_is_emptied_whatever_its_rules_look_like(world: World) -> None:
    """By the attacker, with rules for everybody, where ICMP has -1 for its ports, and for whoever is in a group."""
    trap = world.group(FORENSIC_GROUP)
    pair = {"UserId": world.account, "GroupId": world.web, "Description": "do not touch"}
    theirs = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "UserIdGroupPairs": [pair]}
    everybody6 = {"IpProtocol": "-1", "Ipv6Ranges": [{"CidrIpv6": "::/0"}]}
    world.ec2.authorize_security_group_ingress(GroupId=trap, IpPermissions=[ICMP, theirs, everybody6])
    world.ec2.authorize_security_group_egress(GroupId=trap, IpPermissions=[ICMP])
    contained = InstanceResponse(world.sandbox).contain([world.arn], ["network"])
    assert not contained.failed, [entry.error for entry in contained.failed]
    found = world.forensic()
    assert found is not None and found["GroupId"] == trap
    assert found["IpPermissions"] == found["IpPermissionsEgress"] == []
    (primary,) = world.interfaces(world.victim)
    assert world.groups()[primary["NetworkInterfaceId"]] == [FORENSIC_GROUP]


def test_a_forensic_group_that_was_there_before_is_there_after_release(world: World) -> None:
    """The responder has staged it, with a rule for the station that the containment keeps because it is asked to."""
    staged, before = world.group(FORENSIC_GROUP), world.groups()
    rule = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": STATION}]}
    world.ec2.authorize_security_group_ingress(GroupId=staged, IpPermissions=[rule])
    response = InstanceResponse(world.sandbox)
    assert not response.contain([world.arn], ["network"], allow_from=(STATION,)).failed
    assert not response.release([world.arn]).failed
    assert world.groups() == before
    found = world.forensic()
    assert found is not None and found["GroupId"] == staged
    assert [one["IpRanges"] for one in found["IpPermissions"]] == [[{"CidrIp": STATION}]]


def test_a_trunk_with_a_branch_what_is_allowed_and_an_interface_that_comes_later(world: World) -> None:
    trunk, branch = world.interface("trunk"), world.interface("branch")
    world.ec2.attach_network_interface(NetworkInterfaceId=trunk, InstanceId=world.victim, DeviceIndex=1)
    world.ec2.associate_trunk_interface(TrunkInterfaceId=trunk, BranchInterfaceId=branch, VlanId=7)
    late, before = world.interface(), world.groups()
    made = world.ec2.create_managed_prefix_list(PrefixListName="ssm", MaxEntries=1, AddressFamily="IPv4")
    endpoint = made["PrefixList"]["PrefixListId"]
    neighbour = world.interfaces(world.neighbour)[0]["NetworkInterfaceId"]
    response = InstanceResponse(world.sandbox)

    def contain() -> set[str]:
        """Which interfaces are contained then."""
        run = response.contain([world.arn], ["network"], allow_from=(STATION,), allow_endpoints=(endpoint,))
        assert not run.failed, [entry.error for entry in run.failed]
        return {one for one, groups in world.groups().items() if groups == [FORENSIC_GROUP]}

    assert contain() == {*before} - {neighbour, late}
    found = world.forensic()
    assert found is not None
    (come_in,), (go_out,) = found["IpPermissions"], found["IpPermissionsEgress"]
    assert (come_in["IpProtocol"], come_in["IpRanges"]) == ("-1", [{"CidrIp": STATION}])
    assert (go_out["IpProtocol"], go_out["FromPort"], go_out["ToPort"]) == ("tcp", 443, 443)
    assert [one["PrefixListId"] for one in go_out["PrefixListIds"]] == [endpoint] and go_out["IpRanges"] == []

    world.ec2.attach_network_interface(NetworkInterfaceId=late, InstanceId=world.victim, DeviceIndex=2)
    assert contain() == {*before} - {neighbour}
    assert not response.release([world.arn]).failed
    assert world.groups() == before
    assert world.forensic() is None
