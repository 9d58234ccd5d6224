# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Finds texts in bytes, many at once, and what may be one of them in JSON's own spelling. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

try:
    import stringzilla
    from ahocorasick_rs import BytesAhoCorasick, Implementation
except ImportError:  # the module says so through missing_required_lib before it gets here
    pass

# JSON may spell any character as \\u0041, and the slash as \\/. https://www.rfc-editor.org/rfc/rfc8259#section-7
_SPELLED = (b"\\u00", b"\\/")
_CODE = re.compile(rb"\\u00([2-7][0-9A-Fa-f])")
_SHORTEST = 6
_FEW = 4
_MANY = 500
"""Texts whose automaton is small enough for its fastest kind."""
_BACKSLASH = ord("\\")
_AS_TEXT = b'"CloudTrailEvent"'
_OFTEN = frozenset(b"<>&'\"")
"""What many writers spell out in harmless texts; to be looked at only where a text that is looked for holds it."""


def _part(text: str) -> str:
    """What to look for instead of `text`: every ARN begins like thousands of others, which would have to be looked at one by one."""
    slash = text.rfind("/", 0, -1) if text.startswith("arn:") else -1
    return text[slash:] if slash > 0 and len(text) - slash >= _SHORTEST else text


def _groups(wanted: Sequence[bytes]) -> Sequence[Sequence[bytes]]:
    """A text alone is found so much faster than one of several that few are searched for one after the other."""
    return [[one] for one in wanted] if len(wanted) <= _FEW else [wanted]


@cache
def _spelled() -> BytesAhoCorasick:
    return BytesAhoCorasick(_SPELLED)


class Texts:
    """Texts to look for: printable ASCII without quotes and backslashes."""

    def __init__(self, texts: Sequence[str]) -> None:
        wanted = sorted({_part(text).encode("ascii") for text in texts})
        self._count = len(wanted)
        how = Implementation.DFA if len(wanted) <= _MANY else None
        self._searches = [BytesAhoCorasick(group, implementation=how) for group in _groups(wanted)]
        self._ignored = _OFTEN - frozenset(b"".join(text.encode("ascii") for text in texts))

    def places(self, data: bytes) -> Sequence[int]:
        """Offsets, ascending: one at least in each string of JSON that may hold one of the texts."""
        if not self._count:
            return []
        found = [start for search in self._searches for _which, start, _end in search.find_matches_as_indexes(data)]
        spelled = [start for _which, start, _end in _spelled().find_matches_as_indexes(data)]
        if spelled:
            # Events as texts within JSON are spelled out twice.
            twice = stringzilla.find(data, _AS_TEXT) >= 0
            found += [start for start in spelled if self._may_be(data, start, twice=twice)]
        elif len(self._searches) == 1:
            return found
        return sorted(found)

    def _may_be(self, data: bytes, start: int, *, twice: bool) -> bool:
        """Whether what is spelled out there could be a part of one of them."""
        if data[start] != _BACKSLASH:
            return False
        before = start
        while before and data[before - 1] == _BACKSLASH:
            before -= 1
        if (start - before) % 2 and not twice:
            return False  # a backslash that is spelled out itself
        code = _CODE.match(data, start)
        return not data.startswith(b"\\u", start) or (code is not None and int(code[1], 16) not in self._ignored)
