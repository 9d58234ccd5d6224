# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Trails: whether they log, and where to. A trail that an attacker made stays as evidence, and logs no more; one that an attacker
deleted is made
again as it was, and logs.
https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_UpdateTrail.html"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from ansible_collections.cordon.aws.plugins.module_utils.plan import Call, Json
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
)
from ansible_collections.cordon.aws.plugins.module_utils.restore.services import building
from ansible_collections.cordon.aws.plugins.module_utils.trail.event import Event

TRAIL_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{2,127}", re.ASCII)
_NAMED = re.compile(
    r"(arn:aws[a-z-]*:cloudtrail:[a-z0-9-]{5,32}:(?P<account>\d{12}):trail/)?(?P<name>[\w.-]{3,128})", re.ASCII
)
ON: Final = "on"
OFF: Final = "off"
_TEXT = re.compile(r"[\x21-\x7e]{0,512}", re.ASCII)
# What a trail is made with, and how its description says it. https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_Trail.html
_TEXTS: Mapping[str, str] = {
    "S3BucketName": "S3BucketName",
    "S3KeyPrefix": "S3KeyPrefix",
    "SnsTopicName": "SnsTopicARN",
    "CloudWatchLogsLogGroupArn": "CloudWatchLogsLogGroupArn",
    "CloudWatchLogsRoleArn": "CloudWatchLogsRoleArn",
    "KmsKeyId": "KmsKeyId",
}
_SWITCHES: Mapping[str, str] = {
    "IncludeGlobalServiceEvents": "IncludeGlobalServiceEvents",
    "IsMultiRegionTrail": "IsMultiRegionTrail",
    "IsOrganizationTrail": "IsOrganizationTrail",
    "EnableLogFileValidation": "LogFileValidationEnabled",
}


def trail_of(event: Event, key: str = "name") -> str:
    """The bare name of the trail, which events also give as an ARN; empty for one of another account. A trail is only changed where it was
    made: https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_StopLogging.html#API_StopLogging_Errors"""
    found = _NAMED.fullmatch(building.text(event.request.get(key)))
    return found["name"] if found and found["account"] in (None, event.account) else ""


def is_there(reads: Reads, facet: Facet) -> bool:
    return building.asked(reads, building.call(facet, "cloudtrail", "GetTrail", Name=facet.names[0])) is not None


def _read_logging(reads: Reads, facet: Facet) -> Json:
    found = building.asked(reads, building.call(facet, "cloudtrail", "GetTrailStatus", Name=facet.names[0]))
    return GONE if found is None else ON if found["IsLogging"] else OFF


def _to_logging(facet: Facet, value: Json) -> Call:
    operation = "StartLogging" if value == ON else "StopLogging"
    return building.call(facet, "cloudtrail", operation, Name=facet.names[0])


LOGGING = Kind(
    name="cloudtrail/logging",
    order=40,
    permissions=("cloudtrail:GetTrailStatus", "cloudtrail:StartLogging", "cloudtrail:StopLogging"),
    takes=building.names_match(TRAIL_NAME),
    read=_read_logging,
    moves=building.moves_by(_to_logging, building.one_of(ON, OFF)),
)


def _settings(shown: Mapping[str, Json]) -> dict[str, Json]:
    """A trail as UpdateTrail takes it, from its description."""
    return {
        **{name: shown.get(key) or "" for name, key in _TEXTS.items()},
        **{name: bool(shown.get(key)) for name, key in _SWITCHES.items()},
    }


def _fits(value: Json) -> bool:
    return (
        isinstance(value, dict)
        and set(value) == {*_TEXTS, *_SWITCHES}
        and all(isinstance(value[name], str) and _TEXT.fullmatch(value[name]) for name in _TEXTS)
        and all(isinstance(value[name], bool) for name in _SWITCHES)
        and bool(value["S3BucketName"])
    )


def _read(reads: Reads, facet: Facet) -> Json:
    found = building.asked(reads, building.call(facet, "cloudtrail", "GetTrail", Name=facet.names[0]))
    return None if found is None else _settings(found["Trail"])


def _moves(facet: Facet, live: Json, wanted: Json) -> Sequence[Move]:
    if not all(value is None or _fits(value) for value in (live, wanted)):
        raise IrreversibleError(building.NO_STATE)

    def call(operation: str, value: Mapping[str, Json]) -> Call:
        return building.call(facet, "cloudtrail", operation, Name=facet.names[0], **value)

    delete = call("DeleteTrail", {})
    if wanted is None:
        # Its event selectors would not come back with it.
        return (Move(call=delete, undo=()),)
    if live is None:
        # An update takes a setting away that is empty; a new trail does without.
        given = {name: value for name, value in wanted.items() if value != ""}
        return (Move(call=call("CreateTrail", given), undo=(delete,)),)
    return (Move(call=call("UpdateTrail", wanted), undo=(call("UpdateTrail", live),)),)


TRAIL = Kind(
    name="cloudtrail/trail",
    order=10,
    permissions=(
        "cloudtrail:GetTrail",
        "cloudtrail:CreateTrail",
        "cloudtrail:UpdateTrail",
        "cloudtrail:DeleteTrail",
        "iam:PassRole",
    ),
    takes=building.names_match(TRAIL_NAME),
    read=_read,
    moves=_moves,
    kept=building.same,
)


def _logs(after: str) -> Callable[[Event], Iterator[Change]]:
    """Both calls succeed also where nothing changes; that they changed something is taken from their being made."""

    def changes(event: Event) -> Iterator[Change]:
        names = (trail_of(event),)
        if LOGGING.takes(names):
            facet = Facet(LOGGING.name, event.account, event.region, names)
            trail = Facet(TRAIL.name, event.account, event.region, names)
            yield Change(facet=facet, after=after, before=OFF if after == ON else ON, holder=trail)

    return changes


def _facet(event: Event) -> Facet | None:
    names = (trail_of(event),)
    return Facet(TRAIL.name, event.account, event.region, names) if TRAIL.takes(names) else None


def created(event: Event) -> Iterator[Change]:
    """What CreateTrail changed, but for what the trail selects: it does not log yet."""
    yield from _set(event)
    facet = _facet(event)
    if facet is not None:
        logging = Facet(LOGGING.name, event.account, event.region, facet.names)
        yield Change(facet=logging, after=OFF, before=OFF, holder=facet)


def _set(event: Event) -> Iterator[Change]:
    facet, value = _facet(event), _settings(building.mapping(building.upper(dict(event.response))))
    # The topic's name alone, as older answers have it, is not what AWS describes it by.
    told = _fits(value) and bool(value["SnsTopicName"]) == bool(
        event.response.get("snsTopicName", value["SnsTopicName"])
    )
    if facet is not None:
        created = event.operation == "CreateTrail"
        yield Change(facet=facet, after=value if told else UNKNOWN, before=None if created else UNKNOWN)


def deleted(event: Event) -> Iterator[Change]:
    """What DeleteTrail changed, but for what the trail selected."""
    facet = _facet(event)
    if facet is not None:
        yield Change(facet=facet, after=None)
        logging = Facet(LOGGING.name, event.account, event.region, facet.names)
        yield Change(facet=logging, after=GONE, before=ON, sure="likely", holder=facet)


KINDS = (LOGGING, TRAIL)
ENTRIES = (
    *(
        Entry(
            service="cloudtrail",
            operation=operation,
            changes=changes,
            undone_by=undone_by,
            before_from=before,
        )
        for operation, changes, undone_by, before in (
            ("StartLogging", _logs(ON), "StopLogging", "an earlier event"),
            ("StopLogging", _logs(OFF), "StartLogging", "the call itself, or an earlier event"),
            ("UpdateTrail", _set, "UpdateTrail", "an earlier event"),
        )
    ),
    *building.by_hand(
        "cloudtrail",
        "An event data store of CloudTrail Lake, a channel, a resource policy or an import was changed. Look at it with the Get or List "
        "operation "
        "of the same name, and set it back; a store that was deleted is kept for seven days: aws cloudtrail restore-event-data-store.",
        "CreateChannel",
        "CreateEventDataStore",
        "DeleteChannel",
        "DeleteEventDataStore",
        "DeleteResourcePolicy",
        "DeregisterOrganizationDelegatedAdmin",
        "PutEventConfiguration",
        "PutResourcePolicy",
        "RegisterOrganizationDelegatedAdmin",
        "StartEventDataStoreIngestion",
        "StopEventDataStoreIngestion",
        "UpdateChannel",
        "UpdateEventDataStore",
    ),
    *building.harmless("cloudtrail", "It changes tags, and nothing of what is logged.", "AddTags", "RemoveTags"),
)
