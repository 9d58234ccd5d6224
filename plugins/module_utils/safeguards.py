# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What keeps a plan from running: it was not approved, reaches too far, or would hit what must keep working."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ansible_collections.cordon.aws.plugins.module_utils.cloud import Cloud
from ansible_collections.cordon.aws.plugins.module_utils.errors import ApprovalError, ProtectedError, RefusedError
from ansible_collections.cordon.aws.plugins.module_utils.measure import Target
from ansible_collections.cordon.aws.plugins.module_utils.plan import Plan


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """Safeguards of one run."""

    check: bool = False
    approved_plan: str | None = None
    max_targets: int | None = None
    protected: tuple[str, ...] = ()
    guards_responder: bool = True
    leaves_elsewhere: bool = False
    """Whether targets in accounts that this run is not for are left out, or refused."""


def refused(plan: Plan, targets: Sequence[Target], cloud: Cloud, limits: Limits) -> RefusedError | None:
    """Why the plan must not run: it was not approved, or is not safe without approval."""
    if limits.approved_plan is not None:
        if plan.steps and plan.plan_id != limits.approved_plan:
            return ApprovalError(
                "apply the approved plan",
                f"what would be done now is plan {plan.plan_id}, and {limits.approved_plan} was approved",
                "Something has changed since: look at the plan with --check --diff, and approve its id.",
            )
        return None
    way_out = f"Leave it out, or approve exactly this plan with `approved_plan: {plan.plan_id}`."
    for target in targets:
        why = why_guarded(target, cloud, limits)
        if why:
            return ProtectedError(f"contain {target.arn}", why, way_out)
    reach = len(plan.targets)
    if limits.max_targets is not None and reach > limits.max_targets:
        return RefusedError(
            f"change {reach} targets",
            f"`max_targets` allows {limits.max_targets}",
            f"Raise it, or approve exactly this plan with `approved_plan: {plan.plan_id}`.",
        )
    return None


def why_guarded(target: Target, cloud: Cloud, limits: Limits) -> str:
    """Why a target must keep working; empty where it need not."""
    if limits.guards_responder and any(target.is_worked_through(arn) for arn in cloud.identities()):
        return "it is the responder, who is running this"
    if limits.guards_responder and any(target.is_worked_through(arn) for arn in cloud.acts_as(target.account)):
        return "it is how the responder works in its account; containing it would also keep it from being released"
    if target.is_protected_by(limits.protected):
        return "`protected_principals` names it"
    return ""
