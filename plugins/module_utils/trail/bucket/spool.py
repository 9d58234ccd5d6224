# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Keeps what was fetched once on this machine's disk, for whoever wants it again: a file without a name, gone with the process."""

from __future__ import annotations

import os
import shutil
import tempfile
import threading

MOST = 16 * 1024**3
_SHARE_OF_FREE = 0.25
"""A disk that others need is not filled."""


class Spool:
    """Safe to share between threads. What does not fit is not kept."""

    def __init__(self, most: int = MOST) -> None:
        self._file = tempfile.TemporaryFile(prefix="cordon-trail-")  # noqa: SIM115  open for as long as somebody holds the spool
        self._most = min(most, int(shutil.disk_usage(tempfile.gettempdir()).free * _SHARE_OF_FREE))
        self._end = 0
        self._places: dict[str, tuple[int, int]] = {}
        self.signatures: dict[str, str] = {}
        """What stood beside objects: few have one."""
        self._lock = threading.Lock()

    def get(self, name: str) -> bytes | None:
        """What was kept under this name; None where nothing was."""
        place = self._places.get(name)
        return None if place is None else os.pread(self._file.fileno(), place[1], place[0])

    def has(self, name: str) -> bool:
        return name in self._places

    def keep(self, name: str, content: bytes) -> None:
        with self._lock:
            if name in self._places or self._end + len(content) > self._most:
                return
            start, self._end = self._end, self._end + len(content)
        written = 0
        try:
            while written < len(content):
                written += os.pwrite(self._file.fileno(), content[written:], start + written)
        except OSError:
            return  # the disk is full after all: it is fetched again
        self._places[name] = (start, len(content))
