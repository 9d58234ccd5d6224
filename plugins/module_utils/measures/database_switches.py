# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Take a DB instance's public address away, and keep it from being deleted: a measure each, of one setting that is on or off.
https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_VPC.WorkingWithRDSInstanceinaVPC.html#USER_VPC.Hiding
https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_DeleteInstance.html#USER_DeleteInstance.DeletionProtection"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ansible_collections.cordon.aws.plugins.module_utils.measure import Fact, Proof
from ansible_collections.cordon.aws.plugins.module_utils.plan import Json, State, Step
from ansible_collections.cordon.aws.plugins.module_utils.rds.databases import DbInstance, described, facts_of
from ansible_collections.cordon.aws.plugins.module_utils.rds.settings import (
    PROTECTED,
    PUBLIC,
    require_changeable,
    resource_id_of,
    setting_step,
    unique_id_in,
)
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads


@dataclass(frozen=True, kw_only=True, slots=True)
class Switch:
    """One setting, and how it must be."""

    NAME: str
    OPEN_WITHOUT: str
    setting: str
    """As RDS calls it."""
    facet: str
    wanted: bool
    why: str
    said: tuple[str, str]
    """What is so of an instance where it is off, and where it is on."""
    KINDS: frozenset[str] = frozenset({"database"})
    PERMISSIONS: tuple[str, ...] = ("rds:DescribeDBInstances", "rds:ModifyDBInstance")

    def observe(self, reads: Reads, target: DbInstance) -> dict[str, Json]:
        instance = described(reads, target)
        return {**facts_of(instance), self.facet: bool(instance.get(self.setting))}

    def plan(self, state: State, target: DbInstance) -> Iterator[Step]:
        if state[self.facet] is not self.wanted:
            require_changeable(state, target)
            yield self._step(target, unique_id_in(state))

    def can_have_planned(self, step: Step, target: DbInstance) -> bool:
        resource_id = resource_id_of(step)
        return (
            resource_id is not None
            # To Python, 0 and 1 are equal to false and true.
            and all(isinstance(value, bool) for value in (step.before, step.after))
            and all(isinstance(call.parameters.get(self.setting), bool) for call in (step.call, *step.undo))
            and step.does_as(self._step(target, resource_id))
        )

    def verify(self, state: State, target: DbInstance) -> Proof:
        is_on = bool(state[self.facet])
        return (Fact(measure=self.NAME, fact=f"{target.label} {self.said[is_on]}", holds=is_on is self.wanted),)

    def notes(self, state: State, target: DbInstance) -> Sequence[str]:
        return ()

    def _step(self, target: DbInstance, resource_id: str) -> Step:
        return setting_step(
            target,
            resource_id,
            self.setting,
            (not self.wanted, self.wanted),
            measure=self.NAME,
            facet=self.facet,
            why=self.why.format(target.label),
        )


PUBLIC_ACCESS = Switch(
    NAME="public_access",
    OPEN_WITHOUT="the internet, where it is public and its security groups let in",
    setting=PUBLIC,
    facet="publicly_accessible",
    wanted=False,
    why="take the public address of {} away",
    said=("is not publicly accessible", "is publicly accessible"),
)
DELETION_PROTECTION = Switch(
    NAME="deletion_protection",
    OPEN_WITHOUT="whoever may delete it, with its automated backups",
    setting=PROTECTED,
    facet="deletion_protection",
    wanted=True,
    why="keep {} from being deleted",
    said=("can be deleted", "is protected from deletion"),
)
