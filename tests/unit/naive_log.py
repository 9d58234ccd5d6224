"""The plainest log of events there can be: every record in memory, gone through until nothing new is found."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from ansible_collections.cordon.aws.plugins.module_utils.trail.event import Event, RecordError, event_of
from ansible_collections.cordon.aws.plugins.module_utils.trail.event_log import Gap, Progress, Report, Rule, Span, Word


class NaiveLog:
    """An EventLog over records."""

    def __init__(self, records: Iterable[Any]) -> None:
        self._events: dict[str, Event] = {}
        self._gaps: list[Gap] = []
        self.read = 0
        for record in records:
            self.read += 1
            try:
                event = event_of(record)
            except RecordError as error:
                self._gaps.append(Gap(kind="unreadable", where=f"record {self.read}", why=str(error)))
            else:
                self._events.setdefault(event.event_id + event.account, event)

    @property
    def unique(self) -> int:
        return len(self._events)

    def gaps(self) -> Sequence[Gap]:
        return self._gaps

    def follow(self, seeds: Iterable[Word], rule: Rule, span: Span, report: Report) -> Iterator[Event]:
        looked = set(seeds)
        filed = [(event, rule.words(event)) for event in self._events.values() if span.holds(event.time)]
        while True:
            led = {word for event, words in filed if words & looked for word in rule.leads_to(event, words & looked)}
            if led <= looked:
                break
            looked |= led
        report(Progress(events=self.read))
        yield from (event for event, words in filed if words & looked)


def records_in(path: Path) -> list[Any]:
    """Every record in a file of any of the layouts of test data, as it stands there."""
    text = path.read_text(encoding="utf-8")
    values = [json.loads(line) for line in text.splitlines() if line] if path.suffix == ".jsonl" else [json.loads(text)]
    return [record for value in values for record in _records(value)]


def _records(value: Any) -> Iterator[Any]:
    if isinstance(value, list):
        for one in value:
            yield from _records(one)
    elif isinstance(value, dict):
        if "CloudTrailEvent" in value:
            yield json.loads(value["CloudTrailEvent"])
        elif "eventSource" in value:
            yield value
        else:
            for one in value.values():
                yield from _records(one)
