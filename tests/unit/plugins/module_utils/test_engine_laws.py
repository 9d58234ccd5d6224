"""The laws of contain and release, over generated users, roles and sessions, with crashes, lost answers and strangers in between."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from iam_model import Died, IamModel, World
from runs import ALICE, KEY, OTHER_KEY, CaseLog, contain, kept, one_user, release, statuses
from strategies import padded_policy, worlds

from ansible_collections.cordon.aws.plugins.module_utils import engine


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test waits for more than it must."""
    monkeypatch.setattr(engine, "SETTLE_STEP_S", 0.001)
    monkeypatch.setattr(engine, "SETTLE_S", 1.0)


@given(worlds())
def test_release_undoes_contain(world: World) -> None:
    before = copy.deepcopy(world)
    model, log = IamModel(world), CaseLog()
    assert not contain(model, log, [next(iter(world))]).failed
    assert not release(model, log).failed
    assert kept(world) == kept(before)


@given(worlds())
def test_contain_twice_is_contain_once(world: World) -> None:
    model, log = IamModel(world), CaseLog()
    contain(model, log, [next(iter(world))])
    after, writes = copy.deepcopy(world), model.writes()
    again = contain(model, log, [next(iter(world))])
    assert (world, model.writes(), again.changed) == (after, writes, False)
    assert [entry.status for entry in again.results] == ["unchanged"]


DENY_ALL = "arn:aws:iam::aws:policy/AWSDenyAll"


def is_denied(there: dict[str, Any]) -> bool:
    """Whether everything is denied to a user or role. Looks at the model itself, not at what the engine says of it."""
    by_inline = '"Effect":"Deny","Action":"*","Resource":"*"}' in there["inline"].get("CordonDenyAll", "")
    return by_inline or DENY_ALL in there["attached"] or there["boundary"] == DENY_ALL


@given(worlds(kinds=("user",)))
def test_a_contained_user_is_denied_everything_and_has_no_active_credential(world: World) -> None:
    arn = next(iter(world))
    run = contain(IamModel(world), CaseLog(), [arn])
    user = world[arn]
    assert is_denied(user)
    assert {*user["keys"].values(), *(status for kind in user["others"].values() for status in kind.values())} <= {
        "Inactive"
    }
    assert run.results[0].verified


@given(worlds(kinds=("role",)))
def test_a_contained_role_is_denied_everything_and_nobody_can_assume_it(world: World) -> None:
    """An explicit deny wins, wherever in the trust policy it stands:
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html"""
    arn = next(iter(world))
    run = contain(IamModel(world), CaseLog(), [arn])
    assert is_denied(world[arn])
    statements = json.loads(world[arn]["trust"])["Statement"]
    denied = {tuple(one["Action"]) for one in statements if one["Effect"] == "Deny" and one["Principal"] == "*"}
    assert denied == {("sts:AssumeRole", "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity")}
    assert run.results[0].verified


SESSION = "arn:aws:sts::123456789012:assumed-role/{}/bob@example.com"


@given(worlds(kinds=("role",)))
def test_containing_one_session_denies_it_and_leaves_the_role_to_others(world: World) -> None:
    before = copy.deepcopy(world)
    arn = next(iter(world))
    session = SESSION.format(arn.rpartition("/")[2])
    model, log = IamModel(world), CaseLog()
    run = contain(model, log, [session], scope="session")
    if run.failed:
        assert "inline policies hold" in run.results[0].error
    else:
        added = {name: text for name, text in world[arn]["inline"].items() if name not in before[arn]["inline"]}
        conditions = [json.loads(text)["Statement"][0]["Condition"] for text in added.values()]
        assert conditions in ([{"StringEquals": {"aws:userid": "AROACKCEVSQ6C2EXAMPLE:bob@example.com"}}], [])
        assert conditions or is_denied(before[arn])
        assert world[arn] | {"inline": before[arn]["inline"]} == before[arn]
    assert not release(model, log).failed
    assert kept(world) == kept(before)


@given(worlds(kinds=("role",)), st.permutations(["session", "role", "before"]))
def test_a_session_and_its_role_contained_in_any_order_are_released_together(world: World, order: list[str]) -> None:
    """They share the role's policies, and each takes away only what it put there."""
    before = copy.deepcopy(world)
    arn = next(iter(world))
    model, log = IamModel(world), CaseLog()
    for what in order:
        if what == "session":
            contain(model, log, [SESSION.format(arn.rpartition("/")[2])], scope="session")
        elif what == "role":
            contain(model, log, [arn])
        else:
            contain(model, log, [arn], measures=["sessions"], sessions_before="2026-03-01T00:00:00Z")
    assert not release(model, log).failed
    assert kept(world) == kept(before)


@given(worlds())
def test_nobody_else_is_touched(world: World) -> None:
    first, *others = world
    before = copy.deepcopy({arn: world[arn] for arn in others})
    model, log = IamModel(world), CaseLog()
    contain(model, log, [first])
    assert {arn: world[arn] for arn in others} == before


@given(worlds())
def test_check_mode_plans_exactly_what_apply_does(world: World) -> None:
    model = IamModel(world)
    before = copy.deepcopy(world)
    checked = contain(model, None, list(world), check=True)
    assert (world, model.writes()) == (before, 0)
    applied = contain(model, CaseLog(), list(world))
    assert checked.plan_id == applied.plan_id
    assert [entry.after for entry in checked.results] == [entry.after for entry in applied.results]
    assert checked.changed == applied.changed


@given(worlds(), st.randoms(use_true_random=False))
def test_order_and_duplicates_change_nothing(world: World, random: Any) -> None:
    arns = [*world, *world]
    random.shuffle(arns)
    straight = contain(IamModel(copy.deepcopy(world)), None, list(world), check=True)
    shuffled = contain(IamModel(copy.deepcopy(world)), None, arns, check=True)
    assert shuffled.plan_id == straight.plan_id
    assert [entry.arn for entry in shuffled.results] == arns


@given(worlds(), st.integers(0, 26), st.booleans())
def test_killed_anywhere_then_finished_and_released(world: World, boundary: int, contain_again: bool) -> None:
    """A run that dies at any step boundary is completed, or released, by the next one."""
    before = copy.deepcopy(world)
    arn = next(iter(world))
    dying = IamModel(world, dies_at=boundary)
    log = CaseLog(dying)
    try:
        contain(dying, log, [arn])
    except Died:
        pass
    healthy = IamModel(world)
    log.model = None
    if contain_again:
        assert not contain(healthy, log, [arn]).failed
    assert not release(healthy, log).failed
    assert kept(world) == kept(before)


@given(worlds(), st.integers(0, 26))
def test_killed_while_releasing_then_released(world: World, boundary: int) -> None:
    before = copy.deepcopy(world)
    model, log = IamModel(world), CaseLog()
    contain(model, log, [next(iter(world))])
    dying = IamModel(world, dies_at=boundary)
    log.model = dying
    try:
        release(dying, log)
    except Died:
        pass
    log.model = None
    assert not release(IamModel(world), log).failed
    assert kept(world) == kept(before)


@given(
    worlds(),
    st.lists(st.sampled_from(["", "drop_before", "drop_after", "fail_after"]), max_size=8).filter(
        lambda f: "drop_before" * 3 not in "".join(f)
    ),
)
def test_lost_answers_change_nothing_in_the_end(world: World, faults: list[str]) -> None:
    expected = copy.deepcopy(world)
    contain(IamModel(expected), None, [next(iter(world))])
    model = IamModel(world)
    model.faults = list(faults)
    assert not contain(model, CaseLog(), [next(iter(world))]).failed
    assert kept(world) == kept(expected)


def test_nothing_happens_before_the_intent_is_written() -> None:
    world = one_user()
    model = IamModel(world)

    class FullDisk(CaseLog):
        def intent(self, action: str, plan: Any, before: Any) -> None:
            raise OSError("no space left on device")

    with pytest.raises(OSError, match="no space"):
        contain(model, FullDisk(), [ALICE])
    assert model.writes() == 0


def test_a_key_made_while_we_work_is_made_inactive_too() -> None:
    world = one_user()
    model = IamModel(world)

    def attacker(call: Any) -> None:
        if call.operation == "PutUserPolicy" and len(world[ALICE]["keys"]) == 1:
            world[ALICE]["keys"][OTHER_KEY] = "Active"

    model.on_write = attacker
    run = contain(model, CaseLog(), [ALICE])
    assert world[ALICE]["keys"] == {KEY: "Inactive", OTHER_KEY: "Inactive"}
    assert run.results[0].verified


def test_an_approved_plan_is_never_extended() -> None:
    world = one_user()
    model = IamModel(world)
    plan_id = contain(model, None, [ALICE], check=True).plan_id

    def attacker(call: Any) -> None:
        world[ALICE]["keys"][OTHER_KEY] = "Active"

    model.on_write = attacker
    run = contain(model, CaseLog(), [ALICE], approved_plan=plan_id)
    assert run.failed
    assert "1 of 2 access keys are inactive" in run.results[0].error


def test_an_attacker_who_strips_the_policy_faster_than_we_look_makes_the_task_fail(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(engine, "SETTLE_S", 0.0)
    world = one_user()
    model = IamModel(world)
    model.on_write = lambda call: world[ALICE]["inline"].clear()
    run = contain(model, CaseLog(), [ALICE])
    assert run.failed
    assert "nothing denies everything" in run.results[0].error


def test_a_measure_that_fails_does_not_keep_the_others_from_being_taken() -> None:
    world = one_user()
    model = IamModel(world)
    model.faults = ["AccessDenied"]
    run = contain(model, CaseLog(), [ALICE])
    assert run.failed
    assert world[ALICE]["keys"] == {KEY: "Inactive"}
    assert statuses(run) == ["failed", "done", "done"]


def test_a_quota_that_fills_up_while_we_work_is_gone_round() -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html: 2,048 characters of inline policies."""
    world = one_user()
    model = IamModel(world)
    observed = model.pages

    def then_somebody_fills_it(call: Any, key: str) -> list[Any]:
        found = observed(call, key)
        if call.operation == "ListAccessKeys":
            world[ALICE]["inline"]["padding"] = padded_policy(2000)
        return found

    model.pages = then_somebody_fills_it  # type: ignore[method-assign]
    run = contain(model, CaseLog(), [ALICE])
    assert statuses(run) == ["failed", "done", "failed", "done"]
    assert world[ALICE]["attached"] == ["arn:aws:iam::aws:policy/AWSDenyAll"]
    assert (run.results[0].status, run.results[0].verified) == ("contained", True)


def test_a_key_that_is_deleted_while_we_work_is_no_failure() -> None:
    world = one_user()
    model, log = IamModel(world), CaseLog()
    model.on_write = lambda call: world[ALICE]["keys"].clear()
    run = contain(model, log, [ALICE])
    assert statuses(run) == ["done", "failed", "done"]
    assert (run.results[0].status, run.results[0].verified) == ("contained", True)


def test_what_aws_refused_is_not_tried_again() -> None:
    world = one_user()
    model = IamModel(world)
    model.faults = ["", "AccessDenied", ""]
    run = contain(model, CaseLog(), [ALICE])
    assert run.failed
    assert "AccessDenied" in run.results[0].error
    assert model.calls["UpdateAccessKey"] == 1


def test_a_change_that_aws_says_failed_and_that_shows_later_is_released_too() -> None:
    world = one_user()
    before = copy.deepcopy(world)
    model, log = IamModel(world), CaseLog()
    model.faults = ["", "fail_before"]
    contain(model, log, [ALICE])
    world[ALICE]["keys"] = {KEY: "Inactive"}
    assert not release(model, log).failed
    assert world == before


def test_what_a_colleague_did_after_aws_had_refused_us_is_not_released() -> None:
    world = one_user()
    model, log = IamModel(world), CaseLog()
    model.faults = ["", "AccessDenied"]
    contain(model, log, [ALICE])
    world[ALICE]["keys"] = {KEY: "Inactive"}
    assert not release(model, log).failed
    assert world == one_user(keys={KEY: "Inactive"})


def test_release_touches_nothing_where_somebody_changed_it_since() -> None:
    world = one_user()
    model, log = IamModel(world), CaseLog()
    contain(model, log, [ALICE])
    world[ALICE]["inline"]["CordonDenyAll"] = '{"Version":"2012-10-17","Statement":[]}'
    changed = copy.deepcopy(world)
    run = release(model, log)
    assert world == changed
    assert "somebody has changed it since" in run.results[0].error


def test_forced_release_puts_back_what_was_there_before() -> None:
    world = one_user(inline={"CordonDenyAll": "{}"})
    model, log = IamModel(world), CaseLog()
    contain(model, log, [ALICE])
    world[ALICE]["inline"]["CordonDenyAll"] = '{"Version":"2012-10-17","Statement":[]}'
    assert not release(model, log, force=True).failed
    assert world == one_user(inline={"CordonDenyAll": "{}"})


def test_forced_release_goes_on_without_a_key_that_was_deleted_meanwhile() -> None:
    world = one_user()
    model, log = IamModel(world), CaseLog()
    contain(model, log, [ALICE])
    world[ALICE]["keys"].clear()
    assert release(model, log).failed
    assert not release(model, log, force=True).failed
    assert world == one_user(keys={})


def test_release_of_some_measures_leaves_the_others_in_force() -> None:
    world = one_user()
    model, log = IamModel(world), CaseLog()
    contain(model, log, [ALICE])
    assert not release(model, log, only=["deny_policy", "access_keys"]).failed
    assert list(world[ALICE]["inline"]) == ["CordonDenySessions"]
    assert world[ALICE]["keys"] == {KEY: "Active"}


def test_a_colleagues_change_between_two_containments_survives_both_releases() -> None:
    full = {"inline": {}, "attached": [f"arn:aws:iam::123456789012:policy/p{n}" for n in range(10)]}
    full["inline"] = {"padding": padded_policy(2048)}
    world = one_user(**full)
    model, log = IamModel(world), CaseLog()
    contain(model, log, [ALICE])
    release(model, log)
    world[ALICE]["boundary"] = "arn:aws:iam::123456789012:policy/new-boundary"
    contain(model, log, [ALICE])
    assert world[ALICE]["boundary"] == "arn:aws:iam::aws:policy/AWSDenyAll"
    assert not release(model, log).failed
    assert world[ALICE]["boundary"] == "arn:aws:iam::123456789012:policy/new-boundary"
