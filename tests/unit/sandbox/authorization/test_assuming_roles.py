"""Who may assume a role: trust policies, permissions, and what session tags need besides.
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_permissions-to-switch.html"""

from __future__ import annotations

import json
from typing import Any

import pytest
from sandbox_calls import ACCOUNT, OTHER, call

from sandbox.model import Caller


def policy(action: Any = "*", resource: Any = "*", effect: str = "Allow", **more: Any) -> str:
    statement = {"Effect": effect, "Action": action, "Resource": resource, **more}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def trust(principal: Any, action: Any = "sts:AssumeRole", **more: Any) -> str:
    statement = {"Effect": "Allow", "Action": action, "Principal": principal, **more}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


ASSUME = call("sts", "AssumeRole", {"RoleArn": f"arn:aws:iam::{OTHER}:role/target", "ExternalId": "12345"})


@pytest.mark.parametrize(
    ("trusting", "identity", "expected"),
    [
        (trust({"AWS": ACCOUNT}), policy("sts:AssumeRole"), True),
        (trust({"AWS": ACCOUNT}), policy("sts:AssumeRole", f"arn:aws:iam::{OTHER}:role/other"), False),
        (trust({"AWS": ACCOUNT}), policy("s3:*"), False),
        (trust({"AWS": "123456789012"}), policy(), False),
        (trust({"AWS": ACCOUNT}, Condition={"StringEquals": {"sts:ExternalId": "12345"}}), policy(), True),
        (trust({"AWS": ACCOUNT}, Condition={"StringEquals": {"sts:ExternalId": "9"}}), policy(), False),
        (trust({"AWS": ACCOUNT}, Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}}), policy(), False),
    ],
)
def test_assuming_a_role_elsewhere_needs_trust_and_permission(
    cloud: Any, trusting: str, identity: str, expected: bool
) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/tutorial_cross-account-with-roles.html"""
    cloud.role("target", trusting, account=OTHER)
    assert cloud.allows(ASSUME, cloud.user("alice", identity)) is expected


def test_a_role_that_does_not_exist_cannot_be_assumed(cloud: Any) -> None:
    assert not cloud.allows(ASSUME, cloud.user("alice", policy()))


def test_a_role_is_assumed_by_its_full_arn(cloud: Any) -> None:
    """The path belongs to it: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-arns"""
    cloud.iam(OTHER).create_role("target", trust({"AWS": ACCOUNT}), "/team/", None, "", [], 3600)
    assert not cloud.allows(ASSUME, cloud.user("alice", policy()))


@pytest.mark.parametrize(
    ("actions", "expected"), [("sts:AssumeRole", False), (["sts:AssumeRole", "sts:TagSession"], True)]
)
def test_session_tags_must_be_trusted_too(cloud: Any, actions: Any, expected: bool) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html#id_session-tags_permissions-required"""
    cloud.role("target", trust({"AWS": ACCOUNT}, actions), account=OTHER)
    tags = {"Tags": [{"Key": "team", "Value": "blue"}]}
    request = call("sts", "AssumeRole", {**ASSUME.parameters, **tags})
    assert cloud.allows(request, cloud.user("alice", policy())) is expected


def test_root_cannot_assume_a_role(cloud: Any) -> None:
    """https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html"""
    cloud.role("target", trust({"AWS": ACCOUNT}), account=OTHER)
    root = Caller(
        kind="root",
        account=ACCOUNT,
        arn=f"arn:aws:iam::{ACCOUNT}:root",
        user_id=ACCOUNT,
        access_key_id="AKIAIOSFODNN7EXAMPLE",
        name="",
    )
    assert cloud.refusal(ASSUME, root) == "Roles may not be assumed by root accounts."
