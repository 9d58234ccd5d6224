"""Users, roles and sessions of the sandbox are found by whatever names them, contained, and released: seen from their own calls."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from sandbox_client import Sandbox

from ansible_collections.cordon.aws.plugins.module_utils import engine
from ansible_collections.cordon.aws.plugins.module_utils.cloud import Cloud, Connection
from ansible_collections.cordon.aws.plugins.module_utils.engine import Run
from ansible_collections.cordon.aws.plugins.module_utils.errors import InputError
from ansible_collections.cordon.aws.plugins.module_utils.iam.principal_lookup import find_principal
from ansible_collections.cordon.aws.plugins.module_utils.iam.principal_names import parse_principal
from ansible_collections.cordon.aws.plugins.module_utils.iam.principals import IamPrincipal
from ansible_collections.cordon.aws.plugins.module_utils.principal_containment import containment_of_principals
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads
from ansible_collections.cordon.aws.plugins.module_utils.targets.iam_principal import IAM_PRINCIPAL

sys.path.insert(0, str(Path(__file__).parents[1] / "unit"))

from runs import CaseLog, contain, release

ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "SETTLE_STEP_S", 0.05)


class Account:
    """A member account with a user alice and a role deploy that its users may assume, both administrators."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox, self.id = sandbox, sandbox.members[1]
        self.iam = sandbox.iam(self.id)
        self.user_arn = self.iam.create_user(UserName="alice")["User"]["Arn"]
        self.iam.attach_user_policy(UserName="alice", PolicyArn=ADMINISTRATOR)
        key = self.iam.create_access_key(UserName="alice")["AccessKey"]
        self.key = {"access_key_id": key["AccessKeyId"], "secret_access_key": key["SecretAccessKey"]}
        allow = f'"Effect": "Allow", "Principal": {{"AWS": "arn:aws:iam::{self.id}:root"}}, "Action": "sts:AssumeRole"'
        trust = f'{{"Version": "2012-10-17", "Statement":\n{{{allow}}} }}'
        role = self.iam.create_role(RoleName="deploy", Path="/ops/", AssumeRolePolicyDocument=trust)["Role"]
        self.role_arn = role["Arn"]
        self.iam.attach_role_policy(RoleName="deploy", PolicyArn=ADMINISTRATOR)
        self.cloud: Any = Cloud(
            Connection(
                region="us-east-1",
                endpoint_url=sandbox.endpoint_url,
                credentials={
                    "aws_access_key_id": sandbox.env["AWS_ACCESS_KEY_ID"],
                    "aws_secret_access_key": sandbox.env["AWS_SECRET_ACCESS_KEY"],
                },
            )
        )

    def session(self, name: str) -> dict[str, str]:
        """A session of the role."""
        sts = self.sandbox.client("sts", self.key)
        return given(sts.assume_role(RoleArn=self.role_arn, RoleSessionName=name))

    def session_arn(self, name: str) -> str:
        return f"arn:aws:sts::{self.id}:assumed-role/deploy/{name}"

    def may(self, keys: dict[str, str]) -> bool:
        """Whether an ordinary call with these credentials succeeds."""
        try:
            self.sandbox.client("s3", keys).list_buckets()
        except ClientError as error:
            if error.response["Error"]["Code"] not in ("AccessDenied", "InvalidAccessKeyId"):
                raise
            return False
        return True

    def find(self, text: str, **arguments: Any) -> IamPrincipal:
        return find_principal(Reads(self.cloud), parse_principal(text, "principals[0]"), **arguments)


def given(answer: dict[str, Any]) -> dict[str, str]:
    found = answer["Credentials"]
    return {
        "access_key_id": found["AccessKeyId"],
        "secret_access_key": found["SecretAccessKey"],
        "session_token": found["SessionToken"],
    }


@pytest.fixture
def account(sandbox: Sandbox) -> Iterator[Account]:
    return Account(sandbox)


def succeeded(run: Run) -> Run:
    assert not run.failed, [entry.error for entry in run.failed]
    assert all(entry.verified for entry in run.results)
    return run


class TestFinding:
    """https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html"""

    def test_a_session_of_a_role_by_its_key_id_before_and_after_it_was_used(self, account: Account) -> None:
        keys = account.session("bob")
        for _time in range(2):
            assert account.find(keys["access_key_id"]).arn == account.role_arn
            assert account.find(keys["access_key_id"], scope="session").arn == account.session_arn("bob")
            assert account.may(keys)

    def test_the_sessions_of_a_user_before_and_after_they_were_used(self, account: Account) -> None:
        sts = account.sandbox.client("sts", account.key)
        own = given(sts.get_session_token())
        federated = given(
            sts.get_federation_token(Name="fed", PolicyArns=[{"arn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}])
        )
        for _time in range(2):
            for keys in (own, federated):
                assert account.find(keys["access_key_id"]).arn == account.user_arn
                assert account.may(keys)
        assert account.find(f"arn:aws:sts::{account.id}:federated-user/fed").arn == account.user_arn

    def test_what_cloudtrail_has_not_delivered_yet_is_not_known(self, account: Account) -> None:
        account.sandbox.control("PUT", "/settings", {"cloudtrail_delivery_s": 900})
        keys = account.session("bob")
        with pytest.raises(InputError, match="CloudTrail is up to 15 minutes behind"):
            account.find(keys["access_key_id"])
        account.sandbox.control("POST", "/clock", {"advance_s": 901})
        assert account.find(keys["access_key_id"]).arn == account.role_arn

    def test_roles_and_sessions_by_their_arns_with_the_ids_that_aws_has_for_them(self, account: Account) -> None:
        role_id = account.iam.get_role(RoleName="deploy")["Role"]["RoleId"]
        keys = account.session("bob")
        assert account.find(account.role_arn).user_id == f"{role_id}:*"
        session = account.find(account.session_arn("bob"), scope="session")
        assert session.user_id == account.sandbox.client("sts", keys).get_caller_identity()["UserId"]


class TestContaining:
    def test_a_contained_role_can_do_nothing_and_nobody_can_assume_it_until_it_is_released(
        self, account: Account
    ) -> None:
        keys, log = account.session("bob"), CaseLog()
        succeeded(contain(account.cloud, log, [account.role_arn]))
        assert not account.may(keys)
        assert account.may(account.key)
        with pytest.raises(ClientError) as refused:
            account.session("carol")
        assert refused.value.response["Error"]["Code"] == "AccessDenied"
        before = account.sandbox.writes()
        again = succeeded(contain(account.cloud, log, [account.role_arn]))
        assert (again.changed, account.sandbox.writes()) == (False, before)
        assert not release(account.cloud, log).failed
        assert account.may(keys)
        assert account.may(account.session("carol"))
        assert account.iam.list_role_policies(RoleName="deploy")["PolicyNames"] == []

    def test_the_trust_policy_comes_back_byte_for_byte(self, account: Account) -> None:
        log = CaseLog()
        before = account.find(account.role_arn)
        stored = account.cloud.read(before.call("Get{kind}"))["Role"]["AssumeRolePolicyDocument"]
        succeeded(contain(account.cloud, log, [account.role_arn], measures=["trust"]))
        assert account.cloud.read(before.call("Get{kind}"))["Role"]["AssumeRolePolicyDocument"] != stored
        assert not release(account.cloud, log).failed
        assert account.cloud.read(before.call("Get{kind}"))["Role"]["AssumeRolePolicyDocument"] == stored

    def test_one_session_is_denied_and_the_others_of_a_shared_role_keep_working(self, account: Account) -> None:
        bob, carol, log = account.session("bob"), account.session("carol"), CaseLog()
        run = succeeded(contain(account.cloud, log, [bob["access_key_id"]], scope="session"))
        assert run.results[0].arn == account.session_arn("bob")
        assert [account.may(keys) for keys in (bob, carol, account.session("dave"))] == [False, True, True]
        assert not account.may(account.session("bob")), "a session of that name is denied however often it is made"
        assert not release(account.cloud, log).failed
        assert account.may(bob)

    def test_sessions_before_a_time_are_denied_and_later_ones_are_not(self, account: Account) -> None:
        """https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_revoke-sessions.html"""
        old = account.session("bob")
        account.sandbox.control("POST", "/clock", {"advance_s": 60})
        time = f"{datetime.now(UTC) + timedelta(seconds=30):%Y-%m-%dT%H:%M:%SZ}"
        succeeded(contain(account.cloud, CaseLog(), [account.role_arn], measures=["sessions"], sessions_before=time))
        assert not account.may(old)
        assert account.may(account.session("bob"))

    def test_a_user_has_no_active_credential_of_any_kind_and_has_them_back_after_release(
        self, account: Account
    ) -> None:
        iam, log = account.iam, CaseLog()
        credential = iam.create_service_specific_credential(UserName="alice", ServiceName="codecommit.amazonaws.com")
        credential_id = credential["ServiceSpecificCredential"]["ServiceSpecificCredentialId"]
        iam.create_login_profile(UserName="alice", Password="Correct-Horse-7-Battery")

        def status() -> str:
            found = iam.list_service_specific_credentials(UserName="alice")["ServiceSpecificCredentials"]
            assert [one["ServiceSpecificCredentialId"] for one in found] == [credential_id]
            return str(found[0]["Status"])

        run = succeeded(contain(account.cloud, log, [account.key["access_key_id"]]))
        assert (status(), account.may(account.key)) == ("Inactive", False)
        assert [note for note in run.results[0].notes if "aws iam delete-login-profile --user-name alice" in note]
        assert not release(account.cloud, log).failed
        assert (status(), account.may(account.key)) == ("Active", True)


@pytest.fixture(scope="module")
def privileged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """A sandbox with a root user that has a key, and a role of Identity Center in which two people work."""
    sandbox = Sandbox(tmp_path_factory.mktemp("privileged") / "state", "--scenario", "privileged-identities")
    yield sandbox
    assert sandbox.stop() == 0


class TestWhatIamCallsDoNotReach:
    """Only a service control policy does. https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps.html and
    https://docs.aws.amazon.com/singlesignon/latest/userguide/referencingpermissionsets.html"""

    @pytest.fixture(autouse=True)
    def planted(self, privileged: Sandbox) -> None:
        privileged.control("POST", "/reset")
        self.account = Account(privileged)
        self.facts = privileged.facts["scenarios"]["privileged-identities"]
        self.mallory, self.ines = (
            self.facts["sessions"]["mallory@example.com"],
            self.facts["sessions"]["ines@example.com"],
        )

    def contain(self, log: CaseLog, name: str, **arguments: Any) -> Run:
        """By what is taken of such a target where nobody asks for more."""
        usual = containment_of_principals(None, freeze_iam=False, escalate=False, responders=())
        taken = [measure.NAME for measure in usual.taken_of(self.account.find(name, **arguments))]
        assert taken == ["scp_quarantine"]
        return succeeded(contain(self.account.cloud, log, [name], measures=taken, catalogue=IAM_PRINCIPAL, **arguments))

    def working(self) -> dict[str, bool]:
        people = {"mallory": self.mallory, "ines": self.ines, "root": self.facts["root"]}
        return {name: self.account.may(keys) for name, keys in people.items()}

    @pytest.mark.parametrize(
        ("what", "scope", "cut_off"),
        [
            ("role", "principal", {"mallory", "ines"}),
            ("session", "principal", {"mallory", "ines"}),
            ("session", "session", {"mallory"}),
            ("root", "principal", {"root"}),
            ("roots key", "principal", {"root"}),
        ],
    )
    def test_it_is_cut_off_until_it_is_released_and_nobody_else_is(
        self, what: str, scope: str, cut_off: set[str]
    ) -> None:
        name = {
            "role": self.facts["reserved_role_arn"],
            "session": self.mallory["arn"],
            "root": self.facts["root"]["arn"],
            "roots key": self.facts["root"]["access_key_id"],
        }[what]
        log = CaseLog()
        self.contain(log, name, scope=scope)
        assert {one for one, works in self.working().items() if not works} == cut_off
        assert not release(self.account.cloud, log).failed
        assert all(self.working().values())

    def test_without_a_service_control_policy_it_is_not_taken_for_contained(self) -> None:
        run = contain(self.account.cloud, None, [self.facts["reserved_role_arn"]], check=True)
        assert run.failed
        assert "nothing was checked" in run.results[0].error
