"""Records are cut out by structure: exactly those that hold a place, whole, and nothing that only looks like one."""

from __future__ import annotations

import json
from typing import Any

import pytest
from trail_files import LAYOUTS, record

from ansible_collections.cordon.aws.plugins.module_utils.trail.file_log import cutting
from ansible_collections.cordon.aws.plugins.module_utils.trail.file_log.cutting import cut, last_border

BY_BORDERS = ["CloudTrail's own", "with spaces", "with keys in order", "on many lines", "array", "array on many lines"]
WORD = b"HEREITIS"


def places(data: bytes) -> list[int]:
    found, place = [], data.find(WORD)
    while place >= 0:
        found.append(place)
        place = data.find(WORD, place + 1)
    return found


def marked(number: int, **more: Any) -> dict[str, Any]:
    return record(number, userAgent=WORD.decode(), **more)


def pieces_of(listed: list[Any], layout: str = "CloudTrail's own") -> list[Any]:
    data = LAYOUTS[layout](listed).encode()
    return [json.loads(piece) for _offset, piece in cut(data, places(data)).pieces]


def without_parser(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: Any) -> None:
        raise AssertionError("parsed from the beginning")

    monkeypatch.setattr(cutting, "_by_parser", refuse)


@pytest.mark.parametrize("layout", [*BY_BORDERS, "lines", "EventBridge", "EventBridge, lines", "LookupEvents, lines"])
def test_common_layouts_need_no_parser(layout: str, monkeypatch: pytest.MonkeyPatch) -> None:
    without_parser(monkeypatch)
    assert len(pieces_of([record(1), marked(2), record(3), marked(4)], layout)) == 2


@pytest.mark.parametrize("layout", BY_BORDERS)
@pytest.mark.parametrize("number", range(4))
def test_first_last_and_middle_are_cut_exactly(layout: str, number: int) -> None:
    listed = [record(one) for one in range(4)]
    listed[number] = marked(number)
    assert pieces_of(listed, layout) == [listed[number]]


def test_offsets_are_those_of_the_file() -> None:
    data = LAYOUTS["CloudTrail's own"]([record(1), marked(2), marked(3)]).encode()
    for offset, piece in cut(data, places(data)).pieces:
        assert data[offset : offset + len(piece)] == piece


def test_a_record_with_several_places_is_cut_once() -> None:
    one = marked(2, requestParameters={"a": WORD.decode(), "b": [WORD.decode()]})
    assert pieces_of([record(1), one, record(3)]) == [one]


def test_it_counts() -> None:
    for layout in BY_BORDERS:
        data = LAYOUTS[layout]([record(number) for number in range(5)]).encode()
        assert cut(data, []).count == 5


JUNK: list[Any] = [
    {"a": 1},
    1,
    "x",
    [],
    None,
    {},
    {"eventCategory": "Management"},
    [{"b": "]},{"}],
    {"t": "x],"},
    {"t": "x]},"},
    {"t": "x]}]},"},
    {"t": "x],{"},
]
ARRAYS = [
    pytest.param(lambda forged: {"policy": forged}, id="in an array"),
    pytest.param(lambda forged: {"policy": {"Statement": forged}}, id="in an array of an object"),
    pytest.param(lambda forged: {"policy": [[1], forged]}, id="in an array of an array"),
    pytest.param(
        lambda forged: {"done": [{"x": 1}], "more": [1], "policy": forged}, id="behind arrays that are closed"
    ),
    pytest.param(lambda forged: {"t": 'x"],"y":"', "policy": forged}, id="behind a text like the end of one"),
    pytest.param(lambda forged: {"policy": [{"a": [1], "b": 2}, *forged]}, id="behind an element with an array"),
    pytest.param(
        lambda forged: {"done": [{"x": [{"y": [1]}]}], "more": [{"z": [2]}], "policy": forged},
        id="behind nested arrays",
    ),
]


@pytest.mark.parametrize("inside", ARRAYS)
@pytest.mark.parametrize("layout", BY_BORDERS)
@pytest.mark.parametrize("junk", JUNK, ids=repr)
@pytest.mark.parametrize("which", [0, 1, 2])
def test_what_a_stranger_wrote_into_a_parameter_is_no_record(inside: Any, layout: str, junk: Any, which: int) -> None:
    forged = [record(100), record(101), record(102)]
    forged[which]["userAgent"] = WORD.decode()
    outer = record(2, requestParameters=inside([junk, *forged]))
    assert pieces_of([record(1), outer, record(3)], layout) == [outer]


def test_what_a_stranger_wrote_is_no_record_however_far_from_the_beginning() -> None:
    forged = [record(100 + number) for number in range(180)]
    forged[-2]["userAgent"] = WORD.decode()
    outer = record(2, requestParameters={"policy": [{"a": 1}, *forged]})
    assert len(json.dumps(outer, separators=(",", ":"))) < 100 * 1024, "CloudTrail leaves out what is larger"
    assert pieces_of([record(1), outer]) == [outer]


def test_what_is_before_a_large_field_is_looked_at_too() -> None:
    forged = [record(100), marked(101), record(102)]
    response = {"t": "y" * 20_000, "policy": [{"a": 1}, *forged]}
    outer = record(2, requestParameters={"t": "x" * 99_000}, responseElements=response)
    assert pieces_of([record(1), outer]) == [outer]


def test_a_record_that_begins_with_another_key_is_whole() -> None:
    other = dict(reversed(marked(2).items()))
    assert pieces_of([record(1), other, record(3)]) == [other]


def test_a_damaged_record_costs_nothing_but_itself() -> None:
    data = LAYOUTS["CloudTrail's own"]([marked(number) for number in range(4)]).encode()
    damaged = data.replace(b'"awsRegion":"us-east-1"', b'"awsRegion":us-east-1"', 2).replace(
        b"us-east-1", b"us-east-1", 1
    )
    found = cut(damaged, places(damaged))
    whole = [piece for _offset, piece in found.pieces if _is_json(piece)]
    assert len(whole) == 2
    assert found.faults


def _is_json(piece: bytes) -> bool:
    try:
        json.loads(piece)
    except ValueError:
        return False
    return True


@pytest.mark.parametrize("size", [100, 1000, 2000])
def test_what_came_before_the_cut_is_read(size: int) -> None:
    data = LAYOUTS["CloudTrail's own"]([marked(number) for number in range(9)]).encode()[:size]
    found = cut(data, places(data))
    assert [json.loads(piece)["eventID"] for _offset, piece in found.pieces] == [
        record(number)["eventID"] for number in range(len(found.pieces))
    ]
    assert len(found.pieces) == data.count(b'"eventCategory":"Management"}')
    assert len(found.faults) == 1


@pytest.mark.parametrize("layout", [*BY_BORDERS, "lines"])
def test_a_large_file_is_cut_off_between_two_records(layout: str) -> None:
    data = LAYOUTS[layout]([record(number) for number in range(4)]).encode()
    place = last_border(data[:-40])
    assert place is not None
    assert data[place:].lstrip().startswith(b"{")
    assert data[:place].rstrip(b" \n,").endswith(b"}")


def test_what_has_no_borders_cannot_be_cut_off() -> None:
    assert last_border(b'{"a":' + b" " * 100) is None
    assert last_border(LAYOUTS["CloudTrail's own"]([record(1)]).encode()) is None
