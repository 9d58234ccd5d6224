"""What tests of the catalogue of inverses share: events of AWS's shape, and the law that a move and its undo are each other's way back."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ansible_collections.cordon.aws.plugins.module_utils.plan import Call, Step
from ansible_collections.cordon.aws.plugins.module_utils.restore.catalogue import ENTRIES, KINDS
from ansible_collections.cordon.aws.plugins.module_utils.restore.facet import Change, Facet, IrreversibleError
from ansible_collections.cordon.aws.plugins.module_utils.restore.places import Place
from ansible_collections.cordon.aws.plugins.module_utils.restore.restored import Restored
from ansible_collections.cordon.aws.plugins.module_utils.trail.event import Event, event_of

ACCOUNT, REGION = "111122223333", "us-east-1"
HOSTILE = (
    "",
    "a b",
    "a\nb",
    "../etc",
    "{{ lookup('pipe', 'id') }}",
    "$(id)",
    "a|b",
    "x" * 5000,
    7,
    None,
    ["alice"],
    {"name": "alice"},
)
"""In the place of a name. None of them is one in IAM."""


def logged(
    name: str, request: Any = None, response: Any = None, identity: Mapping[str, Any] | None = None, second: int = 0
) -> Event:
    """ "iam:CreateUser" that succeeded, as CloudTrail records it, in that second of a minute."""
    service, operation = name.split(":")
    return event_of(
        {
            "eventID": f"11111111-2222-3333-4444-5555555555{second:02}",
            "eventTime": f"2026-01-31T12:00:{second:02}Z",
            "eventSource": f"{service}.amazonaws.com",
            "eventName": operation,
            "awsRegion": REGION,
            "recipientAccountId": ACCOUNT,
            "userIdentity": dict(identity or {}),
            "requestParameters": request,
            "responseElements": response,
        }
    )


def changes(event: Event) -> list[Change]:
    entry = ENTRIES[event.name]
    assert entry.changes is not None, f"{event.name} has no changes"
    found = list(entry.changes(event))
    for change in found:
        assert KINDS[change.facet.kind].takes(change.facet.names), change
    return found


def told(event: Event) -> dict[tuple[str, ...], tuple[Any, Any]]:
    """(kind, *names) -> (before, after)."""
    return {(one.facet.kind, *one.facet.names): (one.before, one.after) for one in changes(event)}


def facet(kind: str, *names: str) -> Facet:
    found = Facet(kind, ACCOUNT, REGION, names)
    assert KINDS[kind].takes(names), names
    return found


def sent(calls: Iterable[Call]) -> list[tuple[str, dict[str, Any]]]:
    return [(f"{call.service}:{call.operation}", dict(call.parameters)) for call in calls]


def moves_of(one: Facet, live: Any, wanted: Any) -> list[tuple[str, dict[str, Any]]]:
    return sent(move.call for move in KINDS[one.kind].moves(one, live, wanted))


def undo_of(one: Facet, live: Any, wanted: Any) -> list[tuple[str, dict[str, Any]]]:
    """In the order in which a release sends them."""
    moves = KINDS[one.kind].moves(one, live, wanted)
    return sent(call for move in reversed(moves) for call in move.undo)


def check_ways(one: Facet, values: Sequence[Any]) -> None:
    """From each value to each other: the undo of a move is the move back, and a release takes what was planned and nothing like it."""
    kind, released = KINDS[one.kind], Restored(kinds=KINDS)
    for live, wanted in itertools.permutations(values, 2):
        try:
            moves = kind.moves(one, live, wanted)
        except IrreversibleError as instruction:
            assert str(instruction).endswith(".")  # noqa: PT017
            continue
        if not moves:
            continue
        if all(move.undo for move in moves):
            assert undo_of(one, live, wanted) == moves_of(one, wanted, live), (live, wanted)
        for number, move in enumerate(moves, 1):
            after = wanted if number == len(moves) else live
            step = _step(one, move.call, move.undo, live, after)
            assert released.can_have_planned(step, Place(account=ACCOUNT, region=REGION)), (live, wanted)
            forged = _step(one, move.call, (*move.undo, move.call), live, after)
            assert not released.can_have_planned(forged, Place(account=ACCOUNT, region=REGION))


def _step(one: Facet, call: Call, undo: tuple[Call, ...], before: Any, after: Any) -> Step:
    return Step(measure="restore", facet=str(one), call=call, undo=undo, why="", before=before, after=after)
