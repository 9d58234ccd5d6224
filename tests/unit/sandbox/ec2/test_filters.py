"""https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Filtering.html"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sandbox_calls import call, user

from sandbox.ec2.filters import Fields, matching, within_limit
from sandbox.errors import ApiError

FIELDS: Fields = {"name": lambda one: one, "letters": list, "is-long": lambda one: len(one) > 3}
WORDS = st.lists(st.text("ab*?\\", max_size=4), max_size=5)


def found(there: list[str], *filters: tuple[str, list[str]]) -> list[str]:
    request = call("ec2", "DescribeThings", {"Filters": [{"Name": name, "Values": values} for name, values in filters]})
    return matching(there, request, FIELDS, lambda one: {"Length": str(len(one))})


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("web", ["web"]),
        ("web*", ["web", "web-1", "web*"]),
        ("web?", ["web*"]),
        ("*", ["web", "web-1", "web*", "db"]),
        ("web\\*", ["web*"]),
        ("we", []),
    ],
)
def test_asterisk_and_question_mark_stand_for_others_unless_escaped(value: str, expected: list[str]) -> None:
    assert found(["web", "web-1", "web*", "db"], ("name", [value])) == expected


def test_every_filter_must_fit_by_any_of_its_values() -> None:
    there = ["web", "webs", "db"]
    assert found(there, ("name", ["web", "db"]), ("letters", ["w"])) == ["web"]
    assert found(there, ("is-long", ["true"])) == ["webs"]
    assert found(there, ("tag:Length", ["3", "2"])) == ["web", "db"]
    assert found(there, ("tag-key", ["Length"])) == there
    assert found(there, ("tag:Other", ["3"])) == []


def test_a_filter_that_there_is_not_is_refused() -> None:
    with pytest.raises(ApiError, match="InvalidParameterValue"):
        found(["web"], ("colour", ["red"]))


@given(WORDS)
def test_every_word_is_found_by_itself_escaped(there: list[str]) -> None:
    for word in there:
        escaped = "".join(f"\\{sign}" for sign in word)
        assert found(there, ("name", [escaped])) == [one for one in there if one == word]


@pytest.mark.parametrize(
    ("counts", "fits"),
    [
        ((200,), True),
        ((201,), False),
        ((100, 100), True),
        ((100, 101), False),
        ((), True),
        ((1,) * 50, True),
        ((1,) * 51, False),
    ],
)
def test_a_call_takes_200_values(counts: tuple[int, ...], fits: bool) -> None:
    filters: Any = [{"Name": "name", "Values": ["x"] * count} for count in counts]
    request = call("ec2", "DescribeInstances", {"Filters": filters})
    if fits:
        within_limit(request, user())
        return
    with pytest.raises(ApiError, match="FilterLimitExceeded"):
        within_limit(request, user())
