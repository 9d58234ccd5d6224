"""A network interface as EC2 shows it, by itself and on its instance.
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_NetworkInterface.html"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from moto.ec2.utils import generate_dns_from_ip

from sandbox.ec2.things import said


def by_itself(ec2: Any, interface: Any) -> dict[str, Any]:
    """An item of DescribeNetworkInterfaces."""
    attachment = attachment_of(interface)
    if attachment is not None:
        attachment |= {"InstanceId": interface.instance.id, "InstanceOwnerId": ec2.account_id}
    association = _association(ec2, interface)
    found = {
        **_common(ec2, interface),
        "Attachment": attachment,
        "Association": association,
        "AvailabilityZone": interface.subnet.availability_zone,
        "Ipv6Addresses": [{"Ipv6Address": one} for one in interface.ipv6_addresses if one],
        "PrivateIpAddresses": _addresses(interface, association),
        "RequesterId": interface.requester_id if interface.requester_managed else None,
        "RequesterManaged": bool(interface.requester_managed),
        "TagSet": tags_of(ec2, interface.id),
    }
    return said(found)


def on_instance(ec2: Any, interface: Any) -> dict[str, Any]:
    """An item of an instance's NetworkInterfaces."""
    association = _association(ec2, interface)
    if association is not None:
        association = {name: association[name] for name in ("IpOwnerId", "PublicDnsName", "PublicIp")}
    found = {
        **_common(ec2, interface),
        "Attachment": attachment_of(interface),
        "Association": association,
        "Ipv6Addresses": [{"Ipv6Address": one, "IsPrimaryIpv6": False} for one in interface.ipv6_addresses],
        "PrivateIpAddresses": _addresses(interface, association),
    }
    return said(found)


def groups_of(interface: Any) -> list[dict[str, str]]:
    """The groups that an interface is in now."""
    return [{"GroupId": one.id, "GroupName": one.name} for one in interface._group_set]


def attachment_of(interface: Any) -> dict[str, Any] | None:
    """How it hangs on its instance."""
    if interface.instance is None:
        return None
    return {
        "AttachTime": interface.attach_time,
        "AttachmentId": interface.attachment_id,
        "DeleteOnTermination": bool(interface.delete_on_termination),
        "DeviceIndex": interface.device_index,
        "NetworkCardIndex": 0,
        "Status": "attached",
    }


def tags_of(ec2: Any, resource_id: str) -> list[dict[str, str]]:
    """moto's own way goes through the tags of everything."""
    tags: Mapping[str, str] = ec2.tags.get(resource_id) or {}
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def _common(ec2: Any, interface: Any) -> dict[str, Any]:
    subnet = interface.subnet
    settings = getattr(interface, "connection_tracking_configuration", None)
    return {
        "ConnectionTrackingConfiguration": dict(settings) if settings else None,
        "Description": interface.description,
        "Groups": groups_of(interface),
        "InterfaceType": interface.interface_type,
        "MacAddress": interface.mac_address,
        "NetworkInterfaceId": interface.id,
        "OwnerId": ec2.account_id,
        "PrivateDnsName": getattr(interface, "private_dns_name", None),
        "PrivateIpAddress": interface.private_ip_address,
        "SourceDestCheck": bool(interface.source_dest_check),
        "Status": interface.status,
        "SubnetId": subnet.id,
        "VpcId": subnet.vpc_id,
    }


def _association(ec2: Any, interface: Any) -> dict[str, Any] | None:
    if not interface.public_ip:
        return None
    elastic = next((one for one in list(ec2.addresses) if one.public_ip == interface.public_ip), None)
    found = {
        "AllocationId": getattr(elastic, "allocation_id", None) or None,
        "AssociationId": getattr(elastic, "association_id", None) or None,
        "IpOwnerId": ec2.account_id if elastic is not None else "amazon",
        "PublicDnsName": generate_dns_from_ip(interface.public_ip),
        "PublicIp": interface.public_ip,
    }
    return said(found)


def _addresses(interface: Any, association: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    found = []
    for address in interface.private_ip_addresses:
        ip = address.get("PrivateIpAddress")
        is_primary = ip == interface.private_ip_address
        shown = {"PrivateIpAddress": ip, "Primary": is_primary, "PrivateDnsName": address.get("PrivateDnsName")}
        found.append(said({**shown, "Association": association if is_primary else None}))
    return found
