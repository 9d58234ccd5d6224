"""The control interface's calls about flows: POST and GET /instances/{id}/flows, GET /instances/{id}/exposure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

from moto.backends import get_backend
from moto.moto_api._internal import mock_random

from sandbox.autoscaling import upkeep
from sandbox.flows import observed, paths
from sandbox.flows.book import FlowRefusedError, Kept
from sandbox.flows.exposure import Window
from sandbox.flows.packets import Address, Flow
from sandbox.flows.tracking import ALWAYS_TRACKED, Fate

if TYPE_CHECKING:
    from sandbox.world import World

_FIELDS = {
    "interface",
    "direction",
    "protocol",
    "peer",
    "peer_port",
    "local_port",
    "via",
    "idle",
    "every_s",
    "began_s_ago",
}
_OURS = {"idle", "every_s", "began_s_ago"}
_LONGEST_S = 30 * 86_400
_NEEDED = {"interface", "direction", "protocol", "peer"}


class FlowRequestError(ValueError):
    """A request about flows that is refused; `status` is how that is told."""

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


class Created(dict[str, Any]):
    """An answer with status 201."""


def put_flow(world: World, wish: Mapping[str, Any], instance_id: str) -> Created:
    """Let a flow begin, judged by the rules in force now. Besides DESIGN's fields there may be `idle` (no traffic any more), `every_s` (a
    packet every so many seconds; traffic without a pause if neither is given) and `began_s_ago`."""
    _check(wish)
    account, region, instance = _instance(instance_id)
    interface = next((one for one in list(instance.nics.values()) if one.id == wish["interface"]), None)
    if interface is None:
        raise FlowRequestError(f"the instance {instance_id} has no interface {wish['interface']}", 409)
    peer = ip_address(wish["peer"])
    local = observed.local_address(interface, peer.version)
    if local is None:
        raise FlowRequestError(f"the interface {interface.id} has no address of IP version {peer.version}", 409)
    backend = get_backend("ec2")[account][region]
    flow = Flow(
        direction=wish["direction"],
        protocol=wish["protocol"],
        peer=peer,
        peer_port=wish.get("peer_port") or 0,
        local_port=wish.get("local_port") or 0,
        via=wish.get("via"),
        began_at=world.clock.now() - timedelta(seconds=wish.get("began_s_ago") or 0),
        every_s=None if wish.get("idle") else wish.get("every_s") or 0,
        peer_groups=_groups_at(backend, peer),
    )
    kept = Kept(
        id=f"flow-{mock_random.get_random_hex(16)}",
        account=account,
        region=region,
        instance_id=instance_id,
        interface_id=interface.id,
        flow=flow,
        local=local,
        resources=(interface.id, interface.subnet.id, interface.subnet.vpc_id),
        shown={name: wish.get(name) for name in sorted(_FIELDS - _OURS)} | {"idle": flow.every_s is None},
        firewall=_firewall(world, kept_at=(account, region), interface=interface, peer=peer)
        if flow.via == "network_firewall"
        else None,
    )
    try:
        world.flows.begin(kept)
    except FlowRefusedError as error:
        raise FlowRequestError(str(error), 409) from error
    return Created(_shown(*next(one for one in world.flows.of(instance_id) if one[0] is kept)))


def get_flows(world: World, instance_id: str) -> dict[str, Any]:
    """All flows that were ever opened, those of instances that are gone, too."""
    upkeep.keep(world, *_instance(instance_id)[:2])
    return {"flows": [_shown(kept, fate) for kept, fate in world.flows.of(instance_id)]}


def get_exposure(world: World, instance_id: str) -> dict[str, Any]:
    """The times in which the whole instance was open to the world, by interface and rule; `until` is null while one lasts."""
    account, region, _found = _instance(instance_id)
    now = world.clock.now()
    return {
        "windows": [
            {
                "interface": interface_id,
                "from": window.since.isoformat(),
                "until": window.until.isoformat() if window.until else None,
                "ms": _milliseconds(window, now),
                "rule": window.rule,
            }
            for interface_id, opened in world.flows.exposure(account, region, instance_id).items()
            for window in opened
        ]
    }


def _milliseconds(window: Window, now: datetime) -> float:
    return round(((window.until or now) - window.since).total_seconds() * 1000, 3)


def _shown(kept: Kept, fate: Fate) -> dict[str, Any]:
    ended = fate.ended_at.isoformat() if fate.ended_at else None
    state = {"tracked": fate.tracked, "alive": fate.alive, "why": fate.why, "ended_at": ended}
    return {"id": kept.id, **kept.shown, **state}


def _instance(instance_id: str) -> tuple[str, str, Any]:
    """(account, region, moto's instance)"""
    for account, regions in list(get_backend("ec2").items()):
        for region, backend in list(regions.items()):
            for reservation in list(backend.reservations.values()):
                for instance in reservation.instances:
                    if instance.id == instance_id:
                        return account, region, instance
    raise FlowRequestError(f"there is no instance {instance_id}", 404)


def _groups_at(backend: Any, peer: Address) -> frozenset[str]:
    for interface in list(backend.enis.values()):
        if peer in observed.addresses_of(interface):
            return frozenset(group.id for group in observed.groups_of(interface))
    return frozenset()


def _firewall(world: World, kept_at: tuple[str, str], interface: Any, peer: Address) -> tuple[str, str]:
    """(ARN of the firewall, Availability Zone of its endpoint)"""
    endpoint_id = paths.next_hop(get_backend("ec2")[kept_at[0]][kept_at[1]], interface.subnet, peer)
    found = world.firewalls.owner_of(endpoint_id) if endpoint_id else None
    if found is None:
        raise FlowRequestError(
            f"no route of the subnet {interface.subnet.id} leads to {peer} by a firewall endpoint", 409
        )
    return found


def _check(wish: Mapping[str, Any]) -> None:
    if set(wish) - _FIELDS or _NEEDED - set(wish):
        raise FlowRequestError(
            f"a flow needs {', '.join(sorted(_NEEDED))} and may have {', '.join(sorted(_FIELDS - _NEEDED))}"
        )
    _one_of(wish, "direction", ("inbound", "outbound"))
    _one_of(wish, "protocol", ("tcp", "udp", "icmp"))
    if wish.get("via") is not None:
        _one_of(wish, "via", tuple(ALWAYS_TRACKED))
    try:
        ip_address(wish["peer"])
    except ValueError as error:
        raise FlowRequestError(f"peer must be an IP address, not {wish['peer']!r}") from error
    for name in ("peer_port", "local_port"):
        value = wish.get(name)
        if value is None and wish["protocol"] == "icmp":
            continue
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 65_535:
            raise FlowRequestError(f"{name} must be a port from 0 to 65535, not {value!r}")
    for name in ("every_s", "began_s_ago"):
        value = wish.get(name) or 0
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= _LONGEST_S:
            raise FlowRequestError(f"{name} must be a number of seconds from 0 to {_LONGEST_S}")
    if not isinstance(wish.get("idle", False), bool) or (wish.get("idle") and wish.get("every_s")):
        raise FlowRequestError("idle must be true or false, and a flow that is idle has no every_s")


def _one_of(wish: Mapping[str, Any], name: str, known: tuple[str, ...]) -> None:
    if wish[name] not in known:
        raise FlowRequestError(f"{name} must be one of {', '.join(known)}, not {wish[name]!r}")
