"""What is registered with a target group. moto keeps one registration of a target; AWS one for each port and Availability Zone:
https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_RegisterTargets.html"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

Key = tuple[str, int | None, str | None]
"""(id, port, Availability Zone)"""
_PLACE = "sandbox_registrations"


@dataclass(slots=True)
class Registration:
    """One target on one port. Times are None until the sandbox's clock has been asked for the first time since."""

    key: Key
    since: datetime | None = None
    leaves: bool = False
    draining_since: datetime | None = None
    answers: bool = True
    answers_since: datetime | None = None
    healthy: bool | None = None
    """What the last health checks found; None before the first."""


def of(group: Any) -> dict[Key, Registration]:
    """The registrations of one of moto's target groups, draining ones too."""
    found: dict[Key, Registration] = group.__dict__.setdefault(_PLACE, {})
    return found


def key_of(group: Any, target: Mapping[str, Any]) -> Key:
    port = target.get("Port") or group.port
    return str(target["Id"]), int(port) if port else None, target.get("AvailabilityZone")


def register(group: Any, targets: Iterable[Mapping[str, Any]]) -> None:
    """A target that is registered already stays as it is; one that drains is registered anew."""
    for target in targets:
        key = key_of(group, target)
        there = of(group).get(key)
        if there is None or there.leaves:
            of(group)[key] = Registration(key)


def deregister(group: Any, targets: Iterable[Mapping[str, Any]]) -> None:
    """What is not registered is passed over:
    https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DeregisterTargets.html"""
    for target in targets:
        there = of(group).get(key_of(group, target))
        if there is not None:
            there.leaves = True


def keep_time(group: Any, now: datetime) -> None:
    """Note when things began, and forget what has drained:
    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-target-group-attributes.html#deregistration-delay"""
    delay = timedelta(seconds=int(group.attributes["deregistration_delay.timeout_seconds"]))
    for key, one in list(of(group).items()):
        one.since = one.since or now
        if one.leaves:
            one.draining_since = one.draining_since or now
            if now >= one.draining_since + delay:
                del of(group)[key]


def end(group: Any, instance_ids: Iterable[str]) -> None:
    """Instances have been terminated: their registrations drain."""
    ids = set(instance_ids)
    for one in of(group).values():
        one.leaves = one.leaves or one.key[0] in ids
