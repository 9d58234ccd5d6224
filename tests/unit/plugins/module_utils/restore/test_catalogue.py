"""The catalogue of inverses: complete where attackers have been, of one form, and as the plans that were written by hand say."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.cordon.aws.plugins.module_utils.restore.catalogue import ENTRIES, KINDS
from ansible_collections.cordon.aws.plugins.module_utils.restore.entry import Entry
from ansible_collections.cordon.aws.plugins.module_utils.restore.facet import Facet, Kind, facet_of
from ansible_collections.cordon.aws.plugins.module_utils.restore.restoration import Restoration, places
from ansible_collections.cordon.aws.plugins.module_utils.restore.shown import shown, shown_unanswered
from ansible_collections.cordon.aws.plugins.module_utils.restore.wishes import is_read, made_of, unanswered, wishes
from ansible_collections.cordon.aws.plugins.module_utils.trail.event import Event, event_of

UNIT = Path(__file__).resolve().parents[3]
STRATUS = sorted(UNIT.glob("stratus/*.expected.json"))


def events_in(file: Path) -> list[Event]:
    return [event_of(record) for record in json.loads(file.read_text(encoding="utf-8"))]


def logged(name: str) -> Path:
    return UNIT / "stratus" / f"{name}.json"


def test_every_log_of_the_stratus_red_team_has_its_plan_beside_it() -> None:
    logs = {path.name.removesuffix(".json") for path in (UNIT / "stratus").glob("aws.*.json")}
    plans = {path.name.removesuffix(".expected.json") for path in STRATUS}
    assert len(plans) == 35
    assert {name.removesuffix(".expected") for name in logs} == plans


@pytest.mark.parametrize("expected", STRATUS, ids=lambda path: path.name.removesuffix(".expected.json"))
def test_a_real_attack_is_answered_as_was_written_by_hand(expected: Path) -> None:
    events = events_in(logged(expected.name.removesuffix(".expected.json")))
    every = {event.event_id for event in events}
    wanted = wishes(made_of(events, every, ENTRIES))
    intention = Restoration(wanted, KINDS)
    steps: list[dict[str, Any]] = [
        step for place in places(wanted) for step in shown(intention.unconfirmed(place), place, confirmed=False)
    ]
    steps += shown_unanswered(unanswered(events, ENTRIES))
    found = [{name: step[name] for name in ("status", "call", "undo", "because")} for step in steps]
    assert found == json.loads(expected.read_text(encoding="utf-8"))


def seen_in_the_wild() -> list[dict[str, str]]:
    with (UNIT / "traildiscover/attacker-relevant-events.csv").open(encoding="utf-8") as file:
        return [row for row in csv.DictReader(file) if row["usedInWild"] == "True" and row["readOnly"] != "True"]


@pytest.mark.parametrize("row", seen_in_the_wild(), ids=lambda row: f"{row['eventSource']}:{row['eventName']}")
def test_what_attackers_have_called_in_the_wild_is_known(row: dict[str, str]) -> None:
    record = {
        "eventID": "00000000-0000-0000-0000-000000000000",
        "eventTime": "2026-01-31T12:00:00Z",
        "awsRegion": "us-east-1",
        "recipientAccountId": "111122223333",
        "eventSource": row["eventSource"],
        "eventName": row["eventName"],
    }
    event = event_of(record)
    assert event.name in ENTRIES or is_read(event)


@pytest.mark.parametrize("entry", ENTRIES.values(), ids=lambda entry: entry.name)
def test_an_entry_says_exactly_one_thing(entry: Entry) -> None:
    assert [bool(said) for said in (entry.changes or entry.manual, entry.harmless)].count(True) == 1
    assert bool(entry.changes) == bool(entry.undone_by) == bool(entry.before_from)
    assert all(
        text.endswith(".") and "\n" not in text and "|" not in text for text in (entry.manual, entry.harmless) if text
    )


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_a_kind_takes_nothing_that_could_break_out_of_a_call_or_a_line(kind: Kind) -> None:
    for hostile in ("a\nb", "a\x1b[2J", "", "a\0b", "x" * 5000):
        for number in range(1, 6):
            assert not kind.takes((hostile,) * number)
    assert not kind.takes(())


def test_a_facet_is_told_without_anything_that_a_terminal_or_a_template_could_take_for_its_own() -> None:
    facet = Facet("s3/object", "111122223333", "us-east-1", ("b", "{{ lookup('pipe', 'id') }}|\n\x1b[2J%7c\u202e"))
    assert re.fullmatch(r"[\w/:@=+,.$|%~-]+", str(facet), re.ASCII)
    assert facet_of(str(facet)) == facet
