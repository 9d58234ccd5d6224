"""Which key a call of KMS is about, and what its state lets be done with it; moto looks at no state.
https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.backends import get_backend

from sandbox.errors import ApiError
from sandbox.model import ApiRequest, Caller

CRYPTOGRAPHIC = (
    "Decrypt",
    "Encrypt",
    "GenerateDataKey",
    "GenerateDataKeyWithoutPlaintext",
    "GenerateDataKeyPair",
    "GenerateDataKeyPairWithoutPlaintext",
    "GenerateMac",
    "ReEncrypt",
    "Sign",
    "Verify",
    "VerifyMac",
)
# What a disabled key refuses besides, and what only one that is to be deleted does.
_ENABLED_ONLY = ("CreateGrant", "EnableKeyRotation", "DisableKeyRotation", "RotateKeyOnDemand")
_NOT_PENDING = (
    "CreateAlias",
    "DisableKey",
    "EnableKey",
    "GetKeyRotationStatus",
    "ScheduleKeyDeletion",
    "TagResource",
    "UntagResource",
    "UpdateAlias",
    "UpdateKeyDescription",
)
_KEY_ID_LENGTH = 36


def arn_of(named: str, request: ApiRequest, caller: Caller) -> str:
    """How KMS spells out what was asked for."""
    if named.startswith("arn:"):
        return named
    kind = "" if named.startswith("alias/") else "key/"
    return f"arn:aws:kms:{request.region}:{caller.account}:{kind}{named}"


def found_key(request: ApiRequest, caller: Caller, parameter: str = "KeyId") -> Any:
    """The key of the request, by id, ARN or alias; NotFoundException where there is none."""
    named = str(request.parameters.get(parameter) or "")
    arn = arn_of(named, request, caller)
    _arn, _partition, _kms, region, account, last = arn.split(":", 5)
    backend = get_backend("kms")[account][region]
    if last.startswith("alias/"):
        key_id = backend.get_key_id_from_alias(last)
        if key_id is None:
            raise ApiError("NotFoundException", f"Alias {arn} is not found.", 400)
        return backend.keys[key_id]
    key = backend.keys.get(last.removeprefix("key/"))
    if key is None:
        raise ApiError("NotFoundException", f"Key '{arn}' does not exist", 400)
    return key


def is_enabled(request: ApiRequest, caller: Caller) -> None:
    for key in _keys_used(request, caller):
        not_pending(key)
        if key.key_state == "Disabled":
            raise ApiError("DisabledException", f"{key.arn} is disabled.", 400)


def _is_not_pending(request: ApiRequest, caller: Caller) -> None:
    not_pending(found_key(request, caller, "TargetKeyId" if "Alias" in request.operation else "KeyId"))


def not_pending(key: Any) -> None:
    if key.key_state == "PendingDeletion":
        raise ApiError("KMSInvalidStateException", f"{key.arn} is pending deletion.", 400)


def _keys_used(request: ApiRequest, caller: Caller) -> list[Any]:
    """Ciphertext names its key itself, as moto writes it: the id comes first."""
    given = request.parameters
    found = [found_key(request, caller, name) for name in ("KeyId", "DestinationKeyId") if given.get(name)]
    text = given.get("CiphertextBlob")
    if isinstance(text, bytes):
        key = get_backend("kms")[caller.account][request.region].keys.get(
            text[:_KEY_ID_LENGTH].decode("ascii", "replace")
        )
        found += [key] if key is not None else []
    return found


GUARDS: dict[tuple[str, str], Callable[[ApiRequest, Caller], None]] = {
    **{("kms", name): is_enabled for name in (*CRYPTOGRAPHIC, *_ENABLED_ONLY)},
    **{("kms", name): _is_not_pending for name in _NOT_PENDING},
}
