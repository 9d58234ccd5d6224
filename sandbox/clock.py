"""The sandbox's own time: real time plus what POST /clock added."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


class Clock:
    """Aware UTC times. Only ever goes forward."""

    def __init__(self) -> None:
        self._ahead = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self._ahead

    def advance(self, seconds: float) -> None:
        """Go `seconds` forward at once."""
        self._ahead += timedelta(seconds=seconds)

    @property
    def ahead(self) -> timedelta:
        """How far sandbox time is ahead of real time."""
        return self._ahead

    def reset(self) -> None:
        self._ahead = timedelta()
