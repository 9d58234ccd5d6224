"""One sandbox per test process, put back to its start before every test."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

sys.path.insert(0, str(Path(__file__).parent))

from sandbox_client import Sandbox

# The same as in tests/unit, so that `--hypothesis-profile` means the same; a test that takes seconds divides the number of examples.
settings.register_profile("quick", max_examples=100, deadline=None)
settings.register_profile("nightly", max_examples=5_000, deadline=None)
settings.load_profile("quick")


LONG = (
    "test_fleet.py",
    "test_fighting_attacker.py",
    "test_tracked_flows.py",
    "test_instances_given_back.py",
    "test_innocents.py",
    "test_demo.py",
    "test_restore_law.py",
)
"""Files that take a minute and more. They begin first: one that began last would keep a single process busy, and the others waiting."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: LONG.index(item.path.name) if item.path.name in LONG else len(LONG))


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    sandbox = Sandbox(tmp_path_factory.mktemp("sandbox") / "state", "--scenario", "leaked-key")
    yield sandbox
    assert sandbox.stop() == 0, "the sandbox did not stop cleanly"


@pytest.fixture
def sandbox(running: Sandbox) -> Sandbox:
    """A sandbox as it is at its start, with the scenario leaked-key."""
    running.control("POST", "/reset")
    return running
