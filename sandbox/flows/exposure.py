"""When an interface was open to the world: the times in which a rule for every address and all ports was in force on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sandbox.flows.packets import Rule, has_all_ports
from sandbox.flows.tracking import Moment


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """One rule's time on an interface; `until` is None while it lasts."""

    rule: str
    since: datetime
    until: datetime | None


def windows(history: Sequence[Moment]) -> list[Window]:
    """The windows of one interface, in the order in which they opened."""
    found: list[Window] = []
    open_since: dict[str, datetime] = {}
    for moment in history:
        now_open = set() if moment.gone else {rule.id for rule in moment.rules if _is_wide_open(rule)}
        found += [
            Window(rule=rule, since=open_since.pop(rule), until=moment.at)
            for rule in sorted(set(open_since) - now_open)
        ]
        open_since |= dict.fromkeys(now_open - set(open_since), moment.at)
    found += [Window(rule=rule, since=since, until=None) for rule, since in open_since.items()]
    return sorted(found, key=lambda window: (window.since, window.rule))


def _is_wide_open(rule: Rule) -> bool:
    """Ingress from everywhere to all ports of TCP, of UDP or of everything."""
    everywhere = any(peer.prefixlen == 0 for peer in rule.peers)
    return not rule.egress and everywhere and has_all_ports(rule) and rule.protocol in ("-1", "tcp", "udp", "6", "17")
