"""Taken out of its group's reach by what AWS allows in its state, given back as it was, and never proven where it is not."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cordon.aws.plugins.module_utils.ec2.instances import instance_of_arn
from ansible_collections.cordon.aws.plugins.module_utils.errors import AwsError, QuotaError
from ansible_collections.cordon.aws.plugins.module_utils.history import release_steps
from ansible_collections.cordon.aws.plugins.module_utils.measure import proven
from ansible_collections.cordon.aws.plugins.module_utils.measures.auto_scaling import (
    GROUP,
    LIFECYCLE,
    MEMBER,
    PROTECTED,
    AutoScaling,
    residual,
)
from ansible_collections.cordon.aws.plugins.module_utils.plan import Call, planned_state
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads

TARGET = instance_of_arn("arn:aws:ec2:us-east-1:111122223333:instance/i-0abcdef1234567890")
OTHER = instance_of_arn("arn:aws:ec2:us-east-1:111122223333:instance/i-0fedcba9876543210")
ELSEWHERE = instance_of_arn("arn:aws:ec2:us-east-1:123456789012:instance/i-0abcdef1234567890")
# The values of LifecycleState that are in use:
# https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_AutoScalingInstanceDetails.html
STUCK = (
    *("Pending", "Pending:Wait", "Pending:Proceed", "Terminating", "Terminating:Wait", "Terminating:Proceed"),
    *("ReplacingRootVolume", "ReplacingRootVolume:Wait", "ReplacingRootVolume:Proceed", "RootVolumeReplaced"),
    *("Warmed:Pending", "Warmed:Terminating", "Warmed:Stopped", "Warmed:Running", "Warmed:Hibernated"),
)
"""In none of them can it enter standby or be detached: https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_EnterStandby.html"""
NO_GROUP = {MEMBER: None}


def state(
    lifecycle: str = "InService", *, protected: bool = False, least: int = 1, desired: int = 2, most: int = 4
) -> Any:
    return {
        MEMBER: {"group": "web", "state": "Standby" if lifecycle == "EnteringStandby" else lifecycle},
        LIFECYCLE: lifecycle,
        PROTECTED: protected,
        GROUP: {
            "AutoScalingGroupName": "web",
            "MinSize": least,
            "DesiredCapacity": desired,
            "MaxSize": most,
            "LaunchedFrom": "launch template web, version 3",
        },
    }


wishes = st.builds(AutoScaling, how=st.sampled_from(["standby", "detach"]), keep_capacity=st.booleans())
states = st.one_of(
    st.just(NO_GROUP),
    st.builds(
        state,
        st.sampled_from(["InService", "Standby", "EnteringStandby", "Terminating:Retained", *STUCK]),
        protected=st.booleans(),
    ),
)


@given(wishes, states)
def test_a_plan_on_what_it_leaves_is_empty_and_is_proven(wish: AutoScaling, found: Any) -> None:
    planned = planned_state(found, list(wish.plan(found, TARGET)))
    assert list(wish.plan(planned, TARGET)) == []
    is_stuck = found[MEMBER] is not None and found[MEMBER]["state"] in STUCK
    assert proven(wish.verify(planned, TARGET)) is not is_stuck


@given(wishes, states)
def test_it_is_proven_where_nothing_is_left_to_do_and_something_can_be_done(wish: AutoScaling, found: Any) -> None:
    is_stuck = found[MEMBER] is not None and found[MEMBER]["state"] in STUCK
    assert proven(wish.verify(found, TARGET)) is (not is_stuck and not list(wish.plan(found, TARGET)))


@given(wishes, states)
def test_release_gives_back_what_was_there(wish: AutoScaling, found: Any) -> None:
    steps = list(wish.plan(found, TARGET))
    planned = planned_state(found, steps)
    undoing, conflicts = release_steps(steps[::-1], planned)
    assert not conflicts
    assert planned_state(planned, undoing) == found


@given(wishes, states)
def test_what_is_planned_can_have_been_planned_and_near_misses_cannot(wish: AutoScaling, found: Any) -> None:
    for step in wish.plan(found, TARGET):
        # Releasing knows no wish.
        assert AutoScaling().can_have_planned(step, TARGET)
        assert not AutoScaling().can_have_planned(step, OTHER)
        assert not AutoScaling().can_have_planned(step, ELSEWHERE)
        (way_back,) = step.undo
        forged = [
            replace(way_back, parameters={**way_back.parameters, **change})
            for change in (
                {"InstanceId": OTHER.instance_id},
                {"AutoScalingGroupName": "another"},
                {"State": "Terminating"},
                {"ProtectedFromScaleIn": "yes"},
                {"More": 1},
            )
        ]
        forged.append(replace(way_back, service="autoscaling", operation="DeleteAutoScalingGroup"))
        for call in forged:
            assert not AutoScaling().can_have_planned(replace(step, undo=(call,)), TARGET)
        assert not AutoScaling().can_have_planned(replace(step, undo=()), TARGET)
        assert not AutoScaling().can_have_planned(replace(step, facet="interface_groups/eni-1"), TARGET)


def test_it_is_protected_while_it_serves_and_then_put_on_standby() -> None:
    protect, standby = AutoScaling().plan(state(), TARGET)
    assert dict(protect.call.parameters) == {
        "AutoScalingGroupName": "web",
        "InstanceId": TARGET.instance_id,
        "ProtectedFromScaleIn": True,
    }
    assert dict(standby.call.parameters) == {
        "AutoScalingGroupName": "web",
        "InstanceId": TARGET.instance_id,
        "State": "Standby",
        "ShouldDecrementDesiredCapacity": False,
    }
    assert dict(standby.undo[0].parameters) == {
        "AutoScalingGroupName": "web",
        "InstanceId": TARGET.instance_id,
        "State": "InService",
    }


def test_detaching_loses_the_protection_and_so_the_way_back_carries_it() -> None:
    """https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-instance-protection.html"""
    wish = AutoScaling(how="detach", keep_capacity=False)
    for protected in (True, False):
        (step,) = wish.plan(state(protected=protected), TARGET)
        assert step.call.parameters["ShouldDecrementDesiredCapacity"] is True
        assert step.undo[0].parameters["ProtectedFromScaleIn"] is protected


@given(st.integers(0, 5), st.integers(0, 5))
def test_capacity_is_given_up_only_above_the_minimum(least: int, spare: int) -> None:
    found = state(least=least, desired=least + spare, most=20)
    for how in ("standby", "detach"):
        wish = AutoScaling(how=how, keep_capacity=False)
        if spare:
            assert list(wish.plan(found, TARGET))
        else:
            with pytest.raises(QuotaError, match=f"its minimum is {least}: 1 needed, 0 free"):
                list(wish.plan(found, TARGET))
        assert list(AutoScaling(how=how).plan(found, TARGET))


def test_one_that_has_left_service_needs_no_room() -> None:
    found = state("Standby", least=2, desired=2)
    assert [step.facet for step in AutoScaling(keep_capacity=False).plan(found, TARGET)] == [PROTECTED]


def test_whoever_is_in_no_group_proves_just_that() -> None:
    (fact,) = AutoScaling().verify(NO_GROUP, TARGET)
    assert (fact.fact, fact.holds) == ("it is in no Auto Scaling group", True)
    assert AutoScaling().notes(NO_GROUP, TARGET) == ()


@pytest.mark.parametrize("lifecycle", STUCK)
def test_where_it_cannot_be_taken_out_the_reason_and_the_remedy_are_told(lifecycle: str) -> None:
    found = state(lifecycle)
    assert list(AutoScaling().plan(found, TARGET)) == []
    (fact,) = AutoScaling().verify(found, TARGET)
    assert not fact.holds
    assert lifecycle in fact.fact
    (note,) = AutoScaling().notes(found, TARGET)
    assert "epeat the run" in note or "snapshots at once" in note


def test_one_that_is_retained_is_left_by_its_group_and_needs_nothing() -> None:
    """https://docs.aws.amazon.com/autoscaling/ec2/userguide/manage-retained-instances.html"""
    retained = state("Terminating:Retained")
    assert proven(AutoScaling().verify(retained, TARGET))
    assert (list(AutoScaling().plan(retained, TARGET)), AutoScaling().notes(retained, TARGET)) == ([], ())


def test_as_long_as_it_is_entering_standby_that_is_told_as_residual() -> None:
    entering = state("EnteringStandby", protected=True)
    assert proven(AutoScaling().verify(entering, TARGET))
    assert "EnteringStandby" in AutoScaling().verify(entering, TARGET)[0].fact
    assert "health checks" in residual(entering, TARGET)[0]["what"]
    assert [list(residual(other, TARGET)) for other in (NO_GROUP, state())] == [[], []]


def test_a_member_on_standby_is_told_to_be_one_still() -> None:
    """https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_DeleteAutoScalingGroup.html"""
    (told,) = residual(state("Standby"), TARGET)
    assert "group web with ForceDelete" in told["what"] and "detach" in told["why"]


@pytest.mark.parametrize(
    ("wish", "desired", "said"),
    [
        (AutoScaling(), 2, "a replacement from launch template web, version 3. If the image"),
        (AutoScaling(), 2, "it is 2, of 4 at most"),
        (AutoScaling(), 4, "Raise the maximum to 5 before releasing"),
        (AutoScaling(keep_capacity=False), 2, "No replacement is launched"),
    ],
)
def test_what_becomes_of_the_group_is_told(wish: AutoScaling, desired: int, said: str) -> None:
    notes = " ".join(wish.notes(state(desired=desired), TARGET))
    assert "instance/i-0abcdef1234567890 is in Auto Scaling group web" in notes
    assert said in notes


class Region:
    """An account with the instances of `states`, each in the group "web" in its state; None for one that is in no group."""

    def __init__(self, states: dict[str, str | None], *, running: bool = True) -> None:
        self.states, self.asked = states, list[str]()
        self.running = running

    def background(self, ask: Any) -> Future[Any]:
        answer: Future[Any] = Future()
        answer.set_result(ask())
        return answer

    def pages(self, call: Call, _key: str) -> Any:
        self.asked.append(call.operation)
        if call.operation == "DescribeInstances":
            state = {"Name": "running" if self.running else "terminated"}
            return [{"Instances": [{"InstanceId": ident, "State": state} for ident in self.states]}]
        if call.operation == "DescribeAutoScalingGroups":
            size = {"MinSize": 1, "MaxSize": 4, "DesiredCapacity": 2}
            template = {"LaunchTemplateId": "lt-0abcdef1234567890", "LaunchTemplateName": "web", "Version": "3"}
            return [{"AutoScalingGroupName": "web", **size, "LaunchTemplate": template}]
        return [
            {
                "InstanceId": ident,
                "AutoScalingGroupName": "web",
                "LifecycleState": self.states[ident],
                "ProtectedFromScaleIn": False,
            }
            for ident in call.parameters["InstanceIds"]
            if self.states[ident] is not None
        ]


def observed(lifecycle: str | None, *, running: bool = True) -> Any:
    cloud: Any = Region({TARGET.instance_id: lifecycle}, running=running)
    return AutoScaling().observe(Reads(cloud), TARGET)


@pytest.mark.parametrize("lifecycle", ["InService", "Standby", "EnteringStandby", "Terminating:Retained", *STUCK])
def test_the_member_its_state_and_what_the_group_was_like_are_written_down(lifecycle: str) -> None:
    assert observed(lifecycle) == state(lifecycle)


@pytest.mark.parametrize("lifecycle", [None, "Terminated", "Detached", "Detaching"])
def test_whoever_has_left_or_is_leaving_is_in_no_group(lifecycle: str | None) -> None:
    assert observed(lifecycle)[MEMBER] is None
    assert proven(AutoScaling().verify(observed(lifecycle), TARGET))


def test_of_an_instance_that_is_gone_nothing_is_said_of_groups() -> None:
    with pytest.raises(AwsError, match="it is terminated"):
        observed(None, running=False)


def test_of_many_members_of_one_group_fifty_are_asked_about_at_once() -> None:
    targets = [
        replace(TARGET, instance_id=f"i-{number:017x}", arn=f"{TARGET.arn[:-19]}i-{number:017x}")
        for number in range(120)
    ]
    cloud: Any = Region({target.instance_id: "InService" for target in targets})
    reads = Reads(cloud)
    for target in targets:
        target.expect(reads)
    for target in targets:
        AutoScaling().observe(reads, target)
    assert sorted(cloud.asked) == [
        "DescribeAutoScalingGroups",
        *["DescribeAutoScalingInstances"] * 3,
        "DescribeInstances",
    ]
