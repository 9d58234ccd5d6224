"""Which policies are Cordon's own, and how patterns are read."""

from __future__ import annotations

import json
import time

import pytest

from ansible_collections.cordon.aws.plugins.module_utils.credential.policies import (
    Policy,
    UnreadableError,
    is_own,
    matches,
    statements,
    without_own,
)
from ansible_collections.cordon.aws.plugins.module_utils.iam.policies import DENY_ALL
from ansible_collections.cordon.aws.plugins.module_utils.measures import sessions
from ansible_collections.cordon.aws.plugins.module_utils.organizations.scp_document import (
    Quarantine,
    policy_name,
    text_of,
)

ALLOW_ALL = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}'


def inline(name: str, text: str) -> Policy:
    return Policy(kind="inline", name=name, text=text)


OWN = (
    inline("CordonDenyAll", DENY_ALL),
    inline(sessions.POLICY_NAME, DENY_ALL),
    Policy(kind="attached", name="AWSDenyAll", arn="arn:aws:iam::aws:policy/AWSDenyAll", text=DENY_ALL),
    Policy(
        kind="scp",
        name=policy_name("123456789012", 1),
        via="123456789012",
        text=text_of(Quarantine(denied=frozenset({"AIDACKCEVSQ6C2EXAMPLE"}))),
    ),
)


@pytest.mark.parametrize("policy", OWN, ids=lambda policy: policy.name)
def test_what_cordon_puts_on_a_principal_is_its_own(policy: Policy) -> None:
    assert is_own(policy)


@pytest.mark.parametrize("name", ["CordonDenyAll", "CordonDenySessions", "CordonDenySession-bob", "AWSDenyAll"])
def test_an_attacker_cannot_hide_what_it_is_allowed_under_such_a_name(name: str) -> None:
    both = json.loads(DENY_ALL)["Statement"] + json.loads(ALLOW_ALL)["Statement"]
    assert not is_own(inline(name, ALLOW_ALL))
    assert not is_own(inline(name, json.dumps({"Statement": both})))
    assert not is_own(Policy(kind="inline", name=name, unreadable="AccessDenied"))


def test_a_denial_of_somebody_elses_is_not_left_out() -> None:
    assert not is_own(inline("deny-all", DENY_ALL))
    assert not is_own(inline("MyCordonDenyAll", DENY_ALL))


def test_what_is_left_out_is_named() -> None:
    work = inline("work", ALLOW_ALL)
    assert without_own([work, *OWN]) == (
        (work,),
        (
            "inline policy CordonDenyAll",
            f"inline policy {sessions.POLICY_NAME}",
            "attached policy AWSDenyAll",
            "service control policy CordonQuarantine-123456789012-1 on 123456789012",
        ),
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "not json",
        "[]",
        "{}",
        '{"Statement":[{"Effect":"Maybe","Action":"*","Resource":"*"}]}',
        '{"Statement":[{"Effect":"Deny","Effect":"Allow","Action":"*","Resource":"*"}]}',
    ],
)
def test_what_is_no_policy_is_not_taken_for_one_that_says_nothing(text: str) -> None:
    with pytest.raises(UnreadableError):
        statements(inline("odd", text))


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("iam:*", "iam:CreateUser", True),
        ("*", "", True),
        ("iam:?", "iam:Ab", False),
        ("s3:*Object*", "s3:GetObjectAcl", True),
        ("a*a", "a", False),
        ("a*b*c", "abxbc", True),
        ("[a-z]*", "b", False),
        ("a.c", "abc", False),
    ],
)
def test_only_stars_and_question_marks_stand_for_others(pattern: str, text: str, expected: bool) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html"""
    assert matches(pattern, text) is expected


def test_a_pattern_of_many_stars_takes_no_time() -> None:
    began = time.monotonic()
    assert not matches("a*" * 500 + "b", "a" * 4_000)
    assert time.monotonic() - began < 1
