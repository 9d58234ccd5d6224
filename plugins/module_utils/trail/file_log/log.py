# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Files of events as a log: searched for the growing set of words, so that only records which hold one are ever parsed.

Each file is looked through for what is wanted by then, and later for what became wanted since, until nothing new is found: the result is
that of parsing everything, over and over. A file is read again only if it may hold one of the new words: no event in a file is later
than its delivery, and a rule may promise that no event before a certain time has a word (a key that had not been given out yet)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from math import inf

try:
    import orjson
except ImportError:  # the module says so through missing_required_lib before it gets here
    pass

from ansible_collections.cordon.aws.plugins.module_utils.plan import Json
from ansible_collections.cordon.aws.plugins.module_utils.trail.event import Event, RecordError, event_of
from ansible_collections.cordon.aws.plugins.module_utils.trail.event_log import (
    Dated,
    Gap,
    Progress,
    Report,
    Rule,
    Span,
    Word,
)
from ansible_collections.cordon.aws.plugins.module_utils.trail.file_log.crew import Crew, Job, crew_for
from ansible_collections.cordon.aws.plugins.module_utils.trail.file_log.cutting import Piece
from ansible_collections.cordon.aws.plugins.module_utils.trail.file_log.layouts import NotARecord, records_in
from ansible_collections.cordon.aws.plugins.module_utils.trail.file_log.printable import printable
from ansible_collections.cordon.aws.plugins.module_utils.trail.file_log.scanning import Scanned, Wanted, texts_within
from ansible_collections.cordon.aws.plugins.module_utils.trail.file_log.store import Store, Stored
from ansible_collections.cordon.aws.plugins.module_utils.trail.file_log.unpacking import Fault

_SLACK = timedelta(minutes=5)
"""How far clocks may differ; names tell minutes only."""
_FUTURE = timedelta(days=1)
_COUNTED = 1000
"""So many faults of one kind in one file are counted."""


class FileLog:
    """An EventLog over the files of a store."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._faults: dict[tuple[str, str, str], tuple[int, frozenset[int]]] = {}
        """File, reason and kind -> first offset, and all of them."""
        self._of_store: dict[Gap, None] = {}
        """What the store lacked whenever it was listed."""
        self._read = 0

    @property
    def read(self) -> int:
        return self._read

    @property
    def unique(self) -> int:
        """Nobody tells: of what holds no word, not even the id is read."""
        return self._read

    def gaps(self) -> Sequence[Gap]:
        of_store = dict.fromkeys((*self._of_store, *self._store.gaps()))
        return (*of_store, *(_gap(*found) for found in sorted(self._faults.items())))

    def follow(self, seeds: Iterable[Word], rule: Rule, span: Span, report: Report) -> Iterator[Event]:
        self._of_store.update(dict.fromkeys(self._store.gaps()))
        self._read = 0
        files = sorted(self._store.files(), key=lambda file: (file.time.timestamp() if file.time else inf, file.name))
        if span.since is not None:
            files = [file for file in files if file.time is None or file.time + _SLACK >= span.since]
        search = _Search(rule, span, self._fault)
        search.want((word, None) for word in seeds)
        if search.wanted and files:
            crew = crew_for(self._store, files)
            try:
                yield from self._follow(files, search, crew, report)
            finally:
                crew.stop()

    def _follow(self, files: Sequence[Stored], search: _Search, crew: Crew, report: Report) -> Iterator[Event]:
        wanted = search.wanted
        until = [(file.time + _SLACK).timestamp() if file.time else None for file in files]
        versions = [0] * len(files)
        total = sum(file.size for file in files)
        read, size = 0, 0
        waiting = list(range(len(files)))
        while waiting:
            jobs = [Job(number=one, file=files[one], until=until[one], since=versions[one]) for one in waiting]
            for scanned in _scanned(crew, jobs, wanted):
                name = files[scanned.number].name
                versions[scanned.number] = scanned.version
                if scanned.is_first:
                    for fault in scanned.faults:
                        self._fault(name, fault)
                    self._read += scanned.count
                    read, size = read + 1, size + files[scanned.number].size
                    report(Progress(files=read, files_total=len(files), size=size, size_total=total, events=self._read))
                yield from search.events(name, scanned.pieces)
            waiting = [one for one in range(len(files)) if texts_within(wanted, versions[one], until[one])]

    def _fault(self, name: str, fault: Fault) -> None:
        key = (name, fault.why, fault.kind)
        offset, places = self._faults.get(key, (fault.offset, frozenset()))
        self._faults[key] = (min(offset, fault.offset), places | {fault.offset} if len(places) < _COUNTED else places)


class _Search:
    """What is looked for, and what was found by it."""

    def __init__(self, rule: Rule, span: Span, fault: Callable[[str, Fault], None]) -> None:
        self._rule, self._span, self._fault = rule, span, fault
        self._promises = rule if isinstance(rule, Dated) else None
        self._words: dict[Word, float | None] = {}
        self._seen: dict[tuple[str, str], bytes] = {}
        """Id and account of an event -> what tells the content apart that was found first."""
        self._twins: set[tuple[str, str, bytes]] = set()
        self._latest = datetime.now(UTC) + _FUTURE
        self.wanted: list[Wanted] = []

    def want(self, words: Iterable[tuple[Word, float | None]]) -> None:
        """Look for these, too. A word that may stand in earlier events than was known is looked for once more."""
        for word, not_before in words:
            known = self._words.get(word, inf)
            if known is not None and (not_before is None or not_before < known):
                self._words[word] = not_before
                self.wanted.append(Wanted(word.text, not_before))

    def events(self, name: str, pieces: Iterable[Piece]) -> Iterator[Event]:
        """The events in `pieces` of this file that are found now, each once."""
        for offset, piece in pieces:
            for record in self._records(name, offset, piece):
                event = self._checked(name, offset, record)
                if event is None:
                    continue
                by = self._rule.words(event) & self._words.keys()
                if not by:
                    continue
                # What may stand anywhere already need not be told once more that it may.
                led_to = [word for word in self._rule.leads_to(event, by) if self._words.get(word, inf) is not None]
                self.want((word, self._not_before(word, event)) for word in led_to)
                if self._is_new(name, offset, event, piece):
                    yield event

    def _is_new(self, name: str, offset: int, event: Event, piece: bytes) -> bool:
        """Whoever can write where the files are could hide an event behind another one of its id: none is taken for the true one. The two
        sides of a call across accounts are in different accounts' logs, and no twins."""
        content = _content_of(event, piece)
        known = self._seen.get((event.event_id, event.account))
        if known is None:
            self._seen[event.event_id, event.account] = content
            return True
        twin = (event.event_id, event.account, content)
        if content == known or twin in self._twins:
            return False
        self._twins.add(twin)
        self._fault(
            name, Fault(offset, "an event has the id of another one that was read, and differs from it", "altered")
        )
        return True

    def _not_before(self, word: Word, event: Event) -> float | None:
        found = self._promises.not_before(word, event) if self._promises else None
        return found.timestamp() if found else None

    def _records(self, name: str, offset: int, piece: bytes) -> Iterator[Json]:
        try:
            value = orjson.loads(piece)
        except ValueError:
            self._fault(name, Fault(offset, "what stands there is not JSON in UTF-8, or nested too deeply"))
            return
        for record in records_in(value):
            if isinstance(record, NotARecord):
                self._fault(name, Fault(offset, record.why))
            else:
                yield record

    def _checked(self, name: str, offset: int, record: Json) -> Event | None:
        """None where it is no event of the span."""
        try:
            event = event_of(record)
            if event.time > self._latest:
                self._fault(name, Fault(offset, "its time is in the future"))
                return None
            return event if self._span.holds(event.time) else None
        except (RecordError, OverflowError) as error:
            why = str(error) if isinstance(error, RecordError) else "eventTime is not a time"
            self._fault(name, Fault(offset, f"a record is left out: {why}"))
            return None


def _content_of(event: Event, piece: bytes) -> bytes:
    """What tells a record from others, however it is written down: the order of keys, and fields that say nothing, may differ.
    `piece`: where it stands, which tells records that are nested more deeply than any of AWS's."""
    told = {name: value for name, value in event.record.items() if value is not None}
    try:
        written = orjson.dumps(told, option=orjson.OPT_SORT_KEYS)
    except TypeError:
        written = piece
    return blake2b(written, digest_size=16).digest()


def _scanned(crew: Crew, jobs: Iterable[Job], wanted: Sequence[Wanted]) -> Iterator[Scanned]:
    """One pass: the files, then what is still unpacked until nothing more becomes wanted by it."""
    yield from crew.scan(jobs, wanted)
    known = -1
    while known != len(wanted):
        known = len(wanted)
        yield from crew.look_again(wanted)


def _gap(key: tuple[str, str, str], found: tuple[int, frozenset[int]]) -> Gap:
    name, why, kind = key
    offset, places = found
    count = (
        f" ({len(places)}{' or more' if len(places) >= _COUNTED else ''} times, this is the first)"
        if len(places) > 1
        else ""
    )
    return Gap(kind=kind, where=f"{printable(name)} at byte {offset}", why=why + count)
