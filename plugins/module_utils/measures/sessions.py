# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Deny everything to the sessions of an IAM user: what GetSessionToken and GetFederationToken gave out for 15 minutes to
36 hours lives on after its key is inactive. https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_control-access_disable-perms.html

There is no cut-off time that could be too early: `aws:TokenIssueTime` is in every request made with temporary credentials and in
none made with a long-term key (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-tokenissuetime),
so its mere presence is what is denied. Sessions that are minted while the change spreads are denied as well."""

from __future__ import annotations

from collections.abc import Iterator

from ansible_collections.cordon.aws.plugins.module_utils.errors import QuotaError
from ansible_collections.cordon.aws.plugins.module_utils.iam_policies import (
    INLINE,
    INLINE_QUOTA,
    document,
    everything_denied_by,
    fits_inline,
    inline_size,
    inline_used,
    observe_policies,
    put_inline,
    says,
)
from ansible_collections.cordon.aws.plugins.module_utils.measure import Fact, Proof
from ansible_collections.cordon.aws.plugins.module_utils.plan import Json, State, Step
from ansible_collections.cordon.aws.plugins.module_utils.principals import IamUser
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads

NAME = "sessions"
PERMISSIONS = (
    "iam:GetUser",
    "iam:ListUserPolicies",
    "iam:GetUserPolicy",
    "iam:ListAttachedUserPolicies",
    "iam:PutUserPolicy",
    "iam:DeleteUserPolicy",
)
OPEN_WITHOUT = "sessions minted from its keys, which go on for up to 36 hours"

POLICY_NAME = "CordonDenySessions"
POLICY = document(
    {
        "Sid": POLICY_NAME,
        "Effect": "Deny",
        "Action": "*",
        "Resource": "*",
        "Condition": {"Null": {"aws:TokenIssueTime": "false"}},
    }
)


def observe(reads: Reads, target: IamUser) -> dict[str, Json]:
    return observe_policies(reads, target)


def plan(state: State, target: IamUser) -> Iterator[Step]:
    """One step, or none where sessions are denied already. Where there is no room for the policy, a denial of
    everything to the user serves as well; without that, QuotaError."""
    if says(state.get(INLINE + POLICY_NAME), POLICY):
        return
    if fits_inline(state, POLICY_NAME, POLICY):
        yield _deny(state, target)
        return
    if not everything_denied_by(state, target):
        used, needed = inline_used(state, POLICY_NAME), inline_size(POLICY)
        raise QuotaError(
            f"deny the sessions of {target.label}",
            f"its inline policies hold {used} of {INLINE_QUOTA} characters, {INLINE_QUOTA - used} are free and {needed} are needed",
            "Add `deny_policy` to `measures` (it falls back to a managed policy and then to the boundary), or remove an inline policy.",
        )


def can_have_planned(step: Step, target: IamUser) -> bool:
    return step.does_as(_deny({step.facet: step.before}, target))


def verify(state: State, target: IamUser) -> Proof:
    if says(state.get(INLINE + POLICY_NAME), POLICY):
        return (Fact(measure=NAME, fact=f"inline policy {POLICY_NAME} denies everything to sessions", holds=True),)
    found = everything_denied_by(state, target)
    return (
        Fact(
            measure=NAME, fact=f"{found}, sessions too" if found else "nothing denies the sessions", holds=bool(found)
        ),
    )


def _deny(state: State, target: IamUser) -> Step:
    why = f"deny everything to the sessions of {target.label}"
    return put_inline(NAME, target, state, POLICY_NAME, POLICY, why)
