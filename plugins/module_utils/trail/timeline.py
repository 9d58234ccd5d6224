# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Writes a timeline: a file of its own, whole or not at all, that only its owner may read."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ansible_collections.cordon.aws.plugins.module_utils.errors import InputError


@dataclass(frozen=True, kw_only=True, slots=True)
class Timeline:
    """A file that was written."""

    path: str
    sha256: str
    size: int


def write_timeline(lines: Iterable[bytes], path: str | None) -> Timeline:
    """`path`: where to; what stands there is replaced. None: a new file in the directory for temporary files. Raises InputError where it
    cannot be written."""
    target = None if path is None else Path(path).expanduser().absolute()
    temporary = ""
    try:
        if target is not None:
            target.parent.mkdir(parents=True, exist_ok=True)
            if target.exists() and not target.is_file():
                raise InputError(f"use `timeline_file` = {ascii(path)[:200]}", "it is not a file", "Name a file.")
        handle, temporary = tempfile.mkstemp(
            prefix="cordon-timeline-", suffix=".jsonl", dir=None if target is None else target.parent
        )
        digest, size = hashlib.sha256(), 0
        with os.fdopen(handle, "wb") as stream:
            for line in lines:
                digest.update(line)
                size += stream.write(line)
        if target is not None:
            Path(temporary).replace(target)
        return Timeline(path=str(target or temporary), sha256=digest.hexdigest(), size=size)
    except OSError as error:
        with suppress(OSError):
            if temporary:
                Path(temporary).unlink()
        raise InputError(
            f"write the timeline to {ascii(path or tempfile.gettempdir())[:200]}",
            str(error.strerror or error),
            "Give `timeline_file` a place that this user may write to.",
        ) from error
