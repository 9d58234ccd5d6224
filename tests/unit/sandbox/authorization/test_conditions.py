"""Condition operators on one key, row by row of the IAM User Guide's tables.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html"""

from __future__ import annotations

import json
from typing import Any

import pytest

from sandbox.authorization.conditions import hold
from sandbox.authorization.document import compiled
from sandbox.authorization.matching import Context


def holds(condition: dict[str, Any], context: Context, version: str = "2012-10-17") -> bool:
    text = {
        "Version": version,
        "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": condition},
    }
    (statement,) = compiled(json.dumps(text))
    return hold(statement.conditions, context)


ROWS = [
    # operator, the policy's value, one of the request's that matches, one that does not
    ("StringEquals", "iamuser-admin", "iamuser-admin", "IAMUser-Admin"),
    ("StringEquals", "a*", "a*", "ab"),
    ("StringEqualsIgnoreCase", "iamuser-admin", "IAMUser-Admin", "iamuser"),
    ("StringEqualsIgnoreCase", "a*", "A*", "AB"),
    ("StringLike", "home/*/?", "home/x/y/z", "home/x/yz"),
    ("StringLike", "a*", "abc", "ABC"),
    ("NumericEquals", "10", "10.0", "11"),
    ("NumericEquals", 10, "10", "010.5"),
    ("NumericEquals", "9007199254740993", "9007199254740993", "9007199254740992"),
    ("NumericLessThan", "10", "9.5", "10"),
    ("NumericLessThanEquals", "10", "10", "10.01"),
    ("NumericGreaterThan", "9", "10", "9"),
    ("NumericGreaterThanEquals", "9", "9", "8"),
    ("NumericGreaterThan", "-1", "0", "-2"),
    ("DateEquals", "2020-01-01T00:00:01Z", "1577836801", "2020-01-01T00:00:02Z"),
    ("DateEquals", "1577836801", "2020-01-01T00:00:01Z", "2020-01-01T00:00:00Z"),
    ("DateEquals", 1577836801, "2020-01-01T00:00:01Z", "1577836800"),
    ("DateEquals", "2020-01-01T02:00:01+02:00", "2020-01-01T00:00:01Z", "2020-01-01T02:00:01Z"),
    ("DateEquals", "2020-01-01", "2020-01-01T00:00:00Z", "2020-01-01T00:00:01Z"),
    ("DateEquals", "2020-01", "2020-01-01T00:00:00Z", "2020-02-01T00:00:00Z"),
    ("DateEquals", "2020-01-01T00:00Z", "2020-01-01T00:00:00Z", "2020-01-01T00:00:01Z"),
    ("DateEquals", "2020-01-01T00:00:00.5Z", "2020-01-01T00:00:00.500Z", "2020-01-01T00:00:00Z"),
    ("DateLessThan", "2020-01-01T00:00:01Z", "2020-01-01T00:00:00Z", "2020-01-01T00:00:01Z"),
    ("DateLessThanEquals", "2020-01-01T00:00:01Z", "2020-01-01T00:00:01Z", "2020-01-01T00:00:02Z"),
    ("DateGreaterThan", "2020-01-01T00:00:01Z", "2020-01-01T00:00:02Z", "2020-01-01T00:00:01Z"),
    ("DateGreaterThanEquals", "2020-01-01T00:00:01Z", "2020-01-01T00:00:01Z", "2020-01-01T00:00:00Z"),
    ("Bool", "true", "true", "false"),
    ("Bool", False, "false", "true"),
    ("BinaryEquals", "QmluYXJ5VmFsdWVJbkJhc2U2NA==", "QmluYXJ5VmFsdWVJbkJhc2U2NA==", "QmluYXJ5"),
    ("IpAddress", "203.0.113.0/24", "203.0.113.255", "203.0.114.0"),
    ("IpAddress", "203.0.113.7", "203.0.113.7", "203.0.113.8"),
    ("IpAddress", "2001:DB8:1234:5678::/64", "2001:db8:1234:5678::1", "2001:db8:1234:5679::1"),
    ("IpAddress", "2001:DB8::1", "2001:db8:0:0::1", "2001:db8::2"),
    ("IpAddress", "0.0.0.0/0", "198.51.100.7", "2001:db8::1"),
    ("ArnEquals", "arn:aws:sns:*:123456789012:TOPIC-?", "arn:aws:sns:us-east-2:123456789012:TOPIC-1", "arn:aws:sns"),
    ("ArnLike", "arn:aws:iam::*:role/*", "arn:aws:iam::123456789012:role/a/b", "arn:aws:iam::123456789012:user/a"),
    (
        "ArnLike",
        "arn:aws:iam::123456789012:role/A",
        "arn:aws:iam::123456789012:role/A",
        "arn:aws:iam::123456789012:role/a",
    ),
    # the page's example: each of the six parts is compared by itself
    (
        "ArnLike",
        "arn:aws:someservice:*:111122223333:finance/*",
        "arn:aws:someservice:us-east-2:111122223333:finance/document.txt",
        "arn:aws:someservice:us-east-2:999999999999:store/abc:111122223333:finance/document.txt",
    ),
]
NEGATIONS = {
    "StringEquals": "StringNotEquals",
    "StringEqualsIgnoreCase": "StringNotEqualsIgnoreCase",
    "StringLike": "StringNotLike",
    "NumericEquals": "NumericNotEquals",
    "DateEquals": "DateNotEquals",
    "IpAddress": "NotIpAddress",
    "ArnEquals": "ArnNotEquals",
    "ArnLike": "ArnNotLike",
}


@pytest.mark.parametrize(("operator", "wanted", "same", "other"), ROWS)
def test_an_operator_holds_for_what_matches_only(operator: str, wanted: Any, same: str, other: str) -> None:
    assert holds({operator: {"key": wanted}}, {"key": same})
    assert not holds({operator: {"key": wanted}}, {"key": other})


@pytest.mark.parametrize(("operator", "wanted", "same", "other"), [row for row in ROWS if row[0] in NEGATIONS])
def test_a_negated_operator_holds_for_the_others(operator: str, wanted: Any, same: str, other: str) -> None:
    assert not holds({NEGATIONS[operator]: {"key": wanted}}, {"key": same})
    assert holds({NEGATIONS[operator]: {"key": wanted}}, {"key": other})


@pytest.mark.parametrize(("operator", "wanted"), list({row[0]: row[1] for row in ROWS}.items()))
def test_a_key_that_is_missing_does_not_match(operator: str, wanted: Any) -> None:
    assert not holds({operator: {"key": wanted}}, {})


@pytest.mark.parametrize(("operator", "wanted"), list({row[0]: row[1] for row in ROWS if row[0] in NEGATIONS}.items()))
def test_a_key_that_is_missing_is_not_what_a_negated_operator_names(operator: str, wanted: Any) -> None:
    assert holds({NEGATIONS[operator]: {"key": wanted}}, {})


@pytest.mark.parametrize(("operator", "wanted", "same", "other"), ROWS)
def test_if_exists_holds_without_the_key_and_asks_it_where_it_is(
    operator: str, wanted: Any, same: str, other: str
) -> None:
    condition = {f"{operator}IfExists": {"key": wanted}}
    assert holds(condition, {})
    assert holds(condition, {"key": same})
    assert not holds(condition, {"key": other})


def test_a_negated_operator_with_if_exists_holds_without_the_key() -> None:
    """So that a Deny with it denies: the page's paragraph on StringNotEqualsIfExists."""
    assert holds({"StringNotEqualsIfExists": {"aws:RequestTag/team": "blue"}}, {})


def test_the_example_of_if_exists_asks_instances_for_their_type_and_leaves_the_rest_alone() -> None:
    condition = {"StringLikeIfExists": {"ec2:InstanceType": ["t1.*", "t2.*", "m3.*"]}}
    assert holds(condition, {"ec2:instancetype": "t2.micro"})
    assert not holds(condition, {"ec2:instancetype": "p4d.24xlarge"})
    assert holds(condition, {})


@pytest.mark.parametrize(
    ("value", "context", "held"),
    [
        ("true", {}, True),
        ("true", {"aws:tokenissuetime": "2026-03-04T12:00:00Z"}, False),
        ("false", {"aws:tokenissuetime": "2026-03-04T12:00:00Z"}, True),
        ("false", {}, False),
        (True, {}, True),
        (False, {}, False),
        (["true", "false"], {}, True),
        ([], {}, False),
        ("", {"aws:tokenissuetime": "2026-03-04T12:00:00Z"}, False),
        ("no", {"aws:tokenissuetime": "2026-03-04T12:00:00Z"}, False),
    ],
)
def test_null_asks_whether_the_key_is_absent(value: Any, context: Context, held: bool) -> None:
    assert holds({"Null": {"aws:TokenIssueTime": value}}, context) is held


def test_values_are_alternatives() -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-logic-multiple-context-keys-or-values.html"""
    condition = {"StringEquals": {"aws:PrincipalTag/role": ["test", "stage"]}}
    assert holds(condition, {"aws:principaltag/role": "stage"})
    assert not holds(condition, {"aws:principaltag/role": "prod"})


def test_a_negated_operator_excludes_all_of_its_values() -> None:
    condition = {"StringNotEquals": {"aws:PrincipalAccount": ["111122223333", "444455556666"]}}
    assert not holds(condition, {"aws:principalaccount": "444455556666"})
    assert holds(condition, {"aws:principalaccount": "123456789012"})


@pytest.mark.parametrize(("ip", "user", "held"), [(True, True, True), (True, False, False), (False, True, False)])
def test_every_operator_and_every_key_must_hold(ip: bool, user: bool, held: bool) -> None:
    condition = {
        "IpAddress": {"aws:SourceIp": "203.0.113.0/24"},
        "StringEquals": {"aws:username": "a", "aws:userid": "b"},
    }
    context = {
        "aws:sourceip": "203.0.113.9" if ip else "198.51.100.7",
        "aws:username": "a",
        "aws:userid": "b" if user else "c",
    }
    assert holds(condition, context) is held


def test_names_of_keys_ignore_case() -> None:
    assert holds({"StringEquals": {"AWS:PrincipalTag/Team": "x"}}, {"aws:principaltag/team": "x"})


@pytest.mark.parametrize(
    ("operator", "value", "found"),
    [
        ("NumericNotEquals", "ten", "11"),
        ("NumericNotEquals", "nan", "11"),
        ("NumericEquals", "1_0", "10"),
        ("NumericLessThan", "inf", "10"),
        ("DateNotEquals", "yesterday", "2020-01-01T00:00:00Z"),
        ("DateNotEquals", "2020-13-01T00:00:00Z", "2020-01-01T00:00:00Z"),
        ("DateLessThan", "9" * 30, "2020-01-01T00:00:00Z"),
        ("DateLessThan", "2020-W10-1", "2019-01-01T00:00:00Z"),
        ("DateLessThan", "20300101", "2020-01-01T00:00:00Z"),
        ("NotIpAddress", "here", "198.51.100.7"),
        ("NotIpAddress", "203.0.113.0/99", "198.51.100.7"),
        ("IpAddress", "198.51.100.0/255.255.255.0", "198.51.100.7"),
        ("BinaryEquals", "%%%", "%%%"),
    ],
)
def test_a_value_that_the_operator_cannot_read_never_holds(operator: str, value: str, found: str) -> None:
    """AWS refuses or ignores these: in no case may "is not ..." be taken for true."""
    assert not holds({operator: {"key": value}}, {"key": found})


def test_a_time_without_a_zone_is_no_time() -> None:
    """https://www.w3.org/TR/NOTE-datetime, which the page names: with a time of day there is a zone."""
    assert not holds({"DateLessThan": {"key": "2030-01-01T00:00:00"}}, {"key": "2020-01-01T00:00:00Z"})


def test_the_other_values_count_though_one_cannot_be_read() -> None:
    assert holds({"NumericEquals": {"key": ["ten", "10"]}}, {"key": "10"})


@pytest.mark.parametrize("operator", ["StringEquals", "StringLike", "StringEqualsIgnoreCase"])
def test_variables_stand_in_strings(operator: str) -> None:
    condition = {operator: {"s3:prefix": "home/${aws:username}/"}}
    assert holds(condition, {"s3:prefix": "home/David/", "aws:username": "David"})
    assert not holds(condition, {"s3:prefix": "home/David/", "aws:username": "Adele"})


def test_variables_stand_in_arns() -> None:
    condition = {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:user/${aws:username}"}}
    assert holds(condition, {"aws:principalarn": "arn:aws:iam::1:user/a", "aws:username": "a"})


@pytest.mark.parametrize(
    ("operator", "key"),
    [("DateEquals", "aws:CurrentTime"), ("NumericEquals", "aws:EpochTime"), ("IpAddress", "aws:SourceIp")],
)
def test_variables_do_not_stand_in_other_values(operator: str, key: str) -> None:
    context = {"aws:currenttime": "2026-03-04T12:00:00Z", "aws:epochtime": "1", "aws:sourceip": "198.51.100.7"}
    assert not holds({operator: {key: f"${{{key}}}"}}, context)


def test_in_the_older_language_a_variable_is_text() -> None:
    condition = {"StringEquals": {"key": "${aws:username}"}}
    context = {"key": "David", "aws:username": "David"}
    assert not holds(condition, context, version="2008-10-17")
    assert holds(condition, {"key": "${aws:username}"}, version="2008-10-17")


@pytest.mark.parametrize("operator", ["StringEquals", "StringNotEquals", "StringNotLike", "StringNotEqualsIfExists"])
def test_a_variable_without_a_value_makes_the_statement_invalid(operator: str) -> None:
    """The page on variables: "not present" causes the statement to be invalid, so "is not ${aws:username}" does not hold either."""
    assert not holds({operator: {"key": "${aws:username}"}}, {"key": "David"})


def test_a_wildcard_in_the_value_of_a_variable_is_a_character() -> None:
    assert not holds({"StringLike": {"key": "${aws:PrincipalTag/x}"}}, {"key": "all", "aws:principaltag/x": "*"})
