# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From a log and the attacker's events in it to what is wanted: the log is asked again, for whoever else changed the same things."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from ansible_collections.cordon.aws.plugins.module_utils.parallel import in_parallel
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads
from ansible_collections.cordon.aws.plugins.module_utils.restore.catalogue import ENTRIES, KINDS
from ansible_collections.cordon.aws.plugins.module_utils.restore.restoration import resolved
from ansible_collections.cordon.aws.plugins.module_utils.restore.touched import TouchedRule
from ansible_collections.cordon.aws.plugins.module_utils.restore.wishes import (
    Unanswered,
    Wish,
    made_of,
    unanswered,
    wishes,
)
from ansible_collections.cordon.aws.plugins.module_utils.trail.event import Event
from ansible_collections.cordon.aws.plugins.module_utils.trail.event_log import EventLog, Report, Span


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """What the attacker changed: what can be planned, and what cannot."""

    wishes: tuple[Wish, ...]
    unanswered: tuple[Unanswered, ...]

    def resolved(self, reads: Reads) -> tuple[Wish, ...]:
        """The wishes, with what AWS itself knows of the time before."""
        return tuple(in_parallel(self.wishes, lambda wish: resolved(wish, KINDS[wish.facet.kind], reads)))


def wanted_of(log: EventLog, attackers: Sequence[Event], history: timedelta, report: Report) -> Wanted:
    """`history`: how long before the attacker's first event the log is searched for what was there; it is to its end for who came after."""
    rule = TouchedRule(ENTRIES, KINDS)
    seeds = rule.seeds(attackers)
    ids = {event.event_id for event in attackers}
    found = list(attackers)
    if seeds:
        since = min(event.time for event in attackers) - history
        others = log.follow(seeds, rule, Span(since=since), report)
        found += [event for event in others if event.event_id not in ids]
    return Wanted(
        wishes=tuple(wishes(made_of(found, ids, ENTRIES))),
        unanswered=tuple(unanswered(attackers, ENTRIES)),
    )
