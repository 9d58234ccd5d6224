"""Faults: which calls they strike, and in which order they are asked."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.faults import Faults


def faults(*wishes: dict[str, Any]) -> Faults:
    made = Faults()
    for wish in wishes:
        made.add({"service": "iam", "operation": "*", "error": "Throttling"} | wish)
    return made


def test_without_faults_nothing_is_struck() -> None:
    assert Faults().strike("iam", "GetUser") is None


def test_the_first_fault_that_strikes_decides() -> None:
    made = faults({"times": 1, "error": "InternalError"}, {"times": 1, "error": "drop_after"})
    assert [made.strike("iam", "GetUser") for _call in range(3)] == ["InternalError", "drop_after", None]


def test_a_call_of_another_service_does_not_use_a_fault_up() -> None:
    made = faults({"times": 1})
    assert made.strike("ec2", "DescribeVpcs") is None
    assert made.strike("iam", "GetUser") == "Throttling"


def test_a_call_of_another_operation_does_not_use_a_fault_up() -> None:
    made = faults({"times": 1, "operation": "GetUser"})
    assert made.strike("iam", "ListUsers") is None
    assert made.strike("iam", "GetUser") == "Throttling"


def test_a_call_with_other_parameters_does_not_use_a_fault_up() -> None:
    made = faults({"times": 1, "parameters": {"UserName": "alice"}})
    assert made.strike("iam", "GetUser", {"UserName": "bob"}) is None
    assert made.strike("iam", "GetUser") is None
    assert made.strike("iam", "GetUser", {"UserName": "alice", "More": 1}) == "Throttling"
    with pytest.raises(ValueError, match="parameters must be an object"):
        faults({"times": 1, "parameters": "alice"})


def test_a_rate_without_a_seed_repeats_as_well() -> None:
    runs = [
        [made.strike("iam", "GetUser") for _call in range(50)]
        for made in (faults({"rate": 0.3}), faults({"rate": 0.3}))
    ]
    assert runs[0] == runs[1]
    assert None in runs[0]
    assert "Throttling" in runs[0]


def test_a_rate_is_about_that_share_of_calls() -> None:
    """One in ten of 5,000 is 500; 100 more or less are five standard deviations."""
    made = faults({"rate": 0.1, "seed": 3})
    assert 400 < sum(made.strike("iam", "GetUser") is not None for _call in range(5000)) < 600


@pytest.mark.parametrize(
    "wish",
    [
        {"times": 1, "colour": "red"},
        {"times": True},
        {"times": 1.5},
        {"times": 1, "rate": 0.5},
        {"rate": -0.1},
        {"rate": 0.5, "seed": "x"},
        {"times": 1, "service": ""},
        {"times": 1, "operation": None},
        {"times": 1, "error": "throttling"},
        {"times": 1, "service": "iam2"},
        {"times": 1, "operation": "getUser"},
    ],
)
def test_what_means_nothing_is_refused_and_sets_no_fault(wish: dict[str, Any]) -> None:
    made = Faults()
    with pytest.raises(ValueError, match=r"\w+ \w+"):
        made.add({"service": "iam", "operation": "*", "error": "Throttling"} | wish)
    assert made.strike("iam", "GetUser") is None
