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
    variables = {"access_key_ids": attack.key_id, "trail": f"s3://{LOGS}"}
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
