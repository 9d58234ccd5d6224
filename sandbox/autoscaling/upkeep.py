"""What happens without a call: health checks, and the replacement of unhealthy members, brought up to the sandbox's clock.
https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-health-checks.html"""

from __future__ import annotations

from contextlib import ExitStack
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from moto.backends import get_backend

from sandbox.autoscaling import members
from sandbox.load_balancing import health, registrations
from sandbox.load_balancing.reachability import Reach

if TYPE_CHECKING:
    from sandbox.world import World

SERVICES = ("autoscaling", "ec2", "elb", "elbv2")
"""Whose calls see or change what happens here."""
_SINCE = "sandbox_in_service_since"


def keep(world: World, account: str, region: str) -> None:
    """Bring an account's groups up to now. Whoever calls holds no service's lock."""
    with ExitStack() as locks:
        for service in SERVICES:
            locks.enter_context(world.service_lock(service))
        elbv2, scaling = get_backend("elbv2")[account][region], get_backend("autoscaling")[account][region]
        if not elbv2.target_groups and not scaling.autoscaling_groups:
            return
        now = world.clock.now()
        reach = Reach(get_backend("ec2")[account][region], elbv2.load_balancers, now)
        for target_group in list(elbv2.target_groups.values()):
            health.look(target_group, reach, now)
        for group in list(scaling.autoscaling_groups.values()):
            if _replace(group, elbv2.target_groups, now):
                world.flows.look(account, region)


def _replace(group: Any, target_groups: Any, now: datetime) -> bool:
    """Whether a member has been terminated."""
    ended = False
    for state in group.active_instances():
        since = state.__dict__.setdefault(_SINCE, now)
        grace = timedelta(seconds=int(group.health_check_grace_period or 0))
        checks = not members.is_suspended(group, "HealthCheck")
        failed = state.instance.state not in ("pending", "running") or (
            group.health_check_type == "ELB"
            and now >= since + grace
            and _fails_at_balancers(group, state, target_groups)
        )
        if checks and failed:
            state.health_status = "Unhealthy"
        if state.health_status == "Unhealthy" and not members.is_suspended(group, "ReplaceUnhealthy", "Terminate"):
            _terminate(group, state)
            ended = True
    if not group.mixed_instances_policy:
        members.launch(group, int(group.desired_capacity or 0) - len(group.active_instances()))
    return ended


def _terminate(group: Any, state: Any) -> None:
    """Neither termination protection of EC2 nor protection from scale-in holds this up:
    https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-instance-protection.html"""
    members.take_from_balancers(group, state)
    group.instance_states.remove(state)
    if state.instance.state != "terminated":
        state.instance.disable_api_termination = False
        group.ec2_backend.terminate_instances([state.instance.id])


def _fails_at_balancers(group: Any, state: Any, target_groups: Any) -> bool:
    """A target that drains or is not registered is not checked, and does not make its instance unhealthy."""
    for arn in group.target_group_arns:
        if arn in target_groups:
            found = target_groups[arn]
            one = registrations.of(found).get(registrations.key_of(found, {"Id": state.instance.id}))
            if one is not None and not one.leaves and one.healthy is False:
                return True
    return False
