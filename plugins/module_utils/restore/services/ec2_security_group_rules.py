# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Rules of security groups: one facet each, by what it lets through. A rule that an attacker added is revoked: it can be added again.
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AuthorizeSecurityGroupIngress.html"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from ansible_collections.cordon.aws.plugins.module_utils.plan import Call, Json
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads
from ansible_collections.cordon.aws.plugins.module_utils.restore.entry import Entry
from ansible_collections.cordon.aws.plugins.module_utils.restore.facet import (
    GONE,
    Certainty,
    Change,
    Facet,
    IrreversibleError,
    Kind,
    Move,
)
from ansible_collections.cordon.aws.plugins.module_utils.restore.services import building, ec2_shapes
from ansible_collections.cordon.aws.plugins.module_utils.trail.event import Event

_GROUP = r"sg-[0-9a-f]{8,17}"
_PEER = re.compile(rf"{_GROUP}(/\d{{12}})?|pl-[0-9a-f]{{8,17}}", re.ASCII)
_DIRECTIONS: Final = ("ingress", "egress")
# https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_IpPermission.html: those four by name, any other by its number
_PROTOCOLS: Mapping[str, str] = {"6": "tcp", "17": "udp", "1": "icmp", "58": "icmpv6"}
_WITH_PORTS: Final = ("tcp", "udp", "icmp", "icmpv6")
# https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_IpRange.html: up to 255 of these characters
_DESCRIPTION = re.compile(r"[a-zA-Z0-9. _\-:/()#,@\[\]+=&;{}!$*]{0,255}", re.ASCII)


def _takes(names: tuple[str, ...]) -> bool:
    if len(names) != 6:
        return False
    group, direction, protocol, first, last, source = names
    return (
        bool(re.fullmatch(_GROUP, group, re.ASCII))
        and direction in _DIRECTIONS
        and (protocol in _WITH_PORTS or protocol == "-1" or _is_number(protocol, 0, 255))
        and all(_is_number(port, -1, 65535) if protocol in _WITH_PORTS else port == "" for port in (first, last))
        and (bool(_PEER.fullmatch(source)) or _network(source) == source)
    )


def _is_number(value: str, least: int, most: int) -> bool:
    return bool(re.fullmatch(r"-?\d{1,5}", value, re.ASCII)) and least <= int(value) <= most


def _network(source: str) -> str:
    """In the form in which EC2 keeps it (100.68.0.18/18 is 100.68.0.0/18); empty for what is none."""
    try:
        return str(ipaddress.ip_network(source, strict=False)) if "/" in source else ""
    except ValueError:
        return ""


def _permission(facet: Facet, description: str) -> dict[str, Json]:
    """The rule as IpPermissions take it."""
    _group, _direction, protocol, first, last, source = facet.names
    told: dict[str, Json] = {"Description": description} if description else {}
    found: dict[str, Json] = {"IpProtocol": protocol}
    if first:
        found |= {"FromPort": int(first), "ToPort": int(last)}
    if source.startswith("sg-"):
        group, _slash, owner = source.partition("/")
        return found | {"UserIdGroupPairs": [{"GroupId": group, **({"UserId": owner} if owner else {}), **told}]}
    if source.startswith("pl-"):
        return found | {"PrefixListIds": [{"PrefixListId": source, **told}]}
    if ":" in source:
        return found | {"Ipv6Ranges": [{"CidrIpv6": source, **told}]}
    return found | {"IpRanges": [{"CidrIp": source, **told}]}


def _call(facet: Facet, verb: str, description: str) -> Call:
    way = facet.names[1].capitalize()
    operation = verb.format(way)
    return building.call(
        facet, "ec2", operation, GroupId=facet.names[0], IpPermissions=[_permission(facet, description)]
    )


def _rules_of(permissions: Sequence[Json], account: str) -> Iterator[tuple[tuple[str, ...], str]]:
    """(protocol, first port, last port, source) and description of each rule, from IpPermissions in the API's names or an event's."""
    for permission in map(building.mapping, permissions):
        protocol = str(ec2_shapes.field(permission, "IpProtocol") or "").lower()
        protocol = _PROTOCOLS.get(protocol, protocol)
        ports = [_number(ec2_shapes.field(permission, name)) for name in ("FromPort", "ToPort")]
        where = (protocol, *(ports if protocol in _WITH_PORTS else ("", "")))
        for key, (names, lists) in _SOURCES.items():
            for name in lists:
                for one in map(building.mapping, ec2_shapes.items(ec2_shapes.field(permission, name))):
                    source = str(ec2_shapes.field(one, names) or "")
                    owner = str(ec2_shapes.field(one, "UserId") or "")
                    if key == "group" and owner not in ("", account):
                        source = f"{source}/{owner}"
                    described = str(ec2_shapes.field(one, "Description") or "")
                    yield (*where, _network(source) or source), described


_SOURCES: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "ipv4": ("CidrIp", ("IpRanges",)),
    "ipv6": ("CidrIpv6", ("Ipv6Ranges",)),
    "list": ("PrefixListId", ("PrefixListIds",)),
    "group": ("GroupId", ("UserIdGroupPairs", "Groups")),
}


def _number(value: Json) -> str:
    """A port of an event: 443, "443", or 443.0 where something in between read it as a fraction."""
    try:
        return str(int(float(str(value))))
    except (ValueError, OverflowError):
        return ""


def _read(reads: Reads, facet: Facet) -> Json:
    found = building.asked(reads, building.call(facet, "ec2", "DescribeSecurityGroups", GroupIds=[facet.names[0]]))
    if found is None or not found["SecurityGroups"]:
        return GONE
    group = found["SecurityGroups"][0]
    key = "IpPermissions" if facet.names[1] == "ingress" else "IpPermissionsEgress"
    rules = dict(_rules_of(group.get(key, []), facet.account))
    return {"description": rules[facet.names[2:]]} if facet.names[2:] in rules else None


def _fits(value: Json) -> bool:
    return (
        isinstance(value, dict)
        and set(value) == {"description"}
        and bool(_DESCRIPTION.fullmatch(building.text(value["description"])))
        and isinstance(value["description"], str)
    )


def _moves(facet: Facet, live: Json, wanted: Json) -> Sequence[Move]:
    if not all(value is None or _fits(value) for value in (live, wanted)):
        raise IrreversibleError(building.NO_STATE)
    if live is not None and wanted is not None:
        told, back = (
            _call(facet, "UpdateSecurityGroupRuleDescriptions{}", value["description"]) for value in (wanted, live)
        )
        return (Move(call=told, undo=(back,)),)
    described = (live or wanted)["description"]
    add, revoke = _call(facet, "AuthorizeSecurityGroup{}", described), _call(facet, "RevokeSecurityGroup{}", "")
    return (Move(call=add, undo=(revoke,)) if live is None else Move(call=revoke, undo=(add,)),)


def _is_there_alike(live: Json, expected: Json) -> bool:
    """Events that revoke do not tell the description."""
    return (live is None) == (expected is None)


SECURITY_GROUP_RULE = Kind(
    name="ec2/security_group_rule",
    order=20,
    permissions=(
        "ec2:DescribeSecurityGroups",
        *(
            f"ec2:{verb}{way.capitalize()}"
            for verb in ("AuthorizeSecurityGroup", "RevokeSecurityGroup", "UpdateSecurityGroupRuleDescriptions")
            for way in _DIRECTIONS
        ),
    ),
    takes=_takes,
    read=_read,
    moves=_moves,
    matches=_is_there_alike,
)


def _told(event: Event, direction: str) -> Iterator[tuple[tuple[str, ...], str]]:
    """(names, description) of the rules that a call added or revoked. Their ids say nothing, and a group's name not which VPC's: then the
    answer is read, which newer events have. https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_SecurityGroupRule.html"""
    request, answer = ec2_shapes.request_of(event), ec2_shapes.answer_of(event)
    group = building.text(request.get("groupId"))
    listed = ec2_shapes.items(request.get("ipPermissions")) or [_flat(request)]
    rules = list(_rules_of(listed, event.account))
    if group and rules:
        # Revoking what is not there is no error:
        # https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RevokeSecurityGroupIngress.html
        unknown = dict(_rules_of(ec2_shapes.items(answer.get("unknownIpPermissionSet")), event.account))
        yield from (((group, direction, *rule), told) for rule, told in rules if rule not in unknown)
        return
    yield from _answered(event, direction)


def _answered(event: Event, direction: str) -> Iterator[tuple[tuple[str, ...], str]]:
    """The same, by the answer alone."""
    answer = ec2_shapes.answer_of(event)
    for key in ("securityGroupRuleSet", "revokedSecurityGroupRuleSet"):
        for one in map(building.mapping, ec2_shapes.items(answer.get(key))):
            peer = building.mapping(one.get("referencedGroupInfo") or {"groupId": one.get("referencedGroupId")})
            permission = {
                **{name: one.get(name) for name in ("ipProtocol", "fromPort", "toPort")},
                "ipRanges": [{"cidrIp": one["cidrIpv4"]}] if one.get("cidrIpv4") else [],
                "ipv6Ranges": [{"cidrIpv6": one["cidrIpv6"]}] if one.get("cidrIpv6") else [],
                "prefixListIds": [{"prefixListId": one["prefixListId"]}] if one.get("prefixListId") else [],
                "groups": [peer] if peer.get("groupId") else [],
            }
            for rule, _none in _rules_of([permission], event.account):
                yield (building.text(one.get("groupId")), direction, *rule), building.text(one.get("description"))


def _flat(request: Mapping[str, Json]) -> Json:
    """The one rule of the older form, in which the parameters stand by themselves."""
    return {
        **{name: request.get(name) for name in ("ipProtocol", "fromPort", "toPort")},
        "ipRanges": [{"cidrIp": request["cidrIp"]}] if request.get("cidrIp") else [],
    }


def _changes(direction: str, *, adds: bool) -> Callable[[Event], Iterator[Change]]:
    def changes(event: Event) -> Iterator[Change]:
        revoked = {names for names, _told_too in _answered(event, direction)}
        for names, told in _told(event, direction):
            value = {"description": told}
            if _takes(names) and _fits(value):
                facet = Facet(SECURITY_GROUP_RULE.name, event.account, event.region, names)
                # Adding a rule that is there is refused as a duplicate, so the call tells what was before. Revoking one that is not there
                # is not always: of it only an answer that lists what was revoked tells, and putting it back would open the group.
                sure: Certainty = "proven" if adds or names in revoked else "open"
                yield Change(facet=facet, after=value if adds else None, before=None if adds else value, sure=sure)

    return changes


_UNTOLD = (
    "Rules of a security group were added or removed that the event does not tell: it names the group without its VPC, or rules by "
    "their ids. "
    "Compare the group (aws ec2 describe-security-group-rules --filters Name=group-id,Values=GROUP) with its template or AWS Config's "
    "history, "
    "and add or revoke what differs."
)
KINDS = (SECURITY_GROUP_RULE,)
ENTRIES = (
    *(
        Entry(
            service="ec2",
            operation=f"{verb}SecurityGroup{direction.capitalize()}",
            changes=_changes(direction, adds=verb == "Authorize"),
            undone_by=f"{back}SecurityGroup{direction.capitalize()}",
            before_from="the call itself" if verb == "Authorize" else "its answer, or an earlier event",
            manual=_UNTOLD,
        )
        for direction in _DIRECTIONS
        for verb, back in (("Authorize", "Revoke"), ("Revoke", "Authorize"))
    ),
    *building.by_hand(
        "ec2",
        "Rules of a security group were rewritten in place, and the event does not tell what they were: compare the group with AWS "
        "Config's history (aws configservice get-resource-config-history --resource-type AWS::EC2::SecurityGroup --resource-id GROUP), "
        "and set the rules back with aws ec2 modify-security-group-rules.",
        "ModifySecurityGroupRules",
    ),
    *building.harmless(
        "ec2",
        "It changes the description of a rule, and nothing of what the rule lets through.",
        "UpdateSecurityGroupRuleDescriptionsIngress",
        "UpdateSecurityGroupRuleDescriptionsEgress",
    ),
)
