"""DescribeInstances, fast for fleets.
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstances.html"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any

from sandbox.ec2 import pages, things
from sandbox.ec2.filters import Fields, matching
from sandbox.ec2.interface_list import FILTERS as OF_INTERFACES
from sandbox.ec2.shown_instances import shown
from sandbox.model import ApiRequest, Caller

if TYPE_CHECKING:
    from sandbox.world import World


def _of_profile(what: str) -> Callable[[Any], Any]:
    def read(one: Any) -> Any:
        association = one.ec2_backend.iam_instance_profile_associations.get(one.id)
        return getattr(association.iam_instance_profile, what) if association else None

    return read


def _of_interfaces(read: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def of(one: Any) -> list[Any]:
        values = [read(interface) for interface in one.nics.values()]
        return [part for value in values for part in (value if isinstance(value, list) else [value])]

    return of


_FILTERS: Fields = {
    "architecture": lambda one: one.architecture,
    "availability-zone": lambda one: one.placement.zone,
    "block-device-mapping.device-name": lambda one: list(one.block_device_mapping),
    "block-device-mapping.volume-id": lambda one: [block.volume_id for block in one.block_device_mapping.values()],
    "client-token": lambda one: one.client_token,
    "dns-name": lambda one: one.public_dns_name,
    "hypervisor": lambda one: one.hypervisor,
    "iam-instance-profile.arn": _of_profile("arn"),
    "iam-instance-profile.id": _of_profile("id"),
    "image-id": lambda one: one.image_id,
    "instance-id": lambda one: one.id,
    "instance-lifecycle": lambda one: one.lifecycle,
    "instance-state-code": lambda one: one.state_code,
    "instance-state-name": lambda one: one.state,
    "instance-type": lambda one: one.instance_type,
    "instance.group-id": lambda one: [group.id for group in one.security_groups],
    "instance.group-name": lambda one: [group.name for group in one.security_groups],
    "ip-address": lambda one: one.public_ip,
    "key-name": lambda one: one.key_name,
    "launch-index": lambda one: one.ami_launch_index,
    "metadata-options.http-endpoint": lambda one: one.metadata_options.http_endpoint,
    "metadata-options.http-tokens": lambda one: one.metadata_options.http_tokens,
    "monitoring-state": lambda one: one.monitoring_state,
    "network-interface.group-id": _of_interfaces(OF_INTERFACES["group-id"]),
    "network-interface.network-interface-id": _of_interfaces(OF_INTERFACES["network-interface-id"]),
    "network-interface.subnet-id": _of_interfaces(OF_INTERFACES["subnet-id"]),
    "network-interface.vpc-id": _of_interfaces(OF_INTERFACES["vpc-id"]),
    "owner-id": lambda one: one.owner_id,
    "private-dns-name": lambda one: one.private_dns_name,
    "private-ip-address": lambda one: one.private_ip,
    "product-code": lambda one: one.product_codes,
    "root-device-name": lambda one: one.root_device_name,
    "root-device-type": lambda one: one.root_device_type,
    "source-dest-check": lambda one: bool(one.source_dest_check),
    "state-reason-code": lambda one: one.state_reason.code,
    "subnet-id": lambda one: one.subnet_id,
    "virtualization-type": lambda one: one.virtualization_type,
    "vpc-id": lambda one: next(iter(one.nics.values())).subnet.vpc_id if one.nics else None,
}


def describe(_world: World, request: ApiRequest, caller: Caller) -> dict[str, Any]:
    """DescribeInstances. A page has so many instances, and their reservations around them."""
    ec2, ids = things.backend(request, caller), request.parameters.get("InstanceIds") or ()
    wanted = {one.id for one in things.instances(ec2, ids)} if ids else None
    things.refuse_dry_run(request.parameters)
    there = [
        _Placed(reservation, one)
        for reservation in list(ec2.reservations.values())
        for one in reservation.instances
        if wanted is None or one.id in wanted
    ]
    fields = {name: _through(read) for name, read in _FILTERS.items()}
    fields["reservation-id"] = lambda placed: placed.reservation.id
    found = matching(there, request, fields, lambda placed: ec2.tags.get(placed.instance.id) or {})
    answer = pages.page(request, "Reservations", found, "InstanceIds")
    return {**answer, "Reservations": _grouped(ec2, answer["Reservations"])}


class _Placed:
    """An instance and the reservation that it was launched in."""

    __slots__ = ("instance", "reservation")

    def __init__(self, reservation: Any, instance: Any) -> None:
        self.reservation, self.instance = reservation, instance


def _through(read: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda placed: read(placed.instance)


def _grouped(ec2: Any, found: Sequence[_Placed]) -> list[dict[str, Any]]:
    return [
        {
            "ReservationId": reservation.id,
            "OwnerId": ec2.account_id,
            "Groups": [],
            "Instances": [shown(ec2, one.instance) for one in members],
        }
        for reservation, members in groupby(found, lambda one: one.reservation)
    ]


HANDLERS = {("ec2", "DescribeInstances"): describe}
