"""A rate is kept by all threads together, however long answers take."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from ansible_collections.cordon.aws.plugins.module_utils.pace import Pace

PERIOD_S = 0.1


def most_within_a_period(times: list[float]) -> int:
    return max(sum(start <= time < start + PERIOD_S for time in times) for start in times)


@pytest.mark.parametrize("answer_s", [0.0, 0.03, 0.15])
def test_no_period_ever_sees_more_requests_than_allowed(answer_s: float) -> None:
    pace, arrived, lock = Pace(2, PERIOD_S), [], threading.Lock()

    def ask(_number: int) -> None:
        pace.begin()
        # It arrives at some moment of its way: at the end here, which is the worst.
        waited = threading.Event()
        waited.wait(answer_s)
        with lock:
            arrived.append(time.monotonic())
        pace.end()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(ask, range(12)))
    assert len(arrived) == 12
    assert most_within_a_period(arrived) <= 2


def test_two_may_go_at_once() -> None:
    pace, began = Pace(2, 60), time.monotonic()
    for _number in range(2):
        pace.begin()
        pace.end()
    assert time.monotonic() - began < 10


def test_after_a_throttle_nobody_asks_for_a_period() -> None:
    pace = Pace(2, PERIOD_S)
    pace.begin()
    pace.end(throttled=True)
    throttled = time.monotonic()
    pace.begin()
    assert time.monotonic() - throttled > PERIOD_S * 0.8
    assert pace.throttled == 1


def test_an_end_without_a_beginning_takes_no_room() -> None:
    pace, began = Pace(1, 60), time.monotonic()
    pace.end()
    pace.begin()
    assert time.monotonic() - began < 10
