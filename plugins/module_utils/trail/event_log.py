# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What every log of events is asked, whatever it is kept in: files, buckets, CloudTrail's own history, a table in Athena."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Protocol, runtime_checkable

from ansible_collections.cordon.aws.plugins.module_utils.plan import Json
from ansible_collections.cordon.aws.plugins.module_utils.trail.event import Event


class Word(NamedTuple):
    """Something that events are looked for by."""

    text: str
    """Stands in the record literally: printable ASCII without quotes and backslashes, in rare cases a single character."""
    sense: str
    """As what it is looked for, such as "access_key": what stands before a colon is a constant of whoever looks, what comes behind tells
    words of one text apart."""


RESOURCE = "resource"
"""The sense of words that name something that was changed, as in "resource:iam/user|111122223333|us-east-1|alice"."""


class Rule(Protocol):
    """Which events are looked for, and what else is looked for because of one that was found. Pure, and of the event alone, so that
    neither the order of events nor how often one is seen changes what is found."""

    def words(self, event: Event) -> frozenset[Word]:
        """By which words the event is found: it is, if one of them is looked for. Each one's text stands in its record."""

    def leads_to(self, event: Event, by: frozenset[Word]) -> frozenset[Word]:
        """What is looked for as well, because the event was found `by` these of its words. More `by` never leads to less."""


@runtime_checkable
class Dated(Protocol):
    """What a Rule can promise besides: then what was read before need not be read again for each new word."""

    def not_before(self, word: Word, event: Event) -> datetime | None:
        """No event before that time has `word`, which `event` led to: AWS had not given it out yet. None where it may stand anywhere.
        Must be true of the events' own times; of clocks that differ by a few minutes the log takes care."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Span:
    """From `since` to before `until`, by the events' own time; None: open."""

    since: datetime | None = None
    until: datetime | None = None

    def holds(self, time: datetime) -> bool:
        return (self.since is None or self.since <= time) and (self.until is None or time < self.until)


@dataclass(frozen=True, kw_only=True, slots=True)
class Gap:
    """Something that the log cannot show."""

    kind: str
    """ "unreadable", "altered", "missing", "not_recorded", "delayed", "not_covered"."""
    where: str
    """The file with its offset, the bucket, the region …; printable."""
    why: str
    """One sentence without a full stop."""
    since: datetime | None = None
    until: datetime | None = None

    def as_json(self) -> dict[str, Json]:
        times = {"since": self.since, "until": self.until}
        return {
            "kind": self.kind,
            "where": self.where,
            "why": self.why,
            **{name: time and f"{time:%Y-%m-%dT%H:%M:%SZ}" for name, time in times.items()},
        }


@dataclass(frozen=True, kw_only=True, slots=True)
class Progress:
    """How far a log has been read. Totals are 0 where nobody knows them."""

    files: int = 0
    files_total: int = 0
    size: int = 0
    """Bytes, as they are stored."""
    size_total: int = 0
    events: int = 0
    counted: str = "files"
    """What `files` counts: "questions", where a history is asked."""


Report = Callable[[Progress], None]
"""Told now and then how far it is; must be cheap."""


class EventLog(Protocol):
    """Where events are kept."""

    def follow(self, seeds: Iterable[Word], rule: Rule, span: Span, report: Report) -> Iterator[Event]:
        """Every event within `span` that has one of the words that are looked for: `seeds`, and what events lead to that were found, until
        nothing new is found. Each once, in no order; records that differ under one id in one account's log are all given, and told as
        "altered": CloudTrail wrote one at most, and which is for a human to say. What cannot be read is a gap, and everything else is
        read."""

    def gaps(self) -> Sequence[Gap]:
        """What could not be read, or is known not to be there, of all that was followed so far: another `follow` adds to it, and takes
        nothing away. Each once; complete when everything has been followed."""

    @property
    def read(self) -> int:
        """How many events the last `follow` looked at, doubles included, as far as the log tells; 0 where it cannot."""

    @property
    def unique(self) -> int:
        """The same without doubles; as `read` where nobody can tell."""
