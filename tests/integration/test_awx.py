"""A job as AWX runs it: its own collections path in the environment, the working directory the project's, the sandbox's credentials."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import ansible_collections.amazon.aws
from sandbox_client import ROOT, Sandbox, environment
from test_respond_to_leaked_key import allowed, incident


def test_a_job_finds_the_collection_in_the_project(sandbox: Sandbox, tmp_path: Path) -> None:
    """AWX puts requirements_collections, then what the project's ansible.cfg says as text, then the home and system folders into
    ANSIBLE_COLLECTIONS_PATH, which overrides ansible.cfg (awx/main/tasks/jobs.py in ansible/awx)."""
    (said,) = [line for line in (ROOT / "ansible.cfg").read_text().splitlines() if line.startswith("collections_path")]
    requirements = tmp_path / "requirements_collections"
    (requirements / "ansible_collections" / "amazon").mkdir(parents=True)
    # What AWX's project sync would have installed from requirements.yml.
    (requirements / "ansible_collections" / "amazon" / "aws").symlink_to(
        Path(next(iter(ansible_collections.amazon.aws.__path__)))
    )
    paths = [
        str(requirements),
        said.partition("=")[2].strip(),
        "~/.ansible/collections",
        "/usr/share/ansible/collections",
    ]
    done = subprocess.run(
        [
            str(Path(sys.executable).with_name("ansible-playbook")),
            "-i",
            "inventories/sandbox",
            "playbooks/respond_to_leaked_key.yml",
            "-e",
            f'{{"access_key_ids": "{incident(sandbox)["access_key_id"]}", "case_store": "{tmp_path / "cases"}"}}',
        ],
        cwd=ROOT,
        env=environment(sandbox) | {"ANSIBLE_COLLECTIONS_PATH": ":".join(paths)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "CONTAINED AND VERIFIED: 1 of 1" in done.stdout
    assert allowed(sandbox, incident(sandbox)["attacker"]["access_keys"][0]) == []
