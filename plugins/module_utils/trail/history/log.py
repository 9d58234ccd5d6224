# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""CloudTrail's event history as a log: the last 90 days of management events, without any trail.
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/view-cloudtrail-events.html"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from ansible_collections.cordon.aws.plugins.module_utils.cloud import Cloud
from ansible_collections.cordon.aws.plugins.module_utils.plan import Json
from ansible_collections.cordon.aws.plugins.module_utils.trail.event import Event, RecordError, event_of
from ansible_collections.cordon.aws.plugins.module_utils.trail.event_log import Gap, Progress, Report, Rule, Span, Word
from ansible_collections.cordon.aws.plugins.module_utils.trail.graph import senses
from ansible_collections.cordon.aws.plugins.module_utils.trail.history import questions
from ansible_collections.cordon.aws.plugins.module_utils.trail.history.names import Names
from ansible_collections.cordon.aws.plugins.module_utils.trail.history.pages import Answer, Pages
from ansible_collections.cordon.aws.plugins.module_utils.trail.history.places import Place, places
from ansible_collections.cordon.aws.plugins.module_utils.trail.history.questions import Ask
from ansible_collections.cordon.aws.plugins.module_utils.trail.known_gaps import delayed

KEPT = timedelta(days=90)
_TOLD = 20
"""Of how many words at most it is told one by one that they could not be asked for."""


class HistoryLog:
    """`accounts`: whose histories are asked, in all regions that are enabled. Raises nothing for what cannot be read: that is a gap."""

    def __init__(self, cloud: Cloud, accounts: Sequence[str], now: datetime | None = None) -> None:
        self._cloud = cloud
        self._accounts = tuple(dict.fromkeys(accounts))
        self._now = now or datetime.now(UTC)
        self._gaps: list[Gap] = []
        self._names = Names()
        self._read = 0
        self._unique: set[str] = set()
        self._begin()

    def _begin(self) -> None:
        """Of what was followed before nothing is left but names: under which words an event is filed is the rule's to say."""
        self._wanted: dict[Word, None] = {}
        self._events: dict[str, tuple[Event, frozenset[Word]]] = {}
        self._filed: defaultdict[Word, list[str]] = defaultdict(list)
        self._given: set[str] = set()
        self._asked: set[Ask] = set()
        self._facts = 0

    def follow(self, seeds: Iterable[Word], rule: Rule, span: Span, report: Report) -> Iterator[Event]:
        self._begin()
        self._partition = self._cloud.caller().partition
        where, gaps = places(self._cloud, self._accounts)
        self._gaps += gaps
        self._tell_span(span)
        kept = self._now - KEPT
        since = span.since if span.since and span.since > kept else None
        if span.until is not None and span.until <= kept:
            return
        pages = Pages(self._cloud, where, replace(span, since=since))
        self._look_for(pages, dict.fromkeys(seeds))
        for answer in pages:
            if answer.error is not None:
                why = f"{answer.ask.attribute} {answer.ask.value}: {str(answer.error).rstrip('.')}"
                self._gaps.append(Gap(kind="unreadable", where=_named(answer.place), why=why))
            for event in list(self._new(answer, rule)):
                yield from (one for one in self._found(event, rule, pages) if span.holds(one.time))
            report(Progress(files=pages.answered, files_total=pages.asked, events=self.read, counted="questions"))
        self._tell_words()

    def gaps(self) -> Sequence[Gap]:
        return list(dict.fromkeys(self._gaps))

    @property
    def read(self) -> int:
        return self._read

    @property
    def unique(self) -> int:
        return len(self._unique)

    def _new(self, answer: Answer, rule: Rule) -> Iterator[str]:
        """The ids of events that were not seen before."""
        for shown in answer.shown:
            self._read += 1
            try:
                event = event_of(_record(shown))
            except RecordError as error:
                self._gaps.append(Gap(kind="unreadable", where=_named(answer.place), why=f"one of the events: {error}"))
                continue
            if event.event_id in self._events:
                continue
            words = rule.words(event)
            self._events[event.event_id] = (event, words)
            self._unique.add(event.event_id)
            for word in words:
                self._filed[word].append(event.event_id)
            self._names.learn(event)
            yield event.event_id

    def _found(self, event_id: str, rule: Rule, pages: Pages) -> Iterator[Event]:
        """The event if it is looked for, and what was seen before and is looked for because of it. What it tells of names is asked for."""
        if self._names.facts != self._facts:
            self._facts = self._names.facts
            self._look_for(pages, {})
        waiting = [event_id]
        while waiting:
            one = waiting.pop()
            event, words = self._events[one]
            by = words & self._wanted.keys()
            if not by:
                continue
            if one not in self._given:
                self._given.add(one)
                yield event
            more = {word: None for word in sorted(rule.leads_to(event, frozenset(by))) if word not in self._wanted}
            if more:
                self._look_for(pages, more)
                waiting += [filed for word in more for filed in self._filed.get(word, ())]

    def _look_for(self, pages: Pages, words: Mapping[Word, None]) -> None:
        """Ask for these, and for what names have become known of since."""
        self._wanted.update(words)
        for word in self._wanted:
            for ask in questions.asks(word, self._names, self._partition):
                if ask in self._asked:
                    continue
                self._asked.add(ask)
                for place in pages.places:
                    if ask.is_for(place):
                        pages.put(place, ask)

    def _tell_span(self, span: Span) -> None:
        kept = self._now - KEPT
        if span.since is None or span.since < kept:
            why = "the event history keeps 90 days: what was before takes a trail's bucket"
            self._gaps.append(Gap(kind="not_covered", where="event history", why=why, since=span.since, until=kept))
        why = "the event history has no data events, such as reads of S3 objects: they take a trail that records them"
        self._gaps.append(Gap(kind="not_recorded", where="event history", why=why, since=span.since, until=span.until))
        self._gaps += delayed(span, self._now, "event history")

    def _tell_words(self) -> None:
        """Tell what could not be asked for, and of whose account nobody asked."""
        unasked = [
            word
            for word in self._wanted
            if word.sense != senses.SHARED  # the other side of a call is found by who made it
            and not (questions.can_be_asked(word) and questions.asks(word, self._names, self._partition))
        ]
        for word in unasked[:_TOLD]:
            why = f"what has to do with {word.text} ({word.sense}) cannot be looked up: no attribute finds it, or no event tells its name"
            self._gaps.append(Gap(kind="not_covered", where="event history", why=why))
        if len(unasked) > _TOLD:
            why = f"{len(unasked) - _TOLD} more identifiers cannot be looked up"
            self._gaps.append(Gap(kind="not_covered", where="event history", why=why))
        others = {questions.account_of(word) for word in self._wanted} - {"", *self._accounts}
        for account in sorted(others):
            why = "what was found leads there, and its history was not asked: name a principal of that account as well"
            self._gaps.append(Gap(kind="not_covered", where=f"account {account}", why=why))


def _record(shown: Mapping[str, Json]) -> Json:
    """The record itself, which LookupEvents hands out as text."""
    try:
        found: Json = json.loads(shown.get("CloudTrailEvent") or "")
    except (ValueError, RecursionError) as error:
        raise RecordError("it is not JSON") from error
    return found


def _named(place: Place) -> str:
    return f"event history of {place.account} in {place.region}"
