# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Records that were found, kept out of memory: as lines of JSON, without secrets, in a file that is gone with the process."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from typing import Any

from ansible_collections.cordon.aws.plugins.module_utils.plan import Json
from ansible_collections.cordon.aws.plugins.module_utils.trail.graph.redaction import redacted_record

try:
    import orjson
except ImportError:
    orjson = None  # type: ignore[assignment]

_IN_MEMORY = 4 * 2**20
_AT_ONCE = 2**20
"""Bytes that are written together."""

_BY_PYTHON = b" "
"""How lines begin that orjson did not write, and would read otherwise: to it, integers beyond 64 bits are fractions."""


def dumped(value: Json) -> bytes:
    """One line of JSON, without the line's end."""
    if orjson is not None:
        try:
            return orjson.dumps(value)
        except TypeError:
            # Integers beyond 64 bits, and halves of characters, which Python's own reader lets pass.
            pass
    return _BY_PYTHON + json.dumps(value, separators=(",", ":")).encode()


def loaded(line: bytes) -> Any:
    """The value of a line that `dumped` wrote."""
    if orjson is not None and not line.startswith(_BY_PYTHON):
        try:
            return orjson.loads(line)
        except ValueError:
            pass
    return json.loads(line)


class Spool:
    """Where records lie until it is known which of them belong to the trace."""

    def __init__(self) -> None:
        self._file = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115  as long as the trace
        self._new: list[bytes] = []
        self._size = 0
        self._written = 0

    def put(self, record: Mapping[str, Json]) -> tuple[int, int]:
        """Where the record lies: place and length."""
        line = dumped(redacted_record(record))
        place = self._size
        self._new.append(line)
        self._size += len(line)
        if self._size - self._written >= _AT_ONCE:
            self._write()
        return place, len(line)

    def get(self, place: int, length: int) -> bytes:
        if self._new:
            self._write()
        self._file.seek(place)
        return self._file.read(length)

    def _write(self) -> None:
        self._file.seek(self._written)
        self._file.write(b"".join(self._new))
        self._new.clear()
        self._written = self._size
