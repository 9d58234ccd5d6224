"""Whether a key is rotated, and how often.
https://docs.aws.amazon.com/kms/latest/developerguide/rotate-keys.html"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sandbox.errors import ApiError
from sandbox.kms.keys import found_key, is_enabled, not_pending
from sandbox.model import ApiRequest, Caller

if TYPE_CHECKING:
    from sandbox.world import World

_DAYS, _FEWEST, _MOST = 365, 90, 2560


def enable_key_rotation(_world: World, request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
    """https://docs.aws.amazon.com/kms/latest/APIReference/API_EnableKeyRotation.html"""
    is_enabled(request, caller)
    key, days = found_key(request, caller), int(request.parameters.get("RotationPeriodInDays") or _DAYS)
    if not _FEWEST <= days <= _MOST:
        raise ApiError("ValidationException", f"RotationPeriodInDays must be from {_FEWEST} to {_MOST}.", 400)
    key.key_rotation_status, key.rotation_days = True, days
    return {}


def disable_key_rotation(_world: World, request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
    """https://docs.aws.amazon.com/kms/latest/APIReference/API_DisableKeyRotation.html"""
    is_enabled(request, caller)
    found_key(request, caller).key_rotation_status = False
    return {}


def get_key_rotation_status(_world: World, request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
    """https://docs.aws.amazon.com/kms/latest/APIReference/API_GetKeyRotationStatus.html"""
    key = found_key(request, caller)
    not_pending(key)
    told = {"KeyId": key.arn, "KeyRotationEnabled": key.key_rotation_status}
    return told | ({"RotationPeriodInDays": key.rotation_days} if key.key_rotation_status else {})


HANDLERS = {
    ("kms", "EnableKeyRotation"): enable_key_rotation,
    ("kms", "DisableKeyRotation"): disable_key_rotation,
    ("kms", "GetKeyRotationStatus"): get_key_rotation_status,
}
