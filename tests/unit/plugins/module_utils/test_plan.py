"""A plan is a value: the same work has the same id, and what JSON cannot say exactly is refused."""

from __future__ import annotations

import dataclasses
import hashlib
import json

import pytest
import rfc8785

from ansible_collections.cordon.aws.plugins.module_utils.plan import Call, Plan, Step, TargetPlan, planned_state

ALICE = "arn:aws:iam::123456789012:user/alice"
BOB = "arn:aws:iam::123456789012:user/bob"


def call(**parameters: object) -> Call:
    return Call(
        account="123456789012", region="us-east-1", service="iam", operation="UpdateAccessKey", parameters=parameters
    )


def step(**changes: object) -> Step:
    given = Step(
        measure="access_keys",
        facet="access_key/AKIAIOSFODNN7EXAMPLE",
        call=call(Status="Inactive"),
        undo=(call(Status="Active"),),
        why="make it inactive",
        before="Active",
        after="Inactive",
    )
    return dataclasses.replace(given, **changes)


def plan(*targets: str) -> Plan:
    return Plan(TargetPlan(target=arn, steps=(step(),)) for arn in targets)


def test_the_id_is_the_sha256_of_the_canonical_json() -> None:
    """RFC 8785: for these values what json writes with sorted keys and no white space."""
    written = json.dumps(plan(ALICE).as_json(), sort_keys=True, separators=(",", ":")).encode()
    assert plan(ALICE).canonical == written
    assert plan(ALICE).plan_id == hashlib.sha256(written).hexdigest()


def test_order_and_duplicates_of_targets_do_not_change_the_id() -> None:
    assert plan(ALICE, BOB).plan_id == plan(BOB, ALICE, BOB).plan_id


@pytest.mark.parametrize(
    "changes",
    [
        {"call": call(Status="Active")},
        {"undo": ()},
        {"why": "another reason"},
        {"before": None},
        {"after": "Gone"},
        {"facet": "access_key/AKIAI44QH8DHBEXAMPLE"},
        {"measure": "sessions"},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_any_other_step_is_another_plan(changes: dict[str, object]) -> None:
    """An approval is for exactly this: what is done, how it is undone, and from which state."""
    other = Plan([TargetPlan(target=ALICE, steps=(step(**changes),))])
    assert other.plan_id != plan(ALICE).plan_id


def test_it_comes_back_from_its_json_with_the_same_id() -> None:
    again = Plan.from_json(json.loads(plan(BOB, ALICE).canonical))
    assert (again.plan_id, again.targets) == (plan(ALICE, BOB).plan_id, plan(ALICE, BOB).targets)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 2**53, {1: "x"}, object()])
def test_what_json_cannot_say_exactly_is_refused(value: object) -> None:
    with pytest.raises((rfc8785.CanonicalizationError, TypeError)):
        Plan([TargetPlan(target=ALICE, steps=(step(before=value),))])


def test_a_step_without_undo_cannot_be_taken_back() -> None:
    assert step().reversible
    assert not step(undo=()).reversible


def test_values_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        step().why = "something else"  # type: ignore[misc]


def test_the_planned_state_is_the_observed_one_with_each_step_made() -> None:
    state = {"access_key/AKIAIOSFODNN7EXAMPLE": "Active", "permissions_boundary": None}
    assert planned_state(state, [step()]) == state | {"access_key/AKIAIOSFODNN7EXAMPLE": "Inactive"}
    assert state["access_key/AKIAIOSFODNN7EXAMPLE"] == "Active"
