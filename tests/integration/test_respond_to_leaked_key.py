"""The main job, end to end, judged from outside: with the attacker's credentials, the colleagues', and the bytes of IAM."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from play import play, play_tasks
from sandbox_client import Sandbox

from tools.iam_state import iam_state

CALLS = (("s3", "list_buckets"), ("ec2", "describe_instances"), ("iam", "list_users"), ("sts", "get_session_token"))


def incident(sandbox: Sandbox) -> dict[str, Any]:
    return sandbox.facts["scenarios"]["leaked-key"]


def allowed(sandbox: Sandbox, keys: dict[str, str]) -> list[str]:
    """The calls that these credentials still get through."""
    through = []
    for service, method in CALLS:
        try:
            getattr(sandbox.client(service, keys), method)()
        except ClientError:
            continue
        through.append(f"{service}:{method}")
    return through


def state(sandbox: Sandbox) -> bytes:
    return iam_state(sandbox.in_account(incident(sandbox)["account"]), sandbox.endpoint_url)


def respond(sandbox: Sandbox, tmp_path: Path, **more: Any) -> Any:
    return play(
        sandbox, tmp_path, "respond_to_leaked_key.yml", {"access_key_ids": incident(sandbox)["access_key_id"]}, **more
    )


def test_the_attacker_is_shut_out_and_colleagues_are_not(sandbox: Sandbox, tmp_path: Path) -> None:
    attacker = incident(sandbox)["attacker"]["access_keys"]
    assert all(allowed(sandbox, keys) for keys in attacker), (
        "the attacker must get in before, or the test proves nothing"
    )
    played = respond(sandbox, tmp_path)
    assert played.ok, played.stdout
    assert [allowed(sandbox, keys) for keys in attacker] == [[]] * 3
    assert allowed(sandbox, incident(sandbox)["unused_access_key"]) == []
    assert all(len(allowed(sandbox, keys)) == len(CALLS) for keys in incident(sandbox)["colleagues"])


def test_release_brings_back_every_byte(sandbox: Sandbox, tmp_path: Path) -> None:
    before = state(sandbox)
    case_id = respond(sandbox, tmp_path).of("iam_principal_containment")["case_id"]
    assert state(sandbox) != before
    released = play(sandbox, tmp_path, "release_case.yml", {"case_id": case_id})
    assert released.ok, released.stdout
    assert state(sandbox) == before


def test_keys_become_inactive_and_are_not_deleted(sandbox: Sandbox, tmp_path: Path) -> None:
    respond(sandbox, tmp_path)
    iam = sandbox.iam(incident(sandbox)["account"])
    assert [key["Status"] for key in iam.list_access_keys(UserName="dana")["AccessKeyMetadata"]] == [
        "Inactive",
        "Inactive",
    ]


def test_a_second_run_changes_nothing(sandbox: Sandbox, tmp_path: Path) -> None:
    case_id = respond(sandbox, tmp_path).of("iam_principal_containment")["case_id"]
    sandbox.control("DELETE", "/calls")
    again = play(
        sandbox,
        tmp_path,
        "respond_to_leaked_key.yml",
        {"access_key_ids": [incident(sandbox)["access_key_id"]], "case_id": case_id},
    )
    result = again.of("iam_principal_containment")
    assert (result["changed"], result["verified"], sandbox.writes()) == (False, True, {})


def test_check_mode_writes_nothing_and_shows_the_plan_that_will_run(sandbox: Sandbox, tmp_path: Path) -> None:
    before = state(sandbox)
    sandbox.control("DELETE", "/calls")
    checked = respond(sandbox, tmp_path, cmdline="--check --diff")
    assert checked.ok, checked.stdout
    assert sandbox.writes() == {}
    assert not (tmp_path / "cases").exists()
    assert state(sandbox) == before
    planned = checked.of("iam_principal_containment")
    applied = respond(sandbox, tmp_path).of("iam_principal_containment")
    assert planned["plan_id"] == applied["plan_id"]
    assert planned["after"] == applied["after"]
    assert 'inline_policy/CordonDenyAll: "{' in planned["diff"][0]["after"]
    assert "inline_policy/CordonDenyAll: null" in planned["diff"][0]["before"]


def test_an_approved_plan_runs_and_any_other_is_refused(sandbox: Sandbox, tmp_path: Path) -> None:
    plan_id = respond(sandbox, tmp_path, cmdline="--check").of("iam_principal_containment")["plan_id"]
    key = incident(sandbox)["access_key_id"]
    sandbox.iam(incident(sandbox)["account"]).update_access_key(UserName="dana", AccessKeyId=key, Status="Inactive")
    sandbox.control("DELETE", "/calls")
    refused = play(sandbox, tmp_path, "respond_to_leaked_key.yml", {"access_key_ids": key, "approved_plan": plan_id})
    assert not refused.ok
    assert "approved" in refused.stdout
    assert sandbox.writes() == {}
    sandbox.iam(incident(sandbox)["account"]).update_access_key(UserName="dana", AccessKeyId=key, Status="Active")
    assert play(sandbox, tmp_path, "respond_to_leaked_key.yml", {"access_key_ids": key, "approved_plan": plan_id}).ok


@pytest.mark.parametrize("named_by", ["key", "arn", "name in the management account"])
def test_a_user_is_found_however_it_is_named(sandbox: Sandbox, tmp_path: Path, named_by: str) -> None:
    if named_by == "key":
        name, arn = incident(sandbox)["access_key_id"], incident(sandbox)["user_arn"]
    elif named_by == "arn":
        name = arn = incident(sandbox)["user_arn"]
    else:
        arn = sandbox.iam(sandbox.management).create_user(UserName="olga", Path="/ops/")["User"]["Arn"]
        name = "olga"
    task = {"cordon.aws.iam_principal_containment": {"principals": [name]}}
    result = play_tasks(sandbox, tmp_path, [task]).of("iam_principal_containment")
    assert [(entry["target"], entry["status"], entry["verified"]) for entry in result["results"]] == [
        (arn, "contained", True)
    ]


def test_the_responder_and_protected_principals_are_refused_before_any_write(sandbox: Sandbox, tmp_path: Path) -> None:
    victim = incident(sandbox)["user_arn"]
    responder = f"arn:aws:iam::{sandbox.management}:user/responder"
    colleague = incident(sandbox)["colleagues"][0]["arn"]
    for principals, protected in (
        ([victim, responder], []),
        ([victim, colleague], ["arn:aws:iam::*:user/developers/car*"]),
    ):
        sandbox.control("DELETE", "/calls")
        task = {"cordon.aws.iam_principal_containment": {"principals": principals, "protected_principals": protected}}
        played = play_tasks(sandbox, tmp_path, [task])
        assert not played.ok
        assert "approve exactly this plan" in played.of("iam_principal_containment")["msg"]
        assert sandbox.writes() == {}


def test_one_unknown_key_does_not_save_the_others(sandbox: Sandbox, tmp_path: Path) -> None:
    principals = ["arn:aws:iam::123456789012:user/nobody", incident(sandbox)["access_key_id"]]
    played = play_tasks(sandbox, tmp_path, [{"cordon.aws.iam_principal_containment": {"principals": principals}}])
    result = played.of("iam_principal_containment")
    assert not played.ok
    assert [entry["status"] for entry in result["results"]] == ["failed", "contained"]
    assert result["msg"].startswith("1 of 2 targets failed. Cannot ")


def test_a_case_in_s3_serves_as_well(sandbox: Sandbox, tmp_path: Path) -> None:
    sandbox.client("s3").create_bucket(Bucket="example-forensics")
    before = state(sandbox)
    variables = {"access_key_ids": incident(sandbox)["access_key_id"], "case_store": "s3://example-forensics/cases"}
    played = play(sandbox, tmp_path, "respond_to_leaked_key.yml", variables)
    assert played.ok, played.stdout
    case_id = played.of("iam_principal_containment")["case_id"]
    released = play(
        sandbox, tmp_path, "release_case.yml", {"case_id": case_id, "case_store": "s3://example-forensics/cases"}
    )
    assert released.ok, released.stdout
    assert state(sandbox) == before
    info = released.of("case_info")
    assert info["integrity"]["ok"]
    assert info["cases"] == [case_id]


def test_the_summary_says_done_proven_and_left_over(sandbox: Sandbox, tmp_path: Path) -> None:
    text = "\n".join(respond(sandbox, tmp_path).of("case_info")["summary_text"])
    for part in (
        "CONTAINED AND VERIFIED: 1 of 1",
        "2 of 2 access keys are inactive",
        "NOT CHECKED:",
        "release_case.yml -e case_id=",
    ):
        assert part in text


def test_a_change_that_spreads_late_is_enforced_once_it_has_spread(sandbox: Sandbox, tmp_path: Path) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency"""
    attacker = incident(sandbox)["attacker"]["access_keys"]
    sandbox.control("PUT", "/settings", {"iam_propagation_s": 3600})
    assert respond(sandbox, tmp_path).ok
    assert all(allowed(sandbox, keys) for keys in attacker)
    late = sandbox.client("sts", attacker[0]).get_session_token()["Credentials"]
    minted_late = {
        "access_key_id": late["AccessKeyId"],
        "secret_access_key": late["SecretAccessKey"],
        "session_token": late["SessionToken"],
    }
    sandbox.control("POST", "/clock", {"advance_s": 3601})
    assert [allowed(sandbox, keys) for keys in [*attacker, minted_late]] == [[]] * 4
