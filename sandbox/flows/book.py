"""The flows that are open in the sandbox, and the history of every interface by which they are judged."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from moto.backends import get_backend

from sandbox.flows import observed, settings
from sandbox.flows.changes import ends_instances, interfaces_touched, is_change
from sandbox.flows.exposure import Window, windows
from sandbox.flows.packets import Address, Flow
from sandbox.flows.tracking import Cut, Fate, Moment, fate, refusal
from sandbox.model import ApiRequest, Caller, Outcome

if TYPE_CHECKING:
    from sandbox.world import World

Place = tuple[str, str]
"""(account, region)"""


class FlowRefusedError(Exception):
    """The rules in force do not let a flow begin."""


@dataclass(slots=True, kw_only=True)
class Kept:
    """One flow that somebody opened. `shown` is what they asked for, `firewall` the firewall and zone that it passes."""

    id: str
    account: str
    region: str
    instance_id: str
    interface_id: str
    flow: Flow
    local: Address
    resources: tuple[str, str, str]
    """What a flow log that covers it is of: the interface, its subnet, its VPC."""
    shown: Mapping[str, Any]
    firewall: tuple[str, str] | None = None
    cuts: list[Cut] = field(default_factory=list)


class Flows:
    """All flows, and what was in force at each interface since it was first looked at."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._lock = threading.RLock()
        self._kept: dict[str, Kept] = {}
        self._history: dict[tuple[str, str, str], list[Moment]] = {}

    def forget(self) -> None:
        with self._lock:
            self._kept.clear()
            self._history.clear()

    def after(self, request: ApiRequest, caller: Caller, outcome: Outcome) -> None:
        """A call has been carried out: remember what is in force now, if it may have changed that. So a rule that lasts for less time
        than lies between two looks is seen, too."""
        if outcome.status >= 300 or not (is_change(request) or ends_instances(request)):
            return
        place = (caller.account, request.region)
        with self._lock:
            if ends_instances(request):
                self.look(*place)
                return
            backend = get_backend("ec2")[caller.account][request.region]
            settings.keep(backend, request, outcome)
            self._note(place, interfaces_touched(backend, request, outcome))

    def look(self, account: str, region: str) -> None:
        """Remember what is in force now at the interfaces that have flows: something besides a call has changed it."""
        with self._lock:
            self._note((account, region), [one.interface_id for one in self._of_place(account, region)])

    def begin(self, kept: Kept) -> None:
        """Keep a flow from now on. Raises FlowRefusedError where the rules in force do not let it begin."""
        with self._lock:
            key = (kept.account, kept.region, kept.interface_id)
            self._note(key[:2], [kept.interface_id])
            reason = refusal(kept.flow, self._history[key][-1])
            if reason:
                raise FlowRefusedError(reason)
            self._kept[kept.id] = kept

    def of(self, instance_id: str) -> list[tuple[Kept, Fate]]:
        """The flows of an instance in the order in which they began, and what has become of each."""
        with self._lock:
            mine = [kept for kept in self._kept.values() if kept.instance_id == instance_id]
            for key in {(kept.account, kept.region, kept.interface_id) for kept in mine}:
                self._note(key[:2], [key[2]])
            return [(kept, self._fate(kept)) for kept in mine]

    def all(self, account: str, region: str) -> list[tuple[Kept, Fate]]:
        """Every flow of one account and region."""
        with self._lock:
            mine = self._of_place(account, region)
            for interface_id in {kept.interface_id for kept in mine}:
                self._note((account, region), [interface_id])
            return [(kept, self._fate(kept)) for kept in mine]

    def cut(self, which: Callable[[Kept], bool], at: datetime, why: str) -> list[Kept]:
        """End the living flows that `which` chooses, at `at`; returns them."""
        with self._lock:
            chosen = [kept for kept in self._kept.values() if which(kept) and self._fate(kept).alive]
            for kept in chosen:
                kept.cuts.append(Cut(at=at, why=why))
            return chosen

    def exposure(self, account: str, region: str, instance_id: str) -> dict[str, list[Window]]:
        """For each interface that the instance has or had: when it was open to the world."""
        with self._lock:
            backend = get_backend("ec2")[account][region]
            attached = [
                one.id for one in list(backend.enis.values()) if one.instance and one.instance.id == instance_id
            ]
            self._note((account, region), attached)
            return {
                key[2]: windows([one if one.instance == instance_id else replace(one, gone="-") for one in history])
                for key, history in self._history.items()
                if key[:2] == (account, region) and any(one.instance == instance_id for one in history)
            }

    def _of_place(self, account: str, region: str) -> list[Kept]:
        return [kept for kept in self._kept.values() if (kept.account, kept.region) == (account, region)]

    def _fate(self, kept: Kept) -> Fate:
        history = self._history[kept.account, kept.region, kept.interface_id]
        return fate(kept.flow, history, self._world.clock.now(), kept.cuts)

    def _note(self, place: Place, interface_ids: Iterable[str] | None) -> None:
        """Add what is in force now to the history of these interfaces, of all where it is None."""
        backend, at = get_backend("ec2")[place[0]][place[1]], self._world.clock.now()
        known = [key[2] for key in self._history if key[:2] == place] if interface_ids is None else []
        for interface_id in dict.fromkeys([*list(backend.enis), *known] if interface_ids is None else interface_ids):
            key = (*place, interface_id)
            interface, history = backend.enis.get(interface_id), self._history.get(key)
            if interface is None:
                if not history:
                    continue
                now = Moment(at=at, gone=f"the interface {interface_id} does not exist any more")
            elif interface.instance is None and not history:
                continue
            else:
                now = observed.moment(backend, interface, at)
            if not history:
                self._history[key] = [now]
            elif replace(now, at=history[-1].at) != history[-1]:
                history.append(now)
