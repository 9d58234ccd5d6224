"""A finding becomes a containment, or nothing at all: judged from outside, by who still gets in and by what was written to AWS."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from play import Played, play
from sandbox_client import Sandbox


def incident(sandbox: Sandbox) -> dict[str, Any]:
    return sandbox.facts["scenarios"]["leaked-key"]


def event(sandbox: Sandbox, **changes: Any) -> dict[str, Any]:
    """The scenario's finding as EventBridge delivers it, with `changes` in the finding."""
    found = copy.deepcopy(incident(sandbox)["finding"])
    found["detail"].update(changes)
    return found


def as_session(sandbox: Sandbox, **details: str) -> dict[str, Any]:
    """The same deed, done with a temporary key of the user: the finding tells the user's name and unique id, and no path."""
    found = event(sandbox)
    found["detail"]["resource"]["accessKeyDetails"].update({"accessKeyId": "ASIAIOSFODNN7EXAMPLE", **details})
    return found


def respond(sandbox: Sandbox, tmp_path: Path, finding: object, *, by_file: bool = True) -> Played:
    """Run the playbook, with the calls to AWS counted from here on."""
    sandbox.control("DELETE", "/calls")
    if not by_file:
        return play(sandbox, tmp_path, "respond_to_finding.yml", {"finding": finding})
    path = tmp_path / "finding.json"
    path.write_text(json.dumps(finding))
    return play(sandbox, tmp_path, "respond_to_finding.yml", {"finding_file": str(path)})


def gets_in(sandbox: Sandbox, keys: dict[str, str]) -> bool:
    try:
        sandbox.client("s3", keys).list_buckets()
    except ClientError:
        return False
    return True


def nothing_was_done(sandbox: Sandbox, tmp_path: Path) -> bool:
    attacker = incident(sandbox)["attacker"]["access_keys"]
    return sandbox.writes() == {} and not (tmp_path / "cases").exists() and gets_in(sandbox, attacker[0])


@pytest.mark.parametrize("by_file", [True, False])
def test_the_attacker_of_the_finding_is_shut_out_and_colleagues_are_not(
    sandbox: Sandbox, tmp_path: Path, by_file: bool
) -> None:
    attacker = incident(sandbox)["attacker"]["access_keys"]
    assert all(gets_in(sandbox, keys) for keys in attacker), "or the test proves nothing"
    played = respond(sandbox, tmp_path, event(sandbox), by_file=by_file)
    assert played.ok, played.stdout
    results = played.of("iam_principal_containment")["results"]
    assert {(entry["target"], entry["status"]) for entry in results} == {(incident(sandbox)["user_arn"], "contained")}
    assert [gets_in(sandbox, keys) for keys in attacker] == [False] * 3
    assert all(gets_in(sandbox, keys) for keys in incident(sandbox)["colleagues"])


def test_a_session_of_a_user_leads_to_the_user_although_the_path_is_unknown(sandbox: Sandbox, tmp_path: Path) -> None:
    played = respond(sandbox, tmp_path, as_session(sandbox))
    assert played.ok, played.stdout
    (entry,) = played.of("iam_principal_containment")["results"]
    assert (entry["target"], entry["verified"]) == (incident(sandbox)["user_arn"], True)
    assert ":user/developers/" in entry["target"]
    assert not any(gets_in(sandbox, keys) for keys in incident(sandbox)["attacker"]["access_keys"])


def test_who_has_taken_the_name_of_another_user_is_not_contained_in_its_place(sandbox: Sandbox, tmp_path: Path) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids"""
    played = respond(sandbox, tmp_path, as_session(sandbox, principalId="AIDACKCEVSQ6C2EXAMPLE"))
    assert not played.ok
    assert "it is another user now" in played.of("iam_principal_containment")["msg"]
    assert sandbox.writes() == {}


def test_deleting_the_leaked_key_does_not_save_its_user(sandbox: Sandbox, tmp_path: Path) -> None:
    found = incident(sandbox)
    sandbox.iam(found["account"]).delete_access_key(UserName="dana", AccessKeyId=found["access_key_id"])
    results = respond(sandbox, tmp_path, event(sandbox)).of("iam_principal_containment")["results"]
    assert (found["user_arn"], "contained") in [(entry["target"], entry["status"]) for entry in results]


def test_what_else_the_finding_names_stands_in_the_case(sandbox: Sandbox, tmp_path: Path) -> None:
    found = event(sandbox)
    found["detail"]["resource"]["s3BucketDetails"] = [{"name": "invoices"}]
    played = respond(sandbox, tmp_path, found)
    assert played.ok, played.stdout
    assert "bucket invoices (arn:aws:s3:::invoices) is named in it and is not contained" in "".join(
        path.read_text() for path in (tmp_path / "cases").rglob("*") if path.is_file()
    )


def test_a_sample_does_nothing(sandbox: Sandbox, tmp_path: Path) -> None:
    played = respond(sandbox, tmp_path, event(sandbox, title="[SAMPLE] A key was used."))
    assert played.ok, played.stdout
    assert "is a sample. Nothing was done." in played.stdout
    assert nothing_was_done(sandbox, tmp_path)


@pytest.mark.parametrize("by_file", [True, False])
def test_a_template_in_the_title_of_a_finding_runs_nothing(sandbox: Sandbox, tmp_path: Path, by_file: bool) -> None:
    mark = tmp_path / "ran"
    hostile = "{{ lookup('ansible.builtin.pipe', 'touch " + str(mark) + "') }}"
    played = respond(sandbox, tmp_path, event(sandbox, title=hostile), by_file=by_file)
    assert played.ok, played.stdout
    assert not mark.exists()


def test_an_event_that_does_not_come_from_aws_is_refused(sandbox: Sandbox, tmp_path: Path) -> None:
    """https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-events-structure.html"""
    played = respond(sandbox, tmp_path, {**event(sandbox), "source": "com.example.forged"})
    assert not played.ok
    assert "the source of its event is com.example.forged, not aws.guardduty" in played.of("finding_targets")["msg"]
    assert nothing_was_done(sandbox, tmp_path)
