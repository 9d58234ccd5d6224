"""The filter in a real run of Ansible: documented, found by its name, and no way in for templates."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
FINDING = ROOT / "tests/fixtures/guardduty/findings/event-securityhub-iamkey-finding-action.json"


def ansible(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")}
    return subprocess.run(
        [str(Path(sys.executable).with_name(program)), *arguments],
        cwd=ROOT,
        env=clean | {"ANSIBLE_COLLECTIONS_PATH": str(ROOT / "collections"), "ANSIBLE_NOCOLOR": "1", "PYTHONPATH": ""},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def show(path: Path) -> subprocess.CompletedProcess[str]:
    template = "{{ lookup('ansible.builtin.file', '" + str(path) + "') | cordon.aws.finding_targets }}"
    return ansible(
        "ansible", "localhost", "-c", "local", "-m", "ansible.builtin.debug", "-a", json.dumps({"msg": template})
    )


def test_it_reads_a_file() -> None:
    done = show(FINDING)
    assert done.returncode == 0, done.stdout + done.stderr
    assert '"id": "kapil"' in done.stdout
    assert '"finding_type": "UnauthorizedAccess:IAMUser/ConsoleLogin"' in done.stdout


def test_a_template_in_a_finding_is_not_run(tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    hostile = json.loads(FINDING.read_text())
    hostile["detail"]["findings"][0]["Resources"][0]["Details"]["AwsIamAccessKey"]["UserName"] = (
        "{{ lookup('ansible.builtin.pipe', 'touch " + str(mark) + "') }}"
    )
    path = tmp_path / "finding.json"
    path.write_text(json.dumps(hostile))
    done = show(path)
    assert done.returncode != 0
    assert "awsIamAccessKey.userName" in done.stdout + done.stderr
    assert not mark.exists()


def test_it_and_the_output_are_documented() -> None:
    for kind, name in (("filter", "cordon.aws.finding_targets"), ("callback", "cordon.aws.summary")):
        done = ansible("ansible-doc", "-t", kind, "--json", name)
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)[name]["doc"]["short_description"]
