"""Who goes on working under a quarantine: the responder, whoever the responder is, and nobody who was not meant."""

from __future__ import annotations

from fnmatch import fnmatchcase

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cordon.aws.plugins.module_utils.errors import InputError
from ansible_collections.cordon.aws.plugins.module_utils.organizations.responders import parse_responders, responders
from ansible_collections.cordon.aws.plugins.module_utils.organizations.scp_document import RESPONDER

ROLE = "OrganizationAccountAccessRole"
USER = "arn:aws:iam::999999999999:user/ops/responder"
SESSION = "arn:aws:sts::999999999999:assumed-role/incident-response/ines"


def are_left_in(patterns: tuple[str, ...], principal_arn: str) -> bool:
    """As ArnLike compares `aws:PrincipalArn`: part by part.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_ARN"""
    parts = principal_arn.split(":", 5)
    return any(
        all(fnmatchcase(part, wanted) for part, wanted in zip(parts, pattern.split(":", 5), strict=True))
        for pattern in patterns
    )


def test_the_role_that_is_assumed_is_left_in_in_every_account() -> None:
    found = responders([USER], ROLE, "aws")
    assert are_left_in(found, f"arn:aws:iam::111122223333:role/{ROLE}")
    assert not are_left_in(found, "arn:aws:iam::111122223333:role/other")
    assert not are_left_in(found, f"arn:aws:iam::111122223333:user/{ROLE}")


def test_a_user_is_left_in_by_its_arn_and_no_namesake_is() -> None:
    found = responders([USER], ROLE, "aws")
    assert are_left_in(found, USER)
    assert not are_left_in(found, "arn:aws:iam::111122223333:user/ops/responder")


@pytest.mark.parametrize("path", ["/", "/ops/", "/ops/night/"])
def test_a_session_is_left_in_as_its_role_whatever_its_path(path: str) -> None:
    """`aws:PrincipalArn` of a session is its role's ARN, with the path, which the session's own ARN does not tell:
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-principalarn"""
    found = responders([SESSION], ROLE, "aws")
    assert are_left_in(found, f"arn:aws:iam::999999999999:role{path}incident-response")
    assert not are_left_in(found, f"arn:aws:iam::999999999999:role{path}another-role")
    assert not are_left_in(found, f"arn:aws:iam::111122223333:role{path}incident-response")


def test_more_are_left_in_as_far_as_they_can_be_principals() -> None:
    more = ["arn:aws:iam::*:role/break-glass-*", "arn:aws:s3:::bucket", "arn:*"]
    found = responders([USER], ROLE, "aws", more)
    assert are_left_in(found, "arn:aws:iam::111122223333:role/break-glass-1")
    assert all(RESPONDER.fullmatch(pattern) for pattern in found)


def test_order_and_duplicates_change_nothing() -> None:
    """What a plan says must not hang on them: its id would."""
    straight = responders([USER, SESSION], ROLE, "aws", ["arn:aws:iam::*:role/a", "arn:aws:iam::*:role/b"])
    other = responders([SESSION, USER, USER], ROLE, "aws", ["arn:aws:iam::*:role/b", "arn:aws:iam::*:role/a"] * 2)
    assert straight == other


@pytest.mark.parametrize("partition", ["aws", "aws-cn", "aws-us-gov"])
def test_the_partition_is_the_callers(partition: str) -> None:
    assert responders([], ROLE, partition) == (f"arn:{partition}:iam::*:role/{ROLE}",)


@pytest.mark.parametrize(
    "pattern",
    [
        "arn:aws:iam::*:role/incident-response",
        "arn:aws:iam::111122223333:user/ops/*",
        "arn:aws:sts::111122223333:assumed-role/incident-response/*",
        "arn:aws:iam::1111222233??:role/r?",
    ],
)
def test_patterns_are_taken_as_they_are(pattern: str) -> None:
    assert parse_responders([pattern]) == (pattern,)


@pytest.mark.parametrize(
    "pattern",
    [
        "",
        "*",
        "incident-response",
        "arn:aws:iam::111122223333:",
        "arn:aws:s3:::bucket",
        "arn:aws:iam::account:role/x",
        'arn:aws:iam::*:role/x","Effect":"Allow',
        "arn:aws:iam::*:role/${aws:username}",
        "arn:aws:iam::*:role/x\n",
        "arn:aws:iam::*:role/\u00e4",
        7,
        None,
    ],
)
def test_what_is_no_pattern_is_refused_with_its_place(pattern: object) -> None:
    with pytest.raises(InputError, match=r"`responders\[1\]` = "):
        parse_responders(["arn:aws:iam::*:role/fine", pattern])


@given(st.lists(st.text()))
def test_whatever_is_given_only_patterns_come_through(patterns: list[str]) -> None:
    try:
        found = parse_responders(patterns)
    except InputError:
        return
    assert all(RESPONDER.fullmatch(one) for one in found)
