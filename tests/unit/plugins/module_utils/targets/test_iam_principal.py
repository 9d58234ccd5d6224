"""What a containment leaves open, or nobody looks at, is said for each kind of principal, and only where it is so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from ansible_collections.cordon.aws.plugins.module_utils.iam.principals import IamPrincipal, principal_of_arn
from ansible_collections.cordon.aws.plugins.module_utils.measure import RESERVED
from ansible_collections.cordon.aws.plugins.module_utils.targets.iam_principal import IAM_PRINCIPAL, unchecked

ARNS = {
    "user": "arn:aws:iam::123456789012:user/alice",
    "role": "arn:aws:iam::123456789012:role/deploy",
    "session": "arn:aws:sts::123456789012:assumed-role/deploy/bob",
    "root": "arn:aws:iam::123456789012:root",
    RESERVED: "arn:aws:iam::123456789012:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Admin_0123456789abcdef",
}
MEASURES = {measure.NAME: measure for measure in IAM_PRINCIPAL}


def left_open(kind: str, measures: Sequence[str]) -> list[str]:
    """The names of the measures that are said to be missing."""
    said = unchecked([MEASURES[name] for name in measures], principal_of_arn(ARNS[kind]))
    return [name for name, measure in MEASURES.items() if f"NOT ASKED FOR: {measure.OPEN_WITHOUT}" in said]


def test_the_measures_are_taken_in_this_order() -> None:
    assert list(MEASURES) == [
        "scp_quarantine",
        "deny_policy",
        "access_keys",
        "sessions",
        "trust",
        "other_credentials",
    ]


def test_each_kind_has_the_measures_that_can_do_something_about_it() -> None:
    of_kind = {kind: [name for name, one in MEASURES.items() if kind in one.KINDS] for kind in ARNS}
    assert of_kind == {
        "user": ["scp_quarantine", "deny_policy", "access_keys", "sessions", "other_credentials"],
        "role": ["scp_quarantine", "deny_policy", "sessions", "trust"],
        "session": ["scp_quarantine", "sessions"],
        "root": ["scp_quarantine"],
        RESERVED: ["scp_quarantine"],
    }


@pytest.mark.parametrize(
    ("kind", "measures", "missing"),
    [
        ("user", ["access_keys"], ["scp_quarantine", "deny_policy", "sessions", "other_credentials"]),
        ("user", ["deny_policy"], ["scp_quarantine", "access_keys", "other_credentials"]),
        ("user", ["scp_quarantine"], ["access_keys", "sessions", "other_credentials"]),
        ("user", list(MEASURES), []),
        ("role", ["sessions"], ["scp_quarantine", "deny_policy", "trust"]),
        ("role", ["deny_policy"], ["scp_quarantine"]),
        ("role", ["trust"], ["scp_quarantine", "deny_policy", "sessions"]),
        ("session", ["sessions"], ["scp_quarantine"]),
        ("root", ["scp_quarantine"], []),
        (RESERVED, ["scp_quarantine"], []),
    ],
)
def test_what_was_not_asked_for_and_nothing_else_covers_is_said(
    kind: str, measures: list[str], missing: list[str]
) -> None:
    assert left_open(kind, measures) == missing


@pytest.mark.parametrize(
    ("words", "kinds"),
    [
        ("changes to IAM take some seconds to spread", {"user", "role", "session", "root", RESERVED}),
        ("role sessions that it obtained before: they go on until they expire", {"user"}),
        ("aws rolesanywhere list-trust-anchors --region REGION", {"user", "role"}),
        ("sessions of other roles that its sessions obtained before", {"role", "session"}),
        ("whoever may assume it can get a session of another name", {"session"}),
        ("sign in as root, change the password and remove the keys", {"root"}),
        ("https://docs.aws.amazon.com/singlesignon/latest/userguide/useraccess.html", {RESERVED}),
        ("identitystore:UserId", {RESERVED}),
    ],
)
def test_what_a_human_has_to_know_of_a_kind_is_said_of_that_kind_only(words: str, kinds: set[str]) -> None:
    said = {kind: " ".join(unchecked([], principal_of_arn(arn))) for kind, arn in ARNS.items()}
    assert {kind for kind, text in said.items() if words in text} == kinds


def test_that_a_key_may_not_be_roots_is_said() -> None:
    root = replace(principal_of_arn(ARNS["root"]), notes=("it is root's, or has been deleted.",))
    assert isinstance(root, IamPrincipal)
    assert "it is root's, or has been deleted." in unchecked([MEASURES["scp_quarantine"]], root)
