"""After containment the response traces what was done, contains who descends from the key, and leaves a plan that waits for approval."""

from __future__ import annotations

from pathlib import Path

import pytest
from botocore.exceptions import ClientError
from play import play
from sandbox_client import Sandbox
from staged_attack import LOGS, Attack


def test_who_descends_from_the_key_is_contained_and_a_plan_waits(sandbox: Sandbox, tmp_path: Path) -> None:
    attack = Attack(sandbox, sandbox.members[0])
    attack.rage()
    before = attack.seen()
    variables = {"access_key_ids": attack.key_id, "trail": f"s3://{LOGS}", "since": attack.began}
    played = play(sandbox, tmp_path, "respond_to_leaked_key.yml", variables)
    assert played.ok, played.stdout
    contained = {
        result["target"].rpartition("/")[2]
        for one in played.results
        if one["module"] == "cordon.aws.iam_principal_containment"
        for result in one["results"]
    }
    assert contained == {"mallory", "backdoor"}
    with pytest.raises(ClientError, match=r"InvalidAccessKeyId|AccessDenied"):
        sandbox.client("s3", attack.backdoor_key).list_buckets()
    after = attack.seen()
    assert (after["policies"], after["trust"]) == (before["policies"], before["trust"]), "nothing is restored unasked"
    planned = played.of("cloudtrail_restore")
    assert f"approved_plan={planned['plan_id']}" in played.stdout
    assert (
        "restore_changes.yml" in played.of("case_info")["summary_text"][-2] + played.of("case_info")["summary_text"][-1]
    )


def test_whom_a_descendant_kept_alive_is_contained_again_beside_it(sandbox: Sandbox, tmp_path: Path) -> None:
    attack = Attack(sandbox, sandbox.members[0])
    attack.rage()
    variables = {"access_key_ids": attack.key_id, "trail": f"s3://{LOGS}", "since": attack.began, "watch_s": 1}
    played = play(sandbox, tmp_path, "respond_to_leaked_key.yml", variables)
    assert not played.ok, "what failed at first is told"
    runs = [one["results"] for one in played.results if one["module"] == "cordon.aws.iam_principal_containment"]
    mallory = [entry for results in runs for entry in results if entry["target"].endswith("user/mallory")]
    kept_from_it = [[fact["fact"] for fact in entry["proof"] if "can still act" in fact["fact"]] for entry in mallory]
    assert len(kept_from_it) == 2
    assert kept_from_it[0]
    assert not kept_from_it[1]


def test_a_case_stands_for_whom_it_contained(sandbox: Sandbox, tmp_path: Path) -> None:
    attack = Attack(sandbox, sandbox.members[0])
    attack.rage()
    contained = play(sandbox, tmp_path, "respond_to_leaked_key.yml", {"access_key_ids": attack.key_id})
    case_id = contained.of("iam_principal_containment")["case_id"]
    by_case = play(sandbox, tmp_path, "restore_changes.yml", {"case_id": case_id, "trail": f"s3://{LOGS}"})
    assert by_case.ok, by_case.stdout
    by_key = play(sandbox, tmp_path, "restore_changes.yml", {"access_key_ids": attack.key_id, "trail": f"s3://{LOGS}"})
    assert by_case.of("cloudtrail_restore")["plan_id"] == by_key.of("cloudtrail_restore")["plan_id"]
    assert by_case.of("cloudtrail_restore")["changed"]


def test_without_since_nobody_is_contained_whom_the_key_made_perhaps_years_ago(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    attack = Attack(sandbox, sandbox.members[0])
    attack.rage()
    played = play(
        sandbox,
        tmp_path,
        "respond_to_leaked_key.yml",
        {"access_key_ids": attack.key_id, "trail": f"s3://{LOGS}"},
        cmdline="--check --diff",
    )
    assert played.ok, played.stdout
    assert played.of("cloudtrail_restore")["steps"], "a check run shows the plan, too"
    written = play(
        sandbox, tmp_path, "respond_to_leaked_key.yml", {"access_key_ids": attack.key_id, "trail": f"s3://{LOGS}"}
    )
    left = "\n".join(written.of("case_info")["summary_text"]).partition("LEFT FOR YOU:")[2]
    assert "user/backdoor" in left
    assert "is not contained" in left
    command = next(line for line in left.splitlines() if "restore_changes.yml" in line)
    given = dict(
        one.split("=", 1) for one in command.partition("restore_changes.yml")[2].partition(" ;")[0].split(" -e ")[1:]
    )
    again = play(
        sandbox, tmp_path, "restore_changes.yml", {**given, "approved_plan": command.rpartition("approved_plan=")[2]}
    )
    assert again.ok, again.stdout
    assert again.of("cloudtrail_restore")["changed"], "what the case says is what can be typed"
