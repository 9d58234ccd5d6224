# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Deny everything to an IAM user or role: an explicit deny wins over any allow.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html

An inline policy where there is room; else AWS's own managed policy AWSDenyAll, which needs no policy of ours in the account;
else the same policy as the permissions boundary, the old boundary being recorded. Each of them reaches the sessions of
the user or role too."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ansible_collections.cordon.aws.plugins.module_utils.iam.policies import (
    ATTACHED,
    ATTACHED_QUOTA,
    BOUNDARY,
    DENY_ALL,
    DENY_ALL_NAME,
    attached_count,
    deny_all_arn,
    everything_denied_by,
    fits_inline,
    observe_policies,
    put_inline,
)
from ansible_collections.cordon.aws.plugins.module_utils.iam.principals import IamPrincipal
from ansible_collections.cordon.aws.plugins.module_utils.measure import Fact, Proof
from ansible_collections.cordon.aws.plugins.module_utils.plan import Json, State, Step
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads

NAME = "deny_policy"
KINDS = frozenset({"user", "role"})
PERMISSIONS = (
    "iam:GetUser",
    "iam:ListUserPolicies",
    "iam:GetUserPolicy",
    "iam:ListAttachedUserPolicies",
    "iam:PutUserPolicy",
    "iam:DeleteUserPolicy",
    "iam:AttachUserPolicy",
    "iam:DetachUserPolicy",
    "iam:PutUserPermissionsBoundary",
    "iam:DeleteUserPermissionsBoundary",
    "iam:GetRole",
    "iam:ListRolePolicies",
    "iam:GetRolePolicy",
    "iam:ListAttachedRolePolicies",
    "iam:PutRolePolicy",
    "iam:DeleteRolePolicy",
    "iam:AttachRolePolicy",
    "iam:DetachRolePolicy",
    "iam:PutRolePermissionsBoundary",
    "iam:DeleteRolePermissionsBoundary",
)
OPEN_WITHOUT = (
    "the user or role itself, to which nothing is denied: signing in to the console goes on, and other credentials do"
)


def observe(reads: Reads, target: IamPrincipal) -> dict[str, Json]:
    return observe_policies(reads, target)


def plan(state: State, target: IamPrincipal) -> Iterator[Step]:
    """One step, or none where everything is denied already."""
    if everything_denied_by(state, target):
        return
    if fits_inline(state, target, DENY_ALL_NAME, DENY_ALL):
        yield _inline(state, target)
    elif attached_count(state) < ATTACHED_QUOTA:
        yield _attached(target)
    else:
        yield _boundary(state[BOUNDARY], target)


def can_have_planned(step: Step, target: IamPrincipal) -> bool:
    ways = (_inline({step.facet: step.before}, target), _attached(target), _boundary(step.before, target))
    return any(step.does_as(way) for way in ways)


def verify(state: State, target: IamPrincipal) -> Proof:
    found = everything_denied_by(state, target)
    return (Fact(measure=NAME, fact=found or "nothing denies everything", holds=bool(found)),)


def notes(state: State, target: IamPrincipal) -> Sequence[str]:
    return target.notes


def _inline(state: State, target: IamPrincipal) -> Step:
    return put_inline(NAME, target, state, DENY_ALL_NAME, DENY_ALL, f"deny everything to {target.label}")


def _attached(target: IamPrincipal) -> Step:
    deny_all = deny_all_arn(target)
    return Step(
        measure=NAME,
        facet=ATTACHED + deny_all,
        call=target.call("Attach{kind}Policy", PolicyArn=deny_all),
        undo=(target.call("Detach{kind}Policy", PolicyArn=deny_all),),
        why=f"deny everything to {target.label}, by a managed policy: the inline policies are full",
        before=None,
        after="attached",
    )


def _boundary(old: str | None, target: IamPrincipal) -> Step:
    deny_all = deny_all_arn(target)
    return Step(
        measure=NAME,
        facet=BOUNDARY,
        call=target.call("Put{kind}PermissionsBoundary", PermissionsBoundary=deny_all),
        undo=(
            target.call("Delete{kind}PermissionsBoundary")
            if old is None
            else target.call("Put{kind}PermissionsBoundary", PermissionsBoundary=old),
        ),
        why=f"deny everything to {target.label}, by the permissions boundary: inline and attached policies are full",
        before=old,
        after=deny_all,
    )
