"""Plan cases: one small file each, with the sentence it proves; expectations written by hand from AWS's documentation."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.cordon.aws.plugins.module_utils.errors import QuotaError
from ansible_collections.cordon.aws.plugins.module_utils.iam_principal import IAM_PRINCIPAL
from ansible_collections.cordon.aws.plugins.module_utils.plan import planned_state
from ansible_collections.cordon.aws.plugins.module_utils.principals import IamUser

CASES = sorted((Path(__file__).parent / "cases").glob("*.yml"))
MEASURES = {measure.NAME: measure for measure in IAM_PRINCIPAL}


def state_of(written: dict[str, Any]) -> dict[str, Any]:
    """The state of a case; `{characters: n, spaces: m}` stands for a policy text of that size."""
    return {
        facet: "x" * value["characters"] + " " * value.get("spaces", 0) if isinstance(value, dict) else value
        for facet, value in written.items()
    }


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_plan(path: Path) -> None:
    case = yaml.safe_load(path.read_text())
    arn = case.get("arn", "arn:aws:iam::123456789012:user/alice")
    user = IamUser(arn=arn, account="123456789012", name="alice")
    measure, state = MEASURES[case["measure"]], state_of(case["state"])
    if "error" in case:
        with pytest.raises(QuotaError, match=case["error"]):
            list(measure.plan(state, user))
        return
    steps = list(measure.plan(state, user))
    assert [step.facet for step in steps] == [expected["facet"] for expected in case["steps"]], case["proves"]
    for step, expected in zip(steps, case["steps"], strict=True):
        assert step.call.operation == expected["call"]
        assert step.call.region == expected.get("region", "us-east-1")
        assert step.call.account == "123456789012"
        assert step.before == state.get(step.facet)
        if "parameters" in expected:
            assert step.call.parameters == expected["parameters"]
        if "undo" in expected:
            assert [{"operation": call.operation, **call.parameters} for call in step.undo] == expected["undo"]
    assert all(measure.can_have_planned(step, user) for step in steps), "release must know its own steps again"
    after = planned_state(state, steps)
    assert list(measure.plan(after, user)) == [], "a plan on its own result is empty"
    proof = measure.verify(after, user)
    assert proof and all(fact.holds for fact in proof)
    if steps:
        assert not all(fact.holds for fact in measure.verify(state, user)), "what needs a step is not in force yet"
    if "fact" in case:
        assert [fact.fact for fact in proof] == [case["fact"]]


def test_every_measure_has_cases() -> None:
    assert {path.stem.split("-")[0] for path in CASES} == set(MEASURES)
