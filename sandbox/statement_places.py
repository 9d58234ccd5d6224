"""Where the statements of a policy document stand: lines and columns, counted from 1.
https://docs.aws.amazon.com/IAM/latest/APIReference/API_Position.html"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

Position = dict[str, int]

_DECODER = json.JSONDecoder()
_SPACE = re.compile(r"[ \t\r\n]*")


def places(text: str) -> list[tuple[Position, Position]]:
    """Start and end of each statement, as SimulatePrincipalPolicy's samples show them: a statement in a list starts right after the
    bracket or comma, one that stands alone after its own brace, and each ends after its closing brace.
    https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html#API_SimulatePrincipalPolicy_Examples"""
    return [(_position(text, start), _position(text, end)) for start, end in _spans(text)]


def _spans(text: str) -> Iterator[tuple[int, int]]:
    at = _skip(text, _skip(text, 0) + 1)
    while text[at] != "}":
        name, at = _DECODER.raw_decode(text, at)
        at = _skip(text, _skip(text, at) + 1)  # past the colon
        end = _DECODER.raw_decode(text, at)[1]
        if name == "Statement":
            yield from _listed(text, at) if text[at] == "[" else [(at + 1, end)]
        at = _past_comma(text, end)


def _listed(text: str, at: int) -> Iterator[tuple[int, int]]:
    start = at + 1
    while text[_skip(text, start)] != "]":
        end = _DECODER.raw_decode(text, _skip(text, start))[1]
        yield start, end
        start = _skip(text, end)
        start += text[start] == ","


def _past_comma(text: str, at: int) -> int:
    at = _skip(text, at)
    return _skip(text, at + 1) if text[at] == "," else at


def _skip(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at


def _position(text: str, at: int) -> Position:
    return {"Line": text.count("\n", 0, at) + 1, "Column": at - text.rfind("\n", 0, at)}
