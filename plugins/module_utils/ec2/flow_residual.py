# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which flows of a contained instance may live all the same, and why. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ansible_collections.cordon.aws.plugins.module_utils.ec2.flow_facets import (
    CUT,
    DENIED,
    EXPOSURE,
    FLOWS,
    FLUSHED,
    IS_CUT,
    IS_FLUSHED,
    PEERS,
    TIMEOUTS,
    is_peer_denied,
    ways_of,
)
from ansible_collections.cordon.aws.plugins.module_utils.ec2.flow_paths import ALWAYS_TRACKED, FIREWALL
from ansible_collections.cordon.aws.plugins.module_utils.ec2.instances import Ec2Instance
from ansible_collections.cordon.aws.plugins.module_utils.plan import Json, State

_UNSEEN_WAYS = (
    "a Network Load Balancer, a Gateway Load Balancer, Global Accelerator, or AWS PrivateLink and its endpoints"
)
_TRACKED = "AWS always tracks them, so that they outlive the change of groups and are cut by nothing but the subnet's network ACL"


def residual(state: State, _target: Ec2Instance) -> Sequence[Mapping[str, str]]:
    """Nothing only where the measure was not taken: nobody looked, then."""
    flows = state.get(FLOWS)
    return [] if flows is None else [dict(zip(("what", "why"), one, strict=True)) for one in _living(state, flows)]


def _living(state: State, flows: Mapping[str, Json]) -> Iterator[tuple[str, str]]:
    cut = [eni for eni in flows if state.get(CUT + eni) == IS_CUT]
    if cut:
        cut_at = "; ".join(dict.fromkeys(filter(None, (state.get(EXPOSURE + eni) for eni in cut))))
        yield (
            f"flows of {', '.join(cut)} that were silent while the interface was open to have them cut{f' ({cut_at})' if cut_at else ''}",
            f"a tracked flow becomes untracked with a packet, not before; {_idle(state, cut)}, one that sends more often goes on",
        )
    uncut = [eni for eni in flows if eni not in cut]
    if uncut:
        yield (
            f"flows of {', '.join(uncut)} that were tracked when its groups were changed",
            f"they were not cut, and go on until they end or are idle; {_idle(state, uncut)}",
        )
    yield from _always_tracked(state, flows)
    yield (
        f"ICMP of {', '.join(flows)} with peers that no network ACL denies",
        f"{_TRACKED}; AWS documents no idle timeout for it",
    )
    yield (
        f"connections through {_UNSEEN_WAYS}, with peers that no network ACL denies",
        f"{_TRACKED}; no route tells of them, and flow logs show the nodes in the VPC, which its neighbours use, too",
    )
    branches = [eni for eni, one in flows.items() if one["is_branch"]]
    if branches:
        yield (
            f"flows of the branch interfaces {', '.join(branches)}",
            "AWS documents tracking for interfaces in general, and nothing of those that branch off a trunk",
        )


def _always_tracked(state: State, flows: Mapping[str, Json]) -> Iterator[tuple[str, str]]:
    for way in sorted({way for one in flows.values() for way in ways_of(one)} & ALWAYS_TRACKED):
        on = [eni for eni, one in flows.items() if way in ways_of(one)]
        denied = sorted({peer for eni in on for peer in _denied(state, flows[eni]["acl"])})
        unread = dict.fromkeys(
            state[PEERS + eni]["unread"] if PEERS + eni in state else "flow logs were not read" for eni in on
        )
        why = _TRACKED
        if way == FIREWALL and all(state.get(FLUSHED + eni) == IS_FLUSHED for eni in on):
            why += "; the firewall was flushed of them, and its rules and its stream exception policy decide whether they go on"
        told = [one for one in unread if one]
        if told:
            why += f"; peers are not known from flow logs: {'; '.join(told)}"
        if any(state.get(CUT + eni) == IS_CUT for eni in on):
            why += "; some may have begun while the interface was open to have others cut, which `convert_flows: false` does without"
        if told:
            why += "; if you know the peer, repeat this with `remote_peers`"
        others = f"other peers than {', '.join(denied)}" if denied else "all peers"
        yield f"connections of {', '.join(on)} through {way} to {others}", why
    lists = sorted(
        {f"{eni} to {to}" for eni, one in flows.items() for to, _way in one["routes"] if to.startswith("pl-")}
    )
    if lists:
        yield (
            f"connections through gateway endpoints, from {', '.join(lists)}",
            "AWS tracks those to DynamoDB always; what the endpoint's policy lets through, it lets through",
        )


def _denied(state: State, acl: str | None) -> list[str]:
    """The peers that an ACL denies in both directions."""
    if acl is None:
        return []
    peers = {facet.split("/", 4)[4] for facet in state if facet.startswith(f"{DENIED}{acl}/")}
    return [peer for peer in peers if is_peer_denied(state, acl, peer)]


def _idle(state: State, interfaces: Sequence[str]) -> str:
    """When idle flows are forgotten."""
    known = [state.get(TIMEOUTS + eni) for eni in interfaces]
    if any(one is None for one in known):
        return "on this instance type idle TCP is forgotten after five days, which cannot be changed"
    longest = max(one["TcpEstablishedTimeout"] for one in known if one is not None)
    return f"one that is idle is forgotten after {longest} s"
