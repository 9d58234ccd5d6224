"""Which EC2 calls change what is in force at interfaces, and at which."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sandbox.flows.observed import groups_of
from sandbox.model import ApiRequest, Outcome

_NAMES = (
    "AttachNetworkInterface AuthorizeSecurityGroupEgress AuthorizeSecurityGroupIngress CreateNetworkAclEntry CreateNetworkInterface "
    "DeleteNetworkAclEntry DeleteNetworkInterface DetachNetworkInterface ModifyInstanceAttribute ModifyManagedPrefixList "
    "ModifyNetworkInterfaceAttribute ModifySecurityGroupRules ReplaceNetworkAclAssociation ReplaceNetworkAclEntry "
    "RestoreManagedPrefixListVersion RevokeSecurityGroupEgress RevokeSecurityGroupIngress RunInstances StartInstances StopInstances "
    "TerminateInstances"
)
_CHANGES = frozenset(_NAMES.split())


def is_change(request: ApiRequest) -> bool:
    """Whether a call may change the rules that interfaces are under, or what is attached."""
    if request.service != "ec2" or request.operation not in _CHANGES:
        return False
    return request.operation != "ModifyInstanceAttribute" or bool(request.parameters.get("Groups"))


def ends_instances(request: ApiRequest) -> bool:
    """Whether a call to another service may stop or terminate instances."""
    return request.service == "autoscaling" and not request.read_only


def interfaces_touched(backend: Any, request: ApiRequest, outcome: Outcome) -> Iterable[str] | None:
    """The interfaces that a call was about; None where that may be any."""
    given = request.parameters
    if given.get("NetworkInterfaceId"):
        return [str(given["NetworkInterfaceId"])]
    if request.operation == "RunInstances":
        made = (outcome.response or {}).get("Instances") or []
        return [one["NetworkInterfaceId"] for instance in made for one in instance.get("NetworkInterfaces") or []]
    if given.get("GroupId"):
        return [one.id for one in list(backend.enis.values()) if _has_group(one, str(given["GroupId"]))]
    if given.get("InstanceId"):
        return [
            one.id for one in list(backend.enis.values()) if one.instance and one.instance.id == given["InstanceId"]
        ]
    return None


def _has_group(interface: Any, group_id: str) -> bool:
    return any(group.id == group_id for group in groups_of(interface))
