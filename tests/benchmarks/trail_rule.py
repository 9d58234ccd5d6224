"""A small rule to follow keys by, and the same search done plainly: parse everything, again and again, until nothing new is found."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from ansible_collections.cordon.aws.plugins.module_utils.trail.event import Event
from ansible_collections.cordon.aws.plugins.module_utils.trail.event_log import Rule, Word

KEY = "key"


class KeyRule:
    """Who signs with a key that is looked for, and every key that is given out by such a call."""

    def words(self, event: Event) -> frozenset[Word]:
        key = event.identity.get("accessKeyId")
        return frozenset({Word(key, KEY)} if isinstance(key, str) and len(key) > 3 else ())

    def leads_to(self, event: Event, by: frozenset[Word]) -> frozenset[Word]:
        given: Mapping[str, Any] | Any = event.response.get("credentials")
        key = given.get("accessKeyId") if isinstance(given, Mapping) else None
        return frozenset({Word(key, KEY)} if isinstance(key, str) and len(key) > 3 else ())


class DatedKeyRule(KeyRule):
    """The same, with the promise that no key is used before it was given out."""

    def not_before(self, word: Word, event: Event) -> datetime:
        return event.time


def followed(events: Sequence[Event], seeds: Iterable[Word], rule: Rule) -> set[str]:
    """The ids of all that is found."""
    wanted, found = set(seeds), set[str]()
    while True:
        before = len(wanted)
        for event in events:
            by = rule.words(event) & wanted
            if by:
                found.add(event.event_id)
                wanted |= rule.leads_to(event, by)
        if len(wanted) == before:
            return found
