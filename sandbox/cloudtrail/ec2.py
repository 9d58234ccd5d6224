"""EC2's requests and answers as its events show them: the names of its XML, lists as {"items": […]}, and for the operations that came
later a wrapper with numbered tags. Shapes are those of real events (DataDog/stratus-red-team, panther-labs/panther-analysis)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from botocore.model import ListShape, OperationModel, Shape, StructureShape

_XMLNS = "http://ec2.amazonaws.com/doc/2016-11-15/"
REMOVED = "<sensitiveDataRemoved>"

# Operations whose events are not wrapped in "<Operation>Request": those of the API's early years.
_EARLY_NAMES = """
    AllocateAddress AssociateAddress AssociateDhcpOptions AssociateIamInstanceProfile AssociateRouteTable
    AttachInternetGateway AttachNetworkInterface AttachVolume AuthorizeSecurityGroupEgress
    AuthorizeSecurityGroupIngress CopyImage CopySnapshot CreateCustomerGateway CreateDhcpOptions CreateImage
    CreateInternetGateway CreateKeyPair CreateNetworkAcl CreateNetworkAclEntry CreateNetworkInterface CreateRoute
    CreateRouteTable CreateSecurityGroup CreateSnapshot CreateSubnet CreateTags CreateVolume CreateVpc
    DeleteCustomerGateway DeleteDhcpOptions DeleteInternetGateway DeleteKeyPair DeleteNetworkAcl
    DeleteNetworkAclEntry DeleteNetworkInterface DeleteRoute DeleteRouteTable DeleteSecurityGroup DeleteSnapshot
    DeleteSubnet DeleteTags DeleteVolume DeleteVpc DeregisterImage DescribeAccountAttributes DescribeAddresses
    DescribeAvailabilityZones DescribeDhcpOptions DescribeImageAttribute DescribeImages DescribeInstanceAttribute
    DescribeInstanceStatus DescribeInstances DescribeInternetGateways DescribeKeyPairs DescribeNetworkAcls
    DescribeNetworkInterfaceAttribute DescribeNetworkInterfaces DescribeRegions DescribeRouteTables
    DescribeSecurityGroups DescribeSnapshotAttribute DescribeSnapshots DescribeSubnets DescribeTags
    DescribeVolumeAttribute DescribeVolumeStatus DescribeVolumes DescribeVpcAttribute DescribeVpcs
    DetachInternetGateway DetachNetworkInterface DetachVolume DisassociateAddress DisassociateRouteTable
    GetConsoleOutput GetPasswordData ImportKeyPair ModifyImageAttribute ModifyInstanceAttribute
    ModifyNetworkInterfaceAttribute ModifySnapshotAttribute ModifySubnetAttribute ModifyVolumeAttribute
    ModifyVpcAttribute MonitorInstances RebootInstances RegisterImage ReleaseAddress ReplaceNetworkAclAssociation
    ReplaceNetworkAclEntry ReplaceRoute ReplaceRouteTableAssociation ResetImageAttribute ResetInstanceAttribute
    ResetSnapshotAttribute RevokeSecurityGroupEgress RevokeSecurityGroupIngress RunInstances StartInstances
    StopInstances TerminateInstances UnmonitorInstances
"""
_EARLY = frozenset(_EARLY_NAMES.split())

# Lists of the early operations: (name of the set, name of the id in each item).
_SETS = {
    "InstanceIds": ("instancesSet", "instanceId"),
    "SecurityGroupIds": ("groupSet", "groupId"),
    "SecurityGroups": ("groupSet", "groupName"),
    "Groups": ("groupSet", "groupId"),
    "GroupIds": ("securityGroupIdSet", "groupId"),
    "GroupNames": ("securityGroupSet", "groupName"),
    "SecurityGroupRuleIds": ("securityGroupRuleIdSet", "securityGroupRuleId"),
    "VolumeIds": ("volumeSet", "volumeId"),
    "SnapshotIds": ("snapshotSet", "snapshotId"),
    "ImageIds": ("imagesSet", "imageId"),
    "VpcIds": ("vpcSet", "vpcId"),
    "SubnetIds": ("subnetSet", "subnetId"),
    "RouteTableIds": ("routeTableIdSet", "routeTableId"),
    "NetworkAclIds": ("networkAclIdSet", "networkAclId"),
    "NetworkInterfaceIds": ("networkInterfaceIdSet", "networkInterfaceId"),
    "Resources": ("resourcesSet", "resourceId"),
    "OwnerIds": ("sharedUsersSet", "user"),
    "Owners": ("ownersSet", "owner"),
    "KeyNames": ("keySet", "keyName"),
    "Tags": ("tagSet", ""),
    "TagSpecifications": ("tagSpecificationSet", ""),
    "IpPermissions": ("ipPermissions", ""),
    "BlockDeviceMappings": ("blockDeviceMapping", ""),
    "NetworkInterfaces": ("networkInterfaceSet", ""),
    "UserIdGroupPairs": ("groups", ""),
    "IpRanges": ("ipRanges", ""),
    "Ipv6Ranges": ("ipv6Ranges", ""),
    "PrefixListIds": ("prefixListIds", ""),
}
# What is there, empty, also when the caller gave nothing.
_ALWAYS = {
    "DescribeInstances": ("instancesSet", "filterSet"),
    "DescribeSecurityGroups": ("securityGroupSet", "securityGroupIdSet", "filterSet"),
    "DescribeVpcs": ("vpcSet", "filterSet"),
    "DescribeSubnets": ("subnetSet", "filterSet"),
    "DescribeVolumes": ("volumeSet", "filterSet"),
    "DescribeNetworkAcls": ("networkAclIdSet", "filterSet"),
    "DescribeRouteTables": ("routeTableIdSet", "filterSet"),
    "DescribeNetworkInterfaces": ("networkInterfaceIdSet", "filterSet"),
    "AuthorizeSecurityGroupIngress": ("ipPermissions",),
    "AuthorizeSecurityGroupEgress": ("ipPermissions",),
    "RevokeSecurityGroupIngress": ("ipPermissions",),
    "RevokeSecurityGroupEgress": ("ipPermissions",),
    "RunInstances": ("blockDeviceMapping",),
}
# The one list of early answers whose set is called otherwise.
_ITEM_SETS = frozenset({"privateIpAddressesSet"})
_ACL_ENTRIES = frozenset({"CreateNetworkAclEntry", "ReplaceNetworkAclEntry"})
_ACL_ENTRY_NAMES = {"protocol": "aclProtocol"}
_PERMISSION_LISTS = ("groups", "ipRanges", "ipv6Ranges", "prefixListIds")


def request_parameters(parameters: Mapping[str, Any], model: OperationModel) -> dict[str, Any]:
    """`requestParameters` of an EC2 event."""
    parameters = {name: value for name, value in parameters.items() if value is not None and name != "DryRun"}
    if model.name not in _EARLY:
        told = {_wire_name(name, model.input_shape): _tagged(value) for name, value in parameters.items()}
        return {f"{model.name}Request": told or ""}
    found: dict[str, Any] = {name: {} for name in _ALWAYS.get(model.name, ())}
    if model.name == "RunInstances":
        found |= _launch(parameters)
    else:
        found |= _early(parameters)
    if model.name == "CreateVolume" and "availabilityZone" in found:
        found["zone"] = found.pop("availabilityZone")
    elif model.name in _ACL_ENTRIES:
        found = {"portRange": {}, "icmpTypeCode": {}} | {_ACL_ENTRY_NAMES.get(key, key): found[key] for key in found}
    elif model.name == "CreateSecurityGroup" and "description" in found:
        found["groupDescription"] = found.pop("description")
    elif model.name == "ModifySnapshotAttribute":
        found["attributeType"] = "CREATE_VOLUME_PERMISSION"
    elif model.name == "ModifyImageAttribute" and "launchPermission" in found:
        found["attributeType"] = "launchPermission"
    return found


def response_elements(response: Mapping[str, Any], model: OperationModel, request_id: str) -> dict[str, Any]:
    """`responseElements` of an EC2 event."""
    shape = model.output_shape
    if model.name in _EARLY:
        return {"requestId": request_id} | (_answer(response, shape, early=True) if shape else {"_return": True})
    told = _answer(response, shape, early=False) if shape else {"return": True}
    return {f"{model.name}Response": {"xmlns": _XMLNS, "requestId": request_id} | told}


def _early(parameters: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in parameters.items():
        if name == "Filters":
            found["filterSet"] = {"items": [_filter(item) for item in value]}
        elif name == "UserData":
            found["userData"] = REMOVED
        elif name in _SETS and isinstance(value, list):
            key, item_name = _SETS[name]
            by_id = item_name and not any(isinstance(item, Mapping) for item in value)
            found[key] = _items([{item_name: item} if by_id else _entry(item, name) for item in value])
        elif name in ("CreateVolumePermission", "LaunchPermission"):
            found[_lowered(name)] = {_lowered(way): _items([_early(item) for item in value[way]]) for way in value}
        else:
            found[_lowered(name)] = _early_value(value)
    return found


def _entry(item: Any, list_name: str) -> Any:
    if list_name == "TagSpecifications":
        return {"resourceType": item.get("ResourceType"), "tags": [_early(tag) for tag in item.get("Tags", ())]}
    if list_name == "IpPermissions":
        return {name: {} for name in _PERMISSION_LISTS} | _early(item)
    return _early_value(item)


def _early_value(value: Any) -> Any:
    if isinstance(value, Mapping):
        return _early(value)
    if isinstance(value, list):
        return _items([_early_value(item) for item in value])
    return value


def _items(items: list[Any]) -> dict[str, Any]:
    return {"items": items} if items else {}


def _filter(item: Mapping[str, Any]) -> dict[str, Any]:
    return {"name": item.get("Name"), "valueSet": _items([{"value": value} for value in item.get("Values", ())])}


def _launch(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """RunInstances keeps image, counts and key in its set of instances."""
    first = {
        _lowered(name): parameters[name]
        for name in ("ImageId", "MinCount", "MaxCount", "KeyName")
        if name in parameters
    }
    rest = {name: value for name, value in parameters.items() if _lowered(name) not in (*first, "placement")}
    rest |= parameters.get("Placement") or {}
    return {
        "instancesSet": {"items": [first]},
        "monitoring": {"enabled": False},
        "disableApiTermination": False,
        "disableApiStop": False,
    } | _early(rest)


def _wire_name(name: str, shape: StructureShape | None) -> str:
    """The parameter's name in a query, upper case first."""
    member = shape.members.get(name) if shape else None
    wire = (
        str(member.serialization.get("queryName") or member.serialization.get("name") or name)
        if member is not None
        else name
    )
    return wire[:1].upper() + wire[1:]


def _tagged(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: REMOVED if name == "UserData" else _tagged(member) for name, member in value.items()}
    if isinstance(value, list):
        told = []
        for number, item in enumerate(value, 1):
            content = _tagged(item)
            told.append({"tag": number} | (content if isinstance(content, dict) else {"content": content}))
        return told[0] if len(told) == 1 else told
    return value


def _answer(value: Any, shape: Shape, *, early: bool) -> Any:
    if isinstance(shape, StructureShape):
        found = {}
        for name, member in value.items():
            if name in shape.members and member is not None:
                key = _answer_name(name, shape.members[name], early)
                told = _answer(member, shape.members[name], early=early)
                found[key] = {"item": told["items"]} if early and key in _ITEM_SETS and told else told
        return found
    if isinstance(shape, ListShape):
        items = [_answer(item, shape.member, early=early) for item in value]
        if early:
            return _items(items)
        return {"item": items[0] if len(items) == 1 else items} if items else ""
    if isinstance(value, datetime):
        return int(value.timestamp() * 1000) if early else f"{value:%Y-%m-%dT%H:%M:%S.000Z}"
    return REMOVED if shape.metadata.get("sensitive") else value


def _answer_name(name: str, shape: Shape, early: bool) -> str:
    wire = str(shape.serialization.get("name", _lowered(name)))
    return "_return" if early and wire == "return" else wire


def _lowered(name: str) -> str:
    return name[:1].lower() + name[1:]
