"""Containing instances: whole processes, their API calls, their processor time and memory, against a raw script that does the same."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from processor_time import ProcessorTime
from sandbox_client import ROOT, Sandbox, environment
from watched_calls import WatchedCalls

LATENCY_MS = 100
BIN = Path(sys.executable).parent
TASK = """
- hosts: localhost
  gather_facts: false
  tasks:
    - cordon.aws.ec2_instance_containment:
        instance_ids: "{{ instances }}"
        case_store: "{{ cases }}"
        case_id: case-1
"""
SAME_WORK = f"{LATENCY_MS} ms latency on every call; ours also keeps what was there, and the case log; without verification; aim: "
LAUNCHER = """
import resource, subprocess, sys
status = subprocess.call(sys.argv[1:], stdout=subprocess.DEVNULL)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(used.ru_maxrss, used.ru_utime + used.ru_stime)
sys.exit(status)
"""


@dataclass(frozen=True, slots=True)
class Measured:
    """One run of a whole process. `verifying` and `verifying_cpu_s` are in none of the others."""

    seconds: float
    verifying: float
    calls: int
    writes: int
    cpu_s: float
    verifying_cpu_s: float
    memory_mib: float


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    running = Sandbox(tmp_path_factory.mktemp("bench") / "state", "--scenario", "instance-fleet")
    yield running
    running.stop()


def measured(sandbox: Sandbox, command: Sequence[str], *, reset: bool = True) -> Measured:
    if reset:
        sandbox.control("POST", "/reset")
    sandbox.control("PUT", "/settings", {"latency_ms": LATENCY_MS})
    with WatchedCalls(sandbox) as seen:
        running = subprocess.Popen(
            [sys.executable, "-S", "-c", LAUNCHER, *command],
            cwd=ROOT,
            env=environment(sandbox),
            stdout=subprocess.PIPE,
            text=True,
        )
        seen.process = ProcessorTime(running.pid)
        said, _errors = running.communicate()
    assert running.returncode == 0
    memory, cpu = said.split()
    return Measured(
        seconds=seen.seconds - seen.verifying,
        verifying=seen.verifying,
        calls=seen.before_verifying,
        writes=seen.writes,
        cpu_s=float(cpu) - seen.verifying_cpu_s,
        verifying_cpu_s=seen.verifying_cpu_s,
        memory_mib=int(memory) / 1024,
    )


@pytest.mark.parametrize(("count", "aim"), [(1, "2.0"), (500, "1.3")])
def test_the_containment_task(
    sandbox: Sandbox, tmp_path: Path, figures: Callable[..., None], count: int, aim: str
) -> None:
    fleet = sandbox.facts["scenarios"]["instance-fleet"]
    ids = fleet["instance_ids"][:count]
    arns = [f"arn:aws:ec2:{fleet['region']}:{fleet['account']}:instance/{one}" for one in ids]
    task = tmp_path / "task.yml"
    task.write_text(TASK)
    given = json.dumps({"instances": arns, "cases": str(tmp_path / "cases")})
    ours_is = [str(BIN / "ansible-playbook"), str(task), "-e", given]
    plain = measured(
        sandbox, [sys.executable, str(Path(__file__).with_name("raw_instances.py")), fleet["account"], *ids]
    )
    ours = measured(sandbox, ours_is)
    again = measured(sandbox, ours_is, reset=False)
    what = f"{count} instance{'s' * (count > 1)}"
    figures(
        f"a play with the containment of {what}, whole process",
        ours.seconds,
        plain.seconds,
        "s",
        f"{SAME_WORK}{aim} at most",
    )
    figures(f"verification of it, {what}", ours.verifying, None, "s", "all is read once more")
    figures(
        f"API calls of it, {what}, without verification",
        ours.calls,
        plain.calls,
        "calls",
        f"{(ours.calls - plain.calls) / count:+.2f} an instance; aim for 500: 1 more an instance",
    )
    figures(
        f"processor time of it, {what}", ours.cpu_s, plain.cpu_s, "s", "without verification; aim for 500: 2.5 at most"
    )
    figures(f"processor time of its verification, {what}", ours.verifying_cpu_s, None, "s", "")
    figures(
        f"peak memory of the largest process, {what}", ours.memory_mib, plain.memory_mib, "MiB", "aim: under 300 MiB"
    )
    figures(f"the same once more, {what}", again.seconds, ours.seconds, "s", f"{again.writes} calls changed anything")
    assert again.writes == 0
