# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which version of a secret a staging label names, each label a facet, and where a secret is replicated. A new value is a new version: the
one before is still there, and putting AWSCURRENT back on it is all it takes; the values themselves are never read.
https://docs.aws.amazon.com/secretsmanager/latest/userguide/whats-in-a-secret.html"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

from ansible_collections.cordon.aws.plugins.module_utils.errors import AwsError
from ansible_collections.cordon.aws.plugins.module_utils.plan import Call, Json
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads
from ansible_collections.cordon.aws.plugins.module_utils.restore.entry import Entry
from ansible_collections.cordon.aws.plugins.module_utils.restore.facet import (
    GONE,
    UNKNOWN,
    Change,
    Facet,
    Kind,
    Move,
    Value,
)
from ansible_collections.cordon.aws.plugins.module_utils.restore.services.secretsmanager_secrets import (
    NO_SECRET,
    UNSET,
    created_secret,
    is_key,
    named,
    secret_of,
    takes_secret,
    updated_settings,
    word,
)
from ansible_collections.cordon.aws.plugins.module_utils.restore.services.setting import Names, answered, call_of
from ansible_collections.cordon.aws.plugins.module_utils.trail.event import Event

# https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_UpdateSecretVersionStage.html
_STAGE = re.compile(r"[\w/+=.@-]{1,256}", re.ASCII)
_VERSION = re.compile(r"[\w-]{32,64}", re.ASCII)
_REGION = re.compile(r"[a-z]{2,8}(-[a-z]{1,16}){1,3}-\d{1,2}", re.ASCII)
_CURRENT: Final = "AWSCURRENT"


def _takes_stage(names: Names) -> bool:
    return len(names) == 2 and takes_secret(names[:1]) and bool(_STAGE.fullmatch(names[1]))


def _read_stage(reads: Reads, facet: Facet) -> Json:
    answer = answered(reads, call_of(facet, "secretsmanager", "DescribeSecret", named(facet)), gone=NO_SECRET)
    if answer == GONE:
        return GONE
    versions: dict[str, list[str]] = answer.get("VersionIdsToStages", {})
    return next((version for version, stages in sorted(versions.items()) if facet.names[1] in stages), None)


def _move_stage(facet: Facet, live: Json, wanted: Json) -> Sequence[Move]:
    return (Move(call=_stage_call(facet, live, wanted), undo=(_stage_call(facet, wanted, live),)),)


def _stage_call(facet: Facet, from_version: Json, to_version: Json) -> Call:
    ends = {"RemoveFromVersionId": from_version, "MoveToVersionId": to_version}
    told = {name: version for name, version in ends.items() if version is not None}
    parameters = {**named(facet), "VersionStage": facet.names[1], **told}
    return call_of(facet, "secretsmanager", "UpdateSecretVersionStage", parameters)


def _stage_earlier(reads: Reads, facet: Facet, time: datetime) -> Value:
    """The newest version of before that time that ever was current; versions that lost their label are listed for a while as well."""
    if facet.names[1] != _CURRENT:
        return UNKNOWN
    parameters = {**named(facet), "IncludeDeprecated": True}
    try:
        versions = reads.pages(call_of(facet, "secretsmanager", "ListSecretVersionIds", parameters), "Versions")
    except AwsError as error:
        if error.code in NO_SECRET:
            return UNKNOWN
        raise
    older = [one for one in versions if one["CreatedDate"] < time and one.get("VersionStages") != ["AWSPENDING"]]
    return str(max(older, key=lambda one: one["CreatedDate"])["VersionId"]) if older else UNKNOWN


STAGE = Kind(
    name="secretsmanager/stage",
    order=30,
    permissions=(
        "secretsmanager:DescribeSecret",
        "secretsmanager:ListSecretVersionIds",
        "secretsmanager:UpdateSecretVersionStage",
    ),
    takes=_takes_stage,
    read=_read_stage,
    moves=_move_stage,
    earlier=_stage_earlier,
    word=word,
)


def _takes_replica(names: Names) -> bool:
    return len(names) == 2 and takes_secret(names[:1]) and bool(_REGION.fullmatch(names[1]))


def _read_replica(reads: Reads, facet: Facet) -> Json:
    answer = answered(reads, call_of(facet, "secretsmanager", "DescribeSecret", named(facet)), gone=NO_SECRET)
    if answer == GONE:
        return GONE
    for replica in answer.get("ReplicationStatus") or []:
        if replica.get("Region") == facet.names[1]:
            return {"KmsKeyId": replica["KmsKeyId"]} if replica.get("KmsKeyId") else {}
    return UNSET


def _move_replica(facet: Facet, live: Json, wanted: Json) -> Sequence[Move]:
    def with_region(key: Json) -> Call:
        added = [{"Region": facet.names[1], **key}]
        parameters = {**named(facet), "AddReplicaRegions": added}
        return call_of(facet, "secretsmanager", "ReplicateSecretToRegions", parameters)

    removed = {**named(facet), "RemoveReplicaRegions": [facet.names[1]]}
    without = call_of(facet, "secretsmanager", "RemoveRegionsFromReplication", removed)
    gone = () if live == UNSET else (Move(call=without, undo=(with_region(live),)),)
    there = () if wanted == UNSET else (Move(call=with_region(wanted), undo=(without,)),)
    return (*gone, *there)


REPLICA = Kind(
    name="secretsmanager/replica",
    order=30,
    permissions=(
        "secretsmanager:DescribeSecret",
        "secretsmanager:ReplicateSecretToRegions",
        "secretsmanager:RemoveRegionsFromReplication",
    ),
    takes=_takes_replica,
    read=_read_replica,
    moves=_move_replica,
    ways=lambda facet, live: () if live == UNSET else _move_replica(facet, live, UNSET),
    matches=lambda live, expected: (live == UNSET) == (expected == UNSET),
    word=word,
)


def _version(*told: Json) -> str:
    return next((text for text in told if isinstance(text, str) and _VERSION.fullmatch(text)), "")


def _staged(event: Event, stage: Json, after: Value, before: Value = UNKNOWN) -> Iterator[Change]:
    names = (secret_of(event), stage if isinstance(stage, str) else "")
    if _takes_stage(names):
        yield Change(facet=Facet(STAGE.name, event.account, event.region, names), after=after, before=before)


def _created(event: Event) -> Iterator[Change]:
    """With a value it has a version, named after the request's token."""
    yield from created_secret(event)
    version = _version(event.response.get("versionId"))
    if version:
        yield from _staged(event, _CURRENT, version, version)
    yield from _replicated(event)


def _value_put(event: Event) -> Iterator[Change]:
    """The version is named after the request's token.
    https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_PutSecretValue.html"""
    version = _version(event.response.get("versionId"), event.request.get("clientRequestToken"))
    stages = event.request.get("versionStages") or [_CURRENT]
    for stage in stages if isinstance(stages, list) else []:
        yield from _staged(event, stage, version or UNKNOWN)


def _updated(event: Event) -> Iterator[Change]:
    """A new version is told by the answer alone: the request has a token in any case."""
    yield from updated_settings(event)
    version = _version(event.response.get("versionId"))
    if version:
        yield from _staged(event, _CURRENT, version)


def _moved(event: Event) -> Iterator[Change]:
    """A label that some version has is moved only by who names that version."""
    request = event.request
    after, before = _version(request.get("moveToVersionId")), _version(request.get("removeFromVersionId"))
    yield from _staged(event, request.get("versionStage"), after or None, before or None)


def _replicated(event: Event) -> Iterator[Change]:
    added = event.request.get("addReplicaRegions")
    for one in added if isinstance(added, list) else []:
        if isinstance(one, dict):
            key = one.get("kmsKeyId")
            yield from _replica(event, one.get("region"), {"KmsKeyId": key} if is_key(key) else {}, UNSET)


def _unreplicated(event: Event) -> Iterator[Change]:
    removed = event.request.get("removeReplicaRegions")
    for region in removed if isinstance(removed, list) else []:
        yield from _replica(event, region, UNSET, {})


def _replica(event: Event, region: Json, after: Json, before: Json) -> Iterator[Change]:
    names = (secret_of(event), region if isinstance(region, str) else "")
    if _takes_replica(names):
        yield Change(facet=Facet(REPLICA.name, event.account, event.region, names), after=after, before=before)


KINDS = (STAGE, REPLICA)
ENTRIES = tuple(
    Entry(
        service="secretsmanager",
        operation=operation,
        changes=changes,
        undone_by=undone_by,
        before_from=before_from,
    )
    for operation, changes, undone_by, before_from in (
        ("CreateSecret", _created, "DeleteSecret", "the call itself"),
        ("PutSecretValue", _value_put, "UpdateSecretVersionStage", "an earlier event, or the secret's versions"),
        (
            "UpdateSecret",
            _updated,
            "UpdateSecretVersionStage, UpdateSecret",
            "an earlier event, or the secret's versions",
        ),
        ("UpdateSecretVersionStage", _moved, "UpdateSecretVersionStage", "the call itself"),
        ("ReplicateSecretToRegions", _replicated, "RemoveRegionsFromReplication", "the call itself"),
        ("RemoveRegionsFromReplication", _unreplicated, "ReplicateSecretToRegions", "the call itself"),
    )
)
