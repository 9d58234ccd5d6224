# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Puts sessions of instances into the policy of their role that denies them everything, and takes them out again, all of a role at once."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from ansible_collections.cordon.aws.plugins.module_utils.cloud import Cloud
from ansible_collections.cordon.aws.plugins.module_utils.ec2.batches import Answer, by_thing
from ansible_collections.cordon.aws.plugins.module_utils.ec2.role_policies import inline_policies
from ansible_collections.cordon.aws.plugins.module_utils.ec2.role_sessions import (
    POLICY_NAME,
    QUOTA,
    denied_by,
    named_in,
    policy_for,
)
from ansible_collections.cordon.aws.plugins.module_utils.errors import QuotaError
from ansible_collections.cordon.aws.plugins.module_utils.plan import Call, Json


def set_denied(cloud: Cloud, calls: Sequence[Call]) -> list[Answer]:
    """Carry out calls of `role_sessions.SET_DENIED`. Those who do not fit into the policy are told so, and the others are denied."""
    return by_thing(calls, "RoleName", partial(_of_role, cloud))


def _of_role(cloud: Cloud, calls: Sequence[Call]) -> list[Answer]:
    text, others = inline_policies(cloud, calls[0].account, calls[0].parameters["RoleName"], POLICY_NAME)
    there = denied_by(text)
    # What somebody has changed in our policy is put right; whom it was put for is known from it all the same.
    wanted = set(named_in(text))
    answers: list[Answer] = []
    for call in calls:
        user_id = call.parameters["UserId"]
        if not call.parameters["Denied"]:
            wanted.discard(user_id)
        elif others + len(policy_for({*wanted, user_id})) > QUOTA:
            answers.append(no_room(call.parameters["RoleName"], user_id, others + len(policy_for(wanted))))
            continue
        else:
            wanted.add(user_id)
        answers.append(None)
    if wanted == there and bool(wanted) == bool(text):
        return answers
    if wanted:
        _send(cloud, calls[0], "PutRolePolicy", PolicyDocument=policy_for(wanted))
    else:
        _send(cloud, calls[0], "DeleteRolePolicy")
    return answers


def no_room(role: str, user_id: str, used: int) -> QuotaError:
    needed = len(user_id) + 3
    return QuotaError(
        f"deny the session {user_id} of role {role}",
        f"its inline policies hold {used} of {QUOTA} characters, {max(QUOTA - used, 0)} are free and {needed} are needed",
        f"Remove an inline policy of {role}, or contain the role with all its sessions: cordon.aws.iam_principal_containment.",
    )


def _send(cloud: Cloud, like: Call, operation: str, **parameters: Json) -> None:
    cloud.answer(_call(like, operation, **parameters))


def _call(like: Call, operation: str, **parameters: Json) -> Call:
    """A call about our policy of the role that `like` is about."""
    named = {"RoleName": like.parameters["RoleName"], "PolicyName": POLICY_NAME}
    return Call(
        account=like.account, region=like.region, service="iam", operation=operation, parameters={**named, **parameters}
    )
