# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A run as a tired responder can read it: a line per task, a block per target, failures in full."""

from __future__ import annotations

DOCUMENTATION = r"""
name: summary
type: stdout
short_description: A readable run, for responders
version_added: 0.1.0
author:
  - Cordon maintainers (@cordon-maintainers)
description:
  - Prints one line for each task that matters, with what became of each target below it, and failures in full.
  - In check mode it says what would be done, with the plan's id. With C(--diff) it shows differences as usual.
  - Keeps quiet about skipped tasks and about Ansible's own tasks that changed nothing, never about failures.
  - With C(-v) and more it is the default output.
  - Spells out control characters in what it prints, and does not print what C(no_log) hides.
requirements:
  - set as stdout in configuration
extends_documentation_fragment:
  - default_callback
  - result_format_callback
"""

EXAMPLES = r"""
ansible.cfg: |
  [defaults]
  stdout_callback = cordon.aws.summary
"""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from copy import deepcopy
from typing import Any

from ansible import constants
from ansible.plugins.callback.default import CallbackModule as Default

from ansible_collections.cordon.aws.plugins.plugin_utils.run_lines import (
    Line,
    block,
    clean,
    failure_lines,
    is_response,
    message_lines,
    one_line,
    recap_line,
    response_lines,
    status_of,
    task_line,
    verdict,
)

# What ansible-core says of a failure that came without a message.
_NO_MESSAGE = "Unknown error."


class CallbackModule(Default):  # type: ignore[misc]
    """Ansible's default output, replaced where a person reads it; what goes wrong here falls back to the default's."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "stdout"
    CALLBACK_NAME = "cordon.aws.summary"

    def __init__(self) -> None:
        super().__init__()
        self._started: dict[tuple[str, str], float] = {}
        self._names: dict[str, str] = {}
        self._planned: Counter[str] = Counter()

    # Plays and tasks

    def v2_playbook_on_start(self, playbook: Any) -> None:
        if self._is_verbose:
            super().v2_playbook_on_start(playbook)

    def v2_playbook_on_play_start(self, play: Any) -> None:
        if self._is_verbose:
            super().v2_playbook_on_play_start(play)
            return
        self._play = play
        mode = " (check mode: nothing is changed)" if getattr(play, "check_mode", False) else ""
        self._show([Line(f"{one_line(play.get_name()) or 'Play'}{mode}")])

    def v2_playbook_on_task_start(self, task: Any, is_conditional: bool) -> None:
        if self._is_verbose:
            super().v2_playbook_on_task_start(task, is_conditional)
        else:
            self._begin("", task)

    def v2_playbook_on_handler_task_start(self, task: Any) -> None:
        if self._is_verbose:
            super().v2_playbook_on_handler_task_start(task)
        else:
            self._begin("", task)

    def v2_runner_on_start(self, host: Any, task: Any) -> None:
        self._begin(str(host), task)
        super().v2_runner_on_start(host, task)

    def v2_playbook_on_include(self, included_file: Any) -> None:
        if self._is_verbose:
            super().v2_playbook_on_include(included_file)

    def v2_playbook_on_no_hosts_remaining(self) -> None:
        if self._is_verbose:
            super().v2_playbook_on_no_hosts_remaining()
        else:
            self._show([Line("No host is left: the play stops here.", "failed")])

    def _print_task_banner(self, task: Any) -> None:
        """The heading of what the default output prints for us: a difference, or a result that we could not render."""
        if self._is_verbose:
            super()._print_task_banner(task)
        else:
            self._last_task_banner = task._uuid
            self._show([Line(f"{self._name(task)}:")])

    # Results

    def v2_runner_on_ok(self, result: Any) -> None:
        if getattr(result.task, "check_mode", False) and result.result.get("changed"):
            self._planned[result.host.get_name()] += 1
        self._render(result, self._ok_lines, super().v2_runner_on_ok)

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        def lines(outcome: Mapping[str, Any], task: Any, label: str) -> list[Line] | None:
            return self._failed_lines(outcome, task, label, ignored=ignore_errors)

        self._render(result, lines, lambda entry: super(CallbackModule, self).v2_runner_on_failed(entry, ignore_errors))

    def v2_runner_on_unreachable(self, result: Any) -> None:
        def lines(outcome: Mapping[str, Any], task: Any, label: str) -> list[Line] | None:
            ignored = [Line("  ignored")] if getattr(task, "ignore_unreachable", False) else []
            said = self._said(outcome)
            return [task_line(self._name(task), "unreachable", "failed", label, None), *said, *ignored]

        self._render(result, lines, super().v2_runner_on_unreachable)

    def v2_runner_on_skipped(self, result: Any) -> None:
        self._render(result, lambda _outcome, _task, _label: [], super().v2_runner_on_skipped)

    def v2_runner_item_on_ok(self, result: Any) -> None:
        self._render(result, self._item_lines, super().v2_runner_item_on_ok)

    def v2_runner_item_on_failed(self, result: Any) -> None:
        self._render(result, self._item_lines, super().v2_runner_item_on_failed)

    def v2_runner_item_on_skipped(self, result: Any) -> None:
        self._render(result, lambda _outcome, _task, _label: [], super().v2_runner_item_on_skipped)

    def v2_playbook_on_stats(self, stats: Any) -> None:
        if self._is_verbose:
            super().v2_playbook_on_stats(stats)
            return
        check = bool(getattr(self._play, "check_mode", False))
        for host in sorted(stats.processed):
            counts = dict(stats.summarize(host))
            if not check:  # what only planned has changed nothing
                counts |= {"changed": counts["changed"] - self._planned[host], "would change": self._planned[host]}
            self._show([recap_line(host, counts, check=check)])
        if stats.custom and self._option("show_custom_stats"):
            for name in sorted(stats.custom):
                self._show(block([f"{name}: {self._dump_results(stats.custom[name])}"], indent=""))

    def _handle_warnings_and_exception(self, result: Any) -> None:
        """As the default, without the message of a failure that `no_log` hides, which the default prints."""
        if "censored" in result.result:
            result.result.pop("exception", None)
        super()._handle_warnings_and_exception(result)

    def _get_diff(self, difflist: Any) -> Any:
        """As the default, from text that cannot act on a terminal."""
        if self._is_verbose:
            return super()._get_diff(difflist)
        listed = deepcopy(difflist if isinstance(difflist, list) else [difflist])
        for entry in listed:
            for name in ("before", "after", "before_header", "after_header", "prepared"):
                if isinstance(entry, dict) and isinstance(entry.get(name), str):
                    entry[name] = "\n".join(clean(line) for line in entry[name].split("\n"))
        return super()._get_diff(listed)

    # What is printed

    def _ok_lines(self, outcome: Mapping[str, Any], task: Any, label: str) -> list[Line] | None:
        check = bool(getattr(task, "check_mode", False))
        action = str(getattr(task, "resolved_action", None) or task.action)
        status, tone = status_of(outcome, check=check)
        line = task_line(self._name(task), status, tone, label, self._seconds(label, task))
        if _is_loop(outcome, task):
            return []  # its items have been told
        if is_response(outcome):
            return [line, *response_lines(outcome, check=check)]
        if task.action in constants._ACTION_DEBUG and "censored" not in outcome:
            said = message_lines(outcome)
            return None if said is None else [Line(f"{self._name(task)}:"), *said]
        is_housekeeping = "." not in action or action.startswith(("ansible.builtin.", "ansible.legacy."))
        return [] if status == "ok" and is_housekeeping else [line]

    def _failed_lines(self, outcome: Mapping[str, Any], task: Any, label: str, *, ignored: bool) -> list[Line] | None:
        check = bool(getattr(task, "check_mode", False))
        lines = [task_line(self._name(task), "failed", "failed", label, self._seconds(label, task))]
        if not _is_loop(outcome, task) and is_response(outcome):
            lines += response_lines(outcome, check=check)
            how_many = verdict(outcome)
            if how_many:
                return [*lines, *block([how_many], "failed"), *([Line("  ignored")] if ignored else [])]
        else:
            path = task.get_path()
            lines += block([f"at {path}"]) if path else []
        said = self._said(outcome)
        return lines + said + ([Line("  ignored")] if ignored else [])

    def _item_lines(self, outcome: Mapping[str, Any], task: Any, label: str) -> list[Line] | None:
        check = bool(getattr(task, "check_mode", False))
        status, tone = status_of(outcome, check=check)
        line = task_line(f"{self._name(task)}: {one_line(self._get_item_label(outcome))}", status, tone, label, None)
        lines = response_lines(outcome, check=check) if is_response(outcome) else []
        if task.action in constants._ACTION_DEBUG and "censored" not in outcome and tone != "failed":
            said = message_lines(outcome)
            return None if said is None else [line, *said]
        if tone == "failed":
            lines += self._said(outcome)
        return [line, *lines] if lines or status != "ok" else []

    def _said(self, outcome: Mapping[str, Any]) -> list[Line]:
        """What a failure says of itself; all of it, where it has no message of its own."""
        lines = failure_lines(outcome)
        if lines and not str(outcome.get("msg", "")).endswith(_NO_MESSAGE):
            return lines
        return lines + block([self._dump_results(outcome)], "failed")

    # How it is printed

    @property
    def _is_verbose(self) -> bool:
        return bool(self._display.verbosity)

    def _render(
        self,
        result: Any,
        lines_of: Callable[[Mapping[str, Any], Any, str], list[Line] | None],
        default: Callable[[Any], None],
    ) -> None:
        """Print our lines and the warnings. What we cannot render (None, or a change in Ansible's internals) the default
        prints: a failure must be seen, whatever our rendering makes of it."""
        if self._is_verbose:
            default(result)
            return
        try:
            outcome, task = result.result, result.task
            lines = lines_of(outcome, task, self.host_label(result))
            warn = self._handle_warnings_and_exception
        except (ArithmeticError, AttributeError, LookupError, RuntimeError, TypeError, ValueError):
            lines = None
        if lines is None:
            default(result)
            return
        if "msg" in outcome:
            outcome.pop("exception", None)  # the same message once more, uncleaned
        warn(result)
        self._show(lines)

    def _show(self, lines: Iterable[Line]) -> None:
        colours = {
            "ok": constants.COLOR_OK,
            "changed": constants.COLOR_CHANGED,
            "failed": constants.COLOR_ERROR,
            "plain": None,
        }
        for line in lines:
            to_stderr = line.tone == "failed" and self._option("display_failed_stderr")
            self._display.display(line.text, color=colours[line.tone], stderr=bool(to_stderr))

    def _option(self, name: str) -> bool:
        return bool(self.get_option(name)) if self.has_option(name) else False

    def _begin(self, host: str, task: Any) -> None:
        """Remember when the task began, and its name: only now are the variables in it filled in."""
        self._started[host, task._uuid] = time.monotonic()
        if not host:
            self._names[task._uuid] = one_line(task.name or task.get_name())

    def _name(self, task: Any) -> str:
        return self._names.get(task._uuid) or one_line(task.name or task.get_name())

    def _seconds(self, host: str, task: Any) -> float | None:
        started = self._started.get((host.partition(" ")[0], task._uuid), self._started.get(("", task._uuid)))
        return None if started is None else time.monotonic() - started


def _is_loop(outcome: Mapping[str, Any], task: Any) -> bool:
    return bool(getattr(task, "loop", None)) and "results" in outcome
