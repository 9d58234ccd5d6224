# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Listings that tell of many things by their ids: what is expected to be asked is asked in as few calls as AWS allows."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import partial

from ansible_collections.cordon.aws.plugins.module_utils.cloud import Cloud
from ansible_collections.cordon.aws.plugins.module_utils.plan import Call, Json


@dataclass(frozen=True, kw_only=True, slots=True)
class Listing:
    """A call that lists things, and how it is asked for those that belong to some ids only."""

    service: str
    operation: str
    items: str
    """Under which key each page of the answer has them."""
    ids_of: Callable[[Json], Iterable[str]]
    """The ids that an item is told for."""
    asked_by: Callable[[Sequence[str]], dict[str, Json]]
    """The parameters that ask for these ids."""
    most: int
    """How many ids one call may ask for."""
    flat: Callable[[Json], Iterable[Json]] = lambda item: (item,)
    """What one entry under `items` holds: reservations hold instances."""


def by_filter(name: str, **more: Json) -> Callable[[Sequence[str]], dict[str, Json]]:
    """Asked by a filter of EC2's, which takes 200 values at most, besides `more` filters.
    https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Filtering.html"""
    others = [{"Name": key.replace("_", "-"), "Values": values} for key, values in more.items()]
    return lambda ids: {"Filters": [{"Name": name, "Values": list(ids)}, *others]}


def by_parameter(name: str) -> Callable[[Sequence[str]], dict[str, Json]]:
    return lambda ids: {name: list(ids)}


_Place = tuple[Listing, str, str]
"""(listing, account, region)"""


@dataclass(kw_only=True)
class AskedTogether:
    """What one look asks by listings. Safe to share between threads."""

    cloud: Cloud
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _expected: dict[_Place, dict[str, None]] = field(default_factory=lambda: defaultdict(dict))
    _answers: dict[tuple[_Place, str], Future[dict[str, list[Json]]]] = field(default_factory=dict)

    def expect(self, listing: Listing, account: str, region: str, ident: str) -> None:
        """`each` will be asked for this: the first time it is, all that is expected is asked with it."""
        place = (listing, account, region)
        with self._lock:
            if (place, ident) not in self._answers:
                self._expected[place][ident] = None

    def each(self, listing: Listing, account: str, region: str, ident: str) -> list[Json]:
        """The items of `listing` that are told for `ident`; raises what its call raised."""
        place = (listing, account, region)
        with self._lock:
            if (place, ident) not in self._answers:
                self._ask({**self._expected.pop(place, {}), ident: None}, place)
            answer = self._answers[place, ident]
        return answer.result().get(ident, [])

    def _ask(self, idents: Iterable[str], place: _Place) -> None:
        listed, listing = list(idents), place[0]
        for start in range(0, len(listed), listing.most):
            some = listed[start : start + listing.most]
            answer = self.cloud.background(partial(self._told, place, some))
            for ident in some:
                self._answers[place, ident] = answer

    def _told(self, place: _Place, idents: Sequence[str]) -> dict[str, list[Json]]:
        listing, account, region = place
        call = Call(
            account=account,
            region=region,
            service=listing.service,
            operation=listing.operation,
            parameters=listing.asked_by(idents),
        )
        found: dict[str, list[Json]] = defaultdict(list)
        for entry in self.cloud.pages(call, listing.items):
            for item in listing.flat(entry):
                for ident in listing.ids_of(item):
                    found[ident].append(item)
        return found
