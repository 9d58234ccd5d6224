# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which records stand in a value of JSON, by what it holds: CloudTrail's own files, LookupEvents' answers, EventBridge's envelopes. Pure.
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-examples.html
https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail.html"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

try:
    import orjson
except ImportError:  # the module says so through missing_required_lib before it gets here
    pass

from ansible_collections.cordon.aws.plugins.module_utils.plan import Json

_DEEPEST = 4
"""Envelopes in envelopes: a line of JSON with an answer with an event as text is three."""


# What stands in anything but a record.
_TOLD_BY = frozenset(
    {"Records", "Events", "CloudTrailEvent", "detail-type", "schemaVersion", "SchemaVersion", "digestStartTime"}
)


class NotARecord(NamedTuple):
    """Something else in the place of a record."""

    why: str
    """A clause without a full stop."""


def records_in(value: Json, depth: int = 0) -> Iterator[Json | NotARecord]:
    """The records in `value`, unchecked, and what stands in the place of one. Digests and Insights are neither: others read them."""
    if isinstance(value, dict) and value.keys().isdisjoint(_TOLD_BY) and value.get("eventCategory") != "Insight":
        yield value
    elif depth > _DEEPEST:
        yield NotARecord("it holds envelopes in envelopes")
    elif isinstance(value, list):
        for one in value:
            yield from records_in(one, depth + 1)
    elif not isinstance(value, dict):
        yield NotARecord("it is not an object")
    elif isinstance(value.get("Records"), list):
        yield from records_in(value["Records"], depth + 1)
    elif isinstance(value.get("Events"), list):
        yield from records_in(value["Events"], depth + 1)
    elif "CloudTrailEvent" in value:
        yield from _from_text(value["CloudTrailEvent"], depth)
    elif "detail-type" in value:
        yield from _from_envelope(value, depth)
    elif not _is_for_others(value):
        yield NotARecord("it is a finding of GuardDuty, not a record") if _is_finding(value) else value


def _from_text(text: Json, depth: int) -> Iterator[Json | NotARecord]:
    try:
        inner = orjson.loads(text) if isinstance(text, str) else None
    except ValueError:
        inner = None
    if isinstance(inner, dict):
        yield from records_in(inner, depth + 1)
    else:
        yield NotARecord("its CloudTrailEvent is not JSON")


def _from_envelope(envelope: dict[str, Json], depth: int) -> Iterator[Json | NotARecord]:
    detail = envelope.get("detail")
    if isinstance(detail, dict) and "eventVersion" in detail and "eventSource" in detail:
        yield from records_in(detail, depth + 1)
    elif envelope.get("source") == "aws.guardduty" or envelope["detail-type"] == "GuardDuty Finding":
        yield NotARecord("it is a finding of GuardDuty, not a record")
    else:
        yield NotARecord("it is an event of EventBridge that holds no record")


def _is_finding(value: dict[str, Json]) -> bool:
    return {"schemaVersion", "service", "resource"} <= value.keys() or {
        "SchemaVersion",
        "Service",
        "Resource",
    } <= value.keys()


def _is_for_others(value: dict[str, Json]) -> bool:
    """https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-validation-digest-file-structure.html"""
    return "digestStartTime" in value or value.get("eventCategory") == "Insight"
