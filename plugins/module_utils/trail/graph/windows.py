# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""When a word counts: times at which it does, one after the other, put together where they touch. Pure."""

from __future__ import annotations

from bisect import bisect_right
from typing import Final

EVER: Final = 2**62
"""Later than any moment; its negative, earlier."""


class Windows:
    """Moments are whole seconds; a window holds its first, and not its last."""

    __slots__ = ("_ends", "_starts")

    def __init__(self) -> None:
        self._starts: list[int] = []
        self._ends: list[int] = []

    def add(self, start: int, end: int) -> bool:
        """Whether it holds more than before."""
        place = bisect_right(self._starts, start)
        first = place - 1 if place and self._ends[place - 1] >= start else place
        if first < place and self._ends[first] >= end:
            return False
        if start >= end:
            return False
        last = first
        while last < len(self._starts) and self._starts[last] <= end:
            start, end = min(start, self._starts[last]), max(end, self._ends[last])
            last += 1
        self._starts[first:last], self._ends[first:last] = [start], [end]
        return True

    def hold(self, moment: int) -> bool:
        place = bisect_right(self._starts, moment)
        return bool(place) and moment < self._ends[place - 1]
