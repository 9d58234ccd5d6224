# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a trace cannot tell, and says so: as gaps beside those of the log itself. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from ansible_collections.cordon.aws.plugins.module_utils.trail.event_log import Gap, Span
from ansible_collections.cordon.aws.plugins.module_utils.trail.graph import senses
from ansible_collections.cordon.aws.plugins.module_utils.trail.graph.closure import NAMED, Closure
from ansible_collections.cordon.aws.plugins.module_utils.trail.graph.facts import Fact
from ansible_collections.cordon.aws.plugins.module_utils.trail.graph.following import Followed
from ansible_collections.cordon.aws.plugins.module_utils.trail.graph.reaching import REACHES_INTO

# https://docs.aws.amazon.com/awscloudtrail/latest/userguide/get-and-view-cloudtrail-log-files.html: about five minutes, not guaranteed.
_DELIVERED_WITHIN = timedelta(minutes=15)
_STILL_GROWING = timedelta(hours=1)
"""A log whose last traced event is newer is taken for one that may lack newer ones; logs that grow for sure say so themselves."""
_STOPS_RECORDING: Mapping[str, str] = {
    "cloudtrail:StopLogging": "a trail was stopped",
    "cloudtrail:DeleteTrail": "a trail was deleted",
    "cloudtrail:UpdateTrail": "a trail was changed",
    "cloudtrail:PutEventSelectors": "what a trail records was changed",
    "cloudtrail:DeleteEventDataStore": "an event data store was deleted",
    "cloudtrail:StopEventDataStoreIngestion": "an event data store was stopped",
}


def limits_of(facts: Sequence[Fact], followed: Followed, closure: Closure, span: Span, now: datetime) -> Iterator[Gap]:
    """`facts` in order of time."""
    traced = [facts[place] for place in sorted(followed.found)]
    yield from _unseen(closure)
    yield from _minted(facts, followed, closure)
    yield from _opened(facts, followed)
    for fact in traced:
        for child in fact.children:
            if child.doubt:
                yield Gap(
                    kind="not_covered",
                    where=child.principal or child.access_key_id,
                    why=child.doubt,
                    since=_time(fact.at),
                )
    yield from _stopped(traced)
    yield from _reached(traced)
    if traced and not any(fact.data_event for fact in traced):
        yield Gap(
            kind="not_recorded",
            where="data events",
            why="none was found: objects, items and messages that were read or written, and functions that were called, show only where "
            "the trail records data events",
        )
    is_recent = bool(traced) and _time(traced[-1].at) > now - _STILL_GROWING
    if is_recent and (span.until is None or span.until > now - _DELIVERED_WITHIN):
        yield Gap(
            kind="delayed",
            where="the newest events",
            why="CloudTrail delivers them up to 15 minutes late, and later at times: look again",
            since=now - _DELIVERED_WITHIN,
            until=span.until,
        )


def _time(at: int) -> datetime:
    return datetime.fromtimestamp(at, UTC)


def _unseen(closure: Closure) -> Iterator[Gap]:
    for row in closure.rows:
        if row.how == NAMED and row.first_seen is None:
            at_work = any(other.derived_from == row.name for other in closure.rows)
            if not at_work:
                yield Gap(kind="not_covered", where=row.given or row.name, why="the log shows no call of it")


def _minted(facts: Sequence[Fact], followed: Followed, closure: Closure) -> Iterator[Gap]:
    """Sessions that were named, whose origin is not."""
    named = {row.access_key_id for row in closure.rows if row.how == NAMED}
    for place, words in sorted(followed.beside.items()):
        if place not in followed.found:
            for word in sorted(words):
                if word.sense == senses.MINTED and word.text in named:
                    fact = facts[place]
                    why = f"{fact.actor} got it by {fact.operation} and is not traced: it may be where this began"
                    yield Gap(kind="not_covered", where=word.text, why=why, since=_time(fact.at))


def _opened(facts: Sequence[Fact], followed: Followed) -> Iterator[Gap]:
    for place, others in sorted(followed.kept_out.items()):
        left = [other for other in others if other not in followed.found]
        if left and facts[place].children:
            fact = facts[place]
            why = (
                f"it was taken {len(left)} times after {fact.operation} by others, who may have been able to before: the log "
                "does not tell, and they are not traced"
            )
            yield Gap(kind="not_covered", where=fact.children[0].principal, why=why, since=_time(fact.at))


def _stopped(traced: Sequence[Fact]) -> Iterator[Gap]:
    for fact in traced:
        name = f"{fact.service}:{fact.operation}"
        if name in _STOPS_RECORDING and not fact.refused:
            why = f"{_STOPS_RECORDING[name]} ({fact.operation}): what it recorded before may be missing from then on"
            yield Gap(kind="not_recorded", where=f"{fact.account} {fact.region}", why=why, since=_time(fact.at))


def _reached(traced: Sequence[Fact]) -> Iterator[Gap]:
    first: dict[tuple[str, str, str], Fact] = {}
    for fact in traced:
        name = f"{fact.service}:{fact.operation}"
        if name in REACHES_INTO and not fact.refused and not fact.children:
            first.setdefault((fact.account, fact.region, name), fact)
    for (account, region, name), fact in first.items():
        why = f"{REACHES_INTO[name]} ({fact.operation}): what was done through it since is traced only if those sessions are named"
        yield Gap(kind="not_covered", where=f"{account} {region}", why=why, since=_time(fact.at))
