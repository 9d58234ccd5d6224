# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From a log and the attacker's events in it to what is wanted: the log is asked again, for whoever else changed the same things."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from ansible_collections.cordon.aws.plugins.module_utils.parallel import in_parallel
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads
from ansible_collections.cordon.aws.plugins.module_utils.restore.catalogue import ENTRIES, KINDS
from ansible_collections.cordon.aws.plugins.module_utils.restore.restoration import resolved
from ansible_collections.cordon.aws.plugins.module_utils.restore.touched import TouchedRule
from ansible_collections.cordon.aws.plugins.module_utils.restore.wishes import (
    Made,
    Unanswered,
    Wish,
    made_of,
    unanswered,
    wishes,
)
from ansible_collections.cordon.aws.plugins.module_utils.trail.event import Event
from ansible_collections.cordon.aws.plugins.module_utils.trail.event_log import EventLog, Report, Span, Word


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """What the attacker changed: what can be planned, and what cannot."""

    wishes: tuple[Wish, ...]
    unanswered: tuple[Unanswered, ...]
    written: frozenset[tuple[str, str]] = frozenset()
    """Objects (bucket, key) that the attacker wrote."""

    def resolved(self, reads: Reads) -> tuple[Wish, ...]:
        """The wishes, with what AWS itself knows of the time before."""
        return tuple(in_parallel(self.wishes, lambda wish: resolved(wish, KINDS[wish.facet.kind], reads)))


_WRITES = frozenset({"s3:CompleteMultipartUpload", "s3:CopyObject", "s3:PutObject"})
_CORDON = re.compile(r"arn:aws[a-z-]*:sts::\d{12}:assumed-role/[\w+=,.@-]{1,64}/cordon-[0-9a-f]{8}", re.ASCII)


def is_cordons(event: Event) -> bool:
    """Whether Cordon made the call, in a session as `Cloud` names them. It is neither the attacker's nor a decision of anybody's about what
    should stand: what containment shut, and a release opens, is still as the attacker left it. Who names a session so gains nothing: its
    changes are then not known, and found live."""
    arn = event.identity.get("arn")
    return isinstance(arn, str) and _CORDON.fullmatch(arn) is not None


def wanted_of(log: EventLog, attackers: Iterable[Event], history: timedelta, report: Report) -> Wanted:
    """`attackers`: the attacker's events, of which none is kept. `history`: how long before the first of them the log is searched for what
    was there; it is to its end for who came after."""
    rule = TouchedRule(ENTRIES, KINDS)
    ids: set[str] = set()
    seeds: set[Word] = set()
    made: list[Made] = []
    manual: list[Unanswered] = []
    written: set[tuple[str, str]] = set()
    first: datetime | None = None
    for event in attackers:
        ids.add(event.event_id)
        if event.succeeded and event.name in _WRITES:
            written.add((str(event.request.get("bucketName")), str(event.request.get("key"))))
        made += made_of([event], ids, ENTRIES)
        manual += unanswered([event], ENTRIES)
        seeds |= rule.words(event)
        first = event.time if first is None else min(first, event.time)
    if first is not None and seeds:
        others = log.follow(seeds, rule, Span(since=first - history), report)
        made += made_of(
            (event for event in others if event.event_id not in ids and not is_cordons(event)), ids, ENTRIES
        )
    return Wanted(wishes=tuple(wishes(made)), unanswered=tuple(manual), written=frozenset(written))
