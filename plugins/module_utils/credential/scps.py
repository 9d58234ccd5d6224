# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reads the service control policies over an account, level by level from the root of the organization down.
https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_evaluation.html"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ansible_collections.cordon.aws.plugins.module_utils.credential.policies import Policy
from ansible_collections.cordon.aws.plugins.module_utils.credential.reading import NotReadable, existing
from ansible_collections.cordon.aws.plugins.module_utils.errors import AwsError
from ansible_collections.cordon.aws.plugins.module_utils.iam.principals import IamPrincipal
from ansible_collections.cordon.aws.plugins.module_utils.organizations.scp_reads import (
    organizations_call,
    policy_text,
    why_no_help,
)
from ansible_collections.cordon.aws.plugins.module_utils.parallel import in_parallel
from ansible_collections.cordon.aws.plugins.module_utils.plan import Call, Json
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads

_TYPE = "SERVICE_CONTROL_POLICY"
# Units lie at most five deep under the root: https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html
_DEEPEST = 8

Status = Literal["read", "do not apply", "not readable"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Scps:
    """The service control policies that restrict somebody, or why there are none or none that can be read."""

    status: Status
    why: str = ""
    """Why they do not apply or cannot be read."""
    levels: tuple[tuple[Policy, ...], ...] = ()
    """From the root down to the account; each level must allow what is to be allowed."""

    @property
    def policies(self) -> tuple[Policy, ...]:
        return tuple(policy for level in self.levels for policy in level)


def scps_of(reads: Reads, who: IamPrincipal) -> Scps:
    """What restricts `who`. The same for everybody in an account but service-linked roles, so little of it is asked twice."""
    if who.is_service_linked:
        return Scps(status="do not apply", why="service control policies do not restrict service-linked roles")
    try:
        return _read(reads, who.account)
    except AwsError as error:  # whatever it is, it must not keep the rest from being told
        return Scps(status="not readable", why=f"cannot {error.tried}: {error.why}")


def _read(reads: Reads, account: str) -> Scps:
    why = why_no_help(reads, reads.caller, account) or _switched_off(reads)
    if why:
        return Scps(status="do not apply", why=why)
    chain = _chain(reads, account)
    for target in chain:
        reads.ahead(_attached_to(reads, target), "Policies")
    attached = [reads.pages(_attached_to(reads, target), "Policies") for target in chain]
    levels = in_parallel(
        zip(chain, attached, strict=True),
        lambda level: tuple(policy for one in level[1] if (policy := _policy(reads, level[0], one)) is not None),
    )
    return Scps(status="read", levels=tuple(levels))


def _switched_off(reads: Reads) -> str:
    """https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_enable-disable.html"""
    roots = reads.pages(organizations_call(reads.caller, "ListRoots"), "Roots")
    enabled = any(
        kind["Type"] == _TYPE and kind["Status"] == "ENABLED" for root in roots for kind in root.get("PolicyTypes", ())
    )
    return "" if enabled else "service control policies are not enabled in the organization"


def _chain(reads: Reads, account: str) -> list[str]:
    """The root, the units and the account, from the top down."""
    chain = [account]
    for _step in range(_DEEPEST):
        parent = reads.pages(organizations_call(reads.caller, "ListParents", ChildId=chain[0]), "Parents")[0]
        chain.insert(0, str(parent["Id"]))
        if parent["Type"] == "ROOT":
            break
    return chain


def _attached_to(reads: Reads, target: str) -> Call:
    return organizations_call(reads.caller, "ListPoliciesForTarget", TargetId=target, Filter=_TYPE)


def _policy(reads: Reads, target: str, summary: Json) -> Policy | None:
    """None for one that was deleted since it was listed."""
    found = existing(lambda: policy_text(reads, reads.caller, str(summary["Id"])))
    if found is None:
        return None
    text, why = (None, found.why) if isinstance(found, NotReadable) else (found, "")
    return Policy(kind="scp", name=str(summary["Name"]), arn=str(summary["Arn"]), via=target, text=text, unreadable=why)
