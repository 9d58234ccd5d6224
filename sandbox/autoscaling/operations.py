"""Calls that move members of Auto Scaling groups between the states of their life, or protect them. What AWS does over some time has
happened here when the call is answered. https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-lifecycle.html"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from moto.autoscaling.models import ASG_NAME_TAG, InstanceState
from moto.backends import get_backend

from sandbox.autoscaling import members
from sandbox.errors import ApiError
from sandbox.list_pages import page
from sandbox.model import ApiRequest, Caller

if TYPE_CHECKING:
    from sandbox.world import World

_MOST_MOVED = 20
_MOST_NAMED = 50


def enter_standby(world: World, request: ApiRequest, caller: Caller) -> dict[str, Any]:
    """https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_EnterStandby.html"""
    group, states = _asked(request, caller, "InService")
    _decrement(request, group, len(states))
    for state in states:
        members.take_from_balancers(group, state)
        state.lifecycle_state = "Standby"
    _replace(request, group, len(states))
    return _activities(world, group, "Moving EC2 instance to Standby", states)


def exit_standby(world: World, request: ApiRequest, caller: Caller) -> dict[str, Any]:
    """https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_ExitStandby.html"""
    group, states = _asked(request, caller, "Standby")
    _fits(group, len(states))
    group.desired_capacity += len(states)
    for state in states:
        state.lifecycle_state = "InService"
    members.add_to_balancers(group)
    return _activities(world, group, "Moving EC2 instance out of Standby", states)


def detach(world: World, request: ApiRequest, caller: Caller) -> dict[str, Any]:
    """https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_DetachInstances.html"""
    group, states = _asked(request, caller, "InService", "Standby")
    in_service = sum(state.lifecycle_state == "InService" for state in states)
    _decrement(request, group, in_service)
    for state in states:
        members.take_from_balancers(group, state)
        group.instance_states.remove(state)
        group.ec2_backend.delete_tags([state.instance.id], {ASG_NAME_TAG: group.name})
        state.instance.__dict__.pop("autoscaling_group", None)
    _replace(request, group, in_service)
    return _activities(world, group, "Detaching EC2 instance", states)


def attach(_world: World, request: ApiRequest, caller: Caller) -> dict[str, Any]:
    """https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_AttachInstances.html"""
    group = _group(request, caller)
    ids = _ids(request, _MOST_MOVED)
    _fits(group, len(ids))
    ec2 = get_backend("ec2")[caller.account][request.region]
    taken = {
        one.instance.id for one in members.backend(caller.account, request.region).describe_auto_scaling_instances([])
    }
    for instance_id in ids:
        instance = ec2.get_instance_by_id(instance_id)
        if instance is None:
            raise ApiError("ValidationError", f"Invalid Instance ID(s): [{instance_id}] specified")
        if instance.state != "running":
            raise ApiError("ValidationError", f"Instance {instance_id} is not in correct state")
        if instance_id in taken:
            raise ApiError("ValidationError", f"Instance {instance_id} is already part of an AutoScalingGroup")
    for instance_id in ids:
        group.instance_states.append(
            InstanceState(
                ec2.get_instance(instance_id),
                protected_from_scale_in=group.new_instances_protected_from_scale_in,
                autoscaling_group=group,
            )
        )
        ec2.create_tags([instance_id], {ASG_NAME_TAG: group.name})
    group.desired_capacity += len(ids)
    members.add_to_balancers(group)
    return {}


def set_protection(_world: World, request: ApiRequest, caller: Caller) -> dict[str, Any]:
    """https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_SetInstanceProtection.html"""
    _group_of, states = _asked(request, caller, "InService", "Standby", most=_MOST_NAMED)
    for state in states:
        state.protected_from_scale_in = bool(request.parameters["ProtectedFromScaleIn"])
    return {}


def set_health(_world: World, request: ApiRequest, caller: Caller) -> dict[str, Any]:
    """https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_SetInstanceHealth.html"""
    wanted, instance_id = request.parameters["HealthStatus"], request.parameters["InstanceId"]
    if wanted not in ("Healthy", "Unhealthy"):
        raise ApiError("ValidationError", "Valid instance health states are: [Healthy, Unhealthy].")
    found = members.backend(caller.account, request.region).describe_auto_scaling_instances([instance_id])
    if not found:
        raise ApiError(
            "ValidationError", f"Instance Id not found - No managed instance found for instance ID {instance_id}"
        )
    found[0].health_status = wanted
    return {}


def describe_instances(_world: World, request: ApiRequest, caller: Caller) -> dict[str, Any]:
    """https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_DescribeAutoScalingInstances.html"""
    given = request.parameters
    ids = _ids(request, _MOST_NAMED)
    found = members.backend(caller.account, request.region).describe_auto_scaling_instances(ids)
    paged = ApiRequest(
        **{name: getattr(request, name) for name in request.__slots__}
        | {"parameters": {"MaxResults": given.get("MaxRecords"), "NextToken": given.get("NextToken")}}
    )
    answer = page(paged, "AutoScalingInstances", found, _MOST_NAMED, "ValidationError")
    return answer | {"AutoScalingInstances": [_shown(one) for one in answer["AutoScalingInstances"]]}


def _shown(state: Any) -> dict[str, Any]:
    group = state.auto_scaling_group
    template = group.launch_template
    shown = {
        "InstanceId": state.instance.id,
        "InstanceType": state.instance.instance_type,
        "AutoScalingGroupName": group.name,
        "AvailabilityZone": state.availability_zone,
        "LifecycleState": state.lifecycle_state,
        "HealthStatus": state.health_status.upper(),
        "LaunchConfigurationName": group.launch_config.name if group.launch_config else None,
        "LaunchTemplate": {name: value for name, value in template.items() if value is not None} if template else None,
        "ProtectedFromScaleIn": bool(state.protected_from_scale_in),
    }
    return {name: value for name, value in shown.items() if value is not None}


def _group(request: ApiRequest, caller: Caller) -> Any:
    return members.named(caller.account, request.region, str(request.parameters["AutoScalingGroupName"]))


def _ids(request: ApiRequest, most: int) -> list[str]:
    ids = list(dict.fromkeys(request.parameters.get("InstanceIds") or ()))
    if len(ids) > most:
        raise ApiError("ValidationError", f"At most {most} instance IDs can be specified.")
    return ids


def _asked(request: ApiRequest, caller: Caller, *lives: str, most: int = _MOST_MOVED) -> tuple[Any, list[Any]]:
    """The group and the members that are named, all in one of these states."""
    group = _group(request, caller)
    there = {state.instance.id: state for state in group.instance_states}
    ids = _ids(request, most)
    for instance_id in ids:
        if instance_id not in there:
            message = f"The instance {instance_id} is not part of Auto Scaling group {group.name}."
            raise ApiError("ValidationError", message)
        if there[instance_id].lifecycle_state not in lives:
            raise ApiError("ValidationError", f"The instance {instance_id} is not in {' or '.join(lives)}.")
    return group, [there[instance_id] for instance_id in ids]


def _decrement(request: ApiRequest, group: Any, count: int) -> None:
    if not request.parameters["ShouldDecrementDesiredCapacity"] or not count:
        return
    if group.desired_capacity - count < group.min_size:
        message = f"AutoScalingGroup {group.name} has min-size={group.min_size}, and cannot go below it."
        raise ApiError("ValidationError", message)
    group.desired_capacity -= count


def _replace(request: ApiRequest, group: Any, count: int) -> None:
    if not request.parameters["ShouldDecrementDesiredCapacity"]:
        members.launch(group, count)


def _fits(group: Any, count: int) -> None:
    if group.desired_capacity + count > group.max_size:
        message = f"AutoScalingGroup {group.name} has max-size={group.max_size}, and cannot go above it."
        raise ApiError("ValidationError", message)


def _activities(world: World, group: Any, what: str, states: Sequence[Any]) -> dict[str, Any]:
    now = world.clock.now()
    from moto.autoscaling.models import Activity

    return {
        "Activities": [
            {
                "ActivityId": Activity("", "", group).activity_id,
                "AutoScalingGroupName": group.name,
                "Description": f"{what}: {state.instance.id}",
                "Cause": f"At {now:%Y-%m-%dT%H:%M:%SZ} instance {state.instance.id} was moved in response to a user request.",
                "StartTime": now,
                "StatusCode": "InProgress",
                "Progress": 50,
            }
            for state in states
        ]
    }


HANDLERS = {
    ("autoscaling", "EnterStandby"): enter_standby,
    ("autoscaling", "ExitStandby"): exit_standby,
    ("autoscaling", "DetachInstances"): detach,
    ("autoscaling", "AttachInstances"): attach,
    ("autoscaling", "SetInstanceProtection"): set_protection,
    ("autoscaling", "SetInstanceHealth"): set_health,
    ("autoscaling", "DescribeAutoScalingInstances"): describe_instances,
}
