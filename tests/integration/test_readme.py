"""What the README says to type works as it stands there."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from sandbox_client import ROOT, Sandbox, environment

README = (ROOT / "README.md").read_text(encoding="utf-8")


def block_after(words: str) -> str:
    """The indented lines behind a sentence."""
    found = re.search(re.escape(words) + r"\n\n((?:    .*\n)+)", README)
    assert found, f"the README has no commands after {words!r}"
    return "".join(line[4:] + "\n" for line in found[1].splitlines())


def test_trying_it_in_the_sandbox(sandbox: Sandbox) -> None:
    commands = block_after("In another, in the same folder:").replace(".cache/sandbox", str(sandbox.state_dir))
    commands = commands.replace(". .venv/bin/activate\n", f"export PATH={Path(sys.executable).parent}:$PATH\n")
    done = subprocess.run(
        ["bash", "-euc", commands],
        cwd=ROOT,
        env=environment(sandbox),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "would deny everything to user/dana" in done.stdout
    assert "approve exactly this with approved_plan: " in done.stdout
    assert sandbox.writes() == {}


def test_make_has_the_targets_that_are_named() -> None:
    named = set(re.findall(r"^    make (\w+)$", README, re.MULTILINE))
    assert named >= {"demo", "test", "sandbox"}
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert named <= targets
