"""Real runs of ansible-playbook with the summary output."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PLAY = Path(__file__).parent / "fixtures" / "callback" / "play.yml"


def run(*arguments: str, **environment: str) -> tuple[int, str]:
    """The exit status and everything printed."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")}
    done = subprocess.run(
        [str(Path(sys.executable).with_name("ansible-playbook")), "-i", "localhost,", str(PLAY), *arguments],
        cwd=ROOT,
        env=clean
        | {
            "ANSIBLE_STDOUT_CALLBACK": "cordon.aws.summary",
            "ANSIBLE_COLLECTIONS_PATH": str(ROOT / "collections"),
            "ANSIBLE_NOCOLOR": "1",
        }
        | {"PYTHONPATH": ""}
        | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
        check=False,
    )
    return done.returncode, done.stdout


@pytest.fixture(scope="module")
def plain() -> str:
    status, said = run()
    assert status == 0, said
    return said


def test_a_response_shows_each_target_with_its_measures(plain: str) -> None:
    lines = plain.splitlines()
    at = next(
        number for number, line in enumerate(lines) if re.fullmatch(r"changed      Contain alice \(\d+\.\d s\)", line)
    )
    assert lines[at + 1 : at + 5] == [
        "  arn:aws:iam::111122223333:user/alice: contained, verified",
        "    [x] deny_policy: deny everything to user/alice (iam:PutUserPolicy)",
        "    proof: everything is denied",
        "  case case-2026-0042",
    ]


def test_a_failure_is_shown_in_full_and_first(plain: str) -> None:
    block = plain[plain.index("failed       Contain others, which fails") :]
    assert block.index(r"user/bob\x1b[2J\r: failed, NOT VERIFIED") < block.index("user/alice: contained, verified")
    for said in (
        "    [!] deny_policy: deny everything to user/bob (iam:PutUserPolicy), FAILED",
        "    OPEN: nothing is denied",
        "    Cannot deny user/bob: AccessDenied. Ask for iam:PutUserPolicy.",
        "  Contained 1 of 2 targets. Cannot deny user/bob: AccessDenied.",
        "  ignored",
    ):
        assert said in block.splitlines()


def test_a_failure_without_a_message_is_not_hidden(plain: str) -> None:
    assert "all-we-know" in plain


def test_housekeeping_is_quiet(plain: str) -> None:
    for quiet in ("Remember housekeeping", "Skip this", "quiet-item", "skipping", "ok: [", "****"):
        assert quiet not in plain.replace('ok: [localhost] => {\n    "step.measure"', "")


def test_lines_and_messages_are_printed_without_json(plain: str) -> None:
    assert "CASE case-2026-0042, open\n    LEFT FOR YOU: nothing\n" in plain
    assert "Say it:\n  first line\n  second line\n" in plain
    assert "deny_policy" in plain[plain.index("Show a value:") :]
    assert "Go through a list: loud-item" in plain


def test_warnings_are_seen_and_secrets_and_controls_are_not(plain: str) -> None:
    assert "a warning to be seen" in plain
    assert "hunter2" not in plain
    assert "hidden" in plain
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", plain)


def test_the_recap_is_one_line_and_the_last(plain: str) -> None:
    assert plain.rstrip().splitlines()[-1] == "localhost: 3 changed, 0 failed, 3 ignored"


def test_check_mode_says_would_and_names_the_plan() -> None:
    status, said = run("--check")
    assert status == 0
    assert "Respond to a leaked access key (check mode: nothing is changed)" in said
    assert "would change Contain alice" in said
    assert "user/alice: would take 1 step\n    [ ] deny_policy: would deny everything to user/alice" in said
    assert "approved_plan: 5d0a3c2f7c1e4b6a9d8e7f60514233241506f7e8d9cab1a2b3c4d5e6f7081920" in said
    assert "would change, 0 failed" in said.rstrip().splitlines()[-1]
    assert "contained, verified" not in said


def test_diff_is_shown_as_usual() -> None:
    status, said = run("--diff")
    assert status == 0
    assert "Contain alice:\n--- before\n+++ after\n" in said
    assert re.search(r'^\+\s+"CordonDenyAll"$', said, re.MULTILINE)


def test_a_failure_ends_the_run_and_is_told() -> None:
    status, said = run("-e", "fail_last=true")
    assert status == 2
    assert "  Cannot go on: the case log is gone.\n  | Give case_store.\n" in said
    assert said.rstrip().splitlines()[-1] == "localhost: 3 changed, 1 failed, 3 ignored"


def test_verbose_is_the_default_output() -> None:
    status, said = run("-v")
    assert status == 0
    assert "TASK [Contain alice] ***" in said
    assert "PLAY RECAP ***" in said
    assert "skipping: [localhost]" in said
    assert '"api_calls": 7' in said


def test_colour_is_up_to_ansible() -> None:
    _status, said = run(ANSIBLE_NOCOLOR="0", ANSIBLE_FORCE_COLOR="1")
    assert "\x1b[0;33mchanged      Contain alice" in said
    assert "\x1b[2J" not in said
