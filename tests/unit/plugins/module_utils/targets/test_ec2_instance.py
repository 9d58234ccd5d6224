"""The measures of an instance come in an order, of which each part has a reason; and what none of them closes is told."""

from __future__ import annotations

import pytest

from ansible_collections.cordon.aws.plugins.module_utils.ec2.instances import instance_of_arn
from ansible_collections.cordon.aws.plugins.module_utils.measures import dns
from ansible_collections.cordon.aws.plugins.module_utils.targets.ec2_instance import EC2_INSTANCE, residual

TARGET = instance_of_arn("arn:aws:ec2:us-east-1:111122223333:instance/i-0abcdef1234567890")
ORDER = [measure.NAME for measure in EC2_INSTANCE]
LAST = "power"
PRECEDENCES = [
    ("protection", "auto_scaling", "nothing may terminate it while it leaves its group"),
    ("auto_scaling", "load_balancers", "out of the balancer it is unhealthy, and its group would terminate it"),
    ("auto_scaling", "network", "cut off it is unhealthy, and its group would terminate it"),
    ("load_balancers", "network", "clients are sent elsewhere before their requests are lost"),
    ("network", "tracked_flows", "what is cut must find nothing open through which it begins anew"),
    ("network", "role_sessions", "new credentials cannot be used from it any more"),
    ("metadata", "role_sessions", "sessions that end must not be renewed from the metadata service"),
    ("role_sessions", "instance_profile", "its role is found by its profile, which is taken away afterwards"),
    *((name, LAST, "what is stopped cannot be measured, and its group would terminate it") for name in ORDER[:-1]),
]


@pytest.mark.parametrize(("first", "then", "why"), PRECEDENCES)
def test_one_measure_is_taken_before_another(first: str, then: str, why: str) -> None:
    assert ORDER.index(first) < ORDER.index(then), why


def test_stopping_it_comes_last() -> None:
    assert ORDER[-1] == LAST


def test_names_that_it_resolves_are_told() -> None:
    state = {dns.VPCS: ["vpc-0abcdef1234567890"]}
    assert any("names that it resolves" in one["what"] for one in residual(state, TARGET))
