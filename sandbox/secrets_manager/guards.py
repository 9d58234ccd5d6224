"""What a secret that is scheduled for deletion refuses, and which resource policies are none.
https://docs.aws.amazon.com/secretsmanager/latest/userguide/manage_delete-secret.html"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from moto.backends import get_backend

from sandbox.errors import ApiError
from sandbox.model import ApiRequest, Caller
from sandbox.public_policies import listed, opens_to_all

_MOST_CHARACTERS = 20_480
"""https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_PutResourcePolicy.html"""
# Those whose pages name InvalidRequestException for a secret that is scheduled for deletion.
_REFUSED_ONCE_MARKED = (
    "CancelRotateSecret",
    "DeleteResourcePolicy",
    "GetResourcePolicy",
    "GetSecretValue",
    "PutResourcePolicy",
    "PutSecretValue",
    "RotateSecret",
    "TagResource",
    "UntagResource",
    "UpdateSecret",
    "UpdateSecretVersionStage",
)


def found_secret(account: str, region: str, named: str) -> Any:
    """The secret by its name or ARN; None where there is none."""
    return get_backend("secretsmanager")[account][region].secrets.get(named)


def _is_not_marked(request: ApiRequest, caller: Caller) -> None:
    secret = found_secret(caller.account, request.region, str(request.parameters.get("SecretId") or ""))
    if secret is not None and secret.is_deleted():
        raise ApiError(
            "InvalidRequestException",
            "You can't perform this operation on the secret because it was marked for deletion.",
            400,
        )


def _name_is_not_marked(request: ApiRequest, caller: Caller) -> None:
    secret = found_secret(caller.account, request.region, str(request.parameters.get("Name") or ""))
    if secret is not None and secret.is_deleted():
        raise ApiError(
            "InvalidRequestException",
            "You can't create this secret because a secret with this name is already scheduled for deletion.",
            400,
        )


def _policy_is_acceptable(request: ApiRequest, caller: Caller) -> None:
    """https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_PutResourcePolicy.html"""
    _is_not_marked(request, caller)
    text = str(request.parameters.get("ResourcePolicy") or "")
    try:
        statements = json.loads(text)["Statement"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ApiError(
            "MalformedPolicyDocumentException", "This resource policy contains malformed JSON.", 400
        ) from error
    if len(text) > _MOST_CHARACTERS:
        raise ApiError("MalformedPolicyDocumentException", "This resource policy is too long.", 400)
    if not all(
        isinstance(one, Mapping) and {"Effect", "Principal", "Action"} <= set(one) for one in listed(statements)
    ):
        raise ApiError(
            "MalformedPolicyDocumentException", "This resource policy contains an incomplete statement.", 400
        )
    if request.parameters.get("BlockPublicPolicy") and any(opens_to_all(one) for one in listed(statements)):
        raise ApiError(
            "PublicPolicyException", "You can't attach a resource policy that allows broad access to the secret.", 400
        )


GUARDS = {
    **{("secretsmanager", name): _is_not_marked for name in _REFUSED_ONCE_MARKED},
    ("secretsmanager", "CreateSecret"): _name_is_not_marked,
    ("secretsmanager", "PutResourcePolicy"): _policy_is_acceptable,
}
