"""The engine between a wish and AWS: what it refuses to start, what it goes through with, and what it does not believe."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any

import pytest
from iam_model import RESPONDER, IamModel, World
from runs import ALICE, KEY, CaseLog, contain, kept, one_user, release, statuses
from strategies import padded_policy

from ansible_collections.cordon.aws.plugins.module_utils import engine
from ansible_collections.cordon.aws.plugins.module_utils.errors import ApprovalError, ProtectedError, RefusedError

BOB = "arn:aws:iam::123456789012:user/team/red/Bob"
FULL = {"padding": padded_policy(2048)}


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test waits for more than it must."""
    monkeypatch.setattr(engine, "SETTLE_STEP_S", 0.001)
    monkeypatch.setattr(engine, "SETTLE_S", 1.0)


def two_users() -> World:
    return one_user() | {BOB: one_user()[ALICE]}


@dataclass(frozen=True)
class Safeguard:
    """Something that must not be done to alice and Bob at once, by whom, and what the refusal says."""

    limits: dict[str, Any]
    because: str
    kind: type[RefusedError] = ProtectedError
    responders: frozenset[str] = frozenset({RESPONDER})


SAFEGUARDS = {
    "the responder": Safeguard({}, f"{ALICE}: it is the responder", responders=frozenset({ALICE})),
    "whoever assumed the role of the responder": Safeguard(
        {}, f"{BOB}: it is the responder", responders=frozenset({RESPONDER, BOB})
    ),
    "a protected principal": Safeguard({"protected": (ALICE,)}, f"{ALICE}: `protected_principals`"),
    "a protected principal by its path": Safeguard(
        {"protected": ("arn:aws:iam::*:user/team/*",)}, f"{BOB}: `protected_principals`"
    ),
    "a protected principal without its path": Safeguard(
        {"protected": ("arn:aws:iam::123456789012:user/Bob",)}, f"{BOB}: `protected_principals`"
    ),
    "a protected principal in another case": Safeguard(
        {"protected": ("arn:nothing", "arn:aws:iam::123456789012:user/b?B")}, f"{BOB}: `protected_principals`"
    ),
    "too many targets": Safeguard({"max_targets": 1}, "change 2 targets: `max_targets` allows 1", RefusedError),
    "a plan that was not approved": Safeguard({"approved_plan": "0" * 64}, f"{'0' * 64} was approved", ApprovalError),
}


@pytest.mark.parametrize("safeguard", SAFEGUARDS.values(), ids=SAFEGUARDS)
@pytest.mark.parametrize("check", [False, True], ids=["apply", "check"])
def test_a_refused_plan_is_reported_and_nothing_is_written(safeguard: Safeguard, check: bool) -> None:
    world, log = two_users(), CaseLog()
    before = copy.deepcopy(world)
    model = IamModel(world)
    model.responders = safeguard.responders
    run = contain(model, log, [ALICE, BOB], check=check, **safeguard.limits)
    assert type(run.refusal) is safeguard.kind
    assert safeguard.because in str(run.refusal)
    assert (model.writes(), log.kinds(), world) == (0, [], before)
    assert statuses(run, 0) == statuses(run, 1) == ["planned" if check else "not_run"] * 3
    assert (run.changed, [entry.verified for entry in run.results]) == (check, [check, check])
    assert [entry.after == entry.before for entry in run.results] == [not check] * 2


@pytest.mark.parametrize("safeguard", SAFEGUARDS.values(), ids=SAFEGUARDS)
def test_the_approval_of_exactly_this_plan_overrides_every_safeguard(safeguard: Safeguard) -> None:
    model = IamModel(two_users())
    model.responders = safeguard.responders
    plan_id = contain(model, None, [BOB, ALICE], check=True).plan_id
    run = contain(model, CaseLog(), [ALICE, BOB], **(safeguard.limits | {"approved_plan": plan_id}))
    assert (run.refusal, [entry.status for entry in run.results]) == (None, ["contained", "contained"])


def test_a_refusal_names_the_plan_that_would_have_to_be_approved() -> None:
    run = contain(IamModel(two_users()), None, [ALICE, BOB], check=True, max_targets=1)
    assert f"`approved_plan: {run.plan_id}`" in str(run.refusal)


def test_an_approved_plan_that_is_already_in_force_is_done() -> None:
    """The approval was used: repeating the run must not fail."""
    model, log = IamModel(one_user()), CaseLog()
    plan_id = contain(model, None, [ALICE], check=True).plan_id
    contain(model, log, [ALICE], approved_plan=plan_id)
    again = contain(model, log, [ALICE], approved_plan=plan_id)
    assert (again.refusal, again.results[0].status) == (None, "unchanged")


def test_as_many_targets_as_allowed_are_contained() -> None:
    run = contain(IamModel(two_users()), CaseLog(), [ALICE, BOB], max_targets=2)
    assert (run.refusal, run.failed) == (None, ())


def test_a_target_that_is_contained_already_does_not_count_against_max_targets() -> None:
    model, log = IamModel(two_users()), CaseLog()
    contain(model, log, [ALICE])
    assert contain(model, log, [ALICE, BOB], max_targets=1).refusal is None


def test_a_namesake_in_another_account_is_not_protected() -> None:
    run = contain(IamModel(one_user()), CaseLog(), [ALICE], protected=("arn:aws:iam::111122223333:user/alice",))
    assert run.results[0].status == "contained"


@pytest.mark.parametrize("check", [False, True], ids=["apply", "check"])
def test_a_measure_that_finds_no_room_does_not_keep_the_others_from_being_taken(check: bool) -> None:
    """2,048 characters: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html"""
    world = one_user(inline=dict(FULL))
    run = contain(IamModel(world), CaseLog(), [ALICE], measures=["access_keys", "sessions"], check=check)
    assert (run.results[0].status, statuses(run)) == ("failed", ["planned" if check else "done"])
    assert world[ALICE]["keys"] == {KEY: "Active" if check else "Inactive"}
    assert "its inline policies hold 2048 of 2048 characters, 0 are free" in run.results[0].error


@pytest.mark.parametrize("check", [False, True], ids=["apply", "check"])
def test_a_measure_that_cannot_look_does_not_keep_the_others_from_being_taken(check: bool) -> None:
    world = one_user()
    model = IamModel(world)
    model.refused = dict.fromkeys(("ListAttachedUserPolicies", "GetAccountAuthorizationDetails"), "AccessDenied")
    run = contain(model, CaseLog(), [ALICE], check=check)
    assert (run.results[0].status, statuses(run)) == ("failed", ["planned" if check else "done"])
    assert world == one_user(keys={KEY: "Active" if check else "Inactive"})
    assert "AccessDenied" in run.results[0].error
    assert "what deny_policy looks at cannot be read" in run.results[0].error


@pytest.mark.parametrize("times", [1, 2])
@pytest.mark.parametrize("code", ["ConcurrentModification", "EntityTemporarilyUnmodifiable"])
def test_a_change_that_somebody_else_is_in_the_way_of_is_made_a_moment_later(code: str, times: int) -> None:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutUserPolicy.html#API_PutUserPolicy_Errors"""
    model = IamModel(one_user())
    model.faults = [code] * times
    run = contain(model, CaseLog(), [ALICE])
    assert (run.results[0].status, statuses(run)) == ("contained", ["done"] * 3)
    assert model.calls["PutUserPolicy"] == 2 + times


def test_a_change_that_somebody_else_is_always_in_the_way_of_has_failed() -> None:
    world, log = one_user(), CaseLog()
    model = IamModel(world)
    model.faults = ["ConcurrentModification"] * 3
    run = contain(model, log, [ALICE])
    assert (run.results[0].status, statuses(run)) == ("failed", ["failed", "done", "done"])
    assert "ConcurrentModification" in run.results[0].error
    assert "CordonDenyAll" not in world[ALICE]["inline"]


@pytest.mark.parametrize("stale", [1, 3])
def test_what_does_not_show_yet_is_waited_for_and_not_done_twice(stale: int) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency"""
    world, log = one_user(), CaseLog()
    before = kept(world)
    model = IamModel(world)
    model.stale = stale
    run = contain(model, log, [ALICE])
    assert (run.results[0].status, statuses(run), model.writes()) == ("contained", ["done"] * 3, 3)
    undone = release(model, log)
    assert (undone.results[0].status, statuses(undone), model.writes()) == ("released", ["done"] * 3, 6)
    assert kept(world) == before


def test_what_never_shows_is_not_called_contained(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "SETTLE_S", 0.01)
    model = IamModel(one_user())
    model.stale = 10_000
    run = contain(model, CaseLog(), [ALICE])
    assert (run.results[0].status, run.results[0].verified) == ("failed", False)
    assert "0 of 1 access keys are inactive" in run.results[0].error


@pytest.mark.parametrize("measures", [None, ["deny_policy"], ["access_keys"], ["sessions"]])
def test_another_user_under_the_name_is_never_called_contained(measures: list[str] | None) -> None:
    """Deleted and created again, or renamed and the name given to a stranger who looks just as contained."""
    world = one_user()
    model = IamModel(world)
    model.on_write = lambda call: world[ALICE].update(id="AIDACKCEVSQ6C3EXAMPLE")
    run = contain(model, CaseLog(), [ALICE], measures=measures)
    assert (run.results[0].status, run.results[0].verified) == ("failed", False)
    assert "it was AIDACKCEVSQ6C2EXAMPLE, and AIDACKCEVSQ6C3EXAMPLE has the name now" in run.results[0].error


def test_a_user_that_is_deleted_while_we_work_is_never_called_contained() -> None:
    world, log = one_user(), CaseLog()
    model = IamModel(world)
    model.on_write = lambda call: world.clear()
    run = contain(model, log, [ALICE])
    assert (run.results[0].status, run.results[0].verified) == ("failed", False)
    assert "NoSuchEntity" in run.results[0].error


def test_an_inline_policy_that_goes_while_we_look_is_no_error() -> None:
    """An attacker who creates and deletes policies all the time must not be able to keep us out."""
    world = one_user(inline={"fleeting": '{"Version":"2012-10-17","Statement":[]}'})
    model = IamModel(world)

    def vanish(call: Any) -> None:
        if call.operation == "GetUserPolicy":
            world[ALICE]["inline"].pop("fleeting", None)

    model.on_read = vanish
    run = contain(model, None, [ALICE], check=True)
    assert (run.results[0].status, statuses(run)) == ("planned", ["planned"] * 3)


def test_one_bad_target_among_two_hundred_fails_alone_and_in_its_place() -> None:
    arns = [f"arn:aws:iam::123456789012:user/user{number:03}" for number in range(200)]
    world = {arn: copy.deepcopy(one_user()[ALICE]) for arn in arns if arn != arns[100]}
    run = contain(IamModel(world), CaseLog(), arns)
    assert [entry.name for entry in run.results] == arns
    assert [entry.name for entry in run.failed] == [arns[100]]
    assert "NoSuchEntity" in run.failed[0].error
    assert all(set(user["inline"]) == {"CordonDenyAll", "CordonDenySessions"} for user in world.values())
    assert all(user["keys"] == {KEY: "Inactive"} for user in world.values())
