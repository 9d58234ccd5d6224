"""The output never hides a failure, even where it cannot render it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from ansible.plugins.callback.default import CallbackModule as Default

from ansible_collections.cordon.aws.plugins.callback.summary import CallbackModule


class Screen:
    """What Ansible's display is to a callback."""

    def __init__(self, verbosity: int = 0) -> None:
        self.verbosity = verbosity
        self.lines: list[str] = []

    def display(self, msg: str, **_options: Any) -> None:
        self.lines.append(msg)

    banner = display


@pytest.fixture
def callback(monkeypatch: pytest.MonkeyPatch) -> CallbackModule:
    made = CallbackModule()
    made._display = Screen()
    made._plugin_options = dict.fromkeys(("display_failed_stderr", "show_custom_stats", "show_per_host_start"), False)
    return made


def result(outcome: object, **task: Any) -> SimpleNamespace:
    about = {
        "_uuid": "1",
        "name": "Contain",
        "action": "cordon.aws.x",
        "loop": None,
        "delegate_to": None,
        "check_mode": False,
    }
    about |= {"get_name": lambda: "Contain", "get_path": lambda: ""} | task
    return SimpleNamespace(
        result=outcome, task=SimpleNamespace(**about), host=SimpleNamespace(get_name=lambda: "localhost")
    )


def test_a_failure_that_cannot_be_rendered_goes_to_the_default(
    callback: CallbackModule, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []
    monkeypatch.setattr(
        Default, "v2_runner_on_failed", lambda _self, entry, ignore_errors=False: seen.append((entry, ignore_errors))
    )
    broken = result(object())
    callback.v2_runner_on_failed(broken, ignore_errors=True)
    assert seen == [(broken, True)]


@pytest.mark.parametrize(
    "hook", ["v2_runner_on_ok", "v2_runner_on_skipped", "v2_runner_on_unreachable", "v2_runner_item_on_failed"]
)
def test_verbose_runs_are_left_to_the_default(
    callback: CallbackModule, monkeypatch: pytest.MonkeyPatch, hook: str
) -> None:
    seen = []
    monkeypatch.setattr(Default, hook, lambda _self, entry: seen.append(entry))
    callback._display.verbosity = 1
    entry = result({})
    getattr(callback, hook)(entry)
    assert seen == [entry]
    assert callback._display.lines == []


def test_a_plan_in_a_run_that_is_no_check_has_changed_nothing(callback: CallbackModule) -> None:
    callback._play = SimpleNamespace(check_mode=False)
    callback.v2_runner_on_ok(result({"changed": True}, check_mode=True))
    counts = {"ok": 1, "changed": 1, "failures": 0, "unreachable": 0, "ignored": 0}
    stats = SimpleNamespace(processed={"localhost": 1}, custom={}, summarize=lambda _host: counts)
    callback.v2_playbook_on_stats(stats)
    assert callback._display.lines[-1] == "localhost: 0 changed, 0 failed, 1 would change"


def test_an_unreachable_host_is_shown(callback: CallbackModule) -> None:
    callback.v2_runner_on_unreachable(result({"unreachable": True, "msg": "no\x1b[2J route"}))
    assert callback._display.lines == ["unreachable  Contain", r"  no\x1b[2J route"]


def test_a_failed_item_is_named(callback: CallbackModule) -> None:
    callback.v2_runner_item_on_failed(result({"failed": True, "msg": "gone", "item": "i-1"}, loop=["i-1"]))
    assert callback._display.lines == ["failed       Contain: i-1", "  gone"]


def test_a_hidden_item_is_not_named(callback: CallbackModule) -> None:
    callback.v2_runner_item_on_failed(
        result({"failed": True, "censored": "x", "_ansible_no_log": True, "item": "hunter2"}, loop=["hunter2"])
    )
    assert not any("hunter2" in line for line in callback._display.lines)
    assert callback._display.lines[0].startswith("failed")


def test_a_module_of_a_collection_is_shown_and_housekeeping_is_not(callback: CallbackModule) -> None:
    callback.v2_runner_on_ok(result({"changed": False}))
    callback.v2_runner_on_ok(result({"changed": False}, action="set_fact", resolved_action="ansible.builtin.set_fact"))
    callback.v2_runner_on_skipped(result({"skipped": True}))
    assert callback._display.lines == ["ok           Contain"]
