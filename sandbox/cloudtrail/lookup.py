"""LookupEvents.
https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from sandbox.cloudtrail.resources import looked_up
from sandbox.errors import ApiError
from sandbox.model import ApiRequest, Caller

if TYPE_CHECKING:
    from sandbox.world import World

_KEPT = timedelta(days=90)
_MOST = 50
_PER_SECOND = 2
_ATTRIBUTES = frozenset(
    {"AccessKeyId", "EventId", "EventName", "EventSource", "ReadOnly", "ResourceName", "ResourceType", "Username"}
)


def lookup_events(world: World, request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
    """Management events of one account and region, newest first, 50 at most at a time, by one attribute."""
    _within_rate(world, request, caller)
    given = request.parameters
    attributes = _attributes(given)
    most = _MOST if given.get("MaxResults") is None else int(given["MaxResults"])
    if not 1 <= most <= _MOST:
        raise ApiError("InvalidMaxResultsException", f"MaxResults must be from 1 to {_MOST}.", 400)
    if given.get("EventCategory") not in (None, "insight"):
        raise ApiError("InvalidEventCategoryException", "The event category must be insight.", 400)
    now = world.clock.now()
    since, until = _aware(given.get("StartTime")) or now - _KEPT, _aware(given.get("EndTime")) or now
    if since > until:
        raise ApiError("InvalidTimeRangeException", "The start time is after the end time.", 400)
    since = max(since, now - _KEPT)
    kept = (
        []
        if given.get("EventCategory")
        else sorted(world.trail.shown(caller.account, request.region), key=lambda one: one.time)
    )
    found = [recorded.event for recorded in reversed(kept) if since <= recorded.time.replace(microsecond=0) <= until]
    for attribute in attributes:
        found = [event for event in found if _fits(event, attribute["AttributeKey"], attribute["AttributeValue"])]
    start = _start(given, found)
    page = found[start : start + most]
    answer: dict[str, Any] = {"Events": [_shown(event) for event in page]}
    if start + most < len(found):
        answer["NextToken"] = _token(given, page[-1]["eventID"])
    return answer


HANDLERS = {("cloudtrail", "LookupEvents"): lookup_events}


def _within_rate(world: World, request: ApiRequest, caller: Caller) -> None:
    """Two a second per account and region: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/WhatIsCloudTrail-Limits.html"""
    times, now = world.trail.lookups[caller.account, request.region], world.clock.now()
    while times and now - times[0] >= timedelta(seconds=1):
        times.popleft()
    if len(times) >= _PER_SECOND:
        raise ApiError("ThrottlingException", "Rate exceeded", 400)
    times.append(now)


def _attributes(given: Mapping[str, Any]) -> list[Mapping[str, str]]:
    attributes = list(given.get("LookupAttributes") or [])
    if len(attributes) > 1:
        raise ApiError("InvalidLookupAttributesException", "You can only specify one lookup attribute.", 400)
    for attribute in attributes:
        if attribute.get("AttributeKey") not in _ATTRIBUTES:
            raise ApiError(
                "InvalidLookupAttributesException",
                f"There is no lookup attribute {attribute.get('AttributeKey')}.",
                400,
            )
    return attributes


def _fits(event: Mapping[str, Any], key: str, value: str) -> bool:
    shown = _shown(event)
    if key in ("ResourceName", "ResourceType"):
        return any(resource.get(key) == value for resource in shown["Resources"])
    return bool(shown[key] == value)


def _shown(event: Mapping[str, Any]) -> dict[str, Any]:
    """Username is the user's, the session's or the federated user's name, and root's is root."""
    identity = event["userIdentity"]
    name = (
        "root" if identity["type"] == "Root" else identity.get("userName") or identity.get("arn", "").rsplit("/", 1)[-1]
    )
    return {
        "EventId": event["eventID"],
        "EventName": event["eventName"],
        "ReadOnly": "true" if event["readOnly"] else "false",
        "AccessKeyId": identity.get("accessKeyId", ""),
        "EventTime": datetime.fromisoformat(event["eventTime"]),
        "EventSource": event["eventSource"],
        "Username": name,
        "Resources": looked_up(event),
        "CloudTrailEvent": json.dumps(event),
    }


def _token(given: Mapping[str, Any], last_id: str) -> str:
    """Where a page ended, and which question it answered: the events that come in meanwhile move nothing."""
    return base64.b64encode(json.dumps([last_id, _question(given)]).encode()).decode()


def _question(given: Mapping[str, Any]) -> str:
    asked = {name: value for name, value in given.items() if name not in ("NextToken", "MaxResults")}
    return hashlib.sha256(json.dumps(asked, default=str, sort_keys=True).encode()).hexdigest()


def _start(given: Mapping[str, Any], found: list[dict[str, Any]]) -> int:
    """Behind the last event of the page before. A token must come with the parameters that it was given out for."""
    if not given.get("NextToken"):
        return 0
    try:
        last_id, question = json.loads(base64.b64decode(given["NextToken"]))
        if question != _question(given):
            raise ValueError("another question")
        return 1 + next(position for position, event in enumerate(found) if event["eventID"] == last_id)
    except (ValueError, TypeError, StopIteration) as error:
        raise ApiError(
            "InvalidNextTokenException", "The token is not one that was given out for these parameters.", 400
        ) from error


def _aware(time: datetime | float | None) -> datetime | None:
    if time is None or isinstance(time, datetime):
        return time.replace(tzinfo=UTC) if time and not time.tzinfo else time
    return datetime.fromtimestamp(time, UTC)
