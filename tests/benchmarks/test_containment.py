"""Containing the owners of leaked keys: whole processes, their API calls and their memory, against a raw script."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sandbox_client import ROOT, Sandbox, environment

RUNS = 5
MANY = 100
LATENCY_MS = 100
BIN = Path(sys.executable).parent
TASK = """
- hosts: localhost
  gather_facts: false
  tasks:
    - cordon.aws.iam_principal_containment:
        principals: "{{ keys }}"
        case_store: "{{ cases }}"
"""


# A small process in between: what a process was before `exec` counts into its peak.
LAUNCHER = """
import resource, subprocess, sys
status = subprocess.call(sys.argv[1:], stdout=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
sys.exit(status)
"""


@dataclass(frozen=True, slots=True)
class Measured:
    """One run of a whole process."""

    seconds: float
    calls: int
    memory_mib: float
    """Peak of the largest process among it and its children."""


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    running = Sandbox(tmp_path_factory.mktemp("bench") / "state", "--scenario", "leaked-key")
    yield running
    running.stop()


def one_key(sandbox: Sandbox) -> list[str]:
    return [sandbox.facts["scenarios"]["leaked-key"]["access_key_id"]]


def many_keys(sandbox: Sandbox) -> list[str]:
    """Of as many users, made for it."""
    iam = sandbox.iam(sandbox.facts["scenarios"]["leaked-key"]["account"])
    names = [f"user-{number}" for number in range(MANY)]
    for name in names:
        iam.create_user(UserName=name)
    return [iam.create_access_key(UserName=name)["AccessKey"]["AccessKeyId"] for name in names]


def measured(
    sandbox: Sandbox, keys_of: Callable[[Sandbox], list[str]], command: Callable[[list[str]], list[str]]
) -> Measured:
    """Run the command for these keys in a sandbox that is as it was at its start."""
    sandbox.control("POST", "/reset")
    keys = keys_of(sandbox)
    sandbox.control("PUT", "/settings", {"latency_ms": LATENCY_MS})
    sandbox.control("DELETE", "/calls")
    started = time.perf_counter()
    launched = [sys.executable, "-S", "-c", LAUNCHER, *command(keys)]
    done = subprocess.run(launched, cwd=ROOT, env=environment(sandbox), check=True, stdout=subprocess.PIPE)
    seconds = time.perf_counter() - started
    return Measured(seconds, sandbox.control("GET", "/calls")["total"], int(done.stdout) / 1024)


def raw(keys: list[str]) -> list[str]:
    return [sys.executable, str(Path(__file__).with_name("raw_containment.py")), *keys]


def playing(playbook: Path, folder: Path, **variables: Any) -> list[str]:
    """The command that runs a playbook, with a case store of its own."""
    given = variables | {"cases": str(folder), "case_store": str(folder)}
    return [str(BIN / "ansible-playbook"), str(playbook), "-e", json.dumps(given)]


def median(rows: list[Measured], name: str) -> float:
    return statistics.median(getattr(row, name) for row in rows)


@pytest.mark.parametrize(
    ("what", "keys_of", "runs"), [("one key", one_key, RUNS), (f"{MANY} keys", many_keys, 3)], ids=["one", "many"]
)
def test_the_containment_task(
    sandbox: Sandbox, tmp_path: Path, figures: Callable[..., None], what: str, keys_of: Any, runs: int
) -> None:
    task = tmp_path / "task.yml"
    task.write_text(TASK)
    plain, ours = [], []
    for number in range(runs):
        plain.append(measured(sandbox, keys_of, raw))
        folder = tmp_path / str(number)
        ours.append(measured(sandbox, keys_of, lambda keys, folder=folder: playing(task, folder, keys=keys)))
    figures(
        f"a play with the containment task alone, {what}, whole process",
        median(ours, "seconds"),
        median(plain, "seconds"),
        "s",
        f"{LATENCY_MS} ms latency on every call; ours also observes first, verifies, and keeps the case log",
    )
    figures(
        f"API calls of it, {what}",
        median(ours, "calls"),
        median(plain, "calls"),
        "calls",
        "ours reads before and after",
    )
    figures(
        f"peak memory of the largest process, {what}", median(ours, "memory_mib"), median(plain, "memory_mib"), "MiB"
    )


def test_the_whole_playbook(sandbox: Sandbox, tmp_path: Path, figures: Callable[..., None]) -> None:
    playbook = ROOT / "playbooks" / "respond_to_leaked_key.yml"
    plain, whole = [], []
    for number in range(RUNS):
        plain.append(measured(sandbox, one_key, raw))
        folder = tmp_path / str(number)
        whole.append(
            measured(sandbox, one_key, lambda keys, folder=folder: playing(playbook, folder, access_key_ids=keys))
        )
    figures(
        "respond_to_leaked_key.yml, whole process",
        median(whole, "seconds"),
        median(plain, "seconds"),
        "s",
        "with summary",
    )
