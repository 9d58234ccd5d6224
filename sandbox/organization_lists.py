"""Organizations' lists, in pages of twenty at most; moto gives some whole, and takes longer the more there is.
https://docs.aws.amazon.com/organizations/latest/APIReference/API_ListAccounts.html"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sandbox.errors import ApiError
from sandbox.model import ApiRequest, Caller
from sandbox.organization_guards import asked, check_type, invalid, policy_asked, tagged, target_asked

if TYPE_CHECKING:
    from sandbox.world import World

_PAGE = 20
CLOSING = timedelta(minutes=5)
"""How long closing an account takes: "a few minutes"."""

Answer = Mapping[str, Any]


def described(account: Any, now: datetime) -> dict[str, Any]:
    """An account as lists and DescribeAccount show it. A closed account is CLOSED by its state and SUSPENDED by its status.
    https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_accounts_account_state.html
    https://docs.aws.amazon.com/organizations/latest/APIReference/API_CloseAccount.html"""
    closing_since: datetime | None = getattr(account, "closing_since", None)
    state, status = account.state, account.status
    if closing_since is not None:
        over = now >= closing_since + CLOSING
        state, status = ("CLOSED", "SUSPENDED") if over else ("PENDING_CLOSURE", "PENDING_CLOSURE")
    return {
        "Id": account.id,
        "Arn": account.arn,
        "Email": account.email,
        "Name": account.name,
        "Status": status,
        "State": state,
        "JoinedMethod": account.joined_method,
        "JoinedTimestamp": account.create_time,
    }


def describe_account(world: World, request: ApiRequest, caller: Caller) -> Answer:
    """https://docs.aws.amazon.com/organizations/latest/APIReference/API_DescribeAccount.html"""
    account_id = str(request.parameters["AccountId"])
    if not re.fullmatch(r"\d{12}", account_id, re.ASCII):
        raise invalid("INVALID_PATTERN", "You provided a value that does not match the required pattern.")
    found = next((account for account in asked(request, caller).accounts if account.id == account_id), None)
    if found is None:
        raise ApiError("AccountNotFoundException", "You specified an account that doesn't exist.")
    return {"Account": described(found, world.clock.now())}


def list_accounts(world: World, request: ApiRequest, caller: Caller) -> Answer:
    return _accounts(world, request, asked(request, caller).accounts)


def list_accounts_for_parent(world: World, request: ApiRequest, caller: Caller) -> Answer:
    """Those directly in the root or unit.
    https://docs.aws.amazon.com/organizations/latest/APIReference/API_ListAccountsForParent.html"""
    backend = asked(request, caller)
    parent = _parent(backend, request)
    return _accounts(world, request, [account for account in backend.accounts if account.parent_id == parent.id])


def list_organizational_units_for_parent(_world: World, request: ApiRequest, caller: Caller) -> Answer:
    backend = asked(request, caller)
    parent = _parent(backend, request)
    units = [unit for unit in backend.ou if unit.parent_id == parent.id]
    page, more = _page(request, units)
    return {"OrganizationalUnits": [{"Id": unit.id, "Arn": unit.arn, "Name": unit.name} for unit in page], **more}


def list_children(_world: World, request: ApiRequest, caller: Caller) -> Answer:
    backend, kind = asked(request, caller), str(request.parameters["ChildType"])
    kinds = {"ACCOUNT": backend.accounts, "ORGANIZATIONAL_UNIT": backend.ou}
    if kind not in kinds:
        raise invalid("INVALID_ENUM")
    parent = _parent(backend, request)
    page, more = _page(request, [child for child in kinds[kind] if child.parent_id == parent.id])
    return {"Children": [{"Id": child.id, "Type": kind} for child in page], **more}


def list_parents(_world: World, request: ApiRequest, caller: Caller) -> Answer:
    backend, child_id = asked(request, caller), str(request.parameters["ChildId"])
    child = tagged(backend, child_id)
    if child is None or child_id.startswith(("r-", "p-")):
        raise ApiError("ChildNotFoundException", "You specified a child that doesn't exist.")
    page, more = _page(request, [unit for unit in backend.ou if unit.id == child.parent_id])
    return {"Parents": [{"Id": unit.id, "Type": unit.type} for unit in page], **more}


def list_roots(_world: World, request: ApiRequest, caller: Caller) -> Answer:
    backend = asked(request, caller)
    page, more = _page(request, [unit for unit in backend.ou if unit.id == backend.org.root_id])
    return {"Roots": [root.describe() for root in page], **more}


def list_policies(_world: World, request: ApiRequest, caller: Caller) -> Answer:
    return _policies(request, asked(request, caller).policies)


def list_policies_for_target(_world: World, request: ApiRequest, caller: Caller) -> Answer:
    """Those that are directly attached.
    https://docs.aws.amazon.com/organizations/latest/APIReference/API_ListPoliciesForTarget.html"""
    return _policies(request, target_asked(asked(request, caller), request).attached_policies)


def list_targets_for_policy(_world: World, request: ApiRequest, caller: Caller) -> Answer:
    page, more = _page(request, policy_asked(asked(request, caller), request).attachments)
    targets = [{"TargetId": target.id, "Arn": target.arn, "Name": target.name, "Type": target.type} for target in page]
    return {"Targets": targets, **more}


def _accounts(world: World, request: ApiRequest, accounts: Sequence[Any]) -> Answer:
    page, more = _page(request, accounts)
    now = world.clock.now()
    return {"Accounts": [described(account, now) for account in page], **more}


def _policies(request: ApiRequest, policies: Sequence[Any]) -> Answer:
    kind = str(request.parameters["Filter"])
    check_type(kind)
    page, more = _page(request, [policy for policy in policies if policy.type == kind])
    return {"Policies": [policy.describe()["Policy"]["PolicySummary"] for policy in page], **more}


def _parent(backend: Any, request: ApiRequest) -> Any:
    parent_id = str(request.parameters["ParentId"])
    if not re.fullmatch(r"r-[0-9a-z]{4,32}|ou-[0-9a-z]{4,32}-[a-z0-9]{8,32}", parent_id, re.ASCII):
        raise invalid("INVALID_PATTERN", "You provided a value that does not match the required pattern.")
    found = next((unit for unit in backend.ou if unit.id == parent_id), None)
    if found is None:
        raise ApiError("ParentNotFoundException", "You specified parent that doesn't exist.")
    return found


def _page(request: ApiRequest, items: Sequence[Any]) -> tuple[Sequence[Any], dict[str, str]]:
    """The page that was asked for, and the token of the next. A token is good only for the list that it came from."""
    given = request.parameters
    size = int(given.get("MaxResults", _PAGE))
    if size < 1:
        raise invalid("MIN_VALUE_EXCEEDED", "You provided a numeric parameter that has a smaller value than allowed.")
    if size > _PAGE:
        raise invalid("MAX_VALUE_EXCEEDED", "You provided a numeric parameter that has a larger value than allowed.")
    of = [request.operation, *(str(given[name]) for name in sorted(given) if name not in ("MaxResults", "NextToken"))]
    start = _start(of, str(given["NextToken"])) if given.get("NextToken") else 0
    end = start + size
    return items[start:end], {"NextToken": _token(of, end)} if len(items) > end else {}


def _token(of: list[str], start: int) -> str:
    return base64.urlsafe_b64encode(json.dumps([*of, start]).encode()).decode()


def _start(of: list[str], token: str) -> int:
    try:
        *whose, start = json.loads(base64.urlsafe_b64decode(token.encode()))
    except (ValueError, TypeError) as error:
        raise _no_token() from error
    if whose != of or not isinstance(start, int) or start < 0:
        raise _no_token()
    return start


def _no_token() -> ApiError:
    return invalid("INVALID_NEXT_TOKEN", "You specified an invalid pagination token.")


HANDLERS: dict[tuple[str, str], Callable[[World, ApiRequest, Caller], Answer]] = {
    ("organizations", "DescribeAccount"): describe_account,
    ("organizations", "ListAccounts"): list_accounts,
    ("organizations", "ListAccountsForParent"): list_accounts_for_parent,
    ("organizations", "ListChildren"): list_children,
    ("organizations", "ListOrganizationalUnitsForParent"): list_organizational_units_for_parent,
    ("organizations", "ListParents"): list_parents,
    ("organizations", "ListPolicies"): list_policies,
    ("organizations", "ListPoliciesForTarget"): list_policies_for_target,
    ("organizations", "ListRoots"): list_roots,
    ("organizations", "ListTargetsForPolicy"): list_targets_for_policy,
}
