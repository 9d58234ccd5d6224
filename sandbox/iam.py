"""IAM where moto is kinder than AWS: limits, conflicts, boundaries of users, and whose keys one may ask about."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from sandbox.authorization.views import iam_of
from sandbox.errors import ApiError
from sandbox.model import ApiRequest, Caller

if TYPE_CHECKING:
    from sandbox.world import World

# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
_INLINE_QUOTAS = {"user": 2048, "role": 10240, "group": 5120}
_ATTACHED_QUOTA = 10
_KEYS_QUOTA = 2


def put_user_permissions_boundary(_world: World, request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
    """moto has no boundaries of users. https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutUserPermissionsBoundary.html"""
    user, arn = _user(request, caller), str(request.parameters["PermissionsBoundary"])
    if arn not in iam_of(caller.account).managed_policies:
        raise ApiError("NoSuchEntity", f"Scope ARN: {arn} does not exist or is not attachable.", 404)
    user.permissions_boundary = {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": arn}
    return {}


def delete_user_permissions_boundary(_world: World, request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteUserPermissionsBoundary.html"""
    user = _user(request, caller)
    if getattr(user, "permissions_boundary", None) is None:
        raise ApiError("NoSuchEntity", f"The user {user.name} does not have a permissions boundary.", 404)
    user.permissions_boundary = None
    return {}


def get_access_key_last_used(_world: World, request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
    """Of keys of the caller's own account only; moto answers for all. The documentation names no error for the others:
    https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccessKeyLastUsed.html"""
    key_id = str(request.parameters["AccessKeyId"])
    for user in iam_of(caller.account).users.values():
        for key in user.access_keys:
            if key.access_key_id == key_id:
                used = key.last_used
                return {
                    "UserName": user.name,
                    "AccessKeyLastUsed": {
                        **({"LastUsedDate": used.timestamp} if used else {}),
                        "ServiceName": used.service if used else "N/A",
                        "Region": used.region if used else "N/A",
                    },
                }
    raise ApiError("AccessDenied", f"User: {caller.arn} is not authorized to perform: iam:GetAccessKeyLastUsed on resource: access key {key_id}", 403)


HANDLERS = {
    ("iam", "PutUserPermissionsBoundary"): put_user_permissions_boundary,
    ("iam", "DeleteUserPermissionsBoundary"): delete_user_permissions_boundary,
    ("iam", "GetAccessKeyLastUsed"): get_access_key_last_used,
}


def _user(request: ApiRequest, caller: Caller) -> Any:
    name = str(request.parameters.get("UserName", ""))
    user = iam_of(caller.account).users.get(name)
    if user is None:
        raise ApiError("NoSuchEntity", f"The user with name {name} cannot be found.", 404)
    return user


def _inline_fits(request: ApiRequest, caller: Caller) -> None:
    """Aggregate size of inline policies, white space not counted."""
    for kind, holders in _holders(request, caller):
        given = request.parameters
        others = sum(_size(text) for name, text in holders.policies.items() if name != given["PolicyName"])
        if others + _size(str(given["PolicyDocument"])) > _INLINE_QUOTAS[kind]:
            raise ApiError("LimitExceeded", f"Maximum policy size of {_INLINE_QUOTAS[kind]} bytes exceeded for {kind} {holders.name}", 409)


def _attached_fits(request: ApiRequest, caller: Caller) -> None:
    for kind, holder in _holders(request, caller):
        attached = holder.managed_policies
        if request.parameters["PolicyArn"] not in attached and len(attached) >= _ATTACHED_QUOTA:
            raise ApiError("LimitExceeded", f"Cannot exceed quota for PoliciesPer{kind.title()}: {_ATTACHED_QUOTA}", 409)


def _keys_fit(request: ApiRequest, caller: Caller) -> None:
    user = iam_of(caller.account).users.get(request.parameters.get("UserName") or caller.name)
    if user is not None and len(user.access_keys) >= _KEYS_QUOTA:
        raise ApiError("LimitExceeded", f"Cannot exceed quota for AccessKeysPerUser: {_KEYS_QUOTA}", 409)


def _status_is_known(request: ApiRequest, _caller: Caller) -> None:
    if request.parameters.get("Status") not in ("Active", "Inactive"):
        raise ApiError("ValidationError", "1 validation error detected: Value at 'status' failed to satisfy constraint", 400)


def _name_is_free(request: ApiRequest, caller: Caller) -> None:
    """Names are unique whatever their case: https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateUser.html"""
    iam = iam_of(caller.account)
    given = request.parameters
    for parameter, kind, there in (
        ("UserName", "User", iam.users.values()),
        ("RoleName", "Role", iam.roles.values()),
        ("GroupName", "Group", iam.groups.values()),
    ):
        name = given.get(parameter)
        if name and any(entity.name.lower() == name.lower() for entity in there):
            raise ApiError("EntityAlreadyExists", f"{kind} with name {name} already exists.", 409)


def _user_is_bare(request: ApiRequest, caller: Caller) -> None:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteUser.html"""
    user = iam_of(caller.account).users.get(request.parameters.get("UserName"))
    if user is None:
        return
    groups = [group for group in iam_of(caller.account).groups.values() if user in group.users]
    for what, there in (
        ("delete login profile first", [user.password] if user.password else []),
        ("delete access keys first", user.access_keys),
        ("remove users from group first", groups),
        ("deactivate MFA devices first", user.mfa_devices),
        ("delete signing certificates first", user.signing_certificates),
        ("delete SSH public keys first", user.ssh_public_keys),
    ):
        if there:
            raise ApiError("DeleteConflict", f"Cannot delete entity, must {what}.", 409)


GUARDS = {
    ("iam", "PutUserPolicy"): _inline_fits,
    ("iam", "PutRolePolicy"): _inline_fits,
    ("iam", "PutGroupPolicy"): _inline_fits,
    ("iam", "AttachUserPolicy"): _attached_fits,
    ("iam", "AttachRolePolicy"): _attached_fits,
    ("iam", "AttachGroupPolicy"): _attached_fits,
    ("iam", "CreateAccessKey"): _keys_fit,
    ("iam", "UpdateAccessKey"): _status_is_known,
    ("iam", "CreateUser"): _name_is_free,
    ("iam", "CreateRole"): _name_is_free,
    ("iam", "CreateGroup"): _name_is_free,
    ("iam", "DeleteUser"): _user_is_bare,
}


def _holders(request: ApiRequest, caller: Caller) -> Iterable[tuple[str, Any]]:
    """(kind, entity) that the request is about, where it exists."""
    iam = iam_of(caller.account)
    given = request.parameters
    if given.get("UserName") in iam.users:
        yield "user", iam.users[given["UserName"]]
    if given.get("GroupName") in iam.groups:
        yield "group", iam.groups[given["GroupName"]]
    for role in iam.roles.values():
        if role.name == given.get("RoleName"):
            yield "role", role


def _size(text: str) -> int:
    return len(re.sub(r"\s", "", text))
