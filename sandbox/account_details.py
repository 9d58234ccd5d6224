"""All of an account's users, groups, roles and policies at once. moto leaves out names of policies, counts pages by its own answer and
makes the whole of it for each page.
https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountAuthorizationDetails.html"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from sandbox import iam_pages
from sandbox.authorization.views import iam_of
from sandbox.errors import ApiError
from sandbox.iam_guards import boundary_arn
from sandbox.model import ApiRequest, Caller

if TYPE_CHECKING:
    from sandbox.world import World

Shown = dict[str, Any]

_LISTS = {
    "User": "UserDetailList",
    "Group": "GroupDetailList",
    "Role": "RoleDetailList",
    "LocalManagedPolicy": "Policies",
    "AWSManagedPolicy": "Policies",
}


def get_account_authorization_details(_world: World, request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
    """Everything where no kind is named. What is not on the page that was asked for is not even looked at."""
    iam, wanted = iam_of(caller.account), request.parameters.get("Filter") or list(_LISTS)
    unknown = [kind for kind in wanted if kind not in _LISTS]
    if unknown:
        raise ApiError(
            "ValidationError",
            f"1 validation error detected: Value '{unknown}' at 'filter' failed to satisfy constraint: Member must satisfy "
            f"constraint: [Member must satisfy enum value set: [{', '.join(_LISTS)}]]",
            400,
        )
    listed: list[tuple[str, Any]] = []
    for kind, entities in there(iam, caller.account).items():
        listed += [(kind, one) for one in entities] if kind in wanted else []
    page, more = iam_pages.page(request, listed)
    shown = {kind: SHOWN[kind](iam) for kind in wanted}
    found: dict[str, Any] = {name: [] for name in _LISTS.values()}
    for kind, one in page:
        found[_LISTS[kind]].append(shown[kind](one))
    return found | more


def encoded(text: str) -> str:
    """A policy as IAM hands it out, "URL-encoded compliant with RFC 3986": byte for byte what was stored once it is decoded."""
    return quote(text, safe="")


def dated(time: datetime) -> datetime:
    """moto's times are UTC and do not say so."""
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def there(iam: Any, account: str) -> dict[str, list[Any]]:
    """Everything, by kind."""
    policies = list(iam.managed_policies.values())
    own = [one for one in policies if one.arn.split(":")[4] == account]
    return {
        "User": list(iam.users.values()),
        "Group": list(iam.groups.values()),
        "Role": list(iam.roles.values()),
        "LocalManagedPolicy": own,
        "AWSManagedPolicy": [one for one in policies if one.arn.split(":")[4] == "aws"],
    }


def _users(iam: Any) -> Callable[[Any], Shown]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_UserDetail.html"""
    groups: dict[str, list[str]] = defaultdict(list)
    for group in list(iam.groups.values()):
        for member in list(group.users):
            groups[member.id].append(group.name)

    def shown(user: Any) -> Shown:
        return {
            **_entity(user, "User"),
            "UserPolicyList": _inline(user),
            "GroupList": groups[user.id],
            "AttachedManagedPolicies": _attached(user),
            **_bounded(boundary_arn(user)),
            "Tags": iam.tagger.list_tags_for_resource(user.arn)["Tags"],
        }

    return shown


def _groups(_iam: Any) -> Callable[[Any], Shown]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_GroupDetail.html"""
    return lambda group: {
        **_entity(group, "Group"),
        "GroupPolicyList": _inline(group),
        "AttachedManagedPolicies": _attached(group),
    }


def _roles(iam: Any) -> Callable[[Any], Shown]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_RoleDetail.html"""
    profiles: dict[str, list[Any]] = defaultdict(list)
    for profile in list(iam.instance_profiles.values()):
        for role in profile.roles:
            profiles[role.id].append(profile)

    def shown(role: Any) -> Shown:
        used = {"LastUsedDate": dated(role.last_used), "Region": role.last_used_region} if role.last_used else {}
        return {
            **_trusting(role),
            "InstanceProfileList": [_profile(profile) for profile in profiles[role.id]],
            "RolePolicyList": _inline(role),
            "AttachedManagedPolicies": _attached(role),
            **_bounded(role.permissions_boundary_arn),
            "Tags": list(role.tags or ()),
            "RoleLastUsed": used,
        }

    return shown


def _trusting(role: Any) -> Shown:
    return {**_entity(role, "Role"), "AssumeRolePolicyDocument": encoded(role.assume_role_policy_document)}


def _profile(profile: Any) -> Shown:
    """Its roles are shown in short there, as the page's samples have them."""
    return {**_entity(profile, "InstanceProfile"), "Roles": [_trusting(role) for role in profile.roles]}


def _policies(iam: Any) -> Callable[[Any], Shown]:
    """With every version. https://docs.aws.amazon.com/IAM/latest/APIReference/API_ManagedPolicyDetail.html"""
    bounding = Counter(boundary_arn(user) for user in list(iam.users.values()))
    bounding.update(role.permissions_boundary_arn for role in list(iam.roles.values()))

    def shown(policy: Any) -> Shown:
        return {
            "PolicyName": policy.name,
            "PolicyId": policy.id,
            "Arn": policy.arn,
            "Path": policy.path,
            "DefaultVersionId": policy.default_version_id,
            "AttachmentCount": policy.attachment_count,
            "PermissionsBoundaryUsageCount": bounding[policy.arn],
            "IsAttachable": policy.is_attachable,
            **({"Description": policy.description} if policy.description else {}),
            "CreateDate": dated(policy.create_date),
            "UpdateDate": dated(policy.update_date),
            "PolicyVersionList": [
                {
                    "Document": encoded(version.document),
                    "VersionId": version.version_id,
                    "IsDefaultVersion": version.is_default,
                    "CreateDate": dated(version.create_date),
                }
                for version in policy.versions
            ],
        }

    return shown


def _entity(one: Any, kind: str) -> Shown:
    return {
        "Path": one.path,
        f"{kind}Name": one.name,
        f"{kind}Id": one.id,
        "Arn": one.arn,
        "CreateDate": dated(one.create_date),
    }


def _inline(holder: Any) -> list[dict[str, str]]:
    return [{"PolicyName": name, "PolicyDocument": encoded(text)} for name, text in list(holder.policies.items())]


def _attached(holder: Any) -> list[dict[str, str]]:
    held: Iterable[Any] = list(holder.managed_policies.values())
    return [{"PolicyName": one.name, "PolicyArn": one.arn} for one in held]


def _bounded(arn: str | None) -> Shown:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_AttachedPermissionsBoundary.html"""
    if not arn:
        return {}
    return {
        "PermissionsBoundary": {"PermissionsBoundaryType": "PermissionsBoundaryPolicy", "PermissionsBoundaryArn": arn}
    }


SHOWN: dict[str, Callable[[Any], Callable[[Any], Shown]]] = {
    "User": _users,
    "Group": _groups,
    "Role": _roles,
    "LocalManagedPolicy": _policies,
    "AWSManagedPolicy": _policies,
}
"""Kind -> what looks up once per page all that is needed to show its entities."""

HANDLERS = {("iam", "GetAccountAuthorizationDetails"): get_account_authorization_details}
