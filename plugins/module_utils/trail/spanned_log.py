# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Files as a log, of which only those are listed that the question is about."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime

from ansible_collections.cordon.aws.plugins.module_utils.trail.event import Event
from ansible_collections.cordon.aws.plugins.module_utils.trail.event_log import Gap, Report, Rule, Span, Word
from ansible_collections.cordon.aws.plugins.module_utils.trail.file_log.log import FileLog
from ansible_collections.cordon.aws.plugins.module_utils.trail.file_log.store import Store
from ansible_collections.cordon.aws.plugins.module_utils.trail.known_gaps import delayed


class SpannedLog:
    """An EventLog. `name`: where the files are; `store_of`: the files that may hold events of a span; `is_live`: whether CloudTrail still
    delivers there, so that what happened last comes later."""

    def __init__(self, name: str, store_of: Callable[[Span], Store], *, is_live: bool) -> None:
        self._name = name
        self._store_of = store_of
        self._is_live = is_live
        self._log: FileLog | None = None
        self._gaps: list[Gap] = []

    def follow(self, seeds: Iterable[Word], rule: Rule, span: Span, report: Report) -> Iterator[Event]:
        self._log = FileLog(self._store_of(span))
        self._gaps = delayed(span, datetime.now(UTC), self._name) if self._is_live else []
        yield from self._log.follow(seeds, rule, span, report)

    def gaps(self) -> Sequence[Gap]:
        return [*self._gaps, *(self._log.gaps() if self._log else ())]

    @property
    def read(self) -> int:
        return self._log.read if self._log else 0

    @property
    def unique(self) -> int:
        return self._log.unique if self._log else 0
