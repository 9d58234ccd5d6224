"""Benchmarks: whole work against the same work done plainly, in the same run. Figures go to docs/performance.md."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1] / "integration"))

PAGE = Path(__file__).parents[2] / "docs" / "performance.md"
HEAD = """# Performance

Written by `make bench`; ratios compare with the same work by a raw script, or by bare moto, in the same run. Seconds are this
machine's and say little about yours.

Last run: {when:%Y-%m-%d}, Python {python}, {cores} cores.

| what | ours | plain | ratio | remark |
| --- | ---: | ---: | ---: | --- |
"""


@pytest.fixture(scope="session")
def figures(request: pytest.FixtureRequest) -> Iterator[Callable[..., None]]:
    """Takes one row: what, ours, plain, unit, remark. The page is written after a whole run without failures."""
    rows: list[str] = []

    def add(what: str, ours: float, plain: float | None, unit: str, remark: str = "") -> None:
        shown = f"{plain:,.2f} {unit}" if plain is not None else "-"
        ratio = f"{ours / plain:.2f}" if plain else "-"
        rows.append(f"| {what} | {ours:,.2f} {unit} | {shown} | {ratio} | {remark} |")
        print(rows[-1])

    yield add
    whole = request.config.args == [str(Path("tests") / "benchmarks")] and not request.config.getoption("keyword")
    if request.session.testsfailed or not whole:
        return
    text = HEAD.format(when=datetime.now(UTC), python=platform.python_version(), cores=os.cpu_count())
    PAGE.write_text(text + "\n".join(rows) + "\n", encoding="utf-8")
