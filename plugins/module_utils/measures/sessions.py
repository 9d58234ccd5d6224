# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Deny everything to sessions: of an IAM user what GetSessionToken and GetFederationToken gave out for 15 minutes to 36 hours, which
lives on after its key is inactive; of a role everything, or what was issued before a time; or one session of a role alone.
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_control-access_disable-perms.html

Without a wish for a time there is no cut-off that could be too early: `aws:TokenIssueTime` is in every request made with temporary
credentials and in none made with a long-term key
(https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-tokenissuetime),
so its mere presence is what is denied. Sessions that are minted while the change spreads are denied as well. One session is told by
`aws:userid`, which holds the role's unique id and the session's name
(https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#principaltable): later ones of that name are
denied, too."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence

from ansible_collections.cordon.aws.plugins.module_utils.errors import QuotaError
from ansible_collections.cordon.aws.plugins.module_utils.iam.policies import (
    INLINE,
    everything_denied_by,
    fits_inline,
    inline_quota,
    inline_size,
    inline_used,
    observe_policies,
    put_inline,
    says,
)
from ansible_collections.cordon.aws.plugins.module_utils.iam.principals import IamPrincipal
from ansible_collections.cordon.aws.plugins.module_utils.iam.session_policies import (
    condition,
    cut_off,
    policy_before,
    policy_where,
)
from ansible_collections.cordon.aws.plugins.module_utils.measure import Fact, Proof
from ansible_collections.cordon.aws.plugins.module_utils.plan import Json, State, Step
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads

NAME = "sessions"
KINDS = frozenset({"user", "role", "session"})
PERMISSIONS = (
    "iam:GetUser",
    "iam:ListUserPolicies",
    "iam:GetUserPolicy",
    "iam:ListAttachedUserPolicies",
    "iam:PutUserPolicy",
    "iam:DeleteUserPolicy",
    "iam:GetRole",
    "iam:ListRolePolicies",
    "iam:GetRolePolicy",
    "iam:ListAttachedRolePolicies",
    "iam:PutRolePolicy",
    "iam:DeleteRolePolicy",
)
OPEN_WITHOUT = (
    "its sessions, which go on until they expire: those of a user for up to 36 hours, those of a role for up to 12"
)

POLICY_NAME = "CordonDenySessions"
ONE_SESSION = "CordonDenySession-"
_SESSION_ID = re.compile(r"AROA[A-Z0-9]{12,124}:(?P<name>[\w+=,.@-]{2,64})", re.ASCII)


POLICY = policy_where({"Null": {"aws:TokenIssueTime": "false"}})


def policy_of_session(unique_id: str) -> tuple[str, str]:
    """The name and the text of the policy that denies everything to the session with this `aws:userid`."""
    name = ONE_SESSION + hashlib.sha256(unique_id.encode()).hexdigest()[:16]
    return name, policy_where({"StringEquals": {"aws:userid": unique_id}})


def observe(reads: Reads, target: IamPrincipal) -> dict[str, Json]:
    return observe_policies(reads, target)


def plan(state: State, target: IamPrincipal) -> Iterator[Step]:
    """One step, or none where these sessions are denied already. Where there is no room for the policy, a denial of
    everything to the user or role serves as well; without that, QuotaError."""
    name, text = _wanted(target)
    if _is_denied(state, target):
        return
    if fits_inline(state, target, name, text):
        yield _deny(state, target, name, text)
        return
    if not everything_denied_by(state, target):
        used, needed, quota = inline_used(state, name), inline_size(text), inline_quota(target)
        raise QuotaError(
            f"deny the sessions of {target.label}",
            f"its inline policies hold {used} of {quota} characters, {max(quota - used, 0)} are free and {needed} are needed",
            "Add `deny_policy` to `measures` (it falls back to a managed policy and then to the boundary), or remove an inline policy."
            if target.kind != "session"
            else "Remove an inline policy of its role, or contain the whole role with `scope: principal`.",
        )


def can_have_planned(step: Step, target: IamPrincipal) -> bool:
    """The wish that it was planned for stands in the policy that it put."""
    name, text = step.facet.removeprefix(INLINE), step.after
    return (
        isinstance(text, str)
        and text in _texts(name, text, target)
        and step.does_as(_deny({step.facet: step.before}, target, name, text))
    )


def verify(state: State, target: IamPrincipal) -> Proof:
    name, _text = _wanted(target)
    if _is_denied(state, target):
        before = cut_off(state.get(INLINE + name))
        which = f"sessions issued before {before}" if before else "this session" if _is_one(target) else "sessions"
        return (Fact(measure=NAME, fact=f"inline policy {name} denies everything to {which}", holds=True),)
    found = everything_denied_by(state, target)
    return (
        Fact(
            measure=NAME, fact=f"{found}, sessions too" if found else "nothing denies the sessions", holds=bool(found)
        ),
    )


def notes(state: State, target: IamPrincipal) -> Sequence[str]:
    return target.notes


def _is_one(target: IamPrincipal) -> bool:
    return target.kind == "session"


def _wanted(target: IamPrincipal) -> tuple[str, str]:
    """The name and the text of the policy that the target needs."""
    if _is_one(target):
        return policy_of_session(target.unique_id)
    if target.kind == "role" and target.sessions_before:
        return POLICY_NAME, policy_before(target.sessions_before)
    return POLICY_NAME, POLICY


def _is_denied(state: State, target: IamPrincipal) -> bool:
    """Whether a policy of ours denies as much as is wished: also one without a cut-off, or with a later one."""
    name, wanted = _wanted(target)
    found = state.get(INLINE + name)
    before = cut_off(found)
    return (
        says(found, wanted)
        or (not _is_one(target) and says(found, POLICY))
        or bool(before and target.kind == "role" and "" < target.sessions_before <= before)
    )


def _texts(name: str, text: Json, target: IamPrincipal) -> set[str]:
    """What a policy of this name can say that was put for the target; of a session out of a log only the name is known."""
    if not _is_one(target):
        before = cut_off(text) if target.kind == "role" else ""
        return {POLICY, *([policy_before(before)] if before else [])} if name == POLICY_NAME else set()
    user_id = condition(text, "StringEquals", "aws:userid")
    parts = _SESSION_ID.fullmatch(user_id)
    if parts is None or parts["name"] != target.session_name or target.unique_id not in ("", user_id):
        return set()
    own_name, own_text = policy_of_session(user_id)
    return {own_text} if name == own_name else set()


def _deny(state: State, target: IamPrincipal, name: str, text: str) -> Step:
    why = f"deny everything to {'' if _is_one(target) else 'the sessions of '}{target.label}"
    before = cut_off(text)
    return put_inline(NAME, target, state, name, text, f"{why} issued before {before}" if before else why)
