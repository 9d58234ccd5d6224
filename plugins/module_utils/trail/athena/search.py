# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is looked for, round after round, and what was found by it: the rule decides, whatever the table was asked. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from ansible_collections.cordon.aws.plugins.module_utils.trail.athena.columns import record_of
from ansible_collections.cordon.aws.plugins.module_utils.trail.athena.queries import Row
from ansible_collections.cordon.aws.plugins.module_utils.trail.event import Event, RecordError, event_of
from ansible_collections.cordon.aws.plugins.module_utils.trail.event_log import Dated, Rule, Span, Word

_FUTURE = timedelta(days=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Round:
    """What to ask next."""

    texts: frozenset[str]
    since: datetime | None
    """No event before has one of them; None: any may."""


class Search:
    """`fault`: told of the file and the reason of what is left out."""

    def __init__(self, rule: Rule, span: Span, fault: Callable[[str, str], None]) -> None:
        self._rule, self._span, self._fault = rule, span, fault
        self._promises = rule if isinstance(rule, Dated) else None
        self._since: dict[Word, datetime | None] = {}
        self._new: dict[Word, datetime | None] = {}
        self._seen: set[str] = set()
        self._latest = datetime.now(UTC) + _FUTURE

    def want(self, words: Iterable[tuple[Word, datetime | None]]) -> None:
        """Look for these, too. A word that may stand in earlier events than was known is looked for once more."""
        for word, since in words:
            known = self._since.get(word)
            if word not in self._since or (known is not None and (since is None or since < known)):
                self._since[word] = self._new[word] = since

    def next_round(self) -> Round | None:
        """What has become wanted since the last; None where nothing has."""
        if not self._new:
            return None
        times = list(self._new.values())
        dated = [time for time in times if time is not None]
        texts = frozenset(word.text for word in self._new)
        self._new = {}
        return Round(texts=texts, since=min(dated) if len(dated) == len(times) else None)

    def event(self, row: Row) -> Event | None:
        """The event of a row, if it is found now; each is once. The row: the file it is in, and the record's fields."""
        name, *fields = row
        try:
            event = event_of(record_of(fields))
        except (RecordError, OverflowError) as error:
            why = str(error) if isinstance(error, RecordError) else "eventTime is not a time"
            self._fault(name or "", f"a record is left out: {why}")
            return None
        if event.time > self._latest:
            self._fault(name or "", "its time is in the future")
            return None
        by = frozenset(word for word in self._rule.words(event) if word in self._since)
        if not by or not self._span.holds(event.time):
            return None
        self.want((word, self._not_before(word, event)) for word in self._rule.leads_to(event, by))
        if event.event_id in self._seen:
            return None
        self._seen.add(event.event_id)
        return event

    def _not_before(self, word: Word, event: Event) -> datetime | None:
        return self._promises.not_before(word, event) if self._promises else None
