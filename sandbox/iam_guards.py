"""What IAM refuses and moto lets pass: quotas, documents, names, conflicts. Each check raises ApiError before moto is asked.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from sandbox import policies
from sandbox.authorization.views import iam_of
from sandbox.errors import ApiError
from sandbox.model import ApiRequest, Caller

_INLINE_QUOTAS = {"user": 2048, "role": 10240, "group": 5120}
_ATTACHED_QUOTA = 10
_KEYS_QUOTA = 2
_GROUPS_QUOTA = 10
_MANAGED_SIZE = 6144
_TRUST_SIZE = 2048

Guard = Callable[[ApiRequest, Caller], None]


def boundary_exists(request: ApiRequest, caller: Caller) -> None:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutUserPermissionsBoundary.html"""
    arn = request.parameters.get("PermissionsBoundary")
    if arn and arn not in iam_of(caller.account).managed_policies:
        raise ApiError("NoSuchEntity", f"Scope ARN: {arn} does not exist or is not attachable.", 404)


def name_is_free(request: ApiRequest, caller: Caller) -> None:
    """Names are unique whatever their case: https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateUser.html"""
    iam = iam_of(caller.account)
    given = request.parameters
    for parameter, kind, there in (
        ("UserName", "User", iam.users.values()),
        ("RoleName", "Role", iam.roles.values()),
        ("GroupName", "Group", iam.groups.values()),
        ("PolicyName", "Policy", _own_policies(caller)),
    ):
        renaming = request.operation.startswith("Update")
        name, old = (given.get(f"New{parameter}"), given.get(parameter)) if renaming else (given.get(parameter), None)
        if name and any(entity.name.lower() == name.lower() for entity in there if entity.name != old):
            raise ApiError("EntityAlreadyExists", f"{kind} with name {name} already exists.", 409)


def _own_policies(caller: Caller) -> list[Any]:
    return [policy for policy in iam_of(caller.account).managed_policies.values() if _is_own(policy.arn, caller)]


def _is_own(policy_arn: str, caller: Caller) -> bool:
    return policy_arn.split(":")[4:5] == [caller.account]


def _own_policy(request: ApiRequest, caller: Caller) -> None:
    """AWS's own policies are nobody's to change:
    https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_managed-vs-inline.html#aws-managed-policies"""
    if not _is_own(str(request.parameters["PolicyArn"]), caller):
        raise ApiError("AccessDenied", "Policy is outside your own account.", 403)


def _inline_is_a_policy(request: ApiRequest, caller: Caller) -> None:
    for _holder in _holders(request, caller):
        policies.check_identity_policy(str(request.parameters["PolicyDocument"]))


def _managed_is_a_policy(request: ApiRequest, _caller: Caller) -> None:
    policies.check_identity_policy(str(request.parameters["PolicyDocument"]))


def _managed_fits(request: ApiRequest, _caller: Caller) -> None:
    if _size(str(request.parameters["PolicyDocument"])) > _MANAGED_SIZE:
        raise ApiError("LimitExceeded", f"Cannot exceed quota for PolicySize: {_MANAGED_SIZE}", 409)


def _trust_is_a_policy(request: ApiRequest, _caller: Caller) -> None:
    text = str(request.parameters.get("AssumeRolePolicyDocument") or request.parameters.get("PolicyDocument"))
    policies.check_trust_policy(text)
    if _size(text) > _TRUST_SIZE:
        raise ApiError("LimitExceeded", f"Cannot exceed quota for ACLSizePerRole: {_TRUST_SIZE}", 409)


def _inline_fits(request: ApiRequest, caller: Caller) -> None:
    """Aggregate size of inline policies, white space not counted."""
    for kind, holder in _holders(request, caller):
        given = request.parameters
        others = sum(_size(text) for name, text in holder.policies.items() if name != given["PolicyName"])
        if others + _size(str(given["PolicyDocument"])) > _INLINE_QUOTAS[kind]:
            raise ApiError(
                "LimitExceeded",
                f"Maximum policy size of {_INLINE_QUOTAS[kind]} bytes exceeded for {kind} {holder.name}",
                409,
            )


def _attached_fits(request: ApiRequest, caller: Caller) -> None:
    for kind, holder in _holders(request, caller):
        attached = holder.managed_policies
        if request.parameters["PolicyArn"] not in attached and len(attached) >= _ATTACHED_QUOTA:
            raise ApiError(
                "LimitExceeded", f"Cannot exceed quota for PoliciesPer{kind.title()}: {_ATTACHED_QUOTA}", 409
            )


def _keys_fit(request: ApiRequest, caller: Caller) -> None:
    user = iam_of(caller.account).users.get(request.parameters.get("UserName") or caller.name)
    if user is not None and len(user.access_keys) >= _KEYS_QUOTA:
        raise ApiError("LimitExceeded", f"Cannot exceed quota for AccessKeysPerUser: {_KEYS_QUOTA}", 409)


def _groups_fit(request: ApiRequest, caller: Caller) -> None:
    iam, given = iam_of(caller.account), request.parameters
    user = iam.users.get(given["UserName"])
    others = [group for group in iam.groups.values() if user in group.users and group.name != given["GroupName"]]
    if user is not None and given["GroupName"] in iam.groups and len(others) >= _GROUPS_QUOTA:
        raise ApiError("LimitExceeded", f"Cannot exceed quota for GroupsPerUser: {_GROUPS_QUOTA}", 409)


def _status_is_known(request: ApiRequest, _caller: Caller) -> None:
    if request.parameters.get("Status") not in ("Active", "Inactive"):
        raise ApiError(
            "ValidationError", "1 validation error detected: Value at 'status' failed to satisfy constraint", 400
        )


def _user_is_bare(request: ApiRequest, caller: Caller) -> None:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteUser.html"""
    user = iam_of(caller.account).users.get(request.parameters.get("UserName"))
    if user is None:
        return
    groups = [group for group in iam_of(caller.account).groups.values() if user in group.users]
    _refuse_first(
        ("delete login profile first", user.password),
        ("delete access keys first", user.access_keys),
        ("delete policies first", user.policies),
        ("detach all policies first", user.managed_policies),
        ("remove users from group first", groups),
        ("deactivate MFA devices first", user.mfa_devices),
        ("delete signing certificates first", user.signing_certificates),
        ("delete SSH public keys first", user.ssh_public_keys),
    )


def _group_is_bare(request: ApiRequest, caller: Caller) -> None:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteGroup.html"""
    group = iam_of(caller.account).groups.get(request.parameters.get("GroupName"))
    if group is not None:
        _refuse_first(
            ("remove users from group first", group.users),
            ("delete policies first", group.policies),
            ("detach all policies first", group.managed_policies),
        )


def _policy_is_unused(request: ApiRequest, caller: Caller) -> None:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeletePolicy.html"""
    iam, arn = iam_of(caller.account), request.parameters["PolicyArn"]
    policy = iam.managed_policies.get(arn)
    if policy is None:
        return
    holders = [*iam.users.values(), *iam.groups.values(), *iam.roles.values()]
    if any(arn in holder.managed_policies for holder in holders) or boundary_of(iam, arn):
        raise ApiError("DeleteConflict", "Cannot delete a policy attached to entities.", 409)
    if len(policy.versions) > 1:
        raise ApiError(
            "DeleteConflict",
            "This policy has more than one version. Before you delete a policy, you must delete the policy's versions. "
            "The default version is deleted with the policy.",
            409,
        )


def boundary_of(iam: Any, arn: str) -> list[Any]:
    """The users and roles whose permissions boundary this policy is."""
    return [
        *(user for user in iam.users.values() if boundary_arn(user) == arn),
        *(role for role in iam.roles.values() if role.permissions_boundary_arn == arn),
    ]


def boundary_arn(user: Any) -> str | None:
    """moto has no boundaries of users: ours are an attribute that it does not know."""
    boundary: Mapping[str, str] | None = getattr(user, "permissions_boundary", None)
    return boundary["PermissionsBoundaryArn"] if boundary else None


def _refuse_first(*conflicts: tuple[str, object]) -> None:
    what = next((what for what, there in conflicts if there), None)
    if what:
        raise ApiError("DeleteConflict", f"Cannot delete entity, must {what}.", 409)


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
    return len(re.sub(r"\s", "", text, flags=re.ASCII))


def _all(*guards: Guard) -> Guard:
    def check(request: ApiRequest, caller: Caller) -> None:
        for guard in guards:
            guard(request, caller)

    return check


GUARDS: dict[tuple[str, str], Guard] = {
    ("iam", "PutUserPolicy"): _all(_inline_is_a_policy, _inline_fits),
    ("iam", "PutRolePolicy"): _all(_inline_is_a_policy, _inline_fits),
    ("iam", "PutGroupPolicy"): _all(_inline_is_a_policy, _inline_fits),
    ("iam", "CreatePolicy"): _all(_managed_is_a_policy, _managed_fits, name_is_free),
    ("iam", "CreatePolicyVersion"): _all(_own_policy, _managed_is_a_policy, _managed_fits),
    ("iam", "DeletePolicyVersion"): _own_policy,
    ("iam", "SetDefaultPolicyVersion"): _own_policy,
    ("iam", "TagPolicy"): _own_policy,
    ("iam", "UntagPolicy"): _own_policy,
    ("iam", "DeletePolicy"): _all(_own_policy, _policy_is_unused),
    ("iam", "AttachUserPolicy"): _attached_fits,
    ("iam", "AttachRolePolicy"): _attached_fits,
    ("iam", "AttachGroupPolicy"): _attached_fits,
    ("iam", "PutUserPermissionsBoundary"): boundary_exists,
    ("iam", "PutRolePermissionsBoundary"): boundary_exists,
    ("iam", "CreateAccessKey"): _keys_fit,
    ("iam", "UpdateAccessKey"): _status_is_known,
    ("iam", "CreateUser"): _all(name_is_free, boundary_exists),
    ("iam", "UpdateUser"): name_is_free,
    ("iam", "CreateRole"): _all(name_is_free, _trust_is_a_policy, boundary_exists),
    ("iam", "UpdateAssumeRolePolicy"): _trust_is_a_policy,
    ("iam", "CreateGroup"): name_is_free,
    ("iam", "UpdateGroup"): name_is_free,
    ("iam", "AddUserToGroup"): _groups_fit,
    ("iam", "DeleteUser"): _user_is_bare,
    ("iam", "DeleteGroup"): _group_is_bare,
}
