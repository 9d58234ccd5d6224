"""What DNS Firewall holds in each account and region, and what its parts have in common."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sandbox.errors import ApiError
from sandbox.model import ApiRequest, Caller

if TYPE_CHECKING:
    from sandbox.world import World

TAKES = timedelta(seconds=1)
"""How long a change is UPDATING or DELETING; AWS names no time."""
MOST = 100
"""The largest page of most lists."""


@dataclass(slots=True, kw_only=True)
class Thing:
    """A domain list, a rule group or an association: `shown` is what of it the API shows besides its state."""

    id: str
    shown: dict[str, Any]
    changed_at: datetime
    takes: timedelta = timedelta(0)
    """How long its last change takes."""
    deleting: bool = False
    parts: list[Any] = field(default_factory=list)
    """A list's domains, a group's rules."""

    def status(self, now: datetime) -> str:
        if self.deleting:
            return "DELETING"
        return "UPDATING" if now < self.changed_at + self.takes else "COMPLETE"

    def is_gone(self, now: datetime) -> bool:
        return self.deleting and now >= self.changed_at + self.takes

    def as_json(self, now: datetime) -> dict[str, Any]:
        return {**self.shown, "Status": self.status(now), "ModificationTime": time_text(self.changed_at)}


@dataclass(slots=True)
class Region:
    """One account's DNS Firewall in one region; each thing by its id."""

    lists: dict[str, Thing] = field(default_factory=dict)
    groups: dict[str, Thing] = field(default_factory=dict)
    associations: dict[str, Thing] = field(default_factory=dict)

    def forget_the_gone(self, now: datetime) -> None:
        for things in (self.lists, self.groups, self.associations):
            for thing in [one for one in things.values() if one.is_gone(now)]:
                del things[thing.id]


class DnsFirewall:
    """All of it."""

    def __init__(self) -> None:
        self._regions: dict[tuple[str, str], Region] = {}

    def forget(self) -> None:
        self._regions.clear()

    def of(self, account: str, region: str) -> Region:
        return self._regions.setdefault((account, region), Region())


def here(world: World, request: ApiRequest, caller: Caller) -> Region:
    """The part that a request is about, as it is now."""
    found = world.dns_firewall.of(caller.account, request.region)
    found.forget_the_gone(world.clock.now())
    return found


def named(things: Mapping[str, Thing], wanted: Any) -> Thing:
    """The thing of this id. Raises ApiError where there is none."""
    found = things.get(str(wanted))
    if found is None:
        raise ApiError("ResourceNotFoundException", f"[RSLVR-02025] Can't find the resource with ID '{wanted}'.")
    return found


def changeable(thing: Thing) -> Thing:
    """What is being deleted cannot be changed any more."""
    if thing.deleting:
        raise conflict(f"The resource '{thing.id}' is being deleted.")
    return thing


def made_before(things: Mapping[str, Thing], request: ApiRequest) -> Thing | None:
    """What the same request made when it was sent first: a request with a known CreatorRequestId is not carried out twice."""
    wanted = request.parameters["CreatorRequestId"]
    return next((one for one in things.values() if one.shown["CreatorRequestId"] == wanted and not one.deleting), None)


def new(world: World, request: ApiRequest, caller: Caller, kind: str, prefix: str) -> Thing:
    """A new thing with what every kind of them has."""
    now, thing_id = world.clock.now(), f"{prefix}-{secrets.token_hex(9)[:17]}"
    return Thing(
        id=thing_id,
        changed_at=now,
        shown={
            "Id": thing_id,
            "Arn": f"arn:aws:route53resolver:{request.region}:{caller.account}:{kind}/{thing_id}",
            "Name": request.parameters["Name"],
            "CreatorRequestId": request.parameters["CreatorRequestId"],
            "CreationTime": time_text(now),
        },
    )


def time_text(time: datetime) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S.") + f"{time.microsecond // 1000:03}Z"


def invalid(message: str) -> ApiError:
    """DNS Firewall's word for a request that cannot be."""
    return ApiError("ValidationException", message)


def conflict(message: str) -> ApiError:
    """DNS Firewall's word for a change that cannot be made in this state."""
    return ApiError("ConflictException", message)


def check_name(request: ApiRequest) -> None:
    """(?!^[0-9]+$)([a-zA-Z0-9\\-_' ']+), 64 characters at most."""
    name = str(request.parameters.get("Name", "x"))
    letters = name.isascii() and all(one.isalnum() or one in "-_' " for one in name)
    if not letters or name.isdigit() or not 1 <= len(name) <= 64:
        raise invalid(f"The name '{name}' is not valid.")
