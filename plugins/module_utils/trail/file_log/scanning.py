# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Looks through files for texts, and once more for those that became known since, while a file is still unpacked. Knows no rule."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from ansible_collections.cordon.aws.plugins.module_utils.trail.file_log.cutting import Piece, cut, last_border
from ansible_collections.cordon.aws.plugins.module_utils.trail.file_log.searching import Texts
from ansible_collections.cordon.aws.plugins.module_utils.trail.file_log.unpacking import PART, Fault, parts

_KEPT = 64 * 1024 * 1024
"""Bytes that stay unpacked: what CloudTrail delivers in the 15 minutes that files may be late, of a busy account."""
_LATE = 30 * 60
"""Seconds: what becomes known by a file that was delivered so much later than another is hardly in that one, which is closed then.
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/get-and-view-cloudtrail-log-files.html"""
_OFTEN = 16 * 1024 * 1024
"""After so many bytes what is unpacked is looked through for what became known: what is found there leads to more."""


class Wanted(NamedTuple):
    """A text that is looked for, and before when (seconds since 1970) no event can have it; None: it may stand anywhere."""

    text: str
    not_before: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Scanned:
    """What was found in one file. Sent between processes."""

    number: int
    """Of the file."""
    version: int
    """It was looked through for so many of the wanted."""
    pieces: Sequence[Piece]
    faults: Sequence[Fault] = ()
    count: int = 0
    is_first: bool = False
    """Nobody has looked through the file before."""


@dataclass(slots=True)
class _Open:
    """A file that is still unpacked."""

    data: bytes
    until: float | None
    version: int


class Scanner:
    """One pair of hands. `wanted` only grows; what is found in a file is found by the first `version` of them."""

    def __init__(self) -> None:
        self.wanted: list[Wanted] = []
        self._open: OrderedDict[int, _Open] = OrderedDict()
        self._texts: dict[tuple[str, ...], Texts] = {}
        self._held, self._since = 0, 0
        """Bytes that are open, and that were opened since these were looked through for what became known."""

    def scan(self, number: int, stored: bytes, until: float | None, since: int = 0) -> Iterator[Scanned]:
        """Look through a file for what is wanted, from `since` on. No event in it is later than `until`. Files that are closed to make
        room are looked through once more, and come along."""
        version = len(self.wanted)
        texts = self._texts_of(since, until)
        faults: list[Fault] = []
        pieces: list[Piece] = []
        count, whole = 0, b""
        for offset, data, is_all in _documents(stored, faults):
            done = cut(data, texts.places(data))
            pieces += ((offset + place, piece) for place, piece in done.pieces)
            faults += (Fault(offset + fault.offset, fault.why, fault.kind) for fault in done.faults)
            count += done.count
            whole = data if is_all else b""
        yield Scanned(number=number, version=version, pieces=pieces, faults=faults, count=count, is_first=not since)
        if whole:
            self._open[number] = _Open(whole, until, version)
            self._held += len(whole)
            self._since += len(whole)
            if self._since >= _OFTEN:
                yield from self.look_again()
            while self._open and self._is_to_close(self._oldest(), until):
                number, file = self._open.popitem(last=False)
                self._held -= len(file.data)
                yield from self._again(number, file)

    def _oldest(self) -> _Open:
        return next(iter(self._open.values()))

    def _is_to_close(self, file: _Open, until: float | None) -> bool:
        return self._held > _KEPT or (file.until is not None and until is not None and file.until + _LATE < until)

    def look_again(self) -> Iterator[Scanned]:
        """Look through everything that is still open for what became known since."""
        self._since = 0
        for number, file in self._open.items():
            yield from self._again(number, file)

    def _again(self, number: int, file: _Open) -> Iterator[Scanned]:
        since, file.version = file.version, len(self.wanted)
        if texts_within(self.wanted, since, file.until):
            places = self._texts_of(since, file.until).places(file.data)
            pieces = cut(file.data, places).pieces if places else []
            yield Scanned(number=number, version=file.version, pieces=pieces)

    def _texts_of(self, since: int, until: float | None) -> Texts:
        listed = texts_within(self.wanted, since, until)
        if listed not in self._texts:
            if len(self._texts) > 8:
                self._texts.clear()
            self._texts[listed] = Texts(listed)
        return self._texts[listed]


def texts_within(wanted: Sequence[Wanted], since: int, until: float | None) -> tuple[str, ...]:
    """The texts from `since` on that can stand in a file without events later than `until`."""
    return tuple(
        {one.text: None for one in wanted[since:] if until is None or one.not_before is None or one.not_before <= until}
    )


def _documents(stored: bytes, faults: list[Fault]) -> Iterator[tuple[int, bytes, bool]]:
    """The texts of a file, each with its offset and whether it is all there is: large ones come in several, cut between records."""
    offset, held, size = 0, list[bytes](), 0
    for part in parts(stored, faults):
        if not offset and not held and part.lstrip()[:1] not in (b"{", b"["):
            faults.append(Fault(0, "it is not JSON"))
            return
        held.append(part)
        size += len(part)
        if size > PART:
            data = b"".join(held)
            place = last_border(data)
            if place is None:
                faults.append(Fault(offset, f"its layout cannot be read in a file of more than {PART >> 20} MiB"))
                return
            is_lines = data[place - 1 : place] == b"\n" and not data.startswith(b"[")
            yield offset, data[:place] if is_lines else data[:place].rstrip().rstrip(b",") + b"]", False
            # What is left begins like an array, too: a byte that is not in the file, which the offset makes up for.
            held = [data[place:] if is_lines else b"[" + data[place:]]
            offset, size = offset + place - (not is_lines), len(held[0])
    if held:
        yield offset, held[0] if len(held) == 1 else b"".join(held), not offset
