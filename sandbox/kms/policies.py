"""Key policies: what is none, and those that would lock out whoever puts them.
https://docs.aws.amazon.com/kms/latest/APIReference/API_PutKeyPolicy.html"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sandbox.errors import ApiError
from sandbox.kms.keys import found_key
from sandbox.model import ApiRequest, Caller

if TYPE_CHECKING:
    from sandbox.world import World

_MOST_BYTES = 32 * 1024


def put_key_policy(world: World, request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
    """Unless the check is bypassed, the caller must be allowed to put the next one."""
    key, given = _key(request, caller), request.parameters
    text, before = str(given["Policy"]), key.policy
    if len(text.encode()) > _MOST_BYTES:
        raise ApiError("LimitExceededException", "The key policy is larger than 32 KB.", 400)
    try:
        statements = json.loads(text)["Statement"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ApiError("MalformedPolicyDocumentException", "The policy is not a policy document.", 400) from error
    for one in statements if isinstance(statements, list) else [statements]:
        if not isinstance(one, Mapping) or not {"Effect", "Principal", "Action", "Resource"} <= set(one):
            raise ApiError("MalformedPolicyDocumentException", "A statement lacks what every one must have.", 400)
    key.policy = text
    if not given.get("BypassPolicyLockoutSafetyCheck") and not world.authorizer.authorize(request, caller).allowed:
        key.policy = before
        raise ApiError(
            "MalformedPolicyDocumentException",
            "The new key policy will not allow you to update the key policy in the future.",
            400,
        )
    return {}


def get_key_policy(_world: World, request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
    """https://docs.aws.amazon.com/kms/latest/APIReference/API_GetKeyPolicy.html"""
    return {"Policy": _key(request, caller).policy, "PolicyName": "default"}


def _key(request: ApiRequest, caller: Caller) -> Any:
    """A key has one policy, which is called default; it need not be named."""
    if request.parameters.get("PolicyName") not in (None, "default"):
        raise ApiError("NotFoundException", "No such policy exists", 400)
    return found_key(request, caller)


HANDLERS = {("kms", "PutKeyPolicy"): put_key_policy, ("kms", "GetKeyPolicy"): get_key_policy}
