"""What a trail is asked, as an operator writes it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from ansible_collections.cordon.aws.plugins.module_utils.errors import InputError
from ansible_collections.cordon.aws.plugins.module_utils.trail.asking import moment_of, parse_regions, question_of

NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
KEY = "AKIAIOSFODNN7EXAMPLE"


def question(**options: Any) -> Any:
    return question_of({"access_key_ids": [], "principals": [], "since": None, "until": None, **options})


@pytest.mark.parametrize(
    ("text", "ago"),
    [
        ("90m", timedelta(minutes=90)),
        ("36h", timedelta(hours=36)),
        ("7d", timedelta(days=7)),
        ("2w", timedelta(weeks=2)),
        (" 7d ", timedelta(days=7)),
    ],
)
def test_a_time_may_be_given_by_how_long_ago_it_was(text: str, ago: timedelta) -> None:
    assert moment_of(text, "since", NOW) == NOW - ago


def test_a_time_may_be_given_with_its_zone() -> None:
    expected = datetime(2026, 5, 4, 10, 0, tzinfo=timezone(timedelta(hours=2)))
    assert moment_of("2026-05-04T10:00:00+02:00", "since", NOW) == expected


@pytest.mark.parametrize("text", [None, "", " "])
def test_no_time_is_open(text: str | None) -> None:
    assert moment_of(text, "since", NOW) is None


@pytest.mark.parametrize("text", ["7", "7y", "-7d", "yesterday", "2026-05-04", "2026-05-04T10:00:00", "99999d", "7d7h"])
def test_what_could_mean_several_times_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="since"):
        moment_of(text, "since", NOW)


def test_nobody_is_refused() -> None:
    with pytest.raises(InputError, match="names anybody"):
        question()


def test_faults_are_told_together() -> None:
    with pytest.raises(InputError) as caught:
        question(access_key_ids=["dana"], principals=["arn:aws:iam::111122223333:group/x"])
    assert "access_key_ids[0]" in str(caught.value)
    assert "principals[0]" in str(caught.value)


def test_an_end_before_the_beginning_is_refused() -> None:
    with pytest.raises(InputError, match="not before"):
        question(access_key_ids=[KEY], since="1d", until="2d")


def test_who_is_named_twice_is_asked_for_once() -> None:
    assert len(question(access_key_ids=[KEY, KEY], principals=[KEY]).seeds) == 1


def test_regions() -> None:
    assert parse_regions(None) is None
    assert parse_regions(["us-east-1", "ap-southeast-2", "us-gov-west-1"]) == {
        "us-east-1",
        "ap-southeast-2",
        "us-gov-west-1",
    }
    with pytest.raises(InputError) as caught:
        parse_regions(["us-east-1", "mars", "{{ x }}"])
    assert "regions[1]" in str(caught.value)
    assert "regions[2]" in str(caught.value)
