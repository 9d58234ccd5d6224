"""Throttling, lost answers, death and company, where service control policies are written: the organization ends as it was."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
from dying import DIED, run_dying
from play import Played, play_tasks
from sandbox_client import Sandbox
from test_account_containment import policies
from test_respond_to_leaked_key import allowed, incident, state

PRINCIPALS = "iam_principal_containment"
# Before and after each of: opened, intent, CreatePolicy, AttachPolicy, outcome.
CONTAINING = range(10)
# Before and after each of: intent, DetachPolicy, DeletePolicy, outcome.
RELEASING = range(8)


def account(sandbox: Sandbox) -> str:
    return str(incident(sandbox)["account"])


def ours(sandbox: Sandbox) -> str:
    return f"CordonQuarantine-{account(sandbox)}-1"


def target_of(sandbox: Sandbox, kind: str) -> str:
    """The user of the leaked key, or its account."""
    if kind == "user":
        return str(incident(sandbox)["user_arn"])
    found = sandbox.client("organizations").describe_account(AccountId=account(sandbox))["Account"]
    return str(found["Arn"])


def is_in_force(sandbox: Sandbox) -> bool:
    return ours(sandbox) in policies(sandbox)["attached"][account(sandbox)]


def contain(sandbox: Sandbox, tmp_path: Path, case_id: str = "case-1", **options: Any) -> Played:
    given = {"principals": [incident(sandbox)["access_key_id"]], "case_id": case_id, "freeze_iam": True} | options
    return play_tasks(sandbox, tmp_path, [{f"cordon.aws.{PRINCIPALS}": given}])


def release(sandbox: Sandbox, tmp_path: Path, case_id: str = "case-1") -> Played:
    return play_tasks(sandbox, tmp_path, [{"cordon.aws.case_release": {"case_id": case_id}}])


def dying(sandbox: Sandbox, tmp_path: Path, action: str, arn: str, boundary: int = -1) -> int:
    """Contain or release in a process that dies at this step boundary; returns its exit status."""
    status = run_dying("dying_scp_run.py", sandbox, [action, arn, str(tmp_path / "cases"), str(boundary)])
    assert status in (0, DIED)
    return status


FAULTS = [
    {"error": "Throttling", "rate": 0.1},
    {"error": "drop_before", "rate": 0.05},
    {"error": "drop_after", "rate": 0.05},
    {"error": "ServiceUnavailable", "rate": 0.05},
]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault['error']}-{fault['rate']}")
@pytest.mark.parametrize("seed", [1, 2])
def test_the_same_final_state_under_faults(sandbox: Sandbox, tmp_path: Path, fault: dict[str, Any], seed: int) -> None:
    def faults(first: int) -> None:
        for number, service in enumerate(("organizations", "iam")):
            sandbox.control("POST", "/faults", {"service": service, "operation": "*", "seed": first + number, **fault})

    before, users = policies(sandbox), state(sandbox)
    faults(seed)
    contained = contain(sandbox, tmp_path, watch_s=1)
    sandbox.control("DELETE", "/faults")
    assert contained.ok, contained.stdout
    assert is_in_force(sandbox)
    assert all(allowed(sandbox, keys) == [] for keys in incident(sandbox)["attacker"]["access_keys"])
    facts = {one["measure"]: one["fact"] for one in contained.of(PRINCIPALS)["results"][0]["proof"]}
    assert "nothing was undone" in facts["watch"], "a fault was taken for an attacker"
    faults(seed + 100)
    released = release(sandbox, tmp_path)
    sandbox.control("DELETE", "/faults")
    assert released.ok, released.stdout
    assert policies(sandbox) == before
    assert state(sandbox) == users


@pytest.mark.parametrize("operation", ["CreatePolicy", "AttachPolicy"])
@pytest.mark.parametrize("error", ["drop_before", "drop_after", "ConcurrentModificationException"])
def test_a_lost_answer_is_resolved_by_looking(sandbox: Sandbox, tmp_path: Path, operation: str, error: str) -> None:
    before = policies(sandbox)
    sandbox.control("POST", "/faults", {"service": "organizations", "operation": operation, "error": error, "times": 1})
    played = contain(sandbox, tmp_path, measures=["scp_quarantine"], watch_s=0)
    assert played.ok, played.stdout
    assert set(policies(sandbox)["texts"]) - set(before["texts"]) == {ours(sandbox)}
    assert is_in_force(sandbox)


@pytest.mark.parametrize("operation", ["DetachPolicy", "DeletePolicy"])
@pytest.mark.parametrize("error", ["drop_before", "drop_after", "ConcurrentModificationException"])
def test_a_lost_answer_while_releasing_leaves_nobody_in_quarantine(
    sandbox: Sandbox, tmp_path: Path, operation: str, error: str
) -> None:
    before = policies(sandbox)
    assert contain(sandbox, tmp_path, measures=["scp_quarantine"], watch_s=0).ok
    sandbox.control("POST", "/faults", {"service": "organizations", "operation": operation, "error": error, "times": 1})
    released = release(sandbox, tmp_path)
    assert released.ok, released.stdout
    assert policies(sandbox)["attached"] == before["attached"]


@pytest.mark.parametrize("kind", ["user", "account"])
@pytest.mark.parametrize("boundary", CONTAINING)
def test_killed_while_containing_then_finished_and_released(
    sandbox: Sandbox, tmp_path: Path, boundary: int, kind: str
) -> None:
    before, arn = policies(sandbox), target_of(sandbox, kind)
    assert dying(sandbox, tmp_path, "contain", arn, boundary) == DIED, "it was to die here"
    assert dying(sandbox, tmp_path, "contain", arn) == 0
    assert is_in_force(sandbox)
    assert dying(sandbox, tmp_path, "release", arn) == 0
    assert policies(sandbox) == before


@pytest.mark.parametrize("boundary", CONTAINING[3:])
def test_killed_while_containing_then_released(sandbox: Sandbox, tmp_path: Path, boundary: int) -> None:
    """Of one that died between making the policy and attaching it, a policy that is attached nowhere is left."""
    before, arn = policies(sandbox), target_of(sandbox, "user")
    assert dying(sandbox, tmp_path, "contain", arn, boundary) == DIED
    assert dying(sandbox, tmp_path, "release", arn) == 0
    after = policies(sandbox)
    assert after["attached"] == before["attached"]
    assert set(after["texts"]) - set(before["texts"]) <= {ours(sandbox)}


@pytest.mark.parametrize("boundary", RELEASING)
def test_killed_while_releasing_then_released(sandbox: Sandbox, tmp_path: Path, boundary: int) -> None:
    before, arn = policies(sandbox), target_of(sandbox, "user")
    assert dying(sandbox, tmp_path, "contain", arn) == 0
    assert dying(sandbox, tmp_path, "release", arn, boundary) == DIED, "it was to die here"
    assert dying(sandbox, tmp_path, "release", arn) == 0
    after = policies(sandbox)
    assert after["attached"] == before["attached"]
    assert set(after["texts"]) - set(before["texts"]) <= {ours(sandbox)}


def test_what_a_dead_run_left_behind_is_used_and_cleared_away_by_the_next(sandbox: Sandbox, tmp_path: Path) -> None:
    before, arn = policies(sandbox), target_of(sandbox, "user")
    after_create = 5
    assert dying(sandbox, tmp_path, "contain", arn, after_create) == DIED
    assert set(policies(sandbox)["texts"]) - set(before["texts"]) == {ours(sandbox)}
    assert contain(sandbox, tmp_path, "case-2", measures=["scp_quarantine"], watch_s=0).ok
    assert is_in_force(sandbox)
    assert release(sandbox, tmp_path, "case-2").ok
    assert policies(sandbox) == before


def test_two_responders_at_once_on_two_users_of_one_account(sandbox: Sandbox, tmp_path: Path) -> None:
    """Each has a case of its own, and both users are in quarantine until their own case is released."""
    before = policies(sandbox)
    iam = sandbox.iam(account(sandbox))
    second = iam.create_user(UserName="second")["User"]["Arn"]
    targets = {"one": str(incident(sandbox)["user_arn"]), "two": second}
    played: dict[str, Played] = {}

    def respond(name: str) -> None:
        folder = tmp_path / name
        folder.mkdir()
        options = {"principals": [targets[name]], "measures": ["scp_quarantine"], "watch_s": 3, "freeze_iam": False}
        played[name] = contain(sandbox, folder, name, case_store=str(tmp_path / "cases"), **options)

    threads = [threading.Thread(target=respond, args=[name]) for name in targets]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(one.ok for one in played.values()), [one.stdout for one in played.values()]
    text = policies(sandbox)["texts"][ours(sandbox)]
    ids = {name: iam.get_user(UserName=arn.rpartition("/")[2])["User"]["UserId"] for name, arn in targets.items()}
    assert all(unique_id in text for unique_id in ids.values())
    assert release(sandbox, tmp_path, "one").ok
    assert ids["one"] not in policies(sandbox)["texts"][ours(sandbox)]
    assert ids["two"] in policies(sandbox)["texts"][ours(sandbox)]
    assert release(sandbox, tmp_path, "two").ok
    assert policies(sandbox) == before
