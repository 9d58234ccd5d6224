"""A trace on the screen and as an answer: what nobody can see is said, and nothing in it does anything."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from naive_log import NaiveLog
from tracing import EVER, NOW
from trail_events import created_key, event, user

from ansible_collections.cordon.aws.plugins.module_utils.iam.principal_names import parse_principals
from ansible_collections.cordon.aws.plugins.module_utils.trail.event_log import Gap
from ansible_collections.cordon.aws.plugins.module_utils.trail.gap_lines import gap_lines
from ansible_collections.cordon.aws.plugins.module_utils.trail.graph.nothing_read import nothing_read
from ansible_collections.cordon.aws.plugins.module_utils.trail.graph.screen import as_json, lines
from ansible_collections.cordon.aws.plugins.module_utils.trail.graph.trace import Trace, trace

KEY = "AKIAIOSFODNN7EXAMPLE"
DANA = user("dana", KEY)


class TornLog(NaiveLog):
    """One of whose files nobody could read, and whose names are a stranger's."""

    def __init__(self, records: list[Any], name: str = "a.json.gz") -> None:
        super().__init__(records)
        self._gaps.append(Gap(kind="unreadable", where=name, why=f"it ends too soon: {name}"))


def torn(records: list[Any], name: str = "a.json.gz") -> Trace:
    return trace(TornLog(records, name), parse_principals([KEY], "access_key_ids"), EVER, now=NOW)


def test_the_screen_tells_who_what_gaps_and_the_next_command() -> None:
    text = lines(torn([created_key("carol", "AKIABACKDOORKEY12345", 1, DANA)]), "t.jsonl")
    assert text[0] == "TRACED: 1 events of 1 that were read, 1 changes, 0 refused"
    assert f"  {DANA['arn']} {KEY}" in text
    assert "    by CreateAccessKey, from AKIAIOSFODNN7EXAMPLE" in text
    assert "    not seen at work" in text
    assert "  NOT READABLE: a.json.gz: it ends too soon: a.json.gz" in text
    assert any(line.endswith(f"-e access_key_ids={DANA['arn']},AKIABACKDOORKEY12345") for line in text)
    assert text[-1] == "TIMELINE: t.jsonl"


def test_nothing_found_does_not_look_like_nothing_to_see() -> None:
    text = lines(torn([]), "t.jsonl")
    assert "NOT SEEN:" in text
    assert any("the log shows no call of it" in line for line in text)


def test_an_empty_log_is_warned_of_first() -> None:
    found = torn([])
    assert nothing_read(found).startswith("READ 0 events: check `trail`")
    assert lines(found, "t.jsonl")[0] == f"WARNING: {nothing_read(found)}"


def test_a_log_without_whoever_was_named_is_warned_of_first() -> None:
    records = [event("s3:ListBuckets", number, user("carol", "AKIACAROLCAROLCAROL1")) for number in range(1200)]
    found = torn(records)
    assert nothing_read(found).startswith(f"none of 1,200 events is of {KEY}: check ")
    assert lines(found, "t.jsonl")[0] == f"WARNING: {nothing_read(found)}"


def test_nothing_is_warned_of_where_something_was_traced() -> None:
    assert nothing_read(torn([event("s3:ListBuckets", 1, DANA)])) == ""


def test_gaps_are_told_the_worst_first_and_few_of_each_kind() -> None:
    torn_files = [Gap(kind="unreadable", where=f"{number}.gz", why="it ends too soon") for number in range(15)]
    text = gap_lines([*torn_files, Gap(kind="altered", where="b.gz", why="it is not what was delivered")])
    assert text[:3] == [
        "NOT SEEN:",
        "  ALTERED: b.gz: it is not what was delivered",
        "  NOT READABLE: 0.gz: it ends too soon",
    ]
    assert text[-1] == "  and 3 more such"
    assert len(text) == 15
    assert gap_lines([]) == []


def test_much_fits_on_a_screen() -> None:
    records = [created_key("carol", f"AKIABACKDOORKEY{number:05d}", number, DANA) for number in range(200)]
    text = lines(torn(records), "t.jsonl")
    assert len(text) < 80
    assert "  and 189 more who" in text


HOSTILE = st.text(max_size=40) | st.sampled_from(
    ["{{ lookup('pipe', 'id') }}", "{% raw %}", "\x1b[2J", "$(id)", "`id`", "\u202e", "a\nb"]
)


@given(HOSTILE, HOSTILE)
def test_strangers_texts_do_nothing(name: str, agent: str) -> None:
    record = event("s3:GetObject", 1, DANA, {"bucketName": agent, "key": name}, userAgent=agent, sourceIPAddress=name)
    found = torn([record], name)
    for text in (*lines(found, name), json.dumps(as_json(found), ensure_ascii=False)):
        assert text.isprintable()
        assert text.isascii()
        assert "{{" not in text
        assert "{%" not in text
        assert "$(" not in text
