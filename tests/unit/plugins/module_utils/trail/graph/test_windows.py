"""Windows hold what was put into them, and nothing else."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cordon.aws.plugins.module_utils.trail.graph.windows import EVER, Windows

MOMENTS = st.integers(0, 30)


def test_nothing_is_held_by_none() -> None:
    assert not Windows().hold(0)


@given(st.lists(st.tuples(MOMENTS, MOMENTS), max_size=12))
def test_they_hold_each_of_their_moments(spans: list[tuple[int, int]]) -> None:
    windows, held = Windows(), set[int]()
    for start, end in spans:
        more = set(range(start, end)) - held
        assert windows.add(start, end) == bool(more), (start, end)
        held |= more
        assert {moment for moment in range(31) if windows.hold(moment)} == held


def test_some_are_open() -> None:
    windows = Windows()
    assert windows.add(5, EVER)
    assert not windows.add(7, EVER)
    assert windows.hold(10**10)
    assert not windows.hold(4)
