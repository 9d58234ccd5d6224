# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The intention to restore: what the attacker changed is as it was before, and what others changed stays."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from ansible_collections.cordon.aws.plugins.module_utils.errors import CordonError, InputError
from ansible_collections.cordon.aws.plugins.module_utils.measure import Fact, Planned, Proof, Target
from ansible_collections.cordon.aws.plugins.module_utils.parallel import in_parallel
from ansible_collections.cordon.aws.plugins.module_utils.plan import Json, State, Step, canonical_json
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads
from ansible_collections.cordon.aws.plugins.module_utils.restore.decision import (
    NOTHING_HELD,
    Created,
    Decision,
    decided,
    unconfirmed,
)
from ansible_collections.cordon.aws.plugins.module_utils.restore.facet import GONE, UNKNOWN, Facet, Kind
from ansible_collections.cordon.aws.plugins.module_utils.restore.held import Held
from ansible_collections.cordon.aws.plugins.module_utils.restore.places import Place
from ansible_collections.cordon.aws.plugins.module_utils.restore.wishes import Course, Unanswered, Wish

MEASURE = "restore"
_UNREADABLE = "unreadable/"
"""How the facets begin that say why something could not be read."""


class _Decide(Protocol):
    def __call__(self, wish: Wish, /, *, comes_back: bool) -> Decision: ...


class Restoration:
    """Every wish of each place fulfilled, as far as it can be."""

    action = "restore"
    done = "restored"
    # What could not be restored is no reason to leave the rest as the attacker wants it.
    stops_at_failure = False

    def __init__(
        self,
        wishes: Sequence[Wish],
        kinds: Mapping[str, Kind],
        *,
        created: Created = "disable",
        only: Collection[str] | None = None,
        held: Held = NOTHING_HELD,
        beside: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        """`kinds`: by name. `only`: the ids of the steps to take (None: all planned; conflicts are taken only if named). `held`: what
        is left to a human. `beside`: what else is, by the ARN of a place."""
        self._wishes = wishes
        self._kinds = kinds
        self._created = created
        self._only = only
        self._held = held
        self._beside = beside or {}

    def observe(self, reads: Reads, target: Target) -> dict[str, Json]:
        seen = in_parallel(self._of(target), lambda wish: self._seen(reads, wish.facet))
        return {facet: value for one in seen for facet, value in one.items()}

    def plan(self, state: State, target: Target) -> Planned:
        setbacks = tuple(text for facet, text in state.items() if facet.startswith(_UNREADABLE))
        decisions = self.decisions(state, target)
        self._require_known(decisions, target)
        return Planned(steps=tuple(self.planned(decisions, target)), setbacks=setbacks)

    def planned(self, decisions: Sequence[Decision], target: Target) -> list[Step]:
        """The steps to take. No call twice: what is removed with a thing may be removed by itself as well."""
        steps: dict[bytes, Step] = {}
        for decision in decisions:
            for step in steps_of(decision):
                if self._is_chosen(step, decision, target):
                    steps.setdefault(canonical_json(step.call.as_json()), step)
        return list(steps.values())

    def decisions(self, state: State, target: Target) -> list[Decision]:
        """About each wish that could be looked at, in the order in which what is planned is to be done."""
        seen = [wish for wish in self._of(target) if str(wish.facet) in state]

        def decide(wish: Wish, *, comes_back: bool) -> Decision:
            kind = self._kinds[wish.facet.kind]
            return decided(wish, state[str(wish.facet)], kind, self._created, held=self._held, comes_back=comes_back)

        return self._ranked(seen, decide)

    def unconfirmed(self, target: Target) -> list[Decision]:
        """The same by the log alone."""

        def decide(wish: Wish, *, comes_back: bool) -> Decision:
            kind = self._kinds[wish.facet.kind]
            return unconfirmed(wish, kind, self._created, held=self._held, comes_back=comes_back)

        return self._ranked(self._of(target), decide)

    def _ranked(self, wishes: Iterable[Wish], decide: _Decide) -> list[Decision]:
        """In the order in which they are to be done; what hangs on a thing that is made again comes back with it."""
        found = {wish.facet: decide(wish, comes_back=False) for wish in wishes}
        made_again = {
            facet for facet, one in found.items() if one.status == "planned" and one.live is None and one.moves
        }
        for facet, decision in found.items():
            if decision.wish.holder in made_again and decision.live in (None, GONE):
                found[facet] = decide(decision.wish, comes_back=True)
        return sorted(found.values(), key=self._rank)

    def verify(self, state: State, target: Target) -> Proof:
        facts = [
            Fact(measure=MEASURE, fact=f"{facet.removeprefix(_UNREADABLE)} could not be read", holds=False)
            for facet in state
            if facet.startswith(_UNREADABLE)
        ]
        for decision in self.decisions(state, target):
            chosen = any(self._is_chosen(step, decision, target) for step in steps_of(decision))
            if decision.status == "nothing" or chosen:
                facet = str(decision.wish.facet)
                holds = decision.status == "nothing"
                said = decision.why if holds else "it is still as the attacker left it"
                facts.append(Fact(measure=MEASURE, fact=f"{facet}: {said}", holds=holds))
        return facts or [Fact(measure=MEASURE, fact="nothing is left that can be restored by itself", holds=True)]

    def notes(self, state: State, target: Target) -> Sequence[str]:
        """What is left for a human."""
        decisions = self.decisions(state, target)
        chosen = {str(step.facet) for step in self.planned(decisions, target)}
        open_steps = [one for one in decisions if one.status == "planned" and str(one.wish.facet) not in chosen]
        return [
            *(f"Not asked for, and still as the attacker left it: {one.wish.facet}." for one in open_steps),
            *(f"{one.wish.facet}: {one.why}" for one in decisions if one.status in ("manual", "conflict")),
            *self._beside.get(target.arn, ()),
        ]

    def unchecked(self, _target: Target) -> Sequence[str]:
        return ()

    def residual(self, _state: State, _target: Target) -> Sequence[Mapping[str, str]]:
        return ()

    def escalated(self) -> None:
        """There is no stronger way to restore."""
        return

    def _of(self, target: Target) -> list[Wish]:
        return [
            wish for wish in self._wishes if place_of(wish.facet) == (target.account, getattr(target, "region", ""))
        ]

    def _seen(self, reads: Reads, facet: Facet) -> dict[str, Json]:
        try:
            value = self._kinds[facet.kind].read(reads, facet)
            canonical_json(value)
        except CordonError as error:
            return {f"{_UNREADABLE}{facet}": str(error)}
        except ValueError:
            return {f"{_UNREADABLE}{facet}": f"{facet} holds what JSON cannot say exactly: look at it by hand."}
        return {str(facet): value}

    def _require_known(self, decisions: Sequence[Decision], target: Target) -> None:
        """Raise InputError for ids of this place's that name nothing: nothing of it is done, rather than something else than was meant."""
        named = {one for one in self._only or () if one.partition("#")[0] == target.arn}
        unknown = sorted(named - {step.id_in(target.arn, 0) for one in decisions for step in steps_of(one)})
        if unknown:
            raise InputError(
                f"take {', '.join(unknown)}",
                "no step that could be taken has this id now",
                "Plan again without `steps`, and copy the ids from there. What is done already has none any more.",
            )

    def _is_chosen(self, step: Step, decision: Decision, target: Target) -> bool:
        if self._only is None:
            return decision.status == "planned"
        return step.id_in(target.arn, 0) in self._only

    def _rank(self, decision: Decision) -> tuple[int, int, str]:
        """What takes from the attacker first, links before things; then what is put back, things before links; then what can only be taken
        when that is done."""
        order = self._kinds[decision.wish.facet.kind].order
        takes = decision.wish.courses[0].wanted is None
        if not takes:
            return (1, order, str(decision.wish.facet))
        return (0 if order >= 0 else 2, -order, str(decision.wish.facet))


def place_of(facet: Facet) -> tuple[str, str]:
    return facet.account, facet.region


def places(wishes: Iterable[Wish], unanswered: Iterable[Unanswered] = ()) -> list[Place]:
    """Where there is something to be restored, or to be done by hand, each once."""
    by_hand = {(one.account, one.region) for one in unanswered}
    found = sorted({place_of(wish.facet) for wish in wishes} | by_hand)
    return [Place(account=account, region=region) for account, region in found]


def steps_of(decision: Decision) -> Iterator[Step]:
    """Its moves; only the last one moves the facet."""
    facet = str(decision.wish.facet)
    for number, move in enumerate(decision.moves, 1):
        is_last = number == len(decision.moves)
        yield Step(
            measure=MEASURE,
            facet=facet,
            call=move.call,
            undo=move.undo,
            why=decision.why,
            before=decision.live,
            after=decision.wanted if is_last else decision.live,
            because=decision.wish.because,
            label=label_of(facet, number),
        )


def label_of(facet: str, number: int = 0) -> str:
    """The same for the same, whatever else is planned."""
    return hashlib.sha256(canonical_json([facet, number])).hexdigest()[:12]


def resolved(wish: Wish, kind: Kind, reads: Reads) -> Wish:
    """With what AWS itself knows of the time before, where neither the log nor the call tells."""
    if not any(map(_asks, wish.courses)):
        return wish
    return replace(wish, courses=tuple(_resolved(course, wish.facet, kind, reads) for course in wish.courses))


def _resolved(course: Course, facet: Facet, kind: Kind, reads: Reads) -> Course:
    if not _asks(course):
        return course
    try:
        found = kind.earlier(reads, facet, course.undisturbed)
    except CordonError:
        # Whoever may not ask, or has no such history, decides by hand.
        return course
    return course if found is UNKNOWN else replace(course, wanted=found, sure="proven", source="AWS's own history")


def _asks(course: Course) -> bool:
    """Whether AWS's own history could tell more."""
    return course.wanted is UNKNOWN or course.sure != "proven"
