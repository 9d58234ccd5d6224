"""Keys that are to be deleted, and aliases that are.
https://docs.aws.amazon.com/kms/latest/developerguide/deleting-keys.html"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from moto.backends import get_backend
from moto.core.utils import utcnow

from sandbox.errors import ApiError
from sandbox.kms.keys import arn_of, found_key, not_pending
from sandbox.model import ApiRequest, Caller

if TYPE_CHECKING:
    from sandbox.world import World

_DAYS, _MOST_DAYS, _FEWEST_DAYS = 30, 30, 7


def schedule_key_deletion(_world: World, request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
    """https://docs.aws.amazon.com/kms/latest/APIReference/API_ScheduleKeyDeletion.html"""
    key = found_key(request, caller)
    not_pending(key)
    days = int(request.parameters.get("PendingWindowInDays") or _DAYS)
    if not _FEWEST_DAYS <= days <= _MOST_DAYS:
        raise ApiError(
            "ValidationException",
            f"PendingWindowInDays must be between {_FEWEST_DAYS} and {_MOST_DAYS}, inclusive.",
            400,
        )
    key.enabled, key.key_state = False, "PendingDeletion"
    key.deletion_date = utcnow() + timedelta(days=days)
    return {
        "KeyId": key.arn,
        "DeletionDate": key.deletion_date,
        "KeyState": "PendingDeletion",
        "PendingWindowInDays": days,
    }


def cancel_key_deletion(_world: World, request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
    """It is disabled then: https://docs.aws.amazon.com/kms/latest/APIReference/API_CancelKeyDeletion.html"""
    key = found_key(request, caller)
    if key.key_state != "PendingDeletion":
        raise ApiError("KMSInvalidStateException", f"{key.arn} is not pending deletion.", 400)
    key.enabled, key.key_state, key.deletion_date = False, "Disabled", None
    return {"KeyId": key.arn}


def delete_alias(_world: World, request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
    """https://docs.aws.amazon.com/kms/latest/APIReference/API_DeleteAlias.html. CloudTrail is told whose alias it was."""
    name = str(request.parameters["AliasName"])
    if not name.startswith("alias/"):
        raise ApiError("ValidationException", "Invalid identifier", 400)
    for key in get_backend("kms")[caller.account][request.region].keys.values():
        if name in key.aliases:
            del key.aliases[name]
            return {"KeyId": key.arn}
    raise ApiError("NotFoundException", f"Alias {arn_of(name, request, caller)} is not found.", 400)


HANDLERS = {
    ("kms", "ScheduleKeyDeletion"): schedule_key_deletion,
    ("kms", "CancelKeyDeletion"): cancel_key_deletion,
    ("kms", "DeleteAlias"): delete_alias,
}
