"""What a trail selects: basic selectors or advanced ones, never both, and insights.
https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_PutEventSelectors.html"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sandbox.cloudtrail.trails import at_home, found_trail
from sandbox.errors import ApiError
from sandbox.model import ApiRequest, Caller

if TYPE_CHECKING:
    from sandbox.world import World

_MOST_SELECTORS, _MOST_RESOURCES = 5, 250
_DIRECTIONS = ("All", "ReadOnly", "WriteOnly")
_INSIGHTS = ("ApiCallRateInsight", "ApiErrorRateInsight")


def put_event_selectors(_world: World, request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
    """One kind takes the place of the other."""
    trail, given = at_home(request, caller, "TrailName"), request.parameters
    basic, advanced = list(given.get("EventSelectors") or ()), list(given.get("AdvancedEventSelectors") or ())
    if bool(basic) == bool(advanced):
        raise _invalid("Either event selectors or advanced event selectors must be given, and not both.")
    if basic:
        trail.event_selectors, trail.advanced_event_selectors = [_whole(one) for one in _checked(basic)], []
        return {"TrailARN": trail.arn, "EventSelectors": trail.event_selectors}
    for one in advanced:
        fields = [field["Field"] for field in one.get("FieldSelectors", ())]
        if "eventCategory" not in fields:
            raise _invalid("An advanced event selector must have a field selector for eventCategory.")
    trail.event_selectors, trail.advanced_event_selectors = [], [dict(one) for one in advanced]
    return {"TrailARN": trail.arn, "AdvancedEventSelectors": trail.advanced_event_selectors}


def get_event_selectors(_world: World, request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
    """A trail that was made by the API selects all management events until it is told otherwise.
    https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_GetEventSelectors.html"""
    trail = found_trail(request, caller, "TrailName")
    if trail.advanced_event_selectors:
        return {"TrailARN": trail.arn, "AdvancedEventSelectors": trail.advanced_event_selectors}
    return {"TrailARN": trail.arn, "EventSelectors": trail.event_selectors or [_whole({})]}


def put_insight_selectors(_world: World, request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
    """None switches insights off. https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_PutInsightSelectors.html"""
    trail, wanted = at_home(request, caller, "TrailName"), list(request.parameters.get("InsightSelectors") or ())
    if any(one.get("InsightType") not in _INSIGHTS for one in wanted):
        raise ApiError("InvalidInsightSelectorsException", "The insight type is not valid.", 400)
    trail.insight_selectors = wanted
    return {"TrailARN": trail.arn, "InsightSelectors": wanted}


def get_insight_selectors(_world: World, request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
    """https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_GetInsightSelectors.html"""
    trail = found_trail(request, caller, "TrailName")
    if not trail.insight_selectors:
        raise ApiError("InsightNotEnabledException", f"Trail {trail.arn} does not have Insights enabled.", 400)
    return {"TrailARN": trail.arn, "InsightSelectors": trail.insight_selectors}


def _whole(selector: Mapping[str, Any]) -> dict[str, Any]:
    """With what it does not say: https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_EventSelector.html"""
    at_first = {
        "ReadWriteType": "All",
        "IncludeManagementEvents": True,
        "DataResources": [],
        "ExcludeManagementEventSources": [],
    }
    return at_first | {name: value for name, value in selector.items() if value is not None}


def _checked(selectors: Sequence[Mapping[str, Any]]) -> Sequence[Mapping[str, Any]]:
    if len(selectors) > _MOST_SELECTORS:
        raise _invalid(f"A trail can have up to {_MOST_SELECTORS} event selectors.")
    resources = [one for selector in selectors for one in selector.get("DataResources") or ()]
    if sum(len(one.get("Values") or ()) for one in resources) > _MOST_RESOURCES:
        raise _invalid(f"A trail can have up to {_MOST_RESOURCES} data resources.")
    if any(selector.get("ReadWriteType") not in (None, *_DIRECTIONS) for selector in selectors):
        raise _invalid("The value of ReadWriteType is not valid.")
    return selectors


def _invalid(message: str) -> ApiError:
    return ApiError("InvalidEventSelectorsException", message, 400)


HANDLERS = {
    ("cloudtrail", "PutEventSelectors"): put_event_selectors,
    ("cloudtrail", "GetEventSelectors"): get_event_selectors,
    ("cloudtrail", "PutInsightSelectors"): put_insight_selectors,
    ("cloudtrail", "GetInsightSelectors"): get_insight_selectors,
}
