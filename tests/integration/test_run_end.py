"""How a run that goes wrong ends: it claims neither that nothing was done where something may have been, nor the other way round."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from play import play
from sandbox_client import Sandbox, wait_until

SCENARIO = "compromised-instance"
PLAYBOOK = "respond_to_compromised_instance.yml"
FINDS_NOTHING = "i-0123456789abcdef0"


@pytest.fixture(scope="module")
def compromised(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    sandbox = Sandbox(tmp_path_factory.mktemp("ends") / "state", "--scenario", SCENARIO)
    yield sandbox
    assert sandbox.stop() == 0


def arn(sandbox: Sandbox) -> str:
    known = sandbox.facts["scenarios"][SCENARIO]
    return f"arn:aws:ec2:{known['region']}:{known['account']}:instance/{known['instance_id']}"


def deepest(pid: int) -> tuple[int, int]:
    """How deep the deepest of a process's descendants is below it, and its id."""
    tasks = Path(f"/proc/{pid}/task")
    children = [int(child) for task in tasks.iterdir() for child in (task / "children").read_text().split()]
    below = [deepest(child) for child in children]
    return max(((depth + 1, found) for depth, found in below), default=(0, pid))


def kill_the_module(sandbox: Sandbox) -> None:
    """As soon as it has changed something: ansible-playbook is our child, its worker that one's, and the module the worker's."""
    wait_until(sandbox.writes, "a change", 60)
    depth, pid = deepest(os.getpid())
    assert depth >= 3
    os.kill(pid, signal.SIGKILL)


def test_a_module_that_was_killed_is_not_said_to_have_done_nothing(compromised: Sandbox, tmp_path: Path) -> None:
    compromised.control("DELETE", "/calls")
    # Something for it to wait for, after the first changes.
    fault = {
        "service": "ec2",
        "operation": "ModifyNetworkInterfaceAttribute",
        "error": "RequestLimitExceeded",
        "rate": 1,
    }
    compromised.control("POST", "/faults", fault)
    killer = threading.Thread(target=kill_the_module, args=(compromised,))
    killer.start()
    played = play(compromised, tmp_path, PLAYBOOK, {"instance_ids": arn(compromised)})
    killer.join(60)
    compromised.control("DELETE", "/faults")
    (case,) = (tmp_path / "cases").iterdir()
    assert not played.ok
    assert "Nothing was changed" not in played.stdout
    assert f"It is not known what was done: repeat the same command with -e case_id={case.name}" in played.stdout
    assert f"CASE {case.name}, open" in played.stdout
    assert f"{arn(compromised)}: interrupted" in played.stdout


def test_what_was_refused_as_a_whole_is_said_to_have_changed_nothing(compromised: Sandbox, tmp_path: Path) -> None:
    given = {"instance_ids": arn(compromised), "case_id": "case-1", "approved_plan": "0" * 64}
    for refused in (given, {"instance_ids": FINDS_NOTHING, "regions": "us-east-1"}):
        compromised.control("DELETE", "/calls")
        played = play(compromised, tmp_path, PLAYBOOK, refused)
        assert not played.ok
        assert compromised.writes() == {}
        assert "Nothing was changed: what was to be contained is as it was" in played.stdout
        assert "Containment is incomplete" not in played.stdout
        assert "  - nothing" not in played.stdout


def test_an_id_is_looked_for_in_the_accounts_and_regions_that_are_given(compromised: Sandbox, tmp_path: Path) -> None:
    known = compromised.facts["scenarios"][SCENARIO]
    given = {"instance_ids": known["instance_id"], "accounts": known["account"], "regions": known["region"]}
    played = play(compromised, tmp_path, PLAYBOOK, given, cmdline="--check")
    assert played.ok, played.stdout
    assert [entry["target"] for entry in played.of("ec2_instance_containment")["results"]] == [arn(compromised)]
