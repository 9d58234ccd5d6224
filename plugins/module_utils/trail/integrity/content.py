# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is in a stored file, as CloudTrail's digests know it: unpacked. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from ansible_collections.cordon.aws.plugins.module_utils.trail.file_log.unpacking import Fault, parts


class ContentError(ValueError):
    """Why a file cannot be unpacked."""


def hash_of(stored: bytes) -> str:
    """SHA-256 of what is in the file; empty where it cannot be unpacked as a whole."""
    found = hashlib.sha256()
    try:
        for part in _parts(stored):
            found.update(part)
    except ContentError:
        return ""
    return found.hexdigest()


def content_of(stored: bytes, most: int) -> bytes:
    """What is in the file. Raises ContentError where it cannot be unpacked, or is more than `most` bytes."""
    found = bytearray()
    for part in _parts(stored):
        found += part
        if len(found) > most:
            raise ContentError(f"it holds more than {most:,} bytes")
    return bytes(found)


def _parts(stored: bytes) -> Iterator[bytes]:
    faults: list[Fault] = []
    yield from parts(stored, faults)
    if faults:
        raise ContentError(faults[0].why)
