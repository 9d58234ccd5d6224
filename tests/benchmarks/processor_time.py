"""The processor time of a program that runs, what it has started included."""

from __future__ import annotations

import contextlib
import time

import psutil

LOOK_FOR_CHILDREN_S = 0.2


class ProcessorTime:
    """Asked often, so that it looks for new children now and then only: what one of them uses before that is missed by as much."""

    def __init__(self, pid: int) -> None:
        self._root = psutil.Process(pid)
        self._all = [self._root]
        self._looked = 0.0

    def used_s(self) -> float:
        """Seconds until now, of children that have ended too."""
        now = time.monotonic()
        if now - self._looked > LOOK_FOR_CHILDREN_S:
            with contextlib.suppress(psutil.NoSuchProcess):
                self._all = [self._root, *self._root.children(recursive=True)]
            self._looked = now
        return sum(map(_used_s, self._all))


def _used_s(process: psutil.Process) -> float:
    try:
        return float(sum(process.cpu_times()[:4]))
    except psutil.NoSuchProcess:
        return 0.0
