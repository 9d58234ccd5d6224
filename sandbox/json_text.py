"""Where the strings of a JSON text stand, so that one can be exchanged and all else stays byte for byte."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

_SPACE = re.compile(r"[ \t\r\n]*")
_DECODER = json.JSONDecoder()

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A string that is a value: its names and places from the top down, and the text's part that holds it, quotes included."""

    path: Path
    value: str
    start: int
    end: int


def texts_of(text: str) -> Iterator[Text]:
    """Every string value in the order of the text, which must be valid JSON."""
    yield from _values(text, _skip(text, 0), ())


def _values(text: str, at: int, path: Path) -> Iterator[Text]:
    if text[at] == "{":
        at = _skip(text, at + 1)
        while text[at] != "}":
            name, at = _DECODER.raw_decode(text, at)
            at = _skip(text, _skip(text, at) + 1)  # past the colon
            yield from _values(text, at, (*path, name))
            at = _past(text, at)
    elif text[at] == "[":
        at, place = _skip(text, at + 1), 0
        while text[at] != "]":
            yield from _values(text, at, (*path, place))
            at, place = _past(text, at), place + 1
    elif text[at] == '"':
        value, end = _DECODER.raw_decode(text, at)
        yield Text(path=path, value=value, start=at, end=end)


def _past(text: str, at: int) -> int:
    """The place of what comes after the value here and its comma."""
    at = _skip(text, _DECODER.raw_decode(text, at)[1])
    return _skip(text, at + 1) if text[at] == "," else at


def _skip(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at
