"""Sessions and accounts: what STS gives out, how long it lasts, what it may not do, and what becomes of it. Over the wire, with boto3."""

from __future__ import annotations

import json
from email.utils import parsedate_to_datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError
from iam_calls import READ_ONLY, code, policy
from sandbox_client import Sandbox
from signing import Call, send, signed


def keys(answer: dict[str, Any]) -> dict[str, str]:
    given = answer["Credentials"]
    return {
        "access_key_id": given["AccessKeyId"],
        "secret_access_key": given["SecretAccessKey"],
        "session_token": given["SessionToken"],
    }


def user(sandbox: Sandbox, name: str = "alice") -> dict[str, str]:
    """A user of the management account who may do everything."""
    iam = sandbox.client("iam")
    iam.create_user(UserName=name)
    iam.attach_user_policy(UserName=name, PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return {"access_key_id": key["AccessKeyId"], "secret_access_key": key["SecretAccessKey"]}


def access_role(account: str) -> str:
    return f"arn:aws:iam::{account}:role/OrganizationAccountAccessRole"


def member_session(sandbox: Sandbox, by: dict[str, str] | None = None) -> dict[str, str]:
    return keys(sandbox.client("sts", by).assume_role(RoleArn=access_role(sandbox.members[0]), RoleSessionName="test"))


def lasts(answer: dict[str, Any]) -> int:
    """Seconds from the answer to the end of the session."""
    answered = parsedate_to_datetime(answer["ResponseMetadata"]["HTTPHeaders"]["date"])
    return round((answer["Credentials"]["Expiration"] - answered).total_seconds())


class TestDurations:
    """https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html, API_GetFederationToken.html, API_AssumeRole.html"""

    @pytest.mark.parametrize("seconds", [900, 129_600])
    def test_users_sessions_last_from_15_minutes_to_36_hours(self, sandbox: Sandbox, seconds: int) -> None:
        sts = sandbox.client("sts")
        for answer in (
            sts.get_session_token(DurationSeconds=seconds),
            sts.get_federation_token(Name="fed", DurationSeconds=seconds),
        ):
            assert abs(lasts(answer) - seconds) <= 1

    def test_they_last_12_hours_if_nothing_is_said(self, sandbox: Sandbox) -> None:
        sts = sandbox.client("sts")
        for answer in (sts.get_session_token(), sts.get_federation_token(Name="fed")):
            assert abs(lasts(answer) - 43_200) <= 1

    @pytest.mark.parametrize("seconds", [899, 129_601])
    @pytest.mark.parametrize("action", ["GetSessionToken", "GetFederationToken&Name=fed"])
    def test_other_durations_are_refused(self, sandbox: Sandbox, action: str, seconds: int) -> None:
        """Without boto3, which refuses some of them itself."""
        responder = {
            "access_key_id": sandbox.env["AWS_ACCESS_KEY_ID"],
            "secret_access_key": sandbox.env["AWS_SECRET_ACCESS_KEY"],
        }
        call = Call("sts", f"Action={action}&DurationSeconds={seconds}&Version=2011-06-15")
        answer = send(sandbox.endpoint_url, signed(sandbox.endpoint_url, call, responder))
        assert (answer.status, answer.code) == (400, "ValidationError")

    def test_a_session_works_until_its_last_second(self, sandbox: Sandbox) -> None:
        given = keys(sandbox.client("sts").get_session_token(DurationSeconds=900))
        sandbox.control("POST", "/clock", {"advance_s": 890})
        assert sandbox.client("sts", given).get_caller_identity()
        sandbox.control("POST", "/clock", {"advance_s": 11})
        assert code(sandbox.client("sts", given).get_caller_identity) == "ExpiredToken"

    def test_a_roles_session_lasts_an_hour_or_what_the_role_allows(self, sandbox: Sandbox) -> None:
        sts, role = sandbox.client("sts"), {"RoleArn": access_role(sandbox.members[0]), "RoleSessionName": "test"}
        assert abs(lasts(sts.assume_role(**role)) - 3600) <= 1
        assert code(sts.assume_role, **role, DurationSeconds=3601) == "ValidationError"
        sandbox.iam(sandbox.members[0]).update_role(RoleName="OrganizationAccountAccessRole", MaxSessionDuration=43_200)
        assert abs(lasts(sts.assume_role(**role, DurationSeconds=43_200)) - 43_200) <= 1
        assert code(sts.assume_role, **role, DurationSeconds=43_201) == "ValidationError"

    def test_a_chained_session_lasts_an_hour_at_most(self, sandbox: Sandbox) -> None:
        """https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles.html#iam-term-role-chaining"""
        arn = f"arn:aws:iam::{sandbox.members[0]}:role/next"
        statement = {"Effect": "Allow", "Principal": {"AWS": sandbox.members[0]}, "Action": "sts:AssumeRole"}
        sandbox.iam(sandbox.members[0]).create_role(
            RoleName="next",
            AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
            MaxSessionDuration=43_200,
        )
        sts = sandbox.client("sts", member_session(sandbox))
        assert sts.assume_role(RoleArn=arn, RoleSessionName="test", DurationSeconds=3600)
        assert code(sts.assume_role, RoleArn=arn, RoleSessionName="test", DurationSeconds=3601) == "ValidationError"


class TestWhatSessionsMayNot:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_sts-comparison.html"""

    @pytest.fixture(params=["GetSessionToken", "GetFederationToken", "AssumeRole"])
    def kind(self, request: pytest.FixtureRequest) -> str:
        return str(request.param)

    @pytest.fixture
    def given(self, sandbox: Sandbox, kind: str) -> dict[str, str]:
        sts = sandbox.client("sts")
        if kind == "GetSessionToken":
            return keys(sts.get_session_token())
        if kind == "GetFederationToken":
            return keys(sts.get_federation_token(Name="fed", Policy=policy("*")))
        return member_session(sandbox)

    def test_no_session_mints_sessions_like_a_user(self, sandbox: Sandbox, given: dict[str, str]) -> None:
        sts = sandbox.client("sts", given)
        assert code(sts.get_session_token) == "AccessDenied"
        assert code(sts.get_federation_token, Name="more") == "AccessDenied"

    def test_every_session_may_ask_who_it_is(self, sandbox: Sandbox, given: dict[str, str], kind: str) -> None:
        expected = {
            "GetSessionToken": f"arn:aws:iam::{sandbox.management}:user/responder",
            "GetFederationToken": f"arn:aws:sts::{sandbox.management}:federated-user/fed",
            "AssumeRole": f"arn:aws:sts::{sandbox.members[0]}:assumed-role/OrganizationAccountAccessRole/test",
        }
        assert sandbox.client("sts", given).get_caller_identity()["Arn"] == expected[kind]

    def test_only_a_roles_session_calls_iam(self, sandbox: Sandbox, given: dict[str, str], kind: str) -> None:
        iam = sandbox.client("iam", given)
        if kind == "AssumeRole":
            assert iam.list_users()
        else:
            assert code(iam.list_users) == "InvalidClientTokenId"

    def test_a_federated_session_assumes_no_role(self, sandbox: Sandbox, given: dict[str, str], kind: str) -> None:
        sts = sandbox.client("sts", given)
        role = {"RoleArn": access_role(sandbox.members[0]), "RoleSessionName": "again"}
        if kind == "GetSessionToken":
            assert sts.assume_role(**role)
        else:
            assert code(sts.assume_role, **role) == "AccessDenied"

    def test_every_session_calls_other_services(self, sandbox: Sandbox, given: dict[str, str]) -> None:
        assert sandbox.client("ec2", given).describe_instances()["Reservations"] == []

    def test_with_a_second_factor_a_users_session_calls_iam(self, sandbox: Sandbox) -> None:
        iam = sandbox.client("iam")
        serial = iam.create_virtual_mfa_device(VirtualMFADeviceName="phone")["VirtualMFADevice"]["SerialNumber"]
        iam.enable_mfa_device(
            UserName="responder", SerialNumber=serial, AuthenticationCode1="123456", AuthenticationCode2="654321"
        )
        given = keys(sandbox.client("sts").get_session_token(SerialNumber=serial, TokenCode="123456"))
        assert sandbox.client("iam", given).list_users()


class TestWhatBecomesOfSessions:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_control-access_disable-perms.html"""

    def test_they_outlive_the_key_that_minted_them(self, sandbox: Sandbox) -> None:
        alice, iam = user(sandbox), sandbox.client("iam")
        given = keys(sandbox.client("sts", alice).get_session_token())
        iam.update_access_key(UserName="alice", AccessKeyId=alice["access_key_id"], Status="Inactive")
        assert sandbox.client("ec2", given).describe_instances()
        iam.delete_access_key(UserName="alice", AccessKeyId=alice["access_key_id"])
        assert sandbox.client("ec2", given).describe_instances()

    def test_they_may_do_what_the_user_may_do_now(self, sandbox: Sandbox) -> None:
        alice, iam = user(sandbox), sandbox.client("iam")
        given = keys(sandbox.client("sts", alice).get_session_token())
        iam.detach_user_policy(UserName="alice", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
        assert code(sandbox.client("ec2", given).describe_instances) == "UnauthorizedOperation"
        iam.attach_user_policy(UserName="alice", PolicyArn=READ_ONLY)
        assert sandbox.client("ec2", given).describe_instances()

    @pytest.mark.parametrize("again", [False, True])
    @pytest.mark.parametrize("minted", ["get_session_token", "get_federation_token"])
    def test_they_end_with_the_user_though_another_has_the_name(
        self, sandbox: Sandbox, minted: str, again: bool
    ) -> None:
        alice, iam = user(sandbox), sandbox.client("iam")
        more = {"Name": "fed"} if minted == "get_federation_token" else {}
        given = keys(getattr(sandbox.client("sts", alice), minted)(**more))
        iam.delete_access_key(UserName="alice", AccessKeyId=alice["access_key_id"])
        iam.detach_user_policy(UserName="alice", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
        iam.delete_user(UserName="alice")
        if again:
            iam.create_user(UserName="alice")
        assert code(sandbox.client("sts", given).get_caller_identity) == "InvalidClientTokenId"

    def test_they_follow_a_user_that_is_renamed(self, sandbox: Sandbox) -> None:
        """The unique id is what stays: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html"""
        alice, iam = user(sandbox), sandbox.client("iam")
        given = keys(sandbox.client("sts", alice).get_session_token())
        iam.update_user(UserName="alice", NewUserName="bob")
        expected = f"arn:aws:iam::{sandbox.management}:user/bob"
        assert sandbox.client("sts", given).get_caller_identity()["Arn"] == expected
        assert sandbox.client("sts", alice).get_caller_identity()["Arn"] == expected
        assert sandbox.client("ec2", given).describe_instances()

    def test_a_role_made_again_has_no_old_sessions(self, sandbox: Sandbox) -> None:
        iam = sandbox.client("iam")
        statement = {"Effect": "Allow", "Principal": {"AWS": sandbox.management}, "Action": "sts:AssumeRole"}
        made = {
            "RoleName": "r",
            "AssumeRolePolicyDocument": json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
        }
        arn = iam.create_role(**made)["Role"]["Arn"]
        given = keys(sandbox.client("sts").assume_role(RoleArn=arn, RoleSessionName="test"))
        iam.delete_role(RoleName="r")
        iam.create_role(**made)
        assert code(sandbox.client("sts", given).get_caller_identity) == "InvalidClientTokenId"


class TestSessionPolicies:
    @pytest.mark.parametrize("text", ["{", "{}", policy(Principal="*")])
    def test_a_malformed_one_is_refused(self, sandbox: Sandbox, text: str) -> None:
        """https://docs.aws.amazon.com/STS/latest/APIReference/API_GetFederationToken.html#API_GetFederationToken_Errors"""
        assert code(sandbox.client("sts").get_federation_token, Name="fed", Policy=text) == "MalformedPolicyDocument"

    def test_one_of_more_than_2048_characters_is_refused(self, sandbox: Sandbox) -> None:
        long = policy(*(f"s3:Action{number}" for number in range(200)))
        assert code(sandbox.client("sts").get_federation_token, Name="fed", Policy=long) == "ValidationError"

    def test_more_than_ten_managed_ones_are_refused(self, sandbox: Sandbox) -> None:
        arns = [{"arn": READ_ONLY}] * 11
        assert code(sandbox.client("sts").get_federation_token, Name="fed", PolicyArns=arns) == "ValidationError"


class TestAccounts:
    def test_the_responder_gets_into_every_member_account(self, sandbox: Sandbox) -> None:
        """https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_accounts_access.html"""
        for account in sandbox.members:
            sts = sandbox.in_account(account).client("sts", endpoint_url=sandbox.endpoint_url)
            assert sts.get_caller_identity()["Account"] == account

    def test_nobody_else_does(self, sandbox: Sandbox) -> None:
        """Neither another member's administrator, nor a user there, nor a user of the management account without permission."""
        sandbox.client("iam").create_user(UserName="bob")
        key = sandbox.client("iam").create_access_key(UserName="bob")["AccessKey"]
        bob = {"access_key_id": key["AccessKeyId"], "secret_access_key": key["SecretAccessKey"]}
        thief = sandbox.facts["scenarios"]["leaked-key"]["attacker"]["access_keys"][0]
        for caller in (member_session(sandbox), thief, bob):
            role = {"RoleArn": access_role(sandbox.members[1]), "RoleSessionName": "test"}
            assert code(sandbox.client("sts", caller).assume_role, **role) == "AccessDenied"

    def test_each_account_has_a_state_of_its_own(self, sandbox: Sandbox) -> None:
        first, second = (sandbox.iam(account) for account in sandbox.members[1:3])
        first.create_user(UserName="only-here")
        assert [one["UserName"] for one in first.list_users()["Users"]] == ["only-here"]
        assert second.list_users()["Users"] == []

    def test_only_the_management_account_lists_accounts(self, sandbox: Sandbox) -> None:
        """https://docs.aws.amazon.com/organizations/latest/APIReference/API_ListAccounts.html"""
        member = sandbox.client("organizations", member_session(sandbox))
        assert len(sandbox.client("organizations").list_accounts()["Accounts"]) == len(sandbox.members) + 1
        assert code(member.list_accounts) == "AccessDeniedException"

    def test_a_delegated_administrator_may_look_and_not_change(self, sandbox: Sandbox) -> None:
        """https://docs.aws.amazon.com/organizations/latest/userguide/orgs_delegate_policies.html"""
        sandbox.client("organizations").register_delegated_administrator(
            AccountId=sandbox.members[0], ServicePrincipal="guardduty.amazonaws.com"
        )
        member = sandbox.client("organizations", member_session(sandbox))
        assert len(member.list_accounts()["Accounts"]) == len(sandbox.members) + 1
        root = sandbox.facts["organization"]["root_id"]
        assert code(member.create_organizational_unit, ParentId=root, Name="new") == "AccessDeniedException"

    def test_a_member_may_ask_which_organization_it_is_in(self, sandbox: Sandbox) -> None:
        """https://docs.aws.amazon.com/organizations/latest/APIReference/API_DescribeOrganization.html"""
        member = sandbox.client("organizations", member_session(sandbox))
        assert member.describe_organization()["Organization"]["MasterAccountId"] == sandbox.management

    @pytest.mark.parametrize("which", ["own", "other account's", "session's", "deleted"])
    def test_the_account_of_a_key_can_be_asked_for(self, sandbox: Sandbox, which: str) -> None:
        """https://docs.aws.amazon.com/STS/latest/APIReference/API_GetAccessKeyInfo.html"""
        scenario = sandbox.facts["scenarios"]["leaked-key"]
        deleted = user(sandbox)["access_key_id"]
        sandbox.client("iam").delete_access_key(UserName="alice", AccessKeyId=deleted)
        key_id, account = {
            "own": (sandbox.env["AWS_ACCESS_KEY_ID"], sandbox.management),
            "other account's": (scenario["access_key_id"], scenario["account"]),
            "session's": (member_session(sandbox)["access_key_id"], sandbox.members[0]),
            "deleted": (deleted, sandbox.management),
        }[which]
        assert sandbox.client("sts").get_access_key_info(AccessKeyId=key_id)["Account"] == account

    def test_a_region_of_its_own_is_no_other_identity(self, sandbox: Sandbox) -> None:
        regional = sandbox.session().client("sts", region_name="eu-central-1", endpoint_url=sandbox.endpoint_url)
        assert regional.get_caller_identity()["Account"] == sandbox.management


def test_refused_calls_of_a_session_are_in_the_event_history(sandbox: Sandbox) -> None:
    """https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html: errorCode"""
    given = keys(sandbox.client("sts").get_session_token())
    with pytest.raises(ClientError):
        sandbox.client("iam", given).create_user(UserName="mallory")
    events = sandbox.client("cloudtrail").lookup_events(
        LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": "CreateUser"}]
    )["Events"]
    assert [json.loads(event["CloudTrailEvent"])["errorCode"] for event in events] == ["InvalidClientTokenId"]
