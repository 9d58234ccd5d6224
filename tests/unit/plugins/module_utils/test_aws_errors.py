"""An error from AWS is told on one line, with what to do about it, however the service spells it."""

from __future__ import annotations

import pytest

from ansible_collections.cordon.aws.plugins.module_utils.aws_errors import (
    explained,
    is_gone,
    kind_of,
    remedy_for,
)


@pytest.mark.parametrize(
    ("code", "remedy"),
    [
        ("AccessDenied", "iam:PutUserPolicy"),
        ("AccessDeniedException", "iam:PutUserPolicy"),
        ("UnauthorizedOperation", "iam:PutUserPolicy"),
        ("ExpiredToken", "sign in again"),
        ("ThrottlingException", "repeat the run"),
        ("NoSuchEntity", "check the name"),
        ("ResourceNotFoundException", "check the name"),
        ("ResourceConflictException", "Somebody is changing it right now"),
        ("SomethingThatNobodyHasHeardOf", "Repeat the run"),
    ],
)
def test_each_code_has_a_remedy(code: str, remedy: str) -> None:
    assert remedy in remedy_for(code, "iam:PutUserPolicy")


def test_spellings_of_one_error_are_one_kind() -> None:
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html and the services' CommonErrors pages."""
    assert {kind_of(code) for code in ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation")} == {
        "AccessDenied"
    }


def test_a_function_that_is_gone_is_gone_as_a_user_is() -> None:
    """https://docs.aws.amazon.com/lambda/latest/api/API_GetFunctionConcurrency.html#API_GetFunctionConcurrency_Errors"""
    assert is_gone("ResourceNotFoundException")
    assert is_gone("NoSuchEntity")
    assert not is_gone("AccessDeniedException")


def test_a_message_is_brought_onto_one_line() -> None:
    assert explained("AccessDenied", "User: x\n is not\tauthorized. ") == "AccessDenied: User: x is not authorized"
    assert explained("AccessDenied", "") == "AccessDenied"
