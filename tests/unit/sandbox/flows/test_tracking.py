"""Connection tracking as https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/security-group-connection-tracking.html documents it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sandbox_flows import ALL_OPEN, NOTHING, OPEN_ACL, OPEN_IN, OPEN_OUT, at, entry, flow, moment, rule

from sandbox.flows.packets import Flow, Rule
from sandbox.flows.tracking import ALWAYS_TRACKED, Cut, Timeouts, fate, refusal

SSH_FROM_ONE = rule(False, "tcp", (22, 22), "203.0.113.77/32")
SSH_FROM_ALL = rule(False, "tcp", (22, 22))
HTTPS_TO_ALL = rule(True, "tcp", (443, 443))


# The table of the page's example, and what it says of the rule that is removed.
@pytest.mark.parametrize(
    ("rules", "wanted", "tracked"),
    [
        ((SSH_FROM_ONE, OPEN_OUT), flow("inbound"), True),
        ((rule(False, "tcp", (80, 80)), OPEN_OUT), flow("inbound", local_port=80), False),
        ((rule(False, "tcp", (80, 80)),), flow("inbound", local_port=80), True),
        ((rule(False, "icmp"), OPEN_OUT), flow("inbound", "icmp"), True),
        (ALL_OPEN, flow("inbound", "icmp"), True),
        (ALL_OPEN, flow("inbound", "udp"), False),
        (ALL_OPEN, flow("outbound"), False),
        ((OPEN_OUT,), flow("outbound"), True),
        ((HTTPS_TO_ALL, OPEN_IN), flow("outbound"), False),
        ((HTTPS_TO_ALL, SSH_FROM_ALL), flow("outbound"), True),
        ((rule(False, "tcp", (0, 65_535)), rule(True, "tcp", (0, 65_535))), flow("outbound"), False),
        ((rule(False, "tcp", (0, 65_535)), rule(True, "tcp", (0, 65_535)), OPEN_OUT), flow("outbound", "udp"), True),
        ((rule(False, "tcp", (1, 65_535)), OPEN_OUT), flow("outbound"), True),
        ((rule(False, "-1", None, "::/0"), OPEN_OUT), flow("outbound"), True),
        ((rule(False, "-1", None, "::/0"), rule(True, "-1", None, "::/0")), flow(peer="2001:db8::7"), False),
        ((rule(False, "-1", None, "0.0.0.0/1", "128.0.0.0/1"), OPEN_OUT), flow("outbound"), True),
        ((rule(False, "-1", None, "203.0.113.0/24", "::/0"), OPEN_OUT), flow("outbound"), True),
        ((SSH_FROM_ONE, SSH_FROM_ALL, OPEN_OUT), flow("inbound"), False),
    ],
)
def test_a_flow_is_untracked_where_open_rules_meet_in_both_directions(
    rules: tuple[Rule, ...], wanted: Flow, tracked: bool
) -> None:
    found = fate(wanted, [moment(0, rules)], at(1))
    assert (found.tracked, found.alive) == (tracked, True)


def test_a_tracked_flow_outlives_its_rule() -> None:
    found = fate(flow("inbound"), [moment(0, (SSH_FROM_ONE, OPEN_OUT)), moment(5, NOTHING)], at(400_000))
    assert (found.tracked, found.alive, found.ended_at) == (True, True, None)
    assert "outlives" in found.why


@pytest.mark.parametrize("kept", [NOTHING, (OPEN_OUT,), (SSH_FROM_ALL,)])
def test_an_untracked_flow_is_cut_at_once_when_a_rule_of_either_direction_goes(kept: tuple[Rule, ...]) -> None:
    history = [moment(0, (SSH_FROM_ALL, OPEN_OUT)), moment(5, kept)]
    found = fate(flow("inbound"), history, at(6))
    assert (found.tracked, found.alive, found.ended_at) == (False, False, at(5))
    assert "untracked" in found.why


def test_an_untracked_flow_that_narrower_rules_still_permit_lives_and_is_tracked_from_then_on() -> None:
    narrow = (rule(False, "-1", None, "203.0.113.0/24"), rule(True, "-1", None, "203.0.113.0/24"))
    history = [moment(0, ALL_OPEN), moment(5, narrow), moment(10, NOTHING)]
    assert fate(flow(), history[:2], at(9)).tracked
    assert fate(flow(), history, at(20)).alive


def test_a_tracked_flow_with_traffic_under_all_open_rules_becomes_untracked_and_is_then_cut() -> None:
    history = [moment(0, (OPEN_OUT,)), moment(5, ALL_OPEN), moment(5.2, NOTHING)]
    assert not fate(flow(), history[:2], at(5.1)).tracked
    found = fate(flow(), history, at(6))
    assert (found.alive, found.ended_at) == (False, at(5.2))


def test_none_without_all_open_before_it_cuts_nothing_that_was_tracked() -> None:
    assert fate(flow(), [moment(0, (OPEN_OUT,)), moment(5, NOTHING)], at(6)).alive


@pytest.mark.parametrize("every_s", [None, 60])
def test_what_sends_nothing_while_the_rules_are_open_stays_tracked(every_s: float | None) -> None:
    history = [moment(0, (OPEN_OUT,)), moment(5, ALL_OPEN), moment(5.2, NOTHING)]
    assert fate(flow(every_s=every_s), history, at(100)).alive


def test_a_beacon_is_caught_by_a_window_as_long_as_its_pause() -> None:
    history = [moment(0, (OPEN_OUT,)), moment(5, ALL_OPEN), moment(66, NOTHING)]
    found = fate(flow(every_s=60), history, at(100))
    assert (found.alive, found.ended_at) == (False, at(66))


def test_open_in_one_direction_only_converts_nothing() -> None:
    history = [moment(0, (OPEN_OUT,)), moment(5, (OPEN_IN,)), moment(6, NOTHING)]
    assert fate(flow(), history, at(7)).alive


def test_open_for_another_protocol_converts_nothing() -> None:
    udp = (rule(False, "udp", (0, 65_535)), rule(True, "udp", (0, 65_535)))
    history = [moment(0, (OPEN_OUT,)), moment(5, udp), moment(6, NOTHING)]
    assert fate(flow(), history, at(7)).alive
    assert not fate(flow("outbound", "udp"), history, at(7)).alive


@pytest.mark.parametrize("via", sorted(ALWAYS_TRACKED))
def test_what_is_always_tracked_outlives_the_conversion(via: str) -> None:
    history = [moment(0, ALL_OPEN), moment(5, ALL_OPEN), moment(6, NOTHING)]
    found = fate(flow(via=via), history, at(7))
    assert (found.tracked, found.alive) == (True, True)
    assert ALWAYS_TRACKED[via] in found.why


def test_icmp_outlives_the_conversion() -> None:
    assert fate(flow("outbound", "icmp"), [moment(0, ALL_OPEN), moment(6, NOTHING)], at(7)).alive


@pytest.mark.parametrize("via", [None, *sorted(ALWAYS_TRACKED)])
@pytest.mark.parametrize("egress", [False, True])
def test_a_network_acl_cuts_at_once_by_either_direction_whatever_is_tracked(via: str | None, egress: bool) -> None:
    deny = entry(50, egress, False, "203.0.113.77/32")
    found = fate(flow(via=via), [moment(0, (OPEN_OUT,)), moment(5, (OPEN_OUT,), (deny, *OPEN_ACL))], at(6))
    assert (found.alive, found.ended_at) == (False, at(5))
    assert "entry 50 of the subnet's network ACL" in found.why


@pytest.mark.parametrize(
    ("deny", "alive"),
    [
        (entry(101, True, False, "203.0.113.77/32"), True),  # number 100 allows before it
        (entry(99, True, False, "203.0.113.78/32"), True),
        (entry(99, True, False, protocol="17"), True),
        (entry(99, True, False, protocol="6", ports=(444, 500)), True),
        (entry(99, True, False, protocol="6", ports=(443, 443)), False),
        (entry(99, False, False, protocol="6", ports=(443, 443)), True),  # responses come to port 50000
        (entry(99, False, False, protocol="6", ports=(49_152, 65_535)), False),
        (entry(99, True, False, "::/0"), True),
    ],
)
def test_the_entry_with_the_lowest_number_that_matches_decides(deny: object, alive: bool) -> None:
    acl = (deny, *OPEN_ACL)
    assert fate(flow(), [moment(0, (OPEN_OUT,)), moment(5, (OPEN_OUT,), acl)], at(6)).alive is alive  # type: ignore[arg-type]


def test_a_network_acl_without_entries_denies() -> None:
    assert not fate(flow(), [moment(0, (OPEN_OUT,)), moment(5, (OPEN_OUT,), ())], at(6)).alive


def test_a_network_acl_does_not_see_neighbours_in_the_subnet_nor_the_resolver() -> None:
    deny = (entry(1, True, False), entry(1, False, False))
    for peer in ("10.0.1.20", "10.0.0.2"):
        assert fate(flow(peer=peer), [moment(0, (OPEN_OUT,)), moment(5, NOTHING, deny)], at(6)).alive


def test_groups_do_not_filter_the_resolver() -> None:
    assert refusal(flow("outbound", "udp", peer="10.0.0.2", peer_port=53), moment(0, NOTHING)) is None
    history = [moment(0, ALL_OPEN), moment(5, NOTHING)]
    assert fate(flow("outbound", "udp", peer="10.0.0.2", peer_port=53), history, at(6)).alive


@pytest.mark.parametrize(
    ("wanted", "timeouts", "ends"),
    [
        (flow(every_s=None), Timeouts(), 432_000),
        (flow(every_s=None), Timeouts(tcp_established_s=350), 350),
        (flow("outbound", "udp", every_s=None), Timeouts(), 30),
        (flow("outbound", "udp", every_s=200), Timeouts(), 180),
        (flow("outbound", "udp", every_s=100), Timeouts(), None),
        (flow("outbound", "udp"), Timeouts(), None),
        (flow(), Timeouts(tcp_established_s=60), None),
        (flow(every_s=None, via="network_load_balancer"), Timeouts(), 350),
        (flow("outbound", "udp", every_s=None, via="network_load_balancer"), Timeouts(), 120),
        (flow("outbound", "icmp", every_s=None), Timeouts(), None),
    ],
)
def test_only_what_is_idle_longer_than_its_timeout_ends(wanted: Flow, timeouts: Timeouts, ends: float | None) -> None:
    history = [moment(0, (OPEN_OUT,), timeouts=timeouts)]
    assert fate(wanted, history, at(900_000)).ended_at == (None if ends is None else at(ends))
    if ends is not None:
        assert fate(wanted, history, at(ends - 1)).alive


def test_a_lower_timeout_ends_what_has_been_idle_for_longer_already() -> None:
    history = [moment(0, (OPEN_OUT,)), moment(1_000, NOTHING, timeouts=Timeouts(tcp_established_s=60))]
    found = fate(flow(every_s=None), history, at(1_001))
    assert (found.alive, found.ended_at) == (False, at(1_000))
    assert fate(flow(), history, at(5_000)).alive


def test_an_untracked_flow_has_no_timeout() -> None:
    assert fate(flow(every_s=None), [moment(0, ALL_OPEN)], at(900_000)).alive


def test_a_flow_ends_with_its_interface_and_with_its_cut() -> None:
    history = [moment(0, ALL_OPEN), moment(5, ALL_OPEN, gone="the instance i-1 is stopped")]
    assert fate(flow(), history, at(6)).why == "the instance i-1 is stopped"
    found = fate(flow(), history, at(6), [Cut(at=at(3), why="flushed")])
    assert (found.why, found.ended_at) == ("flushed", at(3))
    assert fate(flow(), history[:1], at(2), [Cut(at=at(3), why="flushed")]).alive
    idle = [moment(0, (OPEN_OUT,), timeouts=Timeouts(tcp_established_s=60))]
    assert fate(flow(every_s=None), idle, at(100), [Cut(at=at(3), why="flushed")]).ended_at == at(3)
    assert fate(flow(every_s=None), idle, at(100), [Cut(at=at(80), why="flushed")]).ended_at == at(60)


def test_what_ended_does_not_begin_again() -> None:
    deny = entry(50, True, False)
    history = [moment(0, ALL_OPEN), moment(5, ALL_OPEN, (deny, *OPEN_ACL)), moment(6, ALL_OPEN)]
    assert fate(flow(), history, at(100)).ended_at == at(5)


def test_a_flow_begins_only_where_rules_and_acl_permit_it() -> None:
    assert refusal(flow(), moment(0, (OPEN_OUT,))) is None
    assert refusal(flow("inbound"), moment(0, (OPEN_OUT,))) is not None
    assert refusal(flow(), moment(0, (OPEN_OUT,), (entry(100, True, True),))) is not None
    assert refusal(flow(), moment(0, (OPEN_OUT,), gone="it is stopped")) == "it is stopped"
    of_group = (rule(False, "tcp", (22, 22), group="sg-1"),)
    assert refusal(flow("inbound"), moment(0, of_group)) is not None
    assert refusal(flow("inbound", peer_groups=frozenset({"sg-1"})), moment(0, of_group)) is None


rules = st.lists(st.sampled_from([*ALL_OPEN, SSH_FROM_ONE, SSH_FROM_ALL, HTTPS_TO_ALL]), unique=True).map(tuple)
flows = st.builds(
    flow,
    st.sampled_from(["inbound", "outbound"]),
    st.sampled_from(["tcp", "udp", "icmp"]),
    via=st.sampled_from([None, "nat_gateway"]),
    every_s=st.sampled_from([0, None, 1, 1_000]),
)


@given(wanted=flows, changes=st.lists(rules, min_size=1, max_size=6), seconds=st.integers(0, 20))
def test_time_only_takes_flows_away(wanted: Flow, changes: list[tuple[Rule, ...]], seconds: int) -> None:
    """Who is dead stays dead, and died at a time that was the same when it was seen first."""
    history = [moment(2 * number, one) for number, one in enumerate(changes)]
    earlier, later = fate(wanted, history, at(seconds)), fate(wanted, history, at(seconds + 7))
    if not earlier.alive:
        assert later == earlier


@given(wanted=flows, changes=st.lists(rules, min_size=1, max_size=6))
def test_changes_of_groups_never_cut_what_is_always_tracked(wanted: Flow, changes: list[tuple[Rule, ...]]) -> None:
    history = [moment(2 * number, one) for number, one in enumerate(changes)]
    found = fate(wanted, history, at(20))
    if wanted.via or wanted.protocol == "icmp":
        assert found.tracked
        assert found.alive
