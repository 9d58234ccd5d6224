# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reads the policies of many principals of one account at once, by GetAccountAuthorizationDetails.
https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountAuthorizationDetails.html

Asked for by kind, so that the pages of each arrive beside the others. AWS's own policies are read one by one: there are many more of
them than anybody has attached."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import unquote

from ansible_collections.cordon.aws.plugins.module_utils.credential.holdings import Holdings, managed_policy
from ansible_collections.cordon.aws.plugins.module_utils.credential.policies import Kind, Policy
from ansible_collections.cordon.aws.plugins.module_utils.credential.reading import in_utc
from ansible_collections.cordon.aws.plugins.module_utils.iam.principals import IamPrincipal, iam_call
from ansible_collections.cordon.aws.plugins.module_utils.plan import Call, Json
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads

_LISTS = {
    "User": "UserDetailList",
    "Group": "GroupDetailList",
    "Role": "RoleDetailList",
    "LocalManagedPolicy": "Policies",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class AccountDetails:
    """All of an account's users, groups, roles and own policies, by name or ARN, as AWS tells them."""

    users: dict[str, Json]
    groups: dict[str, Json]
    roles: dict[str, Json]
    policies: dict[str, str]
    """ARN -> the text of the version in force."""

    def has(self, who: IamPrincipal) -> bool:
        return who.name in (self.users if who.kind == "user" else self.roles)

    def holdings(self, reads: Reads, who: IamPrincipal) -> Holdings:
        """What a user, a role or a session of a role holds."""
        entity = self.users[who.name] if who.kind == "user" else self.roles[who.name]
        own = "UserPolicyList" if who.kind == "user" else "RolePolicyList"
        policies = [*_inline(entity, own, None), *self._attached(reads, entity, None)]
        groups = tuple(str(name) for name in entity.get("GroupList", ()))
        for name in groups:
            group = self.groups.get(name, {})
            policies += [*_inline(group, "GroupPolicyList", name), *self._attached(reads, group, name)]
        bounding = (entity.get("PermissionsBoundary") or {}).get("PermissionsBoundaryArn")
        return Holdings(
            arn=str(entity["Arn"]),
            policies=tuple(policies),
            groups=groups,
            boundary=self._managed(reads, str(bounding), "boundary", None) if bounding else None,
            last_used=in_utc((entity.get("RoleLastUsed") or {}).get("LastUsedDate")),
        )

    def _attached(self, reads: Reads, entity: Json, via: str | None) -> Iterable[Policy]:
        for attached in entity.get("AttachedManagedPolicies", ()):
            yield self._managed(reads, str(attached["PolicyArn"]), "attached", via)

    def _managed(self, reads: Reads, arn: str, kind: Kind, via: str | None) -> Policy:
        if arn in self.policies:
            return Policy(kind=kind, name=arn.rpartition("/")[2], arn=arn, via=via, text=self.policies[arn])
        return managed_policy(reads, arn, kind=kind, via=via)


def read_details(reads: Reads, targets: Sequence[IamPrincipal]) -> AccountDetails:
    """Everything that `targets`, all of one account, can need. Raises AwsError where the responder may not."""
    kinds = {"User" if who.kind == "user" else "Role" for who in targets}
    wanted = [
        kind
        for kind in _LISTS
        if kind in kinds or kind == "LocalManagedPolicy" or (kind == "Group" and "User" in kinds)
    ]
    calls = {kind: _call(targets[0], kind) for kind in wanted}
    for kind, call in calls.items():
        reads.ahead(call, _LISTS[kind])
    lists: dict[str, list[Json]] = {kind: [] for kind in _LISTS}
    lists |= {kind: reads.pages(call, _LISTS[kind]) for kind, call in calls.items()}
    return AccountDetails(
        users={str(user["UserName"]): user for user in lists["User"]},
        groups={str(group["GroupName"]): group for group in lists["Group"]},
        roles={str(role["RoleName"]): role for role in lists["Role"]},
        policies={
            str(policy["Arn"]): unquote(version["Document"])
            for policy in lists["LocalManagedPolicy"]
            for version in policy.get("PolicyVersionList", ())
            if version.get("IsDefaultVersion")
        },
    )


def _call(who: IamPrincipal, kind: str) -> Call:
    return iam_call(who.account, who.partition, "GetAccountAuthorizationDetails", Filter=[kind], MaxItems=1000)


def _inline(entity: Json, key: str, via: str | None) -> list[Policy]:
    return [
        Policy(kind="inline", name=str(policy["PolicyName"]), via=via, text=unquote(policy["PolicyDocument"]))
        for policy in entity.get(key, ())
    ]
