"""Settings and the clock: what can be set, and that time only goes forward."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sandbox.clock import Clock
from sandbox.settings import Settings


def test_a_change_leaves_the_other_settings_alone() -> None:
    assert Settings(latency_ms=5).changed({"iam_propagation_s": 4}) == Settings(latency_ms=5, iam_propagation_s=4)


def test_no_change_is_a_change() -> None:
    assert Settings(authorize=False).changed({}) == Settings(authorize=False)


@pytest.mark.parametrize(
    "wish",
    [
        {"colour": 1},
        {"latency_ms": -1},
        {"latency_ms": 86_401},
        {"latency_ms": float("nan")},
        {"latency_ms": True},
        {"iam_propagation_s": "4"},
        {"cloudtrail_delivery_s": None},
        {"authorize": 1},
    ],
)
def test_what_cannot_be_set_is_refused(wish: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(wish))):
        Settings().changed(wish)


def test_the_clock_goes_with_real_time_and_what_was_added() -> None:
    clock = Clock()
    clock.advance(3600)
    clock.advance(0.5)
    assert abs(clock.now() - datetime.now(UTC) - timedelta(seconds=3600.5)) < timedelta(seconds=5)
    clock.reset()
    assert clock.ahead == timedelta()


@pytest.mark.parametrize("seconds", [-1, float("nan"), float("inf"), 1e12])
def test_the_clock_goes_neither_back_nor_out_of_the_calendar(seconds: float) -> None:
    clock = Clock()
    with pytest.raises(ValueError, match="time does not go back"):
        clock.advance(seconds)
    assert clock.ahead == timedelta()


def test_many_jumps_do_not_leave_the_calendar_either() -> None:
    clock, decade = Clock(), 10 * 366 * 86_400
    for _jump in range(10):
        clock.advance(decade)
    with pytest.raises(ValueError, match="time does not go back"):
        clock.advance(decade)
    assert clock.now().year < 9999
