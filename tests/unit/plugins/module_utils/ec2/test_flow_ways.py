"""Where routes lead, what a mark says, and for how long idle flows are kept."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cordon.aws.plugins.module_utils.ec2.flow_marks import cut_mark, mark_of
from ansible_collections.cordon.aws.plugins.module_utils.ec2.flow_paths import ALWAYS_TRACKED, routes_of, way_to
from ansible_collections.cordon.aws.plugins.module_utils.ec2.idle_timeouts import LOWEST, are_timeouts, timeouts_of

USUAL = {"TcpEstablishedTimeout": 432_000, "UdpStreamTimeout": 180, "UdpTimeout": 30}
INTERFACE = {"SubnetId": "subnet-1", "VpcId": "vpc-1"}


class Tables:
    """Answers as DescribeRouteTables: by subnet, and by VPC for the main one."""

    def __init__(self, **routes: list[dict[str, Any]]) -> None:
        self._routes = routes

    def each(self, listing: Any, _account: str, _region: str, ident: str) -> list[dict[str, Any]]:
        (name,) = (one["Name"] for one in listing.asked_by([ident])["Filters"] if one["Values"] == [ident])
        found = self._routes.get("own" if name == "association.subnet-id" else "main")
        return [] if found is None else [{"Routes": found}]


def ways(**routes: list[dict[str, Any]]) -> list[tuple[str, str, str]]:
    reads: Any = Tables(**routes)
    return routes_of(reads, "111122223333", "us-east-1", INTERFACE)


@pytest.mark.parametrize(
    ("route", "way", "endpoint", "tracked"),
    [
        ({"GatewayId": "local"}, "local", "", False),
        ({"GatewayId": "igw-1"}, "an internet gateway", "", False),
        ({"NatGatewayId": "nat-1"}, "a NAT gateway", "", True),
        ({"TransitGatewayId": "tgw-1"}, "a transit gateway", "", True),
        ({"GatewayId": "vpce-1"}, "a VPC endpoint", "vpce-1", True),
        ({"VpcEndpointId": "vpce-1"}, "a VPC endpoint", "vpce-1", True),
        ({"VpcPeeringConnectionId": "pcx-1"}, "a peering connection", "", False),
        ({"GatewayId": "something-new"}, "a way that Cordon does not know", "", True),
    ],
)
def test_where_a_route_leads(route: dict[str, str], way: str, endpoint: str, tracked: bool) -> None:
    assert ways(own=[{"DestinationCidrBlock": "0.0.0.0/0", **route}]) == [("0.0.0.0/0", way, endpoint)]
    assert (way in ALWAYS_TRACKED) == tracked


def test_ipv6_leaves_by_an_egress_only_gateway_and_a_dead_route_leads_nowhere() -> None:
    found = ways(
        own=[
            {"DestinationIpv6CidrBlock": "::/0", "EgressOnlyInternetGatewayId": "eigw-1"},
            {"DestinationCidrBlock": "0.0.0.0/0", "NatGatewayId": "nat-1", "State": "blackhole"},
        ]
    )
    assert found == [("::/0", "an egress-only internet gateway", "")]


def test_a_subnet_without_a_table_of_its_own_has_the_main_one() -> None:
    local, out = {"DestinationCidrBlock": "10.0.0.0/16", "GatewayId": "local"}, {"NatGatewayId": "nat-1"}
    main = [{"DestinationCidrBlock": "0.0.0.0/0", **out}]
    assert ways(main=main) == [("0.0.0.0/0", "a NAT gateway", "")]
    assert ways(main=main, own=[local]) == [("10.0.0.0/16", "local", "")]


def test_the_most_specific_route_counts_and_lists_of_networks_do_not() -> None:
    routes = [("0.0.0.0/0", "nat", ""), ("10.0.0.0/8", "transit", ""), ("10.1.0.0/16", "local", ""), ("pl-1", "s3", "")]
    assert [way_to(peer, routes) for peer in ("8.8.8.8/32", "10.2.0.1/32", "10.1.2.3/32", "2001:db8::1/128")] == [
        "nat",
        "transit",
        "local",
        "",
    ]


@given(st.integers(0, 100_000_000).map(lambda microseconds: microseconds / 1000))
def test_a_mark_never_says_less_than_was_measured(open_ms: float) -> None:
    text = cut_mark(datetime(2026, 1, 31, 3, 4, 5, tzinfo=UTC), open_ms)
    said = re.fullmatch(r"2026-01-31T03:04:05Z, open for at most (\d+) ms", text)
    assert said and open_ms <= int(said[1]) <= open_ms + 50


def test_a_mark_is_found_among_foreign_tags() -> None:
    tags = [{"Key": "Name", "Value": "web"}, {"Key": "cordon:flows-cut", "Value": "then"}]
    assert mark_of({"TagSet": tags}, "cordon:flows-cut") == "then"
    assert mark_of({"TagSet": tags[:1]}, "cordon:flows-cut") is mark_of({}, "cordon:flows-cut") is None


@pytest.mark.parametrize(
    ("instance_type", "tcp"),
    [("m5.large", 432_000), ("c8i-flex.large", 350), ("p6-b200.48xlarge", 350), ("i3.metal", 432_000)],
)
def test_what_nobody_has_set_is_as_aws_documents(instance_type: str, tcp: int) -> None:
    assert timeouts_of({}, instance_type) == {**USUAL, "TcpEstablishedTimeout": tcp}
    set_to = {"ConnectionTrackingConfiguration": {"TcpEstablishedTimeout": 3_600}}
    assert timeouts_of(set_to, instance_type) == {**USUAL, "TcpEstablishedTimeout": 3_600}


@pytest.mark.parametrize("instance_type", ["t2.micro", "m4.large", "i3.large"])
def test_instances_on_xen_have_no_timeouts_to_be_set(instance_type: str) -> None:
    assert timeouts_of({}, instance_type) is None


def test_what_the_measure_sets_is_what_aws_takes() -> None:
    assert are_timeouts(LOWEST) and are_timeouts(USUAL)
