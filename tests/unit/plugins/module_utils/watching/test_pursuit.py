"""Contained principals are followed: what they made, whether it is still there, under which name; and what cannot be told is not fine."""

from __future__ import annotations

import copy
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from runs import ALICE, TRUST, one_user
from whole_model import UNIQUE_ID, WholeModel, made_user

from ansible_collections.cordon.aws.plugins.module_utils.iam.principals import IamPrincipal, principal_of_arn
from ansible_collections.cordon.aws.plugins.module_utils.measure import Fact
from ansible_collections.cordon.aws.plugins.module_utils.plan import LOST, MERGED, Call, Step
from ansible_collections.cordon.aws.plugins.module_utils.target_run import TargetRun
from ansible_collections.cordon.aws.plugins.module_utils.watching import outside_proof
from ansible_collections.cordon.aws.plugins.module_utils.watching.pursuit import Pursuit

ACCOUNT, OTHER_ACCOUNT = "123456789012", "444455556666"
EVE, EVES_ID = f"arn:aws:iam::{ACCOUNT}:user/eve", "AIDAEVEEVEEVEEXAMPLE"
BOB = f"arn:aws:iam::{ACCOUNT}:user/bob"
ROLE, THE_ROLES_ID = f"arn:aws:iam::{ACCOUNT}:role/backup", "AROABACKUPBACKUPXMPL"
AGO = timedelta(minutes=30)


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outside_proof, "SPREADS_IN", timedelta(0))


@pytest.fixture
def model() -> WholeModel:
    return WholeModel(one_user(inline={"CordonDenyAll": '[{"Effect":"Deny","Action":"*","Resource":"*"}]'}))


def run_of(arn: str = ALICE, unique_id: str = UNIQUE_ID, *, lost: bool = False) -> TargetRun:
    target = principal_of_arn(arn)
    found = IamPrincipal(kind=target.kind, arn=arn, account=target.account, name=target.name, unique_id=unique_id)
    return TargetRun(
        name=arn,
        target=found,
        success="contained",
        after={LOST: "gone"} if lost else {},
        proof=(Fact(measure="deny_policy", fact="f", holds=True),),
    )


def pursuit(model: Any) -> Pursuit:
    return Pursuit(cloud=model, since=datetime.now(UTC) - timedelta(hours=1))


def user(unique_id: str, **more: Any) -> dict[str, Any]:
    return copy.deepcopy(one_user()[ALICE]) | {"id": unique_id} | more


def event(name: str, source: str, answer: Any, *, by: str = UNIQUE_ID, number: int = 7, **more: Any) -> dict[str, Any]:
    made = made_user(by, EVE, EVES_ID, number)
    return made | {"eventName": name, "eventSource": f"{source}.amazonaws.com", "responseElements": answer} | more


def made_role() -> dict[str, Any]:
    return event("CreateRole", "iam", {"role": {"arn": ROLE, "roleId": THE_ROLES_ID}}, number=8)


def facts(pursuit: Pursuit, entry: TargetRun, *others: TargetRun) -> dict[str, list[str]]:
    """Measure -> what does not hold, of the proof of `entry` after a last look; `others` have joined meanwhile."""
    entries = [entry, *others]
    pursuit.found([entry])
    pursuit.found(entries)
    proof = pursuit.proof(entry, entries, datetime.now(UTC))
    return {
        measure: [one.fact for one in proof if one.measure == measure and not one.holds]
        for measure in {one.measure for one in proof}
    }


class TestFinding:
    def test_users_roles_and_sessions_that_are_there(self, model: WholeModel) -> None:
        model.world[EVE] = user(EVES_ID)
        model.world[ROLE] = {"inline": {}, "attached": [], "boundary": None, "trust": TRUST, "id": THE_ROLES_ID}
        model.events = [made_role(), made_user(UNIQUE_ID, EVE, EVES_ID)]
        found = pursuit(model).found([run_of()])
        assert {(one.arn, one.unique_id) for one in found} == {(EVE, EVES_ID), (ROLE, THE_ROLES_ID)}

    def test_nothing_is_found_of_nobody(self, model: WholeModel) -> None:
        assert pursuit(model).found([]) == []

    def test_who_is_in_the_run_already_is_not_found_again(self, model: WholeModel) -> None:
        model.world[EVE] = user(EVES_ID)
        model.events = [made_user(UNIQUE_ID, EVE, EVES_ID)]
        assert pursuit(model).found([run_of(), run_of(EVE, EVES_ID)]) == []

    def test_what_was_made_before_the_time_asked_for_is_not_looked_for(self, model: WholeModel) -> None:
        model.world[EVE] = user(EVES_ID)
        old = made_user(UNIQUE_ID, EVE, EVES_ID) | {"eventTime": f"{datetime.now(UTC) - 3 * AGO:%Y-%m-%dT%H:%M:%SZ}"}
        model.events = [old]
        assert pursuit(model).found([run_of()]) == []

    def test_what_was_refused_made_nothing(self, model: WholeModel) -> None:
        model.world[EVE] = user(EVES_ID)
        model.events = [made_user(UNIQUE_ID, EVE, EVES_ID) | {"errorCode": "AccessDenied"}]
        assert pursuit(model).found([run_of()]) == []

    def test_a_namesake_that_somebody_else_has_made_since_is_not_meant(self, model: WholeModel) -> None:
        """Names are given out again, unique ids are not:
        https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids"""
        model.world[EVE] = user("AIDASOMEBODYELSEXMPL")
        model.events = [made_user(UNIQUE_ID, EVE, EVES_ID)]
        assert pursuit(model).found([run_of()]) == []

    def test_what_cannot_be_looked_up_is_taken_to_be_there(self, model: WholeModel) -> None:
        model.events = [made_user(UNIQUE_ID, EVE, EVES_ID)]
        model.refused = {"GetUser": "AccessDenied"}
        assert [one.arn for one in pursuit(model).found([run_of()])] == [EVE]

    def test_who_is_gone_under_its_name_but_cannot_be_looked_for_is_taken_to_be_there(self, model: WholeModel) -> None:
        model.events = [made_user(UNIQUE_ID, EVE, EVES_ID)]
        model.refused = {"ListUsers": "AccessDenied"}
        assert [one.arn for one in pursuit(model).found([run_of()])] == [EVE]

    def test_what_a_stranger_wrote_into_an_event_names_nobody(self, model: WholeModel) -> None:
        answers: list[Any] = [
            None,
            "text",
            {"user": None},
            {"user": {"arn": "arn:aws:iam::123456789012:user/../../x y", "userId": EVES_ID}},
            {"user": {"arn": EVE, "userId": "*"}},
            {"user": {"arn": EVE, "userId": "AROA*"}},
            {"user": {"arn": f"arn:aws:iam::{ACCOUNT}:root", "userId": EVES_ID}},
            {"user": {"arn": [EVE], "userId": {}}},
        ]
        model.world[EVE] = user(EVES_ID)
        model.events = [event("CreateUser", "iam", answer, number=number) for number, answer in enumerate(answers)]
        assert pursuit(model).found([run_of()]) == []


class TestNames:
    def test_who_has_another_name_is_found_by_its_id(self, model: WholeModel) -> None:
        model.world[BOB] = model.world.pop(ALICE)
        (now,) = pursuit(model).renamed([run_of(lost=True)])
        assert (now.arn, now.name, now.unique_id) == (BOB, "bob", UNIQUE_ID)

    def test_who_is_there_is_not_looked_for(self, model: WholeModel) -> None:
        assert pursuit(model).renamed([run_of()]) == []
        assert model.calls["ListUsers"] == 0

    def test_one_that_cannot_be_looked_for_keeps_no_other_from_it(self, model: WholeModel) -> None:
        model.refused = {"ListUsers": "AccessDenied"}
        assert pursuit(model).renamed([run_of(lost=True), run_of(lost=True)]) == []

    def test_roles_are_not_renamed_they_are_gone(self, model: WholeModel) -> None:
        entry = run_of(ROLE, THE_ROLES_ID, lost=True)
        pursuit(model).settle_lost(entry, [entry])
        assert "it is gone" in entry.proof[0].fact

    @pytest.mark.parametrize("is_in_the_run", [True, False])
    def test_a_new_name_is_a_success_only_where_it_is_in_the_run(self, model: WholeModel, is_in_the_run: bool) -> None:
        model.world[BOB] = model.world.pop(ALICE)
        entry = run_of(lost=True)
        pursuit(model).settle_lost(entry, [entry, run_of(BOB)] if is_in_the_run else [entry])
        assert [fact.holds for fact in entry.proof] == [is_in_the_run]

    def test_the_way_back_is_told_once_and_for_the_newest_name(self, model: WholeModel) -> None:
        model.world[BOB] = model.world.pop(ALICE)
        entry, follows = run_of(lost=True), pursuit(model)
        for _look in range(3):
            follows.settle_lost(entry, [entry])
        (note,) = entry.notes
        assert "aws iam update-user --user-name bob --new-user-name alice" in note

    def test_what_needs_no_name_is_done_all_the_same(self, model: WholeModel) -> None:
        def step(service: str) -> Step:
            call = Call(account=ACCOUNT, region="us-east-1", service=service, operation="Set", parameters={})
            return Step(measure="m", facet=service, call=call, undo=(), why="", before=None, after="x")

        entry = run_of(lost=True)
        entry.planned = (step(MERGED), step("iam"))
        pursuit(model).settle_lost(entry, [entry])
        assert [one.call.service for one in entry.planned] == [MERGED]


class TestProof:
    def test_nothing_made_is_told_with_since_when_was_looked(self, model: WholeModel) -> None:
        follows = pursuit(model)
        follows.found([run_of()])
        told = [one.fact for one in follows.proof(run_of(), [run_of()], datetime.now(UTC)) if one.measure == "pursuit"]
        assert len(told) == 1
        assert told[0].startswith("CloudTrail shows nothing that it made since ")

    def test_what_it_made_and_is_not_contained_does_not_hold(self, model: WholeModel) -> None:
        model.world[EVE] = user(EVES_ID)
        model.events = [made_user(UNIQUE_ID, EVE, EVES_ID)]
        assert EVE in facts(pursuit(model), run_of())["pursuit"][0]
        assert facts(pursuit(model), run_of(), run_of(EVE, EVES_ID))["pursuit"] == []

    def test_a_joined_one_that_is_not_verified_does_not_hold(self, model: WholeModel) -> None:
        model.world[EVE] = user(EVES_ID)
        model.events = [made_user(UNIQUE_ID, EVE, EVES_ID)]
        joined = run_of(EVE, EVES_ID)
        joined.proof = (Fact(measure="m", fact="f", holds=False),)
        assert EVE in facts(pursuit(model), run_of(), joined)["pursuit"][0]

    def test_many_are_counted_and_not_all_listed(self, model: WholeModel) -> None:
        for number in range(9):
            arn, unique_id = f"{EVE}-{number}", f"AIDAEVEEVEEVEEXAMPL{number}"
            model.world[arn] = user(unique_id)
            model.events.append(made_user(UNIQUE_ID, arn, unique_id, number))
        assert "and 4 more" in facts(pursuit(model), run_of())["pursuit"][0]

    def test_a_key_for_somebody_else_does_not_hold(self, model: WholeModel) -> None:
        key = {"accessKey": {"accessKeyId": "AKIAI44QH8DHBEXAMPLE", "userName": "carol"}}
        model.events = [event("CreateAccessKey", "iam", key)]
        keys = {"AKIAI44QH8DHBEXAMPLE": "Active"}
        model.world[f"arn:aws:iam::{ACCOUNT}:user/carol"] = user("AIDACAROLCAROLXAMPLE", keys=keys)
        (fact,) = facts(pursuit(model), run_of())["pursuit"]
        assert fact.startswith("it made access key AKIAI44QH8DHBEXAMPLE for user/carol, who is not contained: ")

    @pytest.mark.parametrize("keys", [{}, {"AKIAI44QH8DHBEXAMPLE": "Inactive"}])
    def test_a_key_for_somebody_else_that_no_longer_works_does(self, model: WholeModel, keys: dict[str, str]) -> None:
        key = {"accessKey": {"accessKeyId": "AKIAI44QH8DHBEXAMPLE", "userName": "carol"}}
        model.events = [event("CreateAccessKey", "iam", key)]
        model.world[f"arn:aws:iam::{ACCOUNT}:user/carol"] = user("AIDACAROLCAROLXAMPLE", keys=keys)
        assert facts(pursuit(model), run_of())["pursuit"] == []

    def test_a_key_for_somebody_who_is_contained_as_well_does(self, model: WholeModel) -> None:
        key = {"accessKey": {"accessKeyId": "AKIAI44QH8DHBEXAMPLE", "userName": "bob"}}
        model.world[BOB] = user("AIDABOBBOBBOBEXAMPLE")
        model.events = [event("CreateAccessKey", "iam", key)]
        assert facts(pursuit(model), run_of(), run_of(BOB, "AIDABOBBOBBOBEXAMPLE"))["pursuit"] == []

    def test_who_is_new_and_of_whom_nothing_is_shown_yet_is_told_as_unchecked(self, model: WholeModel) -> None:
        model.world[EVE] = user(EVES_ID, created=datetime.now(UTC) + timedelta(seconds=1))
        entry = run_of()
        assert facts(pursuit(model), entry)["pursuit"] == []
        assert [line for line in entry.unchecked if f"who made {EVE}" in line]

    def test_who_is_new_and_somebody_elses_is_not(self, model: WholeModel) -> None:
        model.world[EVE] = user(EVES_ID, created=datetime.now(UTC) + timedelta(seconds=1))
        model.events = [made_user("AIDACOLLEAGUEEXAMPLE", EVE, EVES_ID)]
        entry = run_of()
        facts(pursuit(model), entry)
        assert not [line for line in entry.unchecked if EVE in line]

    def test_a_history_that_cannot_be_read_proves_nothing(self, model: WholeModel) -> None:
        model.refused["LookupEvents"] = "AccessDeniedException"
        entry = run_of()
        assert set(facts(pursuit(model), entry)) == {"simulation"}
        assert [line for line in entry.unchecked if line.startswith("what user/alice has made")]
        assert [line for line in entry.unchecked if line.startswith("whether calls of user/alice still succeed")]

    def test_calls_that_still_succeed_do_not_hold(self, model: WholeModel) -> None:
        follows = pursuit(model)
        later = datetime.now(UTC) + timedelta(seconds=60)
        model.events = [event("ListBuckets", "s3", None) | {"eventTime": f"{later:%Y-%m-%dT%H:%M:%SZ}"}]
        assert "its calls still succeed: s3:ListBuckets" in facts(follows, run_of())["cloudtrail"][0]

    def test_another_accounts_events_are_none_of_it(self, model: WholeModel) -> None:
        model.world[EVE] = user(EVES_ID)
        model.events = [made_user(UNIQUE_ID, EVE, EVES_ID) | {"recipientAccountId": OTHER_ACCOUNT}]
        assert pursuit(model).found([run_of()]) == []
