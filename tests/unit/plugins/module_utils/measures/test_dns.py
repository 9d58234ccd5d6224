"""DNS: told of by default; with `vpc` every VPC of an instance is blocked, and only what truly blocks counts."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cordon.aws.plugins.module_utils.ec2.dns_block import free_priority
from ansible_collections.cordon.aws.plugins.module_utils.ec2.instances import instance_of_arn
from ansible_collections.cordon.aws.plugins.module_utils.errors import DriftError
from ansible_collections.cordon.aws.plugins.module_utils.measures.dns import Dns, residual
from ansible_collections.cordon.aws.plugins.module_utils.plan import planned_state

TARGET = instance_of_arn("arn:aws:ec2:us-east-1:111122223333:instance/i-0abcdef1234567890")
HERE, THERE = "vpc-0abcdef1234567890", "vpc-0fedcba9876543210"
BLOCKS = {"status": "COMPLETE", "rules": ["BLOCK NODATA *"], "earlier": []}


def seen(*, blocked: Sequence[str] = (), vpcs: Sequence[str] = (HERE,), **changed: Any) -> dict[str, Any]:
    state: dict[str, Any] = {"dns_vpcs": list(vpcs)}
    for vpc in vpcs:
        state[f"holds/dns_block/{vpc}"] = "blocked" if vpc in blocked else None
        if vpc in blocked:
            state[f"dns_firewall/{vpc}"] = {**BLOCKS, **changed}
        else:
            state[f"dns_firewall/{vpc}"] = {"status": "ABSENT", "rules": [], "earlier": []}
            state[f"dns_neighbours/{vpc}"] = {"interfaces": 7, "instances": 1, "named": ["i-0fedcba9876543210"]}
    return state


class TestDns:
    @given(st.sets(st.sampled_from([HERE, THERE])))
    def test_each_vpc_that_answers_is_blocked_and_given_back(self, blocked: set[str]) -> None:
        measure, state = Dns(how="vpc"), seen(vpcs=(HERE, THERE), blocked=sorted(blocked))
        steps = list(measure.plan(state, TARGET))
        assert {step.call.parameters["VpcId"] for step in steps} == {HERE, THERE} - blocked
        after = planned_state(state, steps)
        assert list(measure.plan(after, TARGET)) == []
        assert residual(after, TARGET) == []
        for step in steps:
            vpc = step.call.parameters["VpcId"]
            assert step.call.parameters == {"VpcId": vpc, "InstanceId": TARGET.instance_id, "Blocked": True}
            assert [call.parameters["Blocked"] for call in step.undo] == [False]
            assert Dns().can_have_planned(step, TARGET)

    def test_by_default_it_is_told_and_nothing_is_done(self) -> None:
        assert list(Dns().plan(seen(), TARGET)) == []
        assert list(Dns().verify(seen(), TARGET)) == []
        assert len(Dns(alone=True).verify(seen(), TARGET)) == 1
        (told,) = residual({"dns_vpcs": [HERE]}, TARGET)
        assert HERE in told["what"] and "security groups nor network ACLs" in told["why"]

    def test_what_was_not_looked_at_is_not_told(self) -> None:
        assert residual({}, TARGET) == []

    def test_a_block_that_is_there_for_others_only_is_taken_hold_of(self) -> None:
        """So that it stays when the others are released."""
        state = {**seen(blocked=[HERE]), f"holds/dns_block/{HERE}": None}
        assert [fact.holds for fact in Dns(how="vpc").verify(state, TARGET)] == [False]
        assert [step.before for step in Dns(how="vpc").plan(state, TARGET)] == [None]

    def test_a_mark_that_is_left_alone_blocks_nothing(self) -> None:
        state = {**seen(), f"holds/dns_block/{HERE}": "marked"}
        assert [fact.holds for fact in Dns(how="vpc").verify(state, TARGET)] == [False]
        assert len(residual(state, TARGET)) == len(list(Dns(how="vpc").plan(state, TARGET))) == 1

    @pytest.mark.parametrize(
        ("changed", "holds", "told"),
        [
            ({}, True, 0),
            ({"status": "UPDATING"}, False, 1),
            ({"rules": ["ALLOW *", "BLOCK NODATA *"]}, False, 1),
            ({"rules": ["BLOCK NODATA example.com."]}, False, 1),
            ({"rules": ["BLOCK NODATA * TXT"]}, False, 1),
            ({"rules": []}, False, 1),
            ({"earlier": ["rslvr-frg-0123456789abcdef0"]}, True, 1),
        ],
    )
    def test_only_what_blocks_every_query_is_a_block(self, changed: dict[str, Any], holds: bool, told: int) -> None:
        state = seen(blocked=[HERE], **changed)
        assert [fact.holds for fact in Dns(how="vpc").verify(state, TARGET)] == [holds]
        assert len(residual(state, TARGET)) == told

    def test_rules_that_somebody_has_changed_are_no_plan_of_ours(self) -> None:
        with pytest.raises(DriftError, match="ALLOW"):
            list(Dns(how="vpc").plan(seen(blocked=[HERE], rules=["ALLOW *"]), TARGET))

    def test_who_else_is_hit_is_told(self) -> None:
        (note,) = Dns(how="vpc").notes(seen(), TARGET)
        assert HERE in note and "7 network interfaces of others" in note and "i-0fedcba9876543210" in note
        assert not Dns().notes(seen(), TARGET)

    @pytest.mark.parametrize(
        "changes",
        [{"facet": f"holds/dns_block/{THERE}"}, {"facet": "holds/dns_block/all"}, {"before": "blocked"}, {"undo": ()}],
    )
    def test_what_somebody_wrote_into_the_log_is_not_taken_for_ours(self, changes: dict[str, Any]) -> None:
        (step,) = Dns(how="vpc").plan(seen(), TARGET)
        assert not Dns().can_have_planned(dataclasses.replace(step, **changes), TARGET)


@given(st.sets(st.integers(101, 110)), st.sets(st.integers(101, 110)))
def test_it_is_asked_as_early_as_the_vpc_lets_it(taken: set[int], elsewhere: set[int]) -> None:
    """Above 100, which AWS keeps: https://docs.aws.amazon.com/Route53/latest/APIReference/API_route53resolver_AssociateFirewallRuleGroup.html"""
    found = [{"VpcId": HERE, "Priority": number} for number in taken]
    found += [{"VpcId": THERE, "Priority": number} for number in elsewhere]
    free = free_priority(found, HERE)
    assert free is not None and free > 100 and free not in taken
    assert all(number in taken for number in range(101, free))
