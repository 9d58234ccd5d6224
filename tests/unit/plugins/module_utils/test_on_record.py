"""What an open case proves to be in force: what it says was done, and neither what may have happened nor what was taken back."""

from __future__ import annotations

from typing import Any

import pytest
from memory_store import MemoryStore

from ansible_collections.cordon.aws.plugins.module_utils.case import Case, open_case
from ansible_collections.cordon.aws.plugins.module_utils.journal import CaseJournal
from ansible_collections.cordon.aws.plugins.module_utils.on_record import facets_on_record
from ansible_collections.cordon.aws.plugins.module_utils.plan import Call, Plan, Step, TargetPlan

ARN, CUT = "arn:aws:ec2:us-east-1:111122223333:instance/i-0abcdef1234567890", "flows_cut/eni-0abcdef1234567890"


def written(case: Case, action: str, status: str | None) -> None:
    """One run of one step; without a status it died before it could say."""
    call = Call(
        account="111122223333", region="us-east-1", service="cordon", operation="CutTrackedFlows", parameters={}
    )
    before, after = (None, "cut") if action == "contain" else ("cut", None)
    step = Step(measure="tracked_flows", facet=CUT, call=call, undo=(call,), why="cut", before=before, after=after)
    plan, journal = Plan([TargetPlan(target=ARN, steps=(step,))]), CaseJournal(case, author="responder")
    journal.intent(action, plan, {ARN: {CUT: before}})
    if status is None:
        return
    told = {"id": f"{ARN}#1", "measure": step.measure, "facet": CUT, "why": step.why, "operation": call.operation}
    result: dict[str, Any] = {"target": ARN, "name": ARN, "status": "failed", "changed": True, "verified": False}
    result |= {"proof": [], "notes": [], "unchecked": [], "before": {}, "after": {}}
    result["steps"] = [{**told, "reversible": True, "status": status}]
    journal.outcome(action, plan.plan_id, [result])


@pytest.mark.parametrize(
    ("runs", "proven"),
    [
        ([("contain", "done")], True),
        ([("contain", None)], False),
        ([("contain", "unknown")], False),
        ([("contain", "failed")], False),
        ([("contain", "done"), ("contain", "done")], True),
        ([("contain", "done"), ("release", "done")], False),
        ([("contain", "done"), ("release", "done"), ("contain", "done")], True),
    ],
)
def test_only_what_was_done_and_not_taken_back_is_proven(runs: list[tuple[str, str | None]], proven: bool) -> None:
    store = MemoryStore()
    case = open_case(store, "case-1", create=True)
    for action, status in runs:
        written(case, action, status)
    assert (CUT in facets_on_record(store)) is proven


def test_a_closed_case_proves_nothing() -> None:
    store = MemoryStore()
    case = open_case(store, "case-1", create=True)
    written(case, "contain", "done")
    case.append("closed", {})
    assert facets_on_record(store) == frozenset()
