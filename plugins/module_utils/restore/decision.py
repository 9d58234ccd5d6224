# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What to do about one thing that the attacker changed, by what it is now. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from ansible_collections.cordon.aws.plugins.module_utils.plan import Json
from ansible_collections.cordon.aws.plugins.module_utils.restore.facet import (
    GONE,
    UNKNOWN,
    IrreversibleError,
    Kind,
    Move,
    Value,
)
from ansible_collections.cordon.aws.plugins.module_utils.restore.held import Held
from ansible_collections.cordon.aws.plugins.module_utils.restore.wishes import Course, Wish

Created: TypeAlias = Literal["disable", "delete"]
"""What becomes of things that the attacker made: disabled and kept as evidence, or deleted."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Decision:
    """What is to be done about one wish. "nothing": it is as it should be, or gone."""

    wish: Wish
    status: Literal["planned", "conflict", "manual", "nothing"]
    why: str
    """For people; a clause without a full stop, or whole sentences of an instruction."""
    live: Json = None
    wanted: Json = None
    """What `moves` bring it to; meaningless without them."""
    moves: Sequence[Move] = ()
    """Of a conflict: what would put it back all the same."""


NOTHING_HELD = Held()


def decided(
    wish: Wish, live: Json, kind: Kind, created: Created, *, held: Held = NOTHING_HELD, comes_back: bool = False
) -> Decision:
    """By the live value. `held`: what is left to a human. `comes_back`: what it hangs on is put back by the same plan, before it."""
    course = _course_of(wish, live, kind)
    done = "" if comes_back and _is_wanted_back(course) else _already_right(course, live, kind, created)
    if done:
        return Decision(wish=wish, status="nothing", why=done, live=live)
    if course.sure == "open" and live == course.wanted:
        why = (
            "The first of the calls succeeds whatever it finds, so that the log does not show whether it is as it was, or as the attacker "
            f"wants it. Look whether it should be so. By the log, {_changed_by(wish)}."
        )
        return Decision(wish=wish, status="manual", why=why, live=live)
    if course.wanted is UNKNOWN:
        return Decision(
            wish=wish,
            status="manual",
            why=f"What it was before is known neither from the log nor from AWS. Find that out, from whoever runs it, its templates or "
            f"backups, and set it. By the log, {_changed_by(wish)}.",
            live=live,
        )
    wanted = _target_value(course, live, kind, created)
    try:
        moves = tuple(kind.moves(wish.facet, live, wanted))
    except IrreversibleError as instruction:
        return Decision(wish=wish, status="manual", why=str(instruction), live=live)
    if not moves and wanted == GONE:
        return Decision(wish=wish, status="nothing", why="it comes and goes with what it hangs on", live=live)
    if not moves:
        why = f"No call brings it back to what it was. Look at it, and put it right by hand. By the log, {_changed_by(wish)}."
        return Decision(wish=wish, status="manual", why=why, live=live)
    holding = held.why(wish.facet, live, wanted, moves)
    if holding:
        why = f"{holding}: decide what should stand; {_changed_by(wish)}"
        status: Literal["planned", "conflict"] = "conflict"
    elif course.overtaken:
        why = f"somebody else has changed it since, in event {course.overtaken}: decide what should stand; {_changed_by(wish)}"
        status = "conflict"
    elif course.sure == "open":
        why = (
            "the call succeeds whatever it finds, and the log does not show what was there: decide whether this takes back what the "
            f"attacker did, or what was there before; {_changed_by(wish)}"
        )
        status = "conflict"
    elif course.left is not UNKNOWN and not (comes_back or kind.matches(live, course.left)):
        why = (
            "it is not what the attacker left, and the log does not show who changed it since: decide what should stand; "
            f"{_changed_by(wish)}"
        )
        status = "conflict"
    else:
        status, why = "planned", f"{_changed_by(wish)}; {_told(course, wanted)}"
    return Decision(wish=wish, status=status, why=why, live=live, wanted=wanted, moves=moves)


def _is_wanted_back(course: Course) -> bool:
    """Whether it went before, or with, what it hangs on, by the attacker's hand."""
    return course.wanted not in (None, GONE) and course.left in (None, GONE)


def unconfirmed(
    wish: Wish, kind: Kind, created: Created, *, held: Held = NOTHING_HELD, comes_back: bool = False
) -> Decision:
    """By the log alone: as if it were what the attacker left, or whoever changed it after."""
    live = wish.courses[0].left
    if live is UNKNOWN:
        return Decision(
            wish=wish,
            status="manual",
            why=f"The log does not show what it was changed to: plan this with `live_check: true`. By the log, {_changed_by(wish)}.",
        )
    return decided(replace(wish, courses=wish.courses[:1]), live, kind, created, held=held, comes_back=comes_back)


def _course_of(wish: Wish, live: Json, kind: Kind) -> Course:
    """How it went: as the live state shows, else the likeliest."""
    return next(
        (
            course
            for fits in (
                lambda course: course.wanted is not UNKNOWN and live == course.wanted,
                lambda course: course.left is not UNKNOWN and kind.matches(live, course.left),
            )
            for course in wish.courses
            if fits(course)
        ),
        wish.courses[0],
    )


def _already_right(course: Course, live: Json, kind: Kind, created: Created) -> str:
    """Why nothing is to be done; empty where something is."""
    if live == GONE:
        return "what it was of does not exist any more"
    if course.wanted is not UNKNOWN and course.sure != "open" and live == course.wanted:
        return "it is as it was before"
    if live is None and course.left is not None and not course.is_unclear:
        return "it does not exist any more"
    if course.wanted is None and created == "disable" and kind.kept is not None and live == kind.kept(live):
        return "it is disabled, and kept as evidence"
    return ""


def _target_value(course: Course, live: Json, kind: Kind, created: Created) -> Json:
    if course.wanted is None and created == "disable" and kind.kept is not None:
        return kind.kept(live)
    return course.wanted


def _changed_by(wish: Wish) -> str:
    return f"the attacker changed it by {', '.join(wish.operations)} at {wish.since:%Y-%m-%d %H:%M:%S} UTC"


def _told(course: Course, wanted: Value) -> str:
    if course.sure == "likely":
        return "the log does not show what was there before, and this is the safe way"
    if course.wanted is None:
        return "it was not there before" if wanted is None else "it was not there before, and is kept as evidence"
    return f"what it was before is in {course.source}"
