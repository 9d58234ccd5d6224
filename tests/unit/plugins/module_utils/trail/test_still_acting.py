"""CloudTrail is asked whether a contained principal still gets what it asks for, and is not believed to know what it does not show yet."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ansible_collections.cordon.aws.plugins.module_utils.trail.still_acting import SPREADS_IN, seen

DANA, ROLE = "AIDACKCEVSQ6C2EXAMPLE", "AROADBQP57FF2AEXAMPLE"
CONTAINED_AT = datetime(2026, 1, 31, 14, 5, tzinfo=UTC)


def call(
    seconds: float, *, by: str = DANA, name: str = "ListBuckets", source: str = "s3", **more: Any
) -> dict[str, Any]:
    kind = "AssumedRole" if ":" in by else "IAMUser"
    time = CONTAINED_AT + timedelta(seconds=seconds)
    return {
        "eventTime": f"{time:%Y-%m-%dT%H:%M:%SZ}",
        "eventSource": f"{source}.amazonaws.com",
        "eventName": name,
        "userIdentity": {"type": kind, "principalId": by},
        **more,
    }


LATE = SPREADS_IN.total_seconds() + 1


def test_a_call_that_succeeds_when_iam_has_had_its_time_is_told() -> None:
    shown = seen([call(LATE)], DANA, CONTAINED_AT)
    assert shown.acts_after(CONTAINED_AT)
    assert shown.last_operation == "s3:ListBuckets"


def test_a_call_that_succeeds_while_iam_spreads_is_no_failure() -> None:
    shown = seen([call(1)], DANA, CONTAINED_AT)
    assert (shown.succeeded, shown.acts_after(CONTAINED_AT)) == (1, False)


def test_refused_calls_are_counted() -> None:
    shown = seen([call(LATE, errorCode="AccessDenied"), call(LATE + 1, errorCode="AccessDenied")], DANA, CONTAINED_AT)
    assert (shown.refused, shown.acts_after(CONTAINED_AT), shown.covers(CONTAINED_AT)) == (2, False, True)


@pytest.mark.parametrize("name", ["GetCallerIdentity", "GetSessionToken"])
def test_what_no_policy_can_deny_proves_nothing(name: str) -> None:
    assert not seen([call(LATE, name=name, source="sts")], DANA, CONTAINED_AT).acts_after(CONTAINED_AT)


def test_somebody_elses_calls_show_how_far_cloudtrail_is_and_nothing_more() -> None:
    shown = seen([call(LATE, by="AIDAI44QH8DHBEXAMPLE0")], DANA, CONTAINED_AT)
    assert (shown.succeeded, shown.covers(CONTAINED_AT)) == (0, True)


def test_cloudtrail_that_is_behind_covers_nothing() -> None:
    assert not seen([], DANA, CONTAINED_AT).covers(CONTAINED_AT)
    assert not seen([call(1, by="AIDAI44QH8DHBEXAMPLE0")], DANA, CONTAINED_AT).covers(CONTAINED_AT)


def test_any_session_of_a_contained_role_counts_and_of_a_contained_session_only_itself() -> None:
    events = [call(LATE, by=f"{ROLE}:bob")]
    assert seen(events, f"{ROLE}:*", CONTAINED_AT).acts_after(CONTAINED_AT)
    assert seen(events, f"{ROLE}:bob", CONTAINED_AT).acts_after(CONTAINED_AT)
    assert not seen(events, f"{ROLE}:alice", CONTAINED_AT).acts_after(CONTAINED_AT)


def test_what_has_no_time_is_passed_over() -> None:
    assert seen([{"eventTime": "yesterday", "userIdentity": {}}], DANA, CONTAINED_AT).shown_until is None
