"""RegisterTargets, DeregisterTargets and DescribeTargetHealth."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from moto.backends import get_backend

from sandbox.errors import ApiError
from sandbox.load_balancing import health, registrations
from sandbox.load_balancing.reachability import instances_by_id
from sandbox.model import ApiRequest, Caller

if TYPE_CHECKING:
    from sandbox.world import World


def register(_world: World, request: ApiRequest, caller: Caller) -> dict[str, Any]:
    """https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_RegisterTargets.html"""
    group, ec2 = _group(request, caller), _ec2(request, caller)
    for target in request.parameters["Targets"]:
        if group.target_type == "instance":
            _can_be_target(group, ec2, str(target["Id"]))
    registrations.register(group, request.parameters["Targets"])
    return {}


def deregister(_world: World, request: ApiRequest, caller: Caller) -> dict[str, Any]:
    """https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DeregisterTargets.html"""
    registrations.deregister(_group(request, caller), request.parameters["Targets"])
    return {}


def describe(_world: World, request: ApiRequest, caller: Caller) -> dict[str, Any]:
    """https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DescribeTargetHealth.html"""
    group, instances = _group(request, caller), instances_by_id(_ec2(request, caller))
    there = registrations.of(group)
    asked = [registrations.key_of(group, one) for one in request.parameters.get("Targets") or ()]
    found = []
    for key in asked or there:
        one = there.get(key)
        told = health.described(group, one, instances) if one is not None else health.not_registered()
        found.append(_shown(group, key, told))
    return {"TargetHealthDescriptions": found}


def _shown(group: Any, key: registrations.Key, told: Mapping[str, str]) -> dict[str, Any]:
    ident, port, zone = key
    target = {"Id": ident, "Port": port, "AvailabilityZone": zone}
    check = group.health_check_port if group.health_check_port != "traffic-port" else port
    shown = {
        "Target": {name: value for name, value in target.items() if value is not None},
        "HealthCheckPort": None if check is None else str(check),
        "TargetHealth": dict(told),
    }
    return {name: value for name, value in shown.items() if value is not None}


def _group(request: ApiRequest, caller: Caller) -> Any:
    groups = get_backend("elbv2")[caller.account][request.region].target_groups
    found = groups.get(request.parameters["TargetGroupArn"])
    if found is None:
        raise ApiError("TargetGroupNotFound", "One or more target groups not found")
    return found


def _ec2(request: ApiRequest, caller: Caller) -> Any:
    return get_backend("ec2")[caller.account][request.region]


def _can_be_target(group: Any, ec2: Any, instance_id: str) -> None:
    instance = ec2.get_instance_by_id(instance_id)
    if instance is None or instance.vpc_id != group.vpc_id:
        raise ApiError("InvalidTarget", f"The following targets are not in the target group VPC: '{instance_id}'")
    if instance.state != "running":
        message = f"The following targets are not in a running state and cannot be registered: '{instance_id}'"
        raise ApiError("InvalidTarget", message)


HANDLERS = {
    ("elbv2", "RegisterTargets"): register,
    ("elbv2", "DeregisterTargets"): deregister,
    ("elbv2", "DescribeTargetHealth"): describe,
}
