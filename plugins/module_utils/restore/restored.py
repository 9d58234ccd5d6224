# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a release needs to know of restores, which a case log holds: how their facets are read, and which steps they can have had."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from ansible_collections.cordon.aws.plugins.module_utils.errors import IntegrityError
from ansible_collections.cordon.aws.plugins.module_utils.measure import Proof, Target
from ansible_collections.cordon.aws.plugins.module_utils.parallel import in_parallel
from ansible_collections.cordon.aws.plugins.module_utils.plan import Call, Json, State, Step
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads
from ansible_collections.cordon.aws.plugins.module_utils.restore.facet import (
    Facet,
    IrreversibleError,
    Kind,
    Move,
    facet_of,
)
from ansible_collections.cordon.aws.plugins.module_utils.restore.places import KIND
from ansible_collections.cordon.aws.plugins.module_utils.restore.restoration import MEASURE, place_of


@dataclass(frozen=True, kw_only=True)
class Restored:
    """A measure that is only ever released: what was restored is as the attacker left it again."""

    kinds: Mapping[str, Kind]
    NAME: str = MEASURE
    KINDS: frozenset[str] = frozenset({KIND})
    OPEN_WITHOUT: str = "what the attacker changed stays as it is"
    PERMISSIONS: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        asked = {permission for kind in self.kinds.values() for permission in kind.permissions}
        object.__setattr__(self, "PERMISSIONS", tuple(sorted(asked)))

    def observe(self, reads: Reads, target: Target) -> dict[str, Json]:
        """Nothing by itself: a place has no facets but those that were changed."""
        return self.observe_facets(reads, target, ())

    def observe_facets(self, reads: Reads, target: Target, facets: Iterable[str]) -> dict[str, Json]:
        listed = sorted(set(facets))
        values = in_parallel(listed, lambda facet: self._value(reads, target, facet))
        return dict(zip(listed, values, strict=True))

    def plan(self, _state: State, _target: Target) -> Iterator[Step]:
        """Nothing: a restoration is planned from a trail."""
        return iter(())

    def can_have_planned(self, step: Step, target: Target) -> bool:
        facet = self._facet(step.facet, target)
        if facet is None:
            return False
        kind = self.kinds[facet.kind]
        if step.before != step.after:
            moves = _moves(kind, facet, step.before, step.after)
            return bool(moves) and _does(moves[-1], step)
        return any(_does(move, step) for move in _ways(kind, facet, step.before))

    def verify(self, _state: State, _target: Target) -> Proof:
        return ()

    def notes(self, _state: State, _target: Target) -> Sequence[str]:
        return ()

    def _value(self, reads: Reads, target: Target, text: str) -> Json:
        facet = self._facet(text, target)
        if facet is None:
            raise IntegrityError(
                f"look at {ascii(text)[1:121]}",
                "the case records a change to it, and nothing of this version restores such a thing there",
                "Somebody else has written into the case log, or another version has: find out which.",
            )
        return self.kinds[facet.kind].read(reads, facet)

    def _facet(self, text: str, target: Target) -> Facet | None:
        """What the text names, where it is something of the target's that is restored."""
        try:
            facet = facet_of(text)
        except ValueError:
            return None
        kind = self.kinds.get(facet.kind)
        here = (target.account, getattr(target, "region", ""))
        return facet if kind is not None and place_of(facet) == here and kind.takes(facet.names) else None


def _moves(kind: Kind, facet: Facet, live: Json, wanted: Json) -> Sequence[Move]:
    """None where the values, which stand in a log, are none of the kind's."""
    try:
        return kind.moves(facet, live, wanted) if live != wanted else ()
    except (AttributeError, IrreversibleError, LookupError, TypeError, ValueError):
        return ()


def _ways(kind: Kind, facet: Facet, live: Json) -> Sequence[Move]:
    """What can make way for a change of this value; none where the value, which stands in a log, is none of the kind's."""
    try:
        wanted = [None] if kind.kept is None else [None, kind.kept(live)]
        return (*(move for value in wanted for move in _moves(kind, facet, live, value)[:-1]), *kind.ways(facet, live))
    except (AttributeError, IrreversibleError, LookupError, TypeError, ValueError):
        return ()


def _does(move: Move, step: Step) -> bool:
    return _told(move.call) == _told(step.call) and [*map(_told, move.undo)] == [*map(_told, step.undo)]


def _told(call: Call) -> dict[str, Json]:
    """The call, with the documents in its parameters as what they say: a log keeps values with sorted names, so that a text made from one
    that was read out of it may have another order."""
    return call.as_json() | {"parameters": {name: _read(value) for name, value in call.parameters.items()}}


def _read(value: Json) -> Json:
    if isinstance(value, str) and value.startswith("{"):
        try:
            return ["document", json.loads(value, object_pairs_hook=_each_once)]
        except ValueError:
            pass
    return value


def _each_once(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    """A document that says something twice is none that was written here: readers differ in which they take."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands there twice")
    return found
