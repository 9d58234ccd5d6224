"""An instance whose Auto Scaling group must not terminate it: taken out of service, and given back as it was."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from balanced_world import GROUP, Balanced, plant
from play import Played, play_tasks
from sandbox_client import Sandbox

CONTAIN = "cordon.aws.ec2_instance_containment"


def contain(world: Balanced, tmp_path: Path, *instances: str, cmdline: str = "", **options: Any) -> Played:
    given = {"case_id": "case-1", "instance_ids": list(instances or [world.victim]), **options}
    return play_tasks(world.sandbox, tmp_path, [{CONTAIN: given}], cmdline=cmdline)


def release(world: Balanced, tmp_path: Path) -> Played:
    return play_tasks(world.sandbox, tmp_path, [{"cordon.aws.case_release": {"case_id": "case-1"}}])


def result(played: Played, module: str = "ec2_instance_containment") -> Any:
    return played.of(module)["results"][0]


def test_without_a_replacement_it_comes_back_to_a_group_as_it_was(sandbox: Sandbox, tmp_path: Path) -> None:
    world = plant(sandbox, size=(1, 3, 3))
    lifecycle, size = world.lifecycle(), world.size()
    wish = {"measures": ["auto_scaling"], "keep_capacity": False}

    planned = contain(world, tmp_path, cmdline="--check", **wish)
    assert (world.lifecycle(), world.size()) == (lifecycle, size)
    done = contain(world, tmp_path, **wish)
    assert planned.ok and done.ok, planned.stdout + done.stdout
    assert planned.of("ec2_instance_containment")["plan_id"] == done.of("ec2_instance_containment")["plan_id"]
    assert world.lifecycle() == {**lifecycle, world.victim: ("Standby", True)}
    assert world.size() == (1, 2, 3)
    assert GROUP in result(done)["notes"][0]

    sandbox.control("DELETE", "/calls")
    again = contain(world, tmp_path, **wish)
    assert again.ok and not result(again)["changed"] and result(again)["verified"]
    assert not sandbox.writes()

    back = release(world, tmp_path)
    assert back.ok, back.stdout
    assert (world.lifecycle(), world.size()) == (lifecycle, size)


def test_with_a_replacement_the_group_stays_as_large_and_release_says_what_room_it_needs(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    world = plant(sandbox, size=(1, 2, 2))
    done = contain(world, tmp_path, measures=["auto_scaling"])
    assert done.ok, done.stdout
    assert world.size() == (1, 2, 2)
    serving = [member for member, (state, _protected) in world.lifecycle().items() if state == "InService"]
    assert len(serving) == 2 and world.victim not in serving
    notes = " ".join(result(done)["notes"])
    assert "AWS launches a replacement from launch template web, version 1" in notes
    assert "Raise the maximum to 3 before releasing" in notes

    refused = release(world, tmp_path)
    assert not refused.ok
    assert "desired capacity goes from 2 to 3" in result(refused, "case_release")["error"]
    assert world.lifecycle()[world.victim][0] == "Standby"

    world.client("autoscaling").update_auto_scaling_group(AutoScalingGroupName=GROUP, MaxSize=3)
    back = release(world, tmp_path)
    assert back.ok, back.stdout
    assert world.lifecycle()[world.victim] == ("InService", False)
    assert set(serving) < set(world.lifecycle()), "release terminates nobody"
    assert world.size() == (1, 3, 3)


@pytest.mark.parametrize("error", ["drop_before", "drop_after", "InternalError"])
def test_an_answer_that_is_lost_costs_the_group_no_second_member(sandbox: Sandbox, tmp_path: Path, error: str) -> None:
    world = plant(sandbox, size=(0, 3, 3))
    lifecycle = world.lifecycle()
    for operation in ("EnterStandby", "ExitStandby"):
        sandbox.control(
            "POST", "/faults", {"service": "autoscaling", "operation": operation, "error": error, "times": 1}
        )
    done = contain(world, tmp_path, measures=["auto_scaling"], keep_capacity=False)
    assert done.ok, done.stdout
    assert world.size() == (0, 2, 3)
    back = release(world, tmp_path)
    assert back.ok, back.stdout
    assert (world.lifecycle(), world.size()) == (lifecycle, (0, 3, 3))


def test_a_group_at_its_minimum_is_left_alone_and_the_way_out_is_told(sandbox: Sandbox, tmp_path: Path) -> None:
    world = plant(sandbox, size=(2, 2, 4))
    lifecycle = world.lifecycle()
    sandbox.control("DELETE", "/calls")
    refused = contain(world, tmp_path, measures=["auto_scaling"], keep_capacity=False)
    assert not refused.ok
    error = result(refused)["error"]
    assert "from 2 to 1, and its minimum is 2: 1 needed, 0 free" in error
    assert "Set `keep_capacity: true`" in error
    assert (world.lifecycle(), sandbox.writes()) == (lifecycle, {})


def test_members_of_one_group_are_taken_out_together_and_no_more_than_it_can_spare(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    world = plant(sandbox, size=(1, 3, 3))
    two = world.members[:2]
    sandbox.control("DELETE", "/calls")
    done = contain(world, tmp_path, *two, measures=["auto_scaling"], keep_capacity=False)
    assert done.ok, done.stdout
    assert world.size() == (1, 1, 3)
    assert sorted(sandbox.writes().values()) == [1, 1], sandbox.writes()

    refused = contain(world, tmp_path, *world.members, measures=["auto_scaling"], keep_capacity=False)
    assert not refused.ok
    assert world.lifecycle()[world.members[2]][0] == "InService"
    back = release(world, tmp_path)
    assert back.ok, back.stdout
    assert world.size() == (1, 3, 3)
    assert set(world.lifecycle().values()) == {("InService", False)}


def test_two_that_each_could_go_but_not_both_are_refused_with_the_numbers(sandbox: Sandbox, tmp_path: Path) -> None:
    world = plant(sandbox, size=(1, 2, 3))
    lifecycle = {member: state for member, (state, _protected) in world.lifecycle().items()}
    refused = contain(world, tmp_path, *world.members, measures=["auto_scaling"], keep_capacity=False)
    assert not refused.ok
    assert "2 needed, 1 free" in result(refused)["error"]
    assert {member: state for member, (state, _protected) in world.lifecycle().items()} == lifecycle


def test_detached_it_outlives_the_group_s_rules_and_comes_back_with_its_own_protection(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    world = plant(sandbox, size=(1, 2, 3))
    world.client("autoscaling").set_instance_protection(
        AutoScalingGroupName=GROUP, InstanceIds=[world.victim], ProtectedFromScaleIn=True
    )
    lifecycle, size = world.lifecycle(), world.size()
    done = contain(world, tmp_path, measures=["auto_scaling"], auto_scaling="detach", keep_capacity=False)
    assert done.ok, done.stdout
    assert world.victim not in world.lifecycle()
    again = contain(world, tmp_path, measures=["auto_scaling"], auto_scaling="detach", keep_capacity=False)
    assert again.ok and not result(again)["changed"]
    assert [fact["fact"] for fact in result(again)["proof"]] == ["it is in no Auto Scaling group"]
    back = release(world, tmp_path)
    assert back.ok, back.stdout
    assert (world.lifecycle(), world.size()) == (lifecycle, size)


def test_what_somebody_has_put_back_in_service_is_not_touched(sandbox: Sandbox, tmp_path: Path) -> None:
    """Its scale-in protection was removed and set again by others: what Cordon left is gone."""
    world = plant(sandbox, size=(1, 2, 3))
    assert contain(world, tmp_path, measures=["auto_scaling"], keep_capacity=False).ok
    world.client("autoscaling").detach_instances(
        AutoScalingGroupName=GROUP, InstanceIds=[world.victim], ShouldDecrementDesiredCapacity=False
    )
    refused = release(world, tmp_path)
    assert not refused.ok
    assert "somebody has changed it since" in result(refused, "case_release")["error"]
    assert world.victim not in world.lifecycle()


@pytest.mark.parametrize(
    ("measures", "survives"), [(None, True), (["network"], False)], ids=["all measures", "the network alone"]
)
def test_contained_as_a_whole_it_outlives_the_health_checks_that_kill_it_otherwise(
    sandbox: Sandbox, tmp_path: Path, measures: list[str] | None, survives: bool
) -> None:
    """The group replaces whatever its load balancer finds unhealthy, and an isolated instance is."""
    world = plant(sandbox)
    sandbox.control("POST", "/clock", {"advance_s": 600})
    assert world.is_running(world.victim)
    done = contain(world, tmp_path, **({} if measures is None else {"measures": measures}))
    assert done.ok, done.stdout
    sandbox.control("POST", "/clock", {"advance_s": 3600})
    assert world.is_running(world.victim) is survives
    assert all(world.is_running(neighbour) for neighbour in world.members[1:])
