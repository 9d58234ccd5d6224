"""Entries of quarantine policies are set together, whatever happens to the calls and whoever writes at the same time."""

from __future__ import annotations

from typing import Any

import pytest
from organizations_model import OrganizationsModel

from ansible_collections.cordon.aws.plugins.module_utils.errors import CordonError, QuotaError
from ansible_collections.cordon.aws.plugins.module_utils.organizations import scp_writer
from ansible_collections.cordon.aws.plugins.module_utils.organizations.scp_document import (
    DENIED,
    FROZEN,
    OPERATION,
    read_text,
)
from ansible_collections.cordon.aws.plugins.module_utils.organizations.scp_reads import read_holding, why_no_help
from ansible_collections.cordon.aws.plugins.module_utils.plan import MERGED, Call

ACCOUNT, OTHER = "111122223333", "444455556666"
DANA, ROLE = "AIDACKCEVSQ6C2EXAMPLE", "AROADBQP57FF2AEXAMPLE:*"
RESPONDERS = ["arn:aws:iam::*:role/OrganizationAccountAccessRole"]


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scp_writer, "PAUSE_S", 0)


def entry(user_id: str, state: str | None, account: str = ACCOUNT) -> Call:
    given = {"TargetId": account, "UserId": user_id, "Quarantine": state, "Responders": RESPONDERS}
    return Call(account="999999999999", region="us-east-1", service=MERGED, operation=OPERATION, parameters=given)


def put(model: OrganizationsModel, *calls: Call) -> list[CordonError | None]:
    cloud: Any = model
    return scp_writer.set_quarantine(cloud, calls)


def states(model: OrganizationsModel, account: str = ACCOUNT) -> dict[str, str]:
    return read_holding(model, model.caller(), account).states()


def test_many_entries_of_one_account_are_one_policy_and_two_changes() -> None:
    model = OrganizationsModel()
    assert put(model, entry(DANA, DENIED), entry(ROLE, FROZEN)) == [None, None]
    assert states(model) == {DANA: DENIED, ROLE: FROZEN}
    assert {name: model.calls[name] for name in ("CreatePolicy", "AttachPolicy", "UpdatePolicy")} == {
        "CreatePolicy": 1,
        "AttachPolicy": 1,
        "UpdatePolicy": 0,
    }


def test_what_others_have_put_in_stays() -> None:
    model = OrganizationsModel()
    put(model, entry(ROLE, DENIED))
    put(model, entry(DANA, DENIED))
    put(model, entry(ROLE, None))
    assert states(model) == {DANA: DENIED}


def test_the_last_one_out_takes_the_policy_along() -> None:
    model = OrganizationsModel()
    model.add_foreign(ACCOUNT, 1)
    before = (dict(model.policies), list(model.of(ACCOUNT)))
    put(model, entry(DANA, FROZEN))
    put(model, entry(DANA, None))
    assert (model.policies, model.of(ACCOUNT)) == before


def test_setting_what_is_set_changes_nothing() -> None:
    model = OrganizationsModel()
    put(model, entry(DANA, DENIED))
    model.calls.clear()
    assert put(model, entry(DANA, DENIED)) == [None]
    assert not [name for name in model.calls if not name.startswith(("List", "Describe"))]


def test_accounts_have_policies_of_their_own() -> None:
    model = OrganizationsModel()
    put(model, entry(DANA, DENIED), entry(ROLE, DENIED, OTHER))
    assert (states(model), states(model, OTHER)) == ({DANA: DENIED}, {ROLE: DENIED})


@pytest.mark.parametrize("moment", ["drop_before", "drop_after"])
@pytest.mark.parametrize("number", range(2))
def test_a_lost_answer_only_costs_a_turn(number: int, moment: str) -> None:
    model = OrganizationsModel()
    model.faults = [""] * number + [moment]
    assert put(model, entry(DANA, DENIED)) == [None]
    assert states(model) == {DANA: DENIED}
    assert len(model.policies) == 2, "a policy was left behind"


@pytest.mark.parametrize("moment", ["drop_before", "drop_after"])
@pytest.mark.parametrize("number", range(2))
def test_a_lost_answer_when_it_is_taken_back_only_costs_a_turn(number: int, moment: str) -> None:
    model = OrganizationsModel()
    put(model, entry(DANA, DENIED))
    model.faults = [""] * number + [moment]
    assert put(model, entry(DANA, None)) == [None]
    assert states(model) == {}


def test_a_policy_that_a_dead_run_left_behind_is_used() -> None:
    model = OrganizationsModel()
    put(model, entry(DANA, DENIED))
    model.of(ACCOUNT).pop()
    assert put(model, entry(ROLE, DENIED)) == [None]
    assert states(model) == {ROLE: DENIED}
    assert len(model.policies) == 2


def test_somebody_at_work_at_the_same_time_is_waited_for() -> None:
    model = OrganizationsModel()
    model.faults = ["ConcurrentModificationException", "ConcurrentModificationException"]
    assert put(model, entry(DANA, DENIED)) == [None]
    assert states(model) == {DANA: DENIED}


def test_another_who_makes_the_policy_first_is_merged_with() -> None:
    model = OrganizationsModel()

    def other(call: Call) -> None:
        model.on_change = None
        put(model, entry(ROLE, DENIED))

    model.on_change = other
    assert put(model, entry(DANA, DENIED)) == [None]
    assert DANA in states(model)


def test_a_refusal_is_told_for_every_entry() -> None:
    model = OrganizationsModel()
    model.faults = ["AccessDeniedException"]
    errors = put(model, entry(DANA, DENIED), entry(ROLE, DENIED))
    assert [getattr(error, "code", "") for error in errors] == ["AccessDeniedException"] * 2


def test_without_a_free_slot_foreign_policies_stay_and_the_numbers_are_told() -> None:
    model = OrganizationsModel()
    for number in range(4):
        model.add_foreign(ACCOUNT, number)
    before = model.texts(ACCOUNT)
    (error,) = put(model, entry(DANA, DENIED))
    assert isinstance(error, QuotaError)
    assert "5 of 5" in str(error)
    assert model.texts(ACCOUNT) == before


def test_a_policy_of_our_name_that_somebody_has_changed_is_left_alone() -> None:
    model = OrganizationsModel()
    put(model, entry(DANA, DENIED))
    theirs = model.of(ACCOUNT)[-1]
    model.policies[theirs]["Content"] = '{"Version":"2012-10-17","Statement":[]}'
    assert put(model, entry(DANA, DENIED)) == [None]
    assert model.policies[theirs]["Content"] == '{"Version":"2012-10-17","Statement":[]}'
    assert states(model) == {DANA: DENIED}


def test_the_management_account_cannot_be_helped() -> None:
    model = OrganizationsModel()
    assert "management account" in why_no_help(model, model.caller(), "999999999999")
    assert why_no_help(model, model.caller(), ACCOUNT) == ""


def test_every_text_that_is_written_is_read_as_ours() -> None:
    model = OrganizationsModel()
    put(model, entry(DANA, FROZEN), entry(ROLE, DENIED))
    assert read_text(model.texts(ACCOUNT)[f"CordonQuarantine-{ACCOUNT}-1"]) is not None
