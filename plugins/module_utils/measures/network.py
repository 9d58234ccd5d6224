# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Move every interface of an instance into the forensic security group of its VPC, and nothing else with them.

Interface by interface: an instance with several refuses a change of its groups as a whole, and each has groups of its own to go back
to. https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyNetworkInterfaceAttribute.html
Flows that are tracked already go on: that is what `tracked_flows` is for."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ansible_collections.cordon.aws.plugins.module_utils.ec2.forensic_group import (
    SET_GROUPS,
    SET_RULES,
    are_rules,
    are_wished,
    rules_of,
    wished_rules,
)
from ansible_collections.cordon.aws.plugins.module_utils.ec2.instances import Ec2Instance, described
from ansible_collections.cordon.aws.plugins.module_utils.ec2.interface_groups import (
    CONTAINED,
    GROUPS,
    LEFT_OPEN,
    groups_seen,
)
from ansible_collections.cordon.aws.plugins.module_utils.ec2.interfaces import interfaces_of
from ansible_collections.cordon.aws.plugins.module_utils.ec2.listings import FORENSIC_GROUP
from ansible_collections.cordon.aws.plugins.module_utils.ec2.own_groups import own_group
from ansible_collections.cordon.aws.plugins.module_utils.measure import Fact, Proof
from ansible_collections.cordon.aws.plugins.module_utils.plan import MERGED, SHARED, Call, Json, State, Step
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads

NAME = "network"
VPCS = "interface_vpcs"
RULES = f"{SHARED}forensic_group/"
_VPC = re.compile(r"vpc-(?:[0-9a-f]{8}|[0-9a-f]{17})")
_INTERFACE = re.compile(r"eni-(?:[0-9a-f]{8}|[0-9a-f]{17})")
_GROUP = re.compile(rf"sg-(?:[0-9a-f]{{8}}|[0-9a-f]{{17}})|{FORENSIC_GROUP}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Network:
    """The measure, with what the operator lets through. Releasing needs no wish."""

    allow_from: tuple[str, ...] = ()
    """Networks and prefix lists from which everything may come in: the forensic station."""
    allow_endpoints: tuple[str, ...] = ()
    """Prefix lists to which HTTPS may go out, so that an agent can be reached."""

    NAME: str = NAME
    KINDS: frozenset[str] = frozenset({"instance"})
    PERMISSIONS: tuple[str, ...] = (
        "ec2:DescribeInstances",
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeTrunkInterfaceAssociations",
        "ec2:DescribeSecurityGroups",
        "ec2:DescribeSecurityGroupRules",
        "ec2:CreateSecurityGroup",
        "ec2:DeleteSecurityGroup",
        "ec2:AuthorizeSecurityGroupIngress",
        "ec2:AuthorizeSecurityGroupEgress",
        "ec2:RevokeSecurityGroupIngress",
        "ec2:RevokeSecurityGroupEgress",
        "ec2:ModifyNetworkInterfaceAttribute",
    )
    OPEN_WITHOUT: str = "whatever its security groups let in and out"

    @property
    def _wished(self) -> list[str]:
        return wished_rules(self.allow_from, self.allow_endpoints)

    def observe(self, reads: Reads, target: Ec2Instance) -> dict[str, Json]:
        """The groups of each interface, and what the forensic group of each VPC lets through; None where there is none."""
        described(reads, target)
        interfaces = interfaces_of(reads, target)
        vpcs = dict.fromkeys(interface["VpcId"] for interface in interfaces)
        forensic = {vpc: own_group(reads, (target.account, target.region, vpc), FORENSIC_GROUP) for vpc in vpcs}
        return {
            VPCS: {interface["NetworkInterfaceId"]: interface["VpcId"] for interface in interfaces},
            **{RULES + vpc: None if group is None else rules_of(group) for vpc, group in forensic.items()},
            **groups_seen(reads, target),
        }

    def plan(self, state: State, target: Ec2Instance) -> Iterator[Step]:
        """The group first, where it is missing or not as it must be; then every interface that a run which died has left open, and every
        one that is not in it, or not alone in it."""
        for vpc in dict.fromkeys(state[VPCS].values()):
            if state[RULES + vpc] != self._wished:
                yield _rules(target, vpc, state[RULES + vpc], self._wished)
        for interface, vpc in state[VPCS].items():
            if state.get(LEFT_OPEN + interface):
                yield _close(target, interface, vpc)
        for interface, vpc in state[VPCS].items():
            if state[GROUPS + interface] != CONTAINED:
                yield _groups(target, interface, vpc, state[GROUPS + interface])

    def can_have_planned(self, step: Step, target: Ec2Instance) -> bool:
        vpc = step.call.parameters.get("VpcId")
        if not (isinstance(vpc, str) and _VPC.fullmatch(vpc)):
            return False
        if step.facet.startswith(RULES):
            ours = are_wished(step.after) and (step.before is None or are_rules(step.before))
            ours = ours and step.before != step.after
            return ours and step.does_as(_rules(target, vpc, step.before, step.after))
        interface = step.facet.removeprefix(LEFT_OPEN).removeprefix(GROUPS)
        if not _INTERFACE.fullmatch(interface):
            return False
        if step.facet.startswith(LEFT_OPEN):
            return step.does_as(_close(target, interface, vpc))
        return _were_groups(step.before) and step.does_as(_groups(target, interface, vpc, step.before))

    def verify(self, state: State, target: Ec2Instance) -> Proof:
        facts = []
        for interface, vpc in state[VPCS].items():
            groups, rules = state[GROUPS + interface], state[RULES + vpc]
            said, holds = f"{interface} is in {', '.join(groups)}", groups == CONTAINED and rules == self._wished
            if state.get(LEFT_OPEN + interface):
                said, holds = (
                    f"{interface} IS OPEN TO EVERYBODY: a run that cut its flows has not closed it again",
                    False,
                )
            elif groups == CONTAINED and rules is not None:
                said += f", which lets through {'; '.join(rules) or 'nothing'}"
            facts.append(Fact(measure=NAME, fact=said, holds=holds))
        return facts

    def notes(self, state: State, target: Ec2Instance) -> Sequence[str]:
        return ()


def _were_groups(value: Json) -> bool:
    """Whether `value`, out of a log, is what `groups_seen` has for an interface that is not contained."""
    return (
        isinstance(value, list)
        and all(isinstance(group, str) and _GROUP.fullmatch(group) for group in value)
        and value == sorted({*value})
        and value != CONTAINED
    )


def _rules(target: Ec2Instance, vpc: str, before: Json, wished: Sequence[str]) -> Step:
    """It has no way back of its own: the last interface that leaves a group that Cordon made takes it along, and one that was there
    before stays as it was mended, for others may be in it."""
    return Step(
        measure=NAME,
        facet=RULES + vpc,
        call=_merged(target, SET_RULES, VpcId=vpc, Rules=list(wished)),
        undo=(),
        why=f"{'make' if before is None else 'mend'} the security group {FORENSIC_GROUP} of {vpc}",
        before=before,
        after=list(wished),
    )


def _close(target: Ec2Instance, interface: str, vpc: str) -> Step:
    """It has no way back: nobody wants it open again."""
    return Step(
        measure=NAME,
        facet=LEFT_OPEN + interface,
        call=_merged(target, SET_GROUPS, NetworkInterfaceId=interface, VpcId=vpc, Groups=list(CONTAINED)),
        undo=(),
        why=f"close {interface} of {target.label}, which a run that died has left open",
        before=True,
        after=None,
    )


def _groups(target: Ec2Instance, interface: str, vpc: str, before: Sequence[str]) -> Step:
    def call(groups: Sequence[str]) -> Call:
        return _merged(target, SET_GROUPS, NetworkInterfaceId=interface, VpcId=vpc, Groups=list(groups))

    return Step(
        measure=NAME,
        facet=GROUPS + interface,
        call=call(CONTAINED),
        undo=(call(before),),
        why=f"take {interface} of {target.label} out of {', '.join(before)}, into {FORENSIC_GROUP}",
        before=list(before),
        after=list(CONTAINED),
    )


def _merged(target: Ec2Instance, operation: str, **parameters: Json) -> Call:
    return Call(
        account=target.account, region=target.region, service=MERGED, operation=operation, parameters=parameters
    )
