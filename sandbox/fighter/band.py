"""The principals that the fighter is by now, each with its credentials: what all its threads know."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from sandbox.fighter.api import Api, Credential
from sandbox.fighter.holdings import Holdings

YOUNG_S = 6.0
"""How long something new may go unseen before it counts as gone."""


@dataclass(slots=True, kw_only=True, eq=False)
class Member:
    """A user or role whose credentials the fighter has. `wanted` is what it is to have; unknown until first seen."""

    kind: str
    id: str
    name: str
    arn: str
    origin: Literal["leaked", "made", "shared"]
    """Whether it is the first user, was made by the fighter, or is a role that others use as well."""
    wanted: Holdings | None = None
    credentials: tuple[Credential, ...] = ()
    since: float = field(default_factory=time.monotonic)
    done: dict[str, float] = field(default_factory=dict)
    """When something was last done for it."""
    rounds: int = 0

    @property
    def own(self) -> bool:
        return self.origin != "shared"


class Band:
    """Who is in it. Safe for threads."""

    def __init__(self, api: Api, most: int) -> None:
        self._api, self._most = api, most
        self._lock = threading.Lock()
        self._members: dict[str, Member] = {}
        self._promised = 0
        self.seen: Mapping[str, Holdings] = {}
        """Everybody in the account, as last looked at."""

    def members(self) -> list[Member]:
        with self._lock:
            return list(self._members.values())

    def join(self, member: Member) -> None:
        with self._lock:
            self._members.setdefault(member.id, member)

    def has(self, principal_id: str) -> bool:
        return principal_id in self._members

    def room(self) -> bool:
        """Take a place for one more principal. What a responder has deleted leaves its place free."""
        with self._lock:
            there = [one for one in self._members.values() if one.origin == "made" and not self.is_gone(one)]
            if len(there) + self._promised >= self._most:
                return False
            self._promised += 1
            return True

    def settle(self) -> None:
        """The place that `room` gave is filled, or given up."""
        with self._lock:
            self._promised -= 1

    def is_gone(self, member: Member) -> bool:
        return bool(self.seen) and member.id not in self.seen and time.monotonic() - member.since > YOUNG_S

    def give(self, member: Member, credential: Credential, most: int) -> None:
        """One more for the member; of its kind the first and the newest are kept, `most` in all."""
        with self._lock:
            same = [one for one in member.credentials if one.kind == credential.kind]
            dropped = same[1:] if len(same) >= most > 1 else same if most == 1 else []
            member.credentials = (*(one for one in member.credentials if one not in dropped), credential)

    def take(self, member: Member, access_key_id: str) -> None:
        """A credential that is no more."""
        with self._lock:
            member.credentials = tuple(one for one in member.credentials if one.access_key_id != access_key_id)

    def agents(self, member: Member) -> list[Credential]:
        """Who to try changes with, for this member: its own that work, two of the others', and its own that were refused."""
        own = [one for one in member.credentials if one.may_use_iam] if member.own else []
        others = [
            one
            for other in self.members()
            if other.own and other is not member
            for one in other.credentials
            if one.may_use_iam and self._api.works(one)
        ]
        working = [one for one in own if self._api.works(one)]
        random.shuffle(working)
        return [
            *working,
            *random.sample(others, min(2, len(others))),
            *(one for one in own if one not in working),
        ]

    def first(self, member: Member, what: str, every_s: float) -> bool:
        """Whether this is to be done for the member now: it is the first to ask for so long."""
        now = time.monotonic()
        with self._lock:
            if now - member.done.get(what, -1e9) < every_s:
                return False
            member.done[what] = now
            return True
