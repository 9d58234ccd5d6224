"""Entries that deny peers: they come before everything that lets a part of the peer through, and there is room for so many."""

from __future__ import annotations

import ipaddress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cordon.aws.plugins.module_utils.ec2.acl_entries import (
    denied_peers,
    entries_of,
    free_number,
    is_denied,
    parse_remote_peers,
    room,
)
from ansible_collections.cordon.aws.plugins.module_utils.errors import InputError, QuotaError

PEER = "198.51.100.66/32"


def entry(number: int, action: str, network: str, protocol: str = "-1", egress: bool = True) -> dict[str, Any]:
    place = "Ipv6CidrBlock" if ":" in network else "CidrBlock"
    return {"RuleNumber": number, "RuleAction": action, place: network, "Protocol": protocol, "Egress": egress}


LAST = entry(32_767, "deny", "0.0.0.0/0")
USUAL = [entry(100, "allow", "0.0.0.0/0"), entry(101, "allow", "::/0")]

networks = st.sampled_from(
    ["0.0.0.0/0", "198.51.100.0/24", "198.51.100.64/30", PEER, "198.51.100.67/32", "10.0.0.0/8", "::/0"]
)
some_entries = st.lists(
    st.builds(entry, st.integers(1, 150), st.sampled_from(["allow", "deny"]), networks, st.sampled_from(["-1", "6"])),
    max_size=12,
    unique_by=lambda one: one["RuleNumber"],
)


def lets_through(entries: list[dict[str, Any]], address: str, protocol: str) -> bool:
    """The first entry that matches decides, and where none does it is denied.
    https://docs.aws.amazon.com/vpc/latest/userguide/nacl-rules.html"""
    for one in sorted(entries, key=lambda one: one["RuleNumber"]):
        network = one.get("CidrBlock") or one["Ipv6CidrBlock"]
        if ipaddress.ip_address(address) in ipaddress.ip_network(network) and one["Protocol"] in ("-1", protocol):
            return bool(one["RuleAction"] == "allow")
    return False


@given(some_entries)
def test_what_is_taken_for_denied_gets_through_by_no_protocol(entries: list[dict[str, Any]]) -> None:
    there = entries_of({"Entries": [*entries, LAST]}, "egress")
    if is_denied(there, PEER):
        assert not any(lets_through(entries, "198.51.100.66", protocol) for protocol in ("6", "17", "1"))
    for peer in denied_peers(there):
        address = str(ipaddress.ip_network(peer)[0])
        assert not any(lets_through(entries, address, protocol) for protocol in ("6", "17", "1"))


@given(some_entries)
def test_an_entry_of_ours_takes_effect_whatever_was_there(entries: list[dict[str, Any]]) -> None:
    there = entries_of({"Entries": [*entries, LAST]}, "egress")
    try:
        number = free_number(there, "acl-0123456789abcdef0", "egress", PEER)
    except QuotaError:
        lowest = min([100, *(one["RuleNumber"] for one in entries if one["RuleAction"] == "allow")])
        assert {*range(1, lowest)} <= {one["RuleNumber"] for one in entries}
        return
    assert 1 <= number <= 99 and number not in [one["RuleNumber"] for one in entries]
    after = entries_of({"Entries": [*entries, entry(number, "deny", PEER), LAST]}, "egress")
    assert is_denied(after, PEER) and PEER in denied_peers(after)


def test_numbers_go_down_from_99_and_stay_below_what_allows() -> None:
    assert free_number(USUAL, "acl-1", "egress", PEER) == 99
    assert free_number([entry(99, "deny", PEER), *USUAL], "acl-1", "egress", "192.0.2.1/32") == 98
    assert free_number([entry(10, "allow", "10.0.0.0/8"), *USUAL], "acl-1", "egress", PEER) == 9
    with pytest.raises(QuotaError, match="room for 0"):
        free_number([entry(1, "allow", "10.0.0.0/8"), *USUAL], "acl-1", "egress", PEER)


def test_there_is_room_for_twenty_of_each_version_and_forty_where_the_quota_was_raised() -> None:
    """The last entry counts: https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html#vpc-limits-nacls"""
    assert (room(USUAL, 4), room(USUAL, 6)) == (18, 18)
    assert (room(USUAL[:1], 4), room(USUAL[:1], 6)) == (18, 19)
    many = [entry(200 + number, "allow", "10.0.0.0/8") for number in range(21)]
    assert room(many, 4) == 18


def test_entries_of_the_other_direction_and_the_last_one_say_nothing() -> None:
    acl = {"Entries": [entry(50, "deny", PEER, egress=False), *USUAL, LAST]}
    assert [one["RuleNumber"] for one in entries_of(acl, "egress")] == [100, 101]
    assert [one["RuleNumber"] for one in entries_of(acl, "ingress")] == [50]


def test_only_entries_at_numbers_of_ours_are_given_back() -> None:
    assert denied_peers([entry(100, "deny", PEER), entry(99, "deny", "192.0.2.1/32")]) == ["192.0.2.1/32"]


@pytest.mark.parametrize("text", ["0.0.0.0/0", "::/0", "198.51.100.66/24", "pl-12345678", "", None, 7.5])
def test_peers_are_networks_and_never_everybody(text: object) -> None:
    with pytest.raises(InputError, match=r"remote_peers\[1\]"):
        parse_remote_peers(["198.51.100.1", text], "remote_peers")


def test_peers_are_taken_in_the_form_in_which_aws_tells_them() -> None:
    assert parse_remote_peers(["198.51.100.66", PEER, "2001:DB8:0::7"], "remote_peers") == (PEER, "2001:db8::7/128")
