"""Net effect, not replay: held over generated histories of an attacker and administrators in the same things."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from restore_model import DOCUMENT, ENTRIES, KINDS, OPERATIONS, THING, Account, Action, histories

from ansible_collections.cordon.aws.plugins.module_utils.restore.decision import Created, Decision, decided, unconfirmed
from ansible_collections.cordon.aws.plugins.module_utils.restore.wishes import Wish, made_of, unanswered, wishes

CREATED: tuple[Created, ...] = ("disable", "delete")


def wished(account: Account) -> list[Wish]:
    shuffled = list(account.log)
    random.Random(len(shuffled)).shuffle(shuffled)
    return wishes(made_of(shuffled, account.attackers, ENTRIES))


def decisions(account: Account, created: Created) -> list[Decision]:
    return [
        decided(wish, account.state.get((wish.facet.kind, wish.facet.names[0])), KINDS[wish.facet.kind], created)
        for wish in wished(account)
    ]


def restore(account: Account, created: Created) -> None:
    for decision in decisions(account, created):
        if decision.status == "planned":
            for move in decision.moves:
                account.send(move.call)


def after(actions: Sequence[Action]) -> Account:
    account = Account()
    for action in actions:
        account.act(action)
    return account


def writers(account: Account, kind: str, name: str) -> list[str]:
    """Who changed it, by calls that succeeded, in order."""
    return [
        "attacker" if event.event_id in account.attackers else "admin"
        for event in account.log
        if event.succeeded and (OPERATIONS[event.operation], event.request["name"]) == (kind, name)
    ]


def before_the_last_attack(account: Account, kind: str, name: str) -> Any:
    """What an administrator's last successful call left there; None where there was none."""
    left = None
    for event in account.log:
        if event.succeeded and (OPERATIONS[event.operation], event.request["name"]) == (kind, name):
            if event.event_id in account.attackers:
                continue
            left = event.response["value"] if event.operation in ("Put", "Create") else None
            left = "there" if event.operation == "Add" else left
    return left


@pytest.mark.parametrize("created", CREATED)
@given(actions=histories(seconds=10_000))
def test_what_the_attacker_wrote_last_is_as_it_was(created: Created, actions: list[Action]) -> None:
    account = after(actions)
    attacked = dict(account.state)
    restore(account, created)
    for (kind, name), value in attacked.items():
        who = writers(account, kind, name)
        if not who or who[-1] == "admin":
            assert account.state[kind, name] == value, "an administrator's change was touched"
            continue
        wanted = before_the_last_attack(account, kind, name)
        if kind == DOCUMENT and "admin" not in who:
            wanted = value  # whatever was there before the log began: that is for a human
        elif wanted is None and value is not None and created == "disable" and kind == THING:
            wanted = {**value, "on": False}
        assert account.state[kind, name] == wanted


@pytest.mark.parametrize("created", CREATED)
@given(actions=histories(seconds=10_000))
def test_a_second_restore_plans_nothing(created: Created, actions: list[Action]) -> None:
    account = after(actions)
    restore(account, created)
    assert "planned" not in [decision.status for decision in decisions(account, created)]


@given(actions=histories(seconds=2))
def test_where_events_share_a_second_no_administrators_last_word_is_overwritten(actions: list[Action]) -> None:
    account = after(actions)
    attacked = dict(account.state)
    restore(account, "delete")
    for (kind, name), value in attacked.items():
        who = writers(account, kind, name)
        if who[-1:] == ["admin"] and kind != THING:
            same = [
                event
                for event in account.log
                if event.succeeded and (OPERATIONS[event.operation], event.request["name"]) == (kind, name)
            ]
            ties = {event.event_id in account.attackers for event in same if event.time == same[-1].time}
            if ties == {False}:
                assert account.state[kind, name] == value


@given(actions=histories(seconds=5), seed=st.integers(0, 99))
def test_the_order_of_the_log_does_not_matter(actions: list[Action], seed: int) -> None:
    account = after(actions)
    shuffled = list(account.log)
    random.Random(seed).shuffle(shuffled)
    assert wishes(made_of(shuffled, account.attackers, ENTRIES)) == wishes(
        made_of(account.log, account.attackers, ENTRIES)
    )


def test_what_was_created_and_deleted_again_needs_nothing() -> None:
    account = after([Action("attacker", "Create", "red", 1), Action("attacker", "Delete", "red", 1)])
    assert [decision.status for decision in decisions(account, "disable")] == ["nothing"]


def test_what_somebody_else_changed_later_is_a_conflict_with_the_way_back() -> None:
    account = after(
        [
            Action("admin", "Put", "red", 1),
            Action("attacker", "Put", "red", 2),
            Action("admin", "Put", "red", 3),
        ]
    )
    (decision,) = decisions(account, "disable")
    assert (decision.status, decision.moves[0].call.parameters["value"]) == ("conflict", {"text": "admin 0"})
    assert "event-0002" in decision.why


def test_what_nobody_logged_is_a_conflict_too() -> None:
    account = after([Action("admin", "Put", "red", 1), Action("attacker", "Put", "red", 2)])
    account.state["model/document", "red"] = {"text": "who was that?"}
    assert [decision.status for decision in decisions(account, "disable")] == ["conflict"]


def test_what_was_before_and_nobody_knows_is_for_a_human() -> None:
    account = after([Action("attacker", "Put", "red", 2)])
    assert [decision.status for decision in decisions(account, "disable")] == ["manual"]


def test_without_the_account_it_is_planned_from_the_log_alone() -> None:
    account = after([Action("admin", "Put", "red", 1), Action("attacker", "Put", "red", 2)])
    (wish,) = wished(account)
    decision = unconfirmed(wish, KINDS[wish.facet.kind], "disable")
    assert (decision.status, decision.live, decision.wanted) == ("planned", {"text": "attacker 1"}, {"text": "admin 0"})


def test_calls_that_the_catalogue_does_not_know_are_told_unless_they_read_or_failed() -> None:
    account = after([Action("attacker", "Add", "red", 1), Action("attacker", "Remove", "blue", 2)])
    catalogue = {name: entry for name, entry in ENTRIES.items() if name != "model:Add"}
    assert [one.operation for one in unanswered(account.log, catalogue)] == ["model:Add"]
