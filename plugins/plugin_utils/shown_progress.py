# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Shows what a module in a fork tells of how far it is: on a terminal one line that is rewritten, elsewhere a line now and then."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from typing import Protocol

from ansible_collections.cordon.aws.plugins.plugin_utils.run_lines import one_line

EVERY_S = 10.0
"""How often a line is added where lines cannot be rewritten: a log is read later, too."""
_REWRITES_EVERY_S = 0.2
_START, _CLEAR = "\r", "\x1b[K"
"""To the start of the line; clear what is behind. https://man7.org/linux/man-pages/man4/console_codes.4.html"""


class Display(Protocol):
    """What is needed of Ansible's Display; in a worker it hands all over to the process that has the terminal."""

    columns: int

    def display(self, msg: str, *, screen_only: bool = ..., newline: bool = ...) -> None: ...


def has_screen() -> bool:
    """Whether a person looks at the output of this process on a terminal. ansible-runner, and with it AWX, gives a run a terminal of its
    own that nobody looks at, and takes each line for a line of its log."""
    is_run_for_others = "AWX_ISOLATED_DATA_DIR" in os.environ
    return sys.stdout.isatty() and os.environ.get("TERM") not in (None, "dumb") and not is_run_for_others


class ShownProgress:
    """`rewrites`: whether the line may be rewritten, which is so on a terminal that only one task writes to."""

    def __init__(self, display: Display, *, rewrites: bool, clock: Callable[[], float] = time.monotonic) -> None:
        self._display = display
        self._rewrites = rewrites
        self._clock = clock
        self._every_s = _REWRITES_EVERY_S if rewrites else EVERY_S
        self._last = clock()
        self._is_on_screen = False
        self._rest = b""

    def take(self, received: bytes) -> None:
        """Show the newest of the lines in there, if it is time to show one. Parts of a line wait for the rest."""
        *lines, self._rest = (self._rest + received).split(b"\n")
        if lines and self._clock() - self._last >= self._every_s:
            self._last = self._clock()
            self._show(one_line(lines[-1].decode(errors="replace")))

    def end(self) -> None:
        """Leave nothing on the screen that the task's result does not say."""
        if self._is_on_screen:
            self._display.display(f"{_START}{_CLEAR}{_START}", screen_only=True, newline=False)

    def _show(self, text: str) -> None:
        if not self._rewrites:
            self._display.display(f"  … {text}")
            return
        # A terminal shows what is written once the line, or the way back to its start, is.
        cut = f"  … {text}"[: max(20, self._display.columns - 1)]
        self._display.display(f"{_START}{_CLEAR}{cut}{_START}", screen_only=True, newline=False)
        self._is_on_screen = True
