"""What is planned for flows that outlive a change of groups, over generated networks, and what stands in a log and is none of ours."""

from __future__ import annotations

import dataclasses
import ipaddress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cordon.aws.plugins.module_utils.ec2.flow_facets import peers_to_deny
from ansible_collections.cordon.aws.plugins.module_utils.ec2.flow_residual import residual
from ansible_collections.cordon.aws.plugins.module_utils.ec2.instances import instance_of_arn
from ansible_collections.cordon.aws.plugins.module_utils.errors import CordonError, QuotaError, RefusedError
from ansible_collections.cordon.aws.plugins.module_utils.history import PastStep, in_force, release_steps
from ansible_collections.cordon.aws.plugins.module_utils.measures.tracked_flows import TrackedFlows
from ansible_collections.cordon.aws.plugins.module_utils.plan import Step, planned_state

TARGET = instance_of_arn("arn:aws:ec2:us-east-1:111122223333:instance/i-0abcdef1234567890")
PEER = "198.51.100.66/32"
FIREWALL = ["arn:aws:network-firewall:us-east-1:111122223333:firewall/edge", "us-east-1a"]
LOWEST = {"TcpEstablishedTimeout": 60, "UdpStreamTimeout": 60, "UdpTimeout": 30}
USUAL = {"TcpEstablishedTimeout": 432_000, "UdpStreamTimeout": 180, "UdpTimeout": 30}
NAT = ["0.0.0.0/0", "a NAT gateway"]
IGW = ["0.0.0.0/0", "an internet gateway"]
LOCAL = ["10.0.0.0/16", "local"]


def eni(number: int) -> str:
    return f"eni-{number:017x}"


def acl(number: int) -> str:
    return f"acl-{number:017x}"


def interface(**more: Any) -> dict[str, Any]:
    """What is seen of one interface."""
    plain: dict[str, Any] = {
        "groups": ["CordonForensic"],
        "acl": 0,
        "routes": [LOCAL, NAT],
        "firewalls": [],
        "timeouts": USUAL,
        "cut": False,
        "flushed": False,
        "logged": None,
    }
    return {**plain, **more}


def state(*interfaces: dict[str, Any], room: int = 19, denied: tuple[str, ...] = ()) -> dict[str, Any]:
    found: dict[str, Any] = {"interface_flows": {}}
    for number, one in enumerate(interfaces):
        name, acl_id = eni(number), acl(one["acl"])
        found["interface_flows"][name] = {
            "vpc": "vpc-0123456789abcdef0",
            "subnet": f"subnet-{one['acl']:017x}",
            "acl": acl_id,
            "routes": one["routes"],
            "addresses": [f"10.0.0.{number + 4}"],
            "firewalls": one["firewalls"],
            "is_branch": False,
        }
        found[f"interface_groups/{name}"] = one["groups"]
        found[f"flows_cut/{name}"] = "cut" if one["cut"] else None
        found[f"flows_cut_at/{name}"] = "2026-01-31T03:04:05Z, open for at most 350 ms" if one["cut"] else None
        found[f"firewall_flows/{name}"] = "flushed" if one["flushed"] else None
        found[f"idle_timeouts/{name}"] = one["timeouts"]
        found[f"acl_room/{acl_id}"] = {direction: {"4": room, "6": room} for direction in ("ingress", "egress")}
        if one["logged"] is not None:
            found[f"flow_peers/{name}"] = one["logged"]
        for peer in denied:
            for direction in ("ingress", "egress"):
                found[f"shared/acl_denial/{acl_id}/{direction}/{peer}"] = "denied"
    return found


peers = st.lists(st.integers(1, 2**32 - 1).map(lambda one: f"{ipaddress.ip_address(one)}/32"), max_size=4, unique=True)
interfaces = st.builds(
    interface,
    acl=st.integers(0, 1),
    routes=st.sampled_from([[LOCAL, NAT], [LOCAL, IGW], [LOCAL]]),
    firewalls=st.sampled_from([[], [FIREWALL]]),
    timeouts=st.sampled_from([None, USUAL, LOWEST, {**USUAL, "TcpEstablishedTimeout": 3_600}]),
    cut=st.booleans(),
    flushed=st.booleans(),
    logged=st.none() | st.builds(lambda seen: {"peers": seen, "icmp": seen[:1], "unread": ""}, peers),
)
states = st.lists(interfaces, min_size=1, max_size=5).map(lambda some: state(*some))
measures = st.builds(TrackedFlows, convert_flows=st.booleans(), remote_peers=peers.map(tuple))


def planned(measure: TrackedFlows, seen: dict[str, Any]) -> tuple[list[Step], CordonError | None]:
    steps: list[Step] = []
    try:
        steps.extend(measure.plan(seen, TARGET))
    except CordonError as error:
        return steps, error
    return steps, None


@given(measures, states)
def test_a_plan_carried_out_leaves_nothing_to_do_and_proves_it(measure: TrackedFlows, seen: dict[str, Any]) -> None:
    steps, error = planned(measure, seen)
    assert error is None
    after = planned_state(seen, steps)
    assert planned(measure, after) == ([], None)
    assert all(fact.holds for fact in measure.verify(after, TARGET))
    assert all(fact.holds for fact in measure.verify(seen, TARGET)) == (not steps)


@given(measures, states)
def test_release_of_a_plan_gives_back_what_was(measure: TrackedFlows, seen: dict[str, Any]) -> None:
    """Found out of the log, by a measure that knows no wish, and newest first."""
    steps, _error = planned(measure, seen)
    assert all(TrackedFlows().can_have_planned(step, TARGET) for step in steps)
    past = [PastStep(time="2026-01-31T03:04:05Z", action="contain", step=step, done=True) for step in steps]
    undoing, conflicts = release_steps(in_force(past), planned_state(seen, steps))
    assert conflicts == []
    was = {
        facet: value for facet, value in planned_state(planned_state(seen, steps), undoing).items() if value is not None
    }
    assert was == {facet: value for facet, value in seen.items() if value is not None}


@given(measures, states)
def test_peers_are_denied_before_anything_is_opened(measure: TrackedFlows, seen: dict[str, Any]) -> None:
    """Else a peer that is known could use the moment."""
    operations = [step.call.operation for step in planned(measure, seen)[0]]
    if "CutTrackedFlows" in operations:
        assert "DenyPeer" not in operations[operations.index("CutTrackedFlows") :]
    assert ("CutTrackedFlows" in operations) <= measure.convert_flows


@pytest.mark.parametrize("groups", [["sg-0123456789abcdef0"], ["CordonForensic", "sg-0123456789abcdef0"], []])
def test_what_is_not_contained_is_not_opened(groups: list[str]) -> None:
    """The others are, and the timeouts are lowered all the same."""
    steps, error = planned(TrackedFlows(), state(interface(groups=groups), interface()))
    assert [step.facet for step in steps] == [
        f"flows_cut/{eni(1)}",
        f"idle_timeouts/{eni(0)}",
        f"idle_timeouts/{eni(1)}",
    ]
    assert isinstance(error, RefusedError) and eni(0) in str(error) and "`network`" in str(error)


@pytest.mark.parametrize(
    ("routes", "icmp", "converts", "wanted"),
    [
        ([LOCAL, NAT], [], True, [PEER]),
        ([LOCAL, IGW], [], True, []),
        ([LOCAL, IGW], [PEER], True, [PEER]),
        ([LOCAL, IGW], [], False, [PEER]),
        ([LOCAL, NAT, ["198.51.100.0/24", "a peering connection"]], [], True, []),
        ([LOCAL, IGW, ["198.51.100.0/24", "a transit gateway"]], [], True, [PEER]),
        ([["198.51.100.0/24", "local"], NAT], [PEER], True, []),
        ([LOCAL, ["::/0", "an egress-only internet gateway"]], [], True, []),
    ],
)
def test_entries_are_made_only_where_flows_outlive_the_rules(
    routes: list[list[str]], icmp: list[str], converts: bool, wanted: list[str]
) -> None:
    """By the most specific route to the peer, and never for one inside the VPC."""
    logged = {"peers": [PEER], "icmp": icmp, "unread": ""}
    assert peers_to_deny({"routes": routes}, logged, converts=converts) == wanted


@pytest.mark.parametrize(
    ("spared", "wanted"),
    [((), [PEER]), (("198.51.100.0/24",), []), (("2001:db8::/32", "pl-0123456789abcdef0"), [PEER])],
)
def test_who_may_still_come_in_is_not_denied_because_a_log_tells_of_them(
    spared: tuple[str, ...], wanted: list[str]
) -> None:
    """What runs on the instance can ping the forensic station, or write into the log group."""
    logged = {"peers": [PEER], "icmp": [PEER], "unread": ""}
    seen = state(interface(logged=logged))
    steps, _error = planned(TrackedFlows(allow_from=spared), seen)
    assert {step.facet.rpartition("egress/")[2] for step in steps if "/egress/" in step.facet} == set(wanted)


def test_as_many_peers_are_denied_as_there_is_room_for_the_rest_is_refused_with_numbers() -> None:
    named = tuple(f"198.51.100.{number}/32" for number in range(5))
    steps, error = planned(TrackedFlows(remote_peers=named, convert_flows=False), state(interface(), room=3))
    assert [step.facet.rpartition("egress/")[2] for step in steps if "egress" in step.facet] == list(named[:3])
    assert isinstance(error, QuotaError)
    assert "5 entries are needed, and there is room for 3" in str(error) and "20 in each direction" in str(error)


def test_neighbours_that_lose_a_peer_are_counted_in_the_notes() -> None:
    seen = {**state(interface()), f"acl_neighbours/{acl(0)}": 7}
    (note,) = TrackedFlows(remote_peers=(PEER,)).notes(seen, TARGET)
    assert "7 other interfaces" in note and PEER in note and acl(0) in note
    inside = TrackedFlows(remote_peers=("10.0.3.4/32",)).notes(seen, TARGET)
    assert any("10.0.3.4/32 is inside vpc-0123456789abcdef0" in note for note in inside)


@pytest.mark.parametrize(
    "changes",
    [
        {"undo": (TARGET.call("AuthorizeSecurityGroupIngress", GroupId="sg-0123456789abcdef0"),)},
        {"undo": ()},
        {"before": "denied"},
        {"after": None},
        {"facet": f"shared/acl_denial/{acl(0)}/egress/0.0.0.0/0"},
        {"facet": f"shared/acl_denial/{acl(0)}/ingress/{PEER}"},
        {"facet": f"flows_cut/{eni(0)}"},
    ],
)
def test_an_entry_that_somebody_wrote_into_the_log_is_not_ours(changes: dict[str, Any]) -> None:
    (step,) = (
        step
        for step in TrackedFlows(remote_peers=(PEER,)).plan(state(interface()), TARGET)
        if step.facet == f"shared/acl_denial/{acl(0)}/egress/{PEER}"
    )
    assert TrackedFlows().can_have_planned(step, TARGET)
    assert not TrackedFlows().can_have_planned(dataclasses.replace(step, **changes), TARGET)


def test_a_denial_of_everybody_cannot_be_ours_however_well_it_fits() -> None:
    everybody = TrackedFlows(remote_peers=("0.0.0.0/0",), convert_flows=False)
    for step in everybody.plan(state(interface(timeouts=None)), TARGET):
        assert not TrackedFlows().can_have_planned(step, TARGET)


@pytest.mark.parametrize(
    "before",
    [
        {**USUAL, "TcpEstablishedTimeout": 59},
        {**USUAL, "UdpTimeout": 61},
        {**USUAL, "UdpTimeout": True},
        {"TcpEstablishedTimeout": 432_000},
        None,
    ],
)
def test_timeouts_out_of_a_log_are_those_that_aws_takes(before: Any) -> None:
    (step,) = TrackedFlows(convert_flows=False).plan(state(interface()), TARGET)
    assert TrackedFlows().can_have_planned(step, TARGET)
    back = TARGET.call(
        "ModifyNetworkInterfaceAttribute", NetworkInterfaceId=eni(0), ConnectionTrackingSpecification=before
    )
    assert not TrackedFlows().can_have_planned(dataclasses.replace(step, before=before, undo=(back,)), TARGET)


@pytest.mark.parametrize("dwell_ms", [-1, 10_001, 3_600_000, 0.5, "300", True])
def test_nothing_out_of_a_log_opens_an_interface_for_long(dwell_ms: Any) -> None:
    step = next(iter(TrackedFlows(dwell_ms=dwell_ms).plan(state(interface()), TARGET)))
    assert step.call.operation == "CutTrackedFlows"
    assert not TrackedFlows().can_have_planned(step, TARGET)


class TestResidual:
    def test_nothing_is_said_where_nobody_looked(self) -> None:
        assert residual({}, TARGET) == []

    def test_flows_that_were_not_cut_are_told_with_how_long_they_may_be_idle(self) -> None:
        (uncut, *_others) = residual(state(interface(timeouts=USUAL)), TARGET)
        assert eni(0) in uncut["what"] and "432000 s" in uncut["why"]
        (cut, *_others) = residual(state(interface(cut=True, timeouts=LOWEST)), TARGET)
        assert "silent" in cut["what"] and "350 ms" in cut["what"] and "60 s" in cut["why"]

    def test_instances_on_xen_are_told_to_keep_what_is_idle(self) -> None:
        """https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/security-group-connection-tracking.html: Nitro only."""
        (cut, *_others) = residual(state(interface(cut=True, timeouts=None)), TARGET)
        assert "cannot be changed" in cut["why"]

    def test_peers_that_are_denied_are_left_out_of_what_lives(self) -> None:
        seen = state(interface(cut=True), denied=(PEER,))
        (by_nat,) = (one for one in residual(seen, TARGET) if "NAT" in one["what"])
        assert f"other peers than {PEER}" in by_nat["what"]
        del seen[f"shared/acl_denial/{acl(0)}/ingress/{PEER}"]
        (by_nat,) = (one for one in residual(seen, TARGET) if "NAT" in one["what"])
        assert "all peers" in by_nat["what"] and PEER not in by_nat["what"]

    def test_only_ways_that_are_always_tracked_are_told(self) -> None:
        told = " ".join(one["what"] for one in residual(state(interface(routes=[LOCAL, IGW])), TARGET))
        assert "internet gateway" not in told and "NAT" not in told and "ICMP" in told and "Load Balancer" in told
