"""The whole IAM state of an account as canonical bytes, read with plain boto3: what "exactly as it was" is measured by."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from botocore.handlers import json_decode_policies

# Change by themselves when somebody uses the account; they are not state that anybody set.
_VOLATILE = {"PasswordLastUsed", "RoleLastUsed", "AccessKeyLastUsed", "ResponseMetadata", "IsTruncated", "Marker"}


def iam_state(session: Any, endpoint_url: str) -> bytes:
    """Users, groups, roles and policies with everything attached, and every access key's status, of the account of `session`."""
    iam = session.client("iam", endpoint_url=endpoint_url)
    # Policies as the text that is stored, byte for byte.
    iam.meta.events.unregister("after-call.iam", json_decode_policies)
    details: dict[str, list[Any]] = {}
    for page in iam.get_paginator("get_account_authorization_details").paginate(
        Filter=["User", "Role", "Group", "LocalManagedPolicy"]
    ):
        for name, found in page.items():
            if isinstance(found, list):
                details.setdefault(name, []).extend(found)
    names = [user["UserName"] for user in _all(iam, "list_users", "Users")]
    state = {
        **details,
        "Users": [iam.get_user(UserName=name)["User"] for name in names],
        "AccessKeys": {name: _all(iam, "list_access_keys", "AccessKeyMetadata", UserName=name) for name in names},
        "InlinePolicies": {
            name: {
                policy: _text(iam, name, policy)
                for policy in _all(iam, "list_user_policies", "PolicyNames", UserName=name)
            }
            for name in names
        },
    }
    return json.dumps(_stable(state), sort_keys=True, default=str).encode()


def _text(iam: Any, name: str, policy: str) -> Any:
    return iam.get_user_policy(UserName=name, PolicyName=policy)["PolicyDocument"]


def _all(iam: Any, method: str, key: str, **arguments: Any) -> list[Any]:
    return [item for page in iam.get_paginator(method).paginate(**arguments) for item in page[key]]


def _stable(value: Any) -> Any:
    """Without what is volatile; lists in one order, because AWS promises none."""
    if isinstance(value, dict):
        return {name: _stable(part) for name, part in value.items() if name not in _VOLATILE}
    if isinstance(value, Iterable) and not isinstance(value, (str, bytes)):
        return sorted((_stable(part) for part in value), key=lambda part: json.dumps(part, sort_keys=True, default=str))
    return value
