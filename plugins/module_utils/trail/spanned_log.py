# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Files as a log, of which only those are listed that the question is about."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from ansible_collections.cordon.aws.plugins.module_utils.trail.event import Event
from ansible_collections.cordon.aws.plugins.module_utils.trail.event_log import Gap, Report, Rule, Span, Word
from ansible_collections.cordon.aws.plugins.module_utils.trail.file_log.log import FileLog
from ansible_collections.cordon.aws.plugins.module_utils.trail.file_log.store import Store


class SpannedLog:
    """An EventLog. `store_of`: the files that may hold events of a span; `known`: what is known of a span not to be in them."""

    def __init__(
        self, store_of: Callable[[Span], Store], known: Callable[[Span], Sequence[Gap]] = lambda _span: ()
    ) -> None:
        self._store_of = store_of
        self._known = known
        self._log: FileLog | None = None
        self._gaps: Sequence[Gap] = ()
        """Those of the spans that were followed, without what the last one's files lack."""

    def follow(self, seeds: Iterable[Word], rule: Rule, span: Span, report: Report) -> Iterator[Event]:
        before = self.gaps()
        self._log = FileLog(self._store_of(span))
        self._gaps = [*before, *self._known(span)]
        yield from self._log.follow(seeds, rule, span, report)

    def gaps(self) -> Sequence[Gap]:
        return list(dict.fromkeys((*self._gaps, *(self._log.gaps() if self._log else ()))))

    @property
    def read(self) -> int:
        return self._log.read if self._log else 0

    @property
    def unique(self) -> int:
        return self._log.unique if self._log else 0
