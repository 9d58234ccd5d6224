# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Let nobody assume a role: one statement that denies it to everybody, put into the trust policy, in which an explicit deny wins, too.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html

Denying the sessions of a role does not keep its holder from getting the next one, nor from going round from role to role. Everything
else in the trust policy stays byte for byte as it is: the statement is put in as text, and is taken back by putting the old text.

AWS refuses any update of a trust policy that names a user or role which has been deleted since; it shows such a one by its unique id
(https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html). Then this measure fails, with AWS's
error, until somebody has removed that principal from the policy."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from urllib.parse import unquote

from ansible_collections.cordon.aws.plugins.module_utils.errors import QuotaError, RefusedError
from ansible_collections.cordon.aws.plugins.module_utils.iam.policies import described, inline_size, unique_id_in
from ansible_collections.cordon.aws.plugins.module_utils.iam.policy_text import has_statement, with_statement
from ansible_collections.cordon.aws.plugins.module_utils.iam.principals import IamPrincipal, iam_call
from ansible_collections.cordon.aws.plugins.module_utils.measure import Fact, Proof
from ansible_collections.cordon.aws.plugins.module_utils.plan import UNIQUE_ID, Json, State, Step
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads

NAME = "trust"
KINDS = frozenset({"role"})
PERMISSIONS = ("iam:GetRole", "iam:GetAccountSummary", "iam:UpdateAssumeRolePolicy")
OPEN_WITHOUT = "its trust policy: whoever may assume the role can get new sessions of it"

TRUST = "trust_policy"
QUOTA = "trust_policy_quota"
"""Read where the policy is so long that it matters."""
# Characters without white space; AWS raises it to 4,096 on request:
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html#reference_iam-quotas-entity-length
_USUAL_QUOTA = 2048
_HIGHEST_QUOTA = 4096

DENY_ASSUME: dict[str, Json] = {
    "Sid": "CordonDenyAssume",
    "Effect": "Deny",
    "Principal": "*",
    "Action": ["sts:AssumeRole", "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity"],
}
_OURS = len(json.dumps(DENY_ASSUME)) + 8
"""What it adds at most: itself, brackets, a comma, a number in its Sid."""


def observe(reads: Reads, target: IamPrincipal) -> dict[str, Json]:
    found = described(reads, target)
    text = unquote(found["AssumeRolePolicyDocument"])
    state: dict[str, Json] = {TRUST: text, UNIQUE_ID: unique_id_in(found, target)}
    if inline_size(text) + _OURS > _USUAL_QUOTA:
        summary = reads.read(iam_call(target.account, target.partition, "GetAccountSummary"))["SummaryMap"]
        state[QUOTA] = summary.get("AssumeRolePolicySizeQuota", _USUAL_QUOTA)
    return state


def plan(state: State, target: IamPrincipal) -> Iterator[Step]:
    """One step, or none where nobody can assume it already. Raises QuotaError where the statement does not fit, and RefusedError
    where it cannot be put in without touching what is there."""
    text = state[TRUST]
    if has_statement(text, DENY_ASSUME):
        return
    after = with_statement(text, DENY_ASSUME, f"deny everybody to assume {target.label}")
    _check_room(text, after, state.get(QUOTA, _USUAL_QUOTA), target)
    yield _update(target, text, after)


def can_have_planned(step: Step, target: IamPrincipal) -> bool:
    """Only what adds our statement to what was there, so that the way back takes away nothing else."""
    return _is_addition(step.before, step.after) and step.does_as(_update(target, step.before, step.after))


def verify(state: State, target: IamPrincipal) -> Proof:
    holds = has_statement(state[TRUST], DENY_ASSUME)
    fact = "the trust policy denies everybody to assume it" if holds else "the trust policy lets it be assumed"
    return (Fact(measure=NAME, fact=fact, holds=holds),)


def notes(state: State, target: IamPrincipal) -> Sequence[str]:
    return ()


def _check_room(text: str, after: str, quota: int, target: IamPrincipal) -> None:
    used, needed = inline_size(text), inline_size(after)
    if needed > quota:
        raise QuotaError(
            f"deny everybody to assume {target.label}",
            f"its trust policy holds {used} of {quota} characters, {max(quota - used, 0)} are free and {needed - used} are needed",
            f"Have the quota raised in Service Quotas (Role trust policy length, {_HIGHEST_QUOTA:,} at most), or shorten the trust policy. "
            "`deny_policy` denies everything to the role's sessions without it.",
        )


def _is_addition(before: Json, after: Json) -> bool:
    try:
        return isinstance(before, str) and after == with_statement(before, DENY_ASSUME, "release")
    except RefusedError:
        return False


def _update(target: IamPrincipal, before: str, after: str) -> Step:
    return Step(
        measure=NAME,
        facet=TRUST,
        call=target.call("UpdateAssumeRolePolicy", PolicyDocument=after),
        undo=(target.call("UpdateAssumeRolePolicy", PolicyDocument=before),),
        why=f"deny everybody to assume {target.label}",
        before=before,
        after=after,
    )
