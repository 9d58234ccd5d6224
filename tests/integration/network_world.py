"""A VPC with an instance of two interfaces in a member account, made through the API, and its flows."""

from __future__ import annotations

from typing import Any

from sandbox_client import Sandbox

PEER = "203.0.113.77"


class NetworkWorld:
    """`instance_id` has the interfaces `first` and `second`, both in `group_id`: SSH from one address, everything out."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox, self.account = sandbox, sandbox.members[0]
        self.session = sandbox.in_account(self.account)
        self.ec2 = self.client("ec2")
        self.vpc_id = self.ec2.create_vpc(CidrBlock="10.20.0.0/16")["Vpc"]["VpcId"]
        made = self.ec2.create_subnet(VpcId=self.vpc_id, CidrBlock="10.20.1.0/24", AvailabilityZone="us-east-1a")
        self.subnet_id = made["Subnet"]["SubnetId"]
        self.group_id = self.group("web", ["203.0.113.0/24"], port=22)
        self.instance_id = self.launch()
        self.first = self.interfaces(self.instance_id)[0]
        self.second = self.attach(self.instance_id, 1)

    def client(self, service: str) -> Any:
        return self.session.client(service, endpoint_url=self.sandbox.endpoint_url)

    def group(self, name: str, sources: list[str], port: int | None = None) -> str:
        """A group that lets these in, to one port or to all, and keeps its rule that lets everything out."""
        made = self.ec2.create_security_group(GroupName=name, Description=name, VpcId=self.vpc_id)["GroupId"]
        ports = {"IpProtocol": "-1"} if port is None else {"IpProtocol": "tcp", "FromPort": port, "ToPort": port}
        if sources:
            ranges = [{"CidrIp": source} for source in sources]
            self.ec2.authorize_security_group_ingress(GroupId=made, IpPermissions=[{**ports, "IpRanges": ranges}])
        return str(made)

    def empty_group(self, name: str = "none") -> str:
        """A group without rules."""
        made = self.group(name, [])
        everything = [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
        self.ec2.revoke_security_group_egress(GroupId=made, IpPermissions=everything)
        return made

    def launch(self) -> str:
        made = self.ec2.run_instances(
            ImageId="ami-12345678",
            MinCount=1,
            MaxCount=1,
            InstanceType="t3.micro",
            SubnetId=self.subnet_id,
            SecurityGroupIds=[self.group_id],
        )
        return str(made["Instances"][0]["InstanceId"])

    def attach(self, instance_id: str, index: int) -> str:
        made = self.ec2.create_network_interface(SubnetId=self.subnet_id, Groups=[self.group_id])["NetworkInterface"]
        interface_id = str(made["NetworkInterfaceId"])
        self.ec2.attach_network_interface(NetworkInterfaceId=interface_id, InstanceId=instance_id, DeviceIndex=index)
        return interface_id

    def interfaces(self, instance_id: str) -> list[str]:
        found = self.ec2.describe_instances(InstanceIds=[instance_id])["Reservations"][0]["Instances"][0]
        return [one["NetworkInterfaceId"] for one in found["NetworkInterfaces"]]

    def put(self, group_id: str, *interface_ids: str) -> None:
        """Give interfaces this group alone."""
        for interface_id in interface_ids:
            self.ec2.modify_network_interface_attribute(NetworkInterfaceId=interface_id, Groups=[group_id])

    def wish(self, **more: Any) -> dict[str, Any]:
        """Something that the instance talks to: by default by its first interface, to port 443 of PEER."""
        given = {"interface": self.first, "direction": "outbound", "protocol": "tcp", "peer": PEER}
        return {**given, "peer_port": 443, "local_port": 50_000, "via": None, **more}

    def flow(self, **more: Any) -> str:
        path = f"/instances/{more.pop('instance_id', self.instance_id)}/flows"
        return str(self.sandbox.control("POST", path, self.wish(**more))["id"])

    def flows(self, instance_id: str | None = None) -> dict[str, dict[str, Any]]:
        found = self.sandbox.control("GET", f"/instances/{instance_id or self.instance_id}/flows")["flows"]
        return {one["id"]: one for one in found}

    def alive(self, flow_id: str) -> bool:
        return bool(self.flows()[flow_id]["alive"])

    def windows(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.sandbox.control("GET", f"/instances/{self.instance_id}/exposure")["windows"]
        return found

    def deny(self, number: int, egress: bool, cidr: str) -> None:
        """An entry of the subnet's network ACL."""
        self.ec2.create_network_acl_entry(
            NetworkAclId=self.network_acl(),
            RuleNumber=number,
            Protocol="-1",
            RuleAction="deny",
            Egress=egress,
            CidrBlock=cidr,
        )

    def network_acl(self) -> str:
        filters = [{"Name": "association.subnet-id", "Values": [self.subnet_id]}]
        return str(self.ec2.describe_network_acls(Filters=filters)["NetworkAcls"][0]["NetworkAclId"])
