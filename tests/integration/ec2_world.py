"""A VPC with a subnet in an account of the sandbox, and what tests of EC2 do in it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError
from sandbox_client import Sandbox

IMAGE = "ami-12c6146b"


class Ec2World:
    """`ec2` is an administrator's client of a member account that tries once."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox, self.account = sandbox, sandbox.members[0]
        self.session = sandbox.in_account(self.account)
        self.ec2 = self.client("ec2")
        self.vpc_id = self.vpc("10.0.0.0/16")
        self.subnet = self.subnet_in("us-east-1a", "10.0.1.0/24")

    def client(self, service: str) -> Any:
        return self.session.client(service, endpoint_url=self.sandbox.endpoint_url)

    def vpc(self, cidr: str) -> str:
        return str(self.ec2.create_vpc(CidrBlock=cidr)["Vpc"]["VpcId"])

    def subnet_in(self, zone: str, cidr: str) -> str:
        made = self.ec2.create_subnet(VpcId=self.vpc_id, CidrBlock=cidr, AvailabilityZone=zone)
        return str(made["Subnet"]["SubnetId"])

    def group(self, name: str, vpc_id: str = "") -> str:
        made = self.ec2.create_security_group(GroupName=name, Description=name, VpcId=vpc_id or self.vpc_id)
        return str(made["GroupId"])

    def launch(self, *groups: str, **more: Any) -> str:
        """A new instance of the subnet."""
        given = {
            "MinCount": 1,
            "MaxCount": 1,
            "SubnetId": self.subnet,
            "SecurityGroupIds": list(groups),
            "InstanceType": "m5.large",
            **more,
        }
        made = self.ec2.run_instances(ImageId=IMAGE, **given)
        return str(made["Instances"][0]["InstanceId"])

    def attach(self, instance_id: str, *groups: str) -> str:
        """A second interface."""
        made = self.ec2.create_network_interface(SubnetId=self.subnet, Groups=list(groups))["NetworkInterface"]
        found = made["NetworkInterfaceId"]
        self.ec2.attach_network_interface(NetworkInterfaceId=found, InstanceId=instance_id, DeviceIndex=1)
        return str(found)

    def instance(self, instance_id: str) -> Any:
        return self.ec2.describe_instances(InstanceIds=[instance_id])["Reservations"][0]["Instances"][0]

    def interfaces(self, instance_id: str) -> list[Any]:
        filters = [{"Name": "attachment.instance-id", "Values": [instance_id]}]
        return list(self.ec2.describe_network_interfaces(Filters=filters)["NetworkInterfaces"])


def refusal(call: Callable[..., Any], **given: Any) -> tuple[str, str]:
    """Code and message with which a call is refused."""
    with pytest.raises(ClientError) as refused:
        call(**given)
    error = refused.value.response["Error"]
    return str(error["Code"]), str(error["Message"])


def code(call: Callable[..., Any], **given: Any) -> str:
    return refusal(call, **given)[0]
