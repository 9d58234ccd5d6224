# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the other open cases of a store say of the same targets: two cases on one target must know of each other."""

from __future__ import annotations

from collections.abc import Container, Sequence

from ansible_collections.cordon.aws.plugins.module_utils.case import list_cases, open_case
from ansible_collections.cordon.aws.plugins.module_utils.case_store import CaseStore
from ansible_collections.cordon.aws.plugins.module_utils.errors import CordonError
from ansible_collections.cordon.aws.plugins.module_utils.parallel import in_parallel
from ansible_collections.cordon.aws.plugins.module_utils.report.summary import Summary, summarise


def other_open_cases(store: CaseStore, case_id: str) -> list[Summary]:
    """Every open case but this one. What cannot be read is passed over: its own run says so."""
    found = in_parallel((name for name in list_cases(store) if name != case_id), lambda name: _open(store, name))
    return [summary for summary in found if summary is not None]


def resting_on(summary: Summary, others: Sequence[Summary]) -> dict[str, list[str]]:
    """Target -> the cases of others that hold it contained by what this case did."""
    return {
        target: cases
        for target in summary.targets
        if (cases := [other.case_id for other in others if other.rests_on(summary, target)])
    }


def relying_on(others: Sequence[Summary], *, besides: Container[str]) -> dict[str, str]:
    """What several targets share -> a target of another case that is contained by it, whoever did it. A target that this case contains
    as well, one of `besides`, is not among them: `resting_on` speaks of it."""
    return {
        facet: f"{target} (case {other.case_id}, open; release this case again when it is closed)"
        for other in others
        for target, found in other.targets.items()
        if target not in besides and found.action == "contain"
        for facet in found.shared
    }


def _open(store: CaseStore, case_id: str) -> Summary | None:
    try:
        case = open_case(store, case_id, create=False)
        if case.status != "open":
            return None
        return summarise(case_id, "open", [entry.as_json() for entry in case.entries()])
    except CordonError:
        return None
