"""The resources that calls about Auto Scaling groups and load balancers are authorized for.
https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2autoscaling.html
https://docs.aws.amazon.com/service-authorization/latest/reference/list_awselasticloadbalancingv2.html"""

from __future__ import annotations

import re
from typing import Any

import pytest
from sandbox_calls import ACCOUNT, call, user
from sandbox_fleet_operations import CASES, GROUP, REGION

from sandbox.authorization.fleet_resources import autoscaling_resources, balancer_resources
from sandbox.world import World


def resources(world: World, service: str, operation: str, parameters: dict[str, Any] | None = None) -> list[str]:
    find = autoscaling_resources if service == "autoscaling" else balancer_resources
    given = CASES[service, operation](world) if parameters is None else parameters
    return find(call(service, operation, given), user())


@pytest.mark.parametrize("operation", ["EnterStandby", "DetachInstances", "SetInstanceProtection", "SetInstanceHealth"])
def test_changes_of_members_are_about_their_group(world: World, operation: str) -> None:
    (found,) = resources(world, "autoscaling", operation)
    start = f"arn:aws:autoscaling:{REGION}:{ACCOUNT}:autoScalingGroup:"
    assert re.fullmatch(rf"{start}[0-9a-f-]{{36}}:autoScalingGroupName/{GROUP}", found)


@pytest.mark.parametrize("operation", ["RegisterTargets", "DeregisterTargets"])
def test_registering_is_about_the_target_group(world: World, operation: str) -> None:
    given = CASES["elbv2", operation](world)
    assert resources(world, "elbv2", operation, given) == [given["TargetGroupArn"]]


def test_classic_load_balancers_go_by_their_names(world: World) -> None:
    given = {"LoadBalancerName": "old", "Instances": []}
    found = resources(world, "elb", "DeregisterInstancesFromLoadBalancer", given)
    assert found == [f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:loadbalancer/old"]


@pytest.mark.parametrize(
    ("service", "operation"), [("autoscaling", "DescribeAutoScalingInstances"), ("elbv2", "DescribeTargetHealth")]
)
def test_what_describes_has_no_permissions_by_resource(world: World, service: str, operation: str) -> None:
    assert resources(world, service, operation) == ["*"]
