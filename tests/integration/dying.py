"""Runs a program that is to die, in a fork of this process: as dead as a process of its own, without the time a new Python takes."""

from __future__ import annotations

import os
import runpy
import sys
import time
import traceback
import warnings
from collections.abc import Sequence
from pathlib import Path

from sandbox_client import Sandbox, environment

# What the programs import is imported here once, and not by every fork.
from ansible_collections.cordon.aws.plugins.module_utils import engine, instance_containment, journal
from ansible_collections.cordon.aws.plugins.module_utils.organizations import scp_writer
from ansible_collections.cordon.aws.plugins.module_utils.targets import catalogue

WARM = (engine, instance_containment, journal, scp_writer, catalogue)
DIED = 9
_FAILED = 1
_MOST_S = 120


def run_dying(program: str, sandbox: Sandbox, arguments: Sequence[str]) -> int:
    """The exit status of a program of this folder: 0, DIED, or 1 with the reason on standard error."""
    with warnings.catch_warnings():
        # The child runs Python only, and takes no lock that another thread of a test process holds.
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        _run(Path(__file__).parent / program, sandbox, arguments)
    deadline = time.monotonic() + _MOST_S
    while time.monotonic() < deadline:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.01)
    os.kill(child, 9)
    os.waitpid(child, 0)
    raise AssertionError(f"{program} {list(arguments)} did not end within {_MOST_S} s")


def _run(program: Path, sandbox: Sandbox, arguments: Sequence[str]) -> None:
    """Never returns: whatever happens, the fork must not go on with its parent's tests."""
    status = _FAILED
    try:
        wanted = environment(sandbox)
        os.environ.clear()
        os.environ.update(wanted)
        sys.argv = [str(program), *arguments]
        runpy.run_path(str(program), run_name="__main__")
        status = 0
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else 0 if end.code is None else _FAILED
        if isinstance(end.code, str):
            sys.stderr.write(end.code)
    except BaseException:  # noqa: BLE001 - told, and the fork ends
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(status)
