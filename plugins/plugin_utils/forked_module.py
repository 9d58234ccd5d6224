# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Runs a module of ours in a fork of Ansible's worker, where that is the same as running it, and as Ansible does where it is not.

A module task on the controller costs a new Python that imports Ansible and boto3 all over again. The worker has both, and a fork of it
is as much a process of its own: what the module does to its globals, its directory or its signals is gone with it
(docs/decisions/0009). ansible.netcommon runs its modules inside the worker for the same reason (its option `import_modules`)."""

from __future__ import annotations

import atexit
import contextlib
import importlib
import json
import os
import select
import signal
import sys
import tempfile
import traceback
from collections.abc import Callable, Mapping
from io import FileIO
from pathlib import Path
from types import ModuleType
from typing import Any, BinaryIO, NoReturn

from ansible import constants
from ansible.module_utils import basic
from ansible.module_utils.common.json import Direction, get_module_encoder
from ansible.plugins.action.normal import ActionModule as NormalAction
from ansible.utils.display import Display
from ansible.vars.clean import remove_internal_keys

from ansible_collections.cordon.aws.plugins.module_utils.telling import tell_into
from ansible_collections.cordon.aws.plugins.plugin_utils.shown_progress import ShownProgress, has_screen

_MODULES = "ansible_collections.cordon.aws.plugins.modules."
_PROFILE = "legacy"
"""How Ansible encodes options and answers of modules that do not say otherwise."""
_INTERNAL = "ansible.module_utils._internal"
_HAS_SCREEN = has_screen()
"""Seen before Ansible forks its workers, which have no terminal any more."""
_LOOKS_EVERY_S = 0.5


def loaded(name: str) -> ModuleType | None:
    """A module of ours, imported before Ansible forks its workers, which then have it; None where it cannot be, which running it as
    Ansible does will tell."""
    try:
        return importlib.import_module(_MODULES + name)
    except ImportError:
        return None


class ForkedModule(NormalAction):  # type: ignore[misc]
    """The action of a module. A class that derives from it says of which."""

    MODULE: ModuleType | None = None

    def _execute_module(self, *arguments: Any, task_vars: dict[str, Any] | None = None, **options: Any) -> Any:
        others = arguments or any(value for name, value in options.items() if name != "wrap_async")
        if self.MODULE is None or others or options.get("wrap_async") or not self._may_fork(task_vars or {}):
            return super()._execute_module(*arguments, task_vars=task_vars, **options)
        given = dict(self._task.args)
        self._update_module_args(self._task.action, given, task_vars or {})
        environment: dict[str, str] = {}
        self._compute_environment_string(environment)
        text = json.dumps(
            {"ANSIBLE_MODULE_ARGS": given}, cls=get_module_encoder(_PROFILE, Direction.CONTROLLER_TO_MODULE)
        )
        alone = len((task_vars or {}).get("ansible_play_hosts", ())) <= 1
        shown = ShownProgress(Display(), rewrites=_HAS_SCREEN and alone)
        answer = self._parse_returned_data(_run(self.MODULE.main, text.encode(), environment, shown), _PROFILE)
        remove_internal_keys(answer)
        return answer

    def _may_fork(self, task_vars: Mapping[str, Any]) -> bool:
        """Whether the module would run here, as this user, with this Python, and nobody wants to see how it is run."""
        return (
            self._connection.transport in ("local", "ansible.builtin.local")
            and not self._task.delegate_to
            and not self._task.async_val
            and not self._play_context.become
            and not constants.DEFAULT_KEEP_REMOTE_FILES
            and self._templar.template(task_vars.get("ansible_python_interpreter")) == sys.executable
            and hasattr(os, "fork")
            and hasattr(basic, "_ANSIBLE_ARGS")
            and hasattr(basic, "_ANSIBLE_PROFILE")
            and hasattr(sys.modules.get(_INTERNAL), "is_controller")
        )


def _run(
    main: Callable[[], None], arguments: bytes, environment: Mapping[str, str], shown: ShownProgress
) -> dict[str, Any]:
    """Run a module's main in a fork. Returns what a command does: stdout, stderr, rc."""
    told, telling = os.pipe()
    with (
        tempfile.TemporaryFile() as output,
        tempfile.TemporaryFile() as errors,
        os.fdopen(told, "rb", buffering=0) as progress,
    ):
        sys.stdout.flush()
        sys.stderr.flush()
        child = os.fork()
        if not child:
            tell_into(telling)
            _be_the_module(main, arguments, environment, output, errors)
        try:
            os.close(telling)
            status = _waited_for(child, progress, shown)
        except BaseException:
            # The task was stopped, by its `timeout` or by a person: its module must not go on alone.
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            raise
        finally:
            shown.end()
        return {"stdout": _all_of(output), "stderr": _all_of(errors), "rc": os.waitstatus_to_exitcode(status)}


def _waited_for(child: int, progress: FileIO, shown: ShownProgress) -> int:
    """The status that the child ends with. Meanwhile, what it tells is shown."""
    poll = select.poll()
    poll.register(progress, select.POLLIN)
    while True:
        if poll.poll(_LOOKS_EVERY_S * 1000):
            received = progress.read(select.PIPE_BUF)
            if not received:
                return os.waitpid(child, 0)[1]
            shown.take(received)
            continue
        # Who else has the other end, of the processes that the child began, may have outlived it.
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return status


def _all_of(file: BinaryIO) -> str:
    file.seek(0)
    return file.read().decode(errors="replace")


def _be_the_module(
    main: Callable[[], None], arguments: bytes, environment: Mapping[str, str], output: BinaryIO, errors: BinaryIO
) -> NoReturn:
    """In the fork: nothing of this returns to Ansible, whatever happens."""
    code = 1
    try:
        for handled in (signal.SIGINT, signal.SIGTERM, signal.SIGALRM):
            signal.signal(handled, signal.SIG_DFL)
        # What Ansible wants done at its own end is not the module's to do.
        atexit._clear()
        with Path(os.devnull).open("rb") as nothing:
            for source, number in ((nothing, 0), (output, 1), (errors, 2)):
                os.dup2(source.fileno(), number)
        sys.stdin, sys.stdout, sys.stderr = os.fdopen(0, "r"), os.fdopen(1, "w"), os.fdopen(2, "w")
        os.environ.update({name: str(value) for name, value in environment.items()})
        sys.modules[_INTERNAL].is_controller = False  # type: ignore[attr-defined]
        basic._ANSIBLE_ARGS, basic._ANSIBLE_PROFILE = arguments, _PROFILE
        main()
    except SystemExit as done:
        code = done.code if isinstance(done.code, int) else int(bool(done.code))
    except BaseException:  # noqa: BLE001  told on stderr, as a process of its own would
        traceback.print_exc()
    finally:
        with contextlib.suppress(BaseException):
            atexit._run_exitfuncs()
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)
