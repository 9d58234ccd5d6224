# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Let the flows die that the change of groups has left alive: those that security groups track.

Where AWS tracks because of the rules, each interface is opened for a moment, which makes its flows untracked, and closed again, which cuts
them. Where it tracks always, the peers are denied in the subnet's network ACL, and a firewall in the way is flushed. What stays tracked is
forgotten as soon as AWS allows. It comes after `network`, without which it refuses to open anything.
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/security-group-connection-tracking.html"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass

from ansible_collections.cordon.aws.plugins.module_utils.ec2.acl_entries import (
    DIRECTIONS,
    is_peer,
    no_room,
)
from ansible_collections.cordon.aws.plugins.module_utils.ec2.conversion import DWELL_MS, LONGEST_DWELL_MS
from ansible_collections.cordon.aws.plugins.module_utils.ec2.flow_facets import (
    CUT,
    DENIED,
    EXPOSURE,
    FLOWS,
    FLUSHED,
    IS_CUT,
    IS_FLUSHED,
    NEIGHBOURS,
    PEERS,
    ROOM,
    TIMEOUTS,
    denial,
    flows_seen,
    is_peer_denied,
    peers_to_deny,
)
from ansible_collections.cordon.aws.plugins.module_utils.ec2.flow_paths import LOCAL, way_to
from ansible_collections.cordon.aws.plugins.module_utils.ec2.flow_steps import NAME, cut, deny, flush, lower
from ansible_collections.cordon.aws.plugins.module_utils.ec2.idle_timeouts import LOWEST, are_timeouts
from ansible_collections.cordon.aws.plugins.module_utils.ec2.instances import Ec2Instance
from ansible_collections.cordon.aws.plugins.module_utils.ec2.interface_groups import CONTAINED, GROUPS
from ansible_collections.cordon.aws.plugins.module_utils.errors import CordonError, RefusedError
from ansible_collections.cordon.aws.plugins.module_utils.measure import Fact, Proof
from ansible_collections.cordon.aws.plugins.module_utils.plan import Json, State, Step, is_whole_number
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads

_INTERFACE = re.compile(r"eni-(?:[0-9a-f]{8}|[0-9a-f]{17})")
_VPC = re.compile(r"vpc-(?:[0-9a-f]{8}|[0-9a-f]{17})")
_DENIAL = re.compile(
    rf"{DENIED}(?P<acl>acl-(?:[0-9a-f]{{8}}|[0-9a-f]{{17}}))/(?P<direction>ingress|egress)/(?P<peer>.+)"
)


@dataclass(frozen=True, kw_only=True, slots=True)
class TrackedFlows:
    """The measure, with what the operator wishes. Releasing needs no wish."""

    convert_flows: bool = True
    """Whether tracked flows are cut at the price of a moment in which the interface is open."""
    dwell_ms: int = DWELL_MS
    remote_peers: tuple[str, ...] = ()
    """Networks to be denied in the subnets' ACLs, whatever way they are reached: ICMP with them is always tracked."""
    flow_log_minutes: int = 0
    """How far back peers are looked for in flow logs; 0 for not at all."""
    allow_from: tuple[str, ...] = ()
    """Whoever may still come in: none of them is denied because a flow log tells of them."""
    on_record: Callable[[], Collection[str]] | None = None
    """The facets that the case log proves to be in force: a tag that says so is anybody's. None where nothing is to be proven."""

    NAME: str = NAME
    KINDS: frozenset[str] = frozenset({"instance"})
    PERMISSIONS: tuple[str, ...] = (
        "ec2:DescribeInstances",
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeTrunkInterfaceAssociations",
        "ec2:DescribeSecurityGroups",
        "ec2:DescribeSecurityGroupRules",
        "ec2:DescribeRouteTables",
        "ec2:DescribeNetworkAcls",
        "ec2:DescribeFlowLogs",
        "logs:FilterLogEvents",
        "network-firewall:ListFirewalls",
        "network-firewall:DescribeFirewall",
        "network-firewall:StartFlowFlush",
        "network-firewall:DescribeFlowOperation",
        "ec2:CreateSecurityGroup",
        "ec2:DeleteSecurityGroup",
        "ec2:AuthorizeSecurityGroupIngress",
        "ec2:AuthorizeSecurityGroupEgress",
        "ec2:RevokeSecurityGroupIngress",
        "ec2:RevokeSecurityGroupEgress",
        "ec2:ModifyNetworkInterfaceAttribute",
        "ec2:CreateTags",
        "ec2:DeleteTags",
        "ec2:CreateNetworkAclEntry",
        "ec2:DeleteNetworkAclEntry",
    )
    OPEN_WITHOUT: str = "connections that were there before: security groups do not end what they track"

    def observe(self, reads: Reads, target: Ec2Instance) -> dict[str, Json]:
        return flows_seen(
            reads,
            target,
            self.remote_peers,
            self.flow_log_minutes,
            converts=self.convert_flows,
            spared=self.allow_from,
            on_record=self.on_record,
        )

    def plan(self, state: State, target: Ec2Instance) -> Iterator[Step]:
        """First deny the peers that are known, so that they cannot use the moment in which an interface is open."""
        errors: list[CordonError] = []
        yield from self._denials(state, target, errors)
        for eni, flows in state[FLOWS].items():
            if self.convert_flows and state[CUT + eni] is None:
                if state[GROUPS + eni] == CONTAINED:
                    yield cut(target, eni, flows["vpc"], self.dwell_ms)
                else:
                    errors.append(_not_contained(eni))
        for eni, flows in state[FLOWS].items():
            if flows["firewalls"] and state[FLUSHED + eni] is None and state[GROUPS + eni] == CONTAINED:
                yield flush(target, eni, flows["firewalls"], flows["addresses"])
        for eni in state[FLOWS]:
            if state[TIMEOUTS + eni] not in (None, LOWEST):
                yield lower(target, eni, state[TIMEOUTS + eni])
        if errors:
            raise errors[0]

    def can_have_planned(self, step: Step, target: Ec2Instance) -> bool:
        given, facet = step.call.parameters, step.facet
        if parts := _DENIAL.fullmatch(facet):
            return is_peer(parts["peer"]) and step.does_as(
                deny(target, parts["acl"], parts["direction"], parts["peer"])
            )
        eni = facet.partition("/")[2]
        if not _INTERFACE.fullmatch(eni):
            return False
        if facet.startswith(CUT):
            vpc, dwell = given.get("VpcId"), given.get("DwellMs")
            if not (
                isinstance(vpc, str)
                and _VPC.fullmatch(vpc)
                and is_whole_number(dwell)
                and 0 <= dwell <= LONGEST_DWELL_MS
            ):
                return False
            return step.does_as(cut(target, eni, vpc, dwell))
        if facet.startswith(FLUSHED):
            return step.does_as(flush(target, eni, given.get("Firewalls"), given.get("Addresses")))
        return (
            facet.startswith(TIMEOUTS) and are_timeouts(step.before) and step.does_as(lower(target, eni, step.before))
        )

    def verify(self, state: State, target: Ec2Instance) -> Proof:
        facts = []
        for eni, flows in state[FLOWS].items():
            if self.convert_flows:
                done = state[CUT + eni] == IS_CUT
                when = state.get(EXPOSURE + eni) or "a time that its tag does not tell"
                said = f"were cut at {when}" if done else "were not cut"
                facts.append(
                    _fact(
                        f"tracked flows of {eni} {'that sent something while it was open ' if done else ''}{said}", done
                    )
                )
            for peer in self._wanted(state, eni):
                denied = is_peer_denied(state, flows["acl"], peer)
                facts.append(
                    _fact(f"{flows['acl']} {'denies' if denied else 'does not deny'} {peer} both ways", denied)
                )
            if flows["firewalls"]:
                flushed = state[FLUSHED + eni] == IS_FLUSHED
                facts.append(
                    _fact(
                        f"the firewall in the way of {eni} was {'' if flushed else 'not '}flushed of its flows", flushed
                    )
                )
            if state[TIMEOUTS + eni] is not None:
                lowest = state[TIMEOUTS + eni] == LOWEST
                facts.append(
                    _fact(f"idle flows of {eni} are {'' if lowest else 'not '}forgotten as soon as AWS allows", lowest)
                )
        return list(dict.fromkeys(facts))

    def notes(self, state: State, target: Ec2Instance) -> Sequence[str]:
        """Who else loses the peers that are denied."""
        said = []
        wanted: dict[str, list[str]] = {}
        for eni, flows in state[FLOWS].items():
            wanted.setdefault(str(flows["acl"]), []).extend(self._wanted(state, eni))
            inside = [
                peer for peer in self.remote_peers if way_to(peer, [(*one, "") for one in flows["routes"]]) == LOCAL
            ]
            if inside:
                said.append(
                    f"{', '.join(inside)} is inside {flows['vpc']}: {flows['acl']} cuts {target.label}'s neighbours off from it, too, but "
                    f"denies nothing that stays within {flows['subnet']}."
                )
        for acl, peers in wanted.items():
            others = state.get(NEIGHBOURS + acl)
            if peers and others:
                said.append(
                    f"{others} other interfaces share {acl}, and lose {', '.join(dict.fromkeys(peers))}, too, until the release."
                )
        return list(dict.fromkeys(said))

    def _wanted(self, state: State, eni: str) -> list[str]:
        """The peers to be denied for one interface, each once."""
        flows = state[FLOWS][eni]
        if flows["acl"] is None:
            return []
        logged = peers_to_deny(flows, state.get(PEERS + eni), converts=self.convert_flows, spared=self.allow_from)
        return list(dict.fromkeys([*self.remote_peers, *logged]))

    def _denials(self, state: State, target: Ec2Instance, errors: list[CordonError]) -> Iterator[Step]:
        """As many as there is room for."""
        wanted = dict.fromkeys(
            (flows["acl"], peer) for eni, flows in state[FLOWS].items() for peer in self._wanted(state, eni)
        )
        for acl in dict.fromkeys(acl for acl, _peer in wanted):
            for version in (4, 6):
                peers = [peer for one, peer in wanted if one == acl and ipaddress.ip_network(peer).version == version]
                for direction in DIRECTIONS:
                    lacking = [peer for peer in peers if state.get(denial(acl, direction, peer)) is None]
                    free = int(state[ROOM + acl][direction][str(version)])
                    yield from (deny(target, acl, direction, peer) for peer in lacking[:free])
                    if len(lacking) > free:
                        errors.append(no_room(acl, direction, version, needed=len(lacking), free=free))


def _not_contained(eni: str) -> CordonError:
    return RefusedError(
        f"cut the tracked flows of {eni}",
        "it is not in the forensic group, and would be left as it is, but for a moment open to everybody",
        "Take the measure `network`, too, or set `convert_flows: false`.",
    )


def _fact(said: str, holds: bool) -> Fact:
    return Fact(measure=NAME, fact=said, holds=holds)
