"""What an attacker changed is undone, end to end: traced in CloudTrail, planned, approved, done, and taken back where that is asked."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from play import Played, play
from sandbox_client import Sandbox
from staged_attack import LOGS, TRUST, Attack


@pytest.fixture
def account(sandbox: Sandbox) -> str:
    return sandbox.members[0]


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


def test_the_case_of_a_restore_is_printed_before_anything_is_changed(
    sandbox: Sandbox, tmp_path: Path, attack: Attack
) -> None:
    attack.rage()
    plan = restore(sandbox, tmp_path, attack)
    plan_id = plan.of("cloudtrail_restore")["plan_id"]
    played = restore(
        sandbox, tmp_path, attack, approved_plan=plan_id, access_key_ids=attack.key_id + ",", principals=""
    )
    assert played.ok, played.stdout
    case_id = played.of("cloudtrail_restore")["case_id"]
    assert f"{case_id} in " in played.stdout.partition("RESTORE RESULT")[0]


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
