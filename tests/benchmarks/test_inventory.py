"""The accounts of an organization as an inventory: whole `ansible-inventory` processes against a raw script that lists the same."""

from __future__ import annotations

import json
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
BIN = Path(sys.executable).parent
OURS = [str(BIN / "ansible-inventory"), "-i", str(ROOT / "inventories" / "organization"), "--list"]
EMPTY = [str(BIN / "ansible-inventory"), "-i", str(ROOT / "inventories" / "sandbox"), "--list"]
RAW = [sys.executable, str(Path(__file__).with_name("raw_inventory.py"))]


@pytest.fixture
def sandbox(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    running = Sandbox(tmp_path / "state", "--scenario", request.param)
    running.control("PUT", "/settings", {"latency_ms": LATENCY_MS})
    yield running
    running.stop()


def timed(sandbox: Sandbox, command: list[str]) -> tuple[float, int, str]:
    """Seconds, API calls, and what was printed."""
    sandbox.control("DELETE", "/calls")
    env = environment(sandbox) | {"ANSIBLE_CONFIG": str(ROOT / "ansible.cfg")}
    started = time.perf_counter()
    done = subprocess.run(command, cwd=ROOT, env=env, check=True, stdout=subprocess.PIPE, text=True)
    return time.perf_counter() - started, sandbox.control("GET", "/calls")["total"], done.stdout


def hosts_of(printed: str) -> int:
    found = json.loads(printed)
    return len(found) if isinstance(found, list) else len(found["_meta"]["hostvars"])


@pytest.mark.parametrize("sandbox", ["large-organization"], indirect=True)
def test_five_hundred_accounts(sandbox: Sandbox, figures: Callable[..., None]) -> None:
    rows = []
    for _number in range(RUNS):
        raw, ours, empty = timed(sandbox, RAW), timed(sandbox, OURS), timed(sandbox, EMPTY)
        assert hosts_of(raw[2]) == hosts_of(ours[2]) == 504
        rows.append((ours[0], raw[0], empty[0]))
    figures(
        "inventory of 500 accounts in 12 units with tags, less an ansible-inventory that lists nothing",
        statistics.median(row[0] - row[2] for row in rows),
        statistics.median(row[1] for row in rows),
        "s",
        f"{LATENCY_MS} ms latency on every call",
    )
    figures(
        "that, whole process",
        statistics.median(row[0] for row in rows),
        statistics.median(row[1] for row in rows),
        "s",
        f"aim: 1.3 at most; ansible-inventory that lists nothing takes {statistics.median(row[2] for row in rows):.2f} s",
    )
    figures("API calls of it", ours[1], raw[1], "calls", "ours also asks who it is; one call an account would be 551")


@pytest.mark.parametrize("sandbox", ["very-large-organization"], indirect=True)
def test_ten_thousand_accounts(sandbox: Sandbox, figures: Callable[..., None]) -> None:
    raw, ours = timed(sandbox, RAW), timed(sandbox, OURS)
    assert hosts_of(raw[2]) == hosts_of(ours[2]) == 10_004
    figures("inventory of 10,000 accounts in 240 units, whole process", ours[0], raw[0], "s", "the same an account")
    figures("that for 1,000 accounts", ours[0] / 10, raw[0] / 10, "s", "flat: compare 500 accounts, less the start")
