# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is in a stored file, uncompressed, piece by piece: files of strangers may be made to fill a memory. Pure."""

from __future__ import annotations

import contextlib
import hashlib
import zlib
from collections.abc import Iterator
from typing import Any

inflating: Any = zlib
with contextlib.suppress(ImportError):
    from isal import isal_zlib as inflating  # several times as fast, of the same interface

_MAGIC = b"\x1f\x8b"
_GZIP = 31
"""https://docs.python.org/3/library/zlib.html#zlib.decompressobj (wbits of gzip's format)"""
_PIECE = 1 << 20
MOST = 1 << 30
"""What is larger is no log file."""


class ContentError(ValueError):
    """Why a file cannot be unpacked."""


def hash_of(stored: bytes, most: int = MOST) -> str:
    """SHA-256 of what is in the file; empty where it cannot be unpacked, or is more than `most`."""
    found = hashlib.sha256()
    try:
        for piece in _pieces(stored, most):
            found.update(piece)
    except ContentError:
        return ""
    return found.hexdigest()


def content_of(stored: bytes, most: int) -> bytes:
    """What is in the file. Raises ContentError where it cannot be unpacked, or is more than `most`."""
    return b"".join(_pieces(stored, most))


def _pieces(stored: bytes, most: int) -> Iterator[bytes]:
    if not stored.startswith(_MAGIC):
        yield stored
        return
    size, rest = 0, stored
    while rest:
        inflate = inflating.decompressobj(_GZIP)
        while not inflate.eof:
            try:
                piece = inflate.decompress(rest, _PIECE)
            except (zlib.error, inflating.error) as error:
                raise ContentError("it is not gzip as it should be") from error
            size += len(piece)
            if size > most:
                raise ContentError(f"it has more than {most:,} bytes")
            if not piece and not inflate.unconsumed_tail and not inflate.eof:
                raise ContentError("it breaks off")
            rest = inflate.unconsumed_tail
            yield piece
        rest = inflate.unused_data
