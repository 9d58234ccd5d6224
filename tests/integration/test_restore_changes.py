"""What an attacker changed is undone, end to end: traced in CloudTrail, planned, approved, done, and taken back where that is asked."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from play import Played, play
from sandbox_client import Sandbox
from trail_bucket import make_trail_bucket

ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"
READER = "arn:aws:iam::aws:policy/ReadOnlyAccess"
LOGS = "all-the-trails"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}


@pytest.fixture
def account(sandbox: Sandbox) -> str:
    return sandbox.members[0]


class Attack:
    """An administrator's world, then what somebody does in it with a key of mallory's, while the administrator goes on."""

    def __init__(self, sandbox: Sandbox, account: str) -> None:
        self.sandbox = sandbox
        self.iam = sandbox.iam(account)
        make_trail_bucket(sandbox.client("s3"), LOGS)
        cloudtrail = sandbox.client("cloudtrail")
        cloudtrail.create_trail(Name="all", S3BucketName=LOGS, IsMultiRegionTrail=True, IsOrganizationTrail=True)
        cloudtrail.start_logging(Name="all")
        for user in ("mallory", "bob"):
            self.iam.create_user(UserName=user)
        self.iam.attach_user_policy(UserName="mallory", PolicyArn=ADMINISTRATOR)
        self.iam.attach_user_policy(UserName="bob", PolicyArn=READER)
        self.iam.create_role(RoleName="app", AssumeRolePolicyDocument=json.dumps(TRUST))
        key = self.iam.create_access_key(UserName="mallory")["AccessKey"]
        self.key_id = key["AccessKeyId"]
        sandbox.control("POST", "/clock", {"advance_s": 60})
        given = {"access_key_id": key["AccessKeyId"], "secret_access_key": key["SecretAccessKey"]}
        self.attacker = sandbox.session(given).client("iam", endpoint_url=sandbox.endpoint_url)

    def rage(self) -> None:
        wide_open = {**TRUST, "Statement": [{**TRUST["Statement"][0], "Principal": {"AWS": "*"}}]}
        self.attacker.create_user(UserName="backdoor")
        self.attacker.attach_user_policy(UserName="backdoor", PolicyArn=ADMINISTRATOR)
        self.attacker.create_access_key(UserName="backdoor")
        self.attacker.detach_user_policy(UserName="bob", PolicyArn=READER)
        self.attacker.update_assume_role_policy(RoleName="app", PolicyDocument=json.dumps(wide_open))
        self.iam.create_user(UserName="colleague")

    def seen(self) -> dict[str, Any]:
        """What an attacker or a restore can have changed, through the API."""
        users = sorted(user["UserName"] for user in self.iam.list_users()["Users"])
        return {
            "users": users,
            "policies": {
                user: [
                    one["PolicyArn"] for one in self.iam.list_attached_user_policies(UserName=user)["AttachedPolicies"]
                ]
                for user in users
            },
            "inline": {user: self.iam.list_user_policies(UserName=user)["PolicyNames"] for user in users},
            "keys": {
                user: [key["Status"] for key in self.iam.list_access_keys(UserName=user)["AccessKeyMetadata"]]
                for user in users
            },
            "trust": self.iam.get_role(RoleName="app")["Role"]["AssumeRolePolicyDocument"],
        }


@pytest.fixture
def attack(sandbox: Sandbox, account: str) -> Attack:
    return Attack(sandbox, account)


def restore(sandbox: Sandbox, tmp_path: Path, attack: Attack, **variables: Any) -> Played:
    given = {"access_key_ids": attack.key_id, "trail": f"s3://{LOGS}", **variables}
    return play(sandbox, tmp_path, "restore_changes.yml", given)


def planned_and_done(
    sandbox: Sandbox, tmp_path: Path, attack: Attack, **variables: Any
) -> tuple[dict[str, Any], dict[str, Any]]:
    plan = restore(sandbox, tmp_path, attack, **variables)
    assert plan.ok, plan.stdout
    planned = plan.of("cloudtrail_restore")
    done = restore(sandbox, tmp_path, attack, approved_plan=planned["plan_id"], **variables)
    assert done.ok, done.stdout
    return planned, done.of("cloudtrail_restore")


def test_the_attackers_changes_are_undone_and_a_colleagues_stay(
    sandbox: Sandbox, tmp_path: Path, attack: Attack
) -> None:
    before = attack.seen()
    attack.rage()
    attacked = attack.seen()
    planned, done = planned_and_done(sandbox, tmp_path, attack)
    assert attacked == {**attack.seen(), **attacked}, "planning alone must change nothing"
    after = attack.seen()
    assert after["policies"] == {**before["policies"], "backdoor": [], "colleague": []}
    assert after["trust"] == before["trust"]
    assert (after["keys"]["backdoor"], after["keys"]["mallory"]) == (["Inactive"], ["Active"])
    assert after["inline"]["backdoor"], "what the attacker made is disabled and kept"
    assert {step["status"] for step in planned["steps"]} == {"planned"}
    assert {step["status"] for step in done["steps"]} == {"done"}
    assert done["verified"]


def test_a_second_restore_plans_nothing_and_writes_nothing(sandbox: Sandbox, tmp_path: Path, attack: Attack) -> None:
    attack.rage()
    planned_and_done(sandbox, tmp_path, attack)
    sandbox.control("DELETE", "/calls")
    again = restore(sandbox, tmp_path, attack, approved_plan="0" * 64).of("cloudtrail_restore")
    assert not again["changed"]
    assert [step for step in again["steps"] if step["status"] == "planned"] == []
    assert sandbox.writes() == {}


def test_a_restore_is_taken_back_where_it_is_named_and_only_there(
    sandbox: Sandbox, tmp_path: Path, attack: Attack
) -> None:
    attack.rage()
    attacked = attack.seen()
    _planned, done = planned_and_done(sandbox, tmp_path, attack)
    restored = attack.seen()
    case = {"case_id": done["case_id"]}
    assert not play(sandbox, tmp_path, "release_case.yml", case).of("case_release")["changed"]
    assert attack.seen() == restored
    released = play(sandbox, tmp_path, "release_case.yml", {**case, "measures": ["restore"]})
    assert released.ok, released.stdout
    assert attack.seen() == attacked


def test_one_step_alone_is_taken(sandbox: Sandbox, tmp_path: Path, attack: Attack) -> None:
    attack.rage()
    attacked = attack.seen()
    steps = restore(sandbox, tmp_path, attack).of("cloudtrail_restore")["steps"]
    (wanted,) = [step["id"] for step in steps if step["call"]["operation"] == "UpdateAssumeRolePolicy"]
    planned_and_done(sandbox, tmp_path, attack, steps=[wanted])
    assert attack.seen() == {**attacked, "trust": TRUST}


def test_what_an_administrator_changed_later_is_left_and_told(sandbox: Sandbox, tmp_path: Path, attack: Attack) -> None:
    attack.rage()
    sandbox.control("POST", "/clock", {"advance_s": 60})
    mended = {**TRUST, "Statement": [{**TRUST["Statement"][0], "Sid": "Mended"}]}
    attack.iam.update_assume_role_policy(RoleName="app", PolicyDocument=json.dumps(mended))
    planned, _done = planned_and_done(sandbox, tmp_path, attack)
    (conflict,) = [step for step in planned["steps"] if step["status"] == "conflict"]
    assert conflict["call"]["operation"] == "UpdateAssumeRolePolicy"
    assert attack.seen()["trust"] == mended


def test_without_a_trail_the_event_history_tells(sandbox: Sandbox, tmp_path: Path, attack: Attack) -> None:
    attack.rage()
    from_the_bucket = restore(sandbox, tmp_path, attack).of("cloudtrail_restore")
    from_history = restore(sandbox, tmp_path, attack, trail="lookup_events").of("cloudtrail_restore")
    assert from_history["plan_id"] == from_the_bucket["plan_id"]


def test_another_plan_than_the_approved_one_changes_nothing(sandbox: Sandbox, tmp_path: Path, attack: Attack) -> None:
    attack.rage()
    attacked = attack.seen()
    played = restore(sandbox, tmp_path, attack, approved_plan="0" * 64)
    assert not played.ok
    assert "0" * 64 in played.of("cloudtrail_restore")["msg"]
    assert attack.seen() == attacked


def test_logs_are_planned_from_without_any_account(sandbox: Sandbox, tmp_path: Path) -> None:
    log = Path(__file__).parents[1] / "unit/stratus/aws.persistence.iam-create-admin-user.json"
    variables = {
        "principals": "arn:aws:iam::229654561268:user/christophe",
        "trail": str(log),
        "live_check": False,
    }
    sandbox.control("DELETE", "/calls")
    nobody = {name: None for name in sandbox.env if name.startswith("AWS_")}
    played = play(sandbox, tmp_path, "restore_changes.yml", variables, cmdline="--check", **nobody)
    assert played.ok, played.stdout
    planned = played.of("cloudtrail_restore")
    expected = json.loads(log.with_name(f"{log.stem}.expected.json").read_text(encoding="utf-8"))
    assert [{name: step[name] for name in expected[0]} for step in planned["steps"]] == expected
    assert not any(step["confirmed"] for step in planned["steps"])
    assert sandbox.calls() == {}
