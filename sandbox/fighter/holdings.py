"""What a principal has, and the calls that give it back what it had. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Repair = tuple[str, dict[str, Any]]
"""(operation of IAM's, its arguments)"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Holdings:
    """Everything that decides what a user or role may do."""

    kind: str
    """User or Role, as operations are called."""
    id: str
    name: str
    arn: str
    inline: Mapping[str, Any]
    attached: frozenset[str]
    groups: frozenset[str] = frozenset()
    boundary: str | None = None
    trust: Any = None

    @property
    def who(self) -> dict[str, str]:
        return {f"{self.kind}Name": self.name}


def holdings(details: Mapping[str, Any]) -> dict[str, Holdings]:
    """Of everybody in an answer of GetAccountAuthorizationDetails, by unique id.
    https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountAuthorizationDetails.html"""
    found = [_of(one, "User") for one in details.get("UserDetailList") or ()]
    found += [_of(one, "Role") for one in details.get("RoleDetailList") or ()]
    return {one.id: one for one in found}


def repairs(wanted: Holdings, found: Holdings) -> Iterator[Repair]:
    """What has been added is taken off first, because it may deny."""
    kind, who = found.kind, found.who
    for arn in sorted(found.attached - wanted.attached):
        yield f"Detach{kind}Policy", {**who, "PolicyArn": arn}
    for name in sorted(set(found.inline) - set(wanted.inline)):
        yield f"Delete{kind}Policy", {**who, "PolicyName": name}
    for name in sorted(found.groups - wanted.groups):
        yield "RemoveUserFromGroup", {**who, "GroupName": name}
    if found.boundary != wanted.boundary:
        if wanted.boundary is None:
            yield f"Delete{kind}PermissionsBoundary", dict(who)
        else:
            yield f"Put{kind}PermissionsBoundary", {**who, "PermissionsBoundary": wanted.boundary}
    if kind == "Role" and found.trust != wanted.trust:
        yield "UpdateAssumeRolePolicy", {**who, "PolicyDocument": json.dumps(wanted.trust)}
    for arn in sorted(wanted.attached - found.attached):
        yield f"Attach{kind}Policy", {**who, "PolicyArn": arn}
    for name, document in wanted.inline.items():
        if found.inline.get(name) != document:
            yield f"Put{kind}Policy", {**who, "PolicyName": name, "PolicyDocument": json.dumps(document)}
    for name in sorted(wanted.groups - found.groups):
        yield "AddUserToGroup", {**who, "GroupName": name}


def _of(detail: Mapping[str, Any], kind: str) -> Holdings:
    boundary = detail.get("PermissionsBoundary") or {}
    return Holdings(
        kind=kind,
        id=str(detail[f"{kind}Id"]),
        name=str(detail[f"{kind}Name"]),
        arn=str(detail["Arn"]),
        inline={one["PolicyName"]: one["PolicyDocument"] for one in detail.get(f"{kind}PolicyList") or ()},
        attached=frozenset(one["PolicyArn"] for one in detail.get("AttachedManagedPolicies") or ()),
        groups=frozenset(detail.get("GroupList") or ()),
        boundary=boundary.get("PermissionsBoundaryArn"),
        trust=detail.get("AssumeRolePolicyDocument"),
    )
