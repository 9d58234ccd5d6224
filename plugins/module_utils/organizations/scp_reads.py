# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reads the service control policies that are attached to an account, and whether they can help there at all."""

from __future__ import annotations

from typing import Protocol

from ansible_collections.cordon.aws.plugins.module_utils.cloud import Caller
from ansible_collections.cordon.aws.plugins.module_utils.errors import AwsError
from ansible_collections.cordon.aws.plugins.module_utils.organizations.scp_document import (
    NAME_PREFIX,
    HeldPolicy,
    Holding,
    read_text,
)
from ansible_collections.cordon.aws.plugins.module_utils.plan import Call, Json

# Organizations is one service per partition: https://docs.aws.amazon.com/general/latest/gr/ao.html
_REGIONS = {"aws": "us-east-1", "aws-cn": "cn-northwest-1", "aws-us-gov": "us-gov-west-1"}
_TYPE = "SERVICE_CONTROL_POLICY"


class Asks(Protocol):
    """What can be asked: Reads, which remembers, or Cloud, which does not."""

    def read(self, call: Call) -> dict[str, Json]: ...

    def pages(self, call: Call, key: str) -> list[Json]: ...


def organizations_call(caller: Caller, operation: str, **parameters: Json) -> Call:
    """A call with the responder's own credentials: of the management account, or of a delegated administrator for policies.
    https://docs.aws.amazon.com/organizations/latest/userguide/orgs_delegate_policies.html"""
    return Call(
        account=caller.account,
        region=_REGIONS.get(caller.partition, "us-east-1"),
        service="organizations",
        operation=operation,
        parameters=parameters,
    )


def why_no_help(asks: Asks, caller: Caller, account: str) -> str:
    """Why no service control policy can restrict anybody in `account`; empty where one can.
    https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps.html"""
    try:
        organization = asks.read(organizations_call(caller, "DescribeOrganization"))["Organization"]
    except AwsError as error:
        if error.code != "AWSOrganizationsNotInUseException":
            raise
        return f"account {caller.account} is in no organization"
    if organization["MasterAccountId"] == account:
        return f"{account} is the management account, which no service control policy restricts"
    if organization.get("FeatureSet", "ALL") != "ALL":
        return "the organization has consolidated billing only, and no service control policies"
    return ""


def read_holding(asks: Asks, caller: Caller, account: str) -> Holding:
    """What is attached to the account itself; what hangs at its units and the root is not counted against its quota."""
    listing = organizations_call(caller, "ListPoliciesForTarget", TargetId=account, Filter=_TYPE)
    attached = asks.pages(listing, "Policies")
    ours = []
    for summary in attached:
        if summary["Name"].startswith(f"{NAME_PREFIX}{account}-"):
            text = policy_text(asks, caller, summary["Id"])
            says = read_text(text)
            if says is not None:
                ours.append(HeldPolicy(policy_id=summary["Id"], name=summary["Name"], says=says))
    return Holding(
        ours=tuple(sorted(ours, key=lambda policy: policy.name)),
        attached=len(attached),
        names=frozenset(summary["Name"] for summary in attached),
    )


def policy_text(asks: Asks, caller: Caller, policy_id: str) -> str:
    answer = asks.read(organizations_call(caller, "DescribePolicy", PolicyId=policy_id))
    return str(answer["Policy"]["Content"])


def policy_id_of(asks: Asks, caller: Caller, name: str) -> str | None:
    """The id of a policy of this name that is attached nowhere we looked; None where there is none."""
    found = asks.pages(organizations_call(caller, "ListPolicies", Filter=_TYPE), "Policies")
    return next((str(summary["Id"]) for summary in found if summary["Name"] == name), None)
