"""How users sign in to the console: passwords and MFA devices, where moto has something else than IAM."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sandbox.authorization.views import iam_of
from sandbox.errors import ApiError
from sandbox.iam_users import named_user
from sandbox.model import ApiRequest, Caller

if TYPE_CHECKING:
    from sandbox.world import World

# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
_DEVICES_QUOTA = 8


def create_login_profile(world: World, request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateLoginProfile.html"""
    user, given = named_user(request, caller), request.parameters
    if user.password:
        raise ApiError("EntityAlreadyExists", f"Login Profile for user {user.name} already exists.", 409)
    if not given.get("Password"):
        raise ApiError("ValidationError", "Must specify a password for the login profile of an IAM user.", 400)
    user.password, user.password_reset_required = given["Password"], bool(given.get("PasswordResetRequired"))
    user.login_profile_since = world.clock.now().replace(microsecond=0)
    return {"LoginProfile": _profile(user)}


def get_login_profile(_world: World, request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
    """moto dates it with the user. https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetLoginProfile.html"""
    return {"LoginProfile": _profile(_with_password(request, caller))}


def update_login_profile(_world: World, request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
    """moto takes the password away where none is given. https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateLoginProfile.html"""
    user, given = _with_password(request, caller), request.parameters
    if given.get("Password"):
        user.password = given["Password"]
    if "PasswordResetRequired" in given:
        user.password_reset_required = bool(given["PasswordResetRequired"])
    return {}


def get_mfa_device(_world: World, request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
    """moto has no such call. https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetMFADevice.html"""
    user, serial = named_user(request, caller), request.parameters["SerialNumber"]
    device = user.mfa_devices.get(serial)
    if device is None:
        raise _no_device(serial)
    return {"UserName": user.name, "SerialNumber": serial, "EnableDate": device.enable_date}


def device_can_be_enabled(request: ApiRequest, caller: Caller) -> None:
    """A virtual device must have been made and is one user's; a user has eight.
    https://docs.aws.amazon.com/IAM/latest/APIReference/API_EnableMFADevice.html"""
    iam, serial = iam_of(caller.account), str(request.parameters["SerialNumber"])
    if serial.startswith("arn:") and serial not in iam.virtual_mfa_devices:
        raise _no_device(serial)
    if any(serial in user.mfa_devices for user in iam.users.values()):
        raise ApiError("EntityAlreadyExists", f"MFADevice with serial number {serial} is already in use.", 409)
    user = iam.users.get(request.parameters["UserName"])
    if user is not None and len(user.mfa_devices) >= _DEVICES_QUOTA:
        raise ApiError("LimitExceeded", f"Cannot exceed quota for MFADevicesPerUser: {_DEVICES_QUOTA}", 409)


def device_is_free(request: ApiRequest, caller: Caller) -> None:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteVirtualMFADevice.html: it must be deactivated first"""
    serial = request.parameters["SerialNumber"]
    if any(serial in user.mfa_devices for user in iam_of(caller.account).users.values()):
        raise ApiError("DeleteConflict", "MFA VirtualDevice in use. Must deactivate first.", 409)


HANDLERS = {
    ("iam", "CreateLoginProfile"): create_login_profile,
    ("iam", "GetLoginProfile"): get_login_profile,
    ("iam", "UpdateLoginProfile"): update_login_profile,
    ("iam", "GetMFADevice"): get_mfa_device,
}


def _with_password(request: ApiRequest, caller: Caller) -> Any:
    user = named_user(request, caller)
    if not user.password:
        raise ApiError("NoSuchEntity", f"Login Profile for User {user.name} cannot be found.", 404)
    return user


def _profile(user: Any) -> dict[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_LoginProfile.html"""
    return {
        "UserName": user.name,
        "CreateDate": getattr(user, "login_profile_since", user.create_date),
        "PasswordResetRequired": user.password_reset_required,
    }


def _no_device(serial: str) -> ApiError:
    return ApiError("NoSuchEntity", f"VirtualMFADevice with serial number {serial} does not exist.", 404)
