# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Keeps requests within a rate that AWS allows, whoever in this process sends them."""

from __future__ import annotations

import threading
import time

_LONGEST = 8
"""Periods that are waited at most after throttles."""
_LOST_S = 60.0
"""An attempt that nobody has told the end of by then takes no room any longer."""


class Pace:
    """At most `most` requests are under way, or were answered less than `period_s` ago: however long one travels, AWS never counts more
    of them within a period. Shared by threads; each sends one request at a time."""

    def __init__(self, most: int, period_s: float) -> None:
        self._most = most
        self._period_s = period_s
        self._changed = threading.Condition()
        self._under_way: dict[int, float] = {}
        """Thread -> until when its request takes room at most."""
        self._answered: list[float] = []
        """Until when requests that were answered take room."""
        self.throttled = 0
        """How often AWS said that it was too much all the same: somebody else asks, too."""
        self._in_a_row = 0

    def begin(self) -> None:
        """Wait for room, and take it."""
        with self._changed:
            while (wait := self._wait()) > 0:
                self._changed.wait(wait)
            self._under_way[threading.get_ident()] = time.monotonic() + _LOST_S

    def end(self, *, throttled: bool = False) -> None:
        """The request of this thread was answered, or is lost. After a throttle nobody asks for a whole period, after several in a row for
        longer."""
        with self._changed:
            now = time.monotonic()
            if self._under_way.pop(threading.get_ident(), None) is not None:
                self._answered.append(now + self._period_s)
            self._in_a_row = self._in_a_row + 1 if throttled else 0
            if throttled:
                self.throttled += 1
                self._answered = [now + self._period_s * min(self._in_a_row, _LONGEST)] * self._most
            self._changed.notify_all()

    def _wait(self) -> float:
        """For how long there is no room yet."""
        now = time.monotonic()
        self._answered = [until for until in self._answered if until > now]
        self._under_way = {thread: until for thread, until in self._under_way.items() if until > now}
        taken = sorted([*self._answered, *self._under_way.values()])
        return 0.0 if len(taken) < self._most else taken[-self._most] - now
