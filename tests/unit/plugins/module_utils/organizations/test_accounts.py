"""Accounts as targets: what names them, and which cannot be put under quarantine."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from organizations_model import MANAGEMENT, OrganizationsModel

from ansible_collections.cordon.aws.plugins.module_utils.cloud import Caller
from ansible_collections.cordon.aws.plugins.module_utils.errors import AwsError, InputError, RefusedError
from ansible_collections.cordon.aws.plugins.module_utils.organizations.accounts import (
    account_of_arn,
    find_account,
    parse_account_names,
)
from ansible_collections.cordon.aws.plugins.module_utils.plan import Call

ACCOUNT = "111122223333"
ARN = f"arn:aws:organizations::{MANAGEMENT}:account/o-exampleorgid/{ACCOUNT}"


class Reads:
    """What is asked of Organizations: the model, and who the account is."""

    def __init__(self, organization: dict[str, str] | None = None, refused: str = "") -> None:
        self._model, self._organization, self._refused = OrganizationsModel(), organization, refused
        self.caller: Caller = self._model.caller()
        self.asked: list[str] = []

    def read(self, call: Call) -> dict[str, Any]:
        self.asked.append(call.operation)
        if self._refused:
            raise AwsError("ask", self._refused, "Look.", code=self._refused)
        if call.operation == "DescribeAccount":
            return {"Account": {"Arn": ARN, "Name": "workload-1"}}
        answer = self._model.read(call)
        return {"Organization": answer["Organization"] | (self._organization or {})}

    def pages(self, call: Call, key: str) -> list[Any]:
        return self._model.pages(call, key)


def find(reads: Any, account: str = ACCOUNT) -> Any:
    return find_account(reads, account)


def test_ids_and_arns_name_the_same_account() -> None:
    assert parse_account_names([ACCOUNT, ARN]) == (ACCOUNT, ACCOUNT)


@given(st.from_regex(r"[0-9]{12}", fullmatch=True))
def test_what_was_contained_by_id_is_found_by_its_arn_in_the_case_log(account: str) -> None:
    named = account_of_arn(f"arn:aws:organizations::{MANAGEMENT}:account/o-exampleorgid/{account}")
    assert (named.account, named.user_id, named.kind) == (account, "*", "account")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "11112222333",
        "1111222233334",
        "1111-2222-3333",
        f" {ACCOUNT}",
        f"{ACCOUNT}\n",
        "١١١١٢٢٢٢٣٣٣٣",
        "workload-1",
        "o-exampleorgid",
        f"arn:aws:organizations::{MANAGEMENT}:ou/o-exampleorgid/ou-root-one",
        f"arn:aws:iam::{ACCOUNT}:root",
        111122223333,
        None,
        ["111122223333"],
    ],
)
def test_what_names_no_account_is_refused_with_its_place(text: object) -> None:
    with pytest.raises(InputError, match=r"`account_ids\[1\]` = .*it is no account"):
        parse_account_names([ACCOUNT, text])


def test_all_faults_are_told_together() -> None:
    with pytest.raises(InputError, match=r"2 wrong inputs.*account_ids\[0\].*account_ids\[2\]"):
        parse_account_names(["one", ACCOUNT, "two"])


def test_none_named_is_refused() -> None:
    with pytest.raises(InputError, match="empty list"):
        parse_account_names([])


@pytest.mark.parametrize("arn", ["", ACCOUNT, f"arn:aws:iam::{ACCOUNT}:root", ARN + "/x", ARN + "\n"])
def test_what_is_not_the_arn_of_an_account_is_refused(arn: str) -> None:
    with pytest.raises(InputError, match="not the ARN of an account"):
        account_of_arn(arn)


def test_it_is_looked_up_with_its_name() -> None:
    found = find(Reads())
    assert (found.arn, found.account, found.label) == (ARN, ACCOUNT, "account/workload-1")


def test_the_management_account_is_refused_with_the_way_out() -> None:
    """https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps.html"""
    reads = Reads()
    with pytest.raises(RefusedError, match=r"management account.*iam_principal_containment"):
        find(reads, MANAGEMENT)
    assert reads.asked == ["DescribeOrganization"]


def test_an_organization_without_service_control_policies_is_refused() -> None:
    """https://docs.aws.amazon.com/organizations/latest/APIReference/API_Organization.html"""
    with pytest.raises(RefusedError, match="consolidated billing only"):
        find(Reads({"FeatureSet": "CONSOLIDATED_BILLING"}))


def test_without_an_organization_it_is_refused() -> None:
    with pytest.raises(RefusedError, match="in no organization"):
        find(Reads(refused="AWSOrganizationsNotInUseException"))


def test_what_aws_does_not_say_is_not_guessed() -> None:
    with pytest.raises(AwsError, match="AccessDeniedException"):
        find(Reads(refused="AccessDeniedException"))
