"""A string of a JSON text can be exchanged where it stands, and nothing else changes."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from sandbox.json_text import texts_of

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inside: st.lists(inside, max_size=4) | st.dictionaries(st.text(max_size=4), inside, max_size=4),
    max_leaves=20,
)
SPACES = st.sampled_from([None, 0, 1, "\t", " \t "])


def strings(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[tuple[str | int, ...], str]]:
    if isinstance(value, str):
        return [(path, value)]
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [found for name, part in parts for found in strings(part, (*path, name))]


@given(VALUES, SPACES, st.booleans(), st.sampled_from([(",", ":"), (" , ", " :\n ")]))
def test_every_string_is_found_where_it_stands(
    value: Any, indent: Any, ascii_only: bool, separators: tuple[str, str]
) -> None:
    text = " \n" + json.dumps(value, indent=indent, ensure_ascii=ascii_only, separators=separators) + "\t"
    found = list(texts_of(text))
    assert [(one.path, one.value) for one in found] == strings(value)
    assert all(json.loads(text[one.start : one.end]) == one.value for one in found)


def test_escapes_are_read_and_left_as_they_are() -> None:
    (only,) = texts_of(r'{ "a\u0062" : [ 1, { "x" : "a\/b\"" } ] }')
    assert only.path == ("ab", 1, "x")
    assert only.value == 'a/b"'
