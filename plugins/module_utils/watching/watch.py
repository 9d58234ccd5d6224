# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Sees to it that containment holds: looks again and again, puts in force again what somebody undid, goes up to the service control
policy where that is wanted, and follows what the contained ones make meanwhile."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol

from ansible_collections.cordon.aws.plugins.module_utils.engine import Work, plan_again, plan_of
from ansible_collections.cordon.aws.plugins.module_utils.errors import CordonError, DriftError
from ansible_collections.cordon.aws.plugins.module_utils.measure import Fact, Proof, Target
from ansible_collections.cordon.aws.plugins.module_utils.parallel import in_parallel
from ansible_collections.cordon.aws.plugins.module_utils.plan import LOST
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads
from ansible_collections.cordon.aws.plugins.module_utils.target_run import TargetRun

STEP_S = 0.5
"""Between two looks. An attacker's tool is known to undo things every half second."""
QUIET_S = 5.0
"""How long nothing must have been undone for containment to hold: what is in force in the policies is enforced within some seconds."""
ESCALATED_S = 60.0
"""How much longer than asked for a run goes on to bring an escalated containment to rest."""


class Follows(Protocol):
    """Finds what the contained ones have made, and shows what they still do. See pursuit.py."""

    def found(self, entries: Sequence[TargetRun]) -> Sequence[Target]:
        """Principals that descend from those of `entries`, and are not among them."""

    def renamed(self, entries: Sequence[TargetRun]) -> Sequence[Target]:
        """Those of `entries` that have another name now, under that."""

    def settle_lost(self, entry: TargetRun, entries: Sequence[TargetRun]) -> None:
        """Say of a target that AWS no longer knows by its name what has become of it."""

    def proof(self, entry: TargetRun, entries: Sequence[TargetRun], contained_at: datetime) -> Proof:
        """What AWS says of one target, and of what it has made, beyond its state."""


@dataclass(kw_only=True, slots=True)
class _Held:
    """What was seen of one target while it was watched."""

    undone: int = 0
    last: float = 0.0
    """When it was seen undone last: monotonic."""
    last_time: datetime | None = None
    left: frozenset[str] = frozenset()
    """The facets that were undone and not put in force again, because an approved plan is not extended."""


@dataclass(kw_only=True)
class Watch:
    """Watching over one run. `seconds`: for how long at least; with 0 only as long as it takes to pursue what was made, if that is wished
    for. `follows`: None looks for nothing that was made."""

    seconds: float
    follows: Follows | None = None
    pursues: bool = False
    """Whether what was made meanwhile is contained as well from the beginning; once escalated it always is."""
    _escalated: bool = False
    _lost: set[str] = field(default_factory=set)
    _held: dict[str, _Held] = field(default_factory=dict)

    def __call__(self, work: Work) -> None:
        """Watch what this run has changed, and pursue what was made if that is wished for, changed or not. An approved plan is watched,
        too, and nothing is done beyond it."""
        started = time.monotonic()
        reached = [entry for entry in work.reachable if not entry.errors]
        watched = [entry for entry in reached if entry.steps or not entry.verified or self.pursues]
        if self.seconds <= 0 and not self.pursues:
            return
        contained_at = datetime.now(UTC)
        known = list(watched)
        if not watched:
            self._prove_again(work, reached, contained_at)
            return
        has_looked = False
        while not (has_looked and self._is_over(work, started, known)):
            has_looked = True
            time.sleep(STEP_S)
            self._look(work, known)
            undone = self._undone(known)
            joined = self._joining(work, known) if work.limits.approved_plan is None else []
            self._settle_lost(known)
            if work.limits.approved_plan is not None:
                self._leave(undone)
                continue
            known += joined
            if undone or self._hindered(known):
                self._escalate(work, known)
            busy = [entry for entry in known if not entry.errors and entry.is_undone()]
            if busy:
                work.round(busy, busy)
            for entry in busy:
                # Quiet is counted from when it was put in force again, which can take longer than quiet must be.
                self._held.setdefault(entry.arn, _Held()).last = time.monotonic()
        self._conclude(work, known, time.monotonic() - started, contained_at)

    def _escalate(self, work: Work, known: Sequence[TargetRun]) -> None:
        """Take the strongest measure from now on, of all."""
        escalated = work.intention.escalated()
        if escalated is None:
            return
        work.intention = escalated
        self._escalated = True
        self._look(work, known)
        for entry in known:
            if not entry.errors:
                found = entry.notes
                entry.notes = [*dict.fromkeys([*found, *escalated.notes(entry.after, entry.found)])]
                entry.unchecked = list(escalated.unchecked(entry.found))

    def _look(self, work: Work, known: Iterable[TargetRun]) -> None:
        reads = Reads(work.cloud)
        in_parallel([entry for entry in known if not entry.errors], lambda entry: _look_at(work, entry, reads))

    def _undone(self, known: Iterable[TargetRun]) -> list[TargetRun]:
        """Those of which something was undone or made anew, and those that AWS no longer knows by their name, since the last look."""
        undone = [
            entry for entry in known if not entry.errors and (self._is_undone(entry) or self._is_newly_lost(entry))
        ]
        for entry in undone:
            held = self._held.setdefault(entry.arn, _Held())
            held.undone += 0 if entry.is_lost else 1
            held.last, held.last_time = time.monotonic(), datetime.now(UTC)
        return undone

    def _hindered(self, known: Iterable[TargetRun]) -> list[TargetRun]:
        """Those of which a measure cannot be read or taken: who can change IAM can take the responder's rights in the account."""
        return [
            entry for entry in known if not entry.errors and not entry.verified and (entry.setbacks or entry.is_stuck())
        ]

    def _is_undone(self, entry: TargetRun) -> bool:
        held = self._held.get(entry.arn)
        left = held.left if held is not None else frozenset()
        return entry.is_undone() and not {step.facet for step in entry.planned} <= left

    def _leave(self, undone: Iterable[TargetRun]) -> None:
        for entry in undone:
            self._held[entry.arn].left = frozenset(step.facet for step in entry.planned)

    def _is_newly_lost(self, entry: TargetRun) -> bool:
        is_new = entry.is_lost and entry.arn not in self._lost
        self._lost |= {entry.arn} if entry.is_lost else set()
        return is_new

    def _joining(self, work: Work, known: Sequence[TargetRun]) -> list[TargetRun]:
        """Who has been renamed joins the run under the new name, and so does what was made meanwhile, if that is pursued."""
        if self.follows is None:
            return []
        made = self.follows.found(known) if self.pursues or self._escalated else ()
        joined = work.join([*self.follows.renamed(known), *made])
        for entry in joined:
            self._held[entry.arn] = _Held(last=time.monotonic(), last_time=datetime.now(UTC))
        return joined

    def _settle_lost(self, known: Sequence[TargetRun]) -> None:
        if self.follows is not None:
            for entry in known:
                if entry.is_lost and not entry.errors:
                    self.follows.settle_lost(entry, known)

    def _is_over(self, work: Work, started: float, known: Sequence[TargetRun]) -> bool:
        now = time.monotonic()
        last = max((self._held[entry.arn].last for entry in known if entry.arn in self._held), default=0.0)
        quiet = now - last >= QUIET_S
        longest = self.seconds + (ESCALATED_S if self._escalated or self.pursues else QUIET_S)
        return (now - started >= self.seconds and quiet) or now - started >= longest

    def _conclude(self, work: Work, known: Sequence[TargetRun], watched: float, contained_at: datetime) -> None:
        """What the result rests on beyond the state."""
        self._look(work, known)
        self._undone(known)
        self._settle_lost(known)
        for entry in known:
            entry.watched = (self._verdict(entry, watched),)
            entry.notes += [f"{arn} was found and left alone: {why}." for arn, why in work.left_out.items()]
        if self.follows is not None:
            self.follows.found(known)
        in_parallel(
            [entry for entry in known if not entry.errors and not entry.is_lost],
            lambda entry: self._prove(entry, known, contained_at),
        )
        work.write_down(plan_of(()).plan_id, known, steps=False)

    def _prove_again(self, work: Work, known: Sequence[TargetRun], contained_at: datetime) -> None:
        """Of what was contained already, and is so still: whether something that it made can act."""
        if self.follows is None or not known:
            return
        self.follows.found(known)
        in_parallel(known, lambda entry: self._prove(entry, known, contained_at))
        work.write_down(plan_of(()).plan_id, known, steps=False)

    def _prove(self, entry: TargetRun, known: Sequence[TargetRun], contained_at: datetime) -> None:
        if self.follows is None:
            return
        held = self._held.get(entry.arn)
        since = held.last_time if held is not None and held.last_time is not None else contained_at
        entry.watched = (*entry.watched, *self.follows.proof(entry, known, since))

    def _verdict(self, entry: TargetRun, watched: float) -> Fact:
        held = self._held.get(entry.arn)
        if held is None or held.undone == 0:
            return Fact(measure="watch", fact=f"watched for {watched:.0f} s: nothing was undone", holds=True)
        times = "once" if held.undone == 1 else f"{held.undone} times"
        quiet = time.monotonic() - held.last
        said = f"watched for {watched:.0f} s: undone {times}, the last time at {held.last_time:%H:%M:%S} UTC"
        if entry.is_lost:
            return Fact(measure="watch", fact=f"{said}; AWS no longer knows it by its name", holds=True)
        if held.left:
            return Fact(measure="watch", fact=f"{said}, and left so: an approved plan is not extended", holds=False)
        if quiet >= QUIET_S:
            return Fact(measure="watch", fact=f"{said}, and put in force again; it has held since", holds=True)
        way_out = "" if self._escalated else "; only a service control policy can end that: set `escalate: true`"
        return Fact(measure="watch", fact=f"{said}: somebody undoes it, and it did not hold{way_out}", holds=False)


def _look_at(work: Work, entry: TargetRun, reads: Reads) -> None:
    try:
        entry.seen(work.intention.observe(reads, entry.found))
    except DriftError as error:
        # Its name has passed to another: what is told by the unique id still reaches it.
        entry.seen({**entry.after, LOST: str(error)})
    except CordonError as error:
        entry.errors.append(str(error))
        return
    setbacks = entry.setbacks
    plan_again(work.intention, entry)
    if entry.planned and entry.is_stuck():
        entry.setbacks = setbacks
    entry.proof = work.intention.verify(entry.after, entry.found)
