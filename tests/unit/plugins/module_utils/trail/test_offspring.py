"""What contained principals have made is found, through any number of generations, and nothing else is."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cordon.aws.plugins.module_utils.trail.offspring import Descent, descent

ACCOUNT = "111122223333"
DANA, EVE, MALLORY, CARLOS = (f"AIDA{name:X<17}" for name in ("DANA", "EVE", "MALLORY", "CARLOS"))
ROLE = "AROA" + "R" * 17


def user_arn(name: str) -> str:
    return f"arn:aws:iam::{ACCOUNT}:user/{name}"


def by_user(unique_id: str, name: str = "dana") -> dict[str, Any]:
    return {"type": "IAMUser", "principalId": unique_id, "arn": user_arn(name), "userName": name}


def by_session(role_id: str, session: str) -> dict[str, Any]:
    return {
        "type": "AssumedRole",
        "principalId": f"{role_id}:{session}",
        "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/r/{session}",
        "sessionContext": {"sessionIssuer": {"type": "Role", "principalId": role_id}},
    }


def event(source: str, name: str, identity: dict[str, Any], answer: Any, **more: Any) -> dict[str, Any]:
    return {
        "eventSource": f"{source}.amazonaws.com",
        "eventName": name,
        "eventTime": "2026-01-31T14:05:00Z",
        "recipientAccountId": ACCOUNT,
        "userIdentity": identity,
        "responseElements": answer,
        **more,
    }


def makes_user(identity: dict[str, Any], name: str, unique_id: str) -> dict[str, Any]:
    return event("iam", "CreateUser", identity, {"user": {"arn": user_arn(name), "userId": unique_id}})


def makes_role(identity: dict[str, Any], name: str, role_id: str) -> dict[str, Any]:
    arn = f"arn:aws:iam::{ACCOUNT}:role/{name}"
    return event("iam", "CreateRole", identity, {"role": {"arn": arn, "roleId": role_id}})


def assumes(identity: dict[str, Any], role_id: str, session: str, role: str = "r") -> dict[str, Any]:
    arn = f"arn:aws:sts::{ACCOUNT}:assumed-role/{role}/{session}"
    shown = {"arn": arn, "assumedRoleId": f"{role_id}:{session}"}
    return event("sts", "AssumeRole", identity, {"assumedRoleUser": shown})


def makes_key(identity: dict[str, Any], name: str) -> dict[str, Any]:
    key = {"accessKeyId": "AKIAI44QH8DHBEXAMPLE", "userName": name}
    return event("iam", "CreateAccessKey", identity, {"accessKey": key})


def found(descended: Descent) -> set[str]:
    return {made.principal.user_id for made in descended.offspring}


def test_nothing_comes_of_nothing() -> None:
    assert descent([], [DANA]) == Descent()
    assert descent([makes_user(by_user(DANA), "eve", EVE)], []) == Descent()


def test_a_user_that_it_made_is_found_with_its_ids() -> None:
    (made,) = descent([makes_user(by_user(DANA), "eve", EVE)], [DANA]).offspring
    assert (made.principal.kind, made.principal.arn, made.principal.unique_id) == ("user", user_arn("eve"), EVE)
    assert made.made_by == DANA


def test_what_somebody_else_made_is_not() -> None:
    assert not descent([makes_user(by_user(CARLOS, "carlos"), "eve", EVE)], [DANA]).offspring


def test_a_name_is_not_enough() -> None:
    """Somebody who has the name now and another id did it."""
    assert not descent([makes_user(by_user(CARLOS, "dana"), "eve", EVE)], [DANA]).offspring


@pytest.mark.parametrize("order", list(itertools.permutations(range(4))))
def test_generations_are_followed_in_whatever_order_the_events_come(order: tuple[int, ...]) -> None:
    events = [
        makes_user(by_user(DANA), "eve", EVE),
        makes_role(by_user(EVE, "eve"), "helper", ROLE),
        assumes(by_user(EVE, "eve"), ROLE, "go", "helper"),
        makes_user(by_session(ROLE, "go"), "mallory", MALLORY),
    ]
    descended = descent([events[number] for number in order], [DANA])
    assert found(descended) == {EVE, f"{ROLE}:*", MALLORY}
    assert {made.made_by for made in descended.offspring} == {DANA}


def test_of_a_role_that_others_use_only_the_session_is_found() -> None:
    assert found(descent([assumes(by_user(DANA), ROLE, "work")], [DANA])) == {f"{ROLE}:work"}


def test_a_session_that_somebody_else_took_too_is_told_and_not_denied() -> None:
    descended = descent([assumes(by_user(DANA), ROLE, "ci"), assumes(by_user(CARLOS, "carlos"), ROLE, "ci")], [DANA])
    assert not descended.offspring
    assert [made.principal.user_id for made in descended.shared] == [f"{ROLE}:ci"]


def test_what_another_session_of_that_role_made_is_not() -> None:
    events = [assumes(by_user(DANA), ROLE, "work"), makes_user(by_session(ROLE, "colleague"), "eve", EVE)]
    assert found(descent(events, [DANA])) == {f"{ROLE}:work"}


def test_a_contained_role_stands_behind_all_its_sessions() -> None:
    assert found(descent([makes_user(by_session(ROLE, "any"), "eve", EVE)], [f"{ROLE}:*"])) == {EVE}


def test_what_was_made_by_a_federated_user_is_the_users() -> None:
    identity = {
        "type": "FederatedUser",
        "principalId": f"{ACCOUNT}:helpdesk",
        "sessionContext": {"sessionIssuer": {"type": "IAMUser", "principalId": DANA}},
    }
    assert found(descent([makes_user(identity, "eve", EVE)], [DANA])) == {EVE}


def test_what_was_refused_made_nothing() -> None:
    refused = event("iam", "CreateUser", by_user(DANA), None, errorCode="AccessDenied")
    assert not descent([refused], [DANA]).offspring


def test_a_key_for_somebody_else_is_told_and_one_for_itself_is_not() -> None:
    events = [makes_key(by_user(DANA), "carlos"), makes_key(by_user(DANA), "dana")]
    assert [key.user_name for key in descent(events, [DANA]).keys] == ["carlos"]


def test_a_key_for_a_user_that_it_made_goes_with_the_user() -> None:
    events = [makes_user(by_user(DANA), "eve", EVE), makes_key(by_user(DANA), "eve")]
    assert not descent(events, [DANA]).keys


@pytest.mark.parametrize(
    "answer",
    [
        None,
        [],
        "text",
        {"user": "text"},
        {"user": {"arn": 7, "userId": EVE}},
        {"user": {"arn": "arn:aws:iam::111122223333:user/{{ 7 * 7 }}", "userId": EVE}},
        {"user": {"arn": user_arn("eve"), "userId": "AIDA{{ x }}"}},
        {"user": {"arn": f"arn:aws:iam::{ACCOUNT}:role/eve", "userId": EVE}},
    ],
)
def test_what_does_not_look_as_it_must_is_left_alone(answer: Any) -> None:
    assert not descent([event("iam", "CreateUser", by_user(DANA), answer)], [DANA]).offspring


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), max_size=12))
def test_exactly_those_who_descend_are_found(links: list[tuple[int, int]]) -> None:
    """Against the plain closure over who made whom."""
    ids = [f"AIDA{number:017}" for number in range(6)]
    events = [makes_user(by_user(ids[maker], f"u{maker}"), f"u{made}", ids[made]) for maker, made in links]
    reached, grew = {0}, True
    while grew:
        more = {made for maker, made in links if maker in reached} - reached
        reached, grew = reached | more, bool(more)
    assert found(descent(events, [ids[0]])) == {ids[number] for number in reached - {0}}
