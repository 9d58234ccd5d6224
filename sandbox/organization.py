"""The state at the start: one organization with all features, a management account with its responder, and member accounts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from moto.backends import get_backend
from moto.organizations.utils import make_random_account_id

from sandbox import organization_accounts
from sandbox.authorization.views import iam_of, organization_of
from sandbox.errors import ApiError
from sandbox.model import ApiRequest, Caller
from sandbox.organization_accounts import ADMINISTRATOR

REGION = "us-east-1"
RESPONDER = "responder"
_UNITS = ("security", "workloads")


@dataclass(frozen=True, slots=True, kw_only=True)
class Organization:
    """What sandbox.json tells of it, and the responder's key."""

    management_account_id: str
    root_id: str
    ou_ids: tuple[str, ...]
    member_account_ids: tuple[str, ...]
    access_key_id: str
    secret_access_key: str = field(repr=False)

    def as_json(self) -> dict[str, Any]:
        return {
            "management_account_id": self.management_account_id,
            "root_id": self.root_id,
            "ou_ids": list(self.ou_ids),
            "member_account_ids": list(self.member_account_ids),
        }


# https://docs.aws.amazon.com/organizations/latest/APIReference/API_DescribeOrganization.html: from any account in it
_FOR_MEMBERS = ("DescribeOrganization",)


def account_asked(request: ApiRequest, caller: Caller) -> str:
    """The account whose organization a call is about. Raises ApiError for what only the management account, or a delegated
    administrator that looks, may ask: https://docs.aws.amazon.com/organizations/latest/userguide/orgs_delegate_policies.html"""
    backend = organization_of()
    if backend is None or all(account.id != caller.account for account in backend.accounts):
        return caller.account
    management = str(backend.org.master_account_id)
    delegated = request.read_only and any(admin.account.id == caller.account for admin in backend.admins)
    if caller.account == management or delegated or request.operation in _FOR_MEMBERS:
        return management
    raise ApiError("AccessDeniedException", "You don't have permissions to access this resource.", 400)


def found(accounts: int) -> Organization:
    """Make all of it. The last organizational unit holds the member accounts."""
    organization_accounts.forget()
    management = make_random_account_id()
    backend = get_backend("organizations")[management]["aws"]
    backend.create_organization(REGION, FeatureSet="ALL")
    root_id = str(backend.list_roots()["Roots"][0]["Id"])
    backend.enable_policy_type(RootId=root_id, PolicyType="SERVICE_CONTROL_POLICY")
    units = tuple(
        backend.create_organizational_unit(Name=name, ParentId=root_id)["OrganizationalUnit"]["Id"] for name in _UNITS
    )
    full_access = next(policy.id for policy in backend.policies if policy.type == "SERVICE_CONTROL_POLICY")
    for unit in units:
        _attach_once(backend, full_access, unit)
    members = tuple(
        organization_accounts.join(backend, f"workload-{number}", f"workload-{number}@example.com", units[-1])
        for number in range(1, accounts + 1)
    )
    key = _responder(management)
    return Organization(
        management_account_id=management,
        root_id=root_id,
        ou_ids=units,
        member_account_ids=members,
        access_key_id=key.access_key_id,
        secret_access_key=key.secret_access_key,
    )


def _attach_once(backend: Any, policy_id: str, target_id: str) -> None:
    """AWS attaches FullAWSAccess to everything it makes; moto not to all:
    https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_attach.html"""
    target = next(unit for unit in backend.ou if unit.id == target_id)
    if all(policy.id != policy_id for policy in target.attached_policies):
        backend.attach_policy(PolicyId=policy_id, TargetId=target_id)


def _responder(account: str) -> Any:
    iam = iam_of(account)
    iam.create_user(REGION, RESPONDER)
    iam.attach_user_policy(ADMINISTRATOR, RESPONDER)
    return iam.create_access_key(RESPONDER, prefix="AKIA")
