"""Entries of network ACLs: numbers, quota, and that only what is there can be replaced or deleted.
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateNetworkAclEntry.html"""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import ip_network
from typing import TYPE_CHECKING, Any

from moto.ec2.models.network_acls import NetworkAclEntry

from sandbox.ec2 import things
from sandbox.errors import ApiError
from sandbox.model import ApiRequest, Caller

if TYPE_CHECKING:
    from sandbox.world import World

_LAST = 32766
"""Beyond it are numbers for internal use: that of the entry that denies the rest is one."""
_MOST = 20
"""In each direction and for each IP version; the entry that denies the rest counts.
https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html#vpc-limits-nacls"""
_PROTOCOLS = {"tcp": "6", "udp": "17", "icmp": "1", "icmpv6": "58", "all": "-1"}
_HAVE_PORTS, _HAVE_TYPES = ("6", "17"), ("1", "58")
_KNOWN = {str(number) for number in range(-1, 256)}


def create(_world: World, request: ApiRequest, caller: Caller) -> dict[str, Any]:
    """CreateNetworkAclEntry."""
    ec2, given = things.backend(request, caller), request.parameters
    acl, made = _acl(ec2, given), _entry(ec2, given)
    if _there(acl, given) is not None:
        message = f"The network acl entry identified by {made.rule_number} already exists."
        raise ApiError("NetworkAclEntryAlreadyExists", message)
    version6 = made.ipv6_cidr_block is not None
    own = [
        one
        for one in acl.network_acl_entries
        if one.egress == made.egress and one.rule_number <= _LAST and (one.ipv6_cidr_block is not None) == version6
    ]
    if len(own) + 1 >= _MOST:
        message = f"The network ACL '{acl.id}' has reached its limit of {_MOST} entries in this direction."
        raise ApiError("NetworkAclEntryLimitExceeded", message)
    things.refuse_dry_run(given)
    acl.network_acl_entries.append(made)
    return {}


def replace(_world: World, request: ApiRequest, caller: Caller) -> dict[str, Any]:
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ReplaceNetworkAclEntry.html"""
    ec2, given = things.backend(request, caller), request.parameters
    acl, made = _acl(ec2, given), _entry(ec2, given)
    old = _required(acl, given)
    things.refuse_dry_run(given)
    acl.network_acl_entries[acl.network_acl_entries.index(old)] = made
    return {}


def delete(_world: World, request: ApiRequest, caller: Caller) -> dict[str, Any]:
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteNetworkAclEntry.html"""
    given = request.parameters
    acl = _acl(things.backend(request, caller), given)
    _number(given)
    old = _required(acl, given)
    things.refuse_dry_run(given)
    acl.network_acl_entries.remove(old)
    return {}


def _acl(ec2: Any, given: Mapping[str, Any]) -> Any:
    found = ec2.network_acls.get(given["NetworkAclId"])
    if found is None:
        raise ApiError("InvalidNetworkAclID.NotFound", f"The networkAcl ID '{given['NetworkAclId']}' does not exist")
    return found


def _number(given: Mapping[str, Any]) -> int:
    number = int(given["RuleNumber"])
    if not 1 <= number <= _LAST:
        message = f"Invalid value '{number}' for rule number. Must be between 1 and {_LAST} (inclusive)."
        raise ApiError("InvalidParameterValue", message)
    return number


def _there(acl: Any, given: Mapping[str, Any]) -> Any:
    """The entry of this number in this direction."""
    number, egress = int(given["RuleNumber"]), bool(given["Egress"])
    return next((one for one in acl.network_acl_entries if (one.rule_number, one.egress) == (number, egress)), None)


def _required(acl: Any, given: Mapping[str, Any]) -> Any:
    old = _there(acl, given)
    if old is None:
        way = "egress" if given["Egress"] else "ingress"
        message = f"The network acl has no {way} entry with rule number {given['RuleNumber']}."
        raise ApiError("InvalidNetworkAclEntry.NotFound", message)
    return old


def _entry(ec2: Any, given: Mapping[str, Any]) -> Any:
    ports, icmp = given.get("PortRange") or {}, given.get("IcmpTypeCode") or {}
    named = str(given["Protocol"]).lower()
    protocol = _PROTOCOLS.get(named, named)
    _check_traffic(protocol, ports, icmp)
    if given.get("CidrBlock") is None and given.get("Ipv6CidrBlock") is None:
        raise _missing("cidrBlock or ipv6CidrBlock")
    return NetworkAclEntry(
        ec2,
        network_acl_id=given["NetworkAclId"],
        rule_number=_number(given),
        protocol=protocol,
        rule_action=given["RuleAction"],
        egress=bool(given["Egress"]),
        cidr_block=_canonical(given, "CidrBlock"),  # type: ignore[arg-type]
        ipv6_cidr_block=_canonical(given, "Ipv6CidrBlock"),
        icmp_code=icmp.get("Code"),
        icmp_type=icmp.get("Type"),
        port_range_from=ports.get("From"),
        port_range_to=ports.get("To"),
    )


def _check_traffic(protocol: str, ports: Mapping[str, Any], icmp: Mapping[str, Any]) -> None:
    """TCP and UDP need ports, ICMP needs a type."""
    if protocol not in _KNOWN:
        raise ApiError("InvalidParameterValue", f"Invalid value '{protocol}' for protocol. Must be a protocol number.")
    if protocol in _HAVE_PORTS:
        first, last = ports.get("From"), ports.get("To")
        if first is None or last is None:
            raise _missing("portRange")
        if not 0 <= int(first) <= int(last) <= 65535:
            raise ApiError("InvalidParameterValue", f"Invalid TCP/UDP port range ({first}:{last})")
    if protocol in _HAVE_TYPES and icmp.get("Type") is None:
        raise _missing("icmpTypeCode")


def _missing(name: str) -> ApiError:
    return ApiError("MissingParameter", f"The request must contain the parameter {name}")


def _canonical(given: Mapping[str, Any], name: str) -> str | None:
    """ "if you specify 100.68.0.18/18, we modify it to 100.68.0.0/18" """
    if given.get(name) is None:
        return None
    try:
        return str(ip_network(str(given[name]), strict=False))
    except ValueError as fault:
        message = f"Value ({given[name]}) for parameter {name} is invalid. This is not a valid CIDR block."
        raise ApiError("InvalidParameterValue", message) from fault


HANDLERS = {
    ("ec2", "CreateNetworkAclEntry"): create,
    ("ec2", "ReplaceNetworkAclEntry"): replace,
    ("ec2", "DeleteNetworkAclEntry"): delete,
}
