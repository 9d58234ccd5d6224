# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Scans files on all cores: processes of their own, because searching keeps Python's lock; or in this process where there is little.

A child gets numbers of files, or the files themselves where only the parent can fetch them, and what became known since; it sends back
what it found. Children are forked before anything is fetched, so that no connection is shared."""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import pickle
import warnings
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Protocol

from ansible_collections.cordon.aws.plugins.module_utils.errors import CordonError, StoreError
from ansible_collections.cordon.aws.plugins.module_utils.parallel import WORKERS
from ansible_collections.cordon.aws.plugins.module_utils.trail.file_log.scanning import Scanned, Scanner, Wanted
from ansible_collections.cordon.aws.plugins.module_utils.trail.file_log.store import Store, Stored
from ansible_collections.cordon.aws.plugins.module_utils.trail.file_log.unpacking import Fault

FEW = 16 * 1024 * 1024
"""Bytes, as they are stored, that are not worth a process."""
_MOST_CHILDREN = 8
_SMALL = 16 * 1024
"""Bytes that a pipe takes in while its reader is writing: more has to wait, or both would wait for each other."""
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
"""Of glibc's mallopt: from how many free bytes on memory is given back, and from how many wanted ones on it is taken apart."""
_AHEAD_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, kw_only=True, slots=True)
class Job:
    """A file to scan for what is wanted, from the `since`th on."""

    number: int
    file: Stored
    until: float | None
    since: int = 0


class Crew(Protocol):
    """Who scans."""

    def scan(self, jobs: Iterable[Job], wanted: Sequence[Wanted]) -> Iterator[Scanned]:
        """In no order. `wanted` may grow between two of the answers, and is looked for as soon as possible."""

    def look_again(self, wanted: Sequence[Wanted]) -> Iterator[Scanned]:
        """Look through what is still open for what became known since."""

    def stop(self) -> None:
        """Let go of everything."""


def crew_for(store: Store, files: Sequence[Stored]) -> Crew:
    cores = min(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1, _MOST_CHILDREN)
    if cores < 2 or len(files) < 2 or sum(file.size for file in files) < FEW:
        return Alone(store)
    return Children(store, cores)


def _done(scanner: Scanner, job: Job, stored: bytes | CordonError) -> Iterator[Scanned]:
    if isinstance(stored, CordonError):
        yield Scanned(
            number=job.number,
            version=len(scanner.wanted),
            pieces=(),
            faults=(Fault(0, stored.why),),
            is_first=not job.since,
        )
    else:
        yield from scanner.scan(job.number, stored, job.until, job.since)


def _fetched(store: Store, file: Stored) -> bytes | CordonError:
    try:
        return store.fetch(file)
    except CordonError as error:
        return error


class Alone:
    """This process."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._scanner = Scanner()

    def scan(self, jobs: Iterable[Job], wanted: Sequence[Wanted]) -> Iterator[Scanned]:
        for job, stored in _ahead(self._store, jobs):
            self._scanner.wanted += wanted[len(self._scanner.wanted) :]
            yield from _done(self._scanner, job, stored)

    def look_again(self, wanted: Sequence[Wanted]) -> Iterator[Scanned]:
        self._scanner.wanted += wanted[len(self._scanner.wanted) :]
        yield from self._scanner.look_again()

    def stop(self) -> None:
        self._scanner = Scanner()


def _ahead(store: Store, jobs: Iterable[Job]) -> Iterator[tuple[Job, bytes | CordonError]]:
    """The files in their order, several fetched at once where that takes time."""
    if getattr(store, "in_any_process", False):
        for job in jobs:
            yield job, _fetched(store, job.file)
        return
    coming: deque[tuple[Job, Future[bytes | CordonError]]] = deque()
    held = 0
    pool = ThreadPoolExecutor(max_workers=WORKERS)
    try:
        for job in jobs:
            coming.append((job, pool.submit(_fetched, store, job.file)))
            held += job.file.size
            while len(coming) > 2 * WORKERS or held > _AHEAD_BYTES:
                first, fetched = coming.popleft()
                held -= first.file.size
                yield first, fetched.result()
        while coming:
            first, fetched = coming.popleft()
            yield first, fetched.result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


@dataclass(slots=True)
class _Child:
    process: BaseProcess
    pipe: Connection
    known: int = 0
    """How many of the wanted it was told."""
    busy: int = 0


class Children:
    """One child process a core."""

    def __init__(self, store: Store, cores: int) -> None:
        self._store = store
        self._by_child = bool(getattr(store, "in_any_process", False))
        self._children: list[_Child] = []
        context = multiprocessing.get_context("fork")
        for _number in range(cores):
            ours, theirs = context.Pipe()
            process = context.Process(
                target=_work, args=(theirs, store, [child.pipe for child in self._children] + [ours]), daemon=True
            )
            with warnings.catch_warnings():
                # Python warns of forks beside threads; the child touches nothing that a thread of ours could hold.
                warnings.simplefilter("ignore", DeprecationWarning)
                process.start()
            theirs.close()
            self._children.append(_Child(process, ours))

    def scan(self, jobs: Iterable[Job], wanted: Sequence[Wanted]) -> Iterator[Scanned]:
        coming: Iterator[tuple[Job, bytes | CordonError | None]] = (
            ((job, None) for job in jobs) if self._by_child else _ahead(self._store, jobs)
        )
        is_more = True
        while is_more or any(child.busy for child in self._children):
            for child in self._children:
                # One file each: what becomes known by it is looked for in the next.
                if is_more and not child.busy:
                    one = next(coming, None)
                    is_more = one is not None
                    if one is not None:
                        yield from self._tell(child, one, wanted)
            yield from self._answers(self._children)

    def look_again(self, wanted: Sequence[Wanted]) -> Iterator[Scanned]:
        for child in self._children:
            yield from self._tell(child, (None, None), wanted)
        while any(child.busy for child in self._children):
            yield from self._answers(self._children)

    def stop(self) -> None:
        for child in self._children:
            child.pipe.close()
        for child in self._children:
            child.process.join(timeout=2)
            if child.process.is_alive():
                child.process.kill()
                child.process.join()
        self._children.clear()

    def _tell(
        self, child: _Child, order: tuple[Job | None, bytes | CordonError | None], wanted: Sequence[Wanted]
    ) -> Iterator[Scanned]:
        news = list(wanted[child.known :])
        message = pickle.dumps((*order, news), protocol=pickle.HIGHEST_PROTOCOL)
        while child.busy and len(message) > _SMALL:
            yield from self._answers([child])
        child.known += len(news)
        child.busy += 1
        try:
            child.pipe.send_bytes(message)
        except OSError as error:
            raise _lost() from error

    def _answers(self, children: Iterable[_Child]) -> Iterator[Scanned]:
        """What comes next, of one of them at least, if any is busy."""
        busy = {child.pipe: child for child in children if child.busy}
        for pipe in wait(list(busy)) if busy else ():
            (child,) = (one for one in busy.values() if one.pipe is pipe)
            try:
                found = child.pipe.recv()
            except (EOFError, OSError) as error:
                raise _lost() from error
            child.busy -= 1
            yield from found


def _lost() -> StoreError:
    return StoreError(
        "search the files of events",
        "a process that read them has ended",
        "Memory may have run out: repeat the run, with a shorter period.",
    )


def _keep_memory() -> None:
    """Files are as large as those that were let go of: memory that is given back in between comes again page by page, cleared."""
    try:
        set_option = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError):
        return  # another C library
    set_option(_TRIM_THRESHOLD, 1 << 30)
    set_option(_MMAP_THRESHOLD, 1 << 30)


def _work(pipe: Connection, store: Store, others: Sequence[Connection]) -> None:
    """What a child does until the parent closes its pipe."""
    for other in others:
        other.close()
    _keep_memory()
    scanner = Scanner()
    while True:
        try:
            job, stored, news = pipe.recv()
        except (EOFError, OSError, KeyboardInterrupt):
            return
        scanner.wanted += news
        if job is not None and stored is None:
            stored = _fetched(store, job.file)
        found = scanner.look_again() if job is None else _done(scanner, job, stored)
        try:
            pipe.send(list(found))
        except OSError:
            return
