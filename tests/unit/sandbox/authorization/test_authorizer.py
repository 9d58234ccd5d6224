"""Requests from end to end through authorization: every resource, every policy that has a say, and the words of a refusal."""

from __future__ import annotations

import json
from typing import Any

import pytest
from moto.backends import get_backend
from sandbox_calls import ACCOUNT, OTHER, call, session

from sandbox.model import Caller

HERE = f"arn:aws:ec2:eu-west-1:{ACCOUNT}:"


def policy(action: Any = "*", resource: Any = "*", effect: str = "Allow", **more: Any) -> str:
    statement = {"Effect": effect, "Action": action, "Resource": resource, **more}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def trust(principal: Any, action: Any = "sts:AssumeRole", **more: Any) -> str:
    statement = {"Effect": "Allow", "Action": action, "Principal": principal, **more}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def both(*texts: str) -> str:
    statements = [statement for text in texts for statement in json.loads(text)["Statement"]]
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


TERMINATE = call("ec2", "TerminateInstances", {"InstanceIds": ["i-1", "i-2"]})


def test_a_refusal_names_the_user_the_action_the_resource_and_the_kind_of_policy(cloud: Any) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html"""
    cloud.user("bob", path="/team/")
    refused = cloud.refusal(call("iam", "GetUser", {"UserName": "bob"}), cloud.user("alice"))
    assert refused == (
        f"User: arn:aws:iam::{ACCOUNT}:user/alice is not authorized to perform: iam:GetUser on resource: "
        f"arn:aws:iam::{ACCOUNT}:user/team/bob because no identity-based policy allows the iam:GetUser action"
    )


def test_a_refused_session_is_named_by_its_own_arn(cloud: Any) -> None:
    refused = cloud.refusal(call("iam", "ListUsers"), cloud.role("worker", trust("*")))
    assert refused.startswith(
        f"User: arn:aws:sts::{ACCOUNT}:assumed-role/worker/work is not authorized to perform: iam:ListUsers "
    )


@pytest.mark.parametrize("operation", ["GetCallerIdentity", "GetSessionToken"])
def test_what_needs_no_permission_cannot_be_denied(cloud: Any, operation: str) -> None:
    """https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html"""
    assert cloud.allows(call("sts", operation), cloud.user("alice", policy(effect="Deny")))


def test_get_federation_token_needs_permission(cloud: Any) -> None:
    request = call("sts", "GetFederationToken", {"Name": "bob"})
    assert not cloud.allows(request, cloud.user("alice"))
    assert cloud.allows(request, cloud.user("carol", policy("sts:GetFederationToken")))


def test_without_authorization_everybody_may_everything(cloud: Any) -> None:
    alice = cloud.user("alice")
    assert not cloud.allows(TERMINATE, alice)
    cloud.settings = cloud.settings.changed({"authorize": False})
    assert cloud.allows(TERMINATE, alice)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (policy("ec2:*"), True),
        (policy("ec2:*", [f"{HERE}instance/i-1", f"{HERE}instance/i-2"]), True),
        (policy("ec2:*", f"{HERE}instance/i-1"), False),
        (policy("ec2:*", f"{HERE}instance/i-2"), False),
        (both(policy("ec2:*"), policy("ec2:*", f"{HERE}instance/i-2", "Deny")), False),
        (both(policy("ec2:*"), policy("ec2:*", f"{HERE}instance/i-3", "Deny")), True),
    ],
)
def test_every_one_of_several_instances_must_be_allowed(cloud: Any, text: str, expected: bool) -> None:
    assert cloud.allows(TERMINATE, cloud.user("alice", text)) is expected


def test_a_refusal_names_the_instance_that_is_not_allowed(cloud: Any) -> None:
    refused = cloud.refusal(TERMINATE, cloud.user("alice", policy("ec2:*", f"{HERE}instance/i-1")))
    assert f"on resource: {HERE}instance/i-2 because" in refused


def test_one_object_that_may_not_be_deleted_stops_the_request(cloud: Any) -> None:
    cloud.bucket("designs")
    text = both(policy("s3:*"), policy("s3:*", "arn:aws:s3:::designs/keep/*", "Deny"))
    alice = cloud.user("alice", text)
    objects = [{"Key": "a"}, {"Key": "keep/b"}]
    assert cloud.allows(call("s3", "DeleteObjects", {"Bucket": "designs", "Delete": {"Objects": objects[:1]}}), alice)
    assert not cloud.allows(call("s3", "DeleteObjects", {"Bucket": "designs", "Delete": {"Objects": objects}}), alice)


def test_copying_needs_the_source_and_the_target(cloud: Any) -> None:
    cloud.bucket("source")
    cloud.bucket("target")
    request = call("s3", "CopyObject", {"Bucket": "target", "Key": "k", "CopySource": "source/k"})
    write, read = policy("s3:PutObject", "arn:aws:s3:::target/*"), policy("s3:GetObject", "arn:aws:s3:::source/*")
    assert cloud.allows(request, cloud.user("alice", write, read))
    assert not cloud.allows(request, cloud.user("bob", write))
    assert not cloud.allows(request, cloud.user("carol", read))


@pytest.mark.parametrize("given", [{"Name": "web"}, {"Arn": f"arn:aws:iam::{ACCOUNT}:instance-profile/web"}])
def test_launching_with_a_profile_needs_its_role_to_be_passed(cloud: Any, given: dict[str, str]) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html"""
    cloud.role("web-role", trust({"Service": "ec2.amazonaws.com"}))
    cloud.iam().create_instance_profile("web", "/", [])
    cloud.iam().add_role_to_instance_profile("web", "web-role")
    request = call("ec2", "RunInstances", {"ImageId": "ami-1", "IamInstanceProfile": given})
    launch, role = policy("ec2:*"), f"arn:aws:iam::{ACCOUNT}:role/web-role"
    assert not cloud.allows(request, cloud.user("alice", launch))
    assert not cloud.allows(request, cloud.user("bob", launch, policy("iam:PassRole", f"{role}-2")))
    assert cloud.allows(request, cloud.user("carol", launch, policy("iam:PassRole", role)))
    for service, expected in (("ec2.amazonaws.com", True), ("lambda.amazonaws.com", False)):
        condition = {"StringEquals": {"iam:PassedToService": service}}
        caller = cloud.user(service, launch, policy("iam:PassRole", role, Condition=condition))
        assert cloud.allows(request, caller) is expected


def test_a_role_of_another_account_cannot_be_passed(cloud: Any) -> None:
    """The same page: passing a role is within an account."""
    request = call("lambda", "CreateFunction", {"FunctionName": "f", "Role": f"arn:aws:iam::{OTHER}:role/r"})
    assert not cloud.allows(request, cloud.user("alice", policy()))


@pytest.mark.parametrize(
    ("bucket_policy", "identity", "expected"),
    [
        (None, policy(), False),
        (policy("s3:GetObject", Principal={"AWS": ACCOUNT}), policy(), True),
        (policy("s3:GetObject", Principal={"AWS": ACCOUNT}), policy("sqs:*"), False),
        (policy("s3:PutObject", Principal={"AWS": ACCOUNT}), policy(), False),
        (policy("s3:GetObject", "arn:aws:s3:::theirs/x/*", Principal={"AWS": ACCOUNT}), policy(), False),
    ],
)
def test_the_bucket_of_another_account_needs_both_sides(
    cloud: Any, bucket_policy: str | None, identity: str, expected: bool
) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic-cross-account.html"""
    cloud.bucket("theirs", bucket_policy, account=OTHER)
    request = call("s3", "GetObject", {"Bucket": "theirs", "Key": "k"})
    assert cloud.allows(request, cloud.user("alice", identity)) is expected


@pytest.mark.parametrize(
    "text",
    ["", "{", '{"Statement":"x"}', '{"Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":null}]}'],
)
def test_a_broken_bucket_policy_lets_nobody_in(cloud: Any, text: str) -> None:
    cloud.bucket("designs", text)
    assert not cloud.allows(call("s3", "GetObject", {"Bucket": "designs", "Key": "k"}), cloud.user("alice"))


def test_resource_account_is_whose_the_resource_is(cloud: Any) -> None:
    cloud.bucket("ours")
    cloud.bucket("theirs", policy(Principal="*"), account=OTHER)
    alice = cloud.user("alice", policy(Condition={"StringEquals": {"aws:ResourceAccount": ACCOUNT}}))
    assert cloud.allows(call("s3", "GetObject", {"Bucket": "ours", "Key": "k"}), alice)
    assert not cloud.allows(call("s3", "GetObject", {"Bucket": "theirs", "Key": "k"}), alice)


def key(cloud: Any, text: str) -> str:
    made = get_backend("kms")[ACCOUNT]["eu-west-1"].create_key(text, "ENCRYPT_DECRYPT", "SYMMETRIC_DEFAULT", "", [])
    return str(made.id)


@pytest.mark.parametrize("alias", [False, True])
def test_a_key_is_used_by_whom_its_policy_lets(cloud: Any, alias: bool) -> None:
    """https://docs.aws.amazon.com/kms/latest/developerguide/key-policies.html"""
    alice, bob = cloud.user("alice", policy()), cloud.user("bob", policy())
    key_id = key(cloud, policy("kms:*", Principal={"AWS": alice.arn}))
    if alias:
        get_backend("kms")[ACCOUNT]["eu-west-1"].create_alias(key_id, "alias/prod")
    request = call("kms", "Decrypt", {"KeyId": "alias/prod" if alias else key_id})
    assert cloud.allows(request, alice)
    assert not cloud.allows(request, bob)


def test_a_key_that_does_not_exist_is_not_for_policies_to_refuse(cloud: Any) -> None:
    """KMS answers NotFoundException: https://docs.aws.amazon.com/kms/latest/APIReference/API_DescribeKey.html"""
    assert cloud.allows(call("kms", "DescribeKey", {"KeyId": "1234abcd"}), cloud.user("alice", policy("kms:*")))


def test_a_federated_user_is_its_user_within_its_session_policy(cloud: Any) -> None:
    alice = cloud.user("alice", policy("s3:*"))
    bob = Caller(
        kind="federated_user",
        account=ACCOUNT,
        arn=f"arn:aws:sts::{ACCOUNT}:federated-user/bob",
        user_id=f"{ACCOUNT}:bob",
        access_key_id="ASIAIOSFODNN7EXAMPLE",
        name="bob",
        session=session(alice.arn, session_policies=(policy("s3:ListAllMyBuckets"), policy("ec2:*"))),
    )
    assert cloud.allows(call("s3", "ListBuckets"), bob)
    assert not cloud.allows(call("s3", "ListObjectsV2", {"Bucket": "b"}), bob)
    assert not cloud.allows(call("ec2", "DescribeInstances"), bob)


def test_sessions_issued_before_a_time_are_cut_off_and_the_key_is_not(cloud: Any) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_control-access_disable-perms.html. Issued at noon."""
    for cut_off, expected in (("2026-03-04T12:00:01Z", False), ("2026-03-04T12:00:00Z", True)):
        condition = {"DateLessThan": {"aws:TokenIssueTime": cut_off}}
        revoking = policy(effect="Deny", Condition=condition)
        worker = cloud.role(f"worker-{expected}", trust("*"), policy(), revoking)
        assert cloud.allows(call("iam", "ListUsers"), worker) is expected
    assert cloud.allows(call("iam", "ListUsers"), cloud.user("alice", policy(), revoking))


def test_a_role_made_anew_is_another_for_the_old_session(cloud: Any) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids"""
    old = cloud.role("worker", trust("*"))
    cloud.iam().delete_role("worker")
    new = cloud.role("worker", trust("*"), policy())
    assert cloud.allows(call("iam", "ListUsers"), new)
    assert not cloud.allows(call("iam", "ListUsers"), old)


def test_a_user_made_anew_is_another(cloud: Any) -> None:
    old = cloud.user("alice")
    cloud.iam().delete_user("alice")
    assert cloud.allows(call("iam", "ListUsers"), cloud.user("alice", policy()))
    assert not cloud.allows(call("iam", "ListUsers"), old)


def test_a_renamed_user_is_the_same_for_its_sessions(cloud: Any) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/id_users_manage.html#id_users_renaming"""
    alice = cloud.user("alice", policy("iam:*"))
    cloud.iam().update_user("alice", None, "mallory")
    assert cloud.allows(call("iam", "ListUsers"), alice)
    cloud.iam().put_user_policy("mallory", "deny", policy(effect="Deny"))
    assert not cloud.allows(call("iam", "ListUsers"), alice)


@pytest.mark.parametrize("kind", ["user", "role"])
def test_the_tags_of_a_principal_are_in_its_context(cloud: Any, kind: str) -> None:
    """aws:PrincipalTag: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html"""
    text = policy(Condition={"StringEquals": {"aws:PrincipalTag/team": "blue"}})
    caller = cloud.user("x", text) if kind == "user" else cloud.role("x", trust("*"), text)
    assert not cloud.allows(call("iam", "ListUsers"), caller)
    getattr(cloud.iam(), f"tag_{kind}")("x", [{"Key": "team", "Value": "blue"}])
    assert cloud.allows(call("iam", "ListUsers"), caller)


def test_users_are_changed_only_with_the_boundary_that_the_policy_names(cloud: Any) -> None:
    """Zhang's DelegatedUserBoundary:
    https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html#access_policies_boundaries-delegate"""
    arn = f"arn:aws:iam::{ACCOUNT}:policy/XCompanyBoundaries"
    actions = ["iam:CreateUser", "iam:AttachUserPolicy"]
    zhang = cloud.user("zhang", policy(actions, Condition={"StringEquals": {"iam:PermissionsBoundary": arn}}))
    assert cloud.allows(call("iam", "CreateUser", {"UserName": "new", "PermissionsBoundary": arn}), zhang)
    assert not cloud.allows(call("iam", "CreateUser", {"UserName": "new"}), zhang)
    cloud.user("bob")
    attach = call("iam", "AttachUserPolicy", {"UserName": "bob", "PolicyArn": "arn:aws:iam::aws:policy/A"})
    assert not cloud.allows(attach, zhang)
    cloud.iam().users["bob"].permissions_boundary = {"PermissionsBoundaryArn": arn}
    assert cloud.allows(attach, zhang)
