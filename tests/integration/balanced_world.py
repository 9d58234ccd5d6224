"""A group of instances behind a load balancer, registered in several ways, for the tests of what takes them out and back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sandbox_client import Sandbox

GROUP = "web"
IMAGE = "ami-12345678"


@dataclass(frozen=True, kw_only=True)
class Balanced:
    """What was planted, and what of it is asked again."""

    sandbox: Sandbox
    members: Sequence[str]
    """In the order of their launch; the first is the one to contain."""
    web: str
    """The target group by instance that is attached to the Auto Scaling group."""
    admin: str
    """One by instance with targets on ports of their own, registered by hand."""
    pods: str
    """One by address."""
    classic: str
    addresses: Sequence[str]
    """Of the first member: that of its first interface, and the second of its second one."""

    @property
    def victim(self) -> str:
        return self.members[0]

    def client(self, service: str) -> Any:
        return self.sandbox.client(service)

    def lifecycle(self) -> dict[str, tuple[str, bool]]:
        """instance id -> its state in the group, and whether it is protected from scale-in."""
        found = self.client("autoscaling").describe_auto_scaling_instances()["AutoScalingInstances"]
        return {one["InstanceId"]: (one["LifecycleState"], one["ProtectedFromScaleIn"]) for one in found}

    def size(self) -> tuple[int, int, int]:
        group = self.client("autoscaling").describe_auto_scaling_groups(AutoScalingGroupNames=[GROUP])
        only = group["AutoScalingGroups"][0]
        return only["MinSize"], only["DesiredCapacity"], only["MaxSize"]

    def registered(self) -> dict[str, list[tuple[str, int]]]:
        """target group, or Classic Load Balancer -> (id, port) of what is registered there, drained ones left out."""
        found = {}
        for arn in (self.web, self.admin, self.pods):
            health = self.client("elbv2").describe_target_health(TargetGroupArn=arn)["TargetHealthDescriptions"]
            found[arn] = sorted(
                (one["Target"]["Id"], one["Target"]["Port"])
                for one in health
                if one["TargetHealth"]["State"] != "draining"
            )
        classic = self.client("elb").describe_load_balancers()["LoadBalancerDescriptions"][0]
        found[self.classic] = sorted((one["InstanceId"], 0) for one in classic["Instances"])
        return found

    def registered_of_victim(self) -> list[tuple[str, str, int]]:
        own = (self.victim, *self.addresses)
        return [
            (where, ident, port) for where, ones in self.registered().items() for ident, port in ones if ident in own
        ]

    def is_running(self, instance_id: str) -> bool:
        reservations = self.client("ec2").describe_instances(InstanceIds=[instance_id])["Reservations"]
        return bool(reservations[0]["Instances"][0]["State"]["Name"] == "running")


def plant(sandbox: Sandbox, *, size: tuple[int, int, int] = (1, 2, 4)) -> Balanced:
    """A group of `size` (least, wanted, most) with ELB health checks behind an Application Load Balancer."""
    ec2, elbv2, elb = sandbox.client("ec2"), sandbox.client("elbv2"), sandbox.client("elb")
    autoscaling = sandbox.client("autoscaling")
    vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
    subnets = sorted(ec2.describe_subnets()["Subnets"], key=lambda one: one["AvailabilityZone"])[:2]
    ids = [one["SubnetId"] for one in subnets]

    def target_group(name: str, kind: str) -> str:
        made = elbv2.create_target_group(Name=name, Protocol="HTTP", Port=80, VpcId=vpc, TargetType=kind)
        return str(made["TargetGroups"][0]["TargetGroupArn"])

    web, admin, pods = target_group("web", "instance"), target_group("admin", "instance"), target_group("pods", "ip")
    front, behind = (
        ec2.create_security_group(GroupName=name, Description="x", VpcId=vpc)["GroupId"] for name in ("front", "behind")
    )
    ec2.authorize_security_group_ingress(
        GroupId=behind,
        IpPermissions=[{"IpProtocol": "tcp", "FromPort": 1, "ToPort": 65535, "UserIdGroupPairs": [{"GroupId": front}]}],
    )
    made = elbv2.create_load_balancer(Name="front", Subnets=ids, SecurityGroups=[front])
    balancer = made["LoadBalancers"][0]["LoadBalancerArn"]
    for port, arn in ((80, web), (81, admin), (82, pods)):
        elbv2.create_listener(
            LoadBalancerArn=balancer,
            Protocol="HTTP",
            Port=port,
            DefaultActions=[{"Type": "forward", "TargetGroupArn": arn}],
        )
    listener = {"Protocol": "HTTP", "LoadBalancerPort": 80, "InstanceProtocol": "HTTP", "InstancePort": 80}
    elb.create_load_balancer(LoadBalancerName="old", Listeners=[listener], Subnets=ids)
    ec2.create_launch_template(
        LaunchTemplateName="web",
        LaunchTemplateData={"ImageId": IMAGE, "InstanceType": "t3.micro", "SecurityGroupIds": [behind]},
    )
    least, wanted, most = size
    autoscaling.create_auto_scaling_group(
        AutoScalingGroupName=GROUP,
        LaunchTemplate={"LaunchTemplateName": "web", "Version": "1"},
        MinSize=least,
        DesiredCapacity=wanted,
        MaxSize=most,
        VPCZoneIdentifier=ids[0],
        TargetGroupARNs=[web],
        HealthCheckType="ELB",
        HealthCheckGracePeriod=0,
    )
    group = autoscaling.describe_auto_scaling_groups()["AutoScalingGroups"][0]
    members = [one["InstanceId"] for one in group["Instances"]]
    victim = members[0]
    second = ec2.create_network_interface(SubnetId=ids[0], SecondaryPrivateIpAddressCount=1, Groups=[behind])[
        "NetworkInterface"
    ]
    ec2.attach_network_interface(NetworkInterfaceId=second["NetworkInterfaceId"], InstanceId=victim, DeviceIndex=1)
    first = ec2.describe_instances(InstanceIds=[victim])["Reservations"][0]["Instances"][0]["PrivateIpAddress"]
    other = next(one["PrivateIpAddress"] for one in second["PrivateIpAddresses"] if not one["Primary"])
    elbv2.register_targets(
        TargetGroupArn=admin,
        Targets=[
            {"Id": victim, "Port": 8080},
            {"Id": victim, "Port": 8081},
            *({"Id": member, "Port": 8080} for member in members[1:]),
        ],
    )
    strange = "172.31.250.250"
    elbv2.register_targets(
        TargetGroupArn=pods, Targets=[{"Id": address, "Port": 9000} for address in (first, other, strange)]
    )
    elb.register_instances_with_load_balancer(
        LoadBalancerName="old", Instances=[{"InstanceId": member} for member in members]
    )
    return Balanced(
        sandbox=sandbox,
        members=members,
        web=web,
        admin=admin,
        pods=pods,
        classic="old",
        addresses=(first, other),
    )
