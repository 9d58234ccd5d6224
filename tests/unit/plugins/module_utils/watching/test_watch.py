"""Containment is watched: what somebody undoes is put in force again, counted, and told as it was; and the watch ends."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from runs import ALICE, KEY, OTHER_KEY, CaseLog, kept, one_user, release
from watched_runs import SECONDS, Clock, contain_watched, moved_clock, said
from whole_model import RESPONDER, UNIQUE_ID, WholeModel, made_user

from ansible_collections.cordon.aws.plugins.module_utils.organizations.scp_document import FROZEN
from ansible_collections.cordon.aws.plugins.module_utils.watching import watch

ACCOUNT = "123456789012"
BOB = f"arn:aws:iam::{ACCOUNT}:user/bob"
EVE, EVES_ID = f"arn:aws:iam::{ACCOUNT}:user/eve", "AIDAEVEEVEEVEEXAMPLE"
MALLORY, MALLORYS_ID = f"arn:aws:iam::{ACCOUNT}:user/mallory", "AIDAMALLORYYYEXAMPLE"


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return moved_clock(monkeypatch)


@pytest.fixture
def model() -> WholeModel:
    return WholeModel(one_user())


def user(unique_id: str = UNIQUE_ID) -> dict[str, Any]:
    return copy.deepcopy(one_user()[ALICE]) | {"id": unique_id}


def strip(model: WholeModel, arn: str = ALICE) -> None:
    """What the public tool does: every policy away, every key active."""
    model.world[arn]["inline"].clear()
    model.world[arn]["keys"] = dict.fromkeys(model.world[arn]["keys"], "Active")


def is_denied(model: WholeModel, arn: str = ALICE) -> bool:
    there = model.world[arn]
    return "CordonDenyAll" in there["inline"] and set(there["keys"].values()) <= {"Inactive"}


class Attacker:
    """Undoes everything before each of these looks (None: all), as long as no service control policy stops it."""

    def __init__(self, model: WholeModel, looks: set[int] | None = None, *, can_be_stopped: bool = True) -> None:
        self.model, self.looks, self.can_be_stopped = model, looks, can_be_stopped
        self.times = 0

    def __call__(self, number: int) -> None:
        is_stopped = self.can_be_stopped and UNIQUE_ID in self.model.quarantined(ACCOUNT)
        if not is_stopped and (self.looks is None or number in self.looks):
            self.times += 1
            strip(self.model)


class TestWhatIsUndone:
    def test_nothing_undone_is_told_with_how_long_it_was_watched(self, clock: Clock, model: WholeModel) -> None:
        started = clock.now
        run = contain_watched(model, CaseLog(), [ALICE])
        assert not run.failed
        assert said(run, "watch") == "watched for 5 s: nothing was undone"
        assert clock.now - started >= SECONDS

    def test_once_is_put_in_force_again_and_counted(self, clock: Clock, model: WholeModel) -> None:
        clock.before_look = Attacker(model, {2})
        run = contain_watched(model, CaseLog(), [ALICE])
        assert is_denied(model)
        assert re.search(r"undone once, the last time at \d\d:\d\d:\d\d UTC", said(run, "watch"))
        assert run.results[0].verified

    def test_it_goes_on_until_nothing_was_undone_for_long_enough(self, clock: Clock, model: WholeModel) -> None:
        """Watched for five seconds, undone after four: nobody knows yet."""
        started, undone_at = clock.now, 8
        clock.before_look = Attacker(model, {undone_at})
        assert not contain_watched(model, CaseLog(), [ALICE]).failed
        assert clock.now - started >= undone_at * watch.STEP_S + watch.QUIET_S

    def test_undone_again_and_again_is_told_as_not_holding_with_the_way_out(
        self, clock: Clock, model: WholeModel
    ) -> None:
        clock.before_look = attacker = Attacker(model)
        run = contain_watched(model, CaseLog(), [ALICE])
        assert run.failed
        assert f"undone {attacker.times} times" in said(run, "watch")
        assert attacker.times > 5
        assert "it did not hold" in run.results[0].error
        assert "`escalate: true`" in run.results[0].error
        assert model.organizations.calls["CreatePolicy"] == 0

    def test_a_new_key_is_made_inactive(self, clock: Clock, model: WholeModel) -> None:
        def makes_a_key(number: int) -> None:
            if number == 2:
                model.world[ALICE]["keys"][OTHER_KEY] = "Active"

        clock.before_look = makes_a_key
        run = contain_watched(model, CaseLog(), [ALICE])
        assert model.world[ALICE]["keys"] == {KEY: "Inactive", OTHER_KEY: "Inactive"}
        assert run.results[0].verified

    def test_a_key_that_is_thrown_away_is_nothing_undone(self, clock: Clock, model: WholeModel) -> None:
        def deletes_the_key(_number: int) -> None:
            model.world[ALICE]["keys"].clear()

        clock.before_look = deletes_the_key
        run = contain_watched(model, CaseLog(), [ALICE])
        assert not run.failed
        assert said(run, "watch") == "watched for 5 s: nothing was undone"

    def test_only_the_one_that_was_undone_is_told_to_be(self, clock: Clock, model: WholeModel) -> None:
        model.world[BOB] = user("AIDABOBBOBBOBEXAMPLE")
        clock.before_look = Attacker(model, {1})
        run = contain_watched(model, CaseLog(), [ALICE, BOB])
        assert "undone once" in said(run, "watch", 0)
        assert "nothing was undone" in said(run, "watch", 1)

    def test_what_is_put_in_force_again_is_released_with_the_rest(self, clock: Clock, model: WholeModel) -> None:
        before, log = copy.deepcopy(model.world), CaseLog()
        clock.before_look = Attacker(model, {1, 3, 4})
        contain_watched(model, log, [ALICE])
        assert not release(model, log).failed
        assert model.world == before

    def test_what_was_seen_is_in_the_case_log(self, clock: Clock, model: WholeModel) -> None:
        log = CaseLog()
        clock.before_look = Attacker(model, {1})
        contain_watched(model, log, [ALICE])
        last = [entry.body for entry in log.case.entries() if entry.kind == "outcome"][-1]
        assert [fact for fact in last["results"][0]["proof"] if "undone once" in fact["fact"]]
        assert log.kinds() == ["intent", "outcome", "intent", "outcome", "outcome"]

    def test_somebody_who_undoes_it_quicker_than_it_is_looked_at_is_escalated_against(
        self, clock: Clock, model: WholeModel
    ) -> None:
        """What was never seen in force is not on its way for ever."""

        def at_once(_call: Any) -> None:
            if UNIQUE_ID not in model.quarantined(ACCOUNT):
                strip(model)

        model.on_write = at_once
        run = contain_watched(model, CaseLog(), [ALICE], escalate=True)
        assert model.quarantined(ACCOUNT) == {UNIQUE_ID: FROZEN}
        assert not run.failed


class TestEscalation:
    def test_the_first_thing_undone_brings_one_policy_that_ends_it(self, clock: Clock, model: WholeModel) -> None:
        clock.before_look = attacker = Attacker(model)
        run = contain_watched(model, CaseLog(), [ALICE], escalate=True)
        assert not run.failed
        assert attacker.times == 1
        assert model.quarantined(ACCOUNT) == {UNIQUE_ID: FROZEN}
        assert model.organizations.calls["CreatePolicy"] == model.organizations.calls["AttachPolicy"] == 1
        assert "undone once" in said(run, "watch")
        assert "it has held since" in said(run, "watch")

    def test_nothing_undone_brings_none(self, clock: Clock, model: WholeModel) -> None:
        assert not contain_watched(model, CaseLog(), [ALICE], escalate=True).failed
        assert not model.organizations.calls

    def test_all_of_the_run_are_put_into_it(self, clock: Clock, model: WholeModel) -> None:
        model.world[BOB] = user("AIDABOBBOBBOBEXAMPLE")
        clock.before_look = Attacker(model, {3})
        run = contain_watched(model, CaseLog(), [ALICE, BOB], escalate=True)
        assert not run.failed
        assert model.quarantined(ACCOUNT) == {UNIQUE_ID: FROZEN, "AIDABOBBOBBOBEXAMPLE": FROZEN}
        assert model.organizations.calls["CreatePolicy"] == 1

    def test_it_is_taken_back_with_the_rest(self, clock: Clock, model: WholeModel) -> None:
        before, log = copy.deepcopy(model.world), CaseLog()
        clock.before_look = Attacker(model)
        contain_watched(model, log, [ALICE], escalate=True)
        assert not release(model, log).failed
        assert model.world == before
        assert list(model.organizations.policies) == ["p-FullAWSAccess"]

    def test_it_ends_where_even_that_does_not_help_and_does_not_advise_it_again(
        self, clock: Clock, model: WholeModel
    ) -> None:
        started = clock.now
        clock.before_look = Attacker(model, can_be_stopped=False)
        run = contain_watched(model, CaseLog(), [ALICE], escalate=True)
        assert run.failed
        assert "it did not hold" in run.results[0].error
        assert "`escalate: true`" not in run.results[0].error
        assert clock.now - started < SECONDS + watch.ESCALATED_S + 2

    def test_without_the_right_to_write_policies_it_fails_and_says_which_right(
        self, clock: Clock, model: WholeModel
    ) -> None:
        model.organizations.faults = ["AccessDeniedException"] * 1000
        clock.before_look = Attacker(model, {1})
        run = contain_watched(model, CaseLog(), [ALICE], escalate=True)
        assert run.failed
        assert "AccessDeniedException" in run.results[0].error
        assert is_denied(model), "the other measures are not left out for it"

    def test_in_the_management_account_the_other_measures_go_on(self, clock: Clock) -> None:
        carol = "arn:aws:iam::999999999999:user/carol"
        model = WholeModel({carol: user()})
        stripped: list[int] = []

        def once(number: int) -> None:
            if number == 2:
                stripped.append(number)
                strip(model, carol)

        clock.before_look = once
        run = contain_watched(model, CaseLog(), [carol], escalate=True)
        assert stripped
        assert is_denied(model, carol)
        assert not run.failed
        assert not model.organizations.calls["CreatePolicy"]


class TestApprovedPlans:
    def approved(self, model: WholeModel, **options: Any) -> Any:
        checked = contain_watched(model, None, [ALICE], check=True, **options)
        return contain_watched(model, CaseLog(), [ALICE], approved_plan=checked.plan_id, **options)

    def test_they_are_watched_and_never_extended(self, clock: Clock, model: WholeModel) -> None:
        writes: list[int] = []

        def attacker(number: int) -> None:
            writes.append(model.writes())
            if number == 2:
                strip(model)

        clock.before_look = attacker
        run = self.approved(model, escalate=True)
        assert run.failed
        assert set(writes) == {model.writes()}, "something was written beyond the plan"
        assert model.quarantined(ACCOUNT) == {}

    def test_what_was_undone_once_is_not_counted_at_every_look(self, clock: Clock, model: WholeModel) -> None:
        clock.before_look = Attacker(model, {2})
        assert "undone once" in said(self.approved(model), "watch")

    def test_nobody_joins_them(self, clock: Clock, model: WholeModel) -> None:
        model.world[EVE] = user(EVES_ID)
        model.events = [made_user(UNIQUE_ID, EVE, EVES_ID)]
        run = self.approved(model, freeze_iam=True)
        assert [entry.arn for entry in run.results] == [ALICE]
        assert not is_denied(model, EVE)
        assert f"{EVE} made by it" in run.results[0].error


class TestWhoIsNoLongerThere:
    def test_who_is_deleted_is_told_to_be_gone(self, clock: Clock, model: WholeModel) -> None:
        def deletes(number: int) -> None:
            if number == 3:
                del model.world[ALICE]

        clock.before_look = deletes
        run = contain_watched(model, CaseLog(), [ALICE])
        assert not run.failed
        assert said(run, "pursuit") == "it is gone: somebody has deleted it"
        assert "put in force again" not in said(run, "watch")

    def renames(self, clock: Clock, model: WholeModel, new: str, also: Callable[[], None] = lambda: None) -> None:
        def act(number: int) -> None:
            if number == 3:
                model.world[new] = model.world.pop(ALICE)
                also()

        clock.before_look = act

    def test_who_takes_another_name_joins_under_that(self, clock: Clock, model: WholeModel) -> None:
        self.renames(clock, model, BOB, also=lambda: strip(model, BOB))
        run = contain_watched(model, CaseLog(), [ALICE])
        assert [entry.arn for entry in run.results] == [ALICE, BOB]
        assert not run.failed
        assert is_denied(model, BOB)
        assert f"it has been renamed and is {BOB} now" in said(run, "pursuit")
        assert any("--user-name bob --new-user-name alice" in note for note in run.results[0].notes)

    def test_who_takes_name_after_name_is_followed(self, clock: Clock, model: WholeModel) -> None:
        names = [ALICE, *(f"arn:aws:iam::{ACCOUNT}:user/{name}" for name in ("b", "c", "d"))]

        def act(number: int) -> None:
            if number < len(names):
                model.world[names[number]] = model.world.pop(names[number - 1])
                strip(model, names[number])

        clock.before_look = act
        run = contain_watched(model, CaseLog(), [ALICE])
        assert is_denied(model, names[-1])
        assert not run.failed

    @pytest.mark.parametrize("limit", [{"max_targets": 1}, {"protected": (BOB,)}])
    def test_a_new_name_that_must_not_join_is_no_success(
        self, clock: Clock, model: WholeModel, limit: dict[str, Any]
    ) -> None:
        self.renames(clock, model, BOB)
        run = contain_watched(model, CaseLog(), [ALICE], **limit)
        assert [entry.arn for entry in run.results] == [ALICE]
        assert run.failed

    def test_where_it_cannot_be_told_whether_it_was_renamed_it_is_not_taken_for_gone(
        self, clock: Clock, model: WholeModel
    ) -> None:
        model.refused["ListUsers"] = "AccessDenied"
        self.renames(clock, model, BOB)
        run = contain_watched(model, CaseLog(), [ALICE])
        assert run.failed
        assert "gone" not in said(run, "pursuit")
        assert "ListUsers" in run.results[0].error or "AccessDenied" in run.results[0].error

    def test_another_of_the_same_name_is_not_touched(self, clock: Clock, model: WholeModel) -> None:
        fresh = user("AIDANEWNEWNEWEXAMPLE")

        def act(number: int) -> None:
            if number == 3:
                model.world[ALICE] = copy.deepcopy(fresh)

        clock.before_look = act
        run = contain_watched(model, CaseLog(), [ALICE])
        assert run.failed
        assert "its name has passed to another" in run.results[0].error
        assert model.world[ALICE] == fresh


class TestWhatTheyMade:
    @pytest.fixture(autouse=True)
    def planted(self, clock: Clock, model: WholeModel) -> None:
        """Alice has made eve and mallory, CloudTrail shows."""
        model.world |= {EVE: user(EVES_ID), MALLORY: user(MALLORYS_ID)}
        model.events = [made_user(UNIQUE_ID, MALLORY, MALLORYS_ID, 2), made_user(UNIQUE_ID, EVE, EVES_ID, 1)]

    def test_a_freeze_finds_and_contains_it(self, model: WholeModel) -> None:
        run = contain_watched(model, CaseLog(), [ALICE], freeze_iam=True)
        assert not run.failed
        assert {entry.arn for entry in run.results} == {ALICE, EVE, MALLORY}
        assert is_denied(model, EVE)
        assert set(model.quarantined(ACCOUNT)) == {UNIQUE_ID, EVES_ID, MALLORYS_ID}
        assert "all 2 principals that it made" in said(run, "pursuit")

    def test_escalation_does_so_too(self, clock: Clock, model: WholeModel) -> None:
        clock.before_look = Attacker(model)
        run = contain_watched(model, CaseLog(), [ALICE], escalate=True)
        assert not run.failed
        assert {entry.arn for entry in run.results} == {ALICE, EVE, MALLORY}

    def test_otherwise_it_is_named_and_not_touched(self, model: WholeModel) -> None:
        run = contain_watched(model, CaseLog(), [ALICE])
        assert run.failed
        assert EVE in run.results[0].error
        assert not is_denied(model, EVE)

    def test_what_they_made_in_turn_joins_too(self, model: WholeModel) -> None:
        model.events[0] = made_user(EVES_ID, MALLORY, MALLORYS_ID, 2)
        assert not contain_watched(model, CaseLog(), [ALICE], freeze_iam=True).failed
        assert is_denied(model, MALLORY)

    def test_what_somebody_else_made_does_not(self, model: WholeModel) -> None:
        model.events[0] = made_user("AIDACOLLEAGUEEXAMPLE", MALLORY, MALLORYS_ID, 2)
        run = contain_watched(model, CaseLog(), [ALICE], freeze_iam=True)
        assert {entry.arn for entry in run.results} == {ALICE, EVE}
        assert not is_denied(model, MALLORY)

    def test_max_targets_bounds_it_and_who_is_left_is_named(self, model: WholeModel) -> None:
        run = contain_watched(model, CaseLog(), [ALICE], freeze_iam=True, max_targets=2)
        assert len(run.results) == 2
        assert run.failed
        assert "can still act" in run.results[0].error
        assert {is_denied(model, EVE), is_denied(model, MALLORY)} == {True, False}

    @pytest.mark.parametrize("protected", [EVE, MALLORY])
    def test_who_is_protected_never_joins_and_takes_nobodys_place(self, model: WholeModel, protected: str) -> None:
        run = contain_watched(model, CaseLog(), [ALICE], freeze_iam=True, max_targets=2, protected=(protected,))
        assert {entry.arn for entry in run.results} == {ALICE, EVE, MALLORY} - {protected}
        assert not is_denied(model, protected)

    def test_the_responder_never_joins(self, model: WholeModel) -> None:
        model.responders = frozenset({RESPONDER, EVE})
        run = contain_watched(model, CaseLog(), [ALICE], freeze_iam=True)
        assert EVE not in {entry.arn for entry in run.results}
        assert not is_denied(model, EVE)

    def test_what_is_gone_is_not_looked_for_for_ever(self, model: WholeModel) -> None:
        del model.world[EVE]
        run = contain_watched(model, CaseLog(), [ALICE], freeze_iam=True)
        assert {entry.arn for entry in run.results} == {ALICE, MALLORY}
        assert not run.failed

    def test_it_is_released_with_the_rest(self, model: WholeModel) -> None:
        before, log = copy.deepcopy(model.world), CaseLog()
        contain_watched(model, log, [ALICE], freeze_iam=True)
        assert not release(model, log).failed
        assert model.world == before
        assert list(model.organizations.policies) == ["p-FullAWSAccess"]

    def test_cloudtrail_that_cannot_be_read_is_told_and_nothing_is_taken_for_fine(self, model: WholeModel) -> None:
        model.refused["LookupEvents"] = "AccessDeniedException"
        run = contain_watched(model, CaseLog(), [ALICE], freeze_iam=True)
        assert any(line.startswith("what user/alice has made") for line in run.results[0].unchecked)
        assert said(run, "pursuit") == ""


class TestLookingIsNotPerfect:
    @pytest.mark.parametrize("stale", [1, 2, 5])
    def test_late_answers_are_not_taken_for_something_undone(self, clock: Clock, model: WholeModel, stale: int) -> None:
        """https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency"""
        model.stale = stale
        run = contain_watched(model, CaseLog(), [ALICE], escalate=True)
        assert said(run, "watch") == "watched for 5 s: nothing was undone"
        assert not run.failed
        assert not model.organizations.calls

    def test_a_look_that_fails_is_not_taken_for_something_undone(self, clock: Clock, model: WholeModel) -> None:
        def act(number: int) -> None:
            model.refused = {"ListUserPolicies": "ServiceUnavailable", "GetUser": "Throttling"} if number == 2 else {}

        clock.before_look = act
        run = contain_watched(model, CaseLog(), [ALICE])
        assert said(run, "watch") == "watched for 5 s: nothing was undone"
        assert not run.failed

    def test_a_last_look_that_fails_is_no_proof(self, clock: Clock, model: WholeModel) -> None:
        def act(number: int) -> None:
            model.refused = {"ListUserPolicies": "AccessDenied"} if number > 2 else {}

        clock.before_look = act
        run = contain_watched(model, CaseLog(), [ALICE])
        assert run.failed
        assert "looks at cannot be read" in run.results[0].error

    def test_what_aws_refuses_to_put_in_force_again_is_told_and_the_watch_ends(
        self, clock: Clock, model: WholeModel
    ) -> None:
        def act(number: int) -> None:
            if number == 2:
                strip(model)
                model.faults = ["AccessDenied"] * 1000

        clock.before_look = act
        run = contain_watched(model, CaseLog(), [ALICE])
        assert run.failed
        assert "AccessDenied" in run.results[0].error

    def test_a_simulator_that_cannot_be_asked_is_told(self, clock: Clock, model: WholeModel) -> None:
        model.refused["SimulatePrincipalPolicy"] = "AccessDenied"
        run = contain_watched(model, CaseLog(), [ALICE])
        assert said(run, "simulation") == ""
        assert any("imulat" in line for line in run.results[0].unchecked)


class TestNotWatching:
    def test_zero_seconds_look_no_further(self, clock: Clock, model: WholeModel) -> None:
        looks: list[int] = []
        clock.before_look = looks.append
        run = contain_watched(model, CaseLog(), [ALICE], seconds=0, escalate=True)
        assert not run.failed
        assert (looks, said(run, "watch")) == ([], "")
        assert model.calls["LookupEvents"] == model.calls["SimulatePrincipalPolicy"] == 0

    def test_what_was_contained_before_is_not_watched(self, clock: Clock, model: WholeModel) -> None:
        contain_watched(model, CaseLog(), [ALICE])
        looks: list[int] = []
        clock.before_look = looks.append
        assert not contain_watched(model, CaseLog(), [ALICE]).changed
        assert looks == []

    def test_check_mode_does_not_watch(self, clock: Clock, model: WholeModel) -> None:
        looks: list[int] = []
        clock.before_look = looks.append
        contain_watched(model, None, [ALICE], check=True)
        assert looks == []


ACTS: dict[str, Callable[[WholeModel], None]] = {
    "the policies": lambda model: model.world[ALICE]["inline"].clear(),
    "one policy": lambda model: model.world[ALICE]["inline"].pop("CordonDenySessions", None),
    "a key": lambda model: model.world[ALICE]["keys"].update({KEY: "Active"}),
    "a new key": lambda model: model.world[ALICE]["keys"].update({OTHER_KEY: "Active"}),
    "everything": strip,
}


@given(st.dictionaries(st.integers(1, 12), st.sampled_from(sorted(ACTS)), max_size=6))
def test_whatever_is_undone_however_often_it_is_in_force_in_the_end_and_each_time_is_counted(
    acts: dict[int, str],
) -> None:
    with pytest.MonkeyPatch.context() as monkeypatch:
        clock, model, log = moved_clock(monkeypatch), WholeModel(one_user()), CaseLog()
        times = []

        def act(number: int) -> None:
            if number in acts:
                before = copy.deepcopy(model.world)
                ACTS[acts[number]](model)
                times.extend([number] if model.world != before else [])

        clock.before_look = act
        run = contain_watched(model, log, [ALICE], seconds=10)
        assert not run.failed
        assert is_denied(model)
        counted = {0: "nothing was undone", 1: "undone once"}.get(len(times), f"undone {len(times)} times")
        assert counted in said(run, "watch")
        assert not release(model, log).failed
        new_key = {OTHER_KEY: "Active"} if OTHER_KEY in model.world[ALICE]["keys"] else {}
        assert kept(model.world) == kept(one_user(keys={KEY: "Active"} | new_key))
