"""Which actions operations need, and on what, as the Service Authorization Reference lists them.
https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html"""

from __future__ import annotations

from typing import Any

import pytest
from sandbox_calls import ACCOUNT, OTHER, call, session, user

from sandbox.authorization.actions import needs
from sandbox.model import Caller

IAM = f"arn:aws:iam::{ACCOUNT}:"
HERE = f"eu-west-1:{ACCOUNT}"
ALICE = user()


@pytest.mark.parametrize("operation", ["GetCallerIdentity", "GetSessionToken"])
def test_some_operations_need_nothing(cloud: Any, operation: str) -> None:
    assert needs(call("sts", operation), ALICE, cloud.known) == []


@pytest.mark.parametrize(
    ("service", "operation", "parameters", "action", "resource"),
    [
        (
            "sts",
            "AssumeRole",
            {"RoleArn": f"arn:aws:iam::{OTHER}:role/p/r"},
            "sts:AssumeRole",
            f"arn:aws:iam::{OTHER}:role/p/r",
        ),
        (
            "sts",
            "GetFederationToken",
            {"Name": "bob"},
            "sts:GetFederationToken",
            f"arn:aws:sts::{ACCOUNT}:federated-user/bob",
        ),
        ("sts", "GetAccessKeyInfo", {"AccessKeyId": "AKIAIOSFODNN7EXAMPLE"}, "sts:GetAccessKeyInfo", "*"),
        # names of operations that are not those of their actions
        ("lambda", "Invoke", {"FunctionName": "f"}, "lambda:InvokeFunction", f"arn:aws:lambda:{HERE}:function:f"),
        (
            "lambda",
            "GetFunction20150331v2",
            {"FunctionName": "f"},
            "lambda:GetFunction",
            f"arn:aws:lambda:{HERE}:function:f",
        ),
        ("lambda", "ListFunctions20150331", {}, "lambda:ListFunctions", "*"),
        ("cloudfront", "ListDistributions2020_05_31", {}, "cloudfront:ListDistributions", "*"),
        ("stepfunctions", "ListStateMachines", {}, "states:ListStateMachines", "*"),
        ("elbv2", "DescribeLoadBalancers", {}, "elasticloadbalancing:DescribeLoadBalancers", "*"),
        ("resourcegroupstaggingapi", "GetResources", {}, "tag:GetResources", "*"),
        ("s3control", "PutPublicAccessBlock", {"AccountId": ACCOUNT}, "s3:PutAccountPublicAccessBlock", "*"),
        # IAM: users, groups and roles by their names
        ("iam", "ListUsers", {}, "iam:ListUsers", "*"),
        ("iam", "GetUser", {"UserName": "bob"}, "iam:GetUser", f"{IAM}user/bob"),
        ("iam", "GetUser", {}, "iam:GetUser", ALICE.arn),
        ("iam", "CreateUser", {"UserName": "new", "Path": "/team/"}, "iam:CreateUser", f"{IAM}user/team/new"),
        (
            "iam",
            "AttachUserPolicy",
            {"UserName": "bob", "PolicyArn": "arn:aws:iam::aws:policy/A"},
            "iam:AttachUserPolicy",
            f"{IAM}user/bob",
        ),
        ("iam", "GetPolicy", {"PolicyArn": "arn:aws:iam::aws:policy/A"}, "iam:GetPolicy", "arn:aws:iam::aws:policy/A"),
        ("iam", "CreatePolicy", {"PolicyName": "P", "Path": "/x/"}, "iam:CreatePolicy", f"{IAM}policy/x/P"),
        ("iam", "AddUserToGroup", {"UserName": "bob", "GroupName": "g"}, "iam:AddUserToGroup", f"{IAM}group/g"),
        (
            "iam",
            "RemoveUserFromGroup",
            {"UserName": "bob", "GroupName": "g"},
            "iam:RemoveUserFromGroup",
            f"{IAM}group/g",
        ),
        ("iam", "UpdateAssumeRolePolicy", {"RoleName": "r"}, "iam:UpdateAssumeRolePolicy", f"{IAM}role/r"),
        # others
        (
            "sqs",
            "SendMessage",
            {"QueueUrl": f"http://sqs.local/{OTHER}/jobs"},
            "sqs:SendMessage",
            f"arn:aws:sqs:eu-west-1:{OTHER}:jobs",
        ),
        ("sqs", "CreateQueue", {"QueueName": "jobs"}, "sqs:CreateQueue", f"arn:aws:sqs:{HERE}:jobs"),
        ("ssm", "GetParameter", {"Name": "/prod/db"}, "ssm:GetParameter", f"arn:aws:ssm:{HERE}:parameter/prod/db"),
        ("kms", "Decrypt", {"KeyId": "1234abcd"}, "kms:Decrypt", f"arn:aws:kms:{HERE}:key/1234abcd"),
        ("dynamodb", "GetItem", {"TableName": "t"}, "dynamodb:GetItem", f"arn:aws:dynamodb:{HERE}:table/t"),
        (
            "guardduty",
            "GetFindings",
            {"DetectorId": "d"},
            "guardduty:GetFindings",
            f"arn:aws:guardduty:{HERE}:detector/d",
        ),
    ],
)
def test_an_operation_needs_its_action_on_its_resource(
    cloud: Any, service: str, operation: str, parameters: dict[str, Any], action: str, resource: str
) -> None:
    assert needs(call(service, operation, parameters), ALICE, cloud.known) == [(action, resource)]


@pytest.mark.parametrize("path", ["/", "/developers/"])
def test_the_arn_of_an_existing_user_has_its_path(cloud: Any, path: str) -> None:
    cloud.user("dana", path=path)
    found = needs(call("iam", "PutUserPolicy", {"UserName": "dana"}), ALICE, cloud.known)
    assert found == [("iam:PutUserPolicy", f"{IAM}user{path}dana")]


def test_the_arn_of_an_existing_group_has_its_path(cloud: Any) -> None:
    cloud.iam().create_group("admins", "/staff/")
    found = needs(call("iam", "PutGroupPolicy", {"GroupName": "admins"}), ALICE, cloud.known)
    assert found == [("iam:PutGroupPolicy", f"{IAM}group/staff/admins")]


@pytest.mark.parametrize(
    ("change", "target"),
    [
        ({"NewUserName": "x"}, "user/developers/x"),
        ({"NewPath": "/ops/"}, "user/ops/dana"),
        ({"NewUserName": "x", "NewPath": "/"}, "user/x"),
    ],
)
def test_renaming_needs_the_old_and_the_new_name(cloud: Any, change: dict[str, str], target: str) -> None:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateUser.html"""
    cloud.user("dana", path="/developers/")
    found = needs(call("iam", "UpdateUser", {"UserName": "dana", **change}), ALICE, cloud.known)
    assert found == [("iam:UpdateUser", f"{IAM}user/developers/dana"), ("iam:UpdateUser", IAM + target)]


def test_every_name_of_a_list_is_needed(cloud: Any) -> None:
    found = needs(call("ssm", "GetParameters", {"Names": ["/a", "b"]}), ALICE, cloud.known)
    prefix = f"arn:aws:ssm:{HERE}:parameter/"
    assert found == [("ssm:GetParameters", f"{prefix}a"), ("ssm:GetParameters", f"{prefix}b")]


def test_a_command_needs_its_document_and_every_instance(cloud: Any) -> None:
    request = call("ssm", "SendCommand", {"DocumentName": "AWS-RunShellScript", "InstanceIds": ["i-1", "i-2"]})
    assert [resource for _action, resource in needs(request, ALICE, cloud.known)] == [
        "arn:aws:ssm:eu-west-1::document/AWS-RunShellScript",
        f"arn:aws:ec2:{HERE}:instance/i-1",
        f"arn:aws:ec2:{HERE}:instance/i-2",
    ]


def test_an_alias_stands_for_its_key(cloud: Any) -> None:
    from moto.backends import get_backend

    backend = get_backend("kms")[ACCOUNT]["eu-west-1"]
    key = backend.create_key(None, "ENCRYPT_DECRYPT", "SYMMETRIC_DEFAULT", "", [])
    backend.create_alias(key.id, "alias/prod")
    for name in ("alias/prod", f"arn:aws:kms:{HERE}:alias/prod"):
        assert needs(call("kms", "Decrypt", {"KeyId": name}), ALICE, cloud.known) == [("kms:Decrypt", key.arn)]


@pytest.mark.parametrize(
    ("parameters", "besides"),
    [
        ({}, []),
        ({"Tags": [{"Key": "a", "Value": "b"}]}, ["sts:TagSession"]),
        ({"SourceIdentity": "alice"}, ["sts:SetSourceIdentity"]),
    ],
)
def test_session_tags_and_source_identity_need_actions_of_their_own(
    cloud: Any, parameters: dict[str, Any], besides: list[str]
) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html#id_session-tags_permissions-required"""
    role = f"{IAM}role/r"
    found = needs(call("sts", "AssumeRole", {"RoleArn": role, **parameters}), ALICE, cloud.known)
    assert found == [("sts:AssumeRole", role), *((action, role) for action in besides)]


def test_a_source_identity_goes_on_in_chained_roles(cloud: Any) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_control-access_monitor.html"""
    chained = Caller(
        kind="assumed_role",
        account=ACCOUNT,
        arn=f"arn:aws:sts::{ACCOUNT}:assumed-role/a/work",
        user_id="AROADBQP57FF2AEXAMPLE:work",
        access_key_id="ASIAIOSFODNN7EXAMPLE",
        name="a",
        session=session(f"{IAM}role/a", source_identity="alice"),
    )
    found = needs(call("sts", "AssumeRole", {"RoleArn": f"{IAM}role/b"}), chained, cloud.known)
    assert ("sts:SetSourceIdentity", f"{IAM}role/b") in found


PASSED = f"{IAM}role/service/passed"


@pytest.mark.parametrize(
    ("service", "operation", "parameters"),
    [
        ("lambda", "CreateFunction", {"FunctionName": "f", "Role": PASSED}),
        ("lambda", "CreateFunction20150331", {"FunctionName": "f", "Role": PASSED}),
        ("lambda", "UpdateFunctionConfiguration", {"FunctionName": "f", "Role": PASSED}),
        ("cloudformation", "CreateStack", {"StackName": "s", "RoleARN": PASSED}),
    ],
)
def test_passing_a_role_needs_permission_for_it(
    cloud: Any, service: str, operation: str, parameters: dict[str, Any]
) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html"""
    assert ("iam:PassRole", PASSED) in needs(call(service, operation, parameters), ALICE, cloud.known)


def test_without_a_role_nothing_is_passed(cloud: Any) -> None:
    found = needs(call("cloudformation", "CreateStack", {"StackName": "s"}), ALICE, cloud.known)
    assert found == [("cloudformation:CreateStack", "*")]


@pytest.mark.parametrize("operation", ["RunInstances", "AssociateIamInstanceProfile"])
@pytest.mark.parametrize("given", [{"Name": "web"}, {"Arn": f"{IAM}instance-profile/servers/web"}], ids=["name", "arn"])
def test_an_instance_profile_passes_the_role_in_it(cloud: Any, operation: str, given: dict[str, str]) -> None:
    """https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/iam-roles-for-amazon-ec2.html#ec2-instance-profile: its role, not the profile"""
    cloud.role("web-role", "{}")
    cloud.iam().create_instance_profile("web", "/servers/", [])
    cloud.iam().add_role_to_instance_profile("web", "web-role")
    found = needs(call("ec2", operation, {"IamInstanceProfile": given}), ALICE, cloud.known)
    assert ("iam:PassRole", f"{IAM}role/web-role") in found


def test_putting_a_role_into_a_profile_passes_it(cloud: Any) -> None:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_AddRoleToInstanceProfile.html"""
    cloud.role("web-role", "{}")
    request = call("iam", "AddRoleToInstanceProfile", {"InstanceProfileName": "web", "RoleName": "web-role"})
    assert needs(request, ALICE, cloud.known) == [
        ("iam:AddRoleToInstanceProfile", f"{IAM}instance-profile/web"),
        ("iam:PassRole", f"{IAM}role/web-role"),
    ]
