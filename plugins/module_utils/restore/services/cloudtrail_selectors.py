# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What trails log: their event selectors, which are a document that each call replaces, and their insight selectors.
https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_PutEventSelectors.html"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from ansible_collections.cordon.aws.plugins.module_utils.errors import AwsError
from ansible_collections.cordon.aws.plugins.module_utils.plan import Call, Json
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads
from ansible_collections.cordon.aws.plugins.module_utils.restore.entry import Entry
from ansible_collections.cordon.aws.plugins.module_utils.restore.facet import GONE, UNKNOWN, Change, Facet, Kind
from ansible_collections.cordon.aws.plugins.module_utils.restore.services import building, cloudtrail_trails
from ansible_collections.cordon.aws.plugins.module_utils.trail.event import Event

_WORD = re.compile(r"[A-Za-z0-9:._/*+=@,$ -]{1,1000}", re.ASCII)
_NAME = re.compile(r"[^\x00-\x1f\x7f]{0,1000}")
_OPERATORS: Final = ("Equals", "StartsWith", "EndsWith", "NotEquals", "NotStartsWith", "NotEndsWith")
_MOST: Final = 500


def _selectors(shown: Mapping[str, Json]) -> Json:
    """The selectors that a trail has, as they are put: either basic or advanced ones."""
    advanced = shown.get("AdvancedEventSelectors")
    if advanced:
        return {"AdvancedEventSelectors": [_advanced(one) for one in advanced]}
    return {"EventSelectors": [_basic(one) for one in shown.get("EventSelectors") or []]}


def _basic(one: Mapping[str, Json]) -> Json:
    management = one.get("IncludeManagementEvents")
    return {
        "ReadWriteType": one.get("ReadWriteType") or "All",
        "IncludeManagementEvents": True if management is None else management,
        "DataResources": [
            {"Type": data.get("Type"), "Values": data.get("Values") or []} for data in one.get("DataResources") or []
        ],
        "ExcludeManagementEventSources": one.get("ExcludeManagementEventSources") or [],
    }


def _advanced(one: Mapping[str, Json]) -> Json:
    return {
        "Name": one.get("Name") or "",
        "FieldSelectors": [
            {"Field": field.get("Field"), **{name: field[name] for name in _OPERATORS if field.get(name)}}
            for field in one.get("FieldSelectors") or []
        ],
    }


def _fits(value: Json) -> bool:
    if not isinstance(value, dict) or len(value) != 1:
        return False
    ((name, selectors),) = value.items()
    checks = {"EventSelectors": _is_basic, "AdvancedEventSelectors": _is_advanced}
    return (
        name in checks
        and isinstance(selectors, list)
        and 0 < len(selectors) <= _MOST
        and all(map(checks[name], selectors))
    )


def _is_basic(one: Json) -> bool:
    return (
        isinstance(one, dict)
        and set(one) == {"ReadWriteType", "IncludeManagementEvents", "DataResources", "ExcludeManagementEventSources"}
        and one["ReadWriteType"] in ("All", "ReadOnly", "WriteOnly")
        and isinstance(one["IncludeManagementEvents"], bool)
        and _are_words(one["ExcludeManagementEventSources"])
        and isinstance(one["DataResources"], list)
        and all(
            isinstance(data, dict)
            and set(data) == {"Type", "Values"}
            and _are_words([data["Type"]])
            and _are_words(data["Values"])
            for data in one["DataResources"]
        )
    )


def _is_advanced(one: Json) -> bool:
    return (
        isinstance(one, dict)
        and set(one) == {"Name", "FieldSelectors"}
        and isinstance(one["Name"], str)
        and bool(_NAME.fullmatch(one["Name"]))
        and isinstance(one["FieldSelectors"], list)
        and all(
            isinstance(field, dict)
            and {"Field"} < set(field) <= {"Field", *_OPERATORS}
            and _are_words([field["Field"]])
            and all(_are_words(field[name]) for name in field if name != "Field")
            for field in one["FieldSelectors"]
        )
    )


def _are_words(value: Json) -> bool:
    return (
        isinstance(value, list)
        and len(value) <= _MOST
        and all(isinstance(one, str) and _WORD.fullmatch(one) for one in value)
    )


_DEFAULT: Final = {
    "EventSelectors": [
        {
            "ReadWriteType": "All",
            "IncludeManagementEvents": True,
            "DataResources": [],
            "ExcludeManagementEventSources": [],
        }
    ]
}
"""What a trail selects that was made again. https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_PutEventSelectors.html"""


def _read(reads: Reads, facet: Facet) -> Json:
    question = building.call(facet, "cloudtrail", "GetEventSelectors", TrailName=facet.names[0])
    found = building.asked(reads, question)
    return GONE if found is None else _selectors(found)


def _to(facet: Facet, value: Json) -> Call:
    return building.call(facet, "cloudtrail", "PutEventSelectors", TrailName=facet.names[0], **(value or _DEFAULT))


EVENT_SELECTORS = Kind(
    name="cloudtrail/event_selectors",
    order=20,
    permissions=("cloudtrail:GetEventSelectors", "cloudtrail:PutEventSelectors"),
    takes=building.names_match(cloudtrail_trails.TRAIL_NAME),
    read=_read,
    moves=building.moves_by(_to, _fits),
)

_INSIGHTS: Final = ("ApiCallRateInsight", "ApiErrorRateInsight")


def _read_insights(reads: Reads, facet: Facet) -> Json:
    if not cloudtrail_trails.is_there(reads, facet):
        return GONE
    question = building.call(facet, "cloudtrail", "GetInsightSelectors", TrailName=facet.names[0])
    try:
        found = reads.read(question)
    except AwsError as error:
        if error.code == "InsightNotEnabledException":
            return []
        raise
    return _insights(found.get("InsightSelectors"))


def _insights(selectors: Json) -> Json:
    return sorted(str(building.mapping(building.upper(one)).get("InsightType")) for one in selectors or [])


def _are_insights(value: Json) -> bool:
    return isinstance(value, list) and all(one in _INSIGHTS for one in value)


def _to_insights(facet: Facet, value: Json) -> Call:
    selectors = [{"InsightType": one} for one in value or []]
    return building.call(
        facet, "cloudtrail", "PutInsightSelectors", TrailName=facet.names[0], InsightSelectors=selectors
    )


INSIGHT_SELECTORS = Kind(
    name="cloudtrail/insight_selectors",
    order=20,
    permissions=("cloudtrail:GetTrail", "cloudtrail:GetInsightSelectors", "cloudtrail:PutInsightSelectors"),
    takes=building.names_match(cloudtrail_trails.TRAIL_NAME),
    read=_read_insights,
    moves=building.moves_by(_to_insights, _are_insights),
)


def _put(event: Event) -> Iterator[Change]:
    """What was before is in no event of this one's: it is replaced as a whole."""
    for facet in _facets(event, "trailName", EVENT_SELECTORS):
        shown = building.upper(dict(event.response or event.request))
        value = _selectors(shown) if _can_be_read(shown) else UNKNOWN
        yield Change(facet=facet, after=value if _fits(value) else UNKNOWN, holder=_trail(facet))


def _can_be_read(shown: Mapping[str, Json]) -> bool:
    """Whether lists are lists of objects, and their lists too."""
    for outer, inner in (("EventSelectors", "DataResources"), ("AdvancedEventSelectors", "FieldSelectors")):
        listed = shown.get(outer) or []
        for one in listed if isinstance(listed, list) else [None]:
            if not isinstance(one, dict) or not isinstance(one.get(inner) or [], list):
                return False
            if not all(isinstance(deeper, dict) for deeper in one.get(inner) or []):
                return False
    return True


def _put_insights(event: Event) -> Iterator[Change]:
    value = event.request.get("insightSelectors")
    for facet in _facets(event, "trailName", INSIGHT_SELECTORS) if isinstance(value, list) else ():
        after = _insights(value)
        yield Change(facet=facet, after=after if _are_insights(after) else UNKNOWN, holder=_trail(facet))


def _created(event: Event) -> Iterator[Change]:
    yield from cloudtrail_trails.created(event)
    for facet in _facets(event, "name", EVENT_SELECTORS):
        yield Change(facet=facet, after=_DEFAULT, before=GONE, holder=_trail(facet))


def _deleted(event: Event) -> Iterator[Change]:
    yield from cloudtrail_trails.deleted(event)
    for facet in _facets(event, "name", EVENT_SELECTORS, INSIGHT_SELECTORS):
        yield Change(facet=facet, after=GONE, holder=_trail(facet))


def _facets(event: Event, key: str, *kinds: Kind) -> Iterator[Facet]:
    names = (cloudtrail_trails.trail_of(event, key),)
    for kind in kinds:
        if kind.takes(names):
            yield Facet(kind.name, event.account, event.region, names)


def _trail(facet: Facet) -> Facet:
    return Facet(cloudtrail_trails.TRAIL.name, facet.account, facet.region, facet.names)


KINDS = (EVENT_SELECTORS, INSIGHT_SELECTORS)
ENTRIES = (
    Entry(
        service="cloudtrail",
        operation="CreateTrail",
        changes=_created,
        undone_by="StopLogging; DeleteTrail if what the attacker made is to be deleted",
        before_from="the call itself",
    ),
    Entry(
        service="cloudtrail",
        operation="DeleteTrail",
        changes=_deleted,
        undone_by="CreateTrail, StartLogging, PutEventSelectors",
        before_from="an earlier event",
    ),
    Entry(
        service="cloudtrail",
        operation="PutEventSelectors",
        changes=_put,
        undone_by="PutEventSelectors",
        before_from="an earlier event",
        manual="What a trail logs was changed, and the event does not name a trail of this account. Look at it with aws cloudtrail "
        "get-event-selectors, and set it back in the account of the trail.",
    ),
    Entry(
        service="cloudtrail",
        operation="PutInsightSelectors",
        changes=_put_insights,
        undone_by="PutInsightSelectors",
        before_from="an earlier event",
        manual="The insights of a trail or event data store were changed. Look at them with aws cloudtrail get-insight-selectors, and "
        "set them back.",
    ),
)
