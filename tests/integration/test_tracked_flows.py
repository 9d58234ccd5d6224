"""Connections that were there before containment die with it, or are told to live; nobody else's do, and release gives everything back."""

from __future__ import annotations

import contextlib
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

import pytest
from dying import run_dying
from hypothesis import given, settings
from hypothesis import strategies as st
from network_world import NetworkWorld
from play import Played, play_tasks
from sandbox_client import Sandbox

CONTAIN = "cordon.aws.ec2_instance_containment"
RELEASE = "cordon.aws.case_release"
# Each example makes a network and its flows through the API, and runs a playbook.
FEW = settings(max_examples=max(settings().max_examples // 30, 1))
MEASURES = ["network", "tracked_flows"]
FIREWALL = "network_firewall"
WAYS = {
    "nat_gateway": "a NAT gateway",
    "transit_gateway": "a transit gateway",
    "egress_only_internet_gateway": "an egress-only internet gateway",
    "network_load_balancer": "a Network Load Balancer",
    "gateway_load_balancer": "a Gateway Load Balancer",
    "global_accelerator": "Global Accelerator",
    "privatelink": "AWS PrivateLink",
    "network_firewall": "a Network Firewall endpoint",
}
"""What the control interface calls a way, and what people read."""


class World(NetworkWorld):
    """The same with a route to the internet through a NAT gateway, and what a containment may change, to be compared."""

    def __init__(self, sandbox: Sandbox) -> None:
        super().__init__(sandbox)
        self.twin_id = self.launch()
        self.twin = self.interfaces(self.twin_id)[0]
        self.arn = f"arn:aws:ec2:us-east-1:{self.account}:instance/{self.instance_id}"

    def launch(self) -> str:
        interface = {"DeviceIndex": 0, "SubnetId": self.subnet_id, "Groups": [self.group_id]}
        made = self.ec2.run_instances(
            ImageId="ami-12345678", MinCount=1, MaxCount=1, InstanceType="m5.large", NetworkInterfaces=[interface]
        )
        return str(made["Instances"][0]["InstanceId"])

    def route_by_nat(self) -> None:
        address = self.ec2.allocate_address(Domain="vpc")["AllocationId"]
        made = self.ec2.create_nat_gateway(SubnetId=self.subnet_id, AllocationId=address)["NatGateway"]
        self.ec2.create_route(
            RouteTableId=self.table(), DestinationCidrBlock="0.0.0.0/0", NatGatewayId=made["NatGatewayId"]
        )

    def route_by_others(self) -> None:
        """A transit gateway to one network, an egress-only internet gateway for IPv6."""
        transit = self.ec2.create_transit_gateway()["TransitGateway"]["TransitGatewayId"]
        self.ec2.create_transit_gateway_vpc_attachment(
            TransitGatewayId=transit, VpcId=self.vpc_id, SubnetIds=[self.subnet_id]
        )
        made = self.ec2.create_egress_only_internet_gateway(VpcId=self.vpc_id)["EgressOnlyInternetGateway"]
        table, egress_only = self.table(), made["EgressOnlyInternetGatewayId"]
        self.ec2.create_route(RouteTableId=table, DestinationCidrBlock="172.16.0.0/12", TransitGatewayId=transit)
        self.ec2.create_route(
            RouteTableId=table, DestinationIpv6CidrBlock="::/0", EgressOnlyInternetGatewayId=egress_only
        )

    def table(self) -> str:
        filters = [{"Name": "vpc-id", "Values": [self.vpc_id]}, {"Name": "association.main", "Values": ["true"]}]
        return str(self.ec2.describe_route_tables(Filters=filters)["RouteTables"][0]["RouteTableId"])

    def log_flows(self) -> None:
        self.client("logs").create_log_group(logGroupName="flows")
        self.ec2.create_flow_logs(
            ResourceIds=[self.vpc_id],
            ResourceType="VPC",
            TrafficType="ALL",
            LogGroupName="flows",
            DeliverLogsPermissionArn=f"arn:aws:iam::{self.account}:role/flow-logs",
            MaxAggregationInterval=60,
        )

    def state(self) -> dict[str, Any]:
        """Everything of the VPC that could be changed: interfaces, groups, network ACLs."""
        filters = [{"Name": "vpc-id", "Values": [self.vpc_id]}]
        interfaces = self.ec2.describe_network_interfaces(Filters=filters)["NetworkInterfaces"]
        return {
            "interfaces": {
                one["NetworkInterfaceId"]: (
                    [group["GroupId"] for group in one["Groups"]],
                    {**USUAL_TIMEOUTS, **one.get("ConnectionTrackingConfiguration", {})},
                    one.get("TagSet", []),
                )
                for one in interfaces
            },
            "groups": sorted(
                one["GroupId"] for one in self.ec2.describe_security_groups(Filters=filters)["SecurityGroups"]
            ),
            "entries": self.ec2.describe_network_acls(Filters=filters)["NetworkAcls"],
        }

    def tags(self, interface_id: str) -> dict[str, str]:
        found = self.ec2.describe_network_interfaces(NetworkInterfaceIds=[interface_id])["NetworkInterfaces"][0]
        return {tag["Key"]: tag["Value"] for tag in found.get("TagSet", [])}

    def denials(self, egress: bool) -> dict[int, str]:
        """number -> network, of entries that deny everything"""
        entries = self.ec2.describe_network_acls(NetworkAclIds=[self.network_acl()])["NetworkAcls"][0]["Entries"]
        return {
            one["RuleNumber"]: one.get("CidrBlock") or one["Ipv6CidrBlock"]
            for one in entries
            if one["Egress"] == egress and one["RuleAction"] == "deny" and one["RuleNumber"] < 32_767
        }

    def given(self, **more: Any) -> dict[str, Any]:
        return {"case_id": "case-1", "instance_ids": [self.arn], "measures": MEASURES, **more}


# https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/security-group-connection-tracking.html#connection-tracking-timeouts
USUAL_TIMEOUTS = {"TcpEstablishedTimeout": 432_000, "UdpStreamTimeout": 180, "UdpTimeout": 30}
LOWEST_TIMEOUTS = {"TcpEstablishedTimeout": 60, "UdpStreamTimeout": 60, "UdpTimeout": 30}


@pytest.fixture
def world(sandbox: Sandbox) -> World:
    return World(sandbox)


def contained(played: Played) -> Iterator[dict[str, Any]]:
    assert played.ok, "\n".join(str(one.get("msg")) for one in played.results) + played.stdout[:3_000]
    return (one["results"][0] for one in played.results if one["module"] == CONTAIN)


def test_flows_that_the_rules_had_tracked_are_cut_and_the_moment_is_measured(world: World, tmp_path: Path) -> None:
    before = world.state()
    flows = [
        world.flow(),
        world.flow(protocol="udp", peer_port=53_000),
        world.flow(direction="inbound", peer="203.0.113.9", local_port=22),
        world.flow(interface=world.second),
    ]
    untouched = world.flow(instance_id=world.twin_id, interface=world.twin)
    idle = world.flow(idle=True, peer="198.51.100.9")
    played = play_tasks(world.sandbox, tmp_path, [{CONTAIN: world.given()}, {CONTAIN: world.given()}])
    first, second = contained(played)
    assert {flow: world.alive(flow) for flow in flows} == dict.fromkeys(flows, False)
    assert world.flows(world.twin_id)[untouched]["alive"]
    assert not second["changed"] and second["verified"]

    # What is silent cannot be cut, which is told, and is forgotten after the least time that AWS allows.
    assert world.alive(idle)
    assert any("silent" in one["what"] and world.first in one["what"] for one in first["residual"])
    world.sandbox.control("POST", "/clock", {"advance_s": 61})
    assert not world.alive(idle)

    # No interface was open for longer than is reported, nor at any other time.
    windows = world.windows()
    assert {one["interface"] for one in windows} == {world.first, world.second}
    for one in windows:
        said = re.search(r"open for at most (\d+) ms", world.tags(one["interface"])["cordon:flows-cut"])
        assert said and one["ms"] <= int(said[1]) < 20_000
        assert any(said[0] in fact["fact"] and one["interface"] in fact["fact"] for fact in first["proof"])
    assert world.state()["interfaces"][world.first][1] == LOWEST_TIMEOUTS

    back = play_tasks(world.sandbox, tmp_path, [{RELEASE: {"case_id": "case-1"}}])
    assert back.ok, back.stdout
    assert world.state() == before


def test_peers_behind_a_nat_gateway_are_denied_from_the_flow_logs(world: World, tmp_path: Path) -> None:
    world.route_by_nat()
    world.log_flows()
    before = world.state()
    through = world.flow(via="nat_gateway", peer="198.51.100.66")
    inside = world.flow(peer="10.20.1.200", peer_port=5432)
    world.sandbox.control("POST", "/clock", {"advance_s": 120})
    (first,) = contained(play_tasks(world.sandbox, tmp_path, [{CONTAIN: world.given()}]))
    assert not world.alive(through) and not world.alive(inside)
    assert world.denials(egress=True) == world.denials(egress=False) == {99: "198.51.100.66/32"}
    assert any("198.51.100.66/32" in note and "2 other interfaces" in note for note in first["notes"])

    back = play_tasks(world.sandbox, tmp_path, [{RELEASE: {"case_id": "case-1"}}])
    assert back.ok, back.stdout
    assert world.state() == before


def covers(one: dict[str, str], flow: dict[str, Any]) -> bool:
    """Whether an entry of `residual` tells of a flow."""
    if flow["protocol"] == "icmp":
        return one["what"].startswith("ICMP")
    if flow["via"]:
        return WAYS[flow["via"]] in one["what"]
    return "silent" in one["what"] and flow["interface"] in one["what"]


flows = st.fixed_dictionaries(
    {
        "protocol": st.sampled_from(["tcp", "udp", "icmp"]),
        "via": st.sampled_from([None, None, *(way for way in WAYS if way != FIREWALL)]),
        "direction": st.sampled_from(["inbound", "outbound"]),
        "peer": st.sampled_from(["198.51.100.7", "203.0.113.9", "192.0.2.66", "10.20.1.200"]),
        "local_port": st.sampled_from([22, 50_000]),
        "peer_port": st.sampled_from([443, 53_000]),
    },
    optional={"every_s": st.sampled_from([0, 1, 30, 600])},
)


@FEW
@given(wishes=st.lists(flows, min_size=20, max_size=20), second=st.lists(st.booleans(), min_size=20, max_size=20))
def test_every_flow_is_dead_or_told(running: Sandbox, wishes: list[dict[str, Any]], second: list[bool]) -> None:
    """Whatever it is, however it goes: one peer is named and dead altogether, the others are cut, or listed with the reason."""
    running.control("POST", "/reset")
    world = World(running)
    world.route_by_nat()
    world.route_by_others()
    for wish, by_second in zip(wishes, second, strict=True):
        with contextlib.suppress(HTTPError):  # the rules in force do not let it begin
            world.flow(**wish, interface=world.second if by_second else world.first)
    through, ping = world.flow(via="nat_gateway"), world.flow(protocol="icmp", peer_port=None, local_port=None)
    with tempfile.TemporaryDirectory() as place:
        given = world.given(remote_peers=["192.0.2.66/32"])
        (first,) = contained(play_tasks(running, Path(place), [{CONTAIN: given}]))
    assert world.alive(through) and world.alive(ping)
    living = [flow for flow in world.flows().values() if flow["alive"]]
    assert [flow for flow in living if not any(covers(one, flow) for one in first["residual"])] == []
    assert [flow for flow in living if flow["peer"] == "192.0.2.66"] == []
    assert [flow for flow in living if not flow["tracked"]] == []


def test_what_lives_names_whom_it_may_be_with(world: World, tmp_path: Path) -> None:
    """Without flow logs nobody knows the peers; those that are named are denied, the others told."""
    world.route_by_nat()
    named, other = world.flow(via="nat_gateway", peer="192.0.2.66"), world.flow(via="nat_gateway")
    pinging = world.flow(protocol="icmp", peer="192.0.2.66", peer_port=None, local_port=None)
    (first,) = contained(play_tasks(world.sandbox, tmp_path, [{CONTAIN: world.given(remote_peers=["192.0.2.64/30"])}]))
    assert [world.alive(flow) for flow in (named, pinging, other)] == [False, False, True]
    (by_nat,) = (one for one in first["residual"] if "a NAT gateway" in one["what"])
    assert "192.0.2.64/30" in by_nat["what"] and "there is no flow log" in by_nat["why"]


def test_without_opening_anything_the_flows_are_told_to_live(world: World, tmp_path: Path) -> None:
    flow = world.flow()
    (first,) = contained(play_tasks(world.sandbox, tmp_path, [{CONTAIN: world.given(convert_flows=False)}]))
    assert world.windows() == []
    assert world.alive(flow)
    assert any(world.first in one["what"] and "they were not cut" in one["why"] for one in first["residual"])


def test_an_interface_that_a_run_which_died_left_open_is_closed_first(world: World, tmp_path: Path) -> None:
    before = world.state()
    contained(play_tasks(world.sandbox, tmp_path, [{CONTAIN: world.given()}]))
    world.ec2.delete_tags(Resources=[world.first], Tags=[{"Key": "cordon:flows-cut"}])
    world.put(world.group("CordonOpen", ["0.0.0.0/0"]), world.first)
    world.sandbox.control("DELETE", "/calls")
    (again,) = contained(play_tasks(world.sandbox, tmp_path, [{CONTAIN: world.given()}]))
    assert [step["facet"] for step in again["steps"]] == [
        f"interface_left_open/{world.first}",
        f"flows_cut/{world.first}",
    ]
    back = play_tasks(world.sandbox, tmp_path, [{RELEASE: {"case_id": "case-1"}}])
    assert back.ok, back.stdout
    assert world.state() == before


def test_a_run_may_die_anywhere_and_nothing_is_lost_or_left_open(sandbox: Sandbox, tmp_path: Path) -> None:
    """Killed after every single change: the next run closes what is open before it does anything else, and finishes; the
    release knows the groups that each interface had."""
    left_open, number, status = 0, 1, 9
    while status == 9:
        sandbox.control("POST", "/reset")
        world, cases = World(sandbox), tmp_path / f"{number}"
        before, flow = world.state(), world.flow()

        def run(action: str, boundary: int = -1, arn: str = world.arn, cases: Path = cases) -> int:
            return run_dying("dying_instance_run.py", sandbox, [action, arn, str(cases), str(boundary)])

        status = run("contain", number)
        left_open += any(one["until"] is None for one in world.windows())
        assert run("contain") == 0
        assert [one for one in world.windows() if one["until"] is None] == []
        assert not world.alive(flow)
        assert run("release") == 0
        assert world.state() == before, f"after a run that died at boundary {number}"
        number += 2
    assert number > 20 and left_open > 0, "it died in the moments that matter, too"


def test_an_interface_that_was_left_open_goes_back_to_its_own_groups(world: World, tmp_path: Path) -> None:
    before = world.state()
    contained(play_tasks(world.sandbox, tmp_path, [{CONTAIN: world.given()}]))
    world.put(world.group("CordonOpen", ["0.0.0.0/0"]), world.first)
    back = play_tasks(world.sandbox, tmp_path, [{RELEASE: {"case_id": "case-1", "force": True}}])
    assert back.ok, back.stdout
    after = world.state()
    after["interfaces"][world.first] = (*after["interfaces"][world.first][:2], [])  # its mark did not count, and stays
    assert after == before


@pytest.mark.parametrize("fault", ["drop_after", "drop_before", "InternalError"])
def test_nothing_stays_open_whatever_becomes_of_the_answers(world: World, tmp_path: Path, fault: str) -> None:
    flow = world.flow()
    wish = {"service": "ec2", "operation": "ModifyNetworkInterfaceAttribute", "error": fault, "rate": 0.4, "seed": 5}
    world.sandbox.control("POST", "/faults", wish)
    play_tasks(world.sandbox, tmp_path, [{CONTAIN: world.given()}])
    world.sandbox.control("DELETE", "/faults")
    assert [one for one in world.windows() if one["until"] is None] == []
    contained(play_tasks(world.sandbox, tmp_path, [{CONTAIN: world.given()}]))
    assert not world.alive(flow)


def test_a_firewall_in_the_way_is_flushed_once(world: World, tmp_path: Path) -> None:
    client = world.client("network-firewall")
    content = {
        "StatelessDefaultActions": ["aws:forward_to_sfe"],
        "StatelessFragmentDefaultActions": ["aws:forward_to_sfe"],
    }
    policy = client.create_firewall_policy(FirewallPolicyName="inspect", FirewallPolicy=content)
    subnet = world.ec2.create_subnet(VpcId=world.vpc_id, CidrBlock="10.20.9.0/28", AvailabilityZone="us-east-1a")
    made = client.create_firewall(
        FirewallName="edge",
        FirewallPolicyArn=policy["FirewallPolicyResponse"]["FirewallPolicyArn"],
        VpcId=world.vpc_id,
        SubnetMappings=[{"SubnetId": subnet["Subnet"]["SubnetId"]}],
    )
    endpoint = made["FirewallStatus"]["SyncStates"]["us-east-1a"]["Attachment"]["EndpointId"]
    world.ec2.create_route(RouteTableId=world.table(), DestinationCidrBlock="0.0.0.0/0", VpcEndpointId=endpoint)
    before = world.state()
    out, into = (
        world.flow(via=FIREWALL),
        world.flow(via=FIREWALL, direction="inbound", peer="203.0.113.9", local_port=22),
    )
    beside = world.flow(instance_id=world.twin_id, interface=world.twin, via=FIREWALL)
    first, second = contained(play_tasks(world.sandbox, tmp_path, [{CONTAIN: world.given()}, {CONTAIN: world.given()}]))
    assert not world.alive(out) and not world.alive(into)
    assert world.flows(world.twin_id)[beside]["alive"]
    assert any(WAYS[FIREWALL] in one["what"] and "was flushed" in one["why"] for one in first["residual"])
    assert not second["changed"]
    back = play_tasks(world.sandbox, tmp_path, [{RELEASE: {"case_id": "case-1"}}])
    assert back.ok, back.stdout
    assert world.state() == before


def test_entries_are_shared_and_stay_while_another_is_contained_by_them(world: World, tmp_path: Path) -> None:
    before = world.state()
    twin = f"arn:aws:ec2:us-east-1:{world.account}:instance/{world.twin_id}"
    both = world.given(instance_ids=[world.arn, twin], remote_peers=["198.51.100.66/32", "2001:db8::66/128"])
    assert play_tasks(world.sandbox, tmp_path, [{CONTAIN: {**both, "measures": MEASURES}}]).ok
    assert world.denials(egress=True) == {99: "198.51.100.66/32", 98: "2001:db8::66/128"}
    release = {"case_id": "case-1", "instance_ids": [twin], "state": "released", "measures": ["tracked_flows"]}
    assert play_tasks(world.sandbox, tmp_path, [{CONTAIN: release}]).ok
    assert world.denials(egress=True) == {99: "198.51.100.66/32", 98: "2001:db8::66/128"}
    back = play_tasks(world.sandbox, tmp_path, [{RELEASE: {"case_id": "case-1"}}])
    assert back.ok, back.of("case_release")["msg"]
    assert world.state() == before


def test_more_peers_than_there_is_room_for_are_refused_with_numbers(world: World, tmp_path: Path) -> None:
    peers = [f"198.51.100.{number}/32" for number in range(25)]
    played = play_tasks(world.sandbox, tmp_path, [{CONTAIN: world.given(remote_peers=peers)}])
    assert not played.ok
    assert "25 entries are needed, and there is room for 18" in played.of("ec2_instance_containment")["msg"]
    assert len(world.denials(egress=True)) == len(world.denials(egress=False)) == 18


def test_check_mode_opens_nothing_and_plans_what_the_run_does(world: World, tmp_path: Path) -> None:
    before = world.state()
    given = world.given(remote_peers=["198.51.100.66/32"])
    planned = play_tasks(world.sandbox, tmp_path, [{CONTAIN: given}], cmdline="--check")
    assert planned.ok and world.state() == before and world.windows() == []
    plan = planned.of("ec2_instance_containment")["plan_id"]
    assert play_tasks(world.sandbox, tmp_path, [{CONTAIN: {**given, "approved_plan": plan}}]).ok


def test_without_the_forensic_group_nothing_is_opened(world: World, tmp_path: Path) -> None:
    played = play_tasks(world.sandbox, tmp_path, [{CONTAIN: world.given(measures=["tracked_flows"])}])
    assert not played.ok and "Take the measure `network`, too" in played.of("ec2_instance_containment")["msg"]
    assert world.windows() == []
