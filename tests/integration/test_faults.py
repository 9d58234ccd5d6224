"""Throttling, lost answers, death and company: the whole respond-and-release run ends in the same state."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import pytest
from dying import DIED, run_dying
from play import play
from sandbox_client import Sandbox
from test_respond_to_leaked_key import incident, state

CONTAINED = {
    "access_key/0": "Inactive",
    "access_key/1": "Inactive",
    "inline_policy/CordonDenyAll": True,
    "inline_policy/CordonDenySessions": True,
}


def contained(sandbox: Sandbox) -> dict[str, Any]:
    """Seen with plain boto3."""
    iam = sandbox.iam(incident(sandbox)["account"])
    keys = iam.list_access_keys(UserName="dana")["AccessKeyMetadata"]
    names = iam.list_user_policies(UserName="dana")["PolicyNames"]
    return {f"access_key/{number}": key["Status"] for number, key in enumerate(keys)} | {
        f"inline_policy/{name}": True for name in names if name.startswith("Cordon")
    }


@pytest.mark.parametrize(
    "fault",
    [
        {"error": "Throttling", "rate": 0.1},
        {"error": "drop_before", "rate": 0.05},
        {"error": "drop_after", "rate": 0.05},
        {"error": "ServiceUnavailable", "rate": 0.05},
    ],
    ids=lambda fault: f"{fault['error']}-{fault['rate']}",
)
@pytest.mark.parametrize("seed", [1, 2])
def test_the_same_final_state_under_faults(sandbox: Sandbox, tmp_path: Path, fault: dict[str, Any], seed: int) -> None:
    before = state(sandbox)
    sandbox.control("POST", "/faults", {"service": "*", "operation": "*", "seed": seed, **fault})
    responded = play(
        sandbox,
        tmp_path,
        "respond_to_leaked_key.yml",
        {"access_key_ids": incident(sandbox)["access_key_id"], "watch_s": 1},
    )
    assert responded.ok, responded.stdout
    sandbox.control("DELETE", "/faults")
    assert contained(sandbox) == CONTAINED
    (result,) = responded.of("iam_principal_containment")["results"]
    (watched,) = [fact["fact"] for fact in result["proof"] if fact["measure"] == "watch"]
    assert "nothing was undone" in watched, "a fault was taken for an attacker"
    sandbox.control("POST", "/faults", {"service": "*", "operation": "*", "seed": seed + 100, **fault})
    released = play(
        sandbox, tmp_path, "release_case.yml", {"case_id": responded.of("iam_principal_containment")["case_id"]}
    )
    assert released.ok, released.stdout
    sandbox.control("DELETE", "/faults")
    assert state(sandbox) == before


@pytest.mark.parametrize("operation", ["PutUserPolicy", "UpdateAccessKey"])
@pytest.mark.parametrize("error", ["drop_before", "drop_after", "InternalFailure"])
def test_a_lost_answer_is_resolved_by_looking(sandbox: Sandbox, tmp_path: Path, operation: str, error: str) -> None:
    sandbox.control("POST", "/faults", {"service": "iam", "operation": operation, "error": error, "times": 1})
    played = play(
        sandbox, tmp_path, "respond_to_leaked_key.yml", {"access_key_ids": incident(sandbox)["access_key_id"]}
    )
    assert played.ok, played.stdout
    assert contained(sandbox) == CONTAINED
    calls = sandbox.calls()
    effective = {"PutUserPolicy": 2, "UpdateAccessKey": 2}[operation]
    assert calls[f"iam:{operation}"] == effective + (error != "drop_after"), (
        "a call that had taken effect was made again"
    )


def dying(sandbox: Sandbox, tmp_path: Path, action: str, boundary: int) -> int:
    """Contain or release in a process that dies at this step boundary; returns its exit status."""
    given = [action, incident(sandbox)["user_arn"], str(tmp_path / "cases"), str(boundary)]
    status = run_dying("dying_run.py", sandbox, given)
    assert status in (0, DIED)
    return status


# Before and after each of: opened, intent, four changes, outcome.
BOUNDARIES = range(14)


@pytest.mark.parametrize("boundary", BOUNDARIES)
def test_killed_while_containing_then_finished_and_released(sandbox: Sandbox, tmp_path: Path, boundary: int) -> None:
    before = state(sandbox)
    assert dying(sandbox, tmp_path, "contain", boundary) == DIED, "it was to die here"
    assert dying(sandbox, tmp_path, "contain", -1) == 0
    assert contained(sandbox) == CONTAINED
    assert dying(sandbox, tmp_path, "release", -1) == 0
    assert state(sandbox) == before


def test_killed_before_the_intent_there_is_nothing_to_release_and_that_is_said(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    """All of nothing is no success: it may be a log whose end is gone."""
    before = state(sandbox)
    assert dying(sandbox, tmp_path, "contain", 2) == DIED
    played = play(sandbox, tmp_path, "release_case.yml", {"case_id": "case-1"})
    assert not played.ok
    assert "it records no change to anything" in played.of("case_release")["msg"]
    assert state(sandbox) == before


@pytest.mark.parametrize("boundary", BOUNDARIES[3:])
def test_killed_while_containing_then_released(sandbox: Sandbox, tmp_path: Path, boundary: int) -> None:
    before = state(sandbox)
    assert dying(sandbox, tmp_path, "contain", boundary) == DIED
    assert dying(sandbox, tmp_path, "release", -1) == 0
    assert state(sandbox) == before


@pytest.mark.parametrize("boundary", BOUNDARIES[:12])
def test_killed_while_releasing_then_released(sandbox: Sandbox, tmp_path: Path, boundary: int) -> None:
    before = state(sandbox)
    assert dying(sandbox, tmp_path, "contain", -1) == 0
    assert dying(sandbox, tmp_path, "release", boundary) == DIED
    assert dying(sandbox, tmp_path, "release", -1) == 0
    assert state(sandbox) == before


def test_two_responders_at_once_then_one_release(sandbox: Sandbox, tmp_path: Path) -> None:
    before = state(sandbox)
    case = {"access_key_ids": incident(sandbox)["access_key_id"], "case_id": "shared"}
    played: list[Any] = []
    threads = [
        threading.Thread(
            target=lambda folder=folder: played.append(
                play(sandbox, folder, "respond_to_leaked_key.yml", case | {"case_store": str(tmp_path / "cases")})
            )
        )
        for folder in (tmp_path / "one", tmp_path / "two")
    ]
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [run.ok for run in played] == [True, True]
    assert contained(sandbox) == CONTAINED
    released = play(sandbox, tmp_path, "release_case.yml", {"case_id": "shared"})
    assert released.ok, released.stdout
    assert state(sandbox) == before
    assert released.of("case_info")["integrity"]["ok"]


def test_somebody_else_changed_it_since(sandbox: Sandbox, tmp_path: Path) -> None:
    played = play(
        sandbox, tmp_path, "respond_to_leaked_key.yml", {"access_key_ids": incident(sandbox)["access_key_id"]}
    )
    case_id = played.of("iam_principal_containment")["case_id"]
    other = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "s3:*", "Resource": "*"}]})
    sandbox.iam(incident(sandbox)["account"]).put_user_policy(
        UserName="dana", PolicyName="CordonDenyAll", PolicyDocument=other
    )
    left = state(sandbox)
    refused = play(sandbox, tmp_path, "release_case.yml", {"case_id": case_id})
    assert not refused.ok
    assert "somebody has changed it since" in refused.of("case_release")["msg"]
    assert state(sandbox) == left
    assert play(sandbox, tmp_path, "release_case.yml", {"case_id": case_id, "force": True}).ok
