"""The sandbox's own time: real time plus what POST /clock added."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

_FURTHEST_S = 100 * 366 * 86_400


class Clock:
    """Aware UTC times. Only ever goes forward, and not so far that dates end."""

    def __init__(self) -> None:
        self._ahead = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self._ahead

    def advance(self, seconds: float) -> None:
        """Go `seconds` forward at once. Raises ValueError for what is not a way forward."""
        if not 0 <= seconds <= _FURTHEST_S - self._ahead.total_seconds():
            raise ValueError(f"advance_s must be 0 or more, and {_FURTHEST_S} at most in all: time does not go back")
        self._ahead += timedelta(seconds=seconds)

    @property
    def ahead(self) -> timedelta:
        """How far sandbox time is ahead of real time."""
        return self._ahead

    def reset(self) -> None:
        self._ahead = timedelta()
