"""When an interface was open to the world."""

from __future__ import annotations

import pytest
from sandbox_flows import ALL_OPEN, NOTHING, OPEN_IN, OPEN_OUT, at, moment, rule

from sandbox.flows.exposure import Window, windows
from sandbox.flows.packets import Rule

TCP = rule(False, "tcp", (0, 65_535))


def test_nothing_open_is_no_window() -> None:
    assert windows([]) == []
    assert windows([moment(0, (OPEN_OUT,)), moment(1, NOTHING)]) == []


def test_a_window_lasts_from_the_change_that_opens_to_the_one_that_shuts() -> None:
    found = windows([moment(0, NOTHING), moment(5, ALL_OPEN), moment(5.2, NOTHING), moment(9, ALL_OPEN)])
    assert found == [
        Window(rule=OPEN_IN.id, since=at(5), until=at(5.2)),
        Window(rule=OPEN_IN.id, since=at(9), until=None),
    ]


def test_other_changes_do_not_part_a_window_and_each_rule_has_its_own() -> None:
    found = windows([moment(0, (OPEN_IN,)), moment(2, (OPEN_IN, TCP)), moment(3, (TCP,)), moment(4, NOTHING)])
    assert found == [
        Window(rule=OPEN_IN.id, since=at(0), until=at(3)),
        Window(rule=TCP.id, since=at(2), until=at(4)),
    ]


def test_a_window_ends_with_the_interface() -> None:
    found = windows([moment(0, ALL_OPEN), moment(3, ALL_OPEN, gone="it is detached")])
    assert [window.until for window in found] == [at(3)]


@pytest.mark.parametrize(
    ("one", "is_open"),
    [
        (rule(False, "-1", None, "::/0"), True),
        (rule(False, "udp", (0, 65_535)), True),
        (rule(False, "tcp", (22, 22)), False),
        (rule(False, "icmp"), False),
        (rule(False, "-1", None, "10.0.0.0/8"), False),
        (rule(False, "-1", group="sg-1"), False),
    ],
)
def test_open_is_a_rule_for_everybody_and_all_ports(one: Rule, is_open: bool) -> None:
    assert bool(windows([moment(0, (one,))])) is is_open
