"""Searching a trail: whole processes against unpacking the same files by the fastest library, and against DuckDB's first filter alone.

Wall-clock time says little while others use the same cores, so that processor time stands beside it; the runs take turns."""

from __future__ import annotations

import json
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import generated_trail
import pytest

RUNS = 5
SEARCH = Path(__file__).with_name("search_trail.py")
SIZES = (200_000, 2_000_000)
MIB = 1 << 20


class Run(NamedTuple):
    seconds: float
    cpu_s: float
    said: dict[str, int]


@pytest.fixture(scope="module", params=SIZES, ids="{:,} events".format)
def trail(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, int]:
    """In CORDON_BENCH_TRAILS, if set, a trail stays for the next time."""
    kept = os.environ.get("CORDON_BENCH_TRAILS")
    folder = Path(kept) if kept else tmp_path_factory.mktemp("trails")
    place = folder / str(request.param)
    if not place.exists():
        generated_trail.write(place, request.param)
    return place, request.param


def run(what: str, folder: Path, *options: str) -> Run:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, str(SEARCH), what, str(folder), *options], check=True, stdout=subprocess.PIPE
    )
    seconds = time.perf_counter() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    return Run(seconds, cpu, json.loads(done.stdout))


def spread(values: list[float]) -> str:
    return f"{min(values):.2f} to {max(values):.2f}"


def test_a_trail(trail: tuple[Path, int], figures: Callable[..., None]) -> None:
    folder, events = trail
    rows = [(run("ours", folder), run("isal", folder)) for _number in range(RUNS)]
    for mine, _plain in rows:
        assert mine.said["found"] == max(1 + sum(generated_trail.SESSIONS), events // 100)
        assert mine.said["read"] == events
        assert mine.said["gaps"] == 0
    what = f"search of {events:,} events for a key and all that descends from it"
    rates = [plain.seconds / mine.seconds for mine, plain in rows]
    shares = [plain.cpu_s / mine.cpu_s for mine, plain in rows]
    figures(
        f"{what}, whole process",
        statistics.median(mine.seconds for mine, _plain in rows),
        statistics.median(plain.seconds for _mine, plain in rows),
        "s",
        f"plain: isal unpacks the files on the same cores; {statistics.median(rates):.0%} of its rate ({spread(rates)}); "
        "aim: 50 % at least",
    )
    figures(
        "processor time of it",
        statistics.median(mine.cpu_s for mine, _plain in rows),
        statistics.median(plain.cpu_s for _mine, plain in rows),
        "s",
        f"{statistics.median(shares):.0%} of its rate ({spread(shares)})",
    )
    memory = run("ours", folder, "memory").said["memory"] / MIB
    figures("peak memory of all its processes", memory, None, "MiB", "aim: under 500 MiB, flat")
    if events > SIZES[0]:
        return  # DuckDB takes minutes, and no other ratio
    first_filter = run("duckdb", folder)
    assert first_filter.said["found"] > 0
    figures(
        "the same, against DuckDB's first filter alone",
        statistics.median(mine.cpu_s for mine, _plain in rows),
        first_filter.cpu_s,
        "s",
        "processor time; plain: read_json, the records of the key itself and nobody else's; aim: 0.125 at most",
    )
