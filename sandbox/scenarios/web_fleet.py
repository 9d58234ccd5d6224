"""A fleet of web servers in one account: a VPC with two public subnets and a private one behind NAT, an Auto Scaling group behind an
Application Load Balancer, and a role that all instances share."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from moto.backends import get_backend

from sandbox.authorization.views import iam_of
from sandbox.scenarios import parts

GROUP = "orders-web"
PORT = 8080
SERVERS = 2
_ROLE, _ROLE_PATH = "orders-web-server", "/services/"
_PROFILE, _PROFILE_PATH = "orders-web", "/fleet/"
"""The profile's name and path are not the role's."""
_EVERYTHING = [{"CidrIp": "0.0.0.0/0"}]
_ZONES = ("us-east-1a", "us-east-1b")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fleet:
    """What there is after `plant`; `instances` are moto's, in the order of their launch."""

    vpc_id: str
    subnet_id: str
    private_subnet: Any
    group_ids: list[str]
    role_arn: str
    instance_profile_arn: str
    target_group_arn: str
    load_balancer_arn: str
    instances: list[Any]


def plant(account: str) -> Fleet:
    """All of it, in the region of all scenarios."""
    ec2 = get_backend("ec2")[account][parts.REGION]
    role_arn, profile = _profile(account)
    vpc = ec2.create_vpc("10.30.0.0/16")
    public = [ec2.create_subnet(vpc.id, f"10.30.{n}.0/24", availability_zone=zone) for n, zone in enumerate(_ZONES, 1)]
    private = ec2.create_subnet(vpc.id, "10.30.9.0/24", availability_zone=_ZONES[0])
    _routes(ec2, vpc, public, private)
    front, web, operations = (
        ec2.create_security_group(f"orders-{name}", f"orders: {name}", vpc.id)
        for name in ("front", "web", "operations")
    )
    ec2.authorize_security_group_ingress(front.id, "tcp", "80", "80", _EVERYTHING, vpc_id=vpc.id)
    ec2.authorize_security_group_ingress(
        web.id, "tcp", str(PORT), str(PORT), [{"CidrIp": vpc.cidr_block}], vpc_id=vpc.id
    )
    ec2.authorize_security_group_ingress(operations.id, "tcp", "22", "22", _EVERYTHING, vpc_id=vpc.id)
    groups = [web.id, operations.id]
    target_group, balancer = _balancer(account, vpc.id, [subnet.id for subnet in public], front.id)
    template = {
        "ImageId": "ami-12c6146b",
        "InstanceType": "m5.large",
        "SecurityGroupIds": groups,
        "SecurityGroups": groups,
        "IamInstanceProfile": {"Arn": profile.arn},
    }
    ec2.create_launch_template(GROUP, "", template, {})
    instances = _scaled(account, public[0].id, target_group)
    for instance in instances:
        for interface in instance.nics.values():
            ec2.modify_network_interface_attribute(interface.id, groups)
        if instance.id not in ec2.iam_instance_profile_associations:
            ec2.associate_iam_instance_profile(instance.id, iam_instance_profile_arn=profile.arn)
    return Fleet(
        vpc_id=vpc.id,
        subnet_id=public[0].id,
        private_subnet=private,
        group_ids=groups,
        role_arn=role_arn,
        instance_profile_arn=profile.arn,
        target_group_arn=target_group,
        load_balancer_arn=balancer,
        instances=instances,
    )


def _profile(account: str) -> tuple[str, Any]:
    """The role's ARN, and moto's profile."""
    iam = iam_of(account)
    trusted = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    role = iam.create_role(
        role_name=_ROLE,
        assume_role_policy_document=json.dumps({"Version": "2012-10-17", "Statement": [trusted]}),
        path=_ROLE_PATH,
        permissions_boundary=None,
        description="",
        tags=[],
        max_session_duration="3600",
    )
    iam.put_role_policy(_ROLE, "work", parts.policy("s3:Get*", "s3:List*", "ec2:Describe*"))
    return str(role.arn), iam.create_instance_profile(_PROFILE, _PROFILE_PATH, [_ROLE])


def _routes(ec2: Any, vpc: Any, public: list[Any], private: Any) -> None:
    """Public subnets to an internet gateway, the private one to a NAT gateway in the first of them."""
    gateway = ec2.create_internet_gateway()
    ec2.attach_internet_gateway(gateway.id, vpc.id)
    address = ec2.allocate_address("vpc")
    nat = ec2.create_nat_gateway(public[0].id, address.allocation_id)
    for subnets, target in ((public, {"gateway_id": gateway.id}), ([private], {"nat_gateway_id": nat.id})):
        table = ec2.create_route_table(vpc.id)
        ec2.create_route(table.id, "0.0.0.0/0", **target)
        for subnet in subnets:
            ec2.associate_route_table(table.id, subnet_id=subnet.id)
    for subnet in public:
        ec2.modify_subnet_attribute(subnet.id, "map_public_ip_on_launch", True)


def _balancer(account: str, vpc_id: str, subnet_ids: list[str], group_id: str) -> tuple[str, str]:
    """(target group's ARN, load balancer's ARN)"""
    elb = get_backend("elbv2")[account][parts.REGION]
    target_group = elb.create_target_group(
        GROUP,
        vpc_id=vpc_id,
        protocol="HTTP",
        protocol_version="HTTP1",
        port=str(PORT),
        healthcheck_protocol="HTTP",
        healthcheck_port="traffic-port",
        healthcheck_path="/health",
        healthcheck_interval_seconds=30,
        healthcheck_timeout_seconds=5,
        healthcheck_enabled=True,
        healthy_threshold_count=5,
        unhealthy_threshold_count=2,
        matcher={"HttpCode": "200"},
        ip_address_type="ipv4",
        target_type="instance",
        tags=[],
    )
    balancer = elb.create_load_balancer(GROUP, [group_id], subnet_ids, loadbalancer_type="application")
    forward: Mapping[str, Any] = {"Type": "forward", "TargetGroupArn": target_group.arn}
    elb.create_listener(balancer.arn, "HTTP", "80", "", None, [dict(forward)])
    return str(target_group.arn), str(balancer.arn)


def _scaled(account: str, subnet_id: str, target_group_arn: str) -> list[Any]:
    """The instances of the Auto Scaling group, which is made here."""
    backend = get_backend("autoscaling")[account][parts.REGION]
    group = backend.create_auto_scaling_group(
        name=GROUP,
        availability_zones=[],
        desired_capacity=SERVERS,
        max_size=SERVERS + 2,
        min_size=1,
        launch_config_name="",
        launch_template={"LaunchTemplateName": GROUP, "Version": "$Latest"},
        vpc_zone_identifier=subnet_id,
        default_cooldown=300,
        health_check_period=300,
        health_check_type="ELB",
        load_balancers=[],
        target_group_arns=[target_group_arn],
        placement_group=None,
        termination_policies=[],
        tags=[],
    )
    return [state.instance for state in group.instance_states]
