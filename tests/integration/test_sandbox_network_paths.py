"""Firewalls in the path of flows, DNS Firewall and flow logs of the sandbox, through the API as its clients see it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError
from network_world import PEER, NetworkWorld
from sandbox_client import Sandbox

OPEN_POLICY = {"StatelessDefaultActions": ["aws:forward_to_sfe"], "StatelessFragmentDefaultActions": ["aws:drop"]}


@pytest.fixture
def world(sandbox: Sandbox) -> NetworkWorld:
    return NetworkWorld(sandbox)


def _firewall(world: NetworkWorld, **options: Any) -> Any:
    """A firewall in its own subnet, through which the instance's subnet sends everything. Returns its client and ARN."""
    client = world.client("network-firewall")
    content = OPEN_POLICY | ({"StatefulEngineOptions": options} if options else {})
    policy = client.create_firewall_policy(FirewallPolicyName="inspect", FirewallPolicy=content)
    subnet = world.ec2.create_subnet(VpcId=world.vpc_id, CidrBlock="10.20.9.0/28", AvailabilityZone="us-east-1a")
    made = client.create_firewall(
        FirewallName="edge",
        FirewallPolicyArn=policy["FirewallPolicyResponse"]["FirewallPolicyArn"],
        VpcId=world.vpc_id,
        SubnetMappings=[{"SubnetId": subnet["Subnet"]["SubnetId"]}],
    )
    endpoint = made["FirewallStatus"]["SyncStates"]["us-east-1a"]["Attachment"]["EndpointId"]
    table = world.ec2.create_route_table(VpcId=world.vpc_id)["RouteTable"]["RouteTableId"]
    world.ec2.associate_route_table(RouteTableId=table, SubnetId=world.subnet_id)
    world.ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", VpcEndpointId=endpoint)
    return client, made["Firewall"]["FirewallArn"]


def _flush(client: Any, arn: str, cidr: str) -> str:
    started = client.start_flow_flush(
        FirewallArn=arn,
        AvailabilityZone="us-east-1a",
        FlowFilters=[{"DestinationAddress": {"AddressDefinition": cidr}, "Protocols": ["6"]}],
    )
    return str(started["FlowOperationId"])


def test_a_flow_passes_a_firewall_only_where_a_route_leads_to_it(world: NetworkWorld) -> None:
    path = f"/instances/{world.instance_id}/flows"
    assert world.sandbox.refusal("POST", path, world.wish(via="network_firewall"))[0] == 409
    _firewall(world)
    assert world.alive(world.flow(via="network_firewall"))


def test_a_flush_ends_the_flows_that_its_filters_name(world: NetworkWorld) -> None:
    client, arn = _firewall(world)
    cut, other = world.flow(via="network_firewall"), world.flow(via="network_firewall", peer="198.51.100.7")
    beside = world.flow(via="nat_gateway")
    operation = _flush(client, arn, f"{PEER}/32")
    assert client.list_flow_operation_results(FirewallArn=arn, FlowOperationId=operation)["Flows"] == []
    world.sandbox.control("POST", "/clock", {"advance_s": 30})
    found = client.list_flow_operation_results(FirewallArn=arn, FlowOperationId=operation)
    assert [one["DestinationAddress"]["AddressDefinition"] for one in found["Flows"]] == [PEER]
    assert found["FlowOperationStatus"] == "COMPLETED"
    assert [world.alive(flow) for flow in (cut, other, beside)] == [False, True, True]
    assert world.flows()[cut]["tracked"] is True
    assert "flushed" in world.flows()[cut]["why"]


def test_a_flush_passes_over_flows_that_are_younger_than_it_says(world: NetworkWorld) -> None:
    client, arn = _firewall(world)
    old = world.flow(via="network_firewall")
    world.sandbox.control("POST", "/clock", {"advance_s": 100})
    young = world.flow(via="network_firewall")
    client.start_flow_flush(
        FirewallArn=arn, AvailabilityZone="us-east-1a", FlowFilters=[{"Protocols": ["6"]}], MinimumFlowAgeInSeconds=60
    )
    world.sandbox.control("POST", "/clock", {"advance_s": 30})
    assert [world.alive(flow) for flow in (old, young)] == [False, True]


def test_a_flush_does_not_stop_protocols_without_a_beginning(world: NetworkWorld) -> None:
    client, arn = _firewall(world)
    flow = world.flow(via="network_firewall", protocol="udp")
    filters = [{"DestinationAddress": {"AddressDefinition": PEER}}]
    client.start_flow_flush(FirewallArn=arn, AvailabilityZone="us-east-1a", FlowFilters=filters)
    world.sandbox.control("POST", "/clock", {"advance_s": 30})
    assert world.alive(flow) is True


def test_a_policy_that_continues_broken_streams_lets_a_flushed_flow_go_on(world: NetworkWorld) -> None:
    client, arn = _firewall(world, StreamExceptionPolicy="CONTINUE")
    flow = world.flow(via="network_firewall")
    _flush(client, arn, f"{PEER}/32")
    world.sandbox.control("POST", "/clock", {"advance_s": 30})
    assert world.alive(flow) is True


def test_a_firewall_that_is_not_there_has_shaped_errors(world: NetworkWorld) -> None:
    client = world.client("network-firewall")
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.describe_firewall(FirewallName="none")
    assert client.list_firewalls()["Firewalls"] == []


def test_dns_firewall_blocks_a_vpc_and_stops(world: NetworkWorld) -> None:
    client = world.client("route53resolver")
    domains = client.create_firewall_domain_list(CreatorRequestId="1", Name="all")["FirewallDomainList"]["Id"]
    client.update_firewall_domains(FirewallDomainListId=domains, Operation="ADD", Domains=["*"])
    group = client.create_firewall_rule_group(CreatorRequestId="1", Name="all")["FirewallRuleGroup"]["Id"]
    client.create_firewall_rule(
        CreatorRequestId="1",
        FirewallRuleGroupId=group,
        FirewallDomainListId=domains,
        Priority=1,
        Action="BLOCK",
        BlockResponse="NODATA",
        Name="all",
    )
    made = client.associate_firewall_rule_group(
        CreatorRequestId="1", FirewallRuleGroupId=group, VpcId=world.vpc_id, Priority=101, Name="all"
    )["FirewallRuleGroupAssociation"]
    assert made["Status"] == "UPDATING"
    with pytest.raises(client.exceptions.ConflictException):
        client.delete_firewall_rule_group(FirewallRuleGroupId=group)
    client.disassociate_firewall_rule_group(FirewallRuleGroupAssociationId=made["Id"])
    world.sandbox.control("POST", "/clock", {"advance_s": 30})
    assert client.list_firewall_rule_group_associations()["FirewallRuleGroupAssociations"] == []


def test_changes_are_authorized_and_recorded(world: NetworkWorld) -> None:
    world.client("route53resolver").create_firewall_rule_group(CreatorRequestId="1", Name="all")
    client, arn = _firewall(world)
    _flush(client, arn, f"{PEER}/32")
    found = world.client("cloudtrail").lookup_events()["Events"]
    sources = {one["EventName"]: one["EventSource"] for one in found}
    assert sources["CreateFirewallRuleGroup"] == "route53resolver.amazonaws.com"
    assert sources["StartFlowFlush"] == "network-firewall.amazonaws.com"
    iam = world.client("iam")
    iam.create_user(UserName="guest")
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    flushing = {"Effect": "Deny", "Action": "network-firewall:StartFlowFlush", "Resource": arn}
    document = json.dumps({"Version": "2012-10-17", "Statement": [everything, flushing]})
    iam.put_user_policy(UserName="guest", PolicyName="most", PolicyDocument=document)
    key = iam.create_access_key(UserName="guest")["AccessKey"]
    keys = {"access_key_id": key["AccessKeyId"], "secret_access_key": key["SecretAccessKey"]}
    guest = world.sandbox.client("network-firewall", keys)
    assert guest.describe_firewall(FirewallArn=arn)["Firewall"]["FirewallArn"] == arn
    with pytest.raises(ClientError) as refused:
        _flush(guest, arn, f"{PEER}/32")
    assert refused.value.response["Error"]["Code"] == "AccessDeniedException"


def _log(world: NetworkWorld, kind: str, resource_id: str, **more: Any) -> Any:
    logs = world.client("logs")
    logs.create_log_group(logGroupName="flows")
    world.ec2.create_flow_logs(
        ResourceType=kind,
        ResourceIds=[resource_id],
        TrafficType="ALL",
        LogGroupName="flows",
        DeliverLogsPermissionArn=f"arn:aws:iam::{world.account}:role/flow-logs",
        MaxAggregationInterval=60,
        **more,
    )
    return logs


@pytest.mark.parametrize("kind", ["VPC", "Subnet", "NetworkInterface"])
def test_flow_logs_tell_who_an_interface_talked_to(world: NetworkWorld, kind: str) -> None:
    logs = _log(world, kind, {"VPC": world.vpc_id, "Subnet": world.subnet_id, "NetworkInterface": world.first}[kind])
    world.flow(peer=PEER)
    world.flow(interface=world.second, peer="198.51.100.7")
    assert logs.filter_log_events(logGroupName="flows")["events"] == []
    world.sandbox.control("POST", "/clock", {"advance_s": 61})
    found = [one["message"].split() for one in logs.filter_log_events(logGroupName="flows")["events"]]
    assert all(len(fields) == 14 and fields[0] == "2" and fields[12:] == ["ACCEPT", "OK"] for fields in found)
    peers = {(fields[2], fields[4]) for fields in found if fields[6] == "443"}
    expected = {(world.first, PEER), (world.second, "198.51.100.7")}
    assert peers == ({(world.first, PEER)} if kind == "NetworkInterface" else expected)
    assert {fields[3] for fields in found if fields[5] == "443"} >= {PEER}


def test_flow_logs_name_a_stream_for_each_interface_and_are_delivered_once(world: NetworkWorld) -> None:
    logs = _log(world, "VPC", world.vpc_id)
    world.flow()
    world.sandbox.control("POST", "/clock", {"advance_s": 61})
    first = logs.filter_log_events(logGroupName="flows")["events"]
    assert {one["logStreamName"] for one in first} == {f"{world.first}-all"}
    assert len(logs.filter_log_events(logGroupName="flows")["events"]) == len(first)
    world.sandbox.control("POST", "/clock", {"advance_s": 60})
    assert len(logs.filter_log_events(logGroupName="flows")["events"]) > len(first)


def test_a_flow_that_has_ended_is_logged_no_more(world: NetworkWorld) -> None:
    logs = _log(world, "VPC", world.vpc_id)
    world.flow()
    world.deny(1, True, f"{PEER}/32")
    world.sandbox.control("POST", "/clock", {"advance_s": 121})
    before = logs.filter_log_events(logGroupName="flows")["events"]
    world.sandbox.control("POST", "/clock", {"advance_s": 600})
    assert logs.filter_log_events(logGroupName="flows")["events"] == before


def test_flow_logs_have_the_fields_that_were_asked_for(world: NetworkWorld) -> None:
    logs = _log(world, "VPC", world.vpc_id, LogFormat="${instance-id} ${dstaddr} ${flow-direction} ${pkt-srcaddr}")
    world.flow()
    world.sandbox.control("POST", "/clock", {"advance_s": 61})
    found = {one["message"] for one in logs.filter_log_events(logGroupName="flows")["events"]}
    assert f"{world.instance_id} {PEER} egress -" in found
