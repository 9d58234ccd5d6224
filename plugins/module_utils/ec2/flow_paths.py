# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which way the flows of an interface go, by the route table of its subnet, and which of the ways are always tracked.
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/security-group-connection-tracking.html#automatic-tracking
https://docs.aws.amazon.com/vpc/latest/userguide/VPC_Route_Tables.html"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Mapping, Sequence

from ansible_collections.cordon.aws.plugins.module_utils.asked_together import Listing, by_filter
from ansible_collections.cordon.aws.plugins.module_utils.plan import Json
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads

_MOST = 200
LOCAL = "local"
FIREWALL = "a Network Firewall endpoint"
ENDPOINT = "a VPC endpoint"
DIRECT = "an internet gateway"
UNKNOWN = "a way that Cordon does not know"
# Transit gateways, Cloud WAN and Gateway Load Balancers are no longer on the page's list, or never were: what may be tracked is taken
# for tracked.
_WAYS: Mapping[str, str] = {
    "NatGatewayId": "a NAT gateway",
    "TransitGatewayId": "a transit gateway",
    "EgressOnlyInternetGatewayId": "an egress-only internet gateway",
    "CoreNetworkArn": "a Cloud WAN core network",
    "VpcEndpointId": ENDPOINT,
}
_UNTRACKED_WAYS: Mapping[str, str] = {
    "VpcPeeringConnectionId": "a peering connection",
    "CarrierGatewayId": "a carrier gateway",
    "LocalGatewayId": "a local gateway",
    "NetworkInterfaceId": "an interface that routes",
    "InstanceId": "an instance that routes",
}
ALWAYS_TRACKED = frozenset({*_WAYS.values(), FIREWALL, UNKNOWN})


def _by_filters(name: str, **more: str) -> Callable[[Sequence[str]], dict[str, Json]]:
    others = [{"Name": key.replace("_", ".", 1), "Values": [value]} for key, value in more.items()]
    return lambda ids: {"Filters": [{"Name": name, "Values": list(ids)}, *others]}


def _subnets(thing: Json) -> list[str]:
    return [one["SubnetId"] for one in thing.get("Associations", ()) if one.get("SubnetId")]


SUBNET_TABLES = Listing(
    service="ec2",
    operation="DescribeRouteTables",
    items="RouteTables",
    ids_of=_subnets,
    asked_by=by_filter("association.subnet-id"),
    most=_MOST,
)
MAIN_TABLES = Listing(
    service="ec2",
    operation="DescribeRouteTables",
    items="RouteTables",
    ids_of=lambda table: (table["VpcId"],),
    asked_by=_by_filters("vpc-id", association_main="true"),
    most=_MOST,
)
SUBNET_ACLS = Listing(
    service="ec2",
    operation="DescribeNetworkAcls",
    items="NetworkAcls",
    ids_of=_subnets,
    asked_by=by_filter("association.subnet-id"),
    most=_MOST,
)
SUBNET_INTERFACES = Listing(
    service="ec2",
    operation="DescribeNetworkInterfaces",
    items="NetworkInterfaces",
    ids_of=lambda interface: (interface["SubnetId"],),
    asked_by=by_filter("subnet-id"),
    most=_MOST,
)

Route = tuple[str, str, str]
"""(destination: a network or a prefix list, way, id of the VPC endpoint or empty)"""


def routes_of(reads: Reads, account: str, region: str, interface: Mapping[str, Json]) -> list[Route]:
    """The routes of an interface's subnet: those of its own table, else of the VPC's main one."""
    own = reads.each(SUBNET_TABLES, account, region, interface["SubnetId"])
    tables = own or reads.each(MAIN_TABLES, account, region, interface["VpcId"])
    return [_route(route) for table in tables[:1] for route in table["Routes"] if route.get("State") != "blackhole"]


def _route(route: Mapping[str, Json]) -> Route:
    places = ("DestinationCidrBlock", "DestinationIpv6CidrBlock", "DestinationPrefixListId")
    destination = next(str(route[place]) for place in places if route.get(place))
    gateway = str(route.get("GatewayId") or "")
    if gateway == LOCAL:
        return destination, LOCAL, ""
    endpoint = str(route.get("VpcEndpointId") or (gateway if gateway.startswith("vpce-") else ""))
    if endpoint:
        return destination, ENDPOINT, endpoint
    for key, way in (*_WAYS.items(), *_UNTRACKED_WAYS.items()):
        if route.get(key):
            return destination, way, ""
    known = {"igw-": DIRECT, "eigw-": "an egress-only internet gateway", "vgw-": "a virtual private gateway"}
    return destination, next((way for start, way in known.items() if gateway.startswith(start)), UNKNOWN), ""


def way_to(peer: str, routes: Sequence[Sequence[str]]) -> str:
    """The way to a network, by the most specific route that holds it; empty where there is none. Routes to prefix lists, whose networks
    are not known here, are not looked at."""
    wanted = ipaddress.ip_network(peer)
    best, found = -1, ""
    for destination, way, _endpoint in routes:
        if destination.startswith("pl-"):
            continue
        network = ipaddress.ip_network(destination, strict=False)
        if network.version == wanted.version and wanted.network_address in network and network.prefixlen > best:
            best, found = network.prefixlen, way
    return found
