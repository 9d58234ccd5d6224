"""IAM's quotas, white space in documents not counted.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from sandbox.authorization.views import iam_of
from sandbox.errors import ApiError
from sandbox.model import ApiRequest, Caller

_INLINE_QUOTAS = {"user": 2048, "role": 10240, "group": 5120}
_ATTACHED_QUOTA = 10
_KEYS_QUOTA = 2
_GROUPS_QUOTA = 10
_MANAGED_SIZE = 6144
_TRUST_SIZE = 2048


def managed_fits(request: ApiRequest, _caller: Caller) -> None:
    if _size(str(request.parameters["PolicyDocument"])) > _MANAGED_SIZE:
        raise ApiError("LimitExceeded", f"Cannot exceed quota for PolicySize: {_MANAGED_SIZE}", 409)


def trust_fits(request: ApiRequest, _caller: Caller) -> None:
    """Up to twice that if raised; here it is not."""
    text = str(request.parameters.get("AssumeRolePolicyDocument") or request.parameters.get("PolicyDocument"))
    if _size(text) > _TRUST_SIZE:
        raise ApiError("LimitExceeded", f"Cannot exceed quota for ACLSizePerRole: {_TRUST_SIZE}", 409)


def inline_fits(request: ApiRequest, caller: Caller) -> None:
    """Aggregate size of inline policies, white space not counted."""
    for kind, holder in holders(request, caller):
        given = request.parameters
        others = sum(_size(text) for name, text in holder.policies.items() if name != given["PolicyName"])
        if others + _size(str(given["PolicyDocument"])) > _INLINE_QUOTAS[kind]:
            raise ApiError(
                "LimitExceeded",
                f"Maximum policy size of {_INLINE_QUOTAS[kind]} bytes exceeded for {kind} {holder.name}",
                409,
            )


def attached_fits(request: ApiRequest, caller: Caller) -> None:
    for kind, holder in holders(request, caller):
        attached = holder.managed_policies
        if request.parameters["PolicyArn"] not in attached and len(attached) >= _ATTACHED_QUOTA:
            raise ApiError(
                "LimitExceeded", f"Cannot exceed quota for PoliciesPer{kind.title()}: {_ATTACHED_QUOTA}", 409
            )


def keys_fit(request: ApiRequest, caller: Caller) -> None:
    user = iam_of(caller.account).users.get(request.parameters.get("UserName") or caller.name)
    if user is not None and len(user.access_keys) >= _KEYS_QUOTA:
        raise ApiError("LimitExceeded", f"Cannot exceed quota for AccessKeysPerUser: {_KEYS_QUOTA}", 409)


def groups_fit(request: ApiRequest, caller: Caller) -> None:
    iam, given = iam_of(caller.account), request.parameters
    user = iam.users.get(given["UserName"])
    others = [group for group in iam.groups.values() if user in group.users and group.name != given["GroupName"]]
    if user is not None and given["GroupName"] in iam.groups and len(others) >= _GROUPS_QUOTA:
        raise ApiError("LimitExceeded", f"Cannot exceed quota for GroupsPerUser: {_GROUPS_QUOTA}", 409)


def holders(request: ApiRequest, caller: Caller) -> Iterable[tuple[str, Any]]:
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
