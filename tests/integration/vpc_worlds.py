"""Generated networks in a member account of the sandbox: VPCs, groups, instances with up to five interfaces, made through the API."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st
from sandbox_client import Sandbox

REGION = "us-east-1"
_PEOPLE = ("10.0.0.0/8", "198.51.100.0/24", "0.0.0.0/0")


@dataclass(frozen=True, kw_only=True)
class Server:
    """An instance of one VPC: for each interface the numbers of its groups."""

    vpc: int
    interfaces: tuple[frozenset[int], ...]
    protected: bool = False
    keeps_volume: bool = False


@dataclass(frozen=True, kw_only=True)
class Network:
    """VPCs, each with as many groups as `groups` says, and servers. The first one is to be contained, and maybe the second."""

    groups: tuple[int, ...]
    servers: tuple[Server, ...]
    targets: int = 1


@st.composite
def networks(draw: st.DrawFn) -> Network:
    groups = tuple(draw(st.lists(st.integers(1, 5), min_size=1, max_size=3)))
    servers = []
    for _number in range(draw(st.integers(2, 4))):
        vpc = draw(st.integers(0, len(groups) - 1))
        own = st.frozensets(st.integers(0, groups[vpc] - 1), min_size=1, max_size=5)
        interfaces = tuple(draw(st.lists(own, min_size=1, max_size=5)))
        servers.append(
            Server(vpc=vpc, interfaces=interfaces, protected=draw(st.booleans()), keeps_volume=draw(st.booleans()))
        )
    return Network(groups=groups, servers=tuple(servers), targets=draw(st.integers(1, 2)))


class VpcWorld:
    """One network, made."""

    def __init__(self, sandbox: Sandbox, network: Network) -> None:
        self.account = sandbox.members[0]
        self.ec2 = sandbox.in_account(self.account).client("ec2", endpoint_url=sandbox.endpoint_url)
        places = [self._vpc(number, count) for number, count in enumerate(network.groups)]
        self.instances = [self._launch(server, *places[server.vpc]) for server in network.servers]
        self.targets, self.neighbours = self.instances[: network.targets], self.instances[network.targets :]

    def arn(self, instance_id: str) -> str:
        return f"arn:aws:ec2:{REGION}:{self.account}:instance/{instance_id}"

    def _vpc(self, number: int, groups: int) -> tuple[str, list[str]]:
        """Its subnet and its groups."""
        vpc_id = self.ec2.create_vpc(CidrBlock=f"10.{number + 40}.0.0/16")["Vpc"]["VpcId"]
        subnet = self.ec2.create_subnet(VpcId=vpc_id, CidrBlock=f"10.{number + 40}.1.0/24")["Subnet"]["SubnetId"]
        made = []
        for name in range(groups):
            group = self.ec2.create_security_group(GroupName=f"g{name}", Description="of a test", VpcId=vpc_id)[
                "GroupId"
            ]
            ranges = [{"CidrIp": _PEOPLE[name % len(_PEOPLE)]}]
            rule = {"IpProtocol": "tcp", "FromPort": 22 + name, "ToPort": 22 + name, "IpRanges": ranges}
            self.ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[rule])
            made.append(group)
        return subnet, made

    def _launch(self, server: Server, subnet: str, groups: list[str]) -> str:
        first, *others = [[groups[number] for number in sorted(numbers)] for numbers in server.interfaces]
        launched = self.ec2.run_instances(
            ImageId="ami-12345678",
            MinCount=1,
            MaxCount=1,
            InstanceType="m5.4xlarge",
            NetworkInterfaces=[{"DeviceIndex": 0, "SubnetId": subnet, "Groups": first}],
        )
        instance_id = str(launched["Instances"][0]["InstanceId"])
        for index, own in enumerate(others, 1):
            made = self.ec2.create_network_interface(SubnetId=subnet, Groups=own)["NetworkInterface"]
            interface_id = made["NetworkInterfaceId"]
            self.ec2.attach_network_interface(
                NetworkInterfaceId=interface_id, InstanceId=instance_id, DeviceIndex=index
            )
        if server.protected:
            self.ec2.modify_instance_attribute(InstanceId=instance_id, DisableApiTermination={"Value": True})
            ends: Any = {"Value": "terminate"}
            self.ec2.modify_instance_attribute(InstanceId=instance_id, InstanceInitiatedShutdownBehavior=ends)
        if server.keeps_volume:
            kept = {"DeviceName": "/dev/sda1", "Ebs": {"DeleteOnTermination": False}}
            self.ec2.modify_instance_attribute(InstanceId=instance_id, BlockDeviceMappings=[kept])
        return instance_id

    def everything(self) -> dict[str, Any]:
        """All that EC2 tells of the account's network and instances."""
        return {
            "instances": {one: self.instance(one) for one in self.instances},
            "interfaces": self._listed("describe_network_interfaces", "NetworkInterfaces", "NetworkInterfaceId"),
            "groups": self.groups(),
            "acls": self._listed("describe_network_acls", "NetworkAcls", "NetworkAclId"),
            "prefix_lists": self._listed("describe_managed_prefix_lists", "PrefixLists", "PrefixListId"),
        }

    def groups(self) -> dict[str, Any]:
        return self._listed("describe_security_groups", "SecurityGroups", "GroupId")

    def instance(self, instance_id: str) -> dict[str, Any]:
        """The instance as it is described, with its interfaces and its attributes."""
        described = self.ec2.describe_instances(InstanceIds=[instance_id])["Reservations"][0]["Instances"][0]
        named = [{"Name": "attachment.instance-id", "Values": [instance_id]}]
        interfaces = self.ec2.describe_network_interfaces(Filters=named)["NetworkInterfaces"]
        attributes = {
            name: self.ec2.describe_instance_attribute(InstanceId=instance_id, Attribute=name)[
                name[0].upper() + name[1:]
            ]
            for name in ("disableApiTermination", "disableApiStop", "instanceInitiatedShutdownBehavior")
        }
        return _plain({"described": described, "interfaces": interfaces, "attributes": attributes})

    def _listed(self, method: str, key: str, name: str) -> dict[str, Any]:
        return {one[name]: _plain(one) for one in getattr(self.ec2, method)()[key]}


# https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/security-group-connection-tracking.html#connection-tracking-timeouts
_USUAL_TIMEOUTS = {"TcpEstablishedTimeout": 432_000, "UdpStreamTimeout": 180, "UdpTimeout": 30}


def _plain(value: Mapping[str, Any]) -> dict[str, Any]:
    """As JSON, in which the order of groups says nothing, and timeouts that are as usual are as if nobody had set them: there is no call
    that takes them away again."""

    def sorted_groups(one: Any) -> Any:
        if isinstance(one, dict):
            found = {name: sorted_groups(held) for name, held in one.items() if name != "ResponseMetadata"}
            for name in ("Groups", "SecurityGroups"):
                if isinstance(found.get(name), list):
                    found[name] = sorted(found[name], key=json.dumps)
            if found.get("ConnectionTrackingConfiguration") == _USUAL_TIMEOUTS:
                del found["ConnectionTrackingConfiguration"]
            return found
        return [sorted_groups(held) for held in one] if isinstance(one, list) else one

    found = sorted_groups(json.loads(json.dumps(value, default=str)))
    return dict(found)
