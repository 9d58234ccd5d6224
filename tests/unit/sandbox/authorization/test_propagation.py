"""IAM is eventually consistent: a change counts once it has spread, and not before, whichever way it goes.
https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from sandbox_calls import ACCOUNT, OTHER, call

ALLOW = '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}'
DENY = '{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}'
LIST = call("iam", "ListUsers")


def slow(cloud: Any, seconds: float = 1000) -> Any:
    """Changes take long, so that the time which the test itself takes does not matter."""
    cloud.settings = replace(cloud.settings, iam_propagation_s=seconds)
    return cloud


def change(cloud: Any, do: Callable[[Any], object], account: str = ACCOUNT) -> None:
    """As the gateway does it: tell the views first."""
    cloud.views.iam_changes(account)
    do(cloud.iam(account))


def test_without_delay_a_change_counts_at_once(cloud: Any) -> None:
    alice = cloud.user("alice", ALLOW)
    assert cloud.allows(LIST, alice)
    change(cloud, lambda iam: iam.put_user_policy("alice", "deny", DENY))
    assert not cloud.allows(LIST, alice)


def test_a_deny_counts_only_after_the_delay(cloud: Any) -> None:
    alice = slow(cloud).user("alice", ALLOW)
    change(cloud, lambda iam: iam.put_user_policy("alice", "deny", DENY))
    cloud.clock.advance(900)
    assert cloud.allows(LIST, alice)
    cloud.clock.advance(100)
    assert not cloud.allows(LIST, alice)


def test_taking_a_deny_away_is_late_too(cloud: Any) -> None:
    alice = slow(cloud).user("alice", ALLOW, DENY)
    change(cloud, lambda iam: iam.delete_user_policy("alice", "policy-1"))
    cloud.clock.advance(900)
    assert not cloud.allows(LIST, alice)
    cloud.clock.advance(100)
    assert cloud.allows(LIST, alice)


def test_overlapping_changes_count_each_at_its_own_time(cloud: Any) -> None:
    slow(cloud).user("alice")
    views = []
    for name in ("first", "second", "third"):
        change(cloud, lambda iam, name=name: iam.tag_user("alice", [{"Key": name, "Value": ""}]))
        cloud.clock.advance(400)
    for _seconds in range(3):  # 1200, 1600 and 2000 seconds after the first
        views.append(list(cloud.views.user(ACCOUNT, "alice").tags))
        cloud.clock.advance(400)
    assert views == [["first"], ["first", "second"], ["first", "second", "third"]]


def test_asking_does_not_speed_anything_up(cloud: Any) -> None:
    alice = slow(cloud).user("alice", ALLOW)
    change(cloud, lambda iam: iam.put_user_policy("alice", "other", ALLOW))
    cloud.clock.advance(600)
    change(cloud, lambda iam: iam.put_user_policy("alice", "deny", DENY))
    cloud.clock.advance(500)
    assert [cloud.allows(LIST, alice) for _time in range(5)] == [True] * 5


def test_a_key_made_inactive_works_on_until_that_has_spread(cloud: Any) -> None:
    slow(cloud).user("alice")
    key_id = cloud.iam().create_access_key("alice", prefix="AKIA").access_key_id
    change(cloud, lambda iam: iam.update_access_key("alice", key_id, "Inactive"))
    assert cloud.views.key(key_id).status == "Active"
    cloud.clock.advance(1000)
    assert cloud.views.key(key_id).status == "Inactive"


@pytest.mark.parametrize("seen_before", [True, False])
def test_a_deleted_key_works_on_until_that_has_spread(cloud: Any, seen_before: bool) -> None:
    slow(cloud).user("alice")
    key_id = cloud.iam().create_access_key("alice", prefix="AKIA").access_key_id
    if seen_before:
        assert cloud.views.key(key_id)
    change(cloud, lambda iam: iam.delete_access_key(key_id, "alice"))
    assert cloud.views.key(key_id).status == "Active"
    cloud.clock.advance(1000)
    assert cloud.views.key(key_id) is None


def test_a_new_key_does_not_work_before_it_has_spread(cloud: Any) -> None:
    slow(cloud).user("alice")
    made: list[Any] = []
    change(cloud, lambda iam: made.append(iam.create_access_key("alice", prefix="AKIA")))
    assert cloud.views.key(made[0].access_key_id) is None
    cloud.clock.advance(1000)
    assert cloud.views.key(made[0].access_key_id).status == "Active"


def test_a_new_user_is_unknown_until_it_has_spread(cloud: Any) -> None:
    change(slow(cloud), lambda iam: iam.create_user("us-east-1", "alice"))
    assert cloud.views.user(ACCOUNT, "alice") is None
    cloud.clock.advance(1000)
    assert cloud.views.user(ACCOUNT, "alice").name == "alice"


def test_a_deleted_user_works_on_until_that_has_spread(cloud: Any) -> None:
    alice = slow(cloud).user("alice")
    cloud.iam().create_group("staff", "/")
    cloud.iam().put_group_policy("staff", "inline", ALLOW)
    cloud.iam().add_user_to_group("staff", "alice")
    change(cloud, lambda iam: iam.remove_user_from_group("staff", "alice"))
    change(cloud, lambda iam: iam.delete_user("alice"))
    assert cloud.allows(LIST, alice)
    cloud.clock.advance(1000)
    assert not cloud.allows(LIST, alice)


def test_a_renamed_user_has_its_old_name_until_that_has_spread(cloud: Any) -> None:
    slow(cloud).user("alice", ALLOW)
    key_id = cloud.iam().create_access_key("alice", prefix="AKIA").access_key_id
    cloud.views.key(key_id)
    change(cloud, lambda iam: iam.update_user("alice", None, "mallory"))
    assert cloud.views.key(key_id).user_name == "alice"
    assert cloud.views.user(ACCOUNT, "alice").policies == (ALLOW,)
    cloud.clock.advance(1000)
    assert cloud.views.key(key_id).user_name == "mallory"
    assert cloud.views.user(ACCOUNT, "mallory").policies == (ALLOW,)


def test_a_change_of_trust_is_late(cloud: Any) -> None:
    slow(cloud).role("worker", '"old"')
    change(cloud, lambda iam: setattr(iam.get_role("worker"), "assume_role_policy_document", '"new"'))
    assert cloud.views.role(ACCOUNT, "worker").trust == '"old"'
    cloud.clock.advance(1000)
    assert cloud.views.role(ACCOUNT, "worker").trust == '"new"'


def test_a_change_in_one_account_keeps_no_other_back(cloud: Any) -> None:
    slow(cloud).user("alice", account=OTHER)
    change(cloud, lambda iam: iam.create_user("us-east-1", "bob"))
    cloud.iam(OTHER).put_user_policy("alice", "deny", DENY)
    assert cloud.views.user(OTHER, "alice").policies == (DENY,)


def test_a_reset_forgets_what_had_not_spread(cloud: Any) -> None:
    slow(cloud).user("alice")
    change(cloud, lambda iam: iam.put_user_policy("alice", "deny", DENY))
    cloud.authorizer.forget()
    assert cloud.views.user(ACCOUNT, "alice").policies == (DENY,)


def test_changes_are_kept_back_by_what_the_gateway_announces(cloud: Any) -> None:
    """`changing` is what the gateway calls, and it is for IAM's changes."""
    alice = slow(cloud).user("alice", ALLOW)
    cloud.authorizer.changing(call("iam", "PutUserPolicy"), alice)
    cloud.iam().put_user_policy("alice", "deny", DENY)
    assert cloud.allows(LIST, alice)
    cloud.authorizer.forget()
    cloud.authorizer.changing(call("s3", "PutObject"), alice)
    assert not cloud.allows(LIST, alice)
