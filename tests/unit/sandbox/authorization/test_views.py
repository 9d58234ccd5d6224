"""What IAM's state means for a principal when changes take effect at once."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sandbox_calls import ACCOUNT, OTHER

from sandbox.authorization.views import KeyView

ALLOW = '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}'
DENY = '{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}'
TRUST = json.dumps({"Version": "2012-10-17", "Statement": []})


def managed(cloud: Any, name: str, text: str = ALLOW) -> Any:
    return cloud.iam().create_policy("", "/", text, name, {})


def test_nobody_is_nobody(cloud: Any) -> None:
    assert cloud.views.user(ACCOUNT, "alice") is None
    assert cloud.views.role(ACCOUNT, "alice") is None
    assert cloud.views.key("AKIAIOSFODNN7EXAMPLE") is None


def test_a_user_has_its_inline_and_its_attached_policies(cloud: Any) -> None:
    cloud.user("alice", ALLOW)
    cloud.iam().attach_user_policy(managed(cloud, "denying", DENY).arn, "alice")
    assert cloud.views.user(ACCOUNT, "alice").policies == (ALLOW, DENY)


def test_a_user_has_the_policies_of_its_groups(cloud: Any) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/id_groups.html"""
    cloud.user("alice")
    cloud.user("bob")
    iam = cloud.iam()
    iam.create_group("staff", "/")
    iam.put_group_policy("staff", "inline", ALLOW)
    iam.attach_group_policy(managed(cloud, "denying", DENY).arn, "staff")
    iam.add_user_to_group("staff", "alice")
    assert cloud.views.user(ACCOUNT, "alice").policies == (ALLOW, DENY)
    assert cloud.views.user(ACCOUNT, "bob").policies == ()


def test_who_has_left_a_group_has_left_its_policies(cloud: Any) -> None:
    cloud.user("alice")
    iam = cloud.iam()
    iam.create_group("staff", "/")
    iam.put_group_policy("staff", "inline", ALLOW)
    iam.add_user_to_group("staff", "alice")
    iam.remove_user_from_group("staff", "alice")
    assert cloud.views.user(ACCOUNT, "alice").policies == ()


def test_the_default_version_of_a_managed_policy_is_in_force(cloud: Any) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_managed-versioning.html"""
    cloud.user("alice")
    policy = managed(cloud, "work")
    cloud.iam().attach_user_policy(policy.arn, "alice")
    cloud.iam().create_policy_version(policy.arn, DENY, False)
    assert cloud.views.user(ACCOUNT, "alice").policies == (ALLOW,)
    cloud.iam().set_default_policy_version(policy.arn, "v2")
    assert cloud.views.user(ACCOUNT, "alice").policies == (DENY,)


def test_accounts_do_not_share_users(cloud: Any) -> None:
    cloud.user("alice", ALLOW)
    cloud.user("alice", DENY, account=OTHER)
    assert cloud.views.user(ACCOUNT, "alice").policies == (ALLOW,)
    assert cloud.views.user(OTHER, "alice").policies == (DENY,)


def test_a_user_has_a_boundary_when_it_is_set(cloud: Any) -> None:
    cloud.user("alice")
    assert cloud.views.user(ACCOUNT, "alice").boundary is None
    arn = managed(cloud, "limit").arn
    cloud.iam().users["alice"].permissions_boundary = {"PermissionsBoundaryArn": arn}
    assert cloud.views.user(ACCOUNT, "alice").boundary == ALLOW
    assert cloud.views.user(ACCOUNT, "alice").boundary_arn == arn


def test_a_boundary_whose_policy_is_gone_is_still_a_boundary(cloud: Any) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html: it limits; nothing allows."""
    cloud.role("worker", TRUST)
    cloud.iam().get_role("worker").permissions_boundary_arn = f"arn:aws:iam::{ACCOUNT}:policy/gone"
    found = cloud.views.role(ACCOUNT, "worker")
    assert found.boundary is not None
    assert json.loads(found.boundary)["Statement"] == []


def test_tags_are_those_of_the_user(cloud: Any) -> None:
    cloud.user("alice")
    cloud.iam().tag_user("alice", [{"Key": "team", "Value": "blue"}])
    assert cloud.views.user(ACCOUNT, "alice").tags == {"team": "blue"}


def test_tags_are_those_of_the_role(cloud: Any) -> None:
    cloud.role("worker", TRUST)
    cloud.iam().tag_role("worker", [{"Key": "team", "Value": "blue"}])
    assert cloud.views.role(ACCOUNT, "worker").tags == {"team": "blue"}


def test_a_key_belongs_to_its_user_and_has_its_status(cloud: Any) -> None:
    cloud.user("alice")
    key = cloud.iam().create_access_key("alice", prefix="AKIA")
    found = cloud.views.key(key.access_key_id)
    assert found == KeyView(account=ACCOUNT, user_name="alice", secret=key.secret_access_key, status="Active")
    cloud.iam().update_access_key("alice", key.access_key_id, "Inactive")
    assert cloud.views.key(key.access_key_id).status == "Inactive"


def test_a_deleted_key_is_unknown(cloud: Any) -> None:
    cloud.user("alice")
    key = cloud.iam().create_access_key("alice", prefix="AKIA")
    assert cloud.views.key(key.access_key_id)
    cloud.iam().delete_access_key(key.access_key_id, "alice")
    assert cloud.views.key(key.access_key_id) is None


@pytest.mark.parametrize("seen_before", [True, False])
def test_a_renamed_user_keeps_its_key(cloud: Any, seen_before: bool) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/id_users_manage.html#id_users_renaming: policies, groups, id and keys stay"""
    made = cloud.user("alice", ALLOW)
    key = cloud.iam().create_access_key("alice", prefix="AKIA")
    if seen_before:
        cloud.views.key(key.access_key_id)
    cloud.iam().update_user("alice", None, "mallory")
    assert cloud.views.key(key.access_key_id).user_name == "mallory"
    assert cloud.views.user(ACCOUNT, "alice") is None
    renamed = cloud.views.user(ACCOUNT, "mallory")
    assert (renamed.id, renamed.policies) == (made.user_id, (ALLOW,))
    assert cloud.views.user_by_id(ACCOUNT, made.user_id) == renamed
