"""`make demo` holds what it promises, and the README shows what it prints."""

from __future__ import annotations

import re
import subprocess
import sys

from sandbox_client import ROOT

# What differs from run to run: ids, times, how often somebody managed to call.
_VARYING = (
    (r"case-[0-9a-z]{26}", "case-ID"),
    (r"AKIA[A-Z0-9]{16}", "AKIA-ID"),
    (r"\b\d{12}\b", "ACCOUNT"),
    (r"\d{4}-\d\d-\d\d \d\d:\d\d UTC", "TIME"),
    (r"\(\d+\.\d s\)", "(N s)"),
    (r"in \d+ s", "in N s"),
    (r"watched for \d+ s", "watched for N s"),
    (r"\b[0-9a-f]{64}\b", "SHA256"),
    (r"\d\d:\d\d:\d\d UTC", "TIME"),
    (r"\d{4}-\d\d-\d\d TIME", "TIME"),
    (r"\b\d+ of \d+ calls allowed, with \d+ credentials", "N of M calls allowed"),
    (r"(?:/[\w.-]+)*/cordon-demo-\w+/", ""),
)


def alike(text: str) -> str:
    for pattern, word in _VARYING:
        text = re.sub(pattern, word, text)
    return text.strip()


def test_the_demo_passes_and_the_readme_shows_it() -> None:
    command = [sys.executable, "-m", "tools.demo"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=180, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    shown = re.search(r"<!-- demo -->\n```\n(.*?)```\n<!-- /demo -->", (ROOT / "README.md").read_text(), re.DOTALL)
    assert shown, "the README shows no demo"
    assert alike(shown[1]) == alike(done.stdout), "run `make readme`"


def test_the_demo_of_an_instance_passes() -> None:
    command = [sys.executable, "-m", "tools.instance_demo"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=180, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "DEMO PASSED" in done.stdout
