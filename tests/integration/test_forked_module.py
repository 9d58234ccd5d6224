"""A module gives the same answer in a fork of Ansible's worker as it does as a process of its own, and is the latter where it must be."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

import pytest
from play import Played, play_tasks
from sandbox_client import Sandbox

MODULE = "s3_bucket_containment"
OWN_PROCESS = "Using module file"
"""What Ansible says at -vvv of a module that it sends on its way."""
OTHER_NAME = str(Path(sys.executable).with_name("python3" if Path(sys.executable).name != "python3" else "python"))
"""The same Python by another name, which is as good as another Python."""


def run(
    sandbox: Sandbox,
    tmp_path: Path,
    cmdline: str = "",
    *,
    forked: bool = True,
    task: dict[str, Any] | None = None,
    **options: Any,
) -> Played:
    given = {"buckets": ["amzn-s3-demo-bucket"], "case_id": "case-1", **options}
    one = {f"cordon.aws.{MODULE}": given, **(task or {})}
    if not forked:
        one["vars"] = {"ansible_python_interpreter": OTHER_NAME}
    return play_tasks(sandbox, tmp_path, [one], cmdline=f"-vvv --diff {cmdline}")


def is_forked(played: Played) -> bool:
    return OWN_PROCESS not in played.stdout


def told(played: Played) -> dict[str, Any]:
    """The answer without what differs from run to run."""
    result = played.of(MODULE)
    for step in (*result.get("steps", ()), *(step for one in result.get("results", ()) for step in one["steps"])):
        step.pop("request_id", None)
    return result


@pytest.mark.parametrize(
    ("options", "check", "ok"),
    [
        ({}, False, True),
        ({}, True, True),
        ({"buckets": ["amzn-s3-demo-bucket", "amzn-s3-demo-missing"]}, False, False),
        ({"buckets": ["Not a bucket"]}, False, False),
        ({"nonsense": 1}, False, False),
        (
            {"access_key": "AKIAIOSFODNN7EXAMPLE", "secret_key": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"},
            False,
            False,
        ),
        ({"case_store": "{{ case_store }}/{{ '{{ 1 }}' }}", "assume_role_name": "{{ '{{ x }}' }}"}, False, False),
    ],
    ids=["contain", "check", "one fails", "bad value", "bad option", "no_log", "braces"],
)
def test_both_ways_say_the_same(
    sandbox: Sandbox, tmp_path: Path, options: dict[str, Any], check: bool, ok: bool
) -> None:
    answers = []
    for way in (True, False):
        sandbox.control("POST", "/reset")
        sandbox.client("s3").create_bucket(Bucket="amzn-s3-demo-bucket")
        place = tmp_path / str(way)
        place.mkdir()
        played = run(sandbox, place, forked=way, cmdline="--check" if check else "", **options)
        assert (played.ok, is_forked(played)) == (ok, way), played.stdout
        assert "wJalrXUtnFEMI" not in played.stdout
        assert "Traceback" not in played.stdout
        answers.append(str(told(played)).replace(str(place), "."))
    assert answers[0] == answers[1]


def test_the_environment_of_a_task_is_the_modules(sandbox: Sandbox, tmp_path: Path) -> None:
    played = run(sandbox, tmp_path, task={"environment": {"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE"}})
    assert is_forked(played)
    assert "InvalidClientTokenId" in played.of(MODULE)["msg"]


def test_what_one_item_of_a_loop_does_does_not_reach_the_next(sandbox: Sandbox, tmp_path: Path) -> None:
    sandbox.client("s3").create_bucket(Bucket="amzn-s3-demo-bucket")
    loop = {"loop": ["amzn-s3-demo-missing", "amzn-s3-demo-bucket"], "ignore_errors": True}
    played = run(sandbox, tmp_path, task=loop, buckets=["{{ item }}"])
    found = [result for result in played.results if "item" in result]
    assert [(result["item"], bool(result["failed"]), result["verified"]) for result in found] == [
        ("amzn-s3-demo-missing", True, False),
        ("amzn-s3-demo-bucket", False, True),
    ]


@pytest.mark.parametrize("task", [{"async": 60, "poll": 1}, {"delegate_to": "localhost"}], ids=["async", "delegated"])
def test_what_is_not_the_same_is_a_process_of_its_own(sandbox: Sandbox, tmp_path: Path, task: dict[str, Any]) -> None:
    sandbox.client("s3").create_bucket(Bucket="amzn-s3-demo-bucket")
    played = run(sandbox, tmp_path, task=task)
    assert played.ok, played.stdout
    assert not is_forked(played)


def test_a_task_that_takes_too_long_is_stopped_with_its_module(sandbox: Sandbox, tmp_path: Path) -> None:
    sandbox.client("s3").create_bucket(Bucket="amzn-s3-demo-bucket")
    sandbox.control("PUT", "/settings", {"latency_ms": 2000})
    played = run(sandbox, tmp_path, task={"timeout": 1})
    assert not played.ok
    assert "timed out" in played.stdout.lower() or "timeout" in played.stdout.lower(), played.stdout
    # A request that was under way is counted when it is answered; one that lived on would ask the next question soon after.
    time.sleep(2.5)
    asked = sandbox.calls()
    time.sleep(2.5)
    assert sandbox.calls() == asked
