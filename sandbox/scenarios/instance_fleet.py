"""Five hundred instances in three VPCs of one account, every third with two interfaces, each with a profile of one of three roles: for
measuring what responding to many at once takes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from moto.backends import get_backend
from moto.ec2.models.instances import Instance, Reservation
from moto.ec2.utils import random_reservation_id

from sandbox.authorization.views import iam_of
from sandbox.ec2 import profiles
from sandbox.scenarios import parts

if TYPE_CHECKING:
    from sandbox.world import World

INSTANCES, VPCS, ROLES, INTERFACES_EVERY = 500, 3, 3, 3
_PER_RESERVATION = 10


def plant(world: World) -> Mapping[str, Any]:
    """Plant it in the first member account. Returns where it is, and the ids of instances and VPCs."""
    account = world.organization.member_account_ids[0]
    ec2: Any = get_backend("ec2")[account][parts.REGION]
    kept = [_profile(account, number) for number in range(ROLES)]
    networks = [_network(ec2, number) for number in range(VPCS)]
    made = []
    for start in range(0, INSTANCES, _PER_RESERVATION):
        reservation = Reservation(reservation_id=random_reservation_id(), owner_id=account)
        ec2.reservations[reservation.id] = reservation
        for number in range(start, min(start + _PER_RESERVATION, INSTANCES)):
            _vpc, subnet, group = networks[number % VPCS]
            instance = _instance(ec2, subnet, group, number - start)
            reservation.instances.append(instance)
            instance.setup_defaults()
            if number % INTERFACES_EVERY == 0:
                second = ec2.create_network_interface(subnet, None, group_ids=[group.id])
                instance.attach_eni(second, 1)
            profiles.put(ec2, instance, kept[number % ROLES])
            made.append(instance.id)
    return {
        "account": account,
        "region": parts.REGION,
        "instance_ids": made,
        "vpc_ids": [vpc.id for vpc, _subnet, _group in networks],
    }


def _network(ec2: Any, number: int) -> tuple[Any, Any, Any]:
    """(VPC, subnet, security group)"""
    vpc = ec2.create_vpc(f"10.{40 + number}.0.0/16")
    subnet = ec2.create_subnet(vpc.id, f"10.{40 + number}.0.0/20", availability_zone=f"{parts.REGION}a")
    return vpc, subnet, ec2.create_security_group("fleet", "the fleet's", vpc.id)


def _profile(account: str, number: int) -> Any:
    trusted = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    name, iam = f"fleet-{number}", iam_of(account)
    iam.create_role(
        role_name=name,
        assume_role_policy_document=json.dumps({"Version": "2012-10-17", "Statement": [trusted]}),
        path="/fleet/",
        permissions_boundary=None,
        description="",
        tags=[],
        max_session_duration="3600",
    )
    iam.put_role_policy(name, "work", parts.policy("s3:Get*", "s3:List*"))
    return iam.create_instance_profile(name, "/fleet/", [name])


def _instance(ec2: Any, subnet: Any, group: Any, index: int) -> Any:
    """As moto makes one, in no reservation and without a volume yet."""
    return Instance(  # type: ignore[abstract]
        ec2,
        "ami-12c6146b",
        None,
        [group],
        instance_type="m5.large",
        subnet_id=subnet.id,
        region_name=parts.REGION,
        ami_launch_index=index,
        client_token="",
    )
