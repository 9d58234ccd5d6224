"""An account is under quarantine: seen from the calls of everybody in it, root and people who come later included."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from organization_calls import attach, deny
from play import Played, play_tasks
from sandbox_client import Sandbox

MODULE = "organizations_account_containment"
ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """With a root key, and sessions of an Identity Center role, in the first member account."""
    sandbox = Sandbox(tmp_path_factory.mktemp("sandbox") / "state", "--scenario", "privileged-identities")
    yield sandbox
    assert sandbox.stop() == 0


def planted(sandbox: Sandbox) -> dict[str, Any]:
    return dict(sandbox.facts["scenarios"]["privileged-identities"])


def new_user(sandbox: Sandbox, account: str, name: str) -> dict[str, str]:
    """An administrator's key, made by a responder."""
    iam = sandbox.iam(account)
    iam.create_user(UserName=name)
    iam.attach_user_policy(UserName=name, PolicyArn=ADMINISTRATOR)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return {"access_key_id": key["AccessKeyId"], "secret_access_key": key["SecretAccessKey"]}


def may(sandbox: Sandbox, keys: dict[str, str]) -> bool:
    """Whether an ordinary call gets through."""
    try:
        sandbox.client("s3", keys).list_buckets()
    except ClientError as error:
        if error.response["Error"]["Code"] not in ("AccessDenied", "InvalidAccessKeyId"):
            raise
        return False
    return True


def policies(sandbox: Sandbox) -> dict[str, Any]:
    """Every service control policy with its text, and what is attached to each account."""
    organizations = sandbox.client("organizations")
    kind = "SERVICE_CONTROL_POLICY"
    found = organizations.list_policies(Filter=kind)["Policies"]
    texts = {one["Name"]: organizations.describe_policy(PolicyId=one["Id"])["Policy"]["Content"] for one in found}
    attached = {
        account: sorted(
            one["Name"] for one in organizations.list_policies_for_target(TargetId=account, Filter=kind)["Policies"]
        )
        for account in sandbox.members
    }
    return {"texts": texts, "attached": attached}


def run(sandbox: Sandbox, tmp_path: Path, cmdline: str = "", **options: Any) -> Played:
    task = {"account_ids": [planted(sandbox)["account"]], "case_id": "case-1", **options}
    return play_tasks(sandbox, tmp_path, [{f"cordon.aws.{MODULE}": task}], cmdline=cmdline)


def test_everybody_but_responders_is_refused_until_it_is_released(sandbox: Sandbox, tmp_path: Path) -> None:
    account, facts = planted(sandbox)["account"], planted(sandbox)
    before = policies(sandbox)
    people = {
        "root": facts["root"],
        "mallory": facts["sessions"]["mallory@example.com"],
        "administrator": new_user(sandbox, account, "administrator"),
    }
    elsewhere = new_user(sandbox, sandbox.members[1], "administrator")
    assert all(may(sandbox, keys) for keys in people.values()), "they must get in before, or the test proves nothing"

    contained = run(sandbox, tmp_path)
    assert contained.ok, contained.stdout
    assert contained.of(MODULE)["verified"]
    # A responder still works in the account, and whoever comes later is in quarantine as well.
    people["new"] = new_user(sandbox, account, "made-later")
    assert {name for name, keys in people.items() if may(sandbox, keys)} == set()
    assert may(sandbox, elsewhere), "another account was hit"

    released = run(sandbox, tmp_path, state="released")
    assert released.ok, released.stdout
    assert all(may(sandbox, keys) for keys in people.values())
    assert policies(sandbox) == before


def test_who_is_named_as_a_responder_goes_on(sandbox: Sandbox, tmp_path: Path) -> None:
    account = planted(sandbox)["account"]
    kept, other = new_user(sandbox, account, "forensics"), new_user(sandbox, account, "forensics-2")
    assert run(sandbox, tmp_path, responders=[f"arn:aws:iam::{account}:user/forensics"]).ok
    assert (may(sandbox, kept), may(sandbox, other)) == (True, False)


def test_case_release_lifts_it_too(sandbox: Sandbox, tmp_path: Path) -> None:
    before = policies(sandbox)
    assert run(sandbox, tmp_path).ok
    released = play_tasks(sandbox, tmp_path, [{"cordon.aws.case_release": {"case_id": "case-1"}}])
    assert released.ok, released.stdout
    assert policies(sandbox) == before


def test_check_mode_writes_nothing_and_shows_the_very_plan(sandbox: Sandbox, tmp_path: Path) -> None:
    sandbox.control("DELETE", "/calls")
    checked = run(sandbox, tmp_path, cmdline="--check --diff")
    assert checked.ok, checked.stdout
    assert sandbox.writes() == {}
    assert checked.of(MODULE)["changed"]
    applied = run(sandbox, tmp_path)
    assert applied.of(MODULE)["plan_id"] == checked.of(MODULE)["plan_id"]


def test_a_second_run_changes_nothing(sandbox: Sandbox, tmp_path: Path) -> None:
    assert run(sandbox, tmp_path).ok
    sandbox.control("DELETE", "/calls")
    again = run(sandbox, tmp_path)
    assert again.ok, again.stdout
    assert not again.of(MODULE)["changed"]
    assert sandbox.writes() == {}


def test_many_accounts_named_twice_and_by_arn_are_one_policy_each(sandbox: Sandbox, tmp_path: Path) -> None:
    before, first = policies(sandbox), planted(sandbox)["account"]
    arn = sandbox.client("organizations").describe_account(AccountId=first)["Account"]["Arn"]
    sandbox.control("DELETE", "/calls")
    played = run(sandbox, tmp_path, account_ids=[*sandbox.members, arn, first])
    assert played.ok, played.stdout
    results = played.of(MODULE)["results"]
    assert [one["target"].rpartition("/")[2] for one in results] == [*sandbox.members, first, first]
    assert sandbox.writes() == {
        "organizations:CreatePolicy": len(sandbox.members),
        "organizations:AttachPolicy": len(sandbox.members),
    }
    for account in sandbox.members:
        assert set(policies(sandbox)["attached"][account]) - set(before["attached"][account]) == {
            f"CordonQuarantine-{account}-1"
        }


@pytest.mark.parametrize(
    ("which", "said"),
    [
        ("management", ("is the management account, which no service control policy restricts", "one by one")),
        ("stranger", ("DescribeAccount", "AccountNotFoundException")),
    ],
)
def test_what_cannot_be_put_under_it_is_refused_and_the_others_are_not(
    sandbox: Sandbox, tmp_path: Path, which: str, said: tuple[str, ...]
) -> None:
    account = sandbox.management if which == "management" else "444455556666"
    played = run(sandbox, tmp_path, account_ids=[account, sandbox.members[1]])
    assert not played.ok
    result = played.of(MODULE)
    assert all(part in result["msg"] for part in (account, *said)), result["msg"]
    assert "1 of 2 targets failed" in result["msg"]
    assert [one["status"] for one in result["results"]] == ["failed", "contained"]


def test_five_policies_attached_leave_no_room_and_nothing_is_written(sandbox: Sandbox, tmp_path: Path) -> None:
    """https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html"""
    account = planted(sandbox)["account"]
    attached = len(policies(sandbox)["attached"][account])
    for number in range(5 - attached):
        attach(sandbox, account, deny("translate:*"), name=f"guardrail-{number}")
    before = policies(sandbox)
    sandbox.control("DELETE", "/calls")
    played = run(sandbox, tmp_path)
    assert not played.ok
    assert "5 of 5 policies are attached to it; 0 of them are Cordon's" in played.of(MODULE)["msg"]
    assert sandbox.writes() == {}
    assert policies(sandbox) == before


def test_it_goes_beside_what_others_have_attached(sandbox: Sandbox, tmp_path: Path) -> None:
    account = planted(sandbox)["account"]
    attach(sandbox, account, deny("translate:*"), name="guardrail")
    before = policies(sandbox)
    assert run(sandbox, tmp_path).ok
    during = policies(sandbox)
    assert {name: during["texts"][name] for name in before["texts"]} == before["texts"]
    assert run(sandbox, tmp_path, state="released").ok
    assert policies(sandbox) == before


def test_a_principal_in_quarantine_stays_when_the_account_is_released(sandbox: Sandbox, tmp_path: Path) -> None:
    account = planted(sandbox)["account"]
    alice, bob = new_user(sandbox, account, "alice"), new_user(sandbox, account, "bob")
    principal = {"principals": [alice["access_key_id"]], "measures": ["scp_quarantine"], "watch_s": 0}
    task = {"cordon.aws.iam_principal_containment": principal | {"case_id": "case-2"}}
    assert play_tasks(sandbox, tmp_path, [task]).ok
    assert run(sandbox, tmp_path).ok
    assert (may(sandbox, alice), may(sandbox, bob)) == (False, False)
    assert run(sandbox, tmp_path, state="released").ok
    assert (may(sandbox, alice), may(sandbox, bob)) == (False, True)


def test_without_rights_over_the_organization_it_is_told_which(sandbox: Sandbox, tmp_path: Path) -> None:
    keys = new_user(sandbox, sandbox.members[1], "local-responder")
    before = policies(sandbox)
    played = run(sandbox, tmp_path, access_key=keys["access_key_id"], secret_key=keys["secret_access_key"])
    assert not played.ok
    assert "organizations:" in played.of(MODULE)["msg"]
    assert "Traceback" not in str(played.of(MODULE))
    assert policies(sandbox) == before
