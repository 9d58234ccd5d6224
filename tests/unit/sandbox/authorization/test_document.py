"""What counts of a policy document: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html"""

from __future__ import annotations

import json
from typing import Any

import pytest

from sandbox.authorization.document import Statement, compiled

ALLOW = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
DENY = {"Effect": "Deny", "Action": "s3:*", "Resource": "*"}


def statements(statement: Any, version: Any = "2012-10-17") -> tuple[Statement, ...]:
    return compiled(json.dumps({"Version": version, "Statement": statement}))


def test_one_statement_may_stand_without_a_list() -> None:
    assert statements(ALLOW) == statements([ALLOW])
    assert len(statements(ALLOW)) == 1


def test_one_string_is_a_list_of_one() -> None:
    assert statements(ALLOW)[0].actions == ("s3:GetObject",)
    assert statements(ALLOW | {"Action": ["s3:GetObject"]}) == statements(ALLOW)


def test_numbers_and_booleans_of_conditions_are_text() -> None:
    """The grammar: quotation marks are optional for numeric and Boolean values."""
    found = statements(ALLOW | {"Condition": {"StringEquals": {"Some:Key": [True, 5, "a"]}}})
    assert found[0].conditions[0].wanted == ("true", "5", "a")
    assert found[0].conditions[0].key == "some:key"


@pytest.mark.parametrize(("version", "known"), [("2012-10-17", True), ("2008-10-17", False)])
def test_variables_are_for_the_newer_language(version: str, known: bool) -> None:
    assert statements(ALLOW, version)[0].variables is known


def test_without_a_version_the_older_language_is_meant() -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_version.html"""
    assert compiled(json.dumps({"Statement": ALLOW}))[0].variables is False


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[]",
        '"Allow"',
        "{",
        "5",
        "{}",
        '{"Version":"2012-10-17"}',
        '{"Version":"2012-10-17","Statement":null}',
        "[" * 200_000,
        '{"Version":"2012-10-17","Statement":' + "[" * 200_000,
        '{"a":' * 100_000,
        '{"Version":"2012-10-17","Statement":' + "9" * 10_000 + "}",
    ],
    ids=lambda text: text[:40],
)
def test_what_is_no_policy_has_no_statements(text: str) -> None:
    assert compiled(text) == ()


@pytest.mark.parametrize(
    "change",
    [
        {"Effect": "allow"},
        {"Effect": "ALLOW"},
        {"Effect": None},
        {"Effect": ["Allow"]},
        {"Action": None},
        {"Action": 5},
        {"Action": {"s3:GetObject": True}},
        {"Action": [["s3:GetObject"]]},
        {"Action": ["s3:GetObject", None]},
        {"NotAction": "iam:*"},
        {"Resource": None},
        {"Resource": [None]},
        {"Resource": {}},
        {"NotResource": "arn:aws:s3:::other"},
        {"Condition": None},
        {"Condition": "StringEquals"},
        {"Condition": []},
        {"Condition": [{"StringEquals": {"a": "b"}}]},
        {"Condition": {"StringEquals": "a"}},
        {"Condition": {"StringEquals": None}},
        {"Condition": {"StringEquals": {"a": None}}},
        {"Condition": {"StringEquals": {"a": {"b": "c"}}}},
        {"Condition": {"StringEquals": {"a": [["b"]]}}},
        {"Condition": {"StringIsNearly": {"a": "b"}}},
        {"Condition": {"ForSomeValues:StringEquals": {"a": "b"}}},
        {"Condition": {"ForAnyValue:ForAllValues:StringEquals": {"a": "b"}}},
        {"Condition": {":StringEquals": {"a": "b"}}},
        {"Condition": {"NullIfExists": {"a": "true"}}},
        {"Condition": {"": {"a": "b"}}},
        {"Principal": None},
        {"Principal": "arn:aws:iam::111122223333:root"},
        {"Principal": ["*"]},
        {"Principal": {"AWS": None}},
        {"Principal": {"AWS": [5]}},
        {"Principal": {"*": "*"}},
        {"Principal": "*", "NotPrincipal": "*"},
    ],
    ids=str,
)
def test_a_statement_against_the_grammar_does_not_count(change: dict[str, Any]) -> None:
    assert statements(ALLOW | change) == ()


@pytest.mark.parametrize("statement", ["Allow", None, 5, True, [ALLOW], ["Allow"]], ids=str)
def test_a_statement_that_is_no_object_does_not_count(statement: Any) -> None:
    assert statements([statement]) == ()


def test_without_an_action_a_statement_does_not_count() -> None:
    assert statements({"Effect": "Allow", "Resource": "*"}) == ()


def test_a_document_with_a_fault_in_it_allows_nothing_and_still_denies() -> None:
    """AWS would not have stored it: what it allows cannot be in force. The sandbox errs to the strict side with the rest."""
    found = statements([ALLOW, DENY, {"Effect": "Allow", "Action": "iam:*", "Resource": None}])
    assert [statement.allows for statement in found] == [False]


@pytest.mark.parametrize("version", ["2012-10-18", "", None, 2012, ["2012-10-17"]], ids=str)
def test_a_version_that_does_not_exist_allows_nothing(version: Any) -> None:
    assert statements(ALLOW, version) == ()
