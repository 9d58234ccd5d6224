"""trace_principal.yml: over files with no credentials at all, and over the event history of the sandbox."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from play import play
from sandbox_client import ROOT, Sandbox
from test_respond_to_leaked_key import incident

PLAYBOOK = "trace_principal.yml"
MODULE = "cloudtrail_trace_info"
FILE = ROOT / "tests/unit/stratus/aws.persistence.iam-create-admin-user.json"
KEY, MADE = "AKIAOZUDECYXYM4ONAN4", "arn:aws:iam::229654561268:user/malicious-iam-user"
NO_CREDENTIALS: dict[str, Any] = dict.fromkeys(
    (
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "AWS_PROFILE",
        "AWS_ENDPOINT_URL",
        "AWS_DEFAULT_REGION",
    )
)


def test_files_are_traced_without_credentials_and_run_nothing_that_they_say(sandbox: Sandbox, tmp_path: Path) -> None:
    trail, proof = tmp_path / "trail", tmp_path / "proof"
    trail.mkdir()
    shutil.copy(FILE, trail)
    (hostile,) = (record for record in json.loads(FILE.read_text()) if record["eventName"] == "CreateUser")
    command = f"{{{{ lookup('pipe', 'touch {proof}') }}}}"
    hostile |= {
        "eventID": "00000000-0000-4000-8000-000000000000",
        "eventName": "GetObject",
        "readOnly": True,
        "eventSource": "s3.amazonaws.com",
        "userAgent": command,
        "sourceIPAddress": command,
        "requestParameters": {"bucketName": command, "key": f"{{% set x = {command} %}}"},
        "responseElements": {"credentials": {"sessionToken": "a-secret-token"}},
    }
    (trail / "hostile.json").write_text(json.dumps({"Records": [hostile]}))
    before = sandbox.calls()
    played = play(
        sandbox,
        tmp_path,
        PLAYBOOK,
        {"access_key_ids": KEY, "trail": str(trail), "case_id": "case-1", "since": "2024-01-01T00:00:00Z"},
        **NO_CREDENTIALS,
        AWS_SHARED_CREDENTIALS_FILE=str(tmp_path / "none"),
        AWS_CONFIG_FILE=str(tmp_path / "none"),
    )
    assert played.ok, played.stdout
    told = played.of(MODULE)
    assert told["events"] == {"read": 4, "unique": 4, "traced": 4, "changes": 3, "refused": 0}
    assert [(row["principal"], row["access_key_id"], row["derived_from"], row["how"]) for row in told["closure"]] == [
        ("arn:aws:iam::229654561268:user/christophe", KEY, None, "named"),
        (MADE, None, KEY, "CreateUser"),
        (MADE, "AKIAXAFZN8JEPF6L682H", KEY, "CreateAccessKey"),
    ]
    assert told["containable"] == ["arn:aws:iam::229654561268:user/christophe", MADE]
    assert told["api_calls"] == 0
    assert sandbox.calls() == before
    assert not proof.exists()
    assert "{{" not in json.dumps({name: value for name, value in told.items() if name != "invocation"})
    timeline = Path(told["timeline_file"])
    assert timeline.parent == tmp_path / "cases" / "case-1"
    lines = timeline.read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["eventID"] for line in lines].count(hostile["eventID"]) == 1
    assert len(lines) == 4
    assert "a-secret-token" not in timeline.read_text(encoding="utf-8")
    assert timeline.stat().st_mode & 0o077 == 0
    assert "SHA-256" in "".join(path.read_text() for path in (timeline.parent / "entries").glob("*.json"))


def test_a_leaked_key_is_traced_in_the_event_history(sandbox: Sandbox, tmp_path: Path) -> None:
    leaked = incident(sandbox)
    attacker = leaked["attacker"]["access_keys"][0]
    token = sandbox.client("sts", attacker).get_session_token()["Credentials"]
    session = {
        "access_key_id": token["AccessKeyId"],
        "secret_access_key": token["SecretAccessKey"],
        "session_token": token["SessionToken"],
    }
    sandbox.client("ec2", session).describe_instances()
    for colleague in leaked["colleagues"]:
        sandbox.client("ec2", colleague).describe_instances()
    played = play(
        sandbox,
        tmp_path,
        PLAYBOOK,
        {
            "access_key_ids": attacker["access_key_id"],
            "accounts": [leaked["account"]],
            "timeline_file": str(tmp_path / "t.jsonl"),
        },
    )
    assert played.ok, played.stdout
    told = played.of(MODULE)
    first, second = (
        told["closure"][0],
        next(row for row in told["closure"] if row["access_key_id"] == token["AccessKeyId"]),
    )
    assert (first["principal"], first["access_key_id"], first["how"]) == (
        leaked["user_arn"],
        attacker["access_key_id"],
        "named",
    )
    assert (second["derived_from"], second["how"]) == (attacker["access_key_id"], "GetSessionToken")
    assert second["first_seen"]
    lines = [json.loads(line) for line in (tmp_path / "t.jsonl").read_text().splitlines()]
    theirs = {row["access_key_id"] for row in told["closure"]}
    assert {line["userIdentity"]["accessKeyId"] for line in lines} <= theirs
    assert token["SessionToken"] not in (tmp_path / "t.jsonl").read_text()
    assert not {colleague["access_key_id"] for colleague in leaked["colleagues"]} & theirs


def test_wrong_options_are_refused_before_anything_is_read(sandbox: Sandbox, tmp_path: Path) -> None:
    played = play(
        sandbox, tmp_path, PLAYBOOK, {"principals": ["arn:aws:iam::111122223333:group/admins"], "since": "yesterday"}
    )
    assert not played.ok
    assert "which cannot act" in played.stdout
