# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Puts the policy on a role that denies its older sessions, and takes it away again; once per role, however many instances have it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from ansible_collections.cordon.aws.plugins.module_utils.cloud import Cloud
from ansible_collections.cordon.aws.plugins.module_utils.ec2.batches import Answer, by_thing
from ansible_collections.cordon.aws.plugins.module_utils.ec2.older_sessions import POLICY_NAME, denied_before
from ansible_collections.cordon.aws.plugins.module_utils.ec2.role_policies import inline_policies
from ansible_collections.cordon.aws.plugins.module_utils.ec2.role_sessions import QUOTA
from ansible_collections.cordon.aws.plugins.module_utils.errors import DriftError, QuotaError
from ansible_collections.cordon.aws.plugins.module_utils.iam.policies import inline_size
from ansible_collections.cordon.aws.plugins.module_utils.iam.session_policies import policy_before
from ansible_collections.cordon.aws.plugins.module_utils.plan import Call, Json


def set_older(cloud: Cloud, calls: Sequence[Call]) -> list[Answer]:
    """Carry out calls of `older_sessions.SET_OLDER`."""
    return by_thing(calls, "RoleName", partial(_of_role, cloud))


def _of_role(cloud: Cloud, calls: Sequence[Call]) -> list[Answer]:
    """Instances of one run wish the same of a role that they share."""
    wish = calls[0].parameters
    role = wish["RoleName"]
    found_id = cloud.read(_call(calls[0], "GetRole"))["Role"]["RoleId"]
    if found_id != wish["RoleId"]:
        raise DriftError(
            f"change which sessions of role {role} are denied",
            f"it is another role than before: {found_id} and not {wish['RoleId']}",
            "It was deleted and made anew, and has no sessions from before. See who did that in CloudTrail.",
        )
    text, others = inline_policies(cloud, calls[0].account, role, POLICY_NAME)
    now = denied_before(text)
    if now == wish["Before"]:
        return [None] * len(calls)
    if now != wish["From"]:
        raise DriftError(
            f"change which sessions of role {role} are denied",
            f"{POLICY_NAME} now denies those before {now}, and not those before {wish['From']}",
            "Somebody changed it meanwhile. Repeat the run, which looks first.",
        )
    if wish["Before"] is None:
        cloud.answer(_call(calls[0], "DeleteRolePolicy", PolicyName=POLICY_NAME))
        return [None] * len(calls)
    wanted = policy_before(wish["Before"])
    free, needed = QUOTA - others, inline_size(wanted)
    if needed > free:
        raise QuotaError(
            f"deny older sessions of role {role}",
            f"its inline policies hold {others} of {QUOTA} characters, {max(free, 0)} are free and {needed} are needed",
            f"Remove an inline policy of {role}, or contain the role with all its sessions: cordon.aws.iam_principal_containment.",
        )
    cloud.answer(_call(calls[0], "PutRolePolicy", PolicyName=POLICY_NAME, PolicyDocument=wanted))
    return [None] * len(calls)


def _call(like: Call, operation: str, **parameters: Json) -> Call:
    named = {"RoleName": like.parameters["RoleName"], **parameters}
    return Call(account=like.account, region=like.region, service="iam", operation=operation, parameters=named)
