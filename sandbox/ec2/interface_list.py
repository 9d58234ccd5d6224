"""DescribeNetworkInterfaces, fast for fleets.
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeNetworkInterfaces.html"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.ec2 import pages, things
from sandbox.ec2.filters import Fields, matching
from sandbox.ec2.shown_interfaces import by_itself
from sandbox.model import ApiRequest, Caller

if TYPE_CHECKING:
    from sandbox.world import World

FILTERS: Fields = {
    "addresses.association.public-ip": lambda one: one.public_ip,
    "addresses.primary": lambda one: [
        ip.get("PrivateIpAddress") == one.private_ip_address for ip in one.private_ip_addresses
    ],
    "addresses.private-ip-address": lambda one: [ip.get("PrivateIpAddress") for ip in one.private_ip_addresses],
    "association.public-ip": lambda one: one.public_ip,
    "attachment.attachment-id": lambda one: one.attachment_id,
    "attachment.delete-on-termination": lambda one: bool(one.delete_on_termination) if one.instance else None,
    "attachment.device-index": lambda one: one.device_index if one.instance else None,
    "attachment.instance-id": lambda one: one.instance.id if one.instance else None,
    "attachment.instance-owner-id": lambda one: one.owner_id if one.instance else None,
    "attachment.status": lambda one: "attached" if one.instance else None,
    "availability-zone": lambda one: one.subnet.availability_zone,
    "description": lambda one: one.description,
    "group-id": lambda one: [group.id for group in one._group_set],
    "interface-type": lambda one: one.interface_type,
    "ipv6-addresses.ipv6-address": lambda one: one.ipv6_addresses,
    "mac-address": lambda one: one.mac_address,
    "network-interface-id": lambda one: one.id,
    "owner-id": lambda one: one.owner_id,
    "private-dns-name": lambda one: getattr(one, "private_dns_name", None),
    "private-ip-address": lambda one: [ip.get("PrivateIpAddress") for ip in one.private_ip_addresses],
    "requester-id": lambda one: one.requester_id,
    "requester-managed": lambda one: bool(one.requester_managed),
    "source-dest-check": lambda one: bool(one.source_dest_check),
    "status": lambda one: one.status,
    "subnet-id": lambda one: one.subnet.id,
    "vpc-id": lambda one: one.subnet.vpc_id,
}


def describe(_world: World, request: ApiRequest, caller: Caller) -> dict[str, Any]:
    """DescribeNetworkInterfaces."""
    ec2, ids = things.backend(request, caller), request.parameters.get("NetworkInterfaceIds") or ()
    there = things.interfaces(ec2, ids) if ids else list(ec2.enis.values())
    things.refuse_dry_run(request.parameters)
    found = matching(there, request, FILTERS, lambda one: ec2.tags.get(one.id) or {})
    answer = pages.page(request, "NetworkInterfaces", found, "NetworkInterfaceIds")
    return {**answer, "NetworkInterfaces": [by_itself(ec2, one) for one in answer["NetworkInterfaces"]]}


HANDLERS = {("ec2", "DescribeNetworkInterfaces"): describe}
