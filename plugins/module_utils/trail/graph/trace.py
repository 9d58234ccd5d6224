# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What somebody did, as a log tells it: the calls of whoever descends from keys, sessions, users and roles. Pure above the log."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import overload

from ansible_collections.cordon.aws.plugins.module_utils.iam.principal_names import PrincipalName
from ansible_collections.cordon.aws.plugins.module_utils.plan import Json
from ansible_collections.cordon.aws.plugins.module_utils.trail.event import Event, event_of
from ansible_collections.cordon.aws.plugins.module_utils.trail.event_log import EventLog, Gap, Report, Span
from ansible_collections.cordon.aws.plugins.module_utils.trail.graph.acts import Acts, Read, acts_of, reads_of
from ansible_collections.cordon.aws.plugins.module_utils.trail.graph.closure import Closure, Row, closure_of
from ansible_collections.cordon.aws.plugins.module_utils.trail.graph.facts import Fact, Facts
from ansible_collections.cordon.aws.plugins.module_utils.trail.graph.following import follow
from ansible_collections.cordon.aws.plugins.module_utils.trail.graph.limits import limits_of
from ansible_collections.cordon.aws.plugins.module_utils.trail.graph.rule import SessionRule, seeds_of
from ansible_collections.cordon.aws.plugins.module_utils.trail.graph.spool import Spool, dumped, loaded


class TracedEvents(Sequence[Event]):
    """Traced events in order of time, read from where they lie when they are asked for. Without secrets."""

    def __init__(self, facts: Sequence[Fact], spool: Spool) -> None:
        self._facts, self._spool = facts, spool

    def __len__(self) -> int:
        return len(self._facts)

    @overload
    def __getitem__(self, index: int) -> Event: ...

    @overload
    def __getitem__(self, index: slice) -> TracedEvents: ...

    def __getitem__(self, index: int | slice) -> Event | TracedEvents:
        if isinstance(index, slice):
            return TracedEvents(self._facts[index], self._spool)
        return event_of(loaded(self._spool.get(*self._facts[index].place)))


@dataclass(frozen=True, kw_only=True)
class Trace:
    """What a log shows of whoever is traced. Every text in it is printable, and fit to be handed on (`plain`), except in `events`."""

    events: Sequence[Event]
    closure: tuple[Row, ...]
    containable: tuple[str, ...]
    """The closure as `iam_principal_containment` takes it."""
    acts: tuple[Acts, ...]
    """What each of the closure did, in its order."""
    reads: tuple[Read, ...]
    """The data that was read, the most often read first."""
    counts: Mapping[str, int]
    """ "read", "unique", "traced", "changes", "refused"."""
    gaps: tuple[Gap, ...]
    _facts: Sequence[Fact]
    _rows: Mapping[tuple[int, int], Row]
    _spool: Spool

    def lines(self) -> Iterator[bytes]:
        """The timeline: each traced record as one line of JSON, with who it was as "cordon", and without secrets."""
        for fact in self._facts:
            row = self._rows.get(fact.place)
            told: dict[str, Json] = {
                "principal": (row.principal if row else fact.actor) or None,
                "access_key_id": fact.key or None,
                "derived_from": (row.derived_from or None) if row else None,
                "how": row.how if row else None,
                "change": fact.change,
                "refused": fact.refused,
                "data_read": fact.read is not None,
            }
            yield self._spool.get(*fact.place)[:-1] + b',"cordon":' + dumped(told) + b"}\n"


def trace(
    log: EventLog,
    seeds: Sequence[PrincipalName],
    span: Span,
    *,
    now: datetime,
    report: Report = lambda _progress: None,
    accounts: Collection[str] | None = None,
    regions: Collection[str] | None = None,
) -> Trace:
    """Everything `log` shows of `seeds` and whoever descends from them. `accounts` and `regions`: where to look; None: everywhere.

    Raises InputError for a seed that cannot be looked for, and what the log raises where it cannot be read at all."""
    words = seeds_of(seeds)
    found = Facts()
    for event in log.follow(words, SessionRule(), span, report):
        if (accounts is None or event.account in accounts) and (regions is None or event.region in regions):
            found.add(event)
    # Times are whole seconds: what gives something out comes before what is done with it in the same second.
    facts = sorted(found.all, key=lambda fact: (fact.at, not fact.children, fact.event_id, fact.account))
    followed = follow(facts, words)
    closure = closure_of(facts, followed, seeds)
    traced = [facts[place] for place in sorted(followed.found)]
    return Trace(
        events=TracedEvents(traced, found.spool),
        closure=tuple(closure.rows),
        containable=tuple(closure.containable()),
        acts=acts_of(facts, closure),
        reads=reads_of(facts, followed.found, closure),
        counts={
            "read": log.read,
            "unique": log.unique,
            "traced": len(traced),
            "changes": sum(fact.change for fact in traced),
            "refused": sum(fact.refused for fact in traced),
        },
        gaps=_gaps(log.gaps(), limits_of(facts, followed, closure, span, now)),
        _facts=traced,
        _rows=_rows_by_place(facts, closure),
        _spool=found.spool,
    )


def _gaps(of_log: Sequence[Gap], own: Iterable[Gap]) -> tuple[Gap, ...]:
    """Those of the log, and what else the trace cannot tell; delays only once."""
    is_said = any(gap.kind == "delayed" for gap in of_log)
    return (*of_log, *(gap for gap in own if not (is_said and gap.kind == "delayed")))


def _rows_by_place(facts: Sequence[Fact], closure: Closure) -> dict[tuple[int, int], Row]:
    """Where a record lies -> whose doing it is."""
    return {facts[place].place: row for place, row in closure.row_of.items()}
