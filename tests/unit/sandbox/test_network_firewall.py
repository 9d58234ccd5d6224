"""Firewalls, and operations on their flows: shapes are test_added_operations' matter, these are the refusals and the time they take."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Any

import pytest
from moto.backends import get_backend
from sandbox_calls import ACCOUNT, OTHER, call, user
from sandbox_flows import flow
from sandbox_network_operations import REGION, ask, firewall, flush, policy, vpc, wish_for_firewall

from sandbox.errors import ApiError
from sandbox.flows.book import Kept
from sandbox.flows.packets import Flow
from sandbox.network_firewall.firewalls import describe_firewall
from sandbox.network_firewall.flow_filters import fits
from sandbox.world import World

SERVICE = "network-firewall"
ZONE = f"{REGION}a"


def _code(world: World, operation: str, **parameters: Any) -> str:
    with pytest.raises(ApiError) as refused:
        ask(world, operation, SERVICE, **parameters)
    return refused.value.code


def test_a_firewall_has_an_endpoint_in_each_subnet_that_routes_can_name(world: World) -> None:
    named = firewall(world)
    states = ask(world, "DescribeFirewall", SERVICE, **named)["FirewallStatus"]["SyncStates"]
    assert sorted(states) == [f"{REGION}a", f"{REGION}b"]
    ec2 = get_backend("ec2")[ACCOUNT][REGION]
    table = ec2.create_route_table(_vpc_of(world, named))
    made = ec2.create_route(table.id, "0.0.0.0/0", vpc_endpoint_id=states[ZONE]["Attachment"]["EndpointId"])
    assert made.vpc_endpoint_id.startswith("vpce-")


def _vpc_of(world: World, named: dict[str, Any]) -> str:
    return str(ask(world, "DescribeFirewall", SERVICE, **named)["Firewall"]["VpcId"])


@pytest.mark.parametrize(
    "changes",
    [
        {"FirewallPolicyArn": "arn:aws:network-firewall:eu-west-1:111122223333:firewall-policy/none"},
        {"VpcId": "vpc-00000000000000000"},
        {"SubnetMappings": [{"SubnetId": "subnet-00000000000000000"}]},
        {"SubnetMappings": []},
    ],
)
def test_what_is_not_there_cannot_be_used(world: World, changes: dict[str, Any]) -> None:
    assert _code(world, "CreateFirewall", **wish_for_firewall(world) | changes) == "InvalidRequestException"


def test_names_are_unique_and_subnets_in_different_zones(world: World) -> None:
    given = wish_for_firewall(world)
    twice = [given["SubnetMappings"][0], given["SubnetMappings"][0]]
    assert _code(world, "CreateFirewall", **given | {"SubnetMappings": twice}) == "InvalidRequestException"
    ask(world, "CreateFirewall", SERVICE, **given)
    assert _code(world, "CreateFirewall", **given) == "InvalidRequestException"


def test_a_firewall_of_another_account_is_not_there(world: World) -> None:
    named = firewall(world)
    with pytest.raises(ApiError) as refused:
        describe_firewall(world, call(SERVICE, "DescribeFirewall", named), user(OTHER))
    assert refused.value.code == "ResourceNotFoundException"


def test_deletion_protection_is_on_unless_said_otherwise(world: World) -> None:
    given = wish_for_firewall(world)
    del given["DeleteProtection"]
    made = ask(world, "CreateFirewall", SERVICE, **given)["Firewall"]
    assert made["DeleteProtection"] is True
    assert _code(world, "DeleteFirewall", FirewallArn=made["FirewallArn"]) == "InvalidOperationException"


def test_firewalls_are_listed_by_vpc_in_pages(world: World) -> None:
    arn = policy(world)
    vpcs = []
    for number in range(3):
        vpc_id, subnets = vpc(number)
        vpcs.append(vpc_id)
        given = {"FirewallName": f"edge-{number}", "FirewallPolicyArn": arn, "VpcId": vpc_id}
        ask(world, "CreateFirewall", SERVICE, **given, SubnetMappings=[{"SubnetId": subnets[0]}])
    first = ask(world, "ListFirewalls", SERVICE, MaxResults=2)
    second = ask(world, "ListFirewalls", SERVICE, MaxResults=2, NextToken=first["NextToken"])
    names = [one["FirewallName"] for answer in (first, second) for one in answer["Firewalls"]]
    assert names == ["edge-0", "edge-1", "edge-2"]
    assert len(ask(world, "ListFirewalls", SERVICE, VpcIds=vpcs[1:2])["Firewalls"]) == 1


def test_an_operation_is_in_progress_then_completed_and_forgotten_after_twelve_hours(world: World) -> None:
    started = ask(world, "StartFlowFlush", SERVICE, **flush(world))
    assert started["FlowOperationStatus"] == "IN_PROGRESS"
    named = {"FirewallArn": started["FirewallArn"], "FlowOperationId": started["FlowOperationId"]}
    world.clock.advance(60)
    shown = ask(world, "DescribeFlowOperation", SERVICE, **named)
    assert (shown["FlowOperationStatus"], shown["AvailabilityZone"]) == ("COMPLETED", ZONE)
    world.clock.advance(12 * 3600)
    assert _code(world, "DescribeFlowOperation", **named) == "ResourceNotFoundException"
    assert ask(world, "ListFlowOperations", SERVICE, FirewallArn=named["FirewallArn"])["FlowOperations"] == []


def test_operations_are_listed_by_kind_and_zone(world: World) -> None:
    given = flush(world)
    ask(world, "StartFlowFlush", SERVICE, **given)
    ask(world, "StartFlowCapture", SERVICE, **given | {"AvailabilityZone": f"{REGION}b"})
    arn = given["FirewallArn"]
    for wanted, kinds in (
        ({}, ["FLOW_CAPTURE", "FLOW_FLUSH"]),
        ({"FlowOperationType": "FLOW_FLUSH"}, ["FLOW_FLUSH"]),
        ({"AvailabilityZone": f"{REGION}b"}, ["FLOW_CAPTURE"]),
    ):
        found = ask(world, "ListFlowOperations", SERVICE, FirewallArn=arn, **wanted)["FlowOperations"]
        assert [one["FlowOperationType"] for one in found] == kinds


@pytest.mark.parametrize(
    "changes",
    [
        {"FlowFilters": []},
        {"FlowFilters": [{}] * 21},
        {"FlowFilters": [{"SourceAddress": {"AddressDefinition": "10.0.0.0/40"}}]},
        {"FlowFilters": [{"SourcePort": "http"}]},
        {"AvailabilityZone": f"{REGION}c"},
        {"AvailabilityZone": None},
        {"AvailabilityZoneId": "euw1-az1"},
        {"VpcEndpointId": "vpce-00000000000000000"},
    ],
)
def test_an_operation_needs_filters_and_a_zone_of_the_firewall(world: World, changes: dict[str, Any]) -> None:
    given = {name: value for name, value in (flush(world) | changes).items() if value is not None}
    assert _code(world, "StartFlowFlush", **given) == "InvalidRequestException"


@pytest.mark.parametrize(
    ("wanted", "outbound", "inbound"),
    [
        ({}, True, True),
        ({"SourceAddress": {"AddressDefinition": "10.0.1.10/32"}}, True, False),
        ({"DestinationAddress": {"AddressDefinition": "203.0.113.0/24"}}, True, False),
        ({"SourceAddress": {"AddressDefinition": "203.0.113.77"}}, False, True),
        ({"DestinationPort": "443"}, True, False),
        ({"DestinationPort": "20:25"}, False, True),
        ({"SourcePort": "50000"}, True, True),
        ({"SourcePort": "any", "DestinationPort": "1:10"}, False, False),
        ({"Protocols": ["6"]}, True, True),
        ({"Protocols": ["17", "1"]}, False, False),
        ({"Protocols": ["6"], "DestinationPort": "22"}, False, True),
    ],
)
def test_a_filter_is_about_who_began_the_flow(wanted: dict[str, Any], outbound: bool, inbound: bool) -> None:
    assert fits(_kept(flow("outbound")), wanted) is outbound
    assert fits(_kept(flow("inbound")), wanted) is inbound


def _kept(one: Flow, **more: Any) -> Kept:
    given: dict[str, Any] = {
        "id": "flow-1",
        "account": ACCOUNT,
        "region": REGION,
        "instance_id": "i-1",
        "interface_id": "eni-1",
        "flow": one,
        "local": ip_address("10.0.1.10"),
        "resources": ("eni-1", "subnet-1", "vpc-1"),
        "shown": {},
    }
    return Kept(**(given | more))
