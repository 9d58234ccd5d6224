# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Attributes of queues and topics: texts by name, the policy among them, which is read as what it says; and the permissions that calls add
to such a policy, each a statement under a label."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from ansible_collections.cordon.aws.plugins.module_utils.plan import Json
from ansible_collections.cordon.aws.plugins.module_utils.restore.facet import UNKNOWN, IrreversibleError, Value
from ansible_collections.cordon.aws.plugins.module_utils.restore.services.resource_policies import (
    policy_of,
    policy_text,
    same_policy,
)

POLICY: Final = "Policy"
_LONGEST: Final = 32_768
# Of SNS and SQS: https://docs.aws.amazon.com/sns/latest/api/API_AddPermission.html
LABEL = re.compile(r"[A-Za-z0-9_-]{1,80}", re.ASCII)
ATTRIBUTE = re.compile(r"[A-Z][A-Za-z0-9]{2,63}", re.ASCII)
_ACCOUNT = re.compile(r"\d{12}", re.ASCII)
_ROOT = re.compile(r"arn:aws[a-z-]*:iam::(\d{12}):root", re.ASCII)
_ACTION = re.compile(r"[A-Za-z*]{1,64}", re.ASCII)


def value_of(name: str, text: Json) -> Json:
    """The value of an attribute in an answer: empty is as if it were not set."""
    return (policy_of(text) if name == POLICY else text) or None


def value_in(name: str, text: Json) -> Value:
    """The same of an event; UNKNOWN for what cannot be one."""
    if text in ("", None):
        return None
    if name == POLICY:
        policy = policy_of(text)
        return UNKNOWN if policy is None else policy
    if isinstance(text, (bool, int)):
        return str(text).lower()
    return text if isinstance(text, str) and text.isprintable() and len(text) <= _LONGEST else UNKNOWN


def text_of(value: Json) -> str:
    """As it is sent."""
    if value is None:
        return ""
    return value if isinstance(value, str) else policy_text(value)


def same(live: Json, expected: Json) -> bool:
    return same_policy(live, expected)


def permission_in(policy: Json, label: str) -> Json:
    """What a statement under a label permits, as AddPermission takes it; None where there is none."""
    for statement in policy.get("Statement", []) if isinstance(policy, dict) else []:
        if isinstance(statement, dict) and statement.get("Sid") == label:
            principal = statement.get("Principal")
            whose = principal.get("AWS") if isinstance(principal, dict) else principal
            return _permission(_listed(whose), _listed(statement.get("Action")))
    return None


def permission_of(accounts: Json, actions: Json) -> Value:
    """The same of an event; UNKNOWN for what cannot be one."""
    found = _permission(_listed(accounts), _listed(actions))
    return found if is_whole(found) else UNKNOWN


def is_whole(permission: Json) -> bool:
    """Whether it can be given by AddPermission."""
    return (
        isinstance(permission, dict)
        and bool(permission.get("accounts"))
        and all(_ACCOUNT.fullmatch(account) for account in permission["accounts"])
        and bool(permission.get("actions"))
        and all(_ACTION.fullmatch(action) for action in permission["actions"])
    )


def _permission(accounts: Sequence[Json], actions: Sequence[Json]) -> dict[str, Json]:
    return {
        "accounts": sorted(_ROOT.sub(r"\1", one) for one in accounts if isinstance(one, str)),
        "actions": sorted(one.rpartition(":")[2] for one in actions if isinstance(one, str)),
    }


def _listed(value: Json) -> Sequence[Json]:
    return value if isinstance(value, list) else [value]


def checked(permission: Json) -> Mapping[str, Json]:
    """For a call. Raises IrreversibleError for what AddPermission cannot say, such as a statement that somebody wrote by hand."""
    if not is_whole(permission):
        raise IrreversibleError(
            "The statement cannot be given back by AddPermission. Look at the policy, and put it right: the statement goes by its label."
        )
    return dict(permission)
