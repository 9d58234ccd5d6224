# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Member accounts of an organization as targets: what names them, and how they are found."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from ansible_collections.cordon.aws.plugins.module_utils.errors import InputError, RefusedError
from ansible_collections.cordon.aws.plugins.module_utils.organizations.scp_document import EVERYBODY
from ansible_collections.cordon.aws.plugins.module_utils.organizations.scp_reads import organizations_call, why_no_help
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads

# https://docs.aws.amazon.com/organizations/latest/APIReference/API_Account.html
ACCOUNT_ARN = re.compile(r"arn:aws[a-z-]*:organizations::\d{12}:account/o-[a-z0-9]{10,32}/(?P<account>\d{12})")
_ACCOUNT_ID = re.compile(r"\d{12}", re.ASCII)
EXPECTED = "an account's id of 12 digits, or its ARN as Organizations shows it"


@dataclass(frozen=True, kw_only=True, slots=True)
class OrganizationAccount:
    """One account. Of a quarantine all in it are meant, but responders."""

    arn: str
    account: str
    name: str = ""
    kind: str = "account"
    unique_id: str = ""
    """Account ids are never given out again, and stand in the ARN."""

    @property
    def label(self) -> str:
        """How an operator sees it: account/workload-1."""
        return f"account/{self.name or self.account}"

    @property
    def is_reserved(self) -> bool:
        return False

    @property
    def user_id(self) -> str:
        return EVERYBODY

    def is_worked_through(self, _identity_arn: str) -> bool:
        """The responders are left in."""
        return False

    def is_protected_by(self, _patterns: Iterable[str]) -> bool:
        return False

    def expect(self, _reads: Reads) -> None:
        """Nothing is asked of several accounts at once."""


def account_of_arn(arn: str) -> OrganizationAccount:
    """The account that an ARN names, without asking AWS."""
    parts = ACCOUNT_ARN.fullmatch(arn)
    if parts is None:
        raise InputError(f"use {ascii(arn)[:120]}", "it is not the ARN of an account", f"Give {EXPECTED}.")
    return OrganizationAccount(arn=arn, account=parts["account"])


def parse_account_names(texts: Iterable[object]) -> tuple[str, ...]:
    """Account ids out of ids and ARNs; all faults are raised together as one InputError."""
    found, faults = [], []
    for number, text in enumerate(texts):
        named = ACCOUNT_ARN.fullmatch(text) if isinstance(text, str) else None
        if named is not None:
            found.append(named["account"])
        elif isinstance(text, str) and _ACCOUNT_ID.fullmatch(text):
            found.append(text)
        else:
            faults.append(
                InputError(
                    f"use `account_ids[{number}]` = {ascii(text)[:120]}", "it is no account", f"Give {EXPECTED}."
                )
            )
    if faults:
        raise InputError.together(faults)
    if not found:
        raise InputError("use the option `account_ids`", "it is an empty list", f"Name at least one: {EXPECTED}.")
    return tuple(found)


def find_account(reads: Reads, account_id: str) -> OrganizationAccount:
    """Look one account up. Raises RefusedError for one that no service control policy restricts."""
    no_help = why_no_help(reads, reads.caller, account_id)
    if no_help:
        raise RefusedError(
            f"put account {account_id} under quarantine",
            no_help,
            "Contain its principals one by one with cordon.aws.iam_principal_containment.",
        )
    found = reads.read(organizations_call(reads.caller, "DescribeAccount", AccountId=account_id))["Account"]
    return OrganizationAccount(arn=str(found["Arn"]), account=account_id, name=str(found["Name"]))
