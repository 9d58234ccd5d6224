"""Connection tracking of security groups, as documented: whether a flow is tracked, and which change of rules it outlives.
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/security-group-connection-tracking.html

Where that page is silent: a tracked flow that goes on under rules which need no tracking becomes untracked with its next packet, as the
isolation that AWS publishes relies on; an untracked flow that is still permitted in both directions, by rules that need tracking, becomes
tracked with its next packet; what is cut once stays cut.
https://docs.aws.amazon.com/systems-manager-automation-runbooks/latest/userguide/automation-awssupport-containec2instance.html
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sandbox.flows.packets import Entry, Flow, Network, Rule, decisive, has_all_ports, is_for_all, permitting

# Connections through these are tracked whatever the rules are; ICMP is, too. Gateway Load Balancers and transit gateways have left the
# page's list; they stay in this one, because to take a flow for dead that lives is the worse mistake.
ALWAYS_TRACKED = {
    "nat_gateway": "a NAT gateway",
    "transit_gateway": "a transit gateway",
    "network_load_balancer": "a Network Load Balancer",
    "gateway_load_balancer": "a Gateway Load Balancer",
    "privatelink": "AWS PrivateLink",
    "network_firewall": "a Network Firewall endpoint",
    "egress_only_internet_gateway": "an egress-only internet gateway",
    "global_accelerator": "a Global Accelerator accelerator",
}


_BALANCER_S: dict[str, float] = {"tcp": 350, "udp": 120}


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeouts:
    """Seconds without traffic after which a tracked flow is forgotten."""

    tcp_established_s: float = 432_000
    udp_stream_s: float = 180
    udp_s: float = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """What is in force at an interface from `at` until the next moment."""

    at: datetime
    instance: str = ""
    rules: tuple[Rule, ...] = ()
    entries: tuple[Entry, ...] = ()
    subnet: tuple[Network, ...] = ()
    """Network ACLs do not see what stays in the subnet."""
    unfiltered: tuple[Network, ...] = ()
    """The addresses of the VPC's own services, which neither groups nor ACLs filter."""
    timeouts: Timeouts = field(default_factory=Timeouts)
    gone: str | None = None
    """Why no flow can be here any more: the interface is detached, the instance stopped."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """Something besides rules that ended the flow."""

    at: datetime
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Fate:
    """What became of a flow."""

    tracked: bool
    alive: bool
    why: str
    ended_at: datetime | None = None


def refusal(flow: Flow, moment: Moment) -> str | None:
    """Why a flow cannot begin; None where it can. Responses need no rule of a group, because they are tracked."""
    if moment.gone:
        return moment.gone
    return _denied_by_acl(flow, moment) or (
        None
        if _is_unfiltered(flow, moment) or permitting(flow, moment.rules, _begins_outbound(flow))
        else f"no rule of the interface's security groups permits this {flow.direction} traffic"
    )


def fate(flow: Flow, history: Sequence[Moment], now: datetime, cuts: Iterable[Cut] = ()) -> Fate:
    """What has become of a flow by `now`. `history`: the moments of its interface in order, the first not after the flow's beginning."""
    first_cut = min((cut for cut in cuts if flow.began_at <= cut.at <= now), key=lambda cut: cut.at, default=None)
    since = max((index for index, moment in enumerate(history) if moment.at <= flow.began_at), default=0)
    tracked, moment = False, history[since]
    for index in range(since, len(history)):
        begin = max(history[index].at, flow.began_at)
        if begin > now or (first_cut is not None and first_cut.at < begin):
            break
        moment = history[index]
        end = min(history[index + 1].at, now) if index + 1 < len(history) else now
        ended = moment.gone or _denied_by_acl(flow, moment)
        if index == since:
            tracked = _needs_tracking(flow, moment)
        elif not tracked and not ended:
            ended = _no_longer_permitted(flow, moment)
        if ended:
            return Fate(tracked=tracked, alive=False, why=ended, ended_at=begin)
        if tracked and (expiry := _expiry(flow, moment, begin, end)) is not None:
            why = f"it was tracked and idle for longer than the timeout of {_timeout(flow, moment):.0f} s"
            ended_at = max(expiry, begin)
            if first_cut is None or ended_at < first_cut.at:
                return Fate(tracked=True, alive=False, why=why, ended_at=ended_at)
        if packets_between(flow, begin, end):
            tracked = _needs_tracking(flow, moment)
    if first_cut is not None:
        return Fate(tracked=tracked, alive=False, why=first_cut.why, ended_at=first_cut.at)
    return Fate(tracked=tracked, alive=True, why=_why_alive(flow, moment, tracked))


def packets_between(flow: Flow, begin: datetime, end: datetime) -> int:
    """How many packets of each direction fall between `begin` and `end`, that excluded: one a second and at least one of a flow without
    pause."""
    first = max(begin, flow.began_at)
    if first >= end:
        return 0
    if flow.every_s is None:
        return int(first == flow.began_at)
    if flow.every_s == 0:
        return max(1, int((end - first).total_seconds()))
    before = [math.ceil((at - flow.began_at).total_seconds() / flow.every_s) for at in (first, end)]
    return before[1] - before[0]


def _begins_outbound(flow: Flow) -> bool:
    return flow.direction == "outbound"


def _is_unfiltered(flow: Flow, moment: Moment) -> bool:
    return any(flow.peer in network for network in moment.unfiltered)


def _needs_tracking(flow: Flow, moment: Moment) -> bool:
    """Untracked is what a rule permits for all addresses, where a rule for all addresses and all ports permits every response."""
    if flow.via in ALWAYS_TRACKED or flow.protocol == "icmp":
        return True
    outbound, version = _begins_outbound(flow), flow.peer.version
    begins = any(is_for_all(rule, version) for rule in permitting(flow, moment.rules, outbound))
    responds = any(
        is_for_all(rule, version) and has_all_ports(rule) for rule in permitting(flow, moment.rules, not outbound)
    )
    return not (begins and responds)


def _no_longer_permitted(flow: Flow, moment: Moment) -> str | None:
    """Packets of an untracked flow go by the rules of their own direction."""
    for egress in (False, True):
        if not permitting(flow, moment.rules, egress) and not _is_unfiltered(flow, moment):
            direction = "outbound" if egress else "inbound"
            return f"it was untracked, and no rule of the interface's security groups permits its {direction} packets any more"
    return None


def _denied_by_acl(flow: Flow, moment: Moment) -> str | None:
    """Network ACLs are stateless: a packet of either direction that is denied ends the connection.
    https://docs.aws.amazon.com/vpc/latest/userguide/vpc-network-acls.html"""
    if _is_unfiltered(flow, moment) or any(flow.peer in network for network in moment.subnet):
        return None
    for egress in (False, True):
        entry = decisive(flow, moment.entries, egress)
        if entry is None or not entry.allow:
            direction = "outbound" if egress else "inbound"
            number = "the last entry" if entry is None or entry.number == 32_767 else f"entry {entry.number}"
            return f"{number} of the subnet's network ACL denies its {direction} packets"
    return None


def _timeout(flow: Flow, moment: Moment) -> float:
    """That of the interface; Network Load Balancers have their own. The page says nothing of ICMP, so that it does not time out here.
    https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/security-group-connection-tracking.html#connection-tracking-timeouts"""
    if flow.via == "network_load_balancer" and flow.protocol in _BALANCER_S:
        return _BALANCER_S[flow.protocol]
    if flow.protocol == "tcp":
        return moment.timeouts.tcp_established_s
    if flow.protocol == "udp":
        return moment.timeouts.udp_s if flow.every_s is None else moment.timeouts.udp_stream_s
    return math.inf


def _expiry(flow: Flow, moment: Moment, since: datetime, until: datetime) -> datetime | None:
    """When a tracked flow is forgotten, if that is not after `until`."""
    timeout = _timeout(flow, moment)
    if flow.every_s == 0 or math.isinf(timeout) or (flow.every_s is not None and flow.every_s <= timeout):
        return None
    expiry = _last_packet(flow, since) + timedelta(seconds=timeout)
    return expiry if expiry <= until else None


def _last_packet(flow: Flow, at: datetime) -> datetime:
    if not flow.every_s:
        return flow.began_at
    passed = max((at - flow.began_at).total_seconds(), 0)
    return flow.began_at + timedelta(seconds=math.floor(passed / flow.every_s) * flow.every_s)


def _why_alive(flow: Flow, moment: Moment, tracked: bool) -> str:
    if not tracked:
        return "it is untracked, and the rules in force permit it in both directions"
    if flow.protocol == "icmp":
        return "ICMP is always tracked, so that it outlives changes of security groups"
    if flow.via in ALWAYS_TRACKED:
        return f"connections through {ALWAYS_TRACKED[flow.via]} are always tracked, so that it outlives changes of security groups"
    if permitting(flow, moment.rules, _begins_outbound(flow)):
        return "it is tracked, and the rules in force permit it"
    return "it is tracked, and outlives the rules that permitted it until it ends or idles out"
