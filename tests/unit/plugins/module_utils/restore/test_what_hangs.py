"""What hangs on a thing goes and comes with it: nothing hung on it when it was made, and what hung on it comes back when it does."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from catalogued import logged

from ansible_collections.cordon.aws.plugins.module_utils.restore.catalogue import ENTRIES, KINDS
from ansible_collections.cordon.aws.plugins.module_utils.restore.facet import GONE
from ansible_collections.cordon.aws.plugins.module_utils.restore.restoration import Restoration, places, steps_of
from ansible_collections.cordon.aws.plugins.module_utils.restore.touched import TouchedRule
from ansible_collections.cordon.aws.plugins.module_utils.restore.wishes import Wish, made_of, wishes
from ansible_collections.cordon.aws.plugins.module_utils.trail.event import Event

POLICY = {"Version": "2012-10-17", "Statement": []}
OTHER = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess"


def create(second: int) -> Event:
    return logged("iam:CreateUser", {"userName": "carol"}, second=second)


def delete(second: int) -> Event:
    return logged("iam:DeleteUser", {"userName": "carol"}, second=second)


def put(second: int, policy: Any) -> Event:
    request = {"userName": "carol", "policyName": "more", "policyDocument": json.dumps(policy)}
    return logged("iam:PutUserPolicy", request, second=second)


def drop(second: int) -> Event:
    return logged("iam:DeleteUserPolicy", {"userName": "carol", "policyName": "more"}, second=second)


def attached(verb: str, second: int) -> Event:
    return logged(f"iam:{verb}UserPolicy", {"userName": "carol", "policyArn": READ_ONLY}, second=second)


def wanted(legitimate: Sequence[Event], theirs: Sequence[Event]) -> list[Wish]:
    return wishes(made_of([*legitimate, *theirs], {event.event_id for event in theirs}, ENTRIES))


def statuses(found: Sequence[Wish], **live: Any) -> dict[str, str]:
    """By kind; what is not told of is as the attacker left it."""
    (place,) = places(found)
    intention = Restoration(found, KINDS)
    state = {str(one.facet): live.get(one.facet.kind.removeprefix("iam/"), one.courses[0].left) for one in found}
    return {one.wish.facet.kind: one.status for one in intention.decisions(state, place)}


def test_what_was_put_on_a_user_that_was_made_without_is_taken_away() -> None:
    (found,) = wanted([create(1)], [put(9, OTHER)])
    assert found.courses[0].wanted is None
    assert statuses([found]) == {"iam/inline_policy": "planned"}


def test_what_an_administrator_put_between_is_what_is_wanted() -> None:
    (found,) = wanted([create(1), put(5, POLICY)], [put(9, OTHER)])
    assert found.courses[0].wanted == POLICY


def test_of_a_user_whose_making_nobody_logged_nothing_is_known() -> None:
    (found,) = wanted([], [put(9, OTHER)])
    assert statuses([found]) == {"iam/inline_policy": "manual"}


def test_a_user_made_later_under_the_same_name_tells_nothing() -> None:
    (found,) = wanted([create(20)], [put(9, OTHER)])
    assert statuses([found]) == {"iam/inline_policy": "manual"}


def test_a_user_that_was_deleted_since_it_was_made_tells_nothing() -> None:
    (found,) = wanted([create(1), delete(5)], [put(9, OTHER)])
    assert statuses([found]) == {"iam/inline_policy": "manual"}


def test_the_making_of_what_it_hangs_on_is_looked_for_in_the_log() -> None:
    rule = TouchedRule(ENTRIES, KINDS)
    assert rule.words(put(9, OTHER)) & rule.words(create(1))


def test_what_hung_on_a_deleted_user_comes_back_after_it() -> None:
    found = wanted([create(1), attached("Attach", 2), put(3, POLICY)], [attached("Detach", 10), drop(11), delete(12)])
    live = {"attached_policy": GONE, "inline_policy": GONE, "user": None, "boundary": GONE}
    (place,) = places(found)
    intention = Restoration(found, KINDS)
    state = {str(one.facet): live[one.facet.kind.removeprefix("iam/")] for one in found}
    calls = [step.call.operation for one in intention.decisions(state, place) for step in steps_of(one)]
    assert calls[0] == "CreateUser"
    assert sorted(calls[1:]) == ["AttachUserPolicy", "PutUserPolicy"]


def test_what_hung_on_a_user_that_somebody_else_deleted_does_not() -> None:
    found = wanted([create(1), attached("Attach", 2), delete(30)], [attached("Detach", 10)])
    assert statuses(found, attached_policy=GONE) == {"iam/attached_policy": "nothing"}
