"""How far a module is, reaches whoever waits while it runs: on a terminal, in a file, and in AWX's log."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from play import play
from sandbox_client import ROOT, Sandbox, environment

# A module of ours as the action plugins run it, which tells how far it is for a second and a half.
ACTION = """
import time

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.cordon.aws.plugins.module_utils.telling import tell
from ansible_collections.cordon.aws.plugins.plugin_utils import shown_progress
from ansible_collections.cordon.aws.plugins.plugin_utils.forked_module import ForkedModule

shown_progress.EVERY_S = 0.5


class Slow:
    @staticmethod
    def main():
        module = AnsibleModule(argument_spec={}, supports_check_mode=True)
        for tenth in range(15):
            tell(f"{tenth} of 15 files")
            time.sleep(0.1)
        module.exit_json(changed=True)


class ActionModule(ForkedModule):
    MODULE = Slow
"""
BOOK = """
- hosts: localhost
  gather_facts: false
  tasks:
    - name: Read the trail
      slow_reading:
"""


@pytest.fixture
def book(tmp_path: Path) -> Path:
    plugins = tmp_path / "action_plugins"
    plugins.mkdir()
    (plugins / "slow_reading.py").write_text(ACTION)
    (tmp_path / "book.yml").write_text(textwrap.dedent(BOOK))
    return tmp_path / "book.yml"


def command(book: Path) -> list[str]:
    program = str(Path(sys.executable).with_name("ansible-playbook"))
    return [program, "-i", str(ROOT / "inventories/sandbox"), str(book)]


def test_on_a_terminal_one_line_is_rewritten_and_gone_at_the_end(sandbox: Sandbox, book: Path) -> None:
    env = environment(sandbox) | {"ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), "TERM": "xterm"}
    mine, theirs = pty.openpty()
    with subprocess.Popen(command(book), cwd=ROOT, env=env, stdin=theirs, stdout=theirs, stderr=theirs) as process:
        os.close(theirs)
        written = everything(mine)
    assert process.returncode == 0, written
    shown = re.findall(r"(\d+) of 15 files\x1b?", written)
    assert len(shown) >= 3
    assert [int(number) for number in shown] == sorted({int(number) for number in shown})
    left = on_screen(written)
    assert not [line for line in left if "files" in line], left
    assert [line for line in left if line.startswith("changed      Read the trail")], left


def test_without_a_terminal_lines_are_added(sandbox: Sandbox, book: Path) -> None:
    env = environment(sandbox) | {"ANSIBLE_CONFIG": str(ROOT / "ansible.cfg")}
    done = subprocess.run(command(book), cwd=ROOT, env=env, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert 1 <= len(re.findall(r"^  … \d+ of 15 files$", done.stdout, re.MULTILINE)) <= 3, done.stdout
    assert "\r" not in done.stdout
    assert "\x1b[K" not in done.stdout


def test_awx_gets_lines_although_it_gives_the_run_a_terminal(sandbox: Sandbox, book: Path) -> None:
    played = play(sandbox, book.parent, str(book), TERM="xterm")
    assert played.ok, played.stdout
    assert 1 <= len(re.findall(r"^  … \d+ of 15 files\r?$", played.stdout, re.MULTILINE)) <= 3, played.stdout
    assert "\x1b[K" not in played.stdout


def everything(terminal: int) -> str:
    found = b""
    while True:
        try:
            piece = os.read(terminal, 65536)
        except OSError:  # what Linux says when the other side is closed
            break
        if not piece:
            break
        found += piece
    os.close(terminal)
    return found.decode()


def on_screen(written: str) -> list[str]:
    """What stands there when everything has been written, by the three ways in which the cursor moves here."""
    lines = [""]
    column = 0
    for piece in re.findall(r"\x1b\[[0-9;]*[A-Za-z]|\r|\n|[^\r\n\x1b]+", written):
        if piece == "\r":
            column = 0
        elif piece == "\n":
            lines.append("")
        elif piece == "\x1b[K":
            lines[-1] = lines[-1][:column]
        elif not piece.startswith("\x1b"):
            lines[-1] = lines[-1][:column] + piece + lines[-1][column + len(piece) :]
            column += len(piece)
    return lines
