"""Whom a trust policy names. Forms: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cordon.aws.plugins.module_utils.trail.graph.trust import trusted

HERE, THERE = "111122223333", "444455556666"


def policy(principal: Any, **more: Any) -> dict[str, Any]:
    return {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole", **more}],
    }


@pytest.mark.parametrize(
    ("principal", "named"),
    [
        ("*", {"anyone"}),
        ({"AWS": "*"}, {"anyone"}),
        ({"AWS": THERE}, {f"account:{THERE}"}),
        ({"AWS": f"arn:aws:iam::{THERE}:root"}, {f"account:{THERE}"}),
        ({"AWS": [f"arn:aws:iam::{THERE}:user/x"]}, {f"arn:arn:aws:iam::{THERE}:user/x", f"stranger:{THERE}"}),
        ({"AWS": "AIDACKCEVSQ6C2EXAMPLE"}, {"id:AIDACKCEVSQ6C2EXAMPLE"}),
        (
            {"Service": ["ec2.amazonaws.com", "lambda.amazonaws.com"]},
            {"service:ec2.amazonaws.com", "service:lambda.amazonaws.com"},
        ),
        ({"Federated": f"arn:aws:iam::{HERE}:saml-provider/x"}, {f"federated:arn:aws:iam::{HERE}:saml-provider/x"}),
        ({"Federated": "cognito-identity.amazonaws.com"}, {"federated:cognito-identity.amazonaws.com"}),
        ({"AWS": ["{{ x }}", 7, None, "arn:aws:iam::x:root"]}, set()),
    ],
)
def test_principals(principal: Any, named: set[str]) -> None:
    document = policy(principal)
    assert trusted(document) == named
    assert trusted(json.dumps(document, indent=2)) == named
    assert trusted(quote(json.dumps(document))) == named


def test_statements_that_deny_let_nobody_in() -> None:
    assert trusted(policy("*", Effect="Deny")) == frozenset()


def test_one_statement_may_stand_alone() -> None:
    assert trusted({"Statement": policy("*")["Statement"][0]}) == {"anyone"}


@given(
    st.text(max_size=60)
    | st.recursive(
        st.none() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner) | st.dictionaries(st.sampled_from(("Statement", "Principal", "AWS", "Effect")), inner)
        ),
        max_leaves=8,
    )
)
def test_anything_else_lets_nobody_in_and_raises_nothing(document: Any) -> None:
    assert trusted(document) <= {"anyone"}


def test_nesting_without_end_is_no_policy() -> None:
    assert trusted("[" * 10_000) == frozenset()
