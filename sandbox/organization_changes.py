"""Changes to an organization that moto makes otherwise than AWS: accounts with their administrator's role, closing them, switching
a policy type off."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from sandbox.authorization.views import iam_of
from sandbox.errors import ApiError
from sandbox.model import ApiRequest, Caller
from sandbox.organization_accounts import ACCESS_ROLE, ADMINISTRATOR
from sandbox.organization_guards import SCP, asked, invalid, is_enabled, violation
from sandbox.organization_lists import described

if TYPE_CHECKING:
    from sandbox.world import World

_CLOSED_QUOTA, _CLOSED_SHARE, _CLOSED_MOST = 250, 0.2, 1000
_CLOSED_DAYS = 30


def create_account(_world: World, request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
    """The role in the new account may do everything; moto gives it no policy.
    https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_accounts_access.html"""
    backend, given = asked(request, caller), dict(request.parameters)
    given.setdefault("RoleName", ACCESS_ROLE)
    answer: Mapping[str, Any] = backend.create_account(**given)
    iam_of(backend.accounts[-1].id).attach_role_policy(ADMINISTRATOR, given["RoleName"])
    return answer


def close_account(world: World, request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
    """https://docs.aws.amazon.com/organizations/latest/APIReference/API_CloseAccount.html"""
    backend, now = asked(request, caller), world.clock.now()
    account_id = str(request.parameters["AccountId"])
    if account_id == backend.org.master_account_id:
        raise violation("CANNOT_CLOSE_MANAGEMENT_ACCOUNT", "You can't close the management account.")
    account = next((one for one in backend.accounts if one.id == account_id), None)
    if account is None:
        raise ApiError("AccountNotFoundException", "You specified an account that doesn't exist.")
    state = described(account, now)["State"]
    if state == "CLOSED":
        raise ApiError("AccountAlreadyClosedException", "You attempted to close an account that is already closed.")
    if state == "PENDING_CLOSURE":
        raise ApiError("ConflictException", "The account is being closed already.")
    times = [one.closing_since for one in backend.accounts if getattr(one, "closing_since", None)]
    recent = sum((now - time).days < _CLOSED_DAYS for time in times)
    if recent >= min(max(_CLOSED_QUOTA, _CLOSED_SHARE * (len(backend.accounts) - 1)), _CLOSED_MOST):
        raise violation("CLOSE_ACCOUNT_QUOTA_EXCEEDED", "You have exceeded close account quota for the past 30 days.")
    account.closing_since = now
    return {}


def disable_policy_type(_world: World, request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
    """Attachments are lost; where the type is enabled again, each root, unit and account has FullAWSAccess alone.
    https://docs.aws.amazon.com/organizations/latest/userguide/disable-policy-type.html"""
    backend, kind = asked(request, caller), str(request.parameters["PolicyType"])
    if kind == SCP and is_enabled(backend, SCP):
        full = next(policy for policy in backend.policies if policy.type == SCP and policy.aws_managed)
        places = [*backend.ou, *backend.accounts]
        for place in places:
            place.attached_policies = [full, *(policy for policy in place.attached_policies if policy.type != SCP)]
        for policy in backend.policies:
            if policy.type == SCP:
                policy.attachments = list(places) if policy is full else []
    elif not is_enabled(backend, kind):
        raise ApiError(
            "PolicyTypeNotEnabledException", "This operation can be performed only for enabled policy types."
        )
    if request.parameters["RootId"] != backend.org.root_id:
        raise invalid("INVALID_PATTERN")
    answer: Mapping[str, Any] = backend.disable_policy_type(RootId=backend.org.root_id, PolicyType=kind)
    return answer


HANDLERS: dict[tuple[str, str], Callable[[World, ApiRequest, Caller], Mapping[str, Any]]] = {
    ("organizations", "CloseAccount"): close_account,
    ("organizations", "CreateAccount"): create_account,
    ("organizations", "DisablePolicyType"): disable_policy_type,
}
