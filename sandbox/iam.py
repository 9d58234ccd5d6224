"""IAM where moto has nothing or something else: boundaries of users, renaming, and whose keys one may ask about."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from sandbox.authorization.views import iam_of
from sandbox.errors import ApiError
from sandbox.iam_guards import boundary_of
from sandbox.model import ApiRequest, Caller
from sandbox.root_user import root_user_of

if TYPE_CHECKING:
    from sandbox.world import World


def create_user(_world: World, request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateUser.html"""
    given = request.parameters
    tags = given.get("Tags") or []
    user = iam_of(caller.account).create_user(request.region, given["UserName"], given.get("Path"), tags)
    if given.get("PermissionsBoundary"):
        user.permissions_boundary = _boundary(given["PermissionsBoundary"])
    shown = {
        "Path": user.path,
        "UserName": user.name,
        "UserId": user.id,
        "Arn": user.arn,
        "CreateDate": user.create_date,
    }
    if tags:
        shown["Tags"] = tags
    if given.get("PermissionsBoundary"):
        shown["PermissionsBoundary"] = user.permissions_boundary
    return {"User": shown}


def update_user(_world: World, request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
    """moto leaves the old name in the user's keys and tags.
    https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateUser.html"""
    iam, given = iam_of(caller.account), request.parameters
    user = _user(request, caller)
    tags = iam.tagger.list_tags_for_resource(user.arn)["Tags"]
    iam.tagger.delete_all_tags_for_resource(user.arn)
    iam.update_user(given["UserName"], given.get("NewPath"), given.get("NewUserName"))
    iam.tagger.tag_resource(user.arn, tags)
    for key in user.access_keys:
        key.user_name = user.name
    return {}


def put_user_permissions_boundary(_world: World, request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
    """moto has no boundaries of users. https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutUserPermissionsBoundary.html"""
    _user(request, caller).permissions_boundary = _boundary(str(request.parameters["PermissionsBoundary"]))
    return {}


def delete_user_permissions_boundary(_world: World, request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteUserPermissionsBoundary.html"""
    user = _user(request, caller)
    if getattr(user, "permissions_boundary", None) is None:
        raise ApiError("NoSuchEntity", f"The user {user.name} does not have a permissions boundary.", 404)
    user.permissions_boundary = None
    return {}


def get_access_key_last_used(_world: World, request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
    """Of keys of the caller's own account only; moto answers for all. Those of root are no IAM user's. The documentation names no
    error for the others:
    https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccessKeyLastUsed.html"""
    key_id = str(request.parameters["AccessKeyId"])
    for user in iam_of(caller.account).users.values():
        for key in user.access_keys:
            if key.access_key_id == key_id:
                return {"UserName": user.name, "AccessKeyLastUsed": _last_used(key)}
    for key in root_user_of(caller.account).access_keys:
        if key.access_key_id == key_id:
            return {"AccessKeyLastUsed": _last_used(key)}
    raise ApiError(
        "AccessDenied",
        f"User: {caller.arn} is not authorized to perform: iam:GetAccessKeyLastUsed on resource: access key {key_id}",
        403,
    )


def _last_used(key: Any) -> dict[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_AccessKeyLastUsed.html"""
    used = key.last_used
    return {
        **({"LastUsedDate": used.timestamp} if used else {}),
        "ServiceName": used.service if used else "N/A",
        "Region": used.region if used else "N/A",
    }


def list_entities_for_policy(_world: World, request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
    """moto leaves boundaries out. https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListEntitiesForPolicy.html"""
    iam, given = iam_of(caller.account), request.parameters
    arn, usage, prefix = given["PolicyArn"], given.get("PolicyUsageFilter"), given.get("PathPrefix", "/")
    if arn not in iam.managed_policies:
        raise ApiError("NoSuchEntity", f"Policy {arn} does not exist or is not attachable.", 404)
    bounded = () if usage == "PermissionsPolicy" else boundary_of(iam, arn)

    def holders(kind: str, there: Iterable[Any]) -> list[dict[str, str]]:
        if given.get("EntityFilter", kind) != kind:
            return []
        return [
            {f"{kind}Name": entity.name, f"{kind}Id": entity.id}
            for entity in there
            if entity.path.startswith(prefix)
            and (entity in bounded or (usage != "PermissionsBoundary" and arn in entity.managed_policies))
        ]

    return {
        "PolicyUsers": holders("User", iam.users.values()),
        "PolicyGroups": holders("Group", iam.groups.values()),
        "PolicyRoles": holders("Role", iam.roles.values()),
        "IsTruncated": False,
    }


HANDLERS = {
    ("iam", "CreateUser"): create_user,
    ("iam", "UpdateUser"): update_user,
    ("iam", "PutUserPermissionsBoundary"): put_user_permissions_boundary,
    ("iam", "DeleteUserPermissionsBoundary"): delete_user_permissions_boundary,
    ("iam", "GetAccessKeyLastUsed"): get_access_key_last_used,
    ("iam", "ListEntitiesForPolicy"): list_entities_for_policy,
}


def _user(request: ApiRequest, caller: Caller) -> Any:
    name = str(request.parameters.get("UserName", ""))
    user = iam_of(caller.account).users.get(name)
    if user is None:
        raise ApiError("NoSuchEntity", f"The user with name {name} cannot be found.", 404)
    return user


def _boundary(arn: str) -> dict[str, str]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_AttachedPermissionsBoundary.html"""
    return {"PermissionsBoundaryType": "PermissionsBoundaryPolicy", "PermissionsBoundaryArn": arn}
