"""A request for each of the operations of Auto Scaling and load balancers that the sandbox adds, with something to answer about."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.backends import get_backend
from sandbox_calls import ACCOUNT

from sandbox.autoscaling import operations
from sandbox.load_balancing import classic, registrations, target_operations
from sandbox.world import World

REGION = "eu-west-1"
GROUP = "fleet"
HANDLERS = {**operations.HANDLERS, **target_operations.HANDLERS, **classic.HANDLERS}
Parameters = dict[str, Any]


def group() -> Any:
    """moto's Auto Scaling group of two in service, at most three."""
    ec2 = get_backend("ec2")[ACCOUNT][REGION]
    ec2.create_launch_template(GROUP, "", {"ImageId": "ami-12345678", "InstanceType": "t3.micro"}, {})
    return get_backend("autoscaling")[ACCOUNT][REGION].create_auto_scaling_group(
        name=GROUP,
        availability_zones=[],
        desired_capacity=2,
        max_size=3,
        min_size=1,
        launch_config_name="",
        launch_template={"LaunchTemplateName": GROUP, "Version": "1"},
        vpc_zone_identifier=ec2.describe_subnets()[0].id,
        default_cooldown=300,
        health_check_period=0,
        health_check_type="EC2",
        load_balancers=[],
        target_group_arns=[],
        placement_group=None,
        termination_policies=[],
        tags=[],
    )


def target_group(name: str = "web", protocol: str = "HTTP") -> Any:
    """moto's target group by instance in the default VPC."""
    vpc = next(iter(get_backend("ec2")[ACCOUNT][REGION].vpcs))
    elb = get_backend("elbv2")[ACCOUNT][REGION]
    return elb.create_target_group(name, vpc_id=vpc, protocol=protocol, port="80", target_type="instance", tags=[])


def _first() -> str:
    return str(group().instance_states[0].instance.id)


def _named(**more: Any) -> Parameters:
    return {"AutoScalingGroupName": GROUP, "InstanceIds": [_first()], **more}


def _moving(_world: World) -> Parameters:
    return _named(ShouldDecrementDesiredCapacity=True)


def _standing_by(_world: World) -> Parameters:
    given = _named()
    made = get_backend("autoscaling")[ACCOUNT][REGION].autoscaling_groups[GROUP]
    made.instance_states[0].lifecycle_state = "Standby"
    made.desired_capacity = 1
    return given


def _outside(_world: World) -> Parameters:
    group()
    run = get_backend("ec2")[ACCOUNT][REGION].run_instances
    made = run("ami-12345678", 1, None, [], instance_type="t3.micro", is_instance_type_default=False, tags={})
    return {"AutoScalingGroupName": GROUP, "InstanceIds": [made.instances[0].id]}


def _registering(_world: World) -> Parameters:
    return {"TargetGroupArn": target_group().arn, "Targets": [{"Id": _first(), "Port": 8080}]}


def _registered(world: World) -> Parameters:
    given = _registering(world)
    there = get_backend("elbv2")[ACCOUNT][REGION].target_groups[given["TargetGroupArn"]]
    registrations.register(there, given["Targets"])
    return given


def _classic(_world: World) -> Parameters:
    listener = {"protocol": "HTTP", "load_balancer_port": 80, "instance_port": 80}
    get_backend("elb")[ACCOUNT][REGION].create_load_balancer("old", [f"{REGION}a"], [listener])
    return {"LoadBalancerName": "old", "Instances": [{"InstanceId": _first()}]}


CASES: dict[tuple[str, str], Callable[[World], Parameters]] = {
    ("autoscaling", "EnterStandby"): _moving,
    ("autoscaling", "ExitStandby"): _standing_by,
    ("autoscaling", "DetachInstances"): _moving,
    ("autoscaling", "AttachInstances"): _outside,
    ("autoscaling", "SetInstanceProtection"): lambda _world: _named(ProtectedFromScaleIn=True),
    ("autoscaling", "SetInstanceHealth"): lambda _world: {"InstanceId": _first(), "HealthStatus": "Unhealthy"},
    ("autoscaling", "DescribeAutoScalingInstances"): lambda _world: {"InstanceIds": [_first()]},
    ("elbv2", "RegisterTargets"): _registering,
    ("elbv2", "DeregisterTargets"): _registered,
    ("elbv2", "DescribeTargetHealth"): lambda world: {"TargetGroupArn": _registered(world)["TargetGroupArn"]},
    ("elb", "RegisterInstancesWithLoadBalancer"): _classic,
    ("elb", "DeregisterInstancesFromLoadBalancer"): _classic,
}
