# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Withdraw the snapshots of a DB instance from all accounts that they are shared with, and from everybody where they are public.
https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ShareSnapshot.html"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from ansible_collections.cordon.aws.plugins.module_utils.errors import AwsError
from ansible_collections.cordon.aws.plugins.module_utils.measure import Fact, Proof
from ansible_collections.cordon.aws.plugins.module_utils.plan import Json, State, Step
from ansible_collections.cordon.aws.plugins.module_utils.rds.databases import (
    SNAPSHOTS,
    DbInstance,
    described,
    facts_of,
)
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads

NAME = "snapshot_sharing"
KINDS = frozenset({"database"})
PERMISSIONS = (
    "rds:DescribeDBInstances",
    "rds:DescribeDBSnapshots",
    "rds:DescribeDBSnapshotAttributes",
    "rds:ModifyDBSnapshotAttribute",
)
OPEN_WITHOUT = "whoever its snapshots are shared with, who can restore or copy them"
SHARED_WITH = "snapshot_shared_with/"
"""Then the snapshot's name, "/", and when it was made: a later one of its name is another one, which must not be shared instead of it."""
_RESTORE = "restore"
"""The attribute that says who may: https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_ModifyDBSnapshotAttribute.html"""
_GONE = "DBSnapshotNotFound"
_SNAPSHOT = re.compile(
    rf"{SHARED_WITH}(?P<name>[A-Za-z](?:-?[A-Za-z0-9]){{0,254}})/\d{{4}}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{{1,6}})?Z",
    re.ASCII,
)
_ACCOUNT = re.compile(r"\d{12}|all", re.ASCII)


def observe(reads: Reads, target: DbInstance) -> dict[str, Json]:
    """With whom each manual snapshot of this very instance is shared; an older instance of its name had snapshots of its own."""
    instance = described(reads, target)
    snapshots = reads.each(SNAPSHOTS, target.account, target.region, str(instance["DbiResourceId"]))
    made = {str(one["DBSnapshotIdentifier"]): _time(one.get("SnapshotCreateTime")) for one in snapshots}
    for name in made:
        reads.ahead(target.call("DescribeDBSnapshotAttributes", DBSnapshotIdentifier=name))
    shared = {f"{SHARED_WITH}{name}/{made[name]}": _shared_with(reads, target, name) for name in sorted(made)}
    return {**facts_of(instance), **{facet: accounts for facet, accounts in shared.items() if accounts is not None}}


def plan(state: State, target: DbInstance) -> Iterator[Step]:
    """One step for each snapshot that is shared. A stopped instance's can be withdrawn as well."""
    for facet in sorted(state):
        if facet.startswith(SHARED_WITH) and state[facet]:
            yield _withdraw(target, facet, state[facet])


def can_have_planned(step: Step, target: DbInstance) -> bool:
    """A snapshot of another instance is not among what is observed of this one, so that release does not touch it."""
    before = step.before
    are_accounts = (
        isinstance(before, list)
        and bool(before)
        and all(isinstance(one, str) and _ACCOUNT.fullmatch(one) for one in before)
    )
    return (
        are_accounts
        and _SNAPSHOT.fullmatch(step.facet) is not None
        and step.does_as(_withdraw(target, step.facet, before))
    )


def verify(state: State, target: DbInstance) -> Proof:
    facets = sorted(facet for facet in state if facet.startswith(SHARED_WITH))
    shared = [
        Fact(measure=NAME, fact=f"snapshot {_name(facet)} is shared with {_said(state[facet])}", holds=False)
        for facet in facets
        if state[facet]
    ]
    none = f"none of the {len(facets)} manual snapshots of {target.label} is shared"
    return shared or (Fact(measure=NAME, fact=none, holds=True),)


def notes(state: State, target: DbInstance) -> Sequence[str]:
    """Whoever could restore it may have done so already."""
    shared = [facet for facet in sorted(state) if facet.startswith(SHARED_WITH) and state[facet]]
    return [
        f"snapshot {_name(facet)} was shared with {_said(state[facet])}: who copied it or restored it there has it still, and their "
        "CloudTrail alone tells"
        for facet in shared
    ]


def _shared_with(reads: Reads, target: DbInstance, snapshot: str) -> list[str] | None:
    """In order; None for a snapshot that has been deleted meanwhile."""
    try:
        answer = reads.read(target.call("DescribeDBSnapshotAttributes", DBSnapshotIdentifier=snapshot))
    except AwsError as error:
        if error.code != _GONE:
            raise
        return None
    attributes = answer["DBSnapshotAttributesResult"].get("DBSnapshotAttributes", ())
    restore = [attribute for attribute in attributes if attribute["AttributeName"] == _RESTORE]
    return sorted({str(value) for attribute in restore for value in attribute.get("AttributeValues", ())})


def _time(value: Json) -> str:
    """When a snapshot was made, as facets have it; a snapshot has no time until it is being made."""
    made = value if isinstance(value, datetime) else datetime.fromtimestamp(0, UTC)
    return made.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _name(facet: str) -> str:
    return facet.removeprefix(SHARED_WITH).partition("/")[0]


def _said(accounts: Sequence[str]) -> str:
    return ", ".join("everybody" if account == "all" else account for account in accounts)


def _withdraw(target: DbInstance, facet: str, before: Sequence[str]) -> Step:
    about = {"DBSnapshotIdentifier": _name(facet), "AttributeName": _RESTORE}
    return Step(
        measure=NAME,
        facet=facet,
        call=target.call("ModifyDBSnapshotAttribute", **about, ValuesToRemove=list(before)),
        undo=(target.call("ModifyDBSnapshotAttribute", **about, ValuesToAdd=list(before)),),
        why=f"withdraw snapshot {_name(facet)} of {target.label} from {_said(before)}",
        before=list(before),
        after=[],
    )
