"""From a log to what must be taken back: only what is still in force, once, and nothing that a stranger did."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.cordon.aws.plugins.module_utils.history import (
    PastStep,
    in_force,
    overruling_steps,
    past_steps,
    release_steps,
)
from ansible_collections.cordon.aws.plugins.module_utils.plan import Call, Plan, Step, TargetPlan

ALICE = "arn:aws:iam::123456789012:user/alice"


def call(operation: str) -> Call:
    return Call(account="123456789012", region="us-east-1", service="iam", operation=operation, parameters={})


def step(before: Any, after: Any, facet: str = "inline_policy/x", undo: str = "DeleteUserPolicy") -> Step:
    return Step(
        measure="deny_policy",
        facet=facet,
        call=call("PutUserPolicy"),
        undo=(call(undo),),
        why="deny everything",
        before=before,
        after=after,
    )


def past(action: str, done: bool | None, before: Any, after: Any, facet: str = "inline_policy/x") -> PastStep:
    return PastStep(time="2026-11-24T03:00:00.000Z", action=action, step=step(before, after, facet), done=done)


def changes(history: list[PastStep]) -> list[tuple[Any, Any]]:
    return [(found.before, found.after) for found in in_force(history)]


@pytest.mark.parametrize("done", [True, None])
def test_what_happened_or_may_have_happened_is_in_force(done: bool | None) -> None:
    assert changes([past("contain", done, None, "deny")]) == [(None, "deny")]


def test_what_is_known_not_to_have_happened_is_not() -> None:
    assert changes([past("contain", False, None, "deny")]) == []


def test_two_containments_on_one_facet_are_taken_back_newest_first() -> None:
    history = [past("contain", True, "old", "deny"), past("contain", True, "deny", "deny more")]
    assert changes(history) == [("deny", "deny more"), ("old", "deny")]


def test_a_containment_that_a_stranger_undid_in_between_does_not_count() -> None:
    """The second one found nothing, so the first one's work was gone by then."""
    history = [past("contain", True, "old", "deny"), past("contain", True, None, "deny")]
    assert changes(history) == [(None, "deny")]


def test_what_a_run_that_died_never_did_does_not_hide_what_it_did() -> None:
    """It switched off, and died before it switched on again; the next run found it off, and did both."""
    died = [past("contain", None, True, False), past("contain", None, False, True)]
    again = [past("contain", True, False, True), past("contain", True, True, False), past("contain", True, False, True)]
    assert changes(died + again) == [(False, True), (True, False), (False, True), (True, False)]


def test_what_was_released_is_not_released_again() -> None:
    history = [past("contain", True, None, "deny"), past("release", True, "deny", None)]
    assert changes(history) == []


@pytest.mark.parametrize("done", [False, None])
def test_a_release_that_may_not_have_happened_leaves_the_decision_to_the_state(done: bool | None) -> None:
    history = [past("contain", True, None, "deny"), past("release", done, "deny", None)]
    assert changes(history) == [(None, "deny")]


def test_facets_do_not_mix() -> None:
    history = [
        past("contain", True, None, "deny", "inline_policy/x"),
        past("contain", True, "Active", "Inactive", "access_key/y"),
        past("release", True, "deny", None, "inline_policy/x"),
    ]
    assert changes(history) == [("Active", "Inactive")]


def test_the_state_decides_what_is_undone() -> None:
    steps = [step(None, "deny")]
    undone, conflicts = release_steps(steps, {"inline_policy/x": "deny"})
    assert [(found.call.operation, found.before, found.after) for found in undone] == [
        ("DeleteUserPolicy", "deny", None)
    ]
    assert not conflicts
    assert release_steps(steps, {}) == ([], [])
    undone, conflicts = release_steps(steps, {"inline_policy/x": "somebody's"})
    assert not undone
    assert [(conflict.found, conflict.left) for conflict in conflicts] == [("somebody's", "deny")]


def test_a_release_carries_the_way_back_to_containment() -> None:
    ((undoing,), _conflicts) = release_steps([step(None, "deny")], {"inline_policy/x": "deny"})
    assert [found.operation for found in undoing.undo] == ["PutUserPolicy"]


def test_overruling_goes_back_to_before_the_oldest_step() -> None:
    steps = [step("deny", "deny more"), step("old", "deny")]
    _undone, conflicts = release_steps(steps, {"inline_policy/x": "somebody's"})
    (only,) = overruling_steps(steps, {"inline_policy/x": "somebody's"}, conflicts)
    assert (only.before, only.after) == ("somebody's", "old")


def test_what_is_gone_and_can_only_be_changed_is_left_out() -> None:
    steps = [step("Active", "Inactive", "access_key/y", undo="UpdateAccessKey")]
    _undone, conflicts = release_steps(steps, {})
    assert [conflict.found for conflict in conflicts] == [None]
    assert overruling_steps(steps, {}, conflicts) == []


def entries(*statuses: str) -> list[dict[str, Any]]:
    """Runs of one and the same plan, with these outcomes; "" for a run that died."""
    plan = Plan([TargetPlan(target=ALICE, steps=(step(None, "deny"),))])
    found: list[dict[str, Any]] = []
    for number, status in enumerate(statuses):
        tie = {"run_id": str(number), "action": "contain", "plan_id": plan.plan_id}
        found.append({"kind": "intent", "time": "t", "body": tie | {"plan": plan.as_json()}})
        if status:
            results = [{"steps": [{"id": f"{ALICE}#1", "status": status}]}]
            found.append({"kind": "outcome", "time": "t", "body": tie | {"results": results}})
    return found


@pytest.mark.parametrize(
    ("status", "done"), [("done", True), ("failed", False), ("not_run", False), ("unknown", None), ("", None)]
)
def test_an_outcome_says_whether_a_step_happened(status: str, done: bool | None) -> None:
    assert [found.done for found in past_steps(entries(status))[ALICE]] == [done]


def test_the_outcome_of_one_run_is_not_taken_for_that_of_another_with_the_same_plan() -> None:
    assert [found.done for found in past_steps(entries("done", ""))[ALICE]] == [True, None]


def given_back(**changes: Any) -> list[dict[str, Any]]:
    """A containment, and a release that found it given back and had nothing to do."""
    fact = {"measure": "m", "fact": "as before", "holds": True, "facet": "inline_policy/x"}
    result = {"target": ALICE, "verified": True, "proof": [fact], "steps": []} | changes
    body = {"run_id": "r", "action": "release", "plan_id": "p", "results": [result]}
    return [*entries("done"), {"kind": "outcome", "time": "t", "body": body}]


def test_what_a_verified_release_found_given_back_is_in_force_no_longer() -> None:
    assert changes(past_steps(given_back())[ALICE]) == []


@pytest.mark.parametrize(
    "less", [{"verified": False}, {"proof": []}, {"proof": [{"measure": "m", "fact": "as before", "holds": True}]}]
)
def test_what_no_release_has_proven_stays_in_force(less: dict[str, Any]) -> None:
    assert changes(past_steps(given_back(**less))[ALICE]) == [(None, "deny")]


def test_what_is_contained_again_after_that_is_in_force() -> None:
    again = entries("done", "done")[2:]
    assert changes(past_steps([*given_back(), *again])[ALICE]) == [(None, "deny")]
