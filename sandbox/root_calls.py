"""Calls to IAM with which root looks after itself: those about a user that name none.
https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteAccessKey.html: so root manages its own credentials"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sandbox import iam_pages
from sandbox.errors import ApiError
from sandbox.model import ApiRequest, Caller
from sandbox.root_user import root_user_of

if TYPE_CHECKING:
    from sandbox.world import World

_KEYS_QUOTA = 2


def are_about_root(request: ApiRequest, caller: Caller) -> bool:
    """Whether the caller is root and asks about itself."""
    return caller.kind == "root" and request.service == "iam" and iam_pages.names_nobody(request)


def get_user(_world: World, _request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetUser.html: root has neither name nor path"""
    root = root_user_of(caller.account)
    return {"User": {"UserId": caller.account, "Arn": root.arn, "CreateDate": root.create_date}}


def create_access_key(_world: World, _request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateAccessKey.html"""
    root = root_user_of(caller.account)
    if len(root.access_keys) >= _KEYS_QUOTA:
        raise ApiError("LimitExceeded", f"Cannot exceed quota for AccessKeysPerUser: {_KEYS_QUOTA}", 409)
    key = root.new_key()
    return {"AccessKey": {**_described(key), "SecretAccessKey": key.secret_access_key}}


def list_access_keys(_world: World, _request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListAccessKeys.html"""
    keys = [_described(key) for key in root_user_of(caller.account).access_keys]
    return {"AccessKeyMetadata": keys, "IsTruncated": False}


def update_access_key(_world: World, request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateAccessKey.html"""
    _key(request, caller).status = request.parameters["Status"]
    return {}


def delete_access_key(_world: World, request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteAccessKey.html"""
    root_user_of(caller.account).access_keys.remove(_key(request, caller))
    return {}


def list_signing_certificates(_world: World, _request: ApiRequest, _caller: Caller) -> Mapping[str, Any]:
    """The sandbox gives root none."""
    return {"Certificates": [], "IsTruncated": False}


def list_mfa_devices(_world: World, _request: ApiRequest, _caller: Caller) -> Mapping[str, Any]:
    """The sandbox gives root none."""
    return {"MFADevices": [], "IsTruncated": False}


def create_login_profile(world: World, request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
    """Root's password can be recovered from then on.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_root-user-privileged-task.html"""
    root = root_user_of(caller.account)
    if caller.session is None or caller.session.task_policy is None or request.parameters.get("Password"):
        raise ApiError("ValidationError", "Only a privileged session creates the login profile of a root user.", 400)
    if root.password_since is not None:
        raise ApiError("EntityAlreadyExists", "Login Profile for root already exists.", 409)
    root.password_since = world.clock.now().replace(microsecond=0)
    return get_login_profile(world, request, caller)


def get_login_profile(_world: World, _request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetLoginProfile.html"""
    since = root_user_of(caller.account).password_since
    if since is None:
        raise _no_profile()
    return {"LoginProfile": {"CreateDate": since, "PasswordResetRequired": False}}


def delete_login_profile(_world: World, _request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteLoginProfile.html"""
    root = root_user_of(caller.account)
    if root.password_since is None:
        raise _no_profile()
    root.password_since = None
    return {}


HANDLERS = {
    ("iam", "GetUser"): get_user,
    ("iam", "CreateAccessKey"): create_access_key,
    ("iam", "ListAccessKeys"): list_access_keys,
    ("iam", "UpdateAccessKey"): update_access_key,
    ("iam", "DeleteAccessKey"): delete_access_key,
    ("iam", "ListSigningCertificates"): list_signing_certificates,
    ("iam", "ListMFADevices"): list_mfa_devices,
    ("iam", "CreateLoginProfile"): create_login_profile,
    ("iam", "GetLoginProfile"): get_login_profile,
    ("iam", "DeleteLoginProfile"): delete_login_profile,
}


def _described(key: Any) -> dict[str, Any]:
    return {"AccessKeyId": key.access_key_id, "Status": key.status, "CreateDate": key.create_date}


def _key(request: ApiRequest, caller: Caller) -> Any:
    key_id = request.parameters["AccessKeyId"]
    found = next((key for key in root_user_of(caller.account).access_keys if key.access_key_id == key_id), None)
    if found is None:
        raise ApiError("NoSuchEntity", f"The Access Key with id {key_id} cannot be found.", 404)
    return found


def _no_profile() -> ApiError:
    return ApiError("NoSuchEntity", "Login Profile for root cannot be found.", 404)
