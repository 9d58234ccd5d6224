# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reads the roles of other accounts, whose trust policies tell whom they let in."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import unquote

from ansible_collections.cordon.aws.plugins.module_utils.errors import AwsError, InputError
from ansible_collections.cordon.aws.plugins.module_utils.iam.principals import iam_call
from ansible_collections.cordon.aws.plugins.module_utils.organizations.scp_reads import organizations_call
from ansible_collections.cordon.aws.plugins.module_utils.plan import Call, Json
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads

ORGANIZATION = "organization"
"""In the place of account ids: all active accounts of the organization."""


def parse_trusting_accounts(given: Sequence[str]) -> tuple[str, ...]:
    """Account ids, and the word that stands for all of them. Raises InputError for anything else, for all faults together."""
    faults = [
        InputError(
            f"use `trusting_accounts[{number}]` = {ascii(account)[:120]}",
            "it is not an account id",
            f"Give the 12 digits of one, or {ORGANIZATION} for all.",
        )
        for number, account in enumerate(given)
        if account != ORGANIZATION and not re.fullmatch(r"[0-9]{12}", account)
    ]
    if faults:
        raise InputError.together(faults)
    return tuple(given)


@dataclass(frozen=True, kw_only=True, slots=True)
class Elsewhere:
    """The roles that were read, and where they could not be."""

    roles: dict[str, tuple[Json, ...]] = field(default_factory=dict)
    """Account -> its roles, each with `Arn` and `AssumeRolePolicyDocument`."""
    unreadable: dict[str, str] = field(default_factory=dict)
    """Account, or ORGANIZATION -> why."""


def roles_of(reads: Reads, accounts: Sequence[str]) -> Elsewhere:
    """The roles of these accounts. An account that cannot be read, whatever the reason, keeps nothing else from being told."""
    unreadable: dict[str, str] = {}
    wanted = [account for account in accounts if account != ORGANIZATION]
    if ORGANIZATION in accounts:
        try:
            listed = reads.pages(organizations_call(reads.caller, "ListAccounts"), "Accounts")
            wanted += [str(account["Id"]) for account in listed if _is_active(account)]
        except AwsError as error:
            unreadable[ORGANIZATION] = str(error)
    calls = {account: _listing(reads, account) for account in dict.fromkeys(wanted)}
    for call in calls.values():
        reads.ahead(call, "Roles")
    roles: dict[str, tuple[Json, ...]] = {}
    for account, call in calls.items():
        try:
            roles[account] = tuple(_decoded(role) for role in reads.pages(call, "Roles"))
        except AwsError as error:
            unreadable[account] = str(error)
    return Elsewhere(roles=roles, unreadable=unreadable)


def _listing(reads: Reads, account: str) -> Call:
    return iam_call(account, reads.caller.partition, "ListRoles", MaxItems=1000)


def _decoded(role: Json) -> Json:
    return {"Arn": role["Arn"], "AssumeRolePolicyDocument": unquote(role["AssumeRolePolicyDocument"])}


def _is_active(account: Json) -> bool:
    """https://docs.aws.amazon.com/organizations/latest/APIReference/API_Account.html: `State` takes the place of `Status`."""
    return bool(account.get("State", account.get("Status")) == "ACTIVE")
