# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What event histories have answered so far: each event once, by id, filed under its words. Pure."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from ansible_collections.cordon.aws.plugins.module_utils.plan import Json
from ansible_collections.cordon.aws.plugins.module_utils.trail.event import Event, RecordError, event_of
from ansible_collections.cordon.aws.plugins.module_utils.trail.event_log import Gap, Rule, Word
from ansible_collections.cordon.aws.plugins.module_utils.trail.history.names import Names


class Found:
    """Also what nobody looks for is kept: it may be looked for later, because of what is found then."""

    def __init__(self) -> None:
        self.names = Names()
        self.read = 0
        """Events, doubles included."""
        self.gaps: list[Gap] = []
        self._events: dict[str, tuple[Event, frozenset[Word]]] = {}
        self._filed: defaultdict[Word, list[str]] = defaultdict(list)

    @property
    def unique(self) -> int:
        return len(self._events)

    def take(self, shown: Iterable[Mapping[str, Json]], rule: Rule, where: str) -> Sequence[str]:
        """The ids of those that were not seen before."""
        return list(self._new(shown, rule, where))

    def event(self, event_id: str) -> tuple[Event, frozenset[Word]]:
        """The event, and the words that it is filed under."""
        return self._events[event_id]

    def filed_under(self, word: Word) -> Sequence[str]:
        return self._filed.get(word, ())

    def _new(self, shown: Iterable[Mapping[str, Json]], rule: Rule, where: str) -> Iterator[str]:
        for one in shown:
            self.read += 1
            try:
                event = event_of(_record(one))
            except RecordError as error:
                self.gaps.append(Gap(kind="unreadable", where=where, why=f"an event is left out: {error}"))
                continue
            if event.event_id in self._events:
                continue
            words = rule.words(event)
            self._events[event.event_id] = (event, words)
            for word in words:
                self._filed[word].append(event.event_id)
            self.names.learn(event)
            yield event.event_id


def _record(shown: Mapping[str, Json]) -> Json:
    """The record itself, which LookupEvents hands out as text."""
    try:
        found: Json = json.loads(shown.get("CloudTrailEvent") or "")
    except (ValueError, RecursionError) as error:
        raise RecordError("it is not JSON") from error
    return found
