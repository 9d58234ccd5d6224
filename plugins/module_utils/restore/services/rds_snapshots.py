# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Snapshots of databases: with whom they are shared, each account a facet, and snapshots that somebody made. One that an attacker made is
kept as it is, because a copy harms nobody as long as it is not shared.
https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ShareSnapshot.html"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from ansible_collections.cordon.aws.plugins.module_utils.plan import Call, Json
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads
from ansible_collections.cordon.aws.plugins.module_utils.restore.entry import Entry
from ansible_collections.cordon.aws.plugins.module_utils.restore.facet import (
    GONE,
    Change,
    Facet,
    IrreversibleError,
    Kind,
    Move,
)
from ansible_collections.cordon.aws.plugins.module_utils.restore.services.setting import Names, answered, call_of
from ansible_collections.cordon.aws.plugins.module_utils.trail.event import Event

SHARED: Final = "shared"
THERE: Final = "there"
# A letter first; an automated one is named "rds:…". https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBSnapshot.html
_NAME = re.compile(r"(rds:|awsbackup:)?[A-Za-z][A-Za-z0-9-]{0,254}", re.ASCII)
_ARN = re.compile(r"arn:aws[a-z-]*:rds:[a-z0-9-]+:\d{12}:(cluster-)?snapshot:(?P<name>[A-Za-z0-9:-]{1,255})", re.ASCII)
_ACCOUNT = re.compile(r"\d{12}|all", re.ASCII)
_RESTORE: Final = "restore"


def _identifier(family: str) -> str:
    return f"{family}SnapshotIdentifier"


def _gone(family: str) -> tuple[str, ...]:
    """Of instances and of clusters; errors of the query protocol leave "Fault" out."""
    stem = "DBSnapshotNotFound" if family == "DB" else "DBClusterSnapshotNotFound"
    return stem, f"{stem}Fault"


def _takes(names: Names) -> bool:
    return len(names) == 1 and bool(_NAME.fullmatch(names[0]))


def _takes_share(names: Names) -> bool:
    return len(names) == 2 and _takes(names[:1]) and bool(_ACCOUNT.fullmatch(names[1]))


def _word(family: str) -> Callable[[Facet], str]:
    return lambda facet: facet.names[0] if len(facet.names[0]) > 3 else f"{family}SnapshotIdentifier"[1:]


def _share_kind(family: str) -> Kind:
    """`family`: "DB" or "DBCluster", as RDS's operations say."""

    def modify(facet: Facet, parameter: str) -> Call:
        parameters = {
            _identifier(family): facet.names[0],
            "AttributeName": _RESTORE,
            parameter: [facet.names[1]],
        }
        return call_of(facet, "rds", f"Modify{family}SnapshotAttribute", parameters)

    def read(reads: Reads, facet: Facet) -> Json:
        call = call_of(facet, "rds", f"Describe{family}SnapshotAttributes", {_identifier(family): facet.names[0]})
        answer = answered(reads, call, gone=_gone(family))
        if answer == GONE:
            return GONE
        told = answer[f"{family}SnapshotAttributesResult"].get(f"{family}SnapshotAttributes", [])
        shared = [
            account
            for attribute in told
            if attribute.get("AttributeName") == _RESTORE
            for account in attribute.get("AttributeValues", [])
        ]
        return SHARED if facet.names[1] in shared else None

    def moves(facet: Facet, live: Json, _wanted: Json) -> Sequence[Move]:
        add, remove = modify(facet, "ValuesToAdd"), modify(facet, "ValuesToRemove")
        return (Move(call=add, undo=(remove,)) if live is None else Move(call=remove, undo=(add,)),)

    return Kind(
        name=f"rds/{'snapshot' if family == 'DB' else 'cluster_snapshot'}_share",
        order=20,
        permissions=(f"rds:Describe{family}SnapshotAttributes", f"rds:Modify{family}SnapshotAttribute"),
        takes=_takes_share,
        read=read,
        moves=moves,
        word=_word(family),
    )


def _snapshot_kind(family: str) -> Kind:
    def read(reads: Reads, facet: Facet) -> Json:
        call = call_of(facet, "rds", f"Describe{family}Snapshots", {_identifier(family): facet.names[0]})
        answer = answered(reads, call, absent=_gone(family))
        return THERE if answer and answer.get(f"{family}Snapshots") else None

    def moves(facet: Facet, _live: Json, wanted: Json) -> Sequence[Move]:
        if wanted is not None:
            raise IrreversibleError(
                "The snapshot is gone. Look for copies of it in other regions and accounts, for backups of AWS Backup, and for what "
                "automated backups still reach: aws rds describe-db-instance-automated-backups."
            )
        delete = call_of(facet, "rds", f"Delete{family}Snapshot", {_identifier(family): facet.names[0]})
        return (Move(call=delete, undo=()),)

    return Kind(
        name=f"rds/{'snapshot' if family == 'DB' else 'cluster_snapshot'}",
        order=10,
        permissions=(f"rds:Describe{family}Snapshots", f"rds:Delete{family}Snapshot"),
        takes=_takes,
        read=read,
        moves=moves,
        kept=lambda live: live,
        word=_word(family),
    )


_SHARES: Final = {family: _share_kind(family) for family in ("DB", "DBCluster")}
_SNAPSHOTS: Final = {family: _snapshot_kind(family) for family in ("DB", "DBCluster")}


def _key(family: str, prefix: str) -> str:
    """As CloudTrail writes it: "dBSnapshotIdentifier", "targetDBSnapshotIdentifier"."""
    return f"{prefix}{_identifier(family)}" if prefix else f"d{_identifier(family)[1:]}"


def _name(event: Event, key: str) -> str:
    """By name or ARN, in lower case, as RDS stores it."""
    told = event.request.get(key)
    if not isinstance(told, str):
        return ""
    arn = _ARN.fullmatch(told)
    return (arn["name"] if arn else told).lower()


def _shared(family: str) -> Callable[[Event], Iterator[Change]]:
    def changes(event: Event) -> Iterator[Change]:
        if event.request.get("attributeName") != _RESTORE:
            return
        snapshot = _name(event, _key(family, ""))
        for parameter, after, before in (("valuesToAdd", SHARED, None), ("valuesToRemove", None, SHARED)):
            accounts = event.request.get(parameter)
            for account in accounts if isinstance(accounts, list) else []:
                names = (snapshot, str(account))
                if _takes_share(names):
                    facet = Facet(_SHARES[family].name, event.account, event.region, names)
                    yield Change(facet=facet, after=after, before=before)

    return changes


def _made(family: str, prefix: str, after: Json) -> Callable[[Event], Iterator[Change]]:
    def changes(event: Event) -> Iterator[Change]:
        names = (_name(event, _key(family, prefix)),)
        if _takes(names):
            facet = Facet(_SNAPSHOTS[family].name, event.account, event.region, names)
            yield Change(facet=facet, after=after, before=None if after else THERE)

    return changes


def _entries(family: str) -> Iterator[Entry]:
    for operation, changes, undone_by, before_from in (
        (f"Modify{family}SnapshotAttribute", _shared(family), f"Modify{family}SnapshotAttribute", "the call itself"),
        (
            f"Create{family}Snapshot",
            _made(family, "", THERE),
            f"nothing, or Delete{family}Snapshot when asked to delete",
            "the call itself",
        ),
        (
            f"Copy{family}Snapshot",
            _made(family, "target", THERE),
            f"nothing, or Delete{family}Snapshot when asked to delete",
            "the call itself",
        ),
        (f"Delete{family}Snapshot", _made(family, "", None), "nothing", "the call itself"),
    ):
        yield Entry(service="rds", operation=operation, changes=changes, undone_by=undone_by, before_from=before_from)


KINDS = (*_SHARES.values(), *_SNAPSHOTS.values())
ENTRIES = tuple(entry for family in ("DB", "DBCluster") for entry in _entries(family))
