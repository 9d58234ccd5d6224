# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Files of events in a folder of this machine, with everything below it, or one file."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from ansible_collections.cordon.aws.plugins.module_utils.errors import InputError, StoreError
from ansible_collections.cordon.aws.plugins.module_utils.trail.event_log import Gap
from ansible_collections.cordon.aws.plugins.module_utils.trail.file_log.printable import printable
from ansible_collections.cordon.aws.plugins.module_utils.trail.file_log.store import Stored

MOST = 512 * 1024 * 1024
"""Bytes of one file, as it is stored."""
_DELIVERED = re.compile(r"_CloudTrail_[a-z0-9-]+_(\d{8}T\d{4})Z_", re.ASCII)


def delivered_at(name: str) -> datetime | None:
    """When CloudTrail delivered the file, by the name that it gives its files, to the minute.
    https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-examples.html#cloudtrail-log-filename-format"""
    found = _DELIVERED.search(name)
    try:
        return datetime.strptime(found[1], "%Y%m%dT%H%M").replace(tzinfo=UTC) if found else None
    except ValueError:
        return None


class Folder:
    """Files below `path`. Links are followed, circles are not."""

    in_any_process = True
    """A child process can fetch by itself."""

    def __init__(self, path: str) -> None:
        self._path = Path(path)
        self._gaps: list[Gap] = []

    def files(self) -> Iterator[Stored]:
        self._gaps.clear()
        try:
            found = self._path.stat()
        except (OSError, ValueError) as error:
            why = error.strerror if isinstance(error, OSError) and error.strerror else "it is not a path"
            raise InputError(
                f"read events from {printable(str(self._path))}", why, "Name a folder or a file that can be read."
            ) from error
        if not stat.S_ISDIR(found.st_mode):
            yield Stored(name=str(self._path), size=found.st_size, time=delivered_at(self._path.name))
            return
        yield from self._below(str(self._path), {(found.st_dev, found.st_ino)})

    def _below(self, top: str, above: set[tuple[int, int]]) -> Iterator[Stored]:
        """`above`: the folders that lead here; a folder may be reached on several ways, but not through itself."""
        waiting = [(top, above)]
        while waiting:
            folder, above = waiting.pop()
            try:
                with os.scandir(folder) as entries:
                    listed = sorted(entries, key=lambda entry: entry.name)
            except OSError as error:
                self._gap(folder, f"the folder cannot be listed: {error.strerror}")
                continue
            for entry in listed:
                try:
                    found = entry.stat()
                except OSError as error:
                    self._gap(entry.path, f"it cannot be read: {error.strerror}")
                    continue
                if stat.S_ISDIR(found.st_mode):
                    place = (found.st_dev, found.st_ino)
                    if place in above:
                        self._gap(entry.path, "the link leads in a circle")
                    else:
                        waiting.append((entry.path, above | {place}))
                elif stat.S_ISREG(found.st_mode):
                    yield Stored(name=entry.path, size=found.st_size, time=delivered_at(entry.name))

    def fetch(self, stored: Stored) -> bytes:
        if stored.size > MOST:
            raise StoreError(f"read {printable(stored.name)}", f"it has more than {MOST >> 20} MiB", "Split it.")
        try:
            with Path(stored.name).open("rb") as file:
                # Memory is taken for as much as is asked for.
                return file.read(min(os.fstat(file.fileno()).st_size, MOST))
        except OSError as error:
            raise StoreError(
                f"read {printable(stored.name)}", str(error.strerror), "Make the file readable, then repeat the run."
            ) from error

    def gaps(self) -> Sequence[Gap]:
        return tuple(self._gaps)

    def _gap(self, where: str, why: str) -> None:
        self._gaps.append(Gap(kind="unreadable", where=printable(where), why=why))
