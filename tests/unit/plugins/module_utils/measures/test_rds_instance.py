"""A DB instance is shut, kept and its snapshots withdrawn, whatever it was before; what was is given back exactly, and nothing else."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cordon.aws.plugins.module_utils.errors import RefusedError
from ansible_collections.cordon.aws.plugins.module_utils.history import release_steps
from ansible_collections.cordon.aws.plugins.module_utils.measure import Measure
from ansible_collections.cordon.aws.plugins.module_utils.plan import Step, planned_state
from ansible_collections.cordon.aws.plugins.module_utils.rds.databases import database_of_arn
from ansible_collections.cordon.aws.plugins.module_utils.rds.residual import residual
from ansible_collections.cordon.aws.plugins.module_utils.targets.rds_instance import (
    RDS_INSTANCE,
    measures_with,
    unchecked,
)

TARGET = database_of_arn("arn:aws:rds:us-east-1:111122223333:db:orders")
OTHER = database_of_arn("arn:aws:rds:us-east-1:111122223333:db:ledger")
ELSEWHERE = database_of_arn("arn:aws:rds:us-west-2:111122223333:db:orders")
VPC = "vpc-0123456789abcdef0"
RESOURCE_ID = "db-ABCDEFGHIJKLMNOPQRSTUVWXYZ"
STATION = "198.51.100.7/32"
MEASURES = measures_with((STATION,), ())
RULES = [f"ingress -1 all {STATION}"]
SETTINGS = ("security_groups", "publicly_accessible", "deletion_protection")

groups = st.lists(
    st.sampled_from([*(f"sg-{number:017x}" for number in range(5)), "CordonForensic"]), min_size=1, max_size=5
)
accounts = st.lists(st.sampled_from(["111122223333", "444455556666", "all"]), unique=True).map(sorted)
snapshots = st.dictionaries(
    st.builds(
        lambda name, second: f"snapshot_shared_with/{name}/2026-11-25T11:00:{second:02}.123456Z",
        st.sampled_from(["nightly", "Before-upgrade", "a1"]),
        st.integers(0, 59),
    ),
    accounts,
    max_size=4,
)


@st.composite
def states(draw: st.DrawFn, status: str = "available") -> dict[str, Any]:
    return {
        "unique_id": RESOURCE_ID,
        "status": status,
        "vpc": VPC,
        f"shared/forensic_group/{VPC}": draw(st.none() | st.sampled_from([[], RULES, ["egress -1 all 0.0.0.0/0"]])),
        "security_groups": sorted(draw(groups)),
        "groups_being_applied": [],
        "publicly_accessible": draw(st.booleans()),
        "deletion_protection": draw(st.booleans()),
        **draw(snapshots),
    }


def planned(state: dict[str, Any], measures: Sequence[Measure] = MEASURES) -> list[Step]:
    return [step for measure in measures for step in measure.plan(state, TARGET)]


def measure_of(step: Step) -> Measure:
    """As release knows it: without the operator's wishes."""
    return next(measure for measure in RDS_INSTANCE if step.measure == measure.NAME)


@given(states())
def test_whatever_it_was_it_is_shut_and_kept_afterwards(state: dict[str, Any]) -> None:
    after = planned_state(state, planned(state))
    assert after["security_groups"] == ["CordonForensic"]
    assert after[f"shared/forensic_group/{VPC}"] == RULES
    assert (after["publicly_accessible"], after["deletion_protection"]) == (False, True)
    assert not any(value for facet, value in after.items() if facet.startswith("snapshot_shared_with/"))
    assert planned(after) == []
    assert all(fact.holds for measure in MEASURES for fact in measure.verify(after, TARGET))


@given(states())
def test_a_proof_fails_exactly_where_something_is_left_to_do(state: dict[str, Any]) -> None:
    for measure in MEASURES:
        holds = all(fact.holds for fact in measure.verify(state, TARGET))
        assert holds == (list(measure.plan(state, TARGET)) == [])


@given(states())
def test_a_release_gives_back_what_was(state: dict[str, Any]) -> None:
    steps = [step for step in planned(state) if step.reversible]
    after = planned_state(state, steps)
    undoing, conflicts = release_steps(list(reversed(steps)), after)
    assert conflicts == []
    assert planned_state(after, undoing) == state


@given(states())
def test_every_planned_step_is_known_again_and_only_for_its_own_instance(state: dict[str, Any]) -> None:
    for step in planned(state):
        assert measure_of(step).can_have_planned(step, TARGET)
        assert not measure_of(step).can_have_planned(step, ELSEWHERE)
        if step.measure != "snapshot_sharing" and not step.facet.startswith("shared/"):
            assert not measure_of(step).can_have_planned(step, OTHER)
            assert {call.parameters["DbiResourceId"] for call in (step.call, *step.undo)} == {RESOURCE_ID}


OPEN = {
    "unique_id": RESOURCE_ID,
    "status": "available",
    "vpc": VPC,
    f"shared/forensic_group/{VPC}": RULES,
    "security_groups": ["sg-0123456789abcdef0"],
    "groups_being_applied": [],
    "publicly_accessible": True,
    "deletion_protection": False,
    "snapshot_shared_with/nightly/2026-11-25T11:00:00Z": ["444455556666", "all"],
}


def step_of(name: str) -> Step:
    (step,) = (step for step in planned(OPEN) if step.measure == name)
    return step


def with_call(step: Step, **parameters: Any) -> dict[str, Any]:
    """Another way back."""
    (back,) = step.undo
    return {"undo": (dataclasses.replace(back, parameters={**back.parameters, **parameters}),)}


@pytest.mark.parametrize("name", ["security_groups", "public_access", "deletion_protection", "snapshot_sharing"])
def test_what_somebody_wrote_into_the_log_is_not_taken_for_ours(name: str) -> None:
    step = step_of(name)
    assert measure_of(step).can_have_planned(step, TARGET)
    back = step.undo[0]
    changes: list[dict[str, Any]] = [
        {"facet": "deletion"},
        {"undo": ()},
        {"undo": (back, back)},
        {"undo": (TARGET.call("DeleteDBInstance", DBInstanceIdentifier="orders", SkipFinalSnapshot=True),)},
        {"undo": (dataclasses.replace(back, account="444455556666"),)},
        {"before": step.after, "after": step.before},
        {"before": None},
        with_call(step, NewDBInstanceIdentifier="hidden"),
        with_call(step, MasterUserPassword="not-a-real-one"),
        with_call(step, DBInstanceIdentifier="ledger"),
        with_call(step, DbiResourceId="db-ZYXWVUTSRQPONMLKJIHGFEDCBA"),
        with_call(step, Groups=["sg-0fedcba9876543210"]),
        with_call(step, PubliclyAccessible=1),
        with_call(step, DeletionProtection=0),
        with_call(step, ValuesToAdd=["111122223333"]),
        with_call(step, DBSnapshotIdentifier="another"),
    ]
    for change in changes:
        assert not measure_of(step).can_have_planned(dataclasses.replace(step, **change), TARGET), change


@pytest.mark.parametrize(
    ("name", "before"),
    [
        ("security_groups", []),
        ("security_groups", ["sg-1"]),
        ("security_groups", ["default"]),
        ("snapshot_sharing", []),
        ("snapshot_sharing", ["everybody"]),
        ("snapshot_sharing", [444455556666]),
    ],
)
def test_a_way_back_to_what_no_instance_can_have_is_not_taken_for_ours(name: str, before: list[Any]) -> None:
    step = step_of(name)
    key = "Groups" if name == "security_groups" else "ValuesToAdd"
    call = step.call
    if name == "snapshot_sharing":
        call = dataclasses.replace(call, parameters={**call.parameters, "ValuesToRemove": before})
    forged = dataclasses.replace(step, before=before, call=call, **with_call(step, **{key: before}))
    assert not measure_of(step).can_have_planned(forged, TARGET)


@pytest.mark.parametrize(
    "rest", ["nightly", "nightly/yesterday", "nightly/2026-11-25T11:00:00Z/x", "-/2026-11-25T11:00:00Z"]
)
def test_a_facet_that_no_snapshot_has_is_not_taken_for_ours(rest: str) -> None:
    step = step_of("snapshot_sharing")
    name = rest.partition("/")[0]
    call = dataclasses.replace(step.call, parameters={**step.call.parameters, "DBSnapshotIdentifier": name})
    forged = dataclasses.replace(
        step, facet=f"snapshot_shared_with/{rest}", call=call, **with_call(step, DBSnapshotIdentifier=name)
    )
    assert not measure_of(step).can_have_planned(forged, TARGET)


@pytest.mark.parametrize("status", ["stopped", "stopping"])
@given(data=st.data())
def test_a_stopped_instance_is_refused_with_the_command_and_its_snapshots_are_withdrawn(
    status: str, data: st.DataObject
) -> None:
    """https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_StopInstance.html"""
    state = {**data.draw(states()), "status": status}
    assert planned(state, MEASURES[:1]) == planned({**state, "status": "available"}, MEASURES[:1])
    for measure in MEASURES[1:]:
        steps = list(measure.plan({**state, "status": "available"}, TARGET))
        if any(step.facet in SETTINGS for step in steps):
            with pytest.raises(RefusedError, match=r"aws rds start-db-instance --db-instance-identifier orders"):
                list(measure.plan(state, TARGET))
        else:
            assert list(measure.plan(state, TARGET)) == steps


def test_groups_that_are_still_on_their_way_prove_nothing() -> None:
    after = planned_state(OPEN, planned(OPEN)) | {"groups_being_applied": ["sg-0123456789abcdef0 removing"]}
    (fact,) = MEASURES[1].verify(after, TARGET)
    assert not fact.holds
    assert "still being applied: sg-0123456789abcdef0 removing" in fact.fact


def test_what_may_go_on_is_told_of_what_was_seen() -> None:
    assert residual({}, TARGET) == []
    state = {
        **OPEN,
        "read_replicas": ["orders-replica", "arn:aws:rds:eu-west-1:111122223333:db:orders-far"],
        "replicated_backups": ["arn:aws:rds:us-west-2:111122223333:auto-backup:ab-1"],
        "iam_authentication": True,
    }
    told = [one["what"] for one in residual(state, TARGET)]
    assert [text.split()[0] for text in told] == ["connections", "the", "the", "the", "sign-in"]
    assert "orders-replica" in told[1]
    assert "orders-far" in told[2]
    assert "auto-backup:ab-1" in told[3]
    assert residual({**OPEN, "status": "stopped"}, TARGET) == []


def test_measures_that_were_not_asked_for_are_told() -> None:
    assert not [text for text in unchecked(MEASURES, TARGET) if text.startswith("NOT ASKED FOR")]
    assert len([text for text in unchecked((), TARGET) if text.startswith("NOT ASKED FOR")]) == len(RDS_INSTANCE)
