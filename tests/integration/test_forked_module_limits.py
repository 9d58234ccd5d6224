"""A module is a process of its own where Ansible has to send it, and one in a fork ends with the run that started it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import yaml
from play import play_tasks
from sandbox_client import ROOT, Sandbox, environment
from test_forked_module import MODULE, OTHER_NAME, is_forked, run


@pytest.mark.parametrize(
    "task",
    [
        {"become": True},
        {"vars": {"ansible_connection": "ansible.builtin.ssh", "ansible_host": "127.0.0.1", "ansible_port": 1}},
        {"vars": {"ansible_python_interpreter": "auto"}},
        {"environment": {"ANSIBLE_KEEP_REMOTE_FILES": "1"}},
    ],
    ids=["become", "remote", "discovered", "environment only"],
)
def test_where_ansible_has_to_send_it(sandbox: Sandbox, tmp_path: Path, task: dict[str, Any], request: Any) -> None:
    sandbox.client("s3").create_bucket(Bucket="amzn-s3-demo-bucket")
    played = run(sandbox, tmp_path, task=task)
    # Over SSH nobody listens here; that it was tried is enough.
    sent = not is_forked(played) or "ESTABLISH SSH CONNECTION" in played.stdout
    assert sent == ("environment only" not in request.node.name)


def test_kept_files_are_a_module_of_its_own(sandbox: Sandbox, tmp_path: Path) -> None:
    sandbox.client("s3").create_bucket(Bucket="amzn-s3-demo-bucket")
    task = {f"cordon.aws.{MODULE}": {"buckets": ["amzn-s3-demo-bucket"], "case_id": "case-1"}}
    played = play_tasks(sandbox, tmp_path, [task], cmdline="-vvv", ANSIBLE_KEEP_REMOTE_FILES="1")
    assert played.ok
    assert not is_forked(played)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_run_that_is_stopped_takes_its_module_with_it(sandbox: Sandbox, tmp_path: Path, number: int) -> None:
    sandbox.client("s3").create_bucket(Bucket="amzn-s3-demo-bucket")
    sandbox.control("PUT", "/settings", {"latency_ms": 1000})
    book = tmp_path / "book.yml"
    task = {
        f"cordon.aws.{MODULE}": {
            "buckets": ["amzn-s3-demo-bucket"],
            "case_id": "case-1",
            "case_store": str(tmp_path / "cases"),
        }
    }
    book.write_text(yaml.safe_dump([{"hosts": "localhost", "gather_facts": False, "tasks": [task]}]))
    env = environment(sandbox) | {"ANSIBLE_CONFIG": str(ROOT / "ansible.cfg")}
    sandbox.control("DELETE", "/calls")
    with subprocess.Popen(
        [str(Path(sys.executable).with_name("ansible-playbook")), str(book)],
        cwd=ROOT,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        text=True,
    ) as process:
        deadline = time.monotonic() + 30
        while not sandbox.calls() and time.monotonic() < deadline:
            time.sleep(0.05)
        assert sandbox.calls(), "the module asked nothing"
        os.kill(process.pid, number)
        said, _error = process.communicate(timeout=30)
    time.sleep(2.5)
    asked = sandbox.calls()
    time.sleep(3)
    assert sandbox.calls() == asked
    assert sandbox.writes() == {}
    assert "Traceback" not in said, said


@pytest.mark.parametrize("forked", [True, False], ids=["fork", "process"])
def test_a_long_answer_is_read_whole(sandbox: Sandbox, tmp_path: Path, forked: bool) -> None:
    """Over 1 MiB: a pipe that nobody reads meanwhile would hold 64 KiB."""
    book, out = tmp_path / "book.yml", tmp_path / "out.json"
    task = {
        f"cordon.aws.{MODULE}": {
            "buckets": "{{ buckets }}",
            "case_id": "case-1",
            "case_store": str(tmp_path / "cases"),
        },
        "check_mode": True,
        "ignore_errors": True,
        "register": "found",
        "no_log": True,
        **({} if forked else {"vars": {"ansible_python_interpreter": OTHER_NAME}}),
    }
    write = {"ansible.builtin.copy": {"content": "{{ found | to_json }}", "dest": str(out)}, "no_log": True}
    book.write_text(yaml.safe_dump([{"hosts": "localhost", "gather_facts": False, "tasks": [task, write]}]))
    names = {"buckets": [f"amzn-s3-demo-missing-{number:04}" for number in range(3000)]}
    given = tmp_path / "vars.json"
    given.write_text(json.dumps(names))
    env = environment(sandbox) | {"ANSIBLE_CONFIG": str(ROOT / "ansible.cfg")}
    done = subprocess.run(
        [str(Path(sys.executable).with_name("ansible-playbook")), str(book), "-e", f"@{given}"],
        check=False,
        cwd=ROOT,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=200,
    )
    assert done.returncode == 0, done.stdout[-2000:]
    result = json.loads(out.read_text())
    assert len(out.read_text()) > 2**20
    assert len(result["results"]) == 3000
