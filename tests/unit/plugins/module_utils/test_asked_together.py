"""Listings are asked for many ids at once, no more often than AWS makes necessary, and what one call says is true of its ids alone."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

import pytest

from ansible_collections.cordon.aws.plugins.module_utils.asked_together import AskedTogether, Listing, by_filter
from ansible_collections.cordon.aws.plugins.module_utils.errors import AwsError
from ansible_collections.cordon.aws.plugins.module_utils.plan import Call

HERE = ("111122223333", "us-east-1")
THINGS = Listing(
    service="ec2",
    operation="DescribeThings",
    items="Things",
    ids_of=lambda thing: thing["of"],
    asked_by=by_filter("owner-id", group_name=["g"]),
    most=3,
)


class Aws:
    """Answers a listing out of `things`, and remembers what it was asked."""

    def __init__(self, *things: dict[str, Any]) -> None:
        self.things = things
        self.asked: list[Call] = []
        self.refuses = ""

    def background(self, ask: Callable[[], Any]) -> Future[Any]:
        done: Future[Any] = Future()
        try:
            done.set_result(ask())
        except AwsError as error:
            done.set_exception(error)
        return done

    def pages(self, call: Call, _key: str) -> list[Any]:
        self.asked.append(call)
        if call.account == self.refuses:
            raise AwsError("list", "AccessDenied", "Ask.", code="AccessDenied")
        wanted = set(call.parameters["Filters"][0]["Values"])
        return [thing for thing in self.things if wanted & set(thing["of"])]


def together(aws: Aws) -> AskedTogether:
    return AskedTogether(cloud=aws)  # type: ignore[arg-type]


def test_what_is_expected_is_asked_with_the_first_question_in_as_few_calls_as_may_be() -> None:
    aws = Aws(*({"of": [f"i-{number}"], "number": number} for number in range(7)))
    asked = together(aws)
    for number in range(7):
        asked.expect(THINGS, *HERE, f"i-{number}")
    assert [thing["number"] for number in range(7) for thing in asked.each(THINGS, *HERE, f"i-{number}")] == list(
        range(7)
    )
    assert [len(call.parameters["Filters"][0]["Values"]) for call in aws.asked] == [3, 3, 1]
    assert aws.asked[0].parameters["Filters"][1] == {"Name": "group-name", "Values": ["g"]}


def test_one_that_nobody_expected_is_asked_too_and_each_only_once() -> None:
    aws = Aws({"of": ["a", "b"]})
    asked = together(aws)
    assert asked.each(THINGS, *HERE, "a") == asked.each(THINGS, *HERE, "a") == [{"of": ["a", "b"]}]
    asked.expect(THINGS, *HERE, "a")
    assert asked.each(THINGS, *HERE, "nobody") == []
    assert [call.parameters["Filters"][0]["Values"] for call in aws.asked] == [["a"], ["nobody"]]


def test_a_place_that_cannot_be_asked_fails_those_who_are_there_and_nobody_else() -> None:
    aws = Aws({"of": ["a"]})
    aws.refuses = "123456789012"
    asked = together(aws)
    for account in ("111122223333", "123456789012"):
        asked.expect(THINGS, account, "us-east-1", "a")
    assert asked.each(THINGS, "111122223333", "us-east-1", "a")
    with pytest.raises(AwsError):
        asked.each(THINGS, "123456789012", "us-east-1", "a")
