"""Times of options are read once, and only where they cannot be misunderstood."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cordon.aws.plugins.module_utils.errors import InputError
from ansible_collections.cordon.aws.plugins.module_utils.times import as_text, parse_time

zones = st.integers(-23 * 60, 23 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
times = st.builds(
    datetime.fromtimestamp,
    st.floats(0, datetime(2200, 1, 1, tzinfo=UTC).timestamp()),
    zones,
)


@pytest.mark.parametrize(
    "text", ["2026-01-31T14:05:00Z", "2026-01-31T15:05:00+01:00", "2026-01-31 14:05:00+00:00", "2026-01-31T09:05-05:00"]
)
def test_the_zone_is_taken_into_account(text: str) -> None:
    assert parse_time(text, "since") == datetime(2026, 1, 31, 14, 5, tzinfo=UTC)


@given(times)
def test_every_time_with_a_zone_is_the_same_moment(time: datetime) -> None:
    found = parse_time(time.isoformat(), "since")
    assert (found, found.tzinfo) == (time, UTC)


@given(times)
def test_as_conditions_write_it(time: datetime) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_Date"""
    assert parse_time(as_text(time), "since") == time.replace(microsecond=0)
    assert len(as_text(time)) == len("2026-01-31T14:05:00Z")


@pytest.mark.parametrize("text", ["2026-01-31T14:05:00", "2026-01-31"])
def test_without_a_zone_it_is_refused(text: str) -> None:
    with pytest.raises(InputError, match=f"`since` = '{text}': it does not say its time zone"):
        parse_time(text, "since")


@pytest.mark.parametrize(
    "text", ["", "yesterday", "1h", "2026-13-01T00:00:00Z", "{{ now }}", "0001-01-01T00:00:00+14:00", "2026\x00"]
)
def test_what_is_no_time_is_refused_with_the_option(text: str) -> None:
    with pytest.raises(InputError, match=r"`sessions_before` = .* it is not a time"):
        parse_time(text, "sessions_before")


@given(st.text())
def test_whatever_is_given_nothing_but_an_input_error_is_raised(text: str) -> None:
    try:
        found = parse_time(text, "since")
    except InputError:
        return
    assert found.tzinfo is UTC
