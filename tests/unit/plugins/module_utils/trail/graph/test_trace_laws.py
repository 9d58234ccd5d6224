"""Laws of a trace, over worlds in which an attacker and colleagues are at work in the same roles in the same minutes."""

from __future__ import annotations

import gzip
import json
import re
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from tracing import EVER, NOW, ids, rows, traced
from trail_events import assumed, event, session, user
from trail_worlds import KEY, World, worlds

from ansible_collections.cordon.aws.plugins.module_utils.iam.principal_names import parse_principals
from ansible_collections.cordon.aws.plugins.module_utils.trail.event import event_of
from ansible_collections.cordon.aws.plugins.module_utils.trail.file_log.folder import Folder
from ansible_collections.cordon.aws.plugins.module_utils.trail.file_log.log import FileLog
from ansible_collections.cordon.aws.plugins.module_utils.trail.graph.rule import SessionRule
from ansible_collections.cordon.aws.plugins.module_utils.trail.graph.trace import trace


@given(worlds())
def test_all_of_the_attackers_calls_are_traced_and_no_colleagues(world: World) -> None:
    found = traced(world.records, KEY)
    assert set(ids(found)) == world.theirs
    assert found.counts["traced"] == len(world.theirs)


@given(worlds(), st.randoms(use_true_random=False))
def test_order_and_duplicates_change_nothing(world: World, random: st.DataObject) -> None:
    again = [*world.records, *world.records[::2]]
    random.shuffle(again)  # type: ignore[attr-defined]
    plain, shuffled = traced(world.records, KEY), traced(again, KEY)
    assert rows(shuffled) == rows(plain)
    assert ids(shuffled) == ids(plain)
    assert list(shuffled.lines()) == list(plain.lines())
    assert shuffled.gaps == plain.gaps
    assert shuffled.reads == plain.reads or [one.as_json() for one in shuffled.reads] == [
        one.as_json() for one in plain.reads
    ]


@given(worlds())
def test_words_stand_in_the_record_and_nothing_unfit_is_looked_for(world: World) -> None:
    rule = SessionRule()
    for record in world.records:
        event = event_of(record)
        words = rule.words(event)
        text = json.dumps(record)
        assert all(word.text in text for word in words)
        for word in words | rule.leads_to(event, words):
            assert re.fullmatch(r"[\x21\x23-\x5b\x5d-\x7e]{4,}", word.text), word


@given(worlds())
def test_more_found_by_never_leads_to_less(world: World) -> None:
    rule = SessionRule()
    for record in world.records:
        event = event_of(record)
        words = rule.words(event)
        together = rule.leads_to(event, words)
        assert all(rule.leads_to(event, frozenset({word})) <= together for word in words)


@given(worlds())
def test_what_is_told_can_be_named_again_and_templates_nothing(world: World) -> None:
    found = traced(world.records, KEY)
    parse_principals(found.containable, "principals")
    told = json.dumps(
        [
            [row.as_json() for row in found.closure],
            [acts.as_json() for acts in found.acts],
            [read.as_json() for read in found.reads],
            [(gap.where, gap.why) for gap in found.gaps],
        ],
        ensure_ascii=False,
    )
    assert "{{" not in told
    assert "{%" not in told
    assert told.isascii()


@given(worlds())
def test_the_timeline_has_each_traced_event_once_and_no_session_token(world: World) -> None:
    found = traced(world.records, KEY)
    lines = list(found.lines())
    told = [json.loads(line) for line in lines]
    assert [line["eventID"] for line in told] == ids(found)
    assert not [line for line in lines if b"IQoJ" in line]
    assert all(line["cordon"]["principal"] for line in told)


@settings(max_examples=30)
@given(worlds(), st.integers(1, 4))
def test_a_search_of_compressed_files_finds_what_a_full_parse_finds(world: World, files: int) -> None:
    """Whatever file an event is in, and whatever its texts look like."""
    with tempfile.TemporaryDirectory() as folder:
        for number in range(files):
            records = {"Records": world.records[number::files]}
            Path(folder, f"{number}.json.gz").write_bytes(gzip.compress(json.dumps(records).encode()))
        found = trace(FileLog(Folder(folder)), parse_principals([KEY], "principals"), EVER, now=NOW)
    parsed = traced(world.records, KEY)
    assert ids(found) == ids(parsed)
    assert rows(found) == rows(parsed)
    assert found.counts["read"] == len(world.records)


def test_a_forged_twin_hides_nothing_from_a_trace(tmp_path: Path) -> None:
    """Whichever of the two is read first: what the true one leads to is traced, and both are in the timeline."""
    true = assumed("deploy", "run", "ASIAIOSFODNN7EXAMPLE", 1, user("dana", KEY))
    forged = {**true, "eventName": "GetCallerIdentity", "responseElements": None}
    after = event("s3:ListBuckets", 2, session("deploy", "run", "ASIAIOSFODNN7EXAMPLE", 1))
    for name, order in (("a", (true, forged, after)), ("b", (forged, true, after))):
        file = tmp_path / name
        file.write_text(json.dumps({"Records": order}))
        found = trace(FileLog(Folder(str(file))), parse_principals([KEY], "access_key_ids"), EVER, now=NOW)
        assert sorted(ids(found)) == sorted(one["eventID"] for one in order)
        assert [gap.kind for gap in found.gaps].count("altered") == 1
        assert {json.loads(line)["eventName"] for line in found.lines()} == {
            "AssumeRole",
            "GetCallerIdentity",
            "ListBuckets",
        }
