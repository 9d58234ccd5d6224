"""What is told of a long read: every figure that is known, and no time left before it can be told."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cordon.aws.plugins.module_utils.trail.event_log import Progress
from ansible_collections.cordon.aws.plugins.module_utils.trail.progress import ToldProgress, time_left_s, words

GIB = 1024**3


@pytest.mark.parametrize(
    ("progress", "elapsed_s", "said"),
    [
        (Progress(), 0.0, "0 events"),
        (Progress(files=3, events=1200), 10.0, "3 files, 1,200 events"),
        (
            Progress(files=10, files_total=40, size=GIB // 2, size_total=2 * GIB, events=7),
            20.0,
            "10 of 40 files, 0.5 of 2.0 GiB, 7 events, 1 min 0 s left",
        ),
        (Progress(files=10, files_total=40, events=7), 20.0, "10 of 40 files, 7 events, 1 min 0 s left"),
        (
            Progress(files=1, size=1000, size_total=1000, files_total=1),
            3.0,
            "1 of 1 files, 1000 of 1000 B, 0 events, 0 s left",
        ),
        (Progress(files=1, files_total=1000), 20.0, "1 of 1,000 files, 0 events, 5 h 33 min left"),
        (Progress(files=10, files_total=40), 0.5, "10 of 40 files, 0 events"),
        # More than was listed: someone else still writes, and nothing can be said.
        (Progress(files=41, files_total=40), 20.0, "41 of 40 files, 0 events"),
    ],
)
def test_what_is_known_is_said(progress: Progress, elapsed_s: float, said: str) -> None:
    assert words(progress, elapsed_s) == said


@given(done=st.integers(1, 1000), more=st.integers(0, 1000), elapsed_s=st.floats(2, 1e6))
def test_at_an_even_pace_what_is_left_takes_its_share(done: int, more: int, elapsed_s: float) -> None:
    left_s = time_left_s(Progress(files=done, files_total=done + more), elapsed_s)
    assert left_s is not None
    assert left_s * done == pytest.approx(elapsed_s * more)


def test_it_is_told_a_few_times_a_second() -> None:
    now, told = [0.0], []
    report = ToldProgress(clock=lambda: now[0], say=told.append)
    for tenth in range(100):
        now[0] = tenth / 100
        report(Progress(events=tenth))
    assert [text for text in told if text.startswith("0 ")]
    assert 4 <= len(told) <= 6
