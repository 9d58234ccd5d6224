"""Flow filters: which flows an operation on a firewall's flow table is about.
https://docs.aws.amazon.com/network-firewall/latest/APIReference/API_FlowFilter.html"""

from __future__ import annotations

import re
from collections.abc import Mapping
from ipaddress import ip_address, ip_network
from typing import Any

from sandbox.flows.book import Kept
from sandbox.network_firewall.refusals import invalid

NUMBERS = {"tcp": "6", "udp": "17", "icmp": "1"}
"""https://www.iana.org/assignments/protocol-numbers"""


def ends(kept: Kept) -> tuple[tuple[Any, int], tuple[Any, int]]:
    """(source, destination) of the flow's first packet, each as (address, port)."""
    local, peer = (kept.local, kept.flow.local_port), (kept.flow.peer, kept.flow.peer_port)
    return (local, peer) if kept.flow.direction == "outbound" else (peer, local)


def fits(kept: Kept, wanted: Mapping[str, Any]) -> bool:
    """Whether a flow is what a filter wants: all that the filter names must be so."""
    source, destination = ends(kept)
    protocols = wanted.get("Protocols")
    return (
        (not protocols or NUMBERS[kept.flow.protocol] in [str(one) for one in protocols])
        and _is_in(source[0], wanted.get("SourceAddress"))
        and _is_in(destination[0], wanted.get("DestinationAddress"))
        and _is_port(source[1], wanted.get("SourcePort"))
        and _is_port(destination[1], wanted.get("DestinationPort"))
    )


def check(wanted: Mapping[str, Any]) -> None:
    """Raise ApiError for a filter that cannot be read."""
    for name in ("SourceAddress", "DestinationAddress"):
        try:
            _is_in(ip_address("127.0.0.1"), wanted.get(name))
        except ValueError as error:
            raise invalid(f"{name} is not an address or CIDR block.") from error
    for name in ("SourcePort", "DestinationPort"):
        if not re.fullmatch(r"(?i:any)|\d{1,5}(:\d{1,5})?", wanted.get(name) or "ANY", re.ASCII):
            raise invalid(f"{name} is not a port, a range of ports or ANY.")


def _is_in(address: Any, wanted: Mapping[str, Any] | None) -> bool:
    return not wanted or address in ip_network(str(wanted["AddressDefinition"]), strict=False)


def _is_port(port: int, wanted: str | None) -> bool:
    """A single port, a range such as 1990:1994, or ANY."""
    if not wanted or wanted.upper() == "ANY":
        return True
    first, _colon, last = wanted.partition(":")
    return int(first) <= port <= int(last or first)
