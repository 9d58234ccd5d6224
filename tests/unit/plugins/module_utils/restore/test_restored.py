"""What a case log may make a release do about restores: exactly what restoring plans, and its way back."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from restore_model import ACCOUNT, KINDS, REGION, THING

from ansible_collections.cordon.aws.plugins.module_utils.history import release_steps
from ansible_collections.cordon.aws.plugins.module_utils.plan import Call, Step
from ansible_collections.cordon.aws.plugins.module_utils.restore.decision import Decision
from ansible_collections.cordon.aws.plugins.module_utils.restore.facet import Facet, Move
from ansible_collections.cordon.aws.plugins.module_utils.restore.places import Place
from ansible_collections.cordon.aws.plugins.module_utils.restore.restoration import steps_of
from ansible_collections.cordon.aws.plugins.module_utils.restore.restored import Restored
from ansible_collections.cordon.aws.plugins.module_utils.restore.wishes import Wish

PLACE = Place(account=ACCOUNT, region=REGION)


def called(facet: Facet, operation: str) -> Call:
    return Call(
        account=ACCOUNT, region=REGION, service="model", operation=operation, parameters={"name": facet.names[0]}
    )


def in_two_calls(facet: Facet, live: Any, wanted: Any) -> tuple[Move, ...]:
    """A thing is emptied before it is deleted, and made before it is filled."""
    fill, empty = called(facet, "Fill"), called(facet, "Empty")
    create, delete = called(facet, "Create"), called(facet, "Delete")
    if wanted is None:
        return (Move(call=empty, undo=(fill,)), Move(call=delete, undo=(create,)))
    if live is None:
        return (Move(call=create, undo=(delete,)), Move(call=fill, undo=(empty,)))
    return (Move(call=called(facet, "Switch"), undo=(called(facet, "Switch"),)),)


RESTORED = Restored(kinds={THING: replace(KINDS[THING], moves=in_two_calls)})
FACET = Facet(THING, ACCOUNT, REGION, ("red",))
LIVE = {"id": 1, "on": True}


def steps(live: Any, wanted: Any) -> list[Step]:
    wish = Wish(facet=FACET, courses=(), since=None, because=("event-1",), operations=())  # type: ignore[arg-type]
    moves = RESTORED.kinds[THING].moves(FACET, live, wanted)
    decision = Decision(wish=wish, status="planned", why="because", live=live, wanted=wanted, moves=moves)
    return list(steps_of(decision))


def test_every_step_of_a_removal_is_accepted_from_a_log() -> None:
    removal = steps(LIVE, None)
    assert [step.call.operation for step in removal] == ["Empty", "Delete"]
    assert all(RESTORED.can_have_planned(step, PLACE) for step in removal)


@given(
    change=st.sampled_from(
        [
            {"call": called(FACET, "DeleteEverything")},
            {"undo": (called(FACET, "AttachAdministratorAccess"),)},
            {"undo": ()},
            {"facet": "model/other|111122223333|us-east-1|red"},
            {"facet": "model/thing|444455556666|us-east-1|red"},
            {"facet": "model/thing|111122223333|eu-west-1|red"},
            {"facet": "model/thing|111122223333|us-east-1|red|more"},
            {"facet": "nonsense"},
        ]
    ),
    number=st.integers(0, 1),
)
def test_a_step_that_somebody_has_changed_in_the_log_is_refused(change: dict[str, Any], number: int) -> None:
    assert not RESTORED.can_have_planned(replace(steps(LIVE, None)[number], **change), PLACE)


def test_a_document_may_come_back_in_another_order_and_must_say_the_same() -> None:
    def put(facet: Facet, text: str) -> Call:
        return replace(called(facet, "Put"), parameters={"name": facet.names[0], "text": text})

    ours, sorted_by_the_log = '{"b":1,"a":[{"d":2,"c":3}]}', '{"a":[{"c":3,"d":2}],"b":1}'
    kind = replace(KINDS[THING], moves=lambda facet, _live, _wanted: (Move(call=put(facet, ours), undo=()),))
    held = Restored(kinds={THING: kind})
    (step,) = steps(LIVE, {"on": False})
    for text, is_ours in (
        (ours, True),
        (sorted_by_the_log, True),
        ('{"b":1,"a":[{"d":2,"c":4}]}', False),
        ('{"b":1,"a":[{"d":2,"c":4}],"a":[{"d":2,"c":3}]}', False),
    ):
        logged = replace(step, call=put(FACET, text), undo=())
        assert held.can_have_planned(logged, PLACE) is is_ours, text


def test_what_made_way_for_a_change_is_undone_with_it_and_after_it() -> None:
    newest_first = list(reversed(steps(LIVE, None)))
    undoing, conflicts = release_steps(newest_first, {str(FACET): None})
    assert not conflicts
    assert [step.call.operation for step in undoing] == ["Create", "Fill"]


def test_what_made_way_for_a_change_that_never_came_is_left() -> None:
    undoing, conflicts = release_steps(list(reversed(steps(LIVE, None))), {str(FACET): LIVE})
    assert (undoing, conflicts) == ([], [])


def test_labels_tell_steps_apart_whatever_else_is_planned() -> None:
    assert len({step.id_in(PLACE.arn, 7) for step in (*steps(LIVE, None), *steps(LIVE, {"id": 1, "on": False}))}) == 2
