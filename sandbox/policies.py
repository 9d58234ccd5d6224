"""Refuses policy documents that IAM refuses: moto's own checks, and those that it leaves out.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from moto.iam.exceptions import MalformedPolicyDocument
from moto.iam.policy_validation import BaseIAMPolicyValidator, IAMPolicyDocumentValidator

from sandbox import trust
from sandbox.errors import ApiError

# What is asked of a role itself. That wildcards would be taken, too, is not documented.
# https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecuritytokenservice.html
_TRUST_ACTIONS = {
    "sts:assumerole",
    "sts:assumerolewithsaml",
    "sts:assumerolewithwebidentity",
    "sts:setcontext",
    "sts:setsourceidentity",
    "sts:tagsession",
}


def check_identity_policy(text: str) -> None:
    """For inline, managed and session policies. Raises ApiError."""
    for statement in _statements(text):
        if "Principal" in statement or "NotPrincipal" in statement:
            raise _malformed("Policy document should not specify a principal.")
    _ask(IAMPolicyDocumentValidator(text))


def check_trust_policy(text: str) -> None:
    """For the policies of roles that say who may assume them. Raises ApiError."""
    for statement in _statements(text):
        # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html
        if "NotPrincipal" in statement:
            raise _malformed("AssumeRole policy must not contain NotPrincipal field.")
        if "Principal" not in statement:
            raise _malformed("Missing required field Principal")
        if "Resource" in statement or "NotResource" in statement:
            raise _malformed("Has prohibited field Resource")
        actions = statement.get("Action", ["of NotAction"] if "NotAction" in statement else [])
        listed = actions if isinstance(actions, list) else [actions]
        if any(str(action).lower() not in _TRUST_ACTIONS for action in listed):
            raise _malformed("AssumeRole policy may only specify STS AssumeRole actions.")
    _ask(_TrustValidator(text))
    trust.check_principals(text)


class _TrustValidator(BaseIAMPolicyValidator):
    """What identity policies and trust policies have in common: moto's own for trust policies knows only some of the actions."""


def _statements(text: str) -> Sequence[Mapping[str, Any]]:
    """The statements, where there are any: what is no policy at all is left to moto's checks."""
    try:
        found = json.loads(text, object_pairs_hook=_object)
    except (ValueError, RecursionError) as error:
        raise _malformed("Syntax errors in policy.") from error
    if not isinstance(found, dict):
        return []
    statements = found.get("Statement")
    listed = [one for one in (statements if isinstance(statements, list) else [statements]) if isinstance(one, dict)]
    for statement in listed:
        # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_sid.html
        if not re.fullmatch(r"[0-9A-Za-z]*", str(statement.get("Sid", ""))):
            raise _malformed(
                "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*"
            )
    return listed


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object in which no name stands twice."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name stands twice")
    return found


def _ask(validator: Any) -> None:
    try:
        validator.validate()
    except MalformedPolicyDocument as error:
        raise _malformed(str(error.message)) from error


def _malformed(message: str) -> ApiError:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutUserPolicy.html"""
    return ApiError("MalformedPolicyDocument", message, 400)
