# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where files of events are stored: what a log of files asks of a directory, or of a bucket."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from ansible_collections.cordon.aws.plugins.module_utils.trail.event_log import Gap


@dataclass(frozen=True, kw_only=True, slots=True)
class Stored:
    """One stored file, by what its listing tells."""

    name: str
    """Unique in its store: the path below a directory, the key in a bucket. May hold any characters; of no meaning for what is in it."""
    size: int
    """Bytes, as it is stored."""
    time: datetime | None = None
    """When CloudTrail delivered it, where its name tells (UTC): no event in it is later. None where the name does not tell."""


class Store(Protocol):
    """Files of events, each of which may be fetched several times."""

    def files(self) -> Iterable[Stored]:
        """What is stored, in no order, listed as it is asked for. Raises CordonError where nothing can be listed at all."""

    def fetch(self, stored: Stored) -> bytes:
        """The file as it is stored (compressed, if it is). Called from several threads at once. Raises CordonError where it cannot be
        read, which is then a gap of the log."""

    def gaps(self) -> Sequence[Gap]:
        """What the listing itself could not show: folders that may not be read, links that lead in circles."""
