# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a trail is known not to show, without reading it: what its settings leave out, and while it was stopped. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from ansible_collections.cordon.aws.plugins.module_utils.plan import Json
from ansible_collections.cordon.aws.plugins.module_utils.trail.event_log import Gap, Span


def of_status(trail: str, status: Mapping[str, Json], span: Span) -> Iterator[Gap]:
    """`status`: GetTrailStatus. Only the last stop and the last start are told: what was before, a log shows at best.
    https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_GetTrailStatus.html"""
    stopped, started = _time(status.get("StopLoggingTime")), _time(status.get("StartLoggingTime"))
    is_logging = status.get("IsLogging") is True
    if not is_logging and (stopped is None or span.until is None or stopped < span.until):
        since = max(filter(None, (stopped, span.since)), default=None)
        yield Gap(kind="not_recorded", where=trail, why="the trail is stopped", since=since, until=span.until)
    elif is_logging and stopped and started and stopped < started and _overlap(stopped, started, span):
        yield Gap(kind="not_recorded", where=trail, why="the trail was stopped", since=stopped, until=started)
    if status.get("LatestDeliveryError"):
        why = f"the last delivery failed: {_plain(status['LatestDeliveryError'])}"
        yield Gap(kind="missing", where=trail, why=why, since=_time(status.get("LatestDeliveryTime")))


def of_selectors(trail: str, selectors: Mapping[str, Json]) -> Iterator[Gap]:
    """`selectors`: GetEventSelectors, as they are now: what they were before, nobody tells.
    https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_GetEventSelectors.html"""
    advanced, basic = selectors.get("AdvancedEventSelectors"), selectors.get("EventSelectors")
    whys = list(_advanced(advanced)) if isinstance(advanced, list) and advanced else list(_basic(basic or []))
    for why in whys:
        yield Gap(kind="not_recorded", where=trail, why=why)


def of_trail(trail: str, described: Mapping[str, Json]) -> Iterator[Gap]:
    """`described`: one of DescribeTrails. https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_Trail.html"""
    if described.get("IsMultiRegionTrail") is False:
        region = _plain(described.get("HomeRegion"))
        yield Gap(kind="not_covered", where=trail, why=f"the trail records one region, {region}, and no other")
    if described.get("IncludeGlobalServiceEvents") is False:
        yield Gap(
            kind="not_recorded", where=trail, why="the trail leaves out events of global services, IAM's among them"
        )


def _basic(selectors: Sequence[Mapping[str, Json]]) -> Iterator[str]:
    """Without any, a trail records management events only."""
    managed = [one for one in selectors if one.get("IncludeManagementEvents", True)]
    if selectors and not managed:
        yield "its selectors leave out management events"
    directions = {one.get("ReadWriteType", "All") for one in managed}
    if managed and "All" not in directions and len(directions) == 1:
        left_out = "changes" if directions == {"ReadOnly"} else "reads"
        yield f"its selectors leave out management events that are {left_out}"
    excluded = sorted({_plain(name) for one in managed for name in one.get("ExcludeManagementEventSources") or ()})
    if excluded:
        yield f"its selectors leave out management events of {', '.join(excluded)}"
    recorded = sorted({_plain(one.get("Type")) for each in selectors for one in each.get("DataResources") or ()})
    yield _data(recorded)


def _advanced(selectors: Sequence[Mapping[str, Json]]) -> Iterator[str]:
    """https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_AdvancedFieldSelector.html"""
    fields = [{str(field.get("Field")): field for field in one.get("FieldSelectors") or ()} for one in selectors]
    managed = [one for one in fields if "Management" in (one.get("eventCategory", {}).get("Equals") or ())]
    if not managed:
        yield "its selectors leave out management events"
    elif all(set(one) - {"eventCategory"} for one in managed):
        names = sorted({_plain(name) for one in managed for name in set(one) - {"eventCategory"}})
        yield f"its selectors leave out some management events, by {', '.join(names)}"
    recorded = sorted(
        {
            _plain(kind)
            for one in fields
            if "Data" in (one.get("eventCategory", {}).get("Equals") or ())
            for kind in one.get("resources.type", {}).get("Equals") or ()
        }
    )
    yield _data(recorded)


def _data(recorded: Sequence[str]) -> str:
    if not recorded:
        return "it records no data events, such as reads of S3 objects and calls of functions"
    return f"of data events it records only those of {', '.join(recorded)}, as far as its selectors name them"


def _overlap(since: datetime, until: datetime, span: Span) -> bool:
    return (span.until is None or since < span.until) and (span.since is None or span.since < until)


def _time(value: Json) -> datetime | None:
    return value if isinstance(value, datetime) else None


def _plain(value: Json) -> str:
    """A name of AWS's; what a person could have chosen does not stand in these fields, and is cut down all the same."""
    return "".join(character for character in str(value or "") if character.isalnum() or character in ".:-_ ")[:80]
