"""Plan cases: one small file each, with the sentence it proves; expectations written by hand from AWS's documentation."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.cordon.aws.plugins.module_utils.errors import QuotaError, RefusedError
from ansible_collections.cordon.aws.plugins.module_utils.iam.principals import IamPrincipal, principal_of_arn
from ansible_collections.cordon.aws.plugins.module_utils.plan import planned_state
from ansible_collections.cordon.aws.plugins.module_utils.targets.iam_principal import IAM_PRINCIPAL

CASES = sorted((Path(__file__).parent / "cases").glob("*.yml"))
MEASURES = {measure.NAME: measure for measure in IAM_PRINCIPAL}


def state_of(written: dict[str, Any]) -> dict[str, Any]:
    """The state of a case; `{characters: n, spaces: m}` stands for a policy text of that size."""
    return {
        facet: "x" * value["characters"] + " " * value.get("spaces", 0)
        if isinstance(value, dict) and "characters" in value
        else value
        for facet, value in written.items()
    }


def target_of(case: dict[str, Any]) -> IamPrincipal:
    """Alice, unless the case is about somebody else."""
    named = principal_of_arn(case.get("arn", "arn:aws:iam::123456789012:user/alice"))
    return replace(named, unique_id=case.get("unique_id", ""), sessions_before=case.get("sessions_before", ""))


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_plan(path: Path) -> None:
    case = yaml.safe_load(path.read_text())
    target = target_of(case)
    measure, state = MEASURES[case["measure"]], state_of(case["state"])
    if "error" in case:
        with pytest.raises((QuotaError, RefusedError), match=case["error"]):
            list(measure.plan(state, target))
        return
    steps = list(measure.plan(state, target))
    assert [step.facet for step in steps] == [expected["facet"] for expected in case["steps"]], case["proves"]
    for step, expected in zip(steps, case["steps"], strict=True):
        assert step.call.operation == expected["call"]
        assert step.call.region == expected.get("region", "us-east-1")
        assert step.call.account == expected.get("account", "123456789012")
        assert step.before == state.get(step.facet)
        if "parameters" in expected:
            assert step.call.parameters == expected["parameters"]
        if "undo" in expected:
            assert [{"operation": call.operation, **call.parameters} for call in step.undo] == expected["undo"]
    out_of_a_log = principal_of_arn(target.arn)
    assert all(measure.can_have_planned(step, out_of_a_log) for step in steps), "release must know its own steps again"
    after = planned_state(state, steps)
    assert list(measure.plan(after, target)) == [], "a plan on its own result is empty"
    proof = measure.verify(after, target)
    assert all(fact.holds for fact in proof)
    assert bool(proof) is not case.get("no_help", False)
    if steps:
        assert not all(fact.holds for fact in measure.verify(state, target)), "what needs a step is not in force yet"
    if "fact" in case:
        assert [fact.fact for fact in proof] == [case["fact"]]


def test_every_measure_has_cases() -> None:
    assert {path.stem.split("-")[0] for path in CASES} == set(MEASURES)
