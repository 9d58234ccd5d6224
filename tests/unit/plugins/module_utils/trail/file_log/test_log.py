"""What a log of files finds is what parsing everything, over and over, would find."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from trail_files import (
    KEY,
    LAYOUTS,
    DatedKeys,
    Files,
    KeysAndNames,
    file_of,
    found_in,
    minted,
    plainly,
    record,
)

from ansible_collections.cordon.aws.plugins.module_utils.trail.event_log import Progress, Span, Word
from ansible_collections.cordon.aws.plugins.module_utils.trail.file_log import crew
from ansible_collections.cordon.aws.plugins.module_utils.trail.file_log.folder import Folder
from ansible_collections.cordon.aws.plugins.module_utils.trail.file_log.log import FileLog

SEED = "AKIATHEATTACKERS0001"
KEYS = [SEED, *(f"ASIATHEATTACKERS{number:04}" for number in range(5))]
EVERYDAY = "ASIAEVERYDAYKEY00001"
HOSTILE = st.one_of(
    st.sampled_from(
        [
            f'"accessKeyId":"{SEED}"',
            '},{"eventVersion":"1.09"',
            f'}}],"x":[{{"eventVersion":"1.09","userIdentity":{{"accessKeyId":"{SEED}"}}}},',
            '{"Records":[{"eventVersion":',
            "\\",
            "\\u0041",
            '\\"',
            "]}]}",
            "[[[[",
            "\u2028\u0000\x7f\ud7ff",
            "é\n\t/",
        ]
    ),
    st.text(alphabet='ab{}[]",:\\/\u00e9\n<', max_size=12),
)
NAMES = st.sampled_from(["mallory/x", "<&'>", "},{:[]", "abcd", "bcde", "abcdef"])


@st.composite
def records(draw: st.DrawFn) -> dict[str, Any]:
    """One that may be the attacker's, may give out a key or a name, and holds what a stranger wrote: records among it."""
    number = draw(st.integers(0, 10**6))
    request: dict[str, Any] = {"text": draw(HOSTILE)}
    if draw(st.booleans()):
        request["name"] = draw(NAMES)
    forged = draw(
        st.lists(st.sampled_from([{"a": 1}, 1, "]},{", record(1, SEED), record(2, KEYS[1]), {"eventVersion": 1}]))
    )
    if forged:
        request[draw(st.sampled_from(["policy", "x"]))] = draw(
            st.sampled_from([forged, {"items": forged}, [forged], {"one": forged[0]}])
        )
    response: dict[str, Any] = minted(draw(st.sampled_from(KEYS))) if draw(st.booleans()) else {}
    if draw(st.booleans()):
        response["made"] = draw(NAMES)
    return record(
        number + 100,
        draw(st.sampled_from([*KEYS, EVERYDAY, EVERYDAY])),
        userAgent=draw(HOSTILE),
        requestParameters=request,
        responseElements=response or None,
    )


def spelled_out(text: str, how: str) -> str:
    """The same JSON, some characters of keys and names in JSON's other spelling."""
    match how:
        case "slash":
            return text.replace("/", "\\/")
        case "letter":
            return re.sub(r"(?<=A[KS]IA)THE", r"\\u0054HE", text)
        case _:
            return text


SPELLINGS = ("", "", "slash", "letter")


@given(
    files=st.lists(
        st.tuples(
            st.sampled_from(sorted(LAYOUTS)), st.lists(records(), min_size=1, max_size=6), st.sampled_from(SPELLINGS)
        ),
        min_size=1,
        max_size=4,
    ),
    packed=st.sampled_from(["plain", "gzip", "members"]),
    doubles=st.booleans(),
)
def test_it_finds_what_parsing_everything_over_and_over_finds(
    files: list[tuple[str, list[dict[str, Any]], str]], packed: str, doubles: bool
) -> None:
    unique = {one["eventID"]: one for _layout, group, _how in files for one in group}
    groups = [(layout, [unique[one["eventID"]] for one in group], how) for layout, group, how in files]
    content = {}
    for number, (layout, group, how) in enumerate(groups):
        body = spelled_out(LAYOUTS[layout](group), how if "LookupEvents" not in layout else "").encode()
        half = len(body) // 2
        content[f"{number}"] = {
            "plain": body,
            "gzip": gzip.compress(body),
            "members": gzip.compress(body[:half]) + gzip.compress(body[half:]),
        }[packed]
        if doubles:
            content[f"{number} again"] = content[f"{number}"]
    log = FileLog(Files(content))
    seeds = [Word(SEED, KEY)]
    assert found_in(log, seeds) == sorted(plainly(unique.values(), seeds, KeysAndNames()))
    assert log.gaps() == ()


@pytest.mark.parametrize("layout", sorted(LAYOUTS))
def test_every_layout_is_told_by_what_it_holds(layout: str) -> None:
    listed = [record(1), record(2, SEED), record(3), record(4, SEED)]
    log = FileLog(Files({"a.txt": file_of(listed, layout)}))
    assert found_in(log, [Word(SEED, KEY)]) == [listed[1]["eventID"], listed[3]["eventID"]]
    assert log.gaps() == ()


@pytest.mark.parametrize("layout", sorted(LAYOUTS))
def test_one_event_is_a_layout(layout: str) -> None:
    one = record(7, SEED)
    assert found_in(FileLog(Files({"a": LAYOUTS[layout]([one]).encode()})), [Word(SEED, KEY)]) == [one["eventID"]]


def test_a_single_event_is_a_layout() -> None:
    one = record(7, SEED)
    for body in (json.dumps(one), json.dumps(one, indent=1)):
        assert found_in(FileLog(Files({"a": body.encode()})), [Word(SEED, KEY)]) == [one["eventID"]]


def chain() -> dict[str, bytes]:
    """Each session gives out the next, and stands in a file that sorts before."""
    groups = [[record(60 * number, key)] for number, key in enumerate(KEYS)]
    for number, key in enumerate(KEYS[1:]):
        groups[number][0]["responseElements"] = minted(key)
    return {f"{9 - number}": file_of([record(90_000 + number), *group]) for number, group in enumerate(groups)}


def test_children_in_files_that_sort_before_are_found() -> None:
    content = chain()
    store = Files(content)
    assert len(found_in(FileLog(store), [Word(SEED, KEY)])) == len(KEYS)
    assert sorted(store.fetched) == sorted(content), "what is still unpacked is not fetched again"


@pytest.mark.parametrize("rule", [KeysAndNames(), DatedKeys()])
def test_files_that_are_no_longer_unpacked_are_read_again(rule: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ansible_collections.cordon.aws.plugins.module_utils.trail.file_log.scanning._KEPT", 0)
    assert len(found_in(FileLog(Files(chain())), [Word(SEED, KEY)], rule)) == len(KEYS)


@pytest.mark.parametrize(("rule", "times"), [(KeysAndNames(), 2), (DatedKeys(), 1)])
def test_a_file_delivered_before_a_key_was_given_out_is_not_read_again(
    rule: Any, times: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ansible_collections.cordon.aws.plugins.module_utils.trail.file_log.scanning._KEPT", 0)
    before = "1_CloudTrail_us-east-1_20261101T0100Z_a.json.gz"
    after = "1_CloudTrail_us-east-1_20261101T0300Z_a.json.gz"
    store = Files(
        {
            before: file_of([record(1), record(2)]),
            after: file_of([record(7200, SEED, responseElements=minted(KEYS[1])), record(7300, KEYS[1])]),
        }
    )
    assert len(found_in(FileLog(store), [Word(SEED, KEY)], rule)) == 2
    assert store.fetched.count(before) == times


def test_a_file_that_later_ones_are_much_newer_than_is_let_go_of_and_read_again() -> None:
    early = "1_CloudTrail_us-east-1_20261101T0100Z_a.json.gz"
    late = "1_CloudTrail_us-east-1_20261101T0300Z_a.json.gz"
    listed = [record(7200, SEED, responseElements=minted(KEYS[1])), record(7300, KEYS[1])]
    store = Files({early: file_of([record(1), record(2, KEYS[1])]), late: file_of(listed)})
    assert len(found_in(FileLog(store), [Word(SEED, KEY)])) == 3
    assert store.fetched == [early, late, early]


def test_each_event_is_told_once_however_often_it_was_delivered() -> None:
    body = file_of([record(5, SEED), record(5, SEED)])
    assert len(found_in(FileLog(Files({"a": body, "b": body})), [Word(SEED, KEY)])) == 1


def test_a_forged_twin_hides_nothing_and_is_told_whichever_is_read_first() -> None:
    """Also what the true one leads to is found."""
    true = record(5, SEED, responseElements=minted(KEYS[1]))
    forged = record(5, SEED, eventName="ListUsers")
    after = record(6, KEYS[1])
    for first, second in ((true, forged), (forged, true)):
        log = FileLog(Files({"a": file_of([first, after]), "b": file_of([second])}))
        events = list(log.follow([Word(SEED, KEY)], KeysAndNames(), Span(), lambda _progress: None))
        assert sorted(event.operation for event in events) == ["GetUser", "GetUser", "ListUsers"]
        assert [gap.kind for gap in log.gaps()] == ["altered"]


def test_the_same_event_written_down_otherwise_is_no_twin() -> None:
    one = record(5, SEED)
    told = {name: value for name, value in one.items() if value is not None}
    log = FileLog(Files({"a": file_of([one]), "b": file_of([told], "with keys in order")}))
    assert found_in(log, [Word(SEED, KEY)]) == [one["eventID"]]
    assert log.gaps() == ()


def test_a_record_nested_more_deeply_than_any_of_awss_is_found_once_and_stops_nothing() -> None:
    deep: Any = 1
    for _level in range(600):
        deep = [deep]
    one = record(5, SEED, requestParameters={"text": deep})
    log = FileLog(Files({"a": file_of([one]), "b": file_of([one, record(6, SEED)])}))
    assert found_in(log, [Word(SEED, KEY)]) == [one["eventID"], record(6)["eventID"]]
    assert log.gaps() == ()


def test_the_two_sides_of_a_call_across_accounts_are_both_given_and_no_twins() -> None:
    sides = [record(5, SEED), record(5, SEED, recipientAccountId="444455556666")]
    log = FileLog(Files({"a": file_of(sides)}))
    assert found_in(log, [Word(SEED, KEY)]) == [sides[0]["eventID"]] * 2
    assert log.gaps() == ()


def test_nothing_sought_nothing_found() -> None:
    assert found_in(FileLog(Files({"a": file_of([record(1)])})), []) == []
    assert found_in(FileLog(Files({})), [Word(SEED, KEY)]) == []


def test_what_is_not_within_the_span_is_not_found_and_leads_nowhere() -> None:
    listed = [record(10, SEED, responseElements=minted(KEYS[1])), record(3600, KEYS[1]), record(3700, SEED)]
    span = Span(since=datetime(2026, 11, 1, 0, 30, tzinfo=UTC), until=datetime(2026, 11, 1, 2, tzinfo=UTC))
    assert found_in(FileLog(Files({"a": file_of(listed)})), [Word(SEED, KEY)], span=span) == [listed[2]["eventID"]]


def test_a_file_delivered_before_the_span_is_not_fetched() -> None:
    name = "111122223333_CloudTrail_us-east-1_20261101T0100Z_abc.json.gz"
    store = Files({name: file_of([record(10, SEED)])})
    found_in(FileLog(store), [Word(SEED, KEY)], span=Span(since=datetime(2026, 11, 2, tzinfo=UTC)))
    assert store.fetched == []


def test_it_counts_what_it_has_looked_at_and_says_how_far_it_is() -> None:
    told: list[Progress] = []
    content = {"a": file_of([record(1), record(2, SEED)]), "b": file_of([record(3)], "lines")}
    log = FileLog(Files(content))
    list(log.follow([Word(SEED, KEY)], KeysAndNames(), Span(), told.append))
    size = sum(map(len, content.values()))
    assert told[-1] == Progress(files=2, files_total=2, size=size, size_total=size, events=3)
    assert log.read == log.unique == 3


def on_all_cores(monkeypatch: pytest.MonkeyPatch, by_child: bool) -> Callable[[Any], FileLog]:
    monkeypatch.setattr(crew, "FEW", 0)
    monkeypatch.setattr("os.sched_getaffinity", lambda process: {0, 1, 2})
    monkeypatch.setattr(Folder, "in_any_process", by_child)
    return FileLog


@pytest.mark.parametrize("by_child", [True, False], ids=["children fetch", "the parent fetches"])
def test_on_all_cores_it_finds_the_same(tmp_path: Any, monkeypatch: pytest.MonkeyPatch, by_child: bool) -> None:
    for name, body in chain().items():
        (tmp_path / name).write_bytes(body)
    (tmp_path / "broken").write_bytes(b"\x1f\x8b nothing")
    log = on_all_cores(monkeypatch, by_child)(Folder(str(tmp_path)))
    assert len(found_in(log, [Word(SEED, KEY)])) == len(KEYS)
    assert [gap.where for gap in log.gaps()] == [f"{tmp_path}/broken at byte 0"]


@pytest.mark.parametrize("by_child", [True, False], ids=["children fetch", "the parent fetches"])
def test_no_child_is_left_when_nobody_wants_the_rest(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch, by_child: bool
) -> None:
    import multiprocessing

    for name, body in chain().items():
        (tmp_path / name).write_bytes(body)
    log = on_all_cores(monkeypatch, by_child)(Folder(str(tmp_path)))
    events = log.follow([Word(SEED, KEY)], KeysAndNames(), Span(), lambda progress: None)
    next(events)
    assert multiprocessing.active_children()
    events.close()  # type: ignore[attr-defined]
    assert not multiprocessing.active_children()
