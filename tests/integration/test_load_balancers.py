"""An instance behind load balancers: out of all of them, port by port, and back just so."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from balanced_world import plant
from play import play_tasks
from sandbox_client import Sandbox

CONTAIN = "cordon.aws.ec2_instance_containment"
RELEASE = "cordon.aws.case_release"


def test_every_registration_goes_and_comes_back_and_no_neighbour_s(sandbox: Sandbox, tmp_path: Path) -> None:
    world = plant(sandbox)
    before = world.registered()
    own = world.registered_of_victim()
    assert len(own) == 6, "one by Auto Scaling, two ports by hand, two addresses, one with a Classic Load Balancer"
    given: dict[str, Any] = {"case_id": "case-1", "instance_ids": [world.victim], "measures": ["load_balancers"]}
    played = play_tasks(sandbox, tmp_path, [{CONTAIN: given}, {CONTAIN: given}])
    assert played.ok, played.stdout
    first, second = (one["results"][0] for one in played.results if one["module"] == CONTAIN)
    assert len(first["steps"]) == 6 and all(step["status"] == "done" for step in first["steps"])
    assert second["verified"] and not second["changed"]
    others = {
        where: [(ident, port) for ident, port in ones if (where, ident, port) not in own]
        for where, ones in before.items()
    }
    assert world.registered() == others

    sandbox.control("POST", "/clock", {"advance_s": 600})  # what was deregistered by address has been drained
    back = play_tasks(sandbox, tmp_path, [{RELEASE: {"case_id": "case-1"}}])
    assert back.ok, back.stdout
    assert world.registered() == before


def test_with_standby_each_registration_is_given_back_once(sandbox: Sandbox, tmp_path: Path) -> None:
    """Auto Scaling takes it out of the attached target group, and puts it back, by itself."""
    world = plant(sandbox)
    before, lifecycle, size = world.registered(), world.lifecycle(), world.size()
    given: dict[str, Any] = {
        "case_id": "case-1",
        "instance_ids": [world.victim],
        "measures": ["auto_scaling", "load_balancers"],
        "keep_capacity": False,
    }
    played = play_tasks(sandbox, tmp_path, [{CONTAIN: given}])
    assert played.ok, played.stdout
    assert world.registered_of_victim() == []
    assert world.lifecycle()[world.victim] == ("Standby", True)

    sandbox.control("POST", "/clock", {"advance_s": 600})
    back = play_tasks(sandbox, tmp_path, [{RELEASE: {"case_id": "case-1"}}])
    assert back.ok, back.stdout
    assert (world.registered(), world.lifecycle(), world.size()) == (before, lifecycle, size)


def test_what_was_registered_elsewhere_meanwhile_stays(sandbox: Sandbox, tmp_path: Path) -> None:
    world = plant(sandbox)
    before = world.registered()
    given = {"case_id": "case-1", "instance_ids": [world.victim], "measures": ["load_balancers"]}
    assert play_tasks(sandbox, tmp_path, [{CONTAIN: given}]).ok
    world.client("elbv2").register_targets(TargetGroupArn=world.web, Targets=[{"Id": world.victim, "Port": 8443}])
    sandbox.control("POST", "/clock", {"advance_s": 600})
    back = play_tasks(sandbox, tmp_path, [{RELEASE: {"case_id": "case-1"}}])
    assert back.ok, back.stdout
    assert world.registered() == {**before, world.web: sorted([*before[world.web], (world.victim, 8443)])}
