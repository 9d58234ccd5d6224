"""Whoever may tag an interface can write that its flows were cut, or take away that they were: neither changes what is done."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from instance_response import InstanceResponse
from network_world import NetworkWorld
from sandbox_client import Sandbox

MEASURES = ["network", "tracked_flows"]
MARK = "cordon:flows-cut"
TEXT = "2026-11-25T10:00:00Z, open for at most 50 ms"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    sandbox = Sandbox(tmp_path_factory.mktemp("marks") / "state")
    yield sandbox
    assert sandbox.stop() == 0


@pytest.fixture
def world(running: Sandbox) -> NetworkWorld:
    running.control("POST", "/reset")
    return NetworkWorld(running)


@pytest.fixture
def arn(world: NetworkWorld) -> str:
    return f"arn:aws:ec2:us-east-1:{world.account}:instance/{world.instance_id}"


def tag(world: NetworkWorld, text: str = TEXT) -> None:
    world.ec2.create_tags(Resources=[world.first, world.second], Tags=[{"Key": MARK, "Value": text}])


def test_a_mark_from_before_keeps_no_flow_alive(world: NetworkWorld, arn: str) -> None:
    flow = world.flow()
    world.put(world.empty_group("CordonForensic"), world.first, world.second)
    tag(world)
    run = InstanceResponse(world.sandbox).contain([arn], MEASURES)
    assert not run.failed and not world.alive(flow)


def test_a_mark_written_between_two_runs_keeps_no_flow_alive(world: NetworkWorld, arn: str) -> None:
    flow, response = world.flow(), InstanceResponse(world.sandbox)
    assert not response.contain([arn], ["network"]).failed
    tag(world)
    assert not response.contain([arn], MEASURES).failed
    assert not world.alive(flow)


def test_a_cut_that_failed_is_no_proof_whatever_a_mark_says(world: NetworkWorld, arn: str) -> None:
    tag(world, "CONTAINED AND VERIFIED")
    fault = {"service": "ec2", "operation": "ModifyNetworkInterfaceAttribute", "error": "AccessDenied", "times": 1_000}
    response = InstanceResponse(world.sandbox)
    assert not response.contain([arn], ["network"]).failed
    world.sandbox.control("POST", "/faults", fault)
    (failed,) = response.contain([arn], MEASURES).failed
    world.sandbox.control("DELETE", "/faults")
    said = [fact.fact for fact in failed.facts if fact.measure == "tracked_flows" and "were" in fact.fact]
    assert said and all("were not cut" in one for one in said)


def test_a_mark_that_somebody_takes_away_opens_nothing_again(world: NetworkWorld, arn: str) -> None:
    response = InstanceResponse(world.sandbox)
    assert not response.contain([arn], MEASURES).failed
    windows = world.windows()
    assert {one["interface"] for one in windows} == {world.first, world.second}
    world.ec2.delete_tags(Resources=[world.first, world.second], Tags=[{"Key": MARK}])
    assert not response.contain([arn], MEASURES).changed
    assert world.windows() == windows
