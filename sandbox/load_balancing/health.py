"""The health of a registered target, from the health checks that came through on the sandbox's clock.
https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetHealth.html"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sandbox.load_balancing import registrations
from sandbox.load_balancing.reachability import Reach
from sandbox.load_balancing.registrations import Registration

_STOPPED = ("stopping", "stopped", "shutting-down", "terminated")


def look(group: Any, reach: Reach, now: datetime) -> None:
    """Bring the registrations of a group up to now."""
    registrations.keep_time(group, now)
    for one in registrations.of(group).values():
        if not one.leaves and group.load_balancer_arns:
            _check(group, one, reach, now)


def _check(group: Any, one: Registration, reach: Reach, now: datetime) -> None:
    """One passed check makes a new target healthy, later changes need as many as the thresholds say."""
    _settle(group, one, now)
    answers = reach.answers(group, one.key[0], one.key[1])
    if answers != one.answers or one.answers_since is None:
        one.answers, one.answers_since = answers, now


def _settle(group: Any, one: Registration, now: datetime) -> None:
    if one.answers_since is None or one.healthy is one.answers:
        return
    checks = int(group.healthy_threshold_count if one.answers else group.unhealthy_threshold_count)
    if one.answers and one.healthy is None:
        checks = 1
    if now >= one.answers_since + timedelta(seconds=int(group.health_check_interval_seconds) * checks):
        one.healthy = one.answers


def described(group: Any, one: Registration, instances: Mapping[str, Any]) -> dict[str, str]:
    """The `TargetHealth` of a registration."""
    if one.leaves:
        return _is("draining", "Target.DeregistrationInProgress", "Target deregistration is in progress")
    if not group.load_balancer_arns:
        return _is(
            "unused", "Target.NotInUse", "Target group is not configured to receive traffic from the load balancer"
        )
    instance = instances.get(one.key[0]) if group.target_type == "instance" else None
    if instance is not None and instance.state in _STOPPED:
        return _is("unused", "Target.InvalidState", f"Target is in the {instance.state} state")
    if not group.health_check_enabled:
        return _is("unavailable", "Target.HealthCheckDisabled", "Health checks are disabled for this target group")
    if one.healthy is None:
        return _is("initial", "Elb.RegistrationInProgress", "Target registration is in progress")
    if one.healthy:
        return {"State": "healthy"}
    if group.protocol in ("HTTP", "HTTPS", "GENEVE"):
        return _is("unhealthy", "Target.Timeout", "Request timed out")
    return _is("unhealthy", "Target.FailedHealthChecks", "Health checks failed")


def not_registered() -> dict[str, str]:
    return _is("unused", "Target.NotRegistered", "Target is not registered to the target group")


def _is(state: str, reason: str, description: str) -> dict[str, str]:
    return {"State": state, "Reason": reason, "Description": description}
