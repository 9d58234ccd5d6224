"""What cannot be read is a gap with file, offset and reason, and everything else is read."""

from __future__ import annotations

import gzip
import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st
from trail_files import KEY, LAYOUTS, Files, file_of, found_in, record

from ansible_collections.cordon.aws.plugins.module_utils.errors import InputError
from ansible_collections.cordon.aws.plugins.module_utils.trail.event_log import Gap, Word
from ansible_collections.cordon.aws.plugins.module_utils.trail.file_log.folder import Folder, delivered_at
from ansible_collections.cordon.aws.plugins.module_utils.trail.file_log.log import FileLog
from ansible_collections.cordon.aws.plugins.module_utils.trail.file_log.printable import printable

SEED = "AKIATHEATTACKERS0001"
WORDS = [Word(SEED, KEY)]
GOOD = file_of([record(1, SEED)])
GOOD_ID = record(1)["eventID"]


def read(bad: bytes | str, name: str = "bad.json.gz") -> tuple[list[str], list[Gap]]:
    """What is found in it beside a good file, and the gaps."""
    log = FileLog(Files({"good": GOOD, name: bad}))
    found = found_in(log, WORDS)
    assert GOOD_ID in found
    return [one for one in found if one != GOOD_ID], list(log.gaps())


DEEP = b"[" * 200_000 + b"]" * 200_000
PAGE = b"<!DOCTYPE html><html><body>403 Forbidden AKIATHEATTACKERS0001</body></html>"
MANY = [record(number, SEED) for number in range(2, 900)]


@pytest.mark.parametrize(
    ("bad", "offset", "why"),
    [
        pytest.param(b"", 0, "it is empty", id="empty"),
        pytest.param(bytes(range(256)) * 9, 0, "it is not JSON", id="binary"),
        pytest.param(PAGE, 0, "it is not JSON", id="a page of HTML"),
        pytest.param(gzip.compress(PAGE), 0, "it is not JSON", id="a page of HTML, compressed"),
        pytest.param(
            b"\x1f\x8b\x08 and no more", 0, "its compression is damaged from there on", id="gzip in name only"
        ),
        pytest.param("no such key", 0, "no such key", id="not fetched"),
        pytest.param(gzip.compress(DEEP), 1, "nested too deeply", id="deep nesting"),
        pytest.param(b'{"Records":[' + DEEP + b"]}", 12, "nested too deeply", id="deep nesting in a record"),
        pytest.param(b'{"a":1', 0, "it ends in the middle of a record", id="half an object"),
        pytest.param(b'{"a":nothing}', 0, "it is not JSON", id="not quite JSON"),
    ],
)
def test_a_bad_file_is_a_gap_and_nothing_else(bad: bytes | str, offset: int, why: str) -> None:
    found, gaps = read(bad)
    assert found == []
    (gap,) = gaps
    assert gap.kind == "unreadable"
    assert gap.where.startswith("bad.json.gz at byte ")
    assert why in gap.why
    if "nested" not in why:
        assert gap.where == f"bad.json.gz at byte {offset}"


def test_what_came_before_the_end_of_a_truncated_file_is_read() -> None:
    whole = file_of(MANY)
    found, gaps = read(whole[: len(whole) // 2])
    assert 100 < len(found) < len(MANY)
    assert found == [one["eventID"] for one in MANY[: len(found)]]
    assert {gap.why for gap in gaps} >= {"it is cut off in the middle of its compression"}


def test_what_came_before_damage_is_read() -> None:
    parts = [gzip.compress(LAYOUTS["lines"](MANY[:5]).encode()), b"\x1f\x8b\x08\x00" + b"\xff" * 99]
    found, gaps = read(b"".join(parts))
    assert len(found) == 5
    assert [gap.why for gap in gaps] == ["its compression is damaged from there on"]


def test_what_is_behind_gzip_is_told_and_padding_is_not() -> None:
    assert read(GOOD + b"\0" * 512)[1] == []
    assert [gap.why for gap in read(GOOD + b"something")[1]] == ["something that is not gzip follows what is"]


def test_a_record_that_is_no_json_is_left_out_and_its_neighbours_are_not() -> None:
    body = LAYOUTS["CloudTrail's own"](MANY[:9]).encode().replace(b'"readOnly":true', b'"readOnly":tru', 1)
    found, gaps = read(body)
    assert found == [one["eventID"] for one in MANY[1:9]]
    assert [(gap.where, gap.why) for gap in gaps] == [("bad.json.gz at byte 12", "it is not JSON")]


def test_a_record_that_is_not_utf8_is_left_out_and_its_neighbours_are_not() -> None:
    body = LAYOUTS["CloudTrail's own"](MANY[:9]).encode().replace(b"aws-cli", b"aws-\xff\xfe", 1)
    found, gaps = read(body)
    assert found == [one["eventID"] for one in MANY[1:9]]
    assert ["not JSON in UTF-8" in gap.why for gap in gaps] == [True]


LATER = f"{datetime.now(UTC) + timedelta(days=3):%Y-%m-%dT%H:%M:%SZ}"


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"eventTime": LATER}, "its time is in the future"),
        ({"eventTime": 7}, "a record is left out: eventTime is not a time"),
        ({"eventTime": None}, "a record is left out: eventTime is not a time"),
        ({"eventID": ["x"]}, "a record is left out: eventID is not an id"),
        ({"awsRegion": {}}, "a record is left out: awsRegion is not a region"),
        ({"recipientAccountId": 1, "userIdentity": {"accessKeyId": SEED}}, "a record is left out: no account is named"),
    ],
)
def test_a_record_that_is_no_event_is_left_out_and_its_neighbours_are_not(change: dict[str, Any], why: str) -> None:
    found, gaps = read(file_of([MANY[0], MANY[1] | change, MANY[2]]))
    assert found == [MANY[0]["eventID"], MANY[2]["eventID"]]
    assert [gap.why for gap in gaps] == [why]


@pytest.mark.parametrize("wrong", [None, 1, "x", [], {"x": 1}, True])
@pytest.mark.parametrize(
    "field", ["userIdentity", "requestParameters", "responseElements", "eventName", "readOnly", "errorCode"]
)
def test_fields_of_the_wrong_type_are_borne(field: str, wrong: Any) -> None:
    one = MANY[0] | {field: wrong, "additionalEventData": {"key": SEED}}
    if field == "userIdentity":
        assert read(file_of([one]))[0] == []
    else:
        assert read(file_of([one]))[0] == [one["eventID"]]


def test_a_million_faults_of_one_kind_are_one_gap() -> None:
    bad = [one | {"eventTime": None} for one in MANY]
    _found, gaps = read(file_of(bad))
    assert len(gaps) == 1
    assert f"({len(MANY)} times, this is the first)" in gaps[0].why


@pytest.mark.parametrize(
    "other",
    [
        {"detail-type": "GuardDuty Finding", "source": "aws.guardduty", "detail": {"id": SEED}},
        {"schemaVersion": "2.0", "service": {}, "resource": {"accessKeyDetails": {"accessKeyId": SEED}}},
        {"SchemaVersion": "2.0", "Service": {}, "Resource": {"AccessKeyDetails": {"AccessKeyId": SEED}}},
    ],
)
def test_findings_are_said_to_be_no_records(other: dict[str, Any]) -> None:
    found, gaps = read(json.dumps(other).encode())
    assert (found, [gap.why for gap in gaps]) == ([], ["it is a finding of GuardDuty, not a record"])


def test_other_events_of_eventbridge_are_said_to_be_no_records() -> None:
    _found, gaps = read(json.dumps({"detail-type": "Scheduled Event", "detail": {}, "resources": [SEED]}).encode())
    assert [gap.why for gap in gaps] == ["it is an event of EventBridge that holds no record"]


@pytest.mark.parametrize(
    "other",
    [
        {"awsAccountId": "111122223333", "digestStartTime": "2026-11-01T00:00:00Z", "logFiles": [], "k": SEED},
        {"Records": [{"eventVersion": "1.09", "eventCategory": "Insight", "k": SEED, "insightDetails": {}}]},
    ],
)
def test_digests_and_insights_are_left_to_others(other: dict[str, Any]) -> None:
    assert read(json.dumps(other).encode()) == ([], [])


def test_a_lookup_event_without_event_is_a_gap() -> None:
    _found, gaps = read(json.dumps({"Events": [{"EventId": SEED, "CloudTrailEvent": "{"}]}).encode())
    assert [gap.why for gap in gaps] == ["its CloudTrailEvent is not JSON"]


def test_a_gap_names_a_file_in_printable_ascii() -> None:
    _found, gaps = read(b"x", "a\n\x1b[2J\u202e\ud800.gz")
    (gap,) = gaps
    assert gap.where == r"a\n\x1b[2J\u202e\ud800.gz at byte 0"


@given(st.text())
def test_what_is_printable_can_neither_act_nor_break_a_line(text: str) -> None:
    shown = printable(text)
    assert shown.isascii()
    assert shown.isprintable()


@given(st.binary(max_size=400))
def test_no_bytes_bring_it_down(body: bytes) -> None:
    read(body)
    read(gzip.compress(b'{"Records":[' + body))
    read(b'{"Records":[{"eventVersion":"' + SEED.encode() + body)


@given(st.data())
def test_no_change_of_a_file_brings_it_down(data: st.DataObject) -> None:
    layout = data.draw(st.sampled_from(sorted(LAYOUTS)))
    body = bytearray(LAYOUTS[layout](MANY[:3]).encode())
    for _number in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(body) - 1))
        body[place : place + data.draw(st.integers(0, 9))] = data.draw(st.binary(max_size=3))
    read(bytes(body))


def test_a_gibibyte_of_zeros_takes_neither_memory_nor_long() -> None:
    block = b"\0" * (1 << 20)
    inner = gzip.compress(b'{"Records":[' + block * 64)
    before = psutil.Process().memory_info().rss
    found, gaps = read(gzip.compress(block) * 1024)
    assert (found, [gap.why for gap in gaps]) == ([], ["it is not JSON"])
    found, gaps = read(inner)
    assert found == []
    assert gaps
    assert psutil.Process().memory_info().rss - before < 300 << 20


def test_a_file_larger_than_what_is_unpacked_at_once_is_read_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    room = "ansible_collections.cordon.aws.plugins.module_utils.trail.file_log"
    monkeypatch.setattr(f"{room}.scanning.PART", 5000)
    monkeypatch.setattr(f"{room}.unpacking.PART", 2000)
    for layout in ("CloudTrail's own", "with spaces", "array", "array on many lines", "lines"):
        for body in (file_of(MANY, layout), LAYOUTS[layout](MANY).encode()):
            found, gaps = read(body)
            assert found == [one["eventID"] for one in MANY], layout
            assert gaps == []


def test_more_than_a_file_may_hold_is_a_gap_and_what_was_before_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    room = "ansible_collections.cordon.aws.plugins.module_utils.trail.file_log"
    monkeypatch.setattr(f"{room}.scanning.PART", 5000)
    monkeypatch.setattr(f"{room}.unpacking.PART", 2000)
    monkeypatch.setattr(f"{room}.unpacking.MOST", 100_000)
    found, gaps = read(file_of(MANY))
    assert 100 < len(found) < len(MANY)
    assert any("it holds more than" in gap.why for gap in gaps)


def test_a_folder_is_read_with_all_below_it_and_circles_are_told(tmp_path: Path) -> None:
    (tmp_path / "AWSLogs" / "x").mkdir(parents=True)
    (tmp_path / "AWSLogs" / "x" / "a.json.gz").write_bytes(GOOD)
    (tmp_path / "plain").write_bytes(file_of([record(2, SEED)], "lines"))
    (tmp_path / "AWSLogs" / "circle").symlink_to(tmp_path)
    (tmp_path / "nowhere").symlink_to(tmp_path / "nothing")
    os.mkfifo(tmp_path / "pipe")
    log = FileLog(Folder(str(tmp_path)))
    assert len(found_in(log, WORDS)) == 2
    assert {(Path(gap.where).name, gap.why.partition(":")[0]) for gap in log.gaps()} == {
        ("circle", "the link leads in a circle"),
        ("nowhere", "it cannot be read"),
    }


def test_one_file_is_a_log(tmp_path: Path) -> None:
    (tmp_path / "one").write_bytes(GOOD)
    assert found_in(FileLog(Folder(str(tmp_path / "one"))), WORDS) == [GOOD_ID]


@pytest.mark.parametrize("path", ["nothing", "a\0b"])
def test_a_folder_that_is_not_there_is_refused(path: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="Name a folder or a file"):
        found_in(FileLog(Folder(str(tmp_path / path))), WORDS)


def test_the_time_of_delivery_is_in_the_name() -> None:
    name = "o-1/111122223333_CloudTrail_eu-central-1_20261101T0305Z_Abc.json.gz"
    assert delivered_at(name) == datetime(2026, 11, 1, 3, 5, tzinfo=UTC)
    assert delivered_at("111122223333_CloudTrail_eu-central-1_20269901T0305Z_Abc.json.gz") is None
    assert delivered_at("events.json") is None
