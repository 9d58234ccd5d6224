# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From events to wishes: what each thing that the attacker changed was before, and what it was left as. Net effect, not replay. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby, pairwise, permutations

from ansible_collections.cordon.aws.plugins.module_utils.plan import canonical_json
from ansible_collections.cordon.aws.plugins.module_utils.restore.certainty import certainty_of
from ansible_collections.cordon.aws.plugins.module_utils.restore.entry import Entry
from ansible_collections.cordon.aws.plugins.module_utils.restore.facet import UNKNOWN, Certainty, Change, Facet, Value
from ansible_collections.cordon.aws.plugins.module_utils.trail.event import Event

_MOST_TOGETHER = 5
"""Changes of one thing in one second of which every order is considered."""
_MOST_ORDERS = 24
_MOST_CHANGES = 500
"""Of one thing."""
_READS = (
    "BatchCheck",
    "BatchDescribe",
    "BatchGet",
    "Describe",
    "Download",
    "Get",
    "Head",
    "List",
    "Lookup",
    "Search",
    "Select",
    "Simulate",
    "View",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Made:
    """One change out of the log, and whose it was."""

    change: Change
    event_id: str
    operation: str
    """ "iam:CreateUser"."""
    time: datetime
    by_attacker: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Course:
    """One way in which things can have gone, by what the log tells."""

    wanted: Value
    """What it would be had the attacker done nothing: what others left last, or what was there before."""
    left: Value
    """What the attacker left."""
    source: str
    """Where `wanted` comes from: "the call itself", "an earlier event"; empty where it is not known."""
    overtaken: str = ""
    """By which event somebody else has changed it since the attacker did; empty: nobody has, by the log."""
    sure: Certainty = "proven"
    """How sure `wanted` is."""
    is_unclear: bool = False
    """Whether nobody can tell the order of the changes, and so neither of these."""
    undisturbed: datetime
    """Just before that time it was what is wanted."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Wish:
    """What is wanted of one facet that the attacker changed."""

    facet: Facet
    courses: tuple[Course, ...]
    """Several where the log leaves the order open; the likeliest first. The live state tells which it was."""
    since: datetime
    """The attacker's first change."""
    because: tuple[str, ...]
    """The attacker's events, in order."""
    operations: tuple[str, ...]
    """Of these events, each once: "iam:CreateUser"."""
    holder: Facet | None = None
    """The thing that it hangs on."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Unanswered:
    """Something the attacker did that no wish answers."""

    event_id: str
    time: datetime
    account: str
    region: str
    operation: str
    manual: str
    """What a human has to do about it; empty where the catalogue does not say."""
    is_known: bool
    """Whether the catalogue has the operation."""


def made_of(events: Iterable[Event], attackers: Container[str], catalogue: Mapping[str, Entry]) -> Iterator[Made]:
    """Every change of events that succeeded. `attackers`: the ids of events that are the attacker's."""
    for event in events:
        entry = catalogue.get(event.name)
        if event.succeeded and entry is not None:
            for change in entry.changes_of(event):
                yield Made(
                    change=replace(
                        change,
                        before=_exact(change.before),
                        after=_exact(change.after),
                        sure=certainty_of(event.name, change),
                    ),
                    event_id=event.event_id,
                    operation=event.name,
                    time=event.time,
                    by_attacker=event.event_id in attackers,
                )


def unanswered(events: Iterable[Event], catalogue: Mapping[str, Entry]) -> Iterator[Unanswered]:
    """Of the attacker's events those that may have changed something lasting, and that nothing plans an answer to."""
    for event in events:
        entry = catalogue.get(event.name)
        if not event.succeeded or not event.operation or (entry is not None and entry.harmless):
            continue
        if entry is None and is_read(event):
            continue
        if entry is None or not entry.changes_of(event):
            yield Unanswered(
                event_id=event.event_id,
                time=event.time,
                account=event.account,
                region=event.region,
                operation=event.name,
                manual=entry.manual if entry else "",
                is_known=entry is not None,
            )


def _exact(value: Value) -> Value:
    """What cannot be written down exactly, such as integers beyond 2^53, is not known: a plan has to say what it will do to the byte."""
    if isinstance(value, dict | list):
        try:
            canonical_json(value)
        except ValueError:
            return UNKNOWN
    return value


def wishes(made: Iterable[Made]) -> list[Wish]:
    """One for each facet that the attacker changed, by facet."""
    by_facet: dict[Facet, list[Made]] = defaultdict(list)
    for one in made:
        by_facet[one.change.facet].append(one)
    return [
        _wish(facet, changes, by_facet)
        for facet, changes in sorted(by_facet.items())
        if any(one.by_attacker for one in changes)
    ]


def _too_many(made: Sequence[Made]) -> bool:
    """Whether there are so many changes, in all or in one second, that not every order of them can be considered."""
    return len(made) > _MOST_CHANGES or max(Counter(one.time for one in made).values()) > _MOST_TOGETHER


def _wish(facet: Facet, made: Sequence[Made], by_facet: Mapping[Facet, Sequence[Made]]) -> Wish:
    theirs = sorted((one for one in made if one.by_attacker), key=lambda one: (one.time, one.event_id))
    holder = next((one.change.holder for one in made if one.change.holder is not None), None)
    first = min(one.time for one in made)
    began_bare = holder is not None and _was_made(by_facet.get(holder, ()), first)
    if _too_many(made):
        courses = [_unclear(made, theirs[0].time)]
    else:
        courses = _unlike(_course(order, began_bare=began_bare) for order in _orders(made))
    return Wish(
        facet=facet,
        holder=holder,
        courses=tuple(courses),
        since=theirs[0].time,
        because=tuple(dict.fromkeys(one.event_id for one in theirs)),
        operations=tuple(dict.fromkeys(one.operation for one in theirs)),
    )


def _unclear(made: Sequence[Made], since: datetime) -> Course:
    """What comes of changes whose order nobody can tell."""
    last = max(made, key=lambda one: one.time)
    return Course(
        wanted=UNKNOWN,
        left=UNKNOWN,
        source="",
        overtaken="" if last.by_attacker else last.event_id,
        is_unclear=True,
        undisturbed=since,
    )


def _was_made(made: Sequence[Made], until: datetime) -> bool:
    """Whether the last that is known of a thing until then is that it was made."""
    known = [one for one in made if one.time <= until]
    last = max(known, key=lambda one: one.time, default=None)
    return last is not None and any(
        one.change.before is None and one.change.sure == "proven" and one.time == last.time for one in known
    )


def _course(made: Sequence[Made], *, began_bare: bool) -> Course:
    """What came of changes in this order. `began_bare`: before the first of them, what the facet hangs on had been made with nothing."""
    theirs = [number for number, one in enumerate(made) if one.by_attacker]
    others = [number for number, one in enumerate(made[: theirs[-1]]) if not one.by_attacker]
    first = next(number for number in theirs if not others or number > others[-1])
    wanted, source = _before(made[first], [made[number] for number in others])
    sure: Certainty = "proven" if others else made[first].change.sure
    if began_bare and first == 0 and (wanted is UNKNOWN or sure != "proven"):
        wanted, source, sure = None, "the making of what it hangs on", "proven"
    later = made[theirs[-1] + 1 :]
    return Course(
        wanted=wanted,
        left=made[theirs[-1]].change.after,
        source=source,
        sure=sure,
        overtaken=later[0].event_id if later else "",
        undisturbed=made[first].time,
    )


def _before(first: Made, others_before: Sequence[Made]) -> tuple[Value, str]:
    """What others left last; else what the first of the attacker's calls must have found."""
    if others_before:
        left = others_before[-1].change.after
        return left, "an earlier event" if left is not UNKNOWN else ""
    return first.change.before, "the call itself" if first.change.before is not UNKNOWN else ""


def _orders(made: Iterable[Made]) -> Iterator[list[Made]]:
    """The orders in which the changes can have come, the likeliest first. Events tell their time to the second: within one, each change
    stands behind one that left what it must have found, as far as can be, and the attacker's last."""
    by_time = groupby(sorted(made, key=lambda one: (one.time, one.by_attacker, one.event_id)), key=lambda one: one.time)
    orders: list[tuple[int, list[Made]]] = [(0, [])]
    for _time, group in by_time:
        ways = list(permutations(group))
        longer = [(links + _links((*order[-1:], *way)), order, way) for links, order in orders for way in ways]
        best = max(links for links, _order, _way in longer)
        orders = [(links, [*order, *way]) for links, order, way in longer if links == best][:_MOST_ORDERS]
    yield from (order for _links_in_it, order in orders)


def _unlike(courses: Iterable[Course]) -> list[Course]:
    """Each once; what they hold cannot be hashed."""
    found: list[Course] = []
    for course in courses:
        if course not in found:
            found.append(course)
    return found


def _links(order: Sequence[Made]) -> int:
    """How many changes found what the one before left."""
    return sum(
        later.change.before is UNKNOWN or earlier.change.after is UNKNOWN or later.change.before == earlier.change.after
        for earlier, later in pairwise(order)
    )


def is_read(event: Event) -> bool:
    """What the catalogue does not know is taken for a change, unless AWS says that it only reads, or its name does where AWS says
    nothing."""
    if event.read_only is None:
        return event.operation.startswith(_READS)
    return event.read_only
