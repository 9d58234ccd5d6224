"""What IAM refuses and moto lets pass: documents, names, conflicts, and the table of all such checks. Each raises ApiError before moto
is asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sandbox import iam_quotas, iam_roles, policies
from sandbox.authorization.views import iam_of
from sandbox.errors import ApiError
from sandbox.iam_certificates import certificate_is_new
from sandbox.iam_service_credentials import credentials_of
from sandbox.iam_sign_in import device_can_be_enabled, device_is_free
from sandbox.iam_ssh_keys import key_is_new
from sandbox.model import ApiRequest, Caller

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
    for _holder in iam_quotas.holders(request, caller):
        policies.check_identity_policy(str(request.parameters["PolicyDocument"]))


def _managed_is_a_policy(request: ApiRequest, _caller: Caller) -> None:
    policies.check_identity_policy(str(request.parameters["PolicyDocument"]))


def _trust_is_a_policy(request: ApiRequest, _caller: Caller) -> None:
    text = str(request.parameters.get("AssumeRolePolicyDocument") or request.parameters.get("PolicyDocument"))
    policies.check_trust_policy(text)


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
        ("delete service specific credentials first", credentials_of(user)),
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


def _all(*guards: Guard) -> Guard:
    def check(request: ApiRequest, caller: Caller) -> None:
        for guard in guards:
            guard(request, caller)

    return check


GUARDS: dict[tuple[str, str], Guard] = {
    ("iam", "PutUserPolicy"): _all(_inline_is_a_policy, iam_quotas.inline_fits),
    ("iam", "PutRolePolicy"): _all(_inline_is_a_policy, iam_quotas.inline_fits),
    ("iam", "PutGroupPolicy"): _all(_inline_is_a_policy, iam_quotas.inline_fits),
    ("iam", "CreatePolicy"): _all(_managed_is_a_policy, iam_quotas.managed_fits, name_is_free),
    ("iam", "CreatePolicyVersion"): _all(_own_policy, _managed_is_a_policy, iam_quotas.managed_fits),
    ("iam", "DeletePolicyVersion"): _own_policy,
    ("iam", "SetDefaultPolicyVersion"): _own_policy,
    ("iam", "TagPolicy"): _own_policy,
    ("iam", "UntagPolicy"): _own_policy,
    ("iam", "DeletePolicy"): _all(_own_policy, _policy_is_unused),
    ("iam", "AttachUserPolicy"): iam_quotas.attached_fits,
    ("iam", "AttachRolePolicy"): iam_quotas.attached_fits,
    ("iam", "AttachGroupPolicy"): iam_quotas.attached_fits,
    ("iam", "PutUserPermissionsBoundary"): boundary_exists,
    ("iam", "PutRolePermissionsBoundary"): boundary_exists,
    ("iam", "DeleteRolePermissionsBoundary"): iam_roles.has_boundary,
    ("iam", "AddRoleToInstanceProfile"): iam_roles.profile_has_room,
    ("iam", "DeleteInstanceProfile"): iam_roles.profile_is_empty,
    ("iam", "CreateAccessKey"): iam_quotas.keys_fit,
    ("iam", "UpdateAccessKey"): _status_is_known,
    ("iam", "UpdateSSHPublicKey"): _status_is_known,
    ("iam", "UpdateSigningCertificate"): _status_is_known,
    ("iam", "UpdateServiceSpecificCredential"): _status_is_known,
    ("iam", "UploadSSHPublicKey"): key_is_new,
    ("iam", "UploadSigningCertificate"): certificate_is_new,
    ("iam", "EnableMFADevice"): device_can_be_enabled,
    ("iam", "DeleteVirtualMFADevice"): device_is_free,
    ("iam", "CreateUser"): _all(name_is_free, boundary_exists),
    ("iam", "UpdateUser"): name_is_free,
    ("iam", "CreateRole"): _all(name_is_free, _trust_is_a_policy, iam_quotas.trust_fits, boundary_exists),
    ("iam", "UpdateAssumeRolePolicy"): _all(_trust_is_a_policy, iam_quotas.trust_fits),
    ("iam", "CreateGroup"): name_is_free,
    ("iam", "UpdateGroup"): name_is_free,
    ("iam", "AddUserToGroup"): iam_quotas.groups_fit,
    ("iam", "DeleteUser"): _user_is_bare,
    ("iam", "DeleteGroup"): _group_is_bare,
}
for _name in iam_roles.roles_that_change():
    _further = GUARDS.get(("iam", _name))
    GUARDS["iam", _name] = _all(iam_roles.is_changeable, *([_further] if _further else []))
