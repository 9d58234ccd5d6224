# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is in a stored file, unpacked in parts of bounded size: gzip with one or several members, or plain, whatever its name says. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

try:
    from isal.igzip_lib import DECOMP_GZIP, IgzipDecompressor, IsalError
except ImportError:  # the module says so through missing_required_lib before it gets here
    pass

PART = 32 * 1024 * 1024
"""Bytes of one part: CloudTrail's own files have less."""
MOST = 512 * 1024 * 1024
"""Bytes that one file may hold: a small one can be made to hold any number."""
_GZIP = b"\x1f\x8b"


class Fault(NamedTuple):
    """Why something in a file cannot be read."""

    offset: int
    """Bytes from the beginning of what is unpacked."""
    why: str
    """A clause without a full stop; never repeats what was read."""
    kind: str = "unreadable"


def parts(stored: bytes, faults: list[Fault]) -> Iterator[bytes]:
    """What `stored` holds, part after part; what came before a fault is handed out, too."""
    if not stored:
        faults.append(Fault(0, "it is empty"))
    done = 0
    for part in _unpacked(stored, faults) if stored.startswith(_GZIP) else _plain(stored):
        yield part
        done += len(part)
        if done > MOST:
            faults.append(Fault(done, f"it holds more than {MOST >> 20} MiB, of which these were read"))
            return


def _plain(stored: bytes) -> Iterator[bytes]:
    for start in range(0, len(stored), PART):
        yield stored[start : start + PART] if len(stored) > PART else stored


def _unpacked(stored: bytes, faults: list[Fault]) -> Iterator[bytes]:
    done, rest = 0, stored
    while rest.startswith(_GZIP):
        member = IgzipDecompressor(flag=DECOMP_GZIP)
        # The last four bytes of a member are its size, if it tells the truth: one piece of memory instead of many.
        room = min(max(int.from_bytes(rest[-4:], "little") + 1, 1 << 16), PART)
        given = rest
        while not member.eof:
            try:
                part = member.decompress(given, room)
            except (IsalError, ValueError):  # type: ignore[misc]  # its types call the class an instance
                faults.append(Fault(done, "its compression is damaged from there on"))
                return
            given = b""
            if not part and not member.eof:
                faults.append(Fault(done, "it is cut off in the middle of its compression"))
                return
            done += len(part)
            yield part
        rest = member.unused_data
    if rest.strip(b"\0"):
        faults.append(Fault(done, "something that is not gzip follows what is"))
