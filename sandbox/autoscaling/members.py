"""The members of Auto Scaling groups: finding them, launching them, and their places at the group's load balancers."""

from __future__ import annotations

from typing import Any

from moto.backends import get_backend

from sandbox.errors import ApiError
from sandbox.load_balancing import classic, registrations

_PLACES = "sandbox_places"
"""The load balancers that a member has been put at: whoever takes it out by hand there is not undone by the group."""


def backend(account: str, region: str) -> Any:
    return get_backend("autoscaling")[account][region]


def is_suspended(group: Any, *processes: str) -> bool:
    """https://docs.aws.amazon.com/autoscaling/ec2/userguide/as-suspend-resume-processes.html"""
    return any(one["ProcessName"] in processes for one in group.suspended_processes)


def named(account: str, region: str, name: str) -> Any:
    group = backend(account, region).autoscaling_groups.get(name)
    if group is None:
        raise ApiError("ValidationError", f"AutoScalingGroup name not found - AutoScalingGroup {name} not found")
    return group


def launch(group: Any, count: int) -> None:
    """New members in service, where the process Launch is not suspended."""
    if count > 0 and not is_suspended(group, "Launch"):
        group.replace_autoscaling_group_instances(count, group.get_propagated_tags())
        add_to_balancers(group)


def add_to_balancers(group: Any) -> None:
    """Register the members in service wherever the group has not put them yet."""
    if is_suspended(group, "AddToLoadBalancer"):
        return
    elbv2, elb = group.autoscaling_backend.elbv2_backend, group.autoscaling_backend.elb_backend
    for state in group.active_instances():
        places = state.__dict__.setdefault(_PLACES, set())
        for name in [*group.target_group_arns, *group.load_balancer_names]:
            if name in places:
                continue
            places.add(name)
            if name in elbv2.target_groups:
                registrations.register(elbv2.target_groups[name], [{"Id": state.instance.id}])
            elif name in elb.load_balancers:
                classic.add(elb.load_balancers[name], state.instance.id)


def take_from_balancers(group: Any, state: Any) -> None:
    """Deregister a member from what is attached to its group."""
    elbv2, elb = group.autoscaling_backend.elbv2_backend, group.autoscaling_backend.elb_backend
    state.__dict__.pop(_PLACES, None)
    for arn in group.target_group_arns:
        if arn in elbv2.target_groups:
            registrations.deregister(elbv2.target_groups[arn], [{"Id": state.instance.id}])
    for name in group.load_balancer_names:
        if name in elb.load_balancers:
            classic.remove(elb.load_balancers[name], state.instance.id)
