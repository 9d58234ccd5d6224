"""Containing the owners of leaked keys: whole processes, their API calls and their memory, against a raw script that does the same work.

What a run does besides, looking whether its changes are there, is verification: it is left out of the ratios, and told apart. It is the
time from the last change to the last call. Nothing is watched here (`watch_s: 0`), but for one row that tells what that adds."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sandbox_client import ROOT, Sandbox, environment
from watched_calls import WatchedCalls

RUNS, RUNS_OF_MANY = 7, 3
MANY = 200
LATENCY_MS = 100
BIN = Path(sys.executable).parent
TASK = """
- hosts: localhost
  gather_facts: false
  tasks:
    - cordon.aws.iam_principal_containment:
        principals: "{{ keys }}"
        case_store: "{{ cases }}"
        watch_s: "{{ watch_s }}"
"""
SAME_WORK = f"{LATENCY_MS} ms latency on every call; ours also keeps what was there, and the case log; without verification; aim: "


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
    """Without verification."""
    verifying: float
    first_write: float
    """Seconds since the process was started; the first change is the denial of everything."""
    calls: int
    before_verifying: int
    """Those of `calls` that are no verification."""
    reads: int
    writes: int
    memory_mib: float
    """Peak of the largest process among it and its children."""


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    running = Sandbox(tmp_path_factory.mktemp("bench") / "state", "--scenario", "leaked-key")
    yield running
    running.stop()


def one_key(sandbox: Sandbox) -> list[str]:
    sandbox.control("POST", "/reset")
    return [sandbox.facts["scenarios"]["leaked-key"]["access_key_id"]]


def many_keys(sandbox: Sandbox) -> list[str]:
    """Of as many users, made for it."""
    sandbox.control("POST", "/reset")
    iam = sandbox.iam(sandbox.facts["scenarios"]["leaked-key"]["account"])
    names = [f"user-{number}" for number in range(MANY)]
    for name in names:
        iam.create_user(UserName=name)
    return [iam.create_access_key(UserName=name)["AccessKey"]["AccessKeyId"] for name in names]


def measured(sandbox: Sandbox, command: Sequence[str]) -> Measured:
    """Run the command in the sandbox as it is."""
    sandbox.control("PUT", "/settings", {"latency_ms": LATENCY_MS})
    launched = [sys.executable, "-S", "-c", LAUNCHER, *command]
    with WatchedCalls(sandbox) as seen:
        done = subprocess.run(launched, cwd=ROOT, env=environment(sandbox), check=True, stdout=subprocess.PIPE)
    sandbox.control("PUT", "/settings", {"latency_ms": 0})
    return Measured(
        seconds=seen.seconds - seen.verifying,
        verifying=seen.verifying,
        first_write=seen.first_write or 0.0,
        calls=seen.total,
        before_verifying=seen.before_verifying,
        reads=seen.reads,
        writes=seen.writes,
        memory_mib=int(done.stdout) / 1024,
    )


def raw(keys: list[str]) -> list[str]:
    return [sys.executable, str(Path(__file__).with_name("raw_containment.py")), *keys]


def playing(playbook: Path, folder: Path, **variables: Any) -> list[str]:
    """The command that runs a playbook, with a case store of its own."""
    given = {"watch_s": 0, **variables, "cases": str(folder), "case_store": str(folder)}
    return [str(BIN / "ansible-playbook"), str(playbook), "-e", json.dumps(given)]


@pytest.fixture
def task(tmp_path: Path) -> Path:
    path = tmp_path / "task.yml"
    path.write_text(TASK)
    return path


def median(rows: Sequence[Measured], name: str) -> float:
    return float(statistics.median(getattr(row, name) for row in rows))


@pytest.mark.parametrize(
    ("what", "keys_of", "runs", "aim"),
    [("one key", one_key, RUNS, "2.5"), (f"{MANY} keys", many_keys, RUNS_OF_MANY, "1.3")],
    ids=["one", "many"],
)
def test_the_containment_task(
    sandbox: Sandbox,
    task: Path,
    tmp_path: Path,
    figures: Callable[..., None],
    what: str,
    keys_of: Callable[[Sandbox], list[str]],
    runs: int,
    aim: str,
) -> None:
    plain, ours, again = [], [], []
    for number in range(runs):
        plain.append(measured(sandbox, raw(keys_of(sandbox))))
        command = playing(task, tmp_path / str(number), keys=keys_of(sandbox))
        ours.append(measured(sandbox, command))
        again.append(measured(sandbox, command))
    figures(
        f"a play with the containment task alone, {what}, whole process",
        median(ours, "seconds"),
        median(plain, "seconds"),
        "s",
        SAME_WORK + f"{aim} at most",
    )
    figures(f"verification of it, {what}", median(ours, "verifying"), None, "s", "all is read once more")
    figures(f"API calls of it, {what}", median(ours, "calls"), median(plain, "calls"), "calls", "with verification")
    figures(
        f"API calls of it, {what}, without verification",
        median(ours, "before_verifying"),
        median(plain, "calls"),
        "calls",
        "aim: 2 more a key",
    )
    figures(
        f"the same once more, {what}: calls that read",
        median(again, "reads"),
        median(ours, "reads"),
        "calls",
        f"plain: those of the first time; aim: 0.5 at most; {median(again, 'writes'):.0f} calls changed anything",
    )
    figures(
        f"peak memory of the largest process, {what}", median(ours, "memory_mib"), median(plain, "memory_mib"), "MiB"
    )


def test_what_watching_adds(sandbox: Sandbox, task: Path, tmp_path: Path, figures: Callable[..., None]) -> None:
    rows = [
        measured(sandbox, playing(task, tmp_path / str(number), keys=one_key(sandbox), watch_s=5))
        for number in range(3)
    ]
    figures(
        "verification of one key where it is watched for 5 seconds",
        median(rows, "verifying"),
        None,
        "s",
        f"{median(rows, 'calls'):.0f} calls: it is looked at every half second; then the simulator and CloudTrail are asked",
    )


def test_the_whole_playbook(sandbox: Sandbox, tmp_path: Path, figures: Callable[..., None]) -> None:
    playbook = ROOT / "playbooks" / "respond_to_leaked_key.yml"
    plain, whole = [], []
    for number in range(RUNS):
        plain.append(measured(sandbox, raw(one_key(sandbox))))
        whole.append(measured(sandbox, playing(playbook, tmp_path / str(number), access_key_ids=one_key(sandbox))))
    figures(
        "respond_to_leaked_key.yml, one key: first denial in force after",
        median(whole, "first_write"),
        median(plain, "first_write"),
        "s",
        "since the start of the process; aim: 2.5 s at most",
    )
    figures(
        "respond_to_leaked_key.yml, one key, whole process",
        statistics.median(row.seconds + row.verifying for row in whole),
        median(plain, "seconds"),
        "s",
        "with verification, what the key could do, and summary",
    )
