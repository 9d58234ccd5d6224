"""What is allowed, in all its forms: managed policies and versions, inline policies, boundaries, trust, tags, attachments."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest
from catalogued import ACCOUNT, check_ways, facet, logged, moves_of, told, undo_of

from ansible_collections.cordon.aws.plugins.module_utils.restore.catalogue import ENTRIES, KINDS
from ansible_collections.cordon.aws.plugins.module_utils.restore.facet import GONE, UNKNOWN, IrreversibleError
from ansible_collections.cordon.aws.plugins.module_utils.restore.restoration import Restoration, places, steps_of
from ansible_collections.cordon.aws.plugins.module_utils.restore.wishes import made_of, wishes

POLICY = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
OTHER = {"Version": "2012-10-17", "Statement": []}
TEXT = json.dumps(POLICY, indent=2)
ARN = f"arn:aws:iam::{ACCOUNT}:policy/x/store"
QUARANTINE = "arn:aws:iam::aws:policy/AWSCompromisedKeyQuarantineV3"


@pytest.mark.parametrize("given", [TEXT, quote(TEXT), POLICY], ids=["text", "encoded", "object"])
def test_a_policy_is_read_however_it_is_written(given: Any) -> None:
    event = logged("iam:PutUserPolicy", {"userName": "alice", "policyName": "more", "policyDocument": given})
    assert told(event) == {("iam/inline_policy", "user", "alice", "more"): (UNKNOWN, POLICY)}


@pytest.mark.parametrize(
    "given",
    [
        "",
        "{",
        "[]",
        '"x"',
        '{"Version": 1, "Version": 2}',
        '{"a": NaN}',
        '{"a": 99999999999999999999}',
        "[" * 5000,
        '{"a":' * 500,
        None,
        7,
    ],
    ids=ascii,
)
def test_what_is_no_policy_is_not_known(given: Any) -> None:
    event = logged("iam:PutUserPolicy", {"userName": "alice", "policyName": "more", "policyDocument": given})
    assert told(event) == {("iam/inline_policy", "user", "alice", "more"): (UNKNOWN, UNKNOWN)}


def test_an_inline_policy_comes_back_as_compact_text() -> None:
    one = facet("iam/inline_policy", "user", "alice", "more")
    named = {"UserName": "alice", "PolicyName": "more"}
    put = ("iam:PutUserPolicy", {**named, "PolicyDocument": json.dumps(POLICY, separators=(",", ":"))})
    assert moves_of(one, None, POLICY) == [put]
    assert undo_of(one, None, POLICY) == [("iam:DeleteUserPolicy", named)]
    assert undo_of(one, POLICY, None) == [put]


def test_a_live_policy_that_cannot_be_read_exactly_is_put_back_as_it_stood() -> None:
    text = '{"Version": 1, "Version": 2}'
    one = facet("iam/inline_policy", "role", "deploy", "odd")
    assert undo_of(one, text, POLICY)[0][1]["PolicyDocument"] == text


@pytest.mark.parametrize(
    ("kind", "names", "values"),
    [
        ("iam/inline_policy", ("group", "writers", "more"), [None, POLICY, OTHER]),
        ("iam/boundary", ("user", "alice"), [None, ARN, "arn:aws:iam::aws:policy/AWSDenyAll"]),
        ("iam/trust_policy", ("role", "deploy"), [POLICY, OTHER]),
        (
            "iam/role_settings",
            ("role", "deploy"),
            [{"description": "", "max_session": 3600}, {"description": "x", "max_session": 7200}],
        ),
        ("iam/tag", ("policy", ARN, "team"), [None, "", "blue"]),
        ("iam/attached_policy", ("user", "alice", ARN), [None, "attached"]),
        (
            "iam/policy",
            ("policy", ARN),
            [None, {"description": "d", "tags": {"a": "b"}, "document": POLICY, "others": []}],
        ),
        ("iam/policy_default_version", ("policy", ARN), ["v1", "v2"]),
        ("iam/policy_version", ("policy", ARN, "v2"), [None, {"document": POLICY, "in_force": False}]),
    ],
)
def test_there_and_back(kind: str, names: tuple[str, ...], values: list[Any]) -> None:
    check_ways(facet(kind, *names), values)


@pytest.mark.parametrize("holder", ["user", "role"])
def test_a_boundary_that_is_taken_leaves_none(holder: str) -> None:
    event = logged(f"iam:Delete{holder.capitalize()}PermissionsBoundary", {f"{holder}Name": "alice"})
    assert told(event) == {("iam/boundary", holder, "alice"): (UNKNOWN, None)}


def test_what_hung_on_what_is_gone_needs_nothing() -> None:
    for kind, names in (
        ("iam/boundary", ("user", "alice")),
        ("iam/tag", ("user", "alice", "team")),
        ("iam/inline_policy", ("user", "alice", "own")),
        ("iam/trust_policy", ("role", "deploy")),
        ("iam/policy_default_version", ("policy", ARN)),
    ):
        assert moves_of(facet(kind, *names), POLICY, GONE) == []


def test_a_policy_that_was_made_is_left_and_its_versions_go_with_it_when_asked() -> None:
    one = facet("iam/policy", "policy", ARN)
    live = {"description": "", "tags": {}, "document": POLICY, "others": ["v1", "v2"]}
    kept = KINDS[one.kind].kept
    assert kept is not None
    assert kept(live) == live
    assert moves_of(one, live, None) == [
        ("iam:DeletePolicyVersion", {"PolicyArn": ARN, "VersionId": "v1"}),
        ("iam:DeletePolicyVersion", {"PolicyArn": ARN, "VersionId": "v2"}),
        ("iam:DeletePolicy", {"PolicyArn": ARN}),
    ]


def test_a_new_version_in_force_is_two_facets() -> None:
    request = {"policyArn": ARN, "policyDocument": TEXT, "setAsDefault": True}
    assert told(logged("iam:CreatePolicyVersion", request, {"policyVersion": {"versionId": "v3"}})) == {
        ("iam/policy_version", "policy", ARN, "v3"): (None, {"document": POLICY, "in_force": True}),
        ("iam/policy_default_version", "policy", ARN): (UNKNOWN, "v3"),
    }


def test_a_version_that_was_put_in_force_is_deleted_after_another_is_in_force_again() -> None:
    request = {"policyArn": ARN, "policyDocument": TEXT, "setAsDefault": True}
    theirs = logged("iam:CreatePolicyVersion", request, {"policyVersion": {"versionId": "v2"}}, second=9)
    made = logged("iam:CreatePolicy", {"policyDocument": TEXT}, {"policy": {"arn": ARN}})
    found = wishes(made_of([made, theirs], {theirs.event_id}, ENTRIES))
    (place,) = places(found)
    decisions = Restoration(found, KINDS, created="delete").unconfirmed(place)
    calls = [step.call.operation for one in decisions for step in steps_of(one)]
    assert calls == ["SetDefaultPolicyVersion", "DeletePolicyVersion"]


def test_a_deleted_version_has_no_way_back() -> None:
    with pytest.raises(IrreversibleError, match="create-policy-version"):
        moves_of(facet("iam/policy_version", "policy", ARN, "v2"), None, {"document": POLICY, "in_force": False})


def test_the_quarantine_that_aws_attaches_is_never_detached() -> None:
    one = facet("iam/attached_policy", "user", "alice", QUARANTINE)
    with pytest.raises(IrreversibleError):
        moves_of(one, "attached", None)
    assert moves_of(one, None, "attached") == [("iam:AttachUserPolicy", {"UserName": "alice", "PolicyArn": QUARANTINE})]
    assert undo_of(one, None, "attached") == []


def test_updating_half_of_a_role_s_settings_leaves_the_rest_unknown() -> None:
    assert told(logged("iam:UpdateRole", {"roleName": "deploy", "maxSessionDuration": 43200})) == {
        ("iam/role_settings", "role", "deploy"): (UNKNOWN, UNKNOWN)
    }
