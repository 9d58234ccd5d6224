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
    if not stored.startswith(_GZIP):
        for start in range(0, min(len(stored), MOST), PART):
            yield stored[start : start + PART]
        if len(stored) > MOST:
            faults.append(Fault(MOST, f"it holds more than {MOST >> 20} MiB"))
        return
    done, rest = 0, stored
    while rest:
        if not rest.startswith(_GZIP):
            if rest.strip(b"\0"):
                faults.append(Fault(done, "something that is not gzip follows what is"))
            return
        member = IgzipDecompressor(flag=DECOMP_GZIP)
        given = rest
        while not member.eof:
            # The last four bytes of a member are its size, if it tells the truth: one piece of memory instead of many.
            room = min(max(int.from_bytes(rest[-4:], "little") + 1, 1 << 16), PART)
            try:
                part = member.decompress(given, room)
            except (IsalError, ValueError):  # type: ignore[misc]  # its types call the class an instance
                faults.append(Fault(done, "its compression is damaged from there on"))
                return
            given = b""
            if part:
                done += len(part)
                yield part
            elif not member.eof:
                faults.append(Fault(done, "it is cut off in the middle of its compression"))
                return
            if done > MOST:
                faults.append(Fault(done, f"it holds more than {MOST >> 20} MiB"))
                return
        rest = member.unused_data
