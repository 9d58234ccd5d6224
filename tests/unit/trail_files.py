"""Files of events as tests write them: records in every layout, a store in memory, and a rule that is followed plainly, too."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from ansible_collections.cordon.aws.plugins.module_utils.errors import StoreError
from ansible_collections.cordon.aws.plugins.module_utils.trail.event import Event, event_of
from ansible_collections.cordon.aws.plugins.module_utils.trail.event_log import Gap, Rule, Span, Word
from ansible_collections.cordon.aws.plugins.module_utils.trail.file_log.folder import delivered_at
from ansible_collections.cordon.aws.plugins.module_utils.trail.file_log.log import FileLog
from ansible_collections.cordon.aws.plugins.module_utils.trail.file_log.store import Stored

KEY, NAME = "key", "name"


def record(number: int, key: str = "ASIAEVERYDAYKEY00001", **more: Any) -> dict[str, Any]:
    """One record, with CloudTrail's keys in CloudTrail's order."""
    made: dict[str, Any] = {
        "eventVersion": "1.09",
        "userIdentity": {"type": "IAMUser", "accessKeyId": key, "accountId": "111122223333"},
        "eventTime": f"2026-11-01T{number // 3600 % 24:02}:{number // 60 % 60:02}:{number % 60:02}Z",
        "eventSource": "iam.amazonaws.com",
        "eventName": "GetUser",
        "awsRegion": "us-east-1",
        "userAgent": "aws-cli",
        "requestParameters": None,
        "responseElements": None,
        "eventID": f"00000000-0000-4000-8000-{number:012}",
        "readOnly": True,
        "recipientAccountId": "111122223333",
        "eventCategory": "Management",
    }
    return made | more


def minted(key: str) -> dict[str, Any]:
    return {"credentials": {"accessKeyId": key, "sessionToken": "t"}}


class KeysAndNames:
    """By the key that signs, and by a name in the request; to the key that was given out, and to a name that was made."""

    def words(self, event: Event) -> frozenset[Word]:
        return self._two(event.identity.get("accessKeyId"), event.request.get("name"))

    def leads_to(self, event: Event, by: frozenset[Word]) -> frozenset[Word]:
        given = event.response.get("credentials")
        return self._two(given.get("accessKeyId") if isinstance(given, Mapping) else None, event.response.get("made"))

    def _two(self, key: Any, name: Any) -> frozenset[Word]:
        return frozenset(Word(text, sense) for text, sense in ((key, KEY), (name, NAME)) if self._can_be_one(text))

    def _can_be_one(self, text: Any) -> bool:
        return (
            isinstance(text, str)
            and len(text) > 3
            and text.isascii()
            and text.isprintable()
            and not set(text) & {*'"\\'}
        )


class DatedKeys(KeysAndNames):
    """The same, with the promise that nothing is used before it was made."""

    def not_before(self, word: Word, event: Event) -> datetime:
        return event.time


def plainly(records: Iterable[Any], seeds: Iterable[Word], rule: Rule) -> set[str]:
    """The ids of what is found by parsing everything, over and over."""
    events = [event_of(one) for one in records]
    wanted, found = set(seeds), set[str]()
    while True:
        before = len(wanted), len(found)
        for event in events:
            by = rule.words(event) & wanted
            if by:
                found.add(event.event_id)
                wanted |= rule.leads_to(event, by)
        if before == (len(wanted), len(found)):
            return found


def lookup_event(one: Any) -> dict[str, Any]:
    return {"EventId": one["eventID"], "ReadOnly": "true", "CloudTrailEvent": json.dumps(one)}


def envelope(one: Any) -> dict[str, Any]:
    return {"version": "0", "detail-type": "AWS API Call via CloudTrail", "source": "aws.iam", "detail": one}


def _compact(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


LAYOUTS = {
    "CloudTrail's own": lambda records: _compact({"Records": records}),
    "with spaces": lambda records: json.dumps({"Records": records}),
    "with keys in order": lambda records: json.dumps({"Records": records}, sort_keys=True, separators=(",", ":")),
    "on many lines": lambda records: json.dumps({"Records": records}, indent=2),
    "something before": lambda records: _compact({"n": [1], "Records": records, "m": {"x": [2]}}),
    "something after": lambda records: _compact({"Records": records, "m": {"x": [2]}}),
    "array": _compact,
    "array on many lines": lambda records: json.dumps(records, indent=3),
    "lines": lambda records: "\n".join(map(_compact, records)) + "\n",
    "documents": lambda records: "\n".join(json.dumps(one, indent=1) for one in records),
    "several files in one": lambda records: "\n".join(_compact({"Records": [one]}) for one in records),
    "LookupEvents": lambda records: _compact({"Events": [lookup_event(one) for one in records]}),
    "LookupEvents, printed": lambda records: json.dumps({"Events": [lookup_event(one) for one in records]}, indent=4),
    "LookupEvents, lines": lambda records: "\n".join(json.dumps(lookup_event(one)) for one in records),
    "EventBridge": lambda records: _compact([envelope(one) for one in records]),
    "EventBridge, lines": lambda records: "\n".join(_compact(envelope(one)) for one in records),
}


class Files:
    """A store in memory. A file whose content is a text is one that cannot be fetched, for that reason."""

    def __init__(self, content: Mapping[str, bytes | str]) -> None:
        self._content = content
        self.fetched: list[str] = []

    def files(self) -> Iterable[Stored]:
        return [Stored(name=name, size=len(body), time=delivered_at(name)) for name, body in self._content.items()]

    def fetch(self, stored: Stored) -> bytes:
        self.fetched.append(stored.name)
        body = self._content[stored.name]
        if isinstance(body, str):
            raise StoreError(f"read {stored.name}", body, "Look at it.")
        return body

    def gaps(self) -> Sequence[Gap]:
        return ()


def file_of(records: Sequence[Any], layout: str = "CloudTrail's own") -> bytes:
    return gzip.compress(LAYOUTS[layout](list(records)).encode(), mtime=0)


def found_in(log: FileLog, seeds: Iterable[Word], rule: Rule | None = None, span: Span | None = None) -> list[str]:
    """The ids of what is found, in the order of the ids."""
    events = log.follow(seeds, rule or KeysAndNames(), span or Span(), lambda progress: None)
    return sorted(event.event_id for event in events)
