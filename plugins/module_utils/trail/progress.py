# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How far the reading of a log is, in words: files, bytes, events, and how long it still takes."""

from __future__ import annotations

import time
from collections.abc import Callable

from ansible_collections.cordon.aws.plugins.module_utils.telling import is_heard, tell
from ansible_collections.cordon.aws.plugins.module_utils.trail.event_log import Progress

_EVERY_S = 0.2
_SURE_AFTER_S = 2.0
"""Before, what is read says little about what is still to be read."""
_UNITS = ("B", "KiB", "MiB", "GiB", "TiB")


class ToldProgress:
    """A Report that tells whoever waits, a few times a second at most."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, say: Callable[[str], None] = tell) -> None:
        self._clock = clock
        self._say = say
        self._began = clock()
        self._last = self._began - _EVERY_S

    def __call__(self, progress: Progress) -> None:
        now = self._clock()
        if now - self._last >= _EVERY_S and (self._say is not tell or is_heard()):
            self._last = now
            self._say(words(progress, now - self._began))


def words(progress: Progress, elapsed_s: float) -> str:
    """ "12,000 of 40,000 files, 0.8 of 2.4 GiB, 2,345,678 events, 40 s left"; what nobody knows is left out."""
    parts = []
    if progress.files or progress.files_total:
        of = f" of {progress.files_total:,}" if progress.files_total else ""
        parts.append(f"{progress.files:,}{of} {progress.counted}")
    if progress.size or progress.size_total:
        parts.append(_sizes(progress.size, progress.size_total))
    parts.append(f"{progress.events:,} events")
    left_s = time_left_s(progress, elapsed_s)
    if left_s is not None:
        parts.append(f"{_duration(left_s)} left")
    return ", ".join(parts)


def time_left_s(progress: Progress, elapsed_s: float) -> float | None:
    """By what has been read so far, of the bytes where their number is known, else of the files. None where nothing can be said."""
    done, total = (
        (progress.size, progress.size_total) if progress.size_total else (progress.files, progress.files_total)
    )
    # Answers lead to more questions: of these nobody knows how many there are.
    if not 0 < done <= total or elapsed_s < _SURE_AFTER_S or progress.counted != "files":
        return None
    return elapsed_s * (total - done) / done


def _sizes(done: int, total: int) -> str:
    """Both in the unit of the larger one."""
    exponent = 0
    while max(done, total) >= 1024 ** (exponent + 1) and exponent < len(_UNITS) - 1:
        exponent += 1
    unit = 1024**exponent
    digits = 1 if exponent else 0
    of = f" of {total / unit:.{digits}f}" if total else ""
    return f"{done / unit:.{digits}f}{of} {_UNITS[exponent]}"


def _duration(seconds: float) -> str:
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"
