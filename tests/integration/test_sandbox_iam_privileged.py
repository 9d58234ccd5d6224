"""Root users, centralized root access, and the roles of Identity Center: over the wire, with boto3."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import pytest
from iam_calls import READ_ONLY, code, message, policy
from sandbox_client import Sandbox

TASKS = "arn:aws:iam::aws:policy/root-task/"
DENY_EC2 = {"Effect": "Deny", "Action": "ec2:*", "Resource": "*"}


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    found = Sandbox(tmp_path_factory.mktemp("privileged") / "state", "--scenario", "privileged-identities")
    yield found
    assert found.stop() == 0, "the sandbox did not stop cleanly"


@pytest.fixture
def sandbox(started: Sandbox) -> Sandbox:
    started.control("POST", "/reset")
    return started


@pytest.fixture
def planted(sandbox: Sandbox) -> dict[str, Any]:
    return dict(sandbox.facts["scenarios"]["privileged-identities"])


def attach_scp(sandbox: Sandbox, target: str, *statements: dict[str, Any]) -> None:
    organizations = sandbox.client("organizations")
    text = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
    made = organizations.create_policy(Name="p", Description="", Type="SERVICE_CONTROL_POLICY", Content=text)
    organizations.attach_policy(PolicyId=made["Policy"]["PolicySummary"]["Id"], TargetId=target)


class TestRoot:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/id_root-user.html"""

    @pytest.fixture
    def root(self, planted: dict[str, Any]) -> dict[str, str]:
        return dict(planted["root"])

    def test_its_key_is_that_of_the_account(self, sandbox: Sandbox, planted: dict[str, Any], root: Any) -> None:
        """https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html"""
        account, arn = planted["account"], f"arn:aws:iam::{planted['account']}:root"
        found = sandbox.client("sts", root).get_caller_identity()
        assert (found["UserId"], found["Account"], found["Arn"]) == (account, account, arn)
        assert root["access_key_id"].startswith("AKIA")
        assert root["arn"] == arn

    def test_it_may_do_everything(self, sandbox: Sandbox, root: dict[str, str]) -> None:
        iam = sandbox.client("iam", root)
        iam.create_user(UserName="bob")
        assert [one["UserName"] for one in iam.list_users()["Users"]] == ["bob"]
        assert sandbox.client("ec2", root).describe_instances()

    def test_a_service_control_policy_stops_it(self, sandbox: Sandbox, planted: Any, root: dict[str, str]) -> None:
        """https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps.html: in member accounts"""
        condition = {"StringLike": {"aws:PrincipalArn": "arn:aws:iam::*:root"}}
        attach_scp(sandbox, planted["account"], DENY_EC2 | {"Condition": condition})
        assert code(sandbox.client("ec2", root).describe_instances) == "UnauthorizedOperation"
        assert "explicit deny in a service control policy" in message(sandbox.client("ec2", root).describe_instances)
        assert sandbox.client("iam", root).list_users()

    def test_its_id_is_the_account(self, sandbox: Sandbox, planted: dict[str, Any], root: dict[str, str]) -> None:
        """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#principaltable: aws:userid"""
        condition = {"StringEquals": {"aws:userid": planted["account"]}}
        attach_scp(sandbox, planted["account"], DENY_EC2 | {"Condition": condition})
        assert code(sandbox.client("ec2", root).describe_instances) == "UnauthorizedOperation"
        in_account = sandbox.in_account(planted["account"]).client("ec2", endpoint_url=sandbox.endpoint_url)
        assert in_account.describe_instances()

    def test_it_assumes_no_role(self, sandbox: Sandbox, planted: dict[str, Any], root: dict[str, str]) -> None:
        """https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html"""
        arn = f"arn:aws:iam::{planted['account']}:role/OrganizationAccountAccessRole"
        assert code(sandbox.client("sts", root).assume_role, RoleArn=arn, RoleSessionName="test") == "AccessDenied"

    def test_its_sessions_last_an_hour_at_most(self, sandbox: Sandbox, root: dict[str, str]) -> None:
        """https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html"""
        answer = sandbox.client("sts", root).get_session_token(DurationSeconds=43_200)
        answered = parsedate_to_datetime(answer["ResponseMetadata"]["HTTPHeaders"]["date"])
        assert abs((answer["Credentials"]["Expiration"] - answered).total_seconds() - 3600) <= 1
        session = keys(answer)
        assert sandbox.client("sts", session).get_caller_identity()["Arn"] == root["arn"]
        assert sandbox.client("ec2", session).describe_instances()
        assert code(sandbox.client("iam", session).list_users) == "InvalidClientTokenId"

    def test_its_key_tells_when_it_was_used_and_no_user(
        self, sandbox: Sandbox, planted: dict[str, Any], root: dict[str, str]
    ) -> None:
        """https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccessKeyLastUsed.html: UserName is that of an IAM user"""
        iam, given = sandbox.iam(planted["account"]), {"AccessKeyId": root["access_key_id"]}
        assert iam.get_access_key_last_used(**given)["AccessKeyLastUsed"]["ServiceName"] == "N/A"
        sandbox.client("ec2", root).describe_instances()
        found = iam.get_access_key_last_used(**given)
        assert "UserName" not in found
        assert found["AccessKeyLastUsed"]["ServiceName"] == "ec2"

    def test_its_key_tells_the_account(self, sandbox: Sandbox, planted: dict[str, Any], root: dict[str, str]) -> None:
        """https://docs.aws.amazon.com/STS/latest/APIReference/API_GetAccessKeyInfo.html"""
        found = sandbox.client("sts").get_access_key_info(AccessKeyId=root["access_key_id"])
        assert found["Account"] == planted["account"]

    def test_no_bucket_policy_locks_it_out(
        self, sandbox: Sandbox, planted: dict[str, Any], root: dict[str, str]
    ) -> None:
        """https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteBucketPolicy.html: of the policy itself, and of that alone"""
        s3 = sandbox.client("s3", root)
        s3.create_bucket(Bucket="locked")
        arns = ["arn:aws:s3:::locked", "arn:aws:s3:::locked/*"]
        denied = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": arns}
        s3.put_bucket_policy(Bucket="locked", Policy=json.dumps({"Version": "2012-10-17", "Statement": [denied]}))
        assert code(s3.list_objects_v2, Bucket="locked") == "AccessDenied"
        administrator = sandbox.in_account(planted["account"]).client("s3", endpoint_url=sandbox.endpoint_url)
        assert code(administrator.delete_bucket_policy, Bucket="locked") == "AccessDenied"
        s3.delete_bucket_policy(Bucket="locked")
        assert s3.list_objects_v2(Bucket="locked")["KeyCount"] == 0

    def test_it_looks_after_its_own_keys(self, sandbox: Sandbox, root: dict[str, str]) -> None:
        """https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateAccessKey.html: without UserName"""
        iam = sandbox.client("iam", root)
        shown = iam.get_user()["User"]
        assert (shown["Arn"], "UserName" in shown) == (root["arn"], False)
        new = iam.create_access_key()["AccessKey"]
        other = {"access_key_id": new["AccessKeyId"], "secret_access_key": new["SecretAccessKey"]}
        assert code(iam.create_access_key) == "LimitExceeded"
        assert {one["AccessKeyId"] for one in iam.list_access_keys()["AccessKeyMetadata"]} == {
            root["access_key_id"],
            new["AccessKeyId"],
        }
        iam.update_access_key(AccessKeyId=root["access_key_id"], Status="Inactive")
        assert code(iam.list_users) == "InvalidClientTokenId"
        again = sandbox.client("iam", other)
        again.delete_access_key(AccessKeyId=root["access_key_id"])
        assert code(again.delete_access_key, AccessKeyId=root["access_key_id"]) == "NoSuchEntity"
        assert [one["AccessKeyId"] for one in again.list_access_keys()["AccessKeyMetadata"]] == [new["AccessKeyId"]]

    def test_nobody_else_sees_its_keys_in_lists(self, sandbox: Sandbox, planted: dict[str, Any]) -> None:
        """https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListUsers.html: root is no IAM user"""
        assert sandbox.iam(planted["account"]).list_users()["Users"] == []

    def test_its_calls_are_in_the_event_history(self, sandbox: Sandbox, planted: dict[str, Any], root: Any) -> None:
        """https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html"""
        sandbox.client("iam", root).create_user(UserName="bob")
        trail = sandbox.in_account(planted["account"]).client("cloudtrail", endpoint_url=sandbox.endpoint_url)
        wanted = [{"AttributeKey": "AccessKeyId", "AttributeValue": root["access_key_id"]}]
        (event,) = trail.lookup_events(LookupAttributes=wanted)["Events"]
        identity = json.loads(event["CloudTrailEvent"])["userIdentity"]
        assert (identity["type"], identity["principalId"]) == ("Root", planted["account"])
        assert (identity["arn"], "userName" in identity) == (root["arn"], False)


def keys(answer: dict[str, Any]) -> dict[str, str]:
    given = answer["Credentials"]
    return {
        "access_key_id": given["AccessKeyId"],
        "secret_access_key": given["SecretAccessKey"],
        "session_token": given["SessionToken"],
    }


def centralize(sandbox: Sandbox) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/id_root-enable-root-access.html"""
    sandbox.client("organizations").enable_aws_service_access(ServicePrincipal="iam.amazonaws.com")
    sandbox.client("iam").enable_organizations_root_credentials_management()


def assume_root(sandbox: Sandbox, account: str, task: str, by: dict[str, str] | None = None, **more: Any) -> Any:
    sts = sandbox.session(by).client("sts", region_name="eu-central-1", endpoint_url=sandbox.endpoint_url)
    return sts.assume_root(TargetPrincipal=account, TaskPolicyArn={"arn": f"{TASKS}{task}"}, **more)


class TestCentralizedRootAccess:
    """https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoot.html"""

    def test_it_must_be_enabled_after_trusted_access(self, sandbox: Sandbox, planted: dict[str, Any]) -> None:
        """https://docs.aws.amazon.com/IAM/latest/APIReference/API_EnableOrganizationsRootCredentialsManagement.html"""
        iam = sandbox.client("iam")
        refused = "ServiceAccessNotEnabledException"
        assert code(iam.enable_organizations_root_credentials_management) == refused
        assert code(iam.list_organizations_features) == refused
        given = {"sandbox": sandbox, "account": planted["account"], "task": "IAMAuditRootUserCredentials"}
        assert code(assume_root, **given) == "AccessDenied"
        centralize(sandbox)
        assert iam.list_organizations_features()["EnabledFeatures"] == ["RootCredentialsManagement"]
        assert assume_root(**given)
        assert code(assume_root, **(given | {"task": "S3UnlockBucketPolicy"})) == "AccessDenied"
        iam.enable_organizations_root_sessions()
        assert assume_root(**(given | {"task": "S3UnlockBucketPolicy"}))
        shown = iam.disable_organizations_root_credentials_management()["EnabledFeatures"]
        assert shown == ["RootSessions"]
        assert code(assume_root, **given) == "AccessDenied"

    def test_members_cannot_enable_it(self, sandbox: Sandbox) -> None:
        centralize(sandbox)
        member = sandbox.iam(sandbox.members[1])
        refused = "AccountNotManagementOrDelegatedAdministratorException"
        assert code(member.enable_organizations_root_credentials_management) == refused
        assert code(member.list_organizations_features) == refused

    def test_it_lasts_a_quarter_of_an_hour(self, sandbox: Sandbox, planted: dict[str, Any]) -> None:
        centralize(sandbox)
        given = {"sandbox": sandbox, "account": planted["account"], "task": "IAMAuditRootUserCredentials"}
        until = assume_root(**given)["Credentials"]["Expiration"]
        assert abs(until - datetime.now(UTC) - timedelta(seconds=900)) < timedelta(seconds=5)
        assert code(assume_root, **given, DurationSeconds=901) == "ValidationError"

    def test_an_audit_sees_roots_credentials_and_changes_nothing(self, sandbox: Sandbox, planted: Any) -> None:
        """https://docs.aws.amazon.com/aws-managed-policy/latest/reference/IAMAuditRootUserCredentials.html"""
        centralize(sandbox)
        session = keys(assume_root(sandbox, f"arn:aws:iam::{planted['account']}:root", "IAMAuditRootUserCredentials"))
        assert sandbox.client("sts", session).get_caller_identity()["Arn"] == planted["root"]["arn"]
        iam = sandbox.client("iam", session)
        assert iam.get_user()["User"]["Arn"] == planted["root"]["arn"]
        (key,) = iam.list_access_keys()["AccessKeyMetadata"]
        assert key["AccessKeyId"] == planted["root"]["access_key_id"]
        assert iam.list_signing_certificates()["Certificates"] == []
        assert iam.list_mfa_devices()["MFADevices"] == []
        assert code(iam.get_login_profile) == "NoSuchEntity"
        assert code(iam.delete_access_key, AccessKeyId=key["AccessKeyId"]) == "AccessDenied"
        assert code(iam.list_users) == "AccessDenied"
        assert code(sandbox.client("ec2", session).describe_instances) == "UnauthorizedOperation"
        assert code(sandbox.client("sts", session).get_session_token) == "AccessDenied"

    def test_a_session_may_delete_roots_key_and_no_users(self, sandbox: Sandbox, planted: dict[str, Any]) -> None:
        """https://docs.aws.amazon.com/aws-managed-policy/latest/reference/IAMDeleteRootUserCredentials.html"""
        centralize(sandbox)
        member = sandbox.iam(planted["account"])
        member.create_user(UserName="bob")
        of_bob = member.create_access_key(UserName="bob")["AccessKey"]["AccessKeyId"]
        iam = sandbox.client("iam", keys(assume_root(sandbox, planted["account"], "IAMDeleteRootUserCredentials")))
        assert code(iam.delete_access_key, UserName="bob", AccessKeyId=of_bob) == "AccessDenied"
        iam.delete_access_key(AccessKeyId=planted["root"]["access_key_id"])
        assert iam.list_access_keys()["AccessKeyMetadata"] == []
        assert code(sandbox.client("sts", planted["root"]).get_caller_identity) == "InvalidClientTokenId"

    def test_a_session_may_allow_a_password(self, sandbox: Sandbox, planted: dict[str, Any]) -> None:
        """https://docs.aws.amazon.com/IAM/latest/UserGuide/id_root-user-privileged-task.html"""
        centralize(sandbox)
        iam = sandbox.client("iam", keys(assume_root(sandbox, planted["account"], "IAMCreateRootUserPassword")))
        iam.create_login_profile()
        assert iam.get_login_profile()["LoginProfile"]["CreateDate"]
        assert code(iam.create_login_profile) == "EntityAlreadyExists"
        deleting = sandbox.client("iam", keys(assume_root(sandbox, planted["account"], "IAMDeleteRootUserCredentials")))
        deleting.delete_login_profile()
        assert code(iam.get_login_profile) == "NoSuchEntity"

    def test_a_service_control_policy_binds_it(self, sandbox: Sandbox, planted: dict[str, Any]) -> None:
        """https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoot.html: "you can use service control policies" """
        centralize(sandbox)
        attach_scp(sandbox, planted["account"], {"Effect": "Deny", "Action": "iam:ListAccessKeys", "Resource": "*"})
        iam = sandbox.client("iam", keys(assume_root(sandbox, planted["account"], "IAMAuditRootUserCredentials")))
        assert code(iam.list_access_keys) == "AccessDenied"
        assert iam.get_user()

    def test_a_session_can_be_told_from_roots_key(self, sandbox: Sandbox, planted: dict[str, Any]) -> None:
        """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-assumedroot"""
        centralize(sandbox)
        condition = {"StringLike": {"aws:PrincipalArn": "arn:aws:iam::*:root"}, "Null": {"aws:AssumedRoot": "true"}}
        denied = {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": condition}
        attach_scp(sandbox, planted["account"], denied)
        session = keys(assume_root(sandbox, planted["account"], "IAMAuditRootUserCredentials"))
        assert sandbox.client("iam", session).list_access_keys()
        assert code(sandbox.client("iam", planted["root"]).list_access_keys) == "AccessDenied"

    @pytest.mark.parametrize("target", ["management", "stranger"])
    def test_only_members_are_targets(self, sandbox: Sandbox, target: str) -> None:
        centralize(sandbox)
        account = {"management": sandbox.management, "stranger": "999988887777"}[target]
        assert code(assume_root, sandbox=sandbox, account=account, task="IAMAuditRootUserCredentials") == "AccessDenied"

    def test_only_the_task_policies_are_tasks(self, sandbox: Sandbox, planted: dict[str, Any]) -> None:
        centralize(sandbox)
        given = {"TargetPrincipal": planted["account"], "TaskPolicyArn": {"arn": READ_ONLY}}
        assert code(sandbox.client("sts").assume_root, **given) == "ValidationError"

    def test_who_may_is_the_managements_to_say(self, sandbox: Sandbox, planted: dict[str, Any]) -> None:
        """Neither a member's administrator, nor root, nor a user without sts:AssumeRoot."""
        centralize(sandbox)
        iam = sandbox.client("iam")
        iam.create_user(UserName="bob")
        key = iam.create_access_key(UserName="bob")["AccessKey"]
        bob = {"access_key_id": key["AccessKeyId"], "secret_access_key": key["SecretAccessKey"]}
        arn = f"arn:aws:iam::{sandbox.members[1]}:role/OrganizationAccountAccessRole"
        member = keys(sandbox.client("sts").assume_role(RoleArn=arn, RoleSessionName="test"))
        given = {"sandbox": sandbox, "account": planted["account"], "task": "IAMAuditRootUserCredentials"}
        for caller in (bob, member, planted["root"]):
            assert code(assume_root, **given, by=caller) == "AccessDenied"
        allowed = policy("sts:AssumeRoot", Resource=f"arn:aws:iam::{planted['account']}:root")
        iam.put_user_policy(UserName="bob", PolicyName="p", PolicyDocument=allowed)
        assert assume_root(**given, by=bob)
        assert code(assume_root, **(given | {"account": sandbox.members[1]}), by=bob) == "AccessDenied"
        condition = {"StringEquals": {"sts:TaskPolicyArn": f"{TASKS}IAMCreateRootUserPassword"}}
        allowed = policy("sts:AssumeRoot", Condition=condition)
        iam.put_user_policy(UserName="bob", PolicyName="p", PolicyDocument=allowed)
        assert code(assume_root, **given, by=bob) == "AccessDenied"
        assert assume_root(**(given | {"task": "IAMCreateRootUserPassword"}), by=bob)


CHANGES: list[tuple[str, dict[str, Any]]] = [
    ("attach_role_policy", {"PolicyArn": READ_ONLY}),
    ("delete_role", {}),
    ("delete_role_permissions_boundary", {}),
    ("delete_role_policy", {"PolicyName": "p"}),
    ("detach_role_policy", {"PolicyArn": "arn:aws:iam::aws:policy/AdministratorAccess"}),
    ("put_role_permissions_boundary", {"PermissionsBoundary": READ_ONLY}),
    ("put_role_policy", {"PolicyName": "p", "PolicyDocument": policy()}),
    ("update_role", {"Description": "ours"}),
    ("update_role_description", {"Description": "ours"}),
]


class TestIdentityCenter:
    """https://docs.aws.amazon.com/singlesignon/latest/userguide/referencingpermissionsets.html"""

    @pytest.fixture
    def name(self, planted: dict[str, Any]) -> str:
        return str(planted["reserved_role_arn"]).rsplit("/", 1)[1]

    def test_the_role_is_called_as_documented(self, planted: dict[str, Any]) -> None:
        pattern = (
            r"arn:aws:iam::\d{12}:role/aws-reserved/sso\.amazonaws\.com/AWSReservedSSO_AdministratorAccess_[0-9a-f]{16}"
        )
        assert re.fullmatch(pattern, planted["reserved_role_arn"])

    def test_the_role_trusts_identity_centers_provider_alone(
        self, sandbox: Sandbox, planted: dict[str, Any], name: str
    ) -> None:
        iam = sandbox.iam(planted["account"])
        (statement,) = iam.get_role(RoleName=name)["Role"]["AssumeRolePolicyDocument"]["Statement"]
        (provider,) = iam.list_saml_providers()["SAMLProviderList"]
        assert statement["Principal"] == {"Federated": provider["Arn"]}
        sts = sandbox.in_account(planted["account"]).client("sts", endpoint_url=sandbox.endpoint_url)
        given = {"RoleArn": planted["reserved_role_arn"], "RoleSessionName": "test"}
        assert code(sts.assume_role, **given) == "AccessDenied"

    def test_a_session_is_named_after_the_person(self, sandbox: Sandbox, planted: dict[str, Any], name: str) -> None:
        """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#principaltable: aws:userid"""
        role_id = sandbox.iam(planted["account"]).get_role(RoleName=name)["Role"]["RoleId"]
        for person, session in planted["sessions"].items():
            found = sandbox.client("sts", session).get_caller_identity()
            assert found["Arn"] == f"arn:aws:sts::{planted['account']}:assumed-role/{name}/{person}"
            assert found["UserId"] == session["user_id"] == f"{role_id}:{person}"

    def test_a_service_control_policy_stops_one_person(self, sandbox: Sandbox, planted: dict[str, Any]) -> None:
        mallory, ines = planted["sessions"]["mallory@example.com"], planted["sessions"]["ines@example.com"]
        condition = {"StringLike": {"aws:userid": mallory["user_id"]}}
        attach_scp(sandbox, planted["account"], DENY_EC2 | {"Condition": condition})
        assert code(sandbox.client("ec2", mallory).describe_instances) == "UnauthorizedOperation"
        assert sandbox.client("ec2", ines).describe_instances()

    @pytest.mark.parametrize(("operation", "more"), CHANGES, ids=[name for name, _more in CHANGES])
    def test_iam_calls_do_not_change_the_role(
        self, sandbox: Sandbox, planted: dict[str, Any], name: str, operation: str, more: dict[str, Any]
    ) -> None:
        """https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutRolePolicy.html: UnmodifiableEntity"""
        call = getattr(sandbox.iam(planted["account"]), operation)
        assert code(call, RoleName=name, **more) == "UnmodifiableEntity"

    def test_nor_does_a_change_of_whom_it_trusts(self, sandbox: Sandbox, planted: dict[str, Any], name: str) -> None:
        text = json.dumps(sandbox.iam(planted["account"]).get_role(RoleName=name)["Role"]["AssumeRolePolicyDocument"])
        call = sandbox.iam(planted["account"]).update_assume_role_policy
        assert code(call, RoleName=name, PolicyDocument=text) == "UnmodifiableEntity"
