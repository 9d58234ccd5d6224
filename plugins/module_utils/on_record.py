# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the open cases of a store record as done and not taken back: for changes that no look at AWS can prove afterwards."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping

from ansible_collections.cordon.aws.plugins.module_utils.case import list_cases, open_case
from ansible_collections.cordon.aws.plugins.module_utils.case_store import CaseStore
from ansible_collections.cordon.aws.plugins.module_utils.errors import CordonError
from ansible_collections.cordon.aws.plugins.module_utils.history import in_force, past_steps
from ansible_collections.cordon.aws.plugins.module_utils.parallel import in_parallel
from ansible_collections.cordon.aws.plugins.module_utils.plan import Json


class OnRecord:
    """`facets_on_record`, read when it is first asked for: a fresh incident needs none of it, and a store may hold many cases."""

    def __init__(self, store: CaseStore) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._facets: frozenset[str] | None = None

    def __call__(self) -> frozenset[str]:
        with self._lock:
            if self._facets is None:
                self._facets = facets_on_record(self._store)
            return self._facets


def facets_on_record(store: CaseStore) -> frozenset[str]:
    """The facets that some open case has changed and still holds. A case that cannot be read records nothing."""
    return frozenset().union(*in_parallel(list_cases(store), lambda name: _of_case(store, name)))


def facets_done(entries: Iterable[Mapping[str, Json]]) -> frozenset[str]:
    """Those of one case, from its entries, oldest first. A step of a run that died, or got no answer, does not count. Pure."""
    found: set[str] = set()
    for history in past_steps(entries).values():
        done = {past.step.facet: past.done for past in history if past.action == "contain"}
        found |= {step.facet for step in in_force(history) if done[step.facet]}
    return frozenset(found)


def _of_case(store: CaseStore, case_id: str) -> frozenset[str]:
    try:
        case = open_case(store, case_id, create=False)
        if case.status != "open":
            return frozenset()
        return facets_done(entry.as_json() for entry in case.entries())
    except CordonError:
        return frozenset()
