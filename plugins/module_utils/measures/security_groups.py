# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Move a DB instance into the forensic security group of its VPC, out of all others. Its interfaces are RDS's: they follow the instance.
https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_ModifyDBInstance.html"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ansible_collections.cordon.aws.plugins.module_utils.ec2.forensic_group import (
    SET_RULES,
    are_rules,
    are_wished,
    rules_of,
    wished_rules,
)
from ansible_collections.cordon.aws.plugins.module_utils.ec2.listings import FORENSIC_GROUP
from ansible_collections.cordon.aws.plugins.module_utils.ec2.own_groups import own_group
from ansible_collections.cordon.aws.plugins.module_utils.measure import Fact, Proof
from ansible_collections.cordon.aws.plugins.module_utils.plan import MERGED, SHARED, Call, Json, State, Step
from ansible_collections.cordon.aws.plugins.module_utils.rds.databases import DbInstance, described, facts_of
from ansible_collections.cordon.aws.plugins.module_utils.rds.settings import (
    CONTAINED,
    GROUPS,
    are_groups,
    being_applied,
    groups_seen,
    require_changeable,
    resource_id_of,
    setting_step,
    unique_id_in,
)
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads

NAME = "security_groups"
FACET = "security_groups"
VPC = "vpc"
APPLYING = "groups_being_applied"
RULES = f"{SHARED}forensic_group/"
_VPC = re.compile(r"vpc-(?:[0-9a-f]{8}|[0-9a-f]{17})")


@dataclass(frozen=True, kw_only=True, slots=True)
class SecurityGroups:
    """The measure, with what the operator lets through. Releasing needs no wish."""

    allow_from: tuple[str, ...] = ()
    """Networks and prefix lists from which everything may come in: the forensic station."""
    allow_endpoints: tuple[str, ...] = ()
    """Prefix lists to which HTTPS may go out, for the contained EC2 instances of the VPC, which are in the same group."""

    NAME: str = NAME
    KINDS: frozenset[str] = frozenset({"database"})
    PERMISSIONS: tuple[str, ...] = (
        "rds:DescribeDBInstances",
        "rds:ModifyDBInstance",
        "ec2:DescribeSecurityGroups",
        "ec2:DescribeSecurityGroupRules",
        "ec2:CreateSecurityGroup",
        "ec2:DeleteSecurityGroup",
        "ec2:AuthorizeSecurityGroupIngress",
        "ec2:AuthorizeSecurityGroupEgress",
        "ec2:RevokeSecurityGroupIngress",
        "ec2:RevokeSecurityGroupEgress",
    )
    OPEN_WITHOUT: str = "whoever its security groups let in"

    @property
    def _wished(self) -> list[str]:
        return wished_rules(self.allow_from, self.allow_endpoints)

    def observe(self, reads: Reads, target: DbInstance) -> dict[str, Json]:
        """Its groups, which of them are on their way, and what the forensic group of its VPC lets through; None where there is none."""
        instance = described(reads, target)
        vpc = str(instance["DBSubnetGroup"]["VpcId"])
        group = own_group(reads, (target.account, target.region, vpc), FORENSIC_GROUP)
        return {
            **facts_of(instance),
            VPC: vpc,
            RULES + vpc: None if group is None else rules_of(group),
            FACET: groups_seen(instance, None if group is None else str(group["GroupId"])),
            APPLYING: being_applied(instance),
        }

    def plan(self, state: State, target: DbInstance) -> Iterator[Step]:
        """The group first, where it is missing or not as it must be; then the instance, where it is not in it, or not alone in it."""
        vpc = state[VPC]
        if state[FACET] != CONTAINED:
            require_changeable(state, target)
        if state[RULES + vpc] != self._wished:
            yield _rules(target, vpc, state[RULES + vpc], self._wished)
        if state[FACET] != CONTAINED:
            yield _groups(target, unique_id_in(state), vpc, state[FACET])

    def can_have_planned(self, step: Step, target: DbInstance) -> bool:
        vpc = step.call.parameters.get("VpcId")
        if not (isinstance(vpc, str) and _VPC.fullmatch(vpc)):
            return False
        if step.facet.startswith(RULES):
            ours = are_wished(step.after) and (step.before is None or are_rules(step.before))
            return ours and step.does_as(_rules(target, vpc, step.before, step.after))
        resource_id = resource_id_of(step)
        return (
            resource_id is not None
            and are_groups(step.before)
            and step.does_as(_groups(target, resource_id, vpc, step.before))
        )

    def verify(self, state: State, target: DbInstance) -> Proof:
        groups, rules = state[FACET], state[RULES + state[VPC]]
        said = f"{target.label} is in {', '.join(groups)}"
        if groups == CONTAINED and rules is not None:
            said += f", which lets through {'; '.join(rules) or 'nothing'}"
        if state[APPLYING]:
            said += f", but this is still being applied: {', '.join(state[APPLYING])}"
        holds = groups == CONTAINED and rules == self._wished and not state[APPLYING]
        return (Fact(measure=NAME, fact=said, holds=holds),)

    def notes(self, state: State, target: DbInstance) -> Sequence[str]:
        return ()


def _rules(target: DbInstance, vpc: str, before: Json, wished: Sequence[str]) -> Step:
    """It has no way back of its own: the last that leaves the group takes it along."""
    return Step(
        measure=NAME,
        facet=RULES + vpc,
        call=Call(
            account=target.account,
            region=target.region,
            service=MERGED,
            operation=SET_RULES,
            parameters={"VpcId": vpc, "Rules": list(wished)},
        ),
        undo=(),
        why=f"{'make' if before is None else 'mend'} the security group {FORENSIC_GROUP} of {vpc}",
        before=before,
        after=list(wished),
    )


def _groups(target: DbInstance, resource_id: str, vpc: str, before: Sequence[str]) -> Step:
    return setting_step(
        target,
        resource_id,
        GROUPS,
        (list(before), list(CONTAINED)),
        vpc=vpc,
        measure=NAME,
        facet=FACET,
        why=f"take {target.label} out of {', '.join(before)}, into {FORENSIC_GROUP}",
    )
