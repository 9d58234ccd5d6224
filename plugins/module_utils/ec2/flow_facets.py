# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is observed of the flows of an instance, interface by interface: how far they are cut, their ways, their peers, and what its network
ACLs deny."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

from ansible_collections.cordon.aws.plugins.module_utils.ec2.acl_entries import (
    DIRECTIONS,
    denied_peers,
    entries_of,
    is_denied,
    room,
)
from ansible_collections.cordon.aws.plugins.module_utils.ec2.firewalls import addresses_of, firewall_endpoints
from ansible_collections.cordon.aws.plugins.module_utils.ec2.flow_marks import (
    CUT_MARK,
    FLUSH_MARK,
    achievement,
    exposure_of,
    mark_of,
)
from ansible_collections.cordon.aws.plugins.module_utils.ec2.flow_paths import (
    ALWAYS_TRACKED,
    ENDPOINT,
    FIREWALL,
    LOCAL,
    SUBNET_ACLS,
    SUBNET_INTERFACES,
    routes_of,
    way_to,
)
from ansible_collections.cordon.aws.plugins.module_utils.ec2.flow_peers import peers_seen
from ansible_collections.cordon.aws.plugins.module_utils.ec2.idle_timeouts import timeouts_of
from ansible_collections.cordon.aws.plugins.module_utils.ec2.instances import Ec2Instance, described
from ansible_collections.cordon.aws.plugins.module_utils.ec2.interface_groups import (
    CONTAINED,
    GROUPS,
    LEFT_OPEN,
    groups_seen,
)
from ansible_collections.cordon.aws.plugins.module_utils.ec2.interfaces import interfaces_of
from ansible_collections.cordon.aws.plugins.module_utils.plan import SHARED, Json, State
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads

FLOWS = "interface_flows"
"""eni -> {"vpc", "subnet", "acl", "routes", "addresses", "firewalls", "is_branch"}"""
CUT = "flows_cut/"
IS_CUT = "cut"
EXPOSURE = "flows_cut_at/"
"""The mark itself: when, and for how long the interface was open at most."""
FLUSHED = "firewall_flows/"
IS_FLUSHED = "flushed"
TIMEOUTS = "idle_timeouts/"
"""None where they cannot be set."""
PEERS = "flow_peers/"
"""{"peers": those of the flow logs, the most seen first, "icmp", "unread"}"""
DENIED = f"{SHARED}acl_denial/"
"""shared/acl_denial/<ACL>/<direction>/<peer>: IS_DENIED, or nothing."""
IS_DENIED = "denied"
ROOM = "acl_room/"
"""<ACL>: {direction: {"4": for how many more entries there is room, "6"}}"""
NEIGHBOURS = "acl_neighbours/"
"""<ACL>: how many other interfaces it is for."""


def flows_seen(
    reads: Reads,
    target: Ec2Instance,
    wished: Sequence[str],
    minutes: int,
    *,
    converts: bool,
    spared: Sequence[str],
    on_record: Callable[[], Collection[str]] | None,
) -> dict[str, Json]:
    """All of it. `wished`: peers to be denied; `minutes`: how far back flow logs are read, 0 for not at all; `on_record`: the facets that
    the case log proves, asked for an interface that is in the forensic group already; None where the marks are to be told as they are."""
    place = target.account, target.region
    interfaces = interfaces_of(reads, target)
    instance_type = str(described(reads, target).get("InstanceType", ""))
    seen = groups_seen(reads, target)
    flows: dict[str, Json] = {}
    for interface in interfaces:
        ident = str(interface["NetworkInterfaceId"])
        acl = next(iter(reads.each(SUBNET_ACLS, *place, interface["SubnetId"])), None)
        flows[ident] = _flows(reads, target, interface, acl)
        contained = seen[GROUPS + ident] == CONTAINED and not seen.get(LEFT_OPEN + ident)
        for facet, value, key in ((CUT, IS_CUT, CUT_MARK), (FLUSHED, IS_FLUSHED, FLUSH_MARK)):
            if not contained:
                done = False
            elif on_record is None:
                done = mark_of(interface, key) is not None
            else:
                done = achievement(key, ident) in reads.achieved or facet + ident in on_record()
            seen[facet + ident] = value if done else None
        seen[EXPOSURE + ident] = exposure_of(interface) if seen[CUT + ident] else None
        seen[TIMEOUTS + ident] = timeouts_of(interface, instance_type)
        if minutes and (not converts or ways_of(flows[ident]) & ALWAYS_TRACKED):
            logged = peers_seen(reads, *place, interface, minutes)
            ordered = sorted(logged.records, key=lambda peer: (-logged.records[peer], peer))
            seen[PEERS + ident] = {"peers": ordered, "icmp": sorted(logged.icmp), "unread": logged.unread}
        if acl is not None:
            wanted = [*wished, *peers_to_deny(flows[ident], seen.get(PEERS + ident), converts=converts, spared=spared)]
            seen.update(_acl(acl, wanted))
            if wanted:
                seen[NEIGHBOURS + acl["NetworkAclId"]] = _neighbours(reads, target, acl, interfaces)
    return {FLOWS: flows, **seen}


def ways_of(flows: Mapping[str, Json]) -> set[str]:
    """The ways that the routes of an interface lead, but those to prefix lists."""
    return {way for destination, way in flows["routes"] if not destination.startswith("pl-")}


def peers_to_deny(
    flows: Mapping[str, Json], logged: Mapping[str, Json] | None, *, converts: bool, spared: Sequence[str] = ()
) -> list[str]:
    """Of the peers that flow logs tell, those whose flows outlive the rules. Peers in the VPC are not among them: to deny them would cut
    off its own neighbours. Nor is who is `spared`, by network or prefix list: whoever is on the instance may have written to the log, or
    pinged the responder's own station."""
    networks = [ipaddress.ip_network(one) for one in spared if not one.startswith("pl-")]
    if logged is None:
        return []
    ways = {peer: way_to(peer, [(*route, "") for route in flows["routes"]]) for peer in logged["peers"]}
    return [
        peer
        for peer, way in ways.items()
        if way
        and way != LOCAL
        and (not converts or way in ALWAYS_TRACKED or peer in logged["icmp"])
        and not any(ipaddress.ip_network(peer).overlaps(one) for one in networks)
    ]


def denial(acl_id: str, direction: str, peer: str) -> str:
    return f"{DENIED}{acl_id}/{direction}/{peer}"


def is_peer_denied(state: State, acl_id: str, peer: str) -> bool:
    """In both directions."""
    return all(state.get(denial(acl_id, direction, peer)) == IS_DENIED for direction in DIRECTIONS)


def _flows(reads: Reads, target: Ec2Instance, interface: Mapping[str, Json], acl: Json | None) -> dict[str, Json]:
    place = target.account, target.region
    routes = routes_of(reads, *place, interface)
    owners = firewall_endpoints(reads, *place) if any(way == ENDPOINT for _to, way, _id in _networks(routes)) else {}
    firewalls = {owners[endpoint] for _to, _way, endpoint in routes if endpoint in owners}
    return {
        "vpc": interface["VpcId"],
        "subnet": interface["SubnetId"],
        "acl": None if acl is None else acl["NetworkAclId"],
        "routes": sorted([to, FIREWALL if endpoint in owners else way] for to, way, endpoint in routes),
        "addresses": addresses_of(interface),
        "firewalls": sorted(list(one) for one in firewalls),
        "is_branch": interface.get("InterfaceType") == "branch",
    }


def _networks(routes: Sequence[tuple[str, str, str]]) -> Iterator[tuple[str, str, str]]:
    """Without those to prefix lists, by which the gateways of S3 and DynamoDB are reached."""
    return (route for route in routes if not route[0].startswith("pl-"))


def _acl(acl: Mapping[str, Json], wanted: Iterable[str]) -> dict[str, Json]:
    acl_id = acl["NetworkAclId"]
    entries = {direction: entries_of(acl, direction) for direction in DIRECTIONS}
    found: dict[str, Json] = {
        denial(acl_id, direction, peer): IS_DENIED
        for direction in DIRECTIONS
        for peer in denied_peers(entries[direction])
    }
    for direction in DIRECTIONS:
        for peer in wanted:
            if is_denied(entries[direction], peer):
                found[denial(acl_id, direction, peer)] = IS_DENIED
    found[ROOM + acl_id] = {
        direction: {str(version): room(entries[direction], version) for version in (4, 6)} for direction in DIRECTIONS
    }
    return found


def _neighbours(reads: Reads, target: Ec2Instance, acl: Mapping[str, Json], own: Sequence[Mapping[str, Json]]) -> int:
    subnets = dict.fromkeys(one["SubnetId"] for one in acl["Associations"])
    ids = {
        interface["NetworkInterfaceId"]
        for subnet in subnets
        for interface in reads.each(SUBNET_INTERFACES, target.account, target.region, subnet)
    }
    return len(ids - {interface["NetworkInterfaceId"] for interface in own})
