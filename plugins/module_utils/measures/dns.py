# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Say that the VPC's resolver still answers an instance, or, where the operator asks for it, have DNS Firewall block the whole VPC.

Neither security groups nor network ACLs filter queries to the resolver, and DNS Firewall knows VPCs, not instances:
https://docs.aws.amazon.com/vpc/latest/userguide/AmazonDNS-concepts.html
https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/resolver-dns-firewall.html"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from ansible_collections.cordon.aws.plugins.module_utils.ec2.dns_block import (
    ABSENT,
    COMPLETE,
    GROUP_NAME,
    WISHED,
    associations,
    earlier,
    free_priority,
    marked_for,
    of_vpc,
    rules_of,
    set_block,
)
from ansible_collections.cordon.aws.plugins.module_utils.ec2.instances import Ec2Instance, described
from ansible_collections.cordon.aws.plugins.module_utils.ec2.interfaces import interfaces_of
from ansible_collections.cordon.aws.plugins.module_utils.errors import DriftError
from ansible_collections.cordon.aws.plugins.module_utils.measure import Fact, Proof
from ansible_collections.cordon.aws.plugins.module_utils.plan import HOLDS, Json, State, Step
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads

NAME = "dns"
VPCS = "dns_vpcs"
"""The VPCs that the instance has interfaces in."""
BLOCK = f"{HOLDS}dns_block/"
"""BLOCKED for a VPC that is blocked for this instance; _MARKED where only the mark is left, or was made; None otherwise, also where the
VPC is blocked for others."""
BLOCKED, _MARKED = "blocked", "marked"
WALL = "dns_firewall/"
"""Of a VPC: the state of our association, its group's rules, and the groups that are asked before it."""
NEIGHBOURS = "dns_neighbours/"
"""Of a VPC that is not blocked: how many interfaces of others there are, and some of the instances that have them."""
_NAMED = 10
_VPC = re.compile(r"vpc-(?:[0-9a-f]{8}|[0-9a-f]{17})")


@dataclass(frozen=True, kw_only=True, slots=True)
class Dns:
    """The measure, with what is done about DNS. Releasing needs no wish."""

    how: Literal["report", "vpc"] = "report"
    looks: bool = True
    """Whether DNS Firewall is asked. Who only reports has no need to."""
    alone: bool = False
    """Whether no other measure proves anything."""

    NAME: str = NAME
    KINDS: frozenset[str] = frozenset({"instance"})
    PERMISSIONS: tuple[str, ...] = (
        "ec2:CreateTags",
        "ec2:DeleteTags",
        "ec2:DescribeInstances",
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeTrunkInterfaceAssociations",
        "route53resolver:ListFirewallRuleGroupAssociations",
        "route53resolver:ListFirewallRuleGroups",
        "route53resolver:ListFirewallRules",
        "route53resolver:ListFirewallDomainLists",
        "route53resolver:ListFirewallDomains",
        "route53resolver:GetFirewallDomainList",
        "route53resolver:CreateFirewallDomainList",
        "route53resolver:UpdateFirewallDomains",
        "route53resolver:CreateFirewallRuleGroup",
        "route53resolver:CreateFirewallRule",
        "route53resolver:AssociateFirewallRuleGroup",
        "route53resolver:DisassociateFirewallRuleGroup",
        "route53resolver:DeleteFirewallRule",
        "route53resolver:DeleteFirewallRuleGroup",
        "route53resolver:DeleteFirewallDomainList",
    )
    OPEN_WITHOUT: str = "DNS through the resolver of its VPC, which neither security groups nor network ACLs filter"

    def observe(self, reads: Reads, target: Ec2Instance) -> dict[str, Json]:
        marks = marked_for(described(reads, target))
        vpcs = sorted({str(interface["VpcId"]) for interface in interfaces_of(reads, target)})
        seen: dict[str, Json] = {VPCS: vpcs}
        if self.looks:
            # An interface may have been taken away since a VPC was blocked for it.
            for vpc in sorted({*vpcs, *marks}):
                seen |= self._seen(reads, target, vpc, is_marked=vpc in marks)
        return seen

    def plan(self, state: State, target: Ec2Instance) -> Iterator[Step]:
        """A step for each VPC that is not blocked for it. Raises DriftError where somebody has changed the rules that would block it."""
        if self.how == "report":
            return
        for vpc in state[VPCS]:
            wall = state[WALL + vpc]
            if wall["status"] != ABSENT and wall["rules"] != WISHED:
                raise DriftError(
                    f"block DNS of {vpc}",
                    f"somebody has changed the DNS Firewall rule group {GROUP_NAME}, whose rules are: {'; '.join(wall['rules']) or 'none'}",
                    f"Leave it one rule, {WISHED[0]}; or take its associations away, delete it, and repeat the run.",
                )
            if state[BLOCK + vpc] != BLOCKED:
                yield _block(target, vpc)

    def can_have_planned(self, step: Step, target: Ec2Instance) -> bool:
        vpc = step.facet.removeprefix(BLOCK)
        return _VPC.fullmatch(vpc) is not None and step.does_as(_block(target, vpc))

    def verify(self, state: State, target: Ec2Instance) -> Proof:
        """Where it only reports there is nothing to prove: others do that."""
        if self.how == "report":
            said = f"DNS through the resolver of {', '.join(state[VPCS]) or 'no VPC'} is reported, and left as it is"
            return (Fact(measure=NAME, fact=said, holds=True),) if self.alone else ()
        return [_fact(vpc, state) for vpc in state[VPCS]] or [
            Fact(measure=NAME, fact="it is in no VPC", holds=True),
        ]

    def notes(self, state: State, target: Ec2Instance) -> Sequence[str]:
        """Who else is hit."""
        return [
            _hit(vpc, state[NEIGHBOURS + vpc]) for vpc in state[VPCS] if self.how == "vpc" and NEIGHBOURS + vpc in state
        ]

    def _seen(self, reads: Reads, target: Ec2Instance, vpc: str, *, is_marked: bool) -> dict[str, Json]:
        place = target.account, target.region
        found = associations(reads, place)
        ours = of_vpc(found, vpc)
        if ours is None:
            wall = {"status": ABSENT, "rules": [], "earlier": earlier(found, vpc, free_priority(found, vpc))}
            blocked = _MARKED if is_marked else None
        else:
            rules = rules_of(reads, place, ours["FirewallRuleGroupId"])
            wall = {"status": ours["Status"], "rules": rules, "earlier": earlier(found, vpc, ours["Priority"])}
            blocked = BLOCKED if is_marked else None
        hit = {NEIGHBOURS + vpc: _neighbours(reads, target, vpc)} if self.how == "vpc" and ours is None else {}
        return {BLOCK + vpc: blocked, WALL + vpc: wall, **hit}


def residual(state: State, _target: Ec2Instance) -> Sequence[Mapping[str, str]]:
    """Which names may still be resolved, and so carried out in queries. Pure; nothing where the measure was not taken."""
    return [
        {"what": f"names that it resolves through the resolver of {vpc}, and what can be carried in them", "why": why}
        for vpc in state.get(VPCS, ())
        if (why := _open(state, vpc))
    ]


def _open(state: State, vpc: str) -> str:
    """Why a VPC's resolver still answers; empty where it does not."""
    why = "neither security groups nor network ACLs filter that"
    wall = state.get(WALL + vpc)
    if wall is None:
        return f"{why}; DNS Firewall can, for the whole VPC, and was not asked whether it does: see `dns: vpc`"
    is_planned = state[BLOCK + vpc] == BLOCKED and wall["status"] == ABSENT
    if wall["status"] == ABSENT and not is_planned:
        return why
    if not is_planned and wall["rules"] != WISHED:
        return f"somebody has changed the rule group {GROUP_NAME}, which was to block them"
    if not is_planned and wall["status"] != COMPLETE:
        return f"DNS Firewall is still being told to block them: it is {wall['status']}"
    if wall["earlier"]:
        return f"what {', '.join(wall['earlier'])} allows is answered: these rule groups are asked before {GROUP_NAME}"
    return ""


def _neighbours(reads: Reads, target: Ec2Instance, vpc: str) -> dict[str, Json]:
    call = target.call("DescribeNetworkInterfaces", Filters=[{"Name": "vpc-id", "Values": [vpc]}])
    own = {interface["NetworkInterfaceId"] for interface in interfaces_of(reads, target)}
    others = [one for one in reads.pages(call, "NetworkInterfaces") if one["NetworkInterfaceId"] not in own]
    ids = {str((one.get("Attachment") or {}).get("InstanceId", "")) for one in others} - {"", target.instance_id}
    return {"interfaces": len(others), "instances": len(ids), "named": sorted(ids)[:_NAMED]}


def _hit(vpc: str, others: Mapping[str, Json]) -> str:
    named = ", ".join(others["named"]) + (", …" if others["instances"] > len(others["named"]) else "")
    whose = f", among them those of {others['instances']} instances ({named})" if others["instances"] else ""
    return (
        f"`dns: vpc` resolves no name in {vpc} any more for {others['interfaces']} network interfaces of others{whose}: they find AWS "
        "services, databases and private zones by no name. Whoever asks another resolver than the VPC's is not hit. The VPC is given back "
        "with the last instance that it was blocked for."
    )


def _fact(vpc: str, state: State) -> Fact:
    wall = state[WALL + vpc]
    if state[BLOCK + vpc] == _MARKED:
        return Fact(measure=NAME, fact=f"the resolver of {vpc} answers: nothing blocks it any more", holds=False)
    if state[BLOCK + vpc] is None:
        is_blocked = "the resolver answers" if wall["status"] == ABSENT else "it is blocked for others, and not for it"
        return Fact(measure=NAME, fact=f"{vpc}: {is_blocked}", holds=False)
    if wall["status"] == ABSENT:
        return Fact(measure=NAME, fact=f"DNS Firewall is to block every query in {vpc}", holds=True)
    if wall["rules"] != WISHED:
        said = f"the rule group {GROUP_NAME} of {vpc} has been changed: {'; '.join(wall['rules']) or 'it has no rules'}"
        return Fact(measure=NAME, fact=said, holds=False)
    said = f"DNS Firewall blocks every query in {vpc}: the association is {wall['status']}"
    if wall["earlier"]:
        said += f", after {', '.join(wall['earlier'])}"
    return Fact(measure=NAME, fact=said, holds=wall["status"] == COMPLETE)


def _block(target: Ec2Instance, vpc: str) -> Step:
    """Also where only the mark is there: given back, there is neither."""
    place = target.account, target.region
    return Step(
        measure=NAME,
        facet=BLOCK + vpc,
        call=set_block(place, vpc, target.instance_id, blocked=True),
        undo=(set_block(place, vpc, target.instance_id, blocked=False),),
        why=f"have DNS Firewall block every query in {vpc}, for everything in it",
        before=None,
        after=BLOCKED,
    )
