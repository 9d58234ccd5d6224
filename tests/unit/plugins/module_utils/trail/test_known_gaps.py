"""What AWS's answers about a trail say of what it does not show. Answers are in the shapes of the API's pages."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ansible_collections.cordon.aws.plugins.module_utils.trail.event_log import Span
from ansible_collections.cordon.aws.plugins.module_utils.trail.known_gaps import (
    of_selectors,
    of_status,
    of_trail,
)

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
NO_DATA = "it records no data events, such as reads of S3 objects and calls of functions"


def ago(hours: float) -> datetime:
    return NOW - hours * HOUR


@pytest.mark.parametrize(
    ("status", "span", "periods"),
    [
        ({"IsLogging": True, "StartLoggingTime": ago(99)}, Span(), []),
        ({"IsLogging": True, "StopLoggingTime": ago(9), "StartLoggingTime": ago(7)}, Span(), [(ago(9), ago(7))]),
        ({"IsLogging": True, "StopLoggingTime": ago(9), "StartLoggingTime": ago(7)}, Span(since=ago(6)), []),
        ({"IsLogging": True, "StopLoggingTime": ago(9), "StartLoggingTime": ago(7)}, Span(until=ago(9)), []),
        ({"IsLogging": False, "StopLoggingTime": ago(9), "StartLoggingTime": ago(20)}, Span(), [(ago(9), None)]),
        ({"IsLogging": False, "StopLoggingTime": ago(9)}, Span(since=ago(5)), [(ago(5), None)]),
        ({"IsLogging": False, "StopLoggingTime": ago(9)}, Span(since=ago(20), until=ago(15)), []),
    ],
)
def test_while_the_trail_was_stopped_nothing_was_recorded(
    status: dict[str, Any], span: Span, periods: list[tuple[datetime, datetime | None]]
) -> None:
    found = list(of_status("trail x", status, span))
    assert [(gap.since, gap.until) for gap in found] == periods
    assert {gap.kind for gap in found} <= {"not_recorded"}


def test_a_delivery_that_fails_is_told() -> None:
    status = {"IsLogging": True, "LatestDeliveryError": "NoSuchBucket", "LatestDeliveryTime": ago(8)}
    (gap,) = of_status("trail x", status, Span())
    assert (gap.kind, gap.since) == ("missing", ago(8))
    assert gap.why.endswith("NoSuchBucket")


def management(**more: Any) -> dict[str, Any]:
    return {"ReadWriteType": "All", "IncludeManagementEvents": True, "DataResources": [], **more}


def fields(**equals: list[str]) -> dict[str, Any]:
    return {"FieldSelectors": [{"Field": name.replace("_", "."), "Equals": values} for name, values in equals.items()]}


@pytest.mark.parametrize(
    ("selectors", "whys"),
    [
        ({}, [NO_DATA]),
        ({"EventSelectors": [management()]}, [NO_DATA]),
        (
            {"EventSelectors": [management(ReadWriteType="WriteOnly")]},
            ["its selectors leave out management events that are reads", NO_DATA],
        ),
        (
            {"EventSelectors": [management(ReadWriteType="ReadOnly")]},
            ["its selectors leave out management events that are changes", NO_DATA],
        ),
        (
            {"EventSelectors": [management(ReadWriteType="ReadOnly"), management(ReadWriteType="WriteOnly")]},
            [NO_DATA],
        ),
        (
            {"EventSelectors": [management(ExcludeManagementEventSources=["kms.amazonaws.com"])]},
            ["its selectors leave out management events of kms.amazonaws.com", NO_DATA],
        ),
        (
            {
                "EventSelectors": [
                    management(
                        IncludeManagementEvents=False,
                        DataResources=[{"Type": "AWS::S3::Object", "Values": ["arn:aws:s3"]}],
                    )
                ]
            },
            [
                "its selectors leave out management events",
                "of data events it records only those of AWS::S3::Object, as far as its selectors name them",
            ],
        ),
        ({"AdvancedEventSelectors": [fields(eventCategory=["Management"])]}, [NO_DATA]),
        (
            {"AdvancedEventSelectors": [fields(eventCategory=["Management"], readOnly=["false"])]},
            ["its selectors leave out some management events, by readOnly", NO_DATA],
        ),
        (
            {
                "AdvancedEventSelectors": [
                    fields(eventCategory=["Management"]),
                    fields(eventCategory=["Data"], resources_type=["AWS::Lambda::Function"]),
                ]
            },
            ["of data events it records only those of AWS::Lambda::Function, as far as its selectors name them"],
        ),
        (
            {"AdvancedEventSelectors": [fields(eventCategory=["Data"], resources_type=["AWS::S3::Object"])]},
            [
                "its selectors leave out management events",
                "of data events it records only those of AWS::S3::Object, as far as its selectors name them",
            ],
        ),
    ],
)
def test_what_selectors_leave_out(selectors: dict[str, Any], whys: list[str]) -> None:
    assert [gap.why for gap in of_selectors("trail x", selectors)] == whys


def test_a_trail_of_one_region_and_one_without_global_services() -> None:
    described = {"IsMultiRegionTrail": False, "HomeRegion": "eu-west-1", "IncludeGlobalServiceEvents": False}
    assert [(gap.kind, gap.why) for gap in of_trail("trail x", described)] == [
        ("not_covered", "the trail records one region, eu-west-1, and no other"),
        ("not_recorded", "the trail leaves out events of global services, IAM's among them"),
    ]
    assert not list(of_trail("trail x", {"IsMultiRegionTrail": True, "IncludeGlobalServiceEvents": True}))
