"""Runs playbooks as AWX does, through ansible-runner, and tells what came of each task."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import ansible_runner
import yaml
from sandbox_client import ROOT, Sandbox, environment

_TRACING = frozenset({"respond_to_leaked_key.yml"})
"""What ends with a trace and a plan, which take ten seconds and more: they do without, unless a test wants them."""


class Played:
    """A playbook that has run."""

    def __init__(self, runner: Any) -> None:
        self.ok = runner.rc == 0
        self.stdout = Path(runner.stdout.name).read_text(encoding="utf-8")
        self.results = [
            {
                **event["event_data"]["res"],
                "module": event["event_data"].get("task_action", ""),
                "failed": "failed" in event["event"],
            }
            for event in runner.events
            if event["event"] in ("runner_on_ok", "runner_on_failed", "runner_item_on_ok", "runner_item_on_failed")
        ]

    def of(self, module: str) -> dict[str, Any]:
        """The result of the only task that ran this module."""
        found = [result for result in self.results if result["module"] == f"cordon.aws.{module}"]
        assert len(found) == 1, f"{module} ran {len(found)} times:\n{self.stdout}"
        return found[0]


def play(
    sandbox: Sandbox,
    tmp_path: Path,
    playbook: str,
    variables: Mapping[str, Any] | None = None,
    *,
    cmdline: str = "",
    inventory: str = "sandbox",
    **env: str | None,
) -> Played:
    """Run one of playbooks/ against the sandbox; cases go to tmp_path/cases, nothing is watched, and nothing traced, unless the
    variables say otherwise."""
    # A new one each time: ansible-runner goes on with the environment that it finds there.
    private = tempfile.mkdtemp(prefix="runner-", dir=tmp_path)
    return Played(
        ansible_runner.run(
            private_data_dir=private,
            project_dir=str(ROOT),
            playbook=str(ROOT / "playbooks" / playbook) if not playbook.startswith("/") else playbook,
            inventory=str(ROOT / "inventories" / inventory),
            extravars={
                "case_store": str(tmp_path / "cases"),
                "watch_s": 0,
                **({"trail": "none"} if playbook in _TRACING else {}),
                **(variables or {}),
            },
            envvars=_environment(sandbox, env),
            cmdline=cmdline or None,
            quiet=True,
            timeout=240,
        )
    )


def _environment(sandbox: Sandbox, env: Mapping[str, str | None]) -> dict[str, str]:
    """What the run finds in its environment; None takes a variable out."""
    wanted = {**environment(sandbox), "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), **env}
    return {name: value for name, value in wanted.items() if value is not None}


def play_tasks(sandbox: Sandbox, tmp_path: Path, tasks: Sequence[Mapping[str, Any]], **more: Any) -> Played:
    """Run these tasks as a playbook of their own."""
    path = tmp_path / "tasks.yml"
    play_of = {
        "hosts": "localhost",
        "gather_facts": False,
        "module_defaults": {
            "group/cordon.aws.response": {"case_store": "{{ case_store }}"},
            "cordon.aws.iam_principal_containment": {"watch_s": "{{ watch_s }}", "case_store": "{{ case_store }}"},
        },
        "tasks": list(tasks),
    }
    path.write_text(yaml.safe_dump([json.loads(json.dumps(play_of))]), encoding="utf-8")
    return play(sandbox, tmp_path, str(path), **more)
