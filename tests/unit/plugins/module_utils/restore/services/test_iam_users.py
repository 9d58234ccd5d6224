"""Users and roles: what is made of them when the attacker made or deleted them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from catalogued import ACCOUNT, check_ways, facet, logged, moves_of, told, undo_of

from ansible_collections.cordon.aws.plugins.module_utils.restore.catalogue import KINDS
from ansible_collections.cordon.aws.plugins.module_utils.restore.facet import GONE, UNKNOWN
from ansible_collections.cordon.aws.plugins.module_utils.trail.event import Event, event_of

STRATUS = Path(__file__).resolve().parents[4] / "stratus"
DENY = (
    '{"Version":"2012-10-17","Statement":[{"Sid":"CordonKeptAsEvidence","Effect":"Deny","Action":"*","Resource":"*"}]}'
)
BOUNDARY = "arn:aws:iam::aws:policy/AWSDenyAll"
USER = {"path": "/", "tags": {}, "denied": False, "contained": False}
ROLE = {**USER, "description": "", "max_session": 3600}


def real(attack: str, operation: str) -> Event:
    records = json.loads((STRATUS / f"aws.{attack}.json").read_text(encoding="utf-8"))
    return next(event_of(record) for record in records if record["eventName"] == operation)


def test_a_real_user_was_not_there_before() -> None:
    found = told(real("persistence.iam-create-admin-user", "CreateUser"))
    assert found == {
        ("iam/user", "user", "malicious-iam-user"): (None, {**USER, "tags": {"StratusRedTeam": "true"}}),
        ("iam/path", "user", "malicious-iam-user"): (GONE, "/"),
        ("iam/boundary", "user", "malicious-iam-user"): (GONE, None),
        ("iam/tag", "user", "malicious-iam-user", "StratusRedTeam"): (GONE, "true"),
    }


def test_a_real_role_comes_with_its_trust_policy_and_its_boundary() -> None:
    found = told(real("persistence.iam-create-backdoor-role", "CreateRole"))
    name = "stratus-red-team-malicious-iam-role"
    statement = {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::193672423079:root"}, "Action": "sts:AssumeRole"}
    assert found == {
        ("iam/role", "role", name): (None, ROLE),
        ("iam/trust_policy", "role", name): (GONE, {"Version": "2012-10-17", "Statement": [statement]}),
        ("iam/role_settings", "role", name): (GONE, {"description": "", "max_session": 3600}),
        ("iam/boundary", "role", name): (GONE, BOUNDARY),
    }


def test_what_a_deleted_user_was_is_not_in_the_event() -> None:
    found = told(logged("iam:DeleteUser", {"userName": "alice"}))
    assert found == {
        ("iam/user", "user", "alice"): (UNKNOWN, None),
        ("iam/boundary", "user", "alice"): (UNKNOWN, GONE),
    }


@pytest.mark.parametrize(("thing", "noun", "value"), [("user", "User", USER), ("role", "Role", ROLE)])
def test_who_was_made_is_kept_and_denied_everything(thing: str, noun: str, value: dict[str, Any]) -> None:
    one = facet(f"iam/{thing}", thing, "mallory")
    kept = KINDS[one.kind].kept
    assert kept is not None
    assert kept(kept(value)) == kept(value)
    named = {f"{noun}Name": "mallory", "PolicyName": "CordonKeptAsEvidence"}
    assert moves_of(one, value, kept(value)) == [(f"iam:Put{noun}Policy", {**named, "PolicyDocument": DENY})]
    assert undo_of(one, value, kept(value)) == [(f"iam:Delete{noun}Policy", named)]


def test_containment_is_no_difference() -> None:
    """What containment puts on a user keeps nobody from telling whose it is, and is left alone."""
    one, contained = facet("iam/user", "user", "mallory"), {**USER, "contained": True}
    assert KINDS["iam/user"].matches(contained, USER)
    assert moves_of(one, contained, USER) == []


def test_who_was_deleted_and_made_again_gets_its_tags_back() -> None:
    one = facet("iam/user", "user", "alice")
    live, wanted = {**USER, "tags": {"a": "theirs", "x": "y"}}, {**USER, "tags": {"a": "1", "b": "2"}}
    tags = [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]
    assert moves_of(one, live, wanted) == [("iam:TagUser", {"UserName": "alice", "Tags": tags})]
    assert undo_of(one, live, wanted) == [
        ("iam:TagUser", {"UserName": "alice", "Tags": [{"Key": "a", "Value": "theirs"}]}),
        ("iam:UntagUser", {"UserName": "alice", "TagKeys": ["b"]}),
    ]


def test_who_is_contained_is_deleted_with_what_containment_has_put_there() -> None:
    one, contained = facet("iam/user", "user", "mallory"), {**USER, "contained": True, "denied": True}
    assert [name for name, _parameters in moves_of(one, contained, None)] == [
        "iam:DeleteUserPolicy",
        "iam:DeleteUserPolicy",
        "iam:DeleteUser",
    ]
    assert [name for name, _parameters in undo_of(one, contained, None)] == [
        "iam:CreateUser",
        "iam:PutUserPolicy",
        "iam:PutUserPolicy",
    ]


def test_a_deleted_role_is_made_again_and_trusts_nobody_until_its_policy_is_back() -> None:
    one = facet("iam/role", "role", "deploy")
    value = {**ROLE, "path": "/ci/", "description": "for pipelines", "tags": {"b": "2", "a": "1"}}
    trusts_nobody = '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"sts:AssumeRole"}]}'
    assert moves_of(one, None, value) == [
        (
            "iam:CreateRole",
            {
                "RoleName": "deploy",
                "Path": "/ci/",
                "AssumeRolePolicyDocument": trusts_nobody,
                "Description": "for pipelines",
                "MaxSessionDuration": 3600,
                "Tags": [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}],
            },
        )
    ]


@pytest.mark.parametrize(("thing", "value"), [("user", USER), ("role", ROLE)])
def test_there_and_back(thing: str, value: dict[str, Any]) -> None:
    one, denied = facet(f"iam/{thing}", thing, "mallory"), {**value, "denied": True}
    check_ways(one, [None, value])
    check_ways(one, [value, denied])
    assert undo_of(one, denied, None) == [*moves_of(one, None, denied), *moves_of(one, value, denied)]


@pytest.mark.parametrize("path", ["x/", "/x", "/a b/", "//" * 400])
def test_a_path_that_is_none_is_a_manual_step(path: str) -> None:
    assert told(logged("iam:CreateUser", {"userName": "mallory", "path": path})) == {}


def test_tags_that_are_hidden_are_not_told() -> None:
    hidden = [{"key": "HIDDEN_DUE_TO_SECURITY_REASONS", "value": "HIDDEN_DUE_TO_SECURITY_REASONS"}]
    assert ("iam/tag", "user", "mallory") not in {
        key[:3] for key in told(logged("iam:CreateUser", {"userName": "mallory", "tags": hidden}))
    }


def test_another_account_s_role_is_read_by_its_name_alone() -> None:
    found = told(logged("iam:CreateRole", {"roleName": f"arn:aws:iam::{ACCOUNT}:role/deploy"}))
    assert found == {}
