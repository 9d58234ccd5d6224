"""Which security groups an interface may be in, and an interface's attributes, which change one at a time.
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyNetworkInterfaceAttribute.html"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sandbox.ec2 import things
from sandbox.errors import ApiError
from sandbox.model import ApiRequest, Caller

if TYPE_CHECKING:
    from sandbox.world import World

_MOST = 5
"""https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html#vpc-limits-security-groups"""
_ATTRIBUTES = (
    "Attachment",
    "AssociatePublicIpAddress",
    "AssociatedSubnetIds",
    "ConnectionTrackingSpecification",
    "Description",
    "EnablePrimaryIpv6",
    "EnaSrdSpecification",
    "Groups",
    "SourceDestCheck",
)


def groups_for(ec2: Any, ids: Sequence[str], vpc_id: str, holder: str) -> list[Any]:
    """The groups of these ids for an interface in a VPC. `holder` is "Interface" or "Instance": the quota has two names.
    Raises ApiError where they cannot all be."""
    found = things.groups(ec2, ids)
    if any(group.vpc_id != vpc_id for group in found):
        raise ApiError("InvalidGroup.NotFound", "You have specified two resources that belong to different networks.")
    if len(found) > _MOST:
        message = f"The maximum number of security groups per {holder.lower()} is {_MOST}."
        raise ApiError(f"SecurityGroupsPer{holder}LimitExceeded", message)
    return found


def one_attribute(given: Mapping[str, Any], names: Sequence[str]) -> str:
    """The one attribute that a call changes."""
    asked = [name for name in names if given.get(name) not in (None, [], {})]
    if not asked:
        raise ApiError("InvalidParameterCombination", "No attributes specified.")
    if len(asked) > 1:
        shown = ", ".join(name[:1].lower() + name[1:] for name in asked)
        raise ApiError("InvalidParameterCombination", f"Fields for multiple attribute types specified: {shown}")
    return asked[0]


def modify(_world: World, request: ApiRequest, caller: Caller) -> dict[str, Any]:
    """ModifyNetworkInterfaceAttribute. The timeouts of connection tracking are kept by flows/settings.py."""
    ec2, given = things.backend(request, caller), request.parameters
    interface = things.interface(ec2, given["NetworkInterfaceId"])
    attribute = one_attribute(given, _ATTRIBUTES)
    value = given[attribute]
    groups = groups_for(ec2, value, interface.vpc_id, "Interface") if attribute == "Groups" else []
    if attribute == "Attachment" and value.get("AttachmentId") != interface.attachment_id:
        message = f"The attachment '{value.get('AttachmentId')}' is not that of '{interface.id}'"
        raise ApiError("InvalidAttachmentID.NotFound", message)
    things.refuse_dry_run(given)
    if groups:
        interface._group_set = groups
    elif attribute == "Attachment":
        interface.delete_on_termination = bool(value["DeleteOnTermination"])
    elif attribute == "SourceDestCheck":
        interface.source_dest_check = bool(value["Value"])
    elif attribute == "Description":
        interface.description = str(value["Value"])
    return {}


def _fit_at_creation(request: ApiRequest, caller: Caller) -> None:
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateNetworkInterface.html"""
    ec2, given = things.backend(request, caller), request.parameters
    subnet = next(
        (of_zone[given["SubnetId"]] for of_zone in ec2.subnets.values() if given["SubnetId"] in of_zone), None
    )
    if subnet is not None and given.get("Groups"):
        groups_for(ec2, given["Groups"], subnet.vpc_id, "Interface")


HANDLERS = {("ec2", "ModifyNetworkInterfaceAttribute"): modify}
GUARDS = {("ec2", "CreateNetworkInterface"): _fit_at_creation}
