# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reads CloudTrail's event history: the last 90 days of management events, without any trail.
https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html"""

from __future__ import annotations

import json
from collections.abc import Container, Mapping
from dataclasses import dataclass
from datetime import datetime

from ansible_collections.cordon.aws.plugins.module_utils.cloud import Cloud
from ansible_collections.cordon.aws.plugins.module_utils.plan import Call, Json

PAGE = 50

Event = Mapping[str, Json]
"""One record as CloudTrail writes it into a trail. Its texts are partly a stranger's: only what matches a pattern may be used."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Question:
    """What is asked of the event history of one account and region."""

    account: str
    region: str
    since: datetime
    attribute: str = ""
    """One of LookupEvents' attributes with its value; empty for all events."""
    value: str = ""
    most: int = 1000


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """Events, newest first. `cut` where there are more than were asked for."""

    events: tuple[Event, ...]
    cut: bool = False


def look_up(cloud: Cloud, question: Question, known: Container[str] = ()) -> Found:
    """Page by page, up to a page that brings nothing but `known` event ids. Raises AwsError where the
    history cannot be read."""
    given: dict[str, Json] = {"StartTime": question.since, "MaxResults": PAGE}
    if question.attribute:
        given["LookupAttributes"] = [{"AttributeKey": question.attribute, "AttributeValue": question.value}]
    events: list[Event] = []
    while True:
        call = Call(
            account=question.account,
            region=question.region,
            service="cloudtrail",
            operation="LookupEvents",
            parameters=given,
        )
        answer = cloud.read(call)
        shown = answer.get("Events", ())
        events.extend(event for event in map(_record, shown) if event is not None)
        token = answer.get("NextToken")
        brings_more = any(one.get("EventId") not in known for one in shown)
        if not token or not brings_more or len(events) >= question.most:
            return Found(events=tuple(events), cut=bool(token))
        given["NextToken"] = token


def _record(shown: Mapping[str, Json]) -> Event | None:
    """The event itself, which LookupEvents hands out as text; None where that is no record."""
    try:
        found = json.loads(shown.get("CloudTrailEvent", ""))
    except ValueError:
        return None
    return found if isinstance(found, dict) and isinstance(found.get("userIdentity"), dict) else None
