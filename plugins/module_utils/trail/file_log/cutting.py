# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Cuts records that hold something out of the text of a file, by the structure of JSON, parsing only what it has to. Pure.

In CloudTrail's files all records begin with the same key, so that what stands between two of them is the same everywhere:
`},{"eventVersion":`. A quotation mark within a text is always written with a backslash before it, so these bytes never stand in a text:
they end an object and begin the next one. These may be no records but parts of one, in an array that is a parameter of a call, written
by a stranger. Then the beginning of the record that holds them, up to the first of them, has an array that it does not close; what is
cut out is therefore only taken for a record if everything before it, back to the last that was, closes as many arrays as it opens, by
counting brackets. Where that cannot be told, each value before it has to, back to the size that one field of a record can have. Anything
else is cut by a parser, from the beginning of the file on, record after record."""

from __future__ import annotations

import json
import re
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

try:
    import orjson
    import stringzilla
    from ahocorasick_rs import BytesAhoCorasick
except ImportError:  # the module says so through missing_required_lib before it gets here
    pass

from ansible_collections.cordon.aws.plugins.module_utils.trail.file_log.unpacking import Fault

Piece = tuple[int, bytes]
"""Offset, and a value of JSON: a record, or what holds records."""

FIELD = 104 * 1024
"""CloudTrail leaves out parameters and answers of more than 100 KB.
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html"""
_SPACE = rb"[ \t\r\n]*"
_HEAD = re.compile(rb"%(s)s(?:\{%(s)s\"Records\"%(s)s:%(s)s)?\[%(s)s(\{%(s)s\"[A-Za-z]{1,64}\"%(s)s:)" % {b"s": _SPACE})
_CONTAINER = re.compile(rb"(?:\{%(s)s\"(?:Records|Events)\"%(s)s:%(s)s)?\[%(s)s" % {b"s": _SPACE})
_TAIL = re.compile(rb"\}(%(s)s\]%(s)s(?:\}%(s)s)?)\Z" % {b"s": _SPACE})
_BETWEEN = re.compile(rb"\}%(s)s,%(s)s\Z" % {b"s": _SPACE})
_BLANK = re.compile(_SPACE)
_COMMA = re.compile(rb"%(s)s(,?)%(s)s" % {b"s": _SPACE})
_CLOSES = ord("]")
_CLOSINGS = (b'],"', b']},"', b']}},"')
"""How most arrays end."""
_CLOSING = re.compile(rb'\][\]}]{0,8},\{?"')
_LESSON, _LESSONS = 32 * 1024, 4
_MOST_CLOSINGS = 12
_SCAN = json.JSONDecoder().raw_decode


@dataclass(kw_only=True)
class Cut:
    """What was cut out of one text."""

    pieces: list[Piece] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    count: int = 0
    """How many values there are, as far as it could be read."""


def cut(data: bytes, places: Sequence[int]) -> Cut:
    """The values of `data` that hold one of `places` (ascending)."""
    head = _HEAD.match(data)
    border = _border(data, head) if head else None
    quick = _by_borders(data, places, head.start(1), border) if head and border else _by_lines(data, places)
    return quick if quick is not None else _by_parser(data, places, border)


def last_border(data: bytes) -> int | None:
    """Where the last value begins that `data` may be cut off at the beginning of: it is an array, or lines. None where it is neither."""
    head = _HEAD.match(data)
    if head is None:
        return data.rfind(b"\n") + 1 or None if _is_lines(data[: data.rfind(b"\n") + 1]) else None
    border = _border(data, head)
    place = data.rfind(border[0]) if border else -1
    return None if border is None or place < 0 else place + len(border[0]) - border[1]


def _border(data: bytes, head: re.Match[bytes]) -> tuple[bytes, int] | None:
    """What stands between two records, and how much of it belongs to the second."""
    first = head[1]
    second = data.find(first, head.end())
    between = _BETWEEN.search(data, max(head.end(), second - 256), second) if second >= 0 else None
    return (between[0] + first, len(first)) if between else None


def _is_lines(data: bytes) -> bool:
    """Whether each line is an object: a line cannot end within a text of JSON."""
    body = data.strip()
    end = body.find(b"\n")
    if not body.startswith(b"{") or end < 0 or body.count(b"\n") != body.count(b"}\n{"):
        return False
    return _is_value(body[:end])


def _by_lines(data: bytes, places: Sequence[int]) -> Cut | None:
    """None where they are not lines."""
    if not _is_lines(data):
        return None
    found = Cut(count=data.strip().count(b"\n") + 1)
    end = 0
    for place in places:
        if place >= end:
            start = data.rfind(b"\n", 0, place) + 1
            end = data.find(b"\n", place)
            end = len(data) if end < 0 else end
            found.pieces.append((start, data[start:end]))
    return found


def _by_borders(data: bytes, places: Sequence[int], begin: int, border: tuple[bytes, int]) -> Cut | None:
    """None where it is not certain that all borders are between records."""
    tail = _TAIL.search(data, max(0, len(data) - 256))
    if tail is None:
        return None
    between, overlap = border
    result = Cut(count=stringzilla.count(data, between) + 1)
    if not places:
        return result
    gap, last = len(between) - overlap, tail.start() + 1
    brackets = _Brackets(data)
    proved, end = begin, begin
    for place in places:
        if place < end or place >= last:
            continue
        before = stringzilla.rfind(data, between, proved, max(proved, place - 1 + len(between)))
        start = before + gap if before >= 0 else proved
        after = stringzilla.find(data, between, place)
        end = after + 1 if after >= 0 else last
        piece = data[start:end]
        if not _is_value(piece) or not (
            brackets.are_closed(proved, start) or _each_is_closed(brackets, proved, start, border)
        ):
            return None
        proved = start
        result.pieces.append((start, piece))
    return result


@lru_cache(maxsize=32)
def _texts_like(closings: tuple[bytes, ...]) -> BytesAhoCorasick:
    """What looks like one of these, but may be the end of a text."""
    return BytesAhoCorasick([closing + bytes((one,)) for closing in closings for one in b",:}] \t\r\n"])


class _Brackets:
    """Whether arrays are closed, without a look at what is text: brackets that open are counted as if none was in a text, those that
    close only where it is certain that they are structure, because a quotation mark follows that begins a text. What stands behind one
    that ends a text is one of a few characters; where it does, nothing is certain."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self._closings: tuple[bytes, ...] = ()
        self._lessons = 0
        self._learns(0, _LESSON)

    def are_closed(self, start: int, end: int) -> bool:
        """Whether as many arrays are closed from `start` to `end` as are opened there, at least."""
        left = stringzilla.count(self.data, b"[", start, end)
        if left <= 0:
            return True
        for closing in self._closings:
            left -= stringzilla.count(self.data, closing, start, end)
            if left <= 0:
                return True
        return self._learns(max(start, end - _LESSON), end) and self.are_closed(start, end)

    def _learns(self, start: int, end: int) -> bool:
        """How else arrays end in this text, which is full of the same kinds of records."""
        if self._lessons >= _LESSONS:
            return False
        self._lessons += 1
        runs = {match[0] for match in _CLOSING.finditer(self.data, start, end)}
        found = {run[place:] for run in runs for place in range(len(run)) if run[place] == _CLOSES}.union(_CLOSINGS)
        new = sorted(found.difference(self._closings))[: _MOST_CLOSINGS - len(self._closings)]
        return bool(new) and self._know((*self._closings, *new))

    def _know(self, closings: tuple[bytes, ...]) -> bool:
        is_certain = not _texts_like(closings).find_matches_as_indexes(self.data)
        if is_certain:
            self._closings = closings
        return is_certain


def _each_is_closed(brackets: _Brackets, begin: int, end: int, border: tuple[bytes, int]) -> bool:
    """Whether each value from `begin` to `end`, as far back as a record can reach that holds what is at `end`, closes its arrays."""
    between, overlap = border
    gap = len(between) - overlap
    after = end
    while after > begin and end - (after - gap + 1) <= FIELD:
        closed = after - gap + 1
        before = stringzilla.rfind(brackets.data, between, begin, after - 1)
        start = before + gap if before >= 0 else begin
        if not brackets.are_closed(start, closed) and not _is_value(brackets.data[start:closed]):
            return False
        after = start
    return True


def _is_value(text: bytes) -> bool:
    try:
        orjson.loads(text)
    except ValueError:
        return False
    return True


def _by_parser(data: bytes, places: Sequence[int], border: tuple[bytes, int] | None) -> Cut:
    """Value after value. What cannot be parsed is a fault; it goes on where the next record begins, if that can be told."""
    found = Cut()
    text = data.decode("latin-1")  # a character for each byte: the structure is ASCII, and the texts are not looked at
    number = 0
    for start, end in _values(data, text, border, found):
        found.count += 1
        while number < len(places) and places[number] < start:
            number += 1
        if number < len(places) and places[number] < end:
            found.pieces.append((start, data[start:end]))
    return found


def _values(data: bytes, text: str, border: tuple[bytes, int] | None, found: Cut) -> Iterator[tuple[int, int]]:
    """Where the values begin and end: documents one after the other, or what is in the array of one."""
    place = _blank(data, 0)
    lines = _first_line_is_whole(data)
    while place < len(data):
        container = _CONTAINER.match(data, place)
        if container:
            place = yield from _elements(data, text, container.end(), border, found)
            continue
        end = _end(text, place, found)
        if end is None:
            after = data.find(b"\n", place) + 1 if lines else 0
            if not after:
                return
            place = _blank(data, after)
            continue
        yield place, end
        place = _COMMA.match(data, end).end()  # type: ignore[union-attr]  # it matches nothing, too


def _elements(
    data: bytes, text: str, place: int, border: tuple[bytes, int] | None, found: Cut
) -> Generator[tuple[int, int], None, int]:
    """The values of the array that `place` is in, and where what follows it begins."""
    while place < len(data) and data[place : place + 1] != b"]":
        end = _end(text, place, found)
        if end is None:
            next_one = data.find(border[0], place) if border else -1
            if border is None or next_one < 0:
                return len(data)
            place = next_one + len(border[0]) - border[1]
            continue
        yield place, end
        comma = _COMMA.match(data, end)
        place = comma.end() if comma else end
        if not (comma and comma[1]) and data[place : place + 1] != b"]":
            why = "it ends before its records do" if place >= len(data) else "its records are not separated"
            found.faults.append(Fault(place, why))
            return len(data)
    if place >= len(data):
        found.faults.append(Fault(place, "it ends before its records do"))
        return len(data)
    return _after_array(data, text, place + 1)


def _after_array(data: bytes, text: str, place: int) -> int:
    """Behind the rest of the object whose array it was."""
    place = _blank(data, place)
    if data[place : place + 1] == b"}":
        return _blank(data, place + 1)
    if data[place : place + 1] == b",":
        rest = "{" + text[place + 1 :]
        try:
            return _blank(data, place + _SCAN(rest)[1])
        except (ValueError, RecursionError):
            return len(data)
    return place


def _end(text: str, place: int, found: Cut) -> int | None:
    try:
        return int(_SCAN(text, place)[1])
    except RecursionError:
        found.faults.append(Fault(place, "it is nested too deeply"))
    except ValueError as error:
        at_end = getattr(error, "pos", 0) >= len(text.rstrip()) - 1 or "Unterminated" in str(error)
        found.faults.append(Fault(place, "it ends in the middle of a record" if at_end else "it is not JSON"))
    return None


def _first_line_is_whole(data: bytes) -> bool:
    end = data.find(b"\n")
    return end >= 0 and _is_value(data[:end])


def _blank(data: bytes, place: int) -> int:
    matched = _BLANK.match(data, place)
    return matched.end() if matched else place
