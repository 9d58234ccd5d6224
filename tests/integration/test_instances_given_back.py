"""Over generated networks: only the contained instances change, each interface by itself, and release gives back exactly what was."""

from __future__ import annotations

import re
from typing import Any

from hypothesis import event, example, given, settings
from instance_response import InstanceResponse
from sandbox_client import Sandbox
from vpc_worlds import Network, Server, VpcWorld, networks

from ansible_collections.cordon.aws.plugins.module_utils.ec2.flow_facets import EXPOSURE
from ansible_collections.cordon.aws.plugins.module_utils.ec2.listings import FORENSIC_GROUP
from ansible_collections.cordon.aws.plugins.module_utils.target_run import Run

# Each example makes a network through the API, and runs a containment and a release.
FEW = settings(max_examples=max(settings().max_examples // 10, 1))
TWINS = Network(
    groups=(5, 1),
    servers=(
        Server(vpc=0, interfaces=(frozenset({0, 1, 2, 3, 4}), frozenset({0}), frozenset({1, 2}))),
        Server(vpc=0, interfaces=(frozenset({0, 1, 2, 3, 4}), frozenset({0})), protected=True),
        Server(vpc=1, interfaces=(frozenset({0}),), keeps_volume=True),
    ),
)
"""Its neighbours share all its groups, and one is in another VPC."""


def groups_of(instance: dict[str, Any]) -> list[list[str]]:
    """The names of the groups of each interface."""
    return [[group["GroupName"] for group in one["Groups"]] for one in instance["interfaces"]]


def assert_measured(sandbox: Sandbox, run: Run) -> None:
    """No interface is open, or was open for longer than the result's facets say."""
    for entry in run.targets:
        instance = entry.arn.rpartition("/")[2]
        windows = sandbox.control("GET", f"/instances/{instance}/exposure")["windows"]
        assert windows, "each interface is opened for a moment to have its flows cut"
        for window in windows:
            said = re.search(r"open for at most (\d+) ms", str(entry.after[EXPOSURE + window["interface"]]))
            assert window["until"] is not None
            assert said and window["ms"] <= int(said[1])


class TestGeneratedNetworks:
    @FEW
    @example(network=TWINS)
    @given(network=networks())
    def test_neighbours_do_not_change_and_release_gives_back_what_was(self, running: Sandbox, network: Network) -> None:
        running.control("POST", "/reset")
        world, response = VpcWorld(running, network), InstanceResponse(running)
        arns = [world.arn(one) for one in world.targets]
        event(f"{network.targets} of {len(network.servers)} contained")
        before = world.everything()

        contained = response.contain(arns)
        assert not contained.failed, [entry.error for entry in contained.failed]
        assert_measured(running, contained)
        during = world.everything()
        for one in world.neighbours:
            assert during["instances"][one] == before["instances"][one]
        for one in world.targets:
            assert {tuple(names) for names in groups_of(during["instances"][one])} == {(FORENSIC_GROUP,)}
        others = {name: group for name, group in during["groups"].items() if group["GroupName"] != FORENSIC_GROUP}
        assert others == before["groups"]
        for group in during["groups"].values():
            if group["GroupName"] == FORENSIC_GROUP:
                assert group["IpPermissions"] == group["IpPermissionsEgress"] == []

        released = response.release(arns)
        assert not released.failed, [entry.error for entry in released.failed]
        assert world.everything() == before

    @FEW
    @given(network=networks())
    def test_one_of_two_that_share_a_group_is_released_alone(self, running: Sandbox, network: Network) -> None:
        running.control("POST", "/reset")
        world, response = VpcWorld(running, network), InstanceResponse(running)
        one, other = (world.arn(instance) for instance in world.instances[:2])
        before = world.everything()
        assert not response.contain([one, other]).failed
        during = world.everything()
        assert not response.release([one]).failed
        between = world.everything()
        first, second = world.instances[:2]
        assert between["instances"][first] == before["instances"][first]
        assert between["instances"][second] == during["instances"][second]
        assert not response.release([other]).failed
        assert world.everything() == before
