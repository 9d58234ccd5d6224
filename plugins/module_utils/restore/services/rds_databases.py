# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Databases: single settings of instances and clusters, each a facet, and whether they run. A database that an attacker made is stopped,
which keeps it for seven days before AWS starts it again (https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_StopInstance.html).
One that was deleted comes back only from a snapshot or a retained backup, under a choice that a human has to make."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final

from ansible_collections.cordon.aws.plugins.module_utils.plan import Call, Json, is_whole_number
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads
from ansible_collections.cordon.aws.plugins.module_utils.restore.entry import Entry
from ansible_collections.cordon.aws.plugins.module_utils.restore.facet import (
    GONE,
    UNKNOWN,
    Change,
    Facet,
    IrreversibleError,
    Kind,
    Move,
    Value,
)
from ansible_collections.cordon.aws.plugins.module_utils.restore.services.config_history import PERMISSIONS, recorded
from ansible_collections.cordon.aws.plugins.module_utils.restore.services.setting import Names, answered, call_of
from ansible_collections.cordon.aws.plugins.module_utils.trail.event import Event

RUNNING: Final = "running"
STOPPED: Final = "stopped"
# https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstance.html
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,62}", re.ASCII)
_ARN = re.compile(r"arn:aws[a-z-]*:rds:[a-z0-9-]+:\d{12}:(db|cluster):(?P<name>[A-Za-z][A-Za-z0-9-]{0,62})", re.ASCII)
_GROUP = re.compile(r"sg-[0-9a-f]{8,17}", re.ASCII)
_STILL: Final = ("stopped", "stopping")
_LOST: Final = {
    "DBInstance": "The database is deleted. Restore it from its final snapshot or its retained backup: aws rds describe-db-snapshots, aws "
    "rds describe-db-instance-automated-backups, aws rds restore-db-instance-from-db-snapshot, aws rds "
    "restore-db-instance-to-point-in-time.",
    "DBCluster": "The cluster is deleted. Restore it from its final snapshot or its retained backup: aws rds "
    "describe-db-cluster-snapshots, aws rds describe-db-cluster-automated-backups, aws rds restore-db-cluster-from-snapshot, aws rds "
    "restore-db-cluster-to-point-in-time; and make its instances again: aws rds create-db-instance.",
}


def _truth(value: Json) -> Value:
    return value if isinstance(value, bool) else UNKNOWN


def _number(value: Json) -> Value:
    return value if is_whole_number(value) and 0 <= value < 100_000 else UNKNOWN


def _groups(value: Json) -> Value:
    if isinstance(value, list) and value and all(isinstance(one, str) and _GROUP.fullmatch(one) for one in value):
        return sorted(value)
    return UNKNOWN


_SETTINGS: Mapping[str, tuple[str, Callable[[Json], Value]]] = {
    "PubliclyAccessible": ("PubliclyAccessible", _truth),
    "DeletionProtection": ("DeletionProtection", _truth),
    "BackupRetentionPeriod": ("BackupRetentionPeriod", _number),
    "EnableIAMDatabaseAuthentication": ("IAMDatabaseAuthenticationEnabled", _truth),
    "CopyTagsToSnapshot": ("CopyTagsToSnapshot", _truth),
    "VpcSecurityGroupIds": ("VpcSecurityGroups", _groups),
}
"""The parameter that sets it -> where a description shows it, and what is a value of it."""


def _takes(names: Names) -> bool:
    return len(names) == 1 and bool(_NAME.fullmatch(names[0]))


def _takes_setting(names: Names) -> bool:
    return len(names) == 2 and _takes(names[:1]) and names[1] in _SETTINGS


def _named(family: str, facet: Facet) -> dict[str, Json]:
    return {f"{family}Identifier": facet.names[0]}


def _described(reads: Reads, family: str, facet: Facet) -> Json:
    """None where there is none."""
    codes = (f"{family}NotFound", f"{family}NotFoundFault")
    call = call_of(facet, "rds", f"Describe{family}s", _named(family, facet))
    answer = answered(reads, call, absent=codes)
    found = answer.get(f"{family}s", []) if answer else []
    return found[0] if found else None


def _setting_recorded(family: str) -> Callable[[Reads, Facet, datetime], Value]:
    """What AWS Config recorded, whose records spell names with other capitals than the API.
    https://docs.aws.amazon.com/config/latest/developerguide/resource-config-reference.html#amazonrelationaldatabaseservice"""

    def earlier(reads: Reads, facet: Facet, time: datetime) -> Value:
        found = recorded(reads, facet, f"AWS::RDS::{family}", facet.names[0], time)
        shown, check = _SETTINGS[facet.names[1]]
        told = _lowered(found).get(shown.lower())
        if facet.names[1] == "VpcSecurityGroupIds" and isinstance(told, list):
            told = [_lowered(group).get("vpcsecuritygroupid") for group in told]
        return check(told)

    return earlier


def _lowered(told: Json) -> dict[str, Json]:
    return {str(name).lower(): value for name, value in told.items()} if isinstance(told, Mapping) else {}


def _setting_kind(family: str) -> Kind:
    def read(reads: Reads, facet: Facet) -> Json:
        found = _described(reads, family, facet)
        if found is None:
            return GONE
        told = found.get(_SETTINGS[facet.names[1]][0])
        if facet.names[1] == "VpcSecurityGroupIds":
            return sorted(group["VpcSecurityGroupId"] for group in told or [])
        return told

    def moves(facet: Facet, live: Json, wanted: Json) -> Sequence[Move]:
        check = _SETTINGS[facet.names[1]][1]
        if UNKNOWN in (check(live), check(wanted)):
            raise IrreversibleError(
                "The setting cannot be put back by a call. Look at it: aws rds describe-db-instances."
            )
        return (Move(call=_set(facet, wanted), undo=(_set(facet, live),)),)

    def _set(facet: Facet, value: Json) -> Call:
        parameters = {**_named(family, facet), facet.names[1]: value, "ApplyImmediately": True}
        return call_of(facet, "rds", f"Modify{family}", parameters)

    return Kind(
        name=f"rds/{_noun(family)}_setting",
        order=20,
        permissions=(f"rds:Describe{family}s", f"rds:Modify{family}", *PERMISSIONS),
        takes=_takes_setting,
        read=read,
        moves=moves,
        earlier=_setting_recorded(family),
        word=_word(family),
    )


def _noun(family: str) -> str:
    return "instance" if family == "DBInstance" else "cluster"


def _word(family: str) -> Callable[[Facet], str]:
    return lambda facet: facet.names[0] if len(facet.names[0]) > 3 else f"{family[1:]}Identifier"


def _database_kind(family: str) -> Kind:
    def read(reads: Reads, facet: Facet) -> Json:
        found = _described(reads, family, facet)
        if found is None:
            return None
        status = found.get("DBInstanceStatus" if family == "DBInstance" else "Status")
        return STOPPED if status in _STILL else RUNNING

    def moves(facet: Facet, live: Json, wanted: Json) -> Sequence[Move]:
        stop, start = (call_of(facet, "rds", f"{verb}{family}", _named(family, facet)) for verb in ("Stop", "Start"))
        if live is None:
            raise IrreversibleError(_LOST[family])
        if wanted is None:
            last = {"SkipFinalSnapshot": False, "FinalDBSnapshotIdentifier": f"cordon-final-{facet.names[0]}"}
            return (Move(call=call_of(facet, "rds", f"Delete{family}", {**_named(family, facet), **last}), undo=()),)
        return (Move(call=stop, undo=(start,)) if wanted == STOPPED else Move(call=start, undo=(stop,)),)

    return Kind(
        name=f"rds/{_noun(family)}",
        order=10,
        permissions=tuple(
            f"rds:{verb}{family}{'s' * (verb == 'Describe')}" for verb in ("Describe", "Stop", "Start", "Delete")
        ),
        takes=_takes,
        read=read,
        moves=moves,
        kept=lambda _live: STOPPED,
        word=_word(family),
    )


_FAMILIES: Final = ("DBInstance", "DBCluster")
_SETTING_KINDS: Final = {family: _setting_kind(family) for family in _FAMILIES}
_DATABASES: Final = {family: _database_kind(family) for family in _FAMILIES}


def _name(event: Event, family: str) -> str:
    """By name or ARN, in lower case, as RDS stores it; CloudTrail writes "dBInstanceIdentifier"."""
    told = event.request.get(f"d{family[1:]}Identifier")
    if not isinstance(told, str):
        return ""
    arn = _ARN.fullmatch(told)
    return (arn["name"] if arn else told).lower()


def _modified(family: str) -> Callable[[Event], Iterator[Change]]:
    def changes(event: Event) -> Iterator[Change]:
        for parameter, (_shown, check) in _SETTINGS.items():
            told = event.request.get(parameter[:1].lower() + parameter[1:])
            names = (_name(event, family), parameter)
            if told is not None and _takes_setting(names):
                facet = Facet(_SETTING_KINDS[family].name, event.account, event.region, names)
                yield Change(facet=facet, after=check(told))

    return changes


def _became(family: str, after: Json, before: Json) -> Callable[[Event], Iterator[Change]]:
    def changes(event: Event) -> Iterator[Change]:
        names = (_name(event, family),)
        if _takes(names):
            facet = Facet(_DATABASES[family].name, event.account, event.region, names)
            yield Change(facet=facet, after=after, before=before)

    return changes


def _entries(family: str) -> Iterator[Entry]:
    creating = {
        "DBInstance": (
            "CreateDBInstance",
            "CreateDBInstanceReadReplica",
            "RestoreDBInstanceFromDBSnapshot",
            "RestoreDBInstanceFromS3",
        ),
        "DBCluster": ("CreateDBCluster", "RestoreDBClusterFromSnapshot", "RestoreDBClusterFromS3"),
    }
    made = _became(family, RUNNING, None)
    for operation, changes, undone_by in (
        (f"Modify{family}", _modified(family), f"Modify{family}"),
        *((operation, made, f"Stop{family}, or Delete{family} when asked to delete") for operation in creating[family]),
        (f"Stop{family}", _became(family, STOPPED, RUNNING), f"Start{family}"),
        (f"Start{family}", _became(family, RUNNING, STOPPED), f"Stop{family}"),
        (f"Delete{family}", _became(family, None, RUNNING), "nothing: a snapshot or backup has to be chosen"),
    ):
        from_ = "an earlier event, or AWS Config" if operation.startswith("Modify") else "the call itself"
        yield Entry(service="rds", operation=operation, changes=changes, undone_by=undone_by, before_from=from_)


KINDS = (*_SETTING_KINDS.values(), *_DATABASES.values())
ENTRIES = tuple(entry for family in _FAMILIES for entry in _entries(family))
