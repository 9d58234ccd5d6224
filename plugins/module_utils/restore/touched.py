# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Looking for everything that changed what the attacker changed, by whomever: it tells what was there before, and who came after."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ansible_collections.cordon.aws.plugins.module_utils.restore.entry import Entry
from ansible_collections.cordon.aws.plugins.module_utils.restore.facet import Facet, Kind
from ansible_collections.cordon.aws.plugins.module_utils.trail.event import Event
from ansible_collections.cordon.aws.plugins.module_utils.trail.event_log import RESOURCE, Word


class TouchedRule:
    """A Rule: events are found by the facets that they change, and lead to nothing else."""

    def __init__(self, catalogue: Mapping[str, Entry], kinds: Mapping[str, Kind]) -> None:
        self._catalogue = catalogue
        self._kinds = kinds

    def words(self, event: Event) -> frozenset[Word]:
        return frozenset(map(self._word, self._facets(event)))

    def leads_to(self, _event: Event, _by: frozenset[Word]) -> frozenset[Word]:
        return frozenset()

    def _facets(self, event: Event) -> Iterator[Facet]:
        entry = self._catalogue.get(event.name)
        if event.succeeded and entry is not None:
            for change in entry.changes_of(event):
                yield change.facet
                # That what it hangs on was made tells that it was not there before.
                if change.holder is not None:
                    yield change.holder

    def _word(self, facet: Facet) -> Word:
        return Word(text=self._kinds[facet.kind].word(facet), sense=f"{RESOURCE}:{facet}")
