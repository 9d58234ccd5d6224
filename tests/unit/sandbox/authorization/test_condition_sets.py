"""ForAllValues and ForAnyValue, as the IAM User Guide's tables evaluate them.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html"""

from __future__ import annotations

import json
from typing import Any

import pytest

from sandbox.authorization.conditions import hold
from sandbox.authorization.document import compiled


def holds(operator: str, wanted: Any, found: list[str] | str | None) -> bool:
    condition = {operator: {"aws:TagKeys": wanted}}
    statement = {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": condition}
    (one,) = compiled(json.dumps({"Version": "2012-10-17", "Statement": statement}))
    return hold(one.conditions, {} if found is None else {"aws:tagkeys": found})


@pytest.mark.parametrize(
    ("operator", "wanted", "found", "held"),
    [
        # every value of the request is one of the policy's
        ("ForAllValues:StringEquals", ["environment", "cost-center"], ["environment"], True),
        ("ForAllValues:StringEquals", ["environment", "cost-center"], ["environment", "cost-center"], True),
        ("ForAllValues:StringEquals", ["environment", "cost-center"], ["environment", "team"], False),
        ("ForAllValues:StringEquals", ["environment", "cost-center"], ["Environment"], False),
        ("ForAllValues:StringEqualsIgnoreCase", ["environment"], ["Environment"], True),
        ("ForAllValues:StringLike", "key?*", ["key1", "key22"], True),
        ("ForAllValues:StringLike", "key?*", ["key1", "other"], False),
        # at least one of the request's values is one of the policy's
        ("ForAnyValue:StringEquals", ["environment", "cost-center"], ["team", "environment"], True),
        ("ForAnyValue:StringEquals", ["environment", "cost-center"], ["team"], False),
        ("ForAnyValue:StringLike", ["env*"], ["team", "environment"], True),
        # negated: no value of the request may match, or one that does not match is enough
        ("ForAllValues:StringNotEquals", ["secret"], ["a", "b"], True),
        ("ForAllValues:StringNotEquals", ["secret"], ["a", "secret"], False),
        ("ForAnyValue:StringNotEquals", ["secret"], ["a", "secret"], True),
        ("ForAnyValue:StringNotEquals", ["secret"], ["secret"], False),
        # one value is a set of one
        ("ForAllValues:StringEquals", ["environment"], "environment", True),
        ("ForAnyValue:StringEquals", ["environment"], "team", False),
    ],
)
def test_sets_are_compared_as_documented(operator: str, wanted: Any, found: Any, held: bool) -> None:
    assert holds(operator, wanted, found) is held


@pytest.mark.parametrize("found", [None, [], ""])
@pytest.mark.parametrize("operator", ["ForAllValues:StringEquals", "ForAllValues:StringNotEquals"])
def test_for_all_values_holds_without_a_value(operator: str, found: Any) -> None:
    """The page's warning: true if the key is missing or resolves to a null data set, such as an empty string."""
    assert holds(operator, "environment", found)


@pytest.mark.parametrize("found", [None, []])
@pytest.mark.parametrize(
    "operator", ["ForAnyValue:StringEquals", "ForAnyValue:StringNotEquals", "ForAnyValue:StringLike"]
)
def test_for_any_value_does_not_hold_without_a_value(operator: str, found: Any) -> None:
    assert not holds(operator, "environment", found)


def test_for_any_value_with_if_exists_holds_without_the_key() -> None:
    assert holds("ForAnyValue:StringEqualsIfExists", "environment", None)


def test_for_any_value_with_if_exists_asks_the_key_where_it_is() -> None:
    assert not holds("ForAnyValue:StringEqualsIfExists", "environment", ["team"])


def test_for_all_values_and_null_together_want_the_key_and_only_these_values() -> None:
    """The remedy that the page gives for ForAllValues in an Allow."""
    condition = {"ForAllValues:StringEquals": {"aws:TagKeys": ["a"]}, "Null": {"aws:TagKeys": "false"}}
    statement = {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": condition}
    (one,) = compiled(json.dumps({"Version": "2012-10-17", "Statement": statement}))
    assert hold(one.conditions, {"aws:tagkeys": ["a"]})
    assert not hold(one.conditions, {"aws:tagkeys": ["a", "b"]})
    assert not hold(one.conditions, {})
