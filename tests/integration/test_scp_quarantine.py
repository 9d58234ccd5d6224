"""Service control policies against single principals, by whatever names them: who is cut off, who is not, and where they cannot help."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from organization_calls import attach, deny
from play import Played, play_tasks
from sandbox_client import Sandbox
from test_account_containment import may, new_user, policies

MODULE = "iam_principal_containment"
ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    sandbox = Sandbox(tmp_path_factory.mktemp("sandbox") / "state", "--scenario", "privileged-identities")
    yield sandbox
    assert sandbox.stop() == 0


def contain(sandbox: Sandbox, tmp_path: Path, *names: str, cmdline: str = "", **options: Any) -> Played:
    given = {"principals": list(names), "case_id": "case-1", "measures": ["scp_quarantine"], "watch_s": 0} | options
    task = {name: value for name, value in given.items() if value is not None}
    return play_tasks(sandbox, tmp_path, [{f"cordon.aws.{MODULE}": task}], cmdline=cmdline)


def release(sandbox: Sandbox, tmp_path: Path) -> Played:
    return play_tasks(sandbox, tmp_path, [{"cordon.aws.case_release": {"case_id": "case-1"}}])


class People:
    """Everybody who works in one account."""

    def __init__(self, sandbox: Sandbox) -> None:
        facts = sandbox.facts["scenarios"]["privileged-identities"]
        self.sandbox, self.account = sandbox, str(facts["account"])
        self.reserved_role: str = facts["reserved_role_arn"]
        iam = sandbox.iam(self.account)
        trust = (
            '{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "sts:AssumeRole", '
            f'"Principal": {{"AWS": "arn:aws:iam::{self.account}:root"}}}}}}'
        )
        iam.create_role(RoleName="deploy", Path="/ops/", AssumeRolePolicyDocument=trust)
        iam.attach_role_policy(RoleName="deploy", PolicyArn=ADMINISTRATOR)
        self.keys: dict[str, dict[str, str]] = {
            "root": facts["root"],
            "alice": new_user(sandbox, self.account, "alice"),
            "bob": new_user(sandbox, self.account, "bob"),
            **{name: facts["sessions"][f"{name}@example.com"] for name in ("mallory", "ines")},
        }
        for name in ("one", "two"):
            self.keys[name] = self.session(name)

    def session(self, name: str) -> dict[str, str]:
        """Of the role deploy, obtained by bob."""
        role = f"arn:aws:iam::{self.account}:role/ops/deploy"
        given = self.sandbox.client("sts", self.keys["bob"]).assume_role(RoleArn=role, RoleSessionName=name)
        found = given["Credentials"]
        return {
            "access_key_id": found["AccessKeyId"],
            "secret_access_key": found["SecretAccessKey"],
            "session_token": found["SessionToken"],
        }

    def cut_off(self) -> set[str]:
        return {name for name, keys in self.keys.items() if not may(self.sandbox, keys)}


@pytest.fixture
def people(sandbox: Sandbox) -> People:
    return People(sandbox)


@pytest.mark.parametrize(
    ("who", "scope", "cut_off"),
    [
        ("arn:aws:iam::{account}:user/alice", "principal", {"alice"}),
        ("arn:aws:iam::{account}:role/ops/deploy", "principal", {"one", "two"}),
        ("arn:aws:sts::{account}:assumed-role/deploy/one", "principal", {"one", "two"}),
        ("arn:aws:sts::{account}:assumed-role/deploy/one", "session", {"one"}),
        ("arn:aws:iam::{account}:root", "principal", {"root"}),
        ("{reserved_role}", "principal", {"mallory", "ines"}),
    ],
)
def test_it_is_cut_off_until_it_is_released_and_nobody_else_is(
    sandbox: Sandbox, tmp_path: Path, people: People, who: str, scope: str, cut_off: set[str]
) -> None:
    before = policies(sandbox)
    name = who.format(account=people.account, reserved_role=people.reserved_role)
    played = contain(sandbox, tmp_path, name, scope=scope)
    assert played.ok, played.stdout
    assert people.cut_off() == cut_off
    assert release(sandbox, tmp_path).ok
    assert people.cut_off() == set()
    assert policies(sandbox) == before


def test_all_of_one_account_are_put_into_one_policy(sandbox: Sandbox, tmp_path: Path, people: People) -> None:
    names = [f"arn:aws:iam::{people.account}:{one}" for one in ("user/alice", "role/ops/deploy", "root")]
    sandbox.control("DELETE", "/calls")
    assert contain(sandbox, tmp_path, *names, people.reserved_role).ok
    assert sandbox.writes() == {"organizations:CreatePolicy": 1, "organizations:AttachPolicy": 1}
    assert people.cut_off() == set(people.keys) - {"bob"}


def test_a_new_name_and_a_new_key_are_no_way_out(sandbox: Sandbox, tmp_path: Path, people: People) -> None:
    """It is the unique id that is denied: docs/decisions/0006."""
    assert contain(sandbox, tmp_path, people.keys["alice"]["access_key_id"]).ok
    iam = sandbox.iam(people.account)
    iam.update_user(UserName="alice", NewUserName="alicia")
    key = iam.create_access_key(UserName="alicia")["AccessKey"]
    people.keys["alicia"] = {"access_key_id": key["AccessKeyId"], "secret_access_key": key["SecretAccessKey"]}
    assert people.cut_off() == {"alice", "alicia"}


def test_a_freeze_keeps_everybody_but_responders_from_changing_iam(
    sandbox: Sandbox, tmp_path: Path, people: People
) -> None:
    account = people.account
    assert contain(
        sandbox, tmp_path, f"arn:aws:iam::{account}:user/alice", freeze_iam=True, watch_s=1, measures=None
    ).ok
    assert people.cut_off() == {"alice"}, "a freeze is of IAM, others go on with their work"
    bob = people.keys["bob"]
    for service, method, given in (
        ("iam", "create_user", {"UserName": "new"}),
        ("iam", "create_access_key", {"UserName": "bob"}),
        ("sts", "assume_role", {"RoleArn": f"arn:aws:iam::{account}:role/ops/deploy", "RoleSessionName": "new"}),
    ):
        client = sandbox.client(service, bob)
        with pytest.raises(client.exceptions.ClientError, match="AccessDenied"):
            getattr(client, method)(**given)
    sandbox.iam(account).create_user(UserName="made-by-a-responder")
    assert release(sandbox, tmp_path).ok
    sandbox.client("iam", bob).create_user(UserName="thawed")


def test_check_mode_writes_nothing_and_shows_the_very_plan(sandbox: Sandbox, tmp_path: Path, people: People) -> None:
    name = people.keys["alice"]["access_key_id"]
    sandbox.control("DELETE", "/calls")
    checked = contain(sandbox, tmp_path, name, cmdline="--check --diff", freeze_iam=True)
    assert checked.ok, checked.stdout
    assert sandbox.writes() == {}
    applied = contain(sandbox, tmp_path, name, freeze_iam=True)
    assert applied.ok, applied.stdout
    assert checked.of(MODULE)["plan_id"] == applied.of(MODULE)["plan_id"]


class TestWhereItCannotHelp:
    """https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps.html#not-restricted-by-scp"""

    def test_in_the_management_account_the_others_go_on_and_that_is_said(
        self, sandbox: Sandbox, tmp_path: Path
    ) -> None:
        keys = new_user(sandbox, sandbox.management, "carol")
        before = policies(sandbox)
        played = contain(sandbox, tmp_path, keys["access_key_id"], measures=None, freeze_iam=True)
        assert played.ok, played.stdout
        (result,) = played.of(MODULE)["results"]
        assert any(f"{sandbox.management} is the management account" in note for note in result["notes"])
        assert {step["measure"] for step in result["steps"]} == {"deny_policy", "access_keys", "sessions"}
        assert not may(sandbox, keys)
        assert policies(sandbox) == before

    def test_alone_it_is_no_success_there(self, sandbox: Sandbox, tmp_path: Path) -> None:
        keys = new_user(sandbox, sandbox.management, "carol")
        played = contain(sandbox, tmp_path, keys["access_key_id"])
        assert not played.ok
        assert "Cannot verify that" in played.of(MODULE)["msg"]
        assert any("management account" in note for note in played.of(MODULE)["results"][0]["notes"])

    def test_service_linked_roles_are_refused(self, sandbox: Sandbox, tmp_path: Path, people: People) -> None:
        made = sandbox.iam(people.account).create_service_linked_role(AWSServiceName="autoscaling.amazonaws.com")
        sandbox.control("DELETE", "/calls")
        played = contain(sandbox, tmp_path, made["Role"]["Arn"])
        assert not played.ok
        assert made["Role"]["Arn"] in played.of(MODULE)["msg"]
        assert sandbox.writes() == {}

    def test_without_room_the_numbers_are_told_and_the_others_go_on(
        self, sandbox: Sandbox, tmp_path: Path, people: People
    ) -> None:
        attached = len(policies(sandbox)["attached"][people.account])
        for number in range(5 - attached):
            attach(sandbox, people.account, deny("translate:*"), name=f"guardrail-{number}")
        before = policies(sandbox)
        played = contain(
            sandbox, tmp_path, people.keys["alice"]["access_key_id"], measures=["scp_quarantine", "deny_policy"]
        )
        assert not played.ok
        assert "5 of 5 policies are attached to it; 0 of them are Cordon's" in played.of(MODULE)["msg"]
        assert people.cut_off() == {"alice"}
        assert policies(sandbox) == before
