"""A failed run is said to have changed nothing only where its result says so."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.cordon.aws.plugins.filter.run_end import FilterModule
from ansible_collections.cordon.aws.plugins.plugin_utils.run_end import left_by, words

ENDED: dict[str, Any] = {"failed": True, "msg": "Cannot.", "invocation": {}}


def steps(*statuses: str) -> list[dict[str, Any]]:
    return [{"target": "t", "steps": [{"status": status} for status in statuses]}]


@pytest.mark.parametrize(
    ("result", "left"),
    [
        ({}, "nothing"),
        (ENDED, "nothing"),
        (ENDED | {"case_id": "c", "results": steps()}, "nothing"),
        ({"changed": False, "case_id": "c", "results": []}, "nothing"),  # all were left to other hosts
        (ENDED | {"case_id": "c", "results": steps("not_run", "failed", "planned")}, "nothing"),
        (ENDED | {"case_id": "c", "results": steps("done", "failed")}, "something"),
        (ENDED | {"case_id": "c", "results": steps() + steps("unknown")}, "something"),
        (ENDED | {"case_id": "c"}, "unknown"),
        ({"failed": True, "msg": "Module result deserialization failed", "rc": -9, "module_stdout": ""}, "unknown"),
        ({"failed": True, "msg": "The task did not finish within its timeout"}, "unknown"),
        ({"failed": True, "results": "lost"}, "unknown"),
    ],
)
def test_what_a_result_tells(result: dict[str, Any], left: str) -> None:
    assert left_by(result) == left
    said = FilterModule().filters()["run_end"](result, "case-1")
    assert said == {"left": left, "message": words(result, "case-1")}
    assert ("Nothing was changed" in words(result, "case-1")) == (left == "nothing")
    assert ("case_id=case-1" in words(result, "case-1")) == (left == "unknown")
