"""Flows, rules and moments for the tests of connection tracking: an interface 10.0.1.10 in 10.0.1.0/24, seen second by second."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address, ip_network
from typing import Any

from sandbox.flows.packets import Entry, Flow, Rule
from sandbox.flows.tracking import Moment

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
PEER = "203.0.113.77"


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def flow(direction: str = "outbound", protocol: str = "tcp", **more: Any) -> Flow:
    """By default the first packet goes out to port 443 of a peer on the internet, from port 50000."""
    inbound = direction == "inbound"
    given: dict[str, Any] = {
        "direction": direction,
        "protocol": protocol,
        "peer": ip_address(more.pop("peer", PEER)),
        "peer_port": 50_000 if inbound else 443,
        "local_port": 22 if inbound else 50_000,
        "began_at": NOON,
    }
    return Flow(**(given | more))


def rule(
    egress: bool, protocol: str = "-1", ports: tuple[int, int] | None = None, *peers: str, group: str | None = None
) -> Rule:
    networks = tuple(ip_network(peer) for peer in peers or ("0.0.0.0/0",)) if group is None else ()
    return Rule(
        id=f"sgr-{egress}-{protocol}-{ports}-{peers}-{group}",
        egress=egress,
        protocol=protocol,
        ports=ports,
        peers=networks,
        peer_group=group,
    )


def entry(number: int, egress: bool, allow: bool, network: str = "0.0.0.0/0", **more: Any) -> Entry:
    return Entry(number=number, egress=egress, allow=allow, network=ip_network(network), **({"protocol": "-1"} | more))


OPEN_IN, OPEN_OUT = rule(False), rule(True)
ALL_OPEN = (OPEN_IN, OPEN_OUT)
NOTHING: tuple[Rule, ...] = ()
OPEN_ACL = (
    *(entry(100, egress, True) for egress in (False, True)),
    *(entry(101, egress, True, "::/0") for egress in (False, True)),
    *(entry(32_767, egress, False) for egress in (False, True)),
)


def moment(seconds: float, rules: Sequence[Rule], entries: Sequence[Entry] = OPEN_ACL, **more: Any) -> Moment:
    given: dict[str, Any] = {"subnet": (ip_network("10.0.1.0/24"),), "unfiltered": (ip_network("10.0.0.2/32"),)}
    return Moment(at=at(seconds), rules=tuple(rules), entries=tuple(entries), **(given | more))
