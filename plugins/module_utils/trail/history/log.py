# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""CloudTrail's event history as a log: the last 90 days of management events, without any trail.
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/view-cloudtrail-events.html"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from ansible_collections.cordon.aws.plugins.module_utils.cloud import Cloud
from ansible_collections.cordon.aws.plugins.module_utils.parallel import in_parallel
from ansible_collections.cordon.aws.plugins.module_utils.trail.event import Event
from ansible_collections.cordon.aws.plugins.module_utils.trail.event_log import Gap, Progress, Report, Rule, Span, Word
from ansible_collections.cordon.aws.plugins.module_utils.trail.graph import senses
from ansible_collections.cordon.aws.plugins.module_utils.trail.history.found import Found
from ansible_collections.cordon.aws.plugins.module_utils.trail.history.pages import MOST, PAGE, Pages
from ansible_collections.cordon.aws.plugins.module_utils.trail.history.places import Places
from ansible_collections.cordon.aws.plugins.module_utils.trail.history.questions import (
    Ask,
    account_of,
    accounts_in,
    asks,
    can_be_asked,
)

KEPT = timedelta(days=90)
_WHERE = "event history"
_TOLD = 20
"""Of how many words at most it is told one by one that they could not be asked for."""


class HistoryLog:
    """An EventLog. `accounts`: whose histories are asked; None: the responder's own, those that whoever is looked for is of, and those of
    the responder's organization that what is found leads to. `regions`: which alone are asked besides that of global services; None: all
    that are enabled."""

    def __init__(
        self,
        cloud: Cloud,
        *,
        accounts: frozenset[str] | None = None,
        regions: frozenset[str] | None = None,
        now: datetime | None = None,
    ) -> None:
        self._cloud = cloud
        self._accounts = accounts
        self._regions = regions
        self._now = now
        self._found = Found()
        self._gaps: list[Gap] = []

    def follow(self, seeds: Iterable[Word], rule: Rule, span: Span, report: Report) -> Iterator[Event]:
        # One moment for all that is followed, so that what it is too old for is told once.
        now = self._now = self._now or datetime.now(UTC)
        self._gaps = [*self.gaps(), *_known_gaps(span, now)]
        self._found = Found()
        kept = now - KEPT
        if span.until is not None and span.until <= kept:
            return
        wanted = dict.fromkeys(seeds)
        places = Places(self._cloud, self._regions)
        pages = Pages(self._cloud, replace(span, since=span.since if span.since and span.since > kept else None))
        asking = _Asking(self._found, places, pages, self._cloud.caller().partition, may_join=self._accounts is None)
        if self._accounts is None:
            named = {account_of(word) for word in wanted} - {""}
            asking.join(*dict.fromkeys((self._cloud.caller().account, *sorted(named))))
            keys = sorted({word.text for word in wanted if senses.KEY_ID.fullmatch(word.text)})
            asking.reach(in_parallel(keys, places.account_of_key))
        else:
            asking.join(*sorted(self._accounts))
        asking.look_for(wanted)
        for answer in pages:
            if answer.error is not None:
                why = f"{answer.ask.attribute} {answer.ask.value}: {str(answer.error).rstrip('.')}"
                self._gaps.append(Gap(kind="unreadable", where=str(answer.place), why=why))
            if answer.is_cut:
                why = (
                    f"{answer.ask.attribute} {answer.ask.value} has more events than are read of one question, {MOST * PAGE:,}: the older "
                    "ones take a shorter time from `since` to `until`, or a trail's bucket"
                )
                self._gaps.append(Gap(kind="not_covered", where=str(answer.place), why=why))
            for event in self._found.take(answer.shown, rule, str(answer.place)):
                yield from (one for one in asking.follow(event, rule) if span.holds(one.time))
            report(
                Progress(files=pages.answered, files_total=pages.asked, events=self._found.read, counted="questions")
            )
        self._gaps += [*places.gaps, *asking.gaps()]

    def gaps(self) -> Sequence[Gap]:
        return list(dict.fromkeys((*self._gaps, *self._found.gaps)))

    @property
    def read(self) -> int:
        return self._found.read

    @property
    def unique(self) -> int:
        return self._found.unique


class _Asking:
    """What is looked for, and what was asked for it."""

    def __init__(self, found: Found, places: Places, pages: Pages, partition: str, *, may_join: bool) -> None:
        self._found = found
        self._places = places
        self._pages = pages
        self._partition = partition
        self._may_join = may_join
        self._wanted: dict[Word, None] = {}
        self._asked: dict[Ask, None] = {}
        self._accounts: set[str] = set()
        self._elsewhere: set[str] = set()
        """Accounts that something leads to and nobody asks."""
        self._facts = 0
        self._given: set[str] = set()

    def join(self, *accounts: str) -> None:
        """Ask the histories of these accounts, too."""
        self._accounts.update(accounts)
        for place in self._places.of(accounts):
            self._pages.add(place)
            for ask in self._asked:
                self._pages.put(place, ask)

    def look_for(self, words: Iterable[Word]) -> None:
        """Ask for these, and for what names have become known of since."""
        self._wanted.update(dict.fromkeys(words))
        self.reach(account_of(word) for word in self._wanted)
        for word in self._wanted:
            for ask in asks(word, self._found.names, self._partition):
                if ask not in self._asked:
                    self._asked[ask] = None
                    for place in self._pages.places:
                        self._pages.put(place, ask)

    def follow(self, event_id: str, rule: Rule) -> Iterator[Event]:
        """The event if it is looked for, and what was seen before and is looked for because of it."""
        if self._found.names.facts != self._facts:
            self._facts = self._found.names.facts
            self.look_for(())
        waiting = [event_id]
        while waiting:
            one = waiting.pop()
            event, words = self._found.event(one)
            by = words & self._wanted.keys()
            if not by:
                continue
            if one not in self._given:
                self._given.add(one)
                self.reach(accounts_in(event))
                yield event
            more = [word for word in sorted(rule.leads_to(event, frozenset(by))) if word not in self._wanted]
            if more:
                self.look_for(more)
                waiting += [filed for word in more for filed in self._found.filed_under(word)]

    def reach(self, accounts: Iterable[str]) -> None:
        """What is found leads to these."""
        for account in sorted({*accounts} - {"", *self._accounts, *self._elsewhere}):
            if self._may_join and account in self._places.members():
                self.join(account)
            else:
                self._elsewhere.add(account)

    def gaps(self) -> Iterator[Gap]:
        """What could not be asked for, and of whose account nobody asked. The other side of a call across accounts is found by who made
        it, in the account that it was made in."""
        unasked = [
            word
            for word in self._wanted
            if not can_be_asked(word)
            or (word.sense != senses.SHARED and not asks(word, self._found.names, self._partition))
        ]
        for word in unasked[:_TOLD]:
            why = f"what has to do with {word.text} ({word.sense}) cannot be looked up: no attribute finds it, or no event tells its name"
            yield Gap(kind="not_covered", where=_WHERE, why=why)
        if len(unasked) > _TOLD:
            yield Gap(
                kind="not_covered", where=_WHERE, why=f"{len(unasked) - _TOLD} more identifiers cannot be looked up"
            )
        for account in sorted(self._elsewhere):
            why = "what was found leads there, and its history was not asked: name the account in `accounts`"
            yield Gap(kind="not_covered", where=f"account {account}", why=why)


def _known_gaps(span: Span, now: datetime) -> Iterator[Gap]:
    kept = now - KEPT
    if span.since is None or span.since < kept:
        why = "the event history keeps 90 days: what was before takes a trail's bucket"
        yield Gap(kind="not_covered", where=_WHERE, why=why, since=span.since, until=kept)
    why = "the event history has no data events, such as reads of S3 objects: they take a trail that records them"
    yield Gap(kind="not_recorded", where=_WHERE, why=why, since=span.since, until=span.until)
