# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Entries of network ACLs and routes: one facet each, by where they stand. What an attacker added is removed, what was removed is put back.
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateNetworkAclEntry.html
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateRoute.html"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from ansible_collections.cordon.aws.plugins.module_utils.plan import Call, Json
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads
from ansible_collections.cordon.aws.plugins.module_utils.restore.entry import Entry
from ansible_collections.cordon.aws.plugins.module_utils.restore.facet import GONE, UNKNOWN, Change, Facet, Kind, Move
from ansible_collections.cordon.aws.plugins.module_utils.restore.services import building, ec2_shapes
from ansible_collections.cordon.aws.plugins.module_utils.trail.event import Event

_ACL = ec2_shapes.id_pattern("acl")
_NUMBER = re.compile(r"\d{1,5}", re.ASCII)
_WAY = re.compile(r"ingress|egress")
_PROTOCOL = re.compile(r"-1|\d{1,3}", re.ASCII)


_PARTS: Final = ({"From", "To"}, {"Type", "Code"})


def network(value: Json) -> str:
    """In AWS's form; empty for what is none."""
    try:
        return str(ipaddress.ip_network(value, strict=False)) if isinstance(value, str) and "/" in value else ""
    except ValueError:
        return ""


def _entry(shown: Mapping[str, Json]) -> dict[str, Json]:
    """An entry as it is set, from AWS or an event. https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_NetworkAclEntry.html"""

    def of(*names: str) -> Json:
        return next((found for found in (ec2_shapes.field(shown, name) for name in names) if found is not None), None)

    found: dict[str, Json] = {"Protocol": str(of("AclProtocol", "Protocol")), "RuleAction": of("RuleAction")}
    for name in ("CidrBlock", "Ipv6CidrBlock"):
        if of(name):
            found[name] = network(of(name))
    for name, first, last in (("PortRange", "From", "To"), ("IcmpTypeCode", "Type", "Code")):
        both = [ec2_shapes.field(building.mapping(of(name)), part) for part in (first, last)]
        if all(isinstance(one, int) for one in both):
            found[name] = dict(zip((first, last), both, strict=True))
    return found


def _is_entry(value: Json) -> bool:
    if not isinstance(value, dict) or not {"Protocol", "RuleAction"} <= set(value):
        return False
    blocks = [value[name] for name in ("CidrBlock", "Ipv6CidrBlock") if name in value]
    ranges = [value[name] for name in ("PortRange", "IcmpTypeCode") if name in value]
    return (
        set(value) <= {"Protocol", "RuleAction", "CidrBlock", "Ipv6CidrBlock", "PortRange", "IcmpTypeCode"}
        and isinstance(value["Protocol"], str)
        and bool(_PROTOCOL.fullmatch(value["Protocol"]))
        and value["RuleAction"] in ("allow", "deny")
        and len(blocks) == 1
        and bool(network(blocks[0]))
        and all(isinstance(one, dict) and set(one) in _PARTS for one in ranges)
        and all(isinstance(part, int) for one in ranges for part in one.values())
    )


def _read_entry(reads: Reads, facet: Facet) -> Json:
    acl, way, number = facet.names
    answer = building.asked(reads, building.call(facet, "ec2", "DescribeNetworkAcls", NetworkAclIds=[acl]))
    if not answer or not answer["NetworkAcls"]:
        return GONE
    entries = answer["NetworkAcls"][0]["Entries"]
    there = (one for one in entries if one["Egress"] == (way == "egress") and str(one["RuleNumber"]) == number)
    return next((_entry(one) for one in there), None)


def _to_entry(facet: Facet, value: Json) -> Call:
    acl, way, number = facet.names
    where: dict[str, Json] = {"NetworkAclId": acl, "RuleNumber": int(number), "Egress": way == "egress"}
    operation = "DeleteNetworkAclEntry" if value is None else "ReplaceNetworkAclEntry"
    return building.call(facet, "ec2", operation, **where, **(value or {}))


def _moves_entry(facet: Facet, live: Json, wanted: Json) -> Sequence[Move]:
    moves = building.moves_by(_to_entry, _is_entry)(facet, live, wanted)
    return building.made_by("CreateNetworkAclEntry", moves, live, wanted)


ACL_ENTRY = Kind(
    name="ec2/network_acl_entry",
    order=20,
    permissions=(
        "ec2:DescribeNetworkAcls",
        "ec2:CreateNetworkAclEntry",
        "ec2:ReplaceNetworkAclEntry",
        "ec2:DeleteNetworkAclEntry",
    ),
    takes=building.names_match(_ACL, _WAY, _NUMBER),
    read=_read_entry,
    moves=_moves_entry,
)

_TABLE = ec2_shapes.id_pattern("rtb")
_LIST = re.compile(r"pl-[0-9a-f]{8,17}", re.ASCII)
# https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Route.html: where a route leads. That to an instance is shown with its
# interface, too.
_TARGETS: Final = (
    "NetworkInterfaceId",
    "InstanceId",
    "GatewayId",
    "NatGatewayId",
    "TransitGatewayId",
    "VpcPeeringConnectionId",
    "EgressOnlyInternetGatewayId",
    "LocalGatewayId",
    "CarrierGatewayId",
    "VpcEndpointId",
)
_TARGET = re.compile(r"[a-z]{1,8}-[0-9A-Za-z-]{8,40}", re.ASCII)
_DESTINATIONS: Final = ("DestinationCidrBlock", "DestinationIpv6CidrBlock", "DestinationPrefixListId")


def _takes_route(names: tuple[str, ...]) -> bool:
    return (
        len(names) == 2
        and bool(_TABLE.fullmatch(names[0]))
        and (network(names[1]) == names[1] != "" or bool(_LIST.fullmatch(names[1])))
    )


def _destination(shown: Mapping[str, Json]) -> str:
    found = next((ec2_shapes.field(shown, name) for name in _DESTINATIONS if ec2_shapes.field(shown, name)), "")
    return network(found) or building.text(found)


def _leads(shown: Mapping[str, Json]) -> Json:
    for name in _TARGETS:
        found = ec2_shapes.field(shown, name)
        if found:
            return {name: found}
    return None


def _is_target(value: Json) -> bool:
    return (
        isinstance(value, dict)
        and len(value) == 1
        and set(value) <= set(_TARGETS)
        and all(isinstance(one, str) and _TARGET.fullmatch(one) for one in value.values())
    )


def _leads_alike(live: Json, expected: Json) -> bool:
    """An event that names an instance does not tell its interface."""
    if live == expected:
        return True
    return bool(live and expected and "InstanceId" in expected and "NetworkInterfaceId" in live)


def _read_route(reads: Reads, facet: Facet) -> Json:
    table, destination = facet.names
    answer = building.asked(reads, building.call(facet, "ec2", "DescribeRouteTables", RouteTableIds=[table]))
    if not answer or not answer["RouteTables"]:
        return GONE
    routes = answer["RouteTables"][0]["Routes"]
    return next((_leads(one) for one in routes if _destination(one) == destination), None)


def _to_route(facet: Facet, value: Json) -> Call:
    table, destination = facet.names
    name = _DESTINATIONS[2] if destination.startswith("pl-") else _DESTINATIONS[1 if ":" in destination else 0]
    where: dict[str, Json] = {"RouteTableId": table, name: destination}
    return building.call(facet, "ec2", "DeleteRoute" if value is None else "ReplaceRoute", **where, **(value or {}))


def _moves_route(facet: Facet, live: Json, wanted: Json) -> Sequence[Move]:
    moves = building.moves_by(_to_route, _is_target)(facet, live, wanted)
    return building.made_by("CreateRoute", moves, live, wanted)


ROUTE = Kind(
    name="ec2/route",
    order=20,
    permissions=("ec2:DescribeRouteTables", "ec2:CreateRoute", "ec2:ReplaceRoute", "ec2:DeleteRoute"),
    takes=_takes_route,
    read=_read_route,
    moves=_moves_route,
    matches=_leads_alike,
)


def _entries(event: Event) -> Iterator[Change]:
    request = ec2_shapes.request_of(event)
    way = "egress" if request.get("egress") in (True, "true") else "ingress"
    names = (building.text(request.get("networkAclId")), way, str(request.get("ruleNumber", "")))
    if ACL_ENTRY.takes(names):
        facet = Facet(ACL_ENTRY.name, event.account, event.region, names)
        if event.operation == "DeleteNetworkAclEntry":
            yield Change(facet=facet, after=None)
        else:
            value = _entry(request)
            # One is only made where there is none of that number.
            before = None if event.operation == "CreateNetworkAclEntry" else UNKNOWN
            yield Change(facet=facet, after=value if _is_entry(value) else UNKNOWN, before=before)


def _routes(event: Event) -> Iterator[Change]:
    request = ec2_shapes.request_of(event)
    names = (building.text(request.get("routeTableId")), _destination(request))
    if ROUTE.takes(names):
        facet = Facet(ROUTE.name, event.account, event.region, names)
        if event.operation == "DeleteRoute":
            yield Change(facet=facet, after=None)
        else:
            value = _leads(request)
            before = None if event.operation == "CreateRoute" else UNKNOWN
            yield Change(facet=facet, after=value if _is_target(value) else UNKNOWN, before=before)


KINDS = (ACL_ENTRY, ROUTE)
ENTRIES = tuple(
    Entry(
        service="ec2",
        operation=f"{verb}{thing}",
        changes=changes,
        undone_by=f"{back}{thing}",
        before_from="the call itself" if verb == "Create" else "an earlier event",
    )
    for thing, changes in (("NetworkAclEntry", _entries), ("Route", _routes))
    for verb, back in (("Create", "Delete"), ("Replace", "Replace"), ("Delete", "Create"))
)
