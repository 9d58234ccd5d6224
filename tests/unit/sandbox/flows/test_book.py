"""The history that flows are judged by: which calls are noticed, and when."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from moto.backends import get_backend
from sandbox_calls import ACCOUNT, OTHER, call, user
from sandbox_network_operations import REGION, vpc

from sandbox.flows.observed import moment
from sandbox.flows.requests import FlowRequestError, get_exposure, get_flows, put_flow
from sandbox.model import Outcome
from sandbox.world import World


class Scene:
    """An instance with a flow in a group that lets everything out, all of it in moto's backends."""

    def __init__(self, world: World, instance_type: str = "t3.micro") -> None:
        self.world, self.ec2 = world, get_backend("ec2")[ACCOUNT][REGION]
        self.vpc_id, subnets = vpc()
        self.group = self.ec2.create_security_group("web", "web", self.vpc_id)
        made = self.ec2.run_instances(
            "ami-12345678",
            1,
            "",
            [],
            security_group_ids=[self.group.id],
            instance_type=instance_type,
            is_instance_type_default=False,
            tags={},
            subnet_id=subnets[0],
        )
        self.instance = made.instances[0]
        self.interface = self.instance.nics[0]

    def flow(self, **more: Any) -> str:
        wish = {"interface": self.interface.id, "direction": "outbound", "protocol": "tcp", "peer": "203.0.113.77"}
        return str(
            put_flow(self.world, {**wish, "peer_port": 443, "local_port": 50_000, **more}, self.instance.id)["id"]
        )

    def found(self) -> dict[str, Any]:
        (one,) = get_flows(self.world, self.instance.id)["flows"]
        return dict(one)

    def change(self, operation: str, notice: bool = True, status: int = 200) -> None:
        """An all-open ingress rule comes or goes; the sandbox is told of the call, if it is to notice."""
        getattr(self.ec2, operation)(self.group.id, "-1", None, None, [{"CidrIp": "0.0.0.0/0"}])
        if notice:
            name = "".join(word.title() for word in operation.split("_"))
            request = call("ec2", name, {"GroupId": self.group.id})
            self.world.flows.after(request, user(), Outcome(status=status))

    def open_and_shut(self, **how: Any) -> None:
        self.change("authorize_security_group_ingress", **how)
        self.change("revoke_security_group_ingress", **how)


def test_a_rule_is_noticed_with_the_call_that_adds_it_and_not_by_the_next_look(world: World) -> None:
    scene = Scene(world)
    scene.flow()
    scene.open_and_shut()
    found = scene.found()
    assert (found["tracked"], found["alive"]) == (False, False)
    (window,) = get_exposure(world, scene.instance.id)["windows"]
    assert window["interface"] == scene.interface.id


def test_a_rule_that_was_gone_for_a_moment_has_cut_its_untracked_flows(world: World) -> None:
    scene = Scene(world)
    scene.change("authorize_security_group_ingress")
    scene.flow()
    scene.change("revoke_security_group_ingress")
    scene.change("authorize_security_group_ingress")
    assert scene.found()["alive"] is False


@pytest.mark.parametrize("how", [{"notice": False}, {"status": 400}])
def test_what_was_not_carried_out_changes_nothing(world: World, how: dict[str, Any]) -> None:
    scene = Scene(world)
    scene.flow()
    scene.open_and_shut(**how)
    assert scene.found()["alive"] is True
    assert get_exposure(world, scene.instance.id)["windows"] == []


def test_what_happens_in_another_account_is_noticed_there_only(world: World) -> None:
    scene = Scene(world)
    scene.flow()
    scene.ec2.authorize_security_group_ingress(scene.group.id, "-1", None, None, [{"CidrIp": "0.0.0.0/0"}])
    before = world.clock.now()
    request = call("ec2", "AuthorizeSecurityGroupIngress", {"GroupId": scene.group.id})
    world.flows.after(request, user(OTHER), Outcome(status=200))
    world.clock.advance(60)
    (window,) = get_exposure(world, scene.instance.id)["windows"]
    assert window["from"] > (before + timedelta(seconds=59)).isoformat()


def test_an_instance_that_auto_scaling_terminates_ends_its_flows_then(world: World) -> None:
    scene = Scene(world)
    scene.flow()
    scene.ec2.terminate_instances([scene.instance.id])
    before = world.clock.now()
    request = call("autoscaling", "TerminateInstanceInAutoScalingGroup", {"InstanceId": scene.instance.id})
    world.flows.after(request, user(), Outcome(status=200))
    world.clock.advance(600)
    found = scene.found()
    assert found["alive"] is False
    assert found["ended_at"] < (before + timedelta(seconds=60)).isoformat()


def test_a_flow_may_have_begun_earlier(world: World) -> None:
    scene = Scene(world)
    scene.flow(idle=True, began_s_ago=431_900)
    assert scene.found()["alive"] is True
    world.clock.advance(200)
    assert scene.found()["alive"] is False


def test_a_neighbour_in_a_group_that_a_rule_names_may_begin(world: World) -> None:
    scene = Scene(world)
    other = scene.ec2.create_security_group("admins", "admins", scene.vpc_id)
    neighbour = scene.ec2.create_network_interface(scene.interface.subnet, "10.0.0.99", group_ids=[other.id])
    wish = {"direction": "inbound", "local_port": 22, "peer": neighbour.private_ip_address, "peer_port": 50_000}
    with pytest.raises(FlowRequestError):
        scene.flow(**wish)
    source = [{"GroupId": other.id}]
    scene.ec2.authorize_security_group_ingress(scene.group.id, "tcp", "22", "22", [], source_groups=source)
    scene.flow(**wish)
    assert scene.found()["tracked"] is True


@pytest.mark.parametrize(
    ("instance_type", "seconds"), [("m8i.large", 350), ("m5.large", 432_000), ("t3.micro", 432_000)]
)
def test_the_default_timeout_is_that_of_the_instance_type(world: World, instance_type: str, seconds: int) -> None:
    scene = Scene(world)
    scene.instance.instance_type = instance_type
    found = moment(scene.ec2, scene.interface, world.clock.now())
    assert found.timeouts.tcp_established_s == seconds
