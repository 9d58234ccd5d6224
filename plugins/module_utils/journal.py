# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Between the engine and the case log: every intent before its first change, every outcome after its last look, and back."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence

from ansible_collections.cordon.aws.plugins.module_utils.case import Case
from ansible_collections.cordon.aws.plugins.module_utils.history import past_steps
from ansible_collections.cordon.aws.plugins.module_utils.measure import Measure
from ansible_collections.cordon.aws.plugins.module_utils.other_cases import other_open_cases, relying_on, resting_on
from ansible_collections.cordon.aws.plugins.module_utils.plan import Json, Plan, State
from ansible_collections.cordon.aws.plugins.module_utils.release import Release
from ansible_collections.cordon.aws.plugins.module_utils.report.summary import summarise


class CaseJournal:
    """One run's place in a case. `author` is the ARN of who runs it."""

    def __init__(self, case: Case, *, author: str) -> None:
        self._case = case
        self._author = author
        self._run_id = str(uuid.uuid4())
        """Ties an outcome to its intent: a new one for each intent, because the same plan can be carried out twice."""

    def intent(self, action: str, plan: Plan, before: Mapping[str, State]) -> None:
        """On disk or in S3 when this returns: what will be done, how it is undone, and what was there."""
        self._run_id = str(uuid.uuid4())
        body = {
            "run_id": self._run_id,
            "action": action,
            "plan_id": plan.plan_id,
            "plan": plan.as_json(),
            "before": {arn: dict(state) for arn, state in before.items()},
        }
        self._case.append("intent", body, author=self._author)

    def outcome(self, action: str, plan_id: str, results: Sequence[Mapping[str, Json]]) -> None:
        """What became of it, per target."""
        body = {
            "run_id": self._run_id,
            "action": action,
            "plan_id": plan_id,
            "results": [dict(result) for result in results],
        }
        self._case.append("outcome", body, author=self._author)


def recorded_release(
    case: Case,
    measures: Sequence[Measure],
    *,
    only: Sequence[str] | None = None,
    force: bool = False,
    among: Sequence[str] | None = None,
) -> Release:
    """Release what `case` records. Reads, and thereby checks, the whole log, and those of the other open cases."""
    entries = [entry.as_json() for entry in case.entries()]
    others = other_open_cases(case.store, case.case_id)
    history = past_steps(entries)
    return Release(
        history,
        measures,
        only=only,
        force=force,
        resting=resting_on(summarise(case.case_id, case.status, entries), others),
        among=among,
        relying=relying_on(others, besides=history),
    )
