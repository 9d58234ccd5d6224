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


def said_by_the_module(**arguments: object) -> str:
    done = ansible(
        "ansible", "localhost", "-c", "local", "-m", "cordon.aws.finding_targets", "-a", json.dumps(arguments)
    )
    assert done.returncode != 0
    return str(json.loads(done.stdout.partition(" => ")[2])["msg"])


def test_an_unreadable_file_is_one_sentence_with_what_to_do(tmp_path: Path) -> None:
    """ansible-core prints the causes of an error behind it, so that each cause would say the same again."""
    missing = str(tmp_path / "missing.json")
    assert said_by_the_module(file=missing) == (
        f"Cannot read the finding in '{missing}': No such file or directory. Name a file that holds one finding as JSON."
    )


def test_a_file_that_is_not_json_is_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "finding.json"
    path.write_text("not json")
    assert said_by_the_module(file=str(path)) == (
        "Cannot read the finding: it is text of 8 characters that is not JSON. "
        "Hand over one GuardDuty finding, as data or as JSON: from EventBridge, GetFindings or Security Hub."
    )


def test_the_error_of_the_filter_does_not_repeat_itself(tmp_path: Path) -> None:
    path = tmp_path / "finding.json"
    path.write_text("not json")
    done = show(path)
    said = " ".join((done.stdout + done.stderr).split())
    assert "that is not JSON. Hand over one GuardDuty finding" in said
    assert "Expecting value" not in said


def test_the_filters_for_the_response_are_documented() -> None:
    for name in ("finding_principals", "finding_unique_ids", "finding_leftovers"):
        done = ansible("ansible-doc", "-t", "filter", "--json", f"cordon.aws.{name}")
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)[f"cordon.aws.{name}"]["doc"]["short_description"]
