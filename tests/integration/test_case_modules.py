"""The modules that keep a case: each is idempotent, exact in check mode, and shows its difference."""

from __future__ import annotations

import getpass
import json
from pathlib import Path
from typing import Any

from play import play_tasks
from sandbox_client import Sandbox


def run(sandbox: Sandbox, tmp_path: Path, *tasks: dict[str, Any], cmdline: str = "") -> list[dict[str, Any]]:
    played = play_tasks(sandbox, tmp_path, tasks, cmdline=cmdline)
    assert played.ok, played.stdout
    return played.results


def entries(tmp_path: Path, case_id: str) -> list[dict[str, Any]]:
    return [json.loads(path.read_bytes()) for path in sorted((tmp_path / "cases" / case_id / "entries").iterdir())]


def test_a_case_is_opened_once_closed_once_and_opened_again(sandbox: Sandbox, tmp_path: Path) -> None:
    opened = {"cordon.aws.case": {"case_id": "c1", "title": "a leak"}}
    closed = {"cordon.aws.case": {"case_id": "c1", "state": "closed", "reason": "all is well"}}
    again = {"cordon.aws.case": {"case_id": "c1", "reason": "it is not"}}
    results = run(sandbox, tmp_path, opened, opened, closed, closed, again, again)
    assert [result["changed"] for result in results] == [True, False] * 3
    assert [result["status"] for result in results] == ["open", "open", "closed", "closed", "open", "open"]
    written = [(entry["kind"], entry["body"]) for entry in entries(tmp_path, "c1")]
    assert written == [
        ("opened", {"title": "a leak"}),
        ("closed", {"reason": "all is well"}),
        ("opened", {"reason": "it is not"}),
    ]


def test_a_new_case_gets_an_id_that_sorts_by_time(sandbox: Sandbox, tmp_path: Path) -> None:
    first, second = run(sandbox, tmp_path, {"cordon.aws.case": {}}, {"cordon.aws.case": {}})
    assert first["case_id"] < second["case_id"]


def test_check_mode_tells_and_writes_nothing(sandbox: Sandbox, tmp_path: Path) -> None:
    (told,) = run(sandbox, tmp_path, {"cordon.aws.case": {"case_id": "c1"}}, cmdline="--check --diff")
    assert (told["changed"], told["status"]) == (True, "open")
    assert told["diff"] == {"before": "absent\n", "after": "open\n"}
    assert not (tmp_path / "cases").exists()


def test_a_note_is_written_once(sandbox: Sandbox, tmp_path: Path) -> None:
    note = {"cordon.aws.case_note": {"case_id": "c1", "text": "the owner was called"}}
    _opened, first, second = run(sandbox, tmp_path, {"cordon.aws.case": {"case_id": "c1"}}, note, note)
    assert (first["changed"], first["number"]) == (True, 2)
    assert (second["changed"], second["number"]) == (False, 2)


def test_who_wrote_an_entry_stands_in_it(sandbox: Sandbox, tmp_path: Path) -> None:
    """On disk this machine's user; in S3, where credentials are needed anyway, the responder's ARN."""
    opened = {"cordon.aws.case": {"case_id": "c1"}}
    note = {"cordon.aws.case_note": {"case_id": "c1", "text": "the owner was called"}}
    run(sandbox, tmp_path, opened, note)
    assert {entry["author"].partition("@")[0] for entry in entries(tmp_path, "c1")} == {getpass.getuser()}
    sandbox.client("s3").create_bucket(Bucket="example-forensics")
    in_s3 = {"case_store": "s3://example-forensics/cases"}
    (*_, info) = run(
        sandbox,
        tmp_path,
        {"cordon.aws.case": {"case_id": "c1", **in_s3}},
        {"cordon.aws.case_note": {"case_id": "c1", "text": "hello", **in_s3}},
        {"cordon.aws.case_info": {"case_id": "c1", "entries": True, **in_s3}},
    )
    responder = f"arn:aws:iam::{sandbox.management}:user/responder"
    assert [entry["author"] for entry in info["log"]] == [responder, responder]


def test_info_tells_what_was_tampered_with_and_reads_what_is_before_it(sandbox: Sandbox, tmp_path: Path) -> None:
    notes = [{"cordon.aws.case_note": {"case_id": "c1", "text": f"note {number}"}} for number in (1, 2, 3)]
    run(sandbox, tmp_path, {"cordon.aws.case": {"case_id": "c1"}}, *notes)
    path = tmp_path / "cases" / "c1" / "entries" / "000003.json"
    path.write_bytes(path.read_bytes().replace(b"note 2", b"note 9"))
    (info,) = run(sandbox, tmp_path, {"cordon.aws.case_info": {"case_id": "c1", "entries": True}})
    assert (info["integrity"]["ok"], info["integrity"]["first_bad"]) == (False, 3)
    assert [entry["number"] for entry in info["log"]] == [1, 2]
    assert any("THE LOG IS DAMAGED at entry 3" in line for line in info["summary_text"])


def test_info_lists_the_cases_and_needs_no_region(sandbox: Sandbox, tmp_path: Path) -> None:
    opened = [{"cordon.aws.case": {"case_id": name}} for name in ("b", "a")]
    *_opened, info = run(sandbox, tmp_path, *opened, {"cordon.aws.case_info": {}})
    assert info["cases"] == ["a", "b"]
