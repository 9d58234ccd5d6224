"""Two cases on one user, partial and interrupted ones: nobody is told that something holds, or is gone, when it is not."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from play import play
from sandbox_client import ROOT, Sandbox
from test_respond_to_leaked_key import incident, respond, state

from ansible_collections.cordon.aws.plugins.module_utils.case import open_case
from ansible_collections.cordon.aws.plugins.module_utils.case_store import LocalStore


def colleague(sandbox: Sandbox) -> dict[str, str]:
    """The credentials of a second responder, as environment variables."""
    iam = sandbox.client("iam")
    iam.create_user(UserName="second-responder")
    iam.attach_user_policy(UserName="second-responder", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    key = iam.create_access_key(UserName="second-responder")["AccessKey"]
    return {"AWS_ACCESS_KEY_ID": key["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"]}


def release(sandbox: Sandbox, tmp_path: Path, case_id: str, **variables: Any) -> Any:
    return play(sandbox, tmp_path, "release_case.yml", {"case_id": case_id, **variables})


def case_of(played: Any) -> str:
    return str(played.of("iam_principal_containment")["case_id"])


def screen(played: Any) -> str:
    return "\n".join(played.of("case_info")["summary_text"])


def test_a_release_does_not_lift_what_another_responders_open_case_rests_on(sandbox: Sandbox, tmp_path: Path) -> None:
    before = state(sandbox)
    first = case_of(respond(sandbox, tmp_path))
    contained = state(sandbox)
    second = case_of(respond(sandbox, tmp_path, **colleague(sandbox)))
    refused = release(sandbox, tmp_path, first)
    assert not refused.ok
    assert f"case {second} is open and rests on it" in refused.of("case_release")["msg"]
    assert state(sandbox) == contained
    closed = {"name": "close", "hosts": "localhost", "gather_facts": False}
    tasks = [{"cordon.aws.case": {"case_id": second, "state": "closed", "case_store": str(tmp_path / "cases")}}]
    (tmp_path / "close.yml").write_text(json.dumps([closed | {"tasks": tasks}]))
    assert play(sandbox, tmp_path, str(tmp_path / "close.yml")).ok
    assert release(sandbox, tmp_path, first).ok
    assert state(sandbox) == before


def test_who_ran_it_twice_can_release_the_first_and_is_told_of_it(sandbox: Sandbox, tmp_path: Path) -> None:
    before = state(sandbox)
    first = case_of(respond(sandbox, tmp_path))
    again = respond(sandbox, tmp_path)
    assert f"case {first} is open and has changed" in screen(again)
    assert release(sandbox, tmp_path, first).ok
    assert state(sandbox) == before


def test_a_partial_release_is_told_as_that_and_can_be_finished(sandbox: Sandbox, tmp_path: Path) -> None:
    before = state(sandbox)
    case_id = case_of(respond(sandbox, tmp_path))
    partly = release(sandbox, tmp_path, case_id, measures=["deny_policy", "access_keys"])
    assert "PARTLY RELEASED AND VERIFIED: 1 of 1" in screen(partly)
    assert "still in force: inline_policy/CordonDenySessions" in screen(partly)
    assert "\n  RELEASED AND VERIFIED" not in screen(release(sandbox, tmp_path, case_id))
    assert state(sandbox) == before


def test_containment_by_some_measures_says_what_it_leaves_open(sandbox: Sandbox, tmp_path: Path) -> None:
    key = incident(sandbox)["access_key_id"]
    played = play(sandbox, tmp_path, "respond_to_leaked_key.yml", {"access_key_ids": key, "measures": ["access_keys"]})
    assert "NOT ASKED FOR: its sessions, which go on" in screen(played)
    assert "NOT ASKED FOR: the user or role itself" in screen(played)


def test_a_log_whose_end_is_gone_is_not_released_as_if_nothing_had_been_done(sandbox: Sandbox, tmp_path: Path) -> None:
    case_id = case_of(respond(sandbox, tmp_path))
    contained = state(sandbox)
    entries = sorted((tmp_path / "cases" / case_id / "entries").iterdir())
    for path in entries[1:]:
        path.unlink()
    played = release(sandbox, tmp_path, case_id)
    assert not played.ok
    assert "entries are missing from the end of its log" in played.of("case_release")["msg"]
    assert state(sandbox) == contained


def test_what_somebody_slipped_into_the_log_is_not_run(sandbox: Sandbox, tmp_path: Path) -> None:
    """Whoever can write to the store must not get the responder's rights by it."""
    case_id = case_of(respond(sandbox, tmp_path))
    case = open_case(LocalStore(str(tmp_path / "cases")), case_id, create=False)
    (intent,) = [entry for entry in case.entries() if entry.kind == "intent"]
    body = json.loads(json.dumps(dict(intent.body)))
    body["run_id"] = "another"
    step = body["plan"]["targets"][0]["steps"][0]
    step["undo"] = [
        {
            "account": sandbox.management,
            "region": "us-east-1",
            "service": "iam",
            "operation": "CreateUser",
            "parameters": {"UserName": "backdoor"},
        }
    ]
    case.append("intent", body)
    sandbox.control("DELETE", "/calls")
    played = release(sandbox, tmp_path, case_id)
    assert not played.ok
    assert "the case records iam:CreateUser in account" in played.of("case_release")["msg"]
    assert sandbox.writes() == {}


def test_a_recreated_user_is_not_released_for_the_one_that_was_contained(sandbox: Sandbox, tmp_path: Path) -> None:
    key = incident(sandbox)["access_key_id"]
    case_id = case_of(
        play(sandbox, tmp_path, "respond_to_leaked_key.yml", {"access_key_ids": key, "measures": ["deny_policy"]})
    )
    iam = sandbox.iam(incident(sandbox)["account"])
    iam.update_user(UserName="dana", NewUserName="svc-backup")
    iam.create_user(UserName="dana", Path="/developers/")
    sandbox.control("DELETE", "/calls")
    played = release(sandbox, tmp_path, case_id)
    assert not played.ok
    assert "its name has passed to another" in played.of("case_release")["msg"]
    assert sandbox.writes() == {}


def test_cases_are_where_it_was_started_and_not_where_the_playbook_is(sandbox: Sandbox, tmp_path: Path) -> None:
    store = f"build/started-here-{tmp_path.name}"
    try:
        key = incident(sandbox)["access_key_id"]
        played = play(sandbox, tmp_path, "respond_to_leaked_key.yml", {"access_key_ids": key, "case_store": store})
        assert played.ok, played.stdout
        assert (ROOT / store / case_of(played)).is_dir()
    finally:
        shutil.rmtree(ROOT / store, ignore_errors=True)
