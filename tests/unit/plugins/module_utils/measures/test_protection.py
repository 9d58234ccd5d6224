"""An instance, and what is on its volumes, is kept; a Spot Instance cannot be, and that is said; what was is given back exactly."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cordon.aws.plugins.module_utils.ec2.instances import instance_of_arn
from ansible_collections.cordon.aws.plugins.module_utils.measures import protection
from ansible_collections.cordon.aws.plugins.module_utils.plan import planned_state

TARGET = instance_of_arn("arn:aws:ec2:us-east-1:111122223333:instance/i-0abcdef1234567890")
OTHER = instance_of_arn("arn:aws:ec2:us-east-1:111122223333:instance/i-0fedcba9876543210")
VOLUMES = ("/dev/sda1", "/dev/sdf")


@st.composite
def states(draw: st.DrawFn) -> dict[str, Any]:
    protections = {name: draw(st.booleans()) for name in ("termination_protection", "stop_protection")}
    volumes = {f"delete_on_termination/{device}": draw(st.booleans()) for device in VOLUMES}
    spot = draw(st.booleans())
    shutdown = None if spot else draw(st.sampled_from(["stop", "terminate", None]))
    return {"spot": spot, **protections, "shutdown_behavior": shutdown, **volumes}


@given(states())
def test_everything_that_can_be_kept_is_and_given_back_as_it_was(state: dict[str, Any]) -> None:
    steps = list(protection.plan(state, TARGET))
    after = planned_state(state, steps)
    assert not any(after[f"delete_on_termination/{device}"] for device in VOLUMES)
    if not state["spot"]:
        assert (after["termination_protection"], after["stop_protection"]) == (True, True)
    assert after["shutdown_behavior"] != "terminate"
    assert list(protection.plan(after, TARGET)) == []
    assert all(fact.holds for fact in protection.verify(after, TARGET))
    for step in steps:
        assert protection.can_have_planned(step, TARGET)
        assert not protection.can_have_planned(step, OTHER)
        (back,) = step.undo
        (changed,) = set(step.call.parameters) - {"InstanceId"}
        if changed == "BlockDeviceMappings":
            (mapping,) = back.parameters[changed]
            assert mapping == {"DeviceName": step.facet.partition("/")[2], "Ebs": {"DeleteOnTermination": step.before}}
        else:
            assert back.parameters[changed] == {"Value": step.before}


def test_a_spot_instance_is_said_to_be_unprotected_and_its_volumes_are_kept_all_the_same() -> None:
    """https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-stop-protection.html"""
    state = {
        "spot": True,
        "termination_protection": False,
        "stop_protection": False,
        "shutdown_behavior": None,
        "delete_on_termination//dev/sda1": True,
    }
    assert [step.facet for step in protection.plan(state, TARGET)] == ["delete_on_termination//dev/sda1"]
    assert [fact.fact for fact in protection.verify(state, TARGET)] == [
        "the volume /dev/sda1 is deleted with the instance"
    ]
    (note,) = protection.notes(state, TARGET)
    assert "Spot instance: it cannot be protected" in note


def test_a_guest_that_shuts_down_stops_the_instance_and_a_forged_log_sets_nothing_else() -> None:
    """https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_ChangingInstanceInitiatedShutdownBehavior.html"""
    protected = {"spot": False, "termination_protection": True, "stop_protection": True}
    state = {**protected, "shutdown_behavior": "terminate"}
    assert [fact.holds for fact in protection.verify(state, TARGET)] == [True, True, False]
    (step,) = protection.plan(state, TARGET)
    behavior = {"InstanceInitiatedShutdownBehavior": {"Value": "stop"}, "InstanceId": TARGET.instance_id}
    assert step.call.parameters == behavior
    (way_back,) = step.undo
    other = {**way_back.parameters, "InstanceInitiatedShutdownBehavior": {"Value": "stop"}}
    forged = dataclasses.replace(step, undo=(dataclasses.replace(way_back, parameters=other),))
    assert not protection.can_have_planned(forged, TARGET)
    (note,) = protection.notes({**protected, "shutdown_behavior": None}, TARGET)
    assert "its guest's shutdown terminates it" in note


@pytest.mark.parametrize(
    "changes",
    [
        {"undo": (TARGET.call("TerminateInstances", InstanceIds=[TARGET.instance_id]),)},
        {
            "undo": (
                OTHER.call("ModifyInstanceAttribute", InstanceId=OTHER.instance_id, DisableApiStop={"Value": False}),
            )
        },
        {"facet": "power"},
        {"before": True, "after": False},
        {"undo": ()},
    ],
)
def test_what_somebody_wrote_into_the_log_is_not_taken_for_ours(changes: dict[str, Any]) -> None:
    state = {
        "spot": False,
        "termination_protection": True,
        "stop_protection": False,
        "shutdown_behavior": "stop",
    }
    (step,) = protection.plan(state, TARGET)
    assert protection.can_have_planned(step, TARGET)
    assert not protection.can_have_planned(dataclasses.replace(step, **changes), TARGET)
