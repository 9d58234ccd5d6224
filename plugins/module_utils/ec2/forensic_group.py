# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The security group that contained interfaces are in, one per VPC: what it lets through, and how that is written down. Pure.

It lets nothing through, unless the operator names a forensic station or endpoints. A new group lets everything out until that rule is
taken away: https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Mapping, Sequence

from ansible_collections.cordon.aws.plugins.module_utils.ec2.listings import FORENSIC_GROUP
from ansible_collections.cordon.aws.plugins.module_utils.errors import InputError
from ansible_collections.cordon.aws.plugins.module_utils.plan import Json

SET_RULES = "SetForensicGroup"
"""The merged call that makes the group of a VPC what it must be: {"VpcId", "Rules"}."""
SET_GROUPS = "ModifyInterfaceGroups"
"""The merged call that moves an interface: {"NetworkInterfaceId", "VpcId", "Groups"}; FORENSIC_GROUP in "Groups" means the VPC's own.
The last interface that leaves the group takes it along."""
DESCRIPTION = "Made by Cordon - interfaces of contained instances"
_PREFIX_LIST = re.compile(r"pl-(?:[0-9a-f]{8}|[0-9a-f]{17})")
_PORTS = re.compile(r"(-?\d+)-(-?\d+)")
"""Of ICMP they are type and code, and -1 means any."""
_RULE = re.compile(rf"(?P<direction>ingress|egress) (?P<protocol>\S+) (?P<ports>{_PORTS.pattern}|all) (?P<peer>\S+)")
_PEERS: Mapping[str, tuple[str, str]] = {
    "IpRanges": ("CidrIp", "cidr"),
    "Ipv6Ranges": ("CidrIpv6", "cidr"),
    "PrefixListIds": ("PrefixListId", "prefix list"),
    "UserIdGroupPairs": ("GroupId", "group"),
}


def wished_rules(allow_from: Iterable[str], allow_endpoints: Iterable[str]) -> list[str]:
    """The rules for what the operator allows: everything in from `allow_from`, HTTPS out to `allow_endpoints`."""
    return sorted(
        [
            *(f"ingress -1 all {peer}" for peer in allow_from),
            *(f"egress tcp 443-443 {peer}" for peer in allow_endpoints),
        ]
    )


def parse_peers(texts: Iterable[object], option: str, *, cidrs: bool) -> tuple[str, ...]:
    """Prefix lists, and where `cidrs` networks, as rules write them. Networks that hold everybody are refused."""
    found, faults = [], []
    for number, text in enumerate(texts):
        try:
            found.append(_peer(text, cidrs=cidrs))
        except ValueError as error:
            wanted = (
                "a network (198.51.100.7/32) or a prefix list (pl-…)" if cidrs else "the id of a prefix list (pl-…)"
            )
            faults.append(InputError(f"use `{option}[{number}]` = {ascii(text)[:120]}", str(error), f"Give {wanted}."))
    if faults:
        raise InputError.together(faults)
    return tuple(dict.fromkeys(found))


def _peer(text: object, *, cidrs: bool) -> str:
    if isinstance(text, str) and _PREFIX_LIST.fullmatch(text):
        return text
    if not cidrs or not isinstance(text, str):
        raise ValueError("it is no prefix list")
    try:
        network = ipaddress.ip_network(text)
    except ValueError as error:
        raise ValueError(f"it is no network: {error}") from error
    if network.prefixlen == 0:
        raise ValueError("it lets everybody in")
    return str(network)


def rules_of(group: Mapping[str, Json]) -> list[str]:
    """The rules of a group as DescribeSecurityGroups tells them, one line each."""
    return sorted(
        f"{direction} {permission['IpProtocol']} {_ports(permission)} {peer[key]}"
        for direction, field in (("ingress", "IpPermissions"), ("egress", "IpPermissionsEgress"))
        for permission in group.get(field, ())
        for kind, (key, _name) in _PEERS.items()
        for peer in permission.get(kind, ())
    )


def rule_of(rule: Mapping[str, Json]) -> str:
    """A rule as DescribeSecurityGroupRules tells it, in the line that `rules_of` has for it.
    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_SecurityGroupRule.html"""
    peers = (rule.get("CidrIpv4"), rule.get("CidrIpv6"), rule.get("PrefixListId"))
    peer = next((one for one in peers if one), None) or rule.get("ReferencedGroupInfo", {}).get("GroupId", "nobody")
    return f"{'egress' if rule['IsEgress'] else 'ingress'} {rule['IpProtocol']} {_ports(rule)} {peer}"


def _ports(permission: Mapping[str, Json]) -> str:
    if permission["IpProtocol"] == "-1" or "FromPort" not in permission:
        return "all"
    return f"{permission['FromPort']}-{permission['ToPort']}"


def are_rules(value: Json) -> bool:
    """Whether `value`, out of a log, is what `rules_of` writes."""
    return isinstance(value, list) and all(isinstance(rule, str) and _RULE.fullmatch(rule) for rule in value)


def are_wished(value: Json) -> bool:
    """Whether `value`, out of a log, is what `wished_rules` writes."""
    if not are_rules(value):
        return False
    found = [rule for rule in map(_RULE.fullmatch, value) if rule is not None]
    try:
        allow_from = parse_peers((rule["peer"] for rule in found if rule["direction"] == "ingress"), "", cidrs=True)
        endpoints = parse_peers((rule["peer"] for rule in found if rule["direction"] == "egress"), "", cidrs=False)
    except InputError:
        return False
    return bool(value == wished_rules(allow_from, endpoints))


def permissions_of(rules: Sequence[str], direction: str) -> list[dict[str, Json]]:
    """The rules of one direction, of those that Cordon itself makes, as AuthorizeSecurityGroup… and RevokeSecurityGroup… take them."""
    found = [_RULE.fullmatch(rule) for rule in rules]
    return [_permission(rule) for rule in found if rule is not None and rule["direction"] == direction]


def _permission(rule: re.Match[str]) -> dict[str, Json]:
    given = _PORTS.fullmatch(rule["ports"])
    ports = {} if given is None else dict(zip(("FromPort", "ToPort"), map(int, given.groups()), strict=True))
    peer = rule["peer"]
    if peer.startswith("pl-"):
        peers: dict[str, Json] = {"PrefixListIds": [{"PrefixListId": peer}]}
    elif peer.startswith("sg-"):
        peers = {"UserIdGroupPairs": [{"GroupId": peer}]}
    elif ":" in peer:
        peers = {"Ipv6Ranges": [{"CidrIpv6": peer}]}
    else:
        peers = {"IpRanges": [{"CidrIp": peer}]}
    return {"IpProtocol": rule["protocol"], **ports, **peers}


def named(groups: Iterable[Mapping[str, Json]], forensic_id: str | None) -> list[str]:
    """The groups of an interface as a facet has them: ids in order, the forensic one by its name, because its id is not known before it
    is made."""
    return sorted(FORENSIC_GROUP if group["GroupId"] == forensic_id else str(group["GroupId"]) for group in groups)
