"""Runs scripts of this folder in processes of their own, which may die; forked from one that has imported what they need, because a new
Python for each would spend most of its time importing."""

from __future__ import annotations

import multiprocessing
import os
import runpy
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

_UTILS = "ansible_collections.cordon.aws.plugins.module_utils."
_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(
    [f"{_UTILS}{name}" for name in ("case", "journal", "instance_containment", "merging", "targets.catalogue")]
)


def status_of(script: str, arguments: Sequence[str], environment: Mapping[str, str], timeout: float = 60) -> int:
    """The exit status of a script that is run with these arguments in this environment."""
    path = str(Path(__file__).parent / script)
    process = _FORKS.Process(target=_run, args=(path, list(arguments), dict(environment)))
    process.start()
    process.join(timeout)
    if process.exitcode is None:
        process.kill()
        process.join()
        raise TimeoutError(f"{script} {arguments} was not done after {timeout} seconds")
    return process.exitcode


def _run(path: str, arguments: list[str], environment: dict[str, str]) -> None:
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = [path, *arguments]
    runpy.run_path(path, run_name="__main__")
