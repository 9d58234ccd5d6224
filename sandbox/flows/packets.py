"""What a network rule says of a packet: security group rules and network ACL entries as plain values, and how they match."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Literal

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
Ports = tuple[int, int]
Direction = Literal["inbound", "outbound"]

ALL_PORTS: Ports = (0, 65_535)
_NUMBERS = {"tcp": "6", "udp": "17", "icmp": "1", "icmpv6": "58", "all": "-1"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """One connection of an interface, as whoever began it sees it: `direction` is that of its first packet."""

    direction: Direction
    protocol: str
    peer: Address
    peer_port: int
    local_port: int
    began_at: datetime
    via: str | None = None
    every_s: float | None = 0
    """Seconds between its packets: 0 for traffic without a pause, None for a flow that is idle since it began."""
    peer_groups: frozenset[str] = frozenset()
    """The security groups of the peer, where it is an interface of this account."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule of a security group: `ports` is None for all, `peer_group` the group that it names in place of addresses."""

    id: str
    egress: bool
    protocol: str
    ports: Ports | None = None
    peers: tuple[Network, ...] = ()
    peer_group: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry of a network ACL."""

    number: int
    egress: bool
    allow: bool
    protocol: str
    network: Network
    ports: Ports | None = None


def port_of(flow: Flow, egress: bool) -> int:
    """The port that packets of this direction go to: rules of both kinds name the destination's."""
    return flow.peer_port if egress else flow.local_port


def permitting(flow: Flow, rules: Iterable[Rule], egress: bool) -> list[Rule]:
    """The rules that permit the flow's packets of one direction."""
    return [rule for rule in rules if rule.egress == egress and _permits(rule, flow)]


def is_for_all(rule: Rule, version: int) -> bool:
    """Whether a rule is for every address of this IP version: 0.0.0.0/0, or ::/0."""
    return any(peer.prefixlen == 0 and peer.version == version for peer in rule.peers)


def has_all_ports(rule: Rule) -> bool:
    """Whether a rule is for all ports of its protocols."""
    return rule.ports is None or (rule.ports[0] <= ALL_PORTS[0] and rule.ports[1] >= ALL_PORTS[1])


def decisive(flow: Flow, entries: Sequence[Entry], egress: bool) -> Entry | None:
    """The entry that decides on the flow's packets of one direction: the first that matches, by number; None: nothing matches, and
    they are denied. https://docs.aws.amazon.com/vpc/latest/userguide/nacl-rules.html"""
    for entry in sorted(entries, key=lambda one: one.number):
        if (
            entry.egress == egress
            and flow.peer in entry.network
            and _is_protocol(entry.protocol, flow)
            and _has_port(entry.ports, flow, egress)
        ):
            return entry
    return None


def _permits(rule: Rule, flow: Flow) -> bool:
    if not _is_protocol(rule.protocol, flow) or not _has_port(rule.ports, flow, rule.egress):
        return False
    return rule.peer_group in flow.peer_groups or any(flow.peer in peer for peer in rule.peers)


def _is_protocol(protocol: str, flow: Flow) -> bool:
    number = _NUMBERS.get(protocol.lower(), protocol)
    wanted = "58" if flow.protocol == "icmp" and flow.peer.version == 6 else _NUMBERS[flow.protocol]
    return number in ("-1", wanted)


def _has_port(ports: Ports | None, flow: Flow, egress: bool) -> bool:
    """ICMP has types where others have ports; every type fits here."""
    if ports is None or flow.protocol == "icmp":
        return True
    return ports[0] <= port_of(flow, egress) <= ports[1]
