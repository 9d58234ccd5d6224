# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Tells the person who waits for a module how far it is, where somebody can be told: Ansible shows nothing of a module until it ends.

In a fork of Ansible's worker (docs/decisions/0009) a pipe leads to the worker, which shows what comes (plugin_utils/shown_progress.py).
Anywhere else nothing is told."""

from __future__ import annotations

import contextlib
import os

LONGEST = 400
"""Characters. What is written at once in so few bytes arrives whole: https://man7.org/linux/man-pages/man7/pipe.7.html (PIPE_BUF)."""

_pipes: list[int] = []


def tell_into(pipe: int) -> None:
    """Tell what is told from now on into this pipe. A full one is not waited for: who waits wants the newest, and the work goes on."""
    os.set_blocking(pipe, False)
    _pipes[:] = [pipe]


def is_heard() -> bool:
    """Whether there is anybody to tell, so that nobody needs to prepare what nobody reads."""
    return bool(_pipes)


def tell(text: str) -> None:
    """One line about how far it is. Replaces the line before."""
    for pipe in _pipes:
        with contextlib.suppress(OSError):
            os.write(pipe, f"{' '.join(text.split())[:LONGEST]}\n".encode(errors="replace"))
