"""Containing the owner of one leaked key: the whole process, its API calls and its memory, against a raw script."""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sandbox_client import ROOT, Sandbox, environment

RUNS = 5
LATENCY_MS = 100
TASK = """
- hosts: localhost
  gather_facts: false
  tasks:
    - cordon.aws.iam_principal_containment:
        principals: ["{{ key }}"]
        case_store: "{{ cases }}"
"""


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    running = Sandbox(tmp_path_factory.mktemp("bench") / "state", "--scenario", "leaked-key")
    yield running
    running.stop()


def measured(sandbox: Sandbox, command: list[str]) -> tuple[float, int, int]:
    """Seconds, API calls, and peak memory in KiB of the largest process so far."""
    sandbox.control("POST", "/reset")
    sandbox.control("PUT", "/settings", {"latency_ms": LATENCY_MS})
    started = time.perf_counter()
    subprocess.run(command, cwd=ROOT, env=environment(sandbox), check=True, capture_output=True)
    seconds = time.perf_counter() - started
    return seconds, sandbox.control("GET", "/calls")["total"], resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss


def test_one_key(sandbox: Sandbox, tmp_path: Path, figures: Callable[..., None]) -> None:
    key = sandbox.facts["scenarios"]["leaked-key"]["access_key_id"]
    (tmp_path / "task.yml").write_text(TASK)
    raw = [sys.executable, str(Path(__file__).with_name("raw_containment.py")), key]
    bin_folder = Path(sys.executable).parent

    def ours(number: int) -> list[str]:
        return [
            str(bin_folder / "ansible-playbook"),
            str(tmp_path / "task.yml"),
            "-e",
            f"key={key}",
            "-e",
            f"cases={tmp_path / str(number)}",
        ]

    playbook = [
        str(bin_folder / "ansible-playbook"),
        "playbooks/respond_to_leaked_key.yml",
        "-e",
        f"access_key_ids={key}",
    ]
    plain = [measured(sandbox, raw) for _run in range(RUNS)]
    task = [measured(sandbox, ours(number)) for number in range(RUNS)]
    whole = [
        measured(sandbox, [*playbook, "-e", f"case_store={tmp_path / f'whole-{number}'}"]) for number in range(RUNS)
    ]

    def median(rows: list[tuple[float, int, int]], column: int) -> float:
        return statistics.median(row[column] for row in rows)

    note = f"{LATENCY_MS} ms latency on every call; ours also observes first, verifies, and keeps the case log"
    figures(
        "a play with the containment task alone, one key, whole process", median(task, 0), median(plain, 0), "s", note
    )
    figures("API calls of it", median(task, 1), median(plain, 1), "calls", "ours includes 7 reads of verification")
    figures("respond_to_leaked_key.yml, whole process", median(whole, 0), median(plain, 0), "s", "with summary")
    figures("peak memory of the largest process", median(whole, 2) / 1024, median(plain, 2) / 1024, "MiB")
