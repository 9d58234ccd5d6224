"""What is planned for an instance's interfaces, over generated networks, and what stands in a log and is none of ours."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cordon.aws.plugins.module_utils.ec2.instances import instance_of_arn
from ansible_collections.cordon.aws.plugins.module_utils.history import PastStep, in_force, release_steps
from ansible_collections.cordon.aws.plugins.module_utils.measures.network import Network
from ansible_collections.cordon.aws.plugins.module_utils.plan import Step, planned_state

TARGET = instance_of_arn("arn:aws:ec2:us-east-1:111122223333:instance/i-0abcdef1234567890")
VPC, OTHER_VPC = "vpc-0123456789abcdef0", "vpc-0123456789abcdef1"
ENI = "eni-0123456789abcdef0"
WEB = "sg-0123456789abcdef0"
FORENSIC = "CordonForensic"
STATION, ENDPOINT = "198.51.100.7/32", "pl-0123456789abcdef0"
ICMP = "ingress icmp -1--1 0.0.0.0/0"
WISHED = [f"egress tcp 443-443 {ENDPOINT}", f"ingress -1 all {STATION}"]
MEASURE = Network(allow_from=(STATION,), allow_endpoints=(ENDPOINT,))

groups = st.lists(st.sampled_from([WEB, "sg-01234567", FORENSIC]), min_size=1, unique=True).map(sorted)
rules = st.none() | st.lists(st.sampled_from([ICMP, *WISHED, f"egress -1 all {WEB}"]), unique=True).map(sorted)
interfaces = st.tuples(st.sampled_from([VPC, OTHER_VPC]), groups, st.booleans())


def state(
    some: Sequence[tuple[str, list[str], bool]], here: list[str] | None, there: list[str] | None
) -> dict[str, Any]:
    """Interfaces with their VPC, their groups, and whether a run that died has left them open: those were contained before."""
    names = {f"eni-{number:017x}": one for number, one in enumerate(some)}
    vpcs = {VPC: here, OTHER_VPC: there}
    return {
        "interface_vpcs": {name: vpc for name, (vpc, _groups, _is_open) in names.items()},
        **{f"shared/forensic_group/{vpc}": rules for vpc, rules in vpcs.items() if vpc in {one[0] for one in some}},
        **{f"interface_groups/{name}": [FORENSIC] if is_open else own for name, (_vpc, own, is_open) in names.items()},
        **{f"interface_left_open/{name}": True for name, (_vpc, _own, is_open) in names.items() if is_open},
    }


states = st.builds(state, st.lists(interfaces, min_size=1, max_size=5), rules, rules)
measures = st.sampled_from(
    [MEASURE, Network(), Network(allow_from=(STATION, "2001:db8::/64")), Network(allow_endpoints=(ENDPOINT,))]
)


@given(measures, states)
def test_a_plan_carried_out_leaves_nothing_to_do_and_proves_it(measure: Network, seen: dict[str, Any]) -> None:
    steps = list(measure.plan(seen, TARGET))
    after = planned_state(seen, steps)
    assert list(measure.plan(after, TARGET)) == []
    assert all(fact.holds for fact in measure.verify(after, TARGET))
    assert all(fact.holds for fact in measure.verify(seen, TARGET)) == (not steps)


@given(measures, states)
def test_release_of_a_plan_gives_every_interface_its_groups_back(measure: Network, seen: dict[str, Any]) -> None:
    """Found out of the log, by a measure that knows no wish. The group has no way back, and what was left open is not opened again."""
    steps = list(measure.plan(seen, TARGET))
    assert all(Network().can_have_planned(step, TARGET) for step in steps)
    past = [PastStep(time="2026-01-31T03:04:05Z", action="contain", step=step, done=True) for step in steps]
    after = planned_state(seen, steps)
    undoing, conflicts = release_steps(in_force(past), after)
    assert conflicts == []
    released = planned_state(after, undoing)
    for facet, value in seen.items():
        if facet.startswith("interface_groups/"):
            assert released[facet] == value


def test_what_is_allowed_are_everything_in_from_the_station_and_https_out_to_endpoints() -> None:
    step, _groups = MEASURE.plan(state([(VPC, [WEB], False)], None, None), TARGET)
    assert step.after == step.call.parameters["Rules"] == WISHED


def only(facet: str) -> Step:
    """The step for a facet, of an interface that was left open in one VPC, and one with groups of its own in another."""
    seen = state([(VPC, [WEB], False), (OTHER_VPC, [FORENSIC], True)], [ICMP], WISHED)
    (step,) = (step for step in MEASURE.plan(seen, TARGET) if step.facet.startswith(facet))
    return step


RULES, OPEN, GROUPS = "shared/forensic_group/", "interface_left_open/", "interface_groups/"
ALL_IN = ["ingress -1 all 0.0.0.0/0"]


def rules_set(after: list[str], vpc: str = VPC) -> dict[str, Any]:
    """What would be planned for such rules, were they ever."""
    return {"after": after, "call": {"VpcId": vpc, "Rules": after}}


def groups_given(*groups: str) -> dict[str, Any]:
    return {"NetworkInterfaceId": "eni-00000000000000000", "VpcId": VPC, "Groups": [*groups]}


@pytest.mark.parametrize(
    ("facet", "changes"),
    [
        (RULES, rules_set(ALL_IN)),
        (RULES, rules_set(["ingress tcp 443-443 198.51.100.7/32"])),
        (RULES, rules_set(["egress -1 all 198.51.100.7/32"])),
        (RULES, rules_set([f"ingress -1 all {WEB}"])),
        (RULES, rules_set([ICMP])),
        (RULES, rules_set([*reversed(WISHED)])),
        (RULES, rules_set([WISHED[0], WISHED[0]])),
        (RULES, rules_set(WISHED, OTHER_VPC)),
        (RULES, {"before": WISHED}),
        (RULES, {"before": ["nonsense"]}),
        (RULES, {"undo": ({"VpcId": VPC, "Rules": ALL_IN},)}),
        (RULES, {"call": {"VpcId": VPC, "Rules": ALL_IN}}),
        (OPEN, {"before": None}),
        (OPEN, {"after": True}),
        (OPEN, {"undo": ({"NetworkInterfaceId": "eni-00000000000000001", "VpcId": OTHER_VPC, "Groups": [WEB]},)}),
        (OPEN, {"call": {"NetworkInterfaceId": ENI, "VpcId": OTHER_VPC, "Groups": [FORENSIC]}}),
        (OPEN, {"call": {"NetworkInterfaceId": "eni-00000000000000001", "VpcId": OTHER_VPC, "Groups": [WEB]}}),
        (GROUPS, {"before": [FORENSIC], "undo": (groups_given(FORENSIC),)}),
        (GROUPS, {"before": ["CordonOpen"], "undo": (groups_given("CordonOpen"),)}),
        (GROUPS, {"before": [WEB, WEB], "undo": (groups_given(WEB, WEB),)}),
        (GROUPS, {"before": [WEB, FORENSIC], "undo": (groups_given(WEB, FORENSIC),)}),
        (GROUPS, {"before": None}),
        (GROUPS, {"before": ["sg-00000000000000009"]}),
        (GROUPS, {"after": [WEB]}),
        (GROUPS, {"undo": ()}),
        (GROUPS, {"undo": ({"NetworkInterfaceId": ENI, "VpcId": VPC, "Groups": [WEB]},)}),
        (GROUPS, {"facet": f"interface_groups/{ENI}"}),
        (GROUPS, {"call": {"NetworkInterfaceId": ENI, "VpcId": VPC, "Groups": [FORENSIC]}}),
        (GROUPS, {"call": {"NetworkInterfaceId": "eni-00000000000000000", "VpcId": "vpc-1", "Groups": [FORENSIC]}}),
        (GROUPS, {"call": {"NetworkInterfaceId": "eni-00000000000000000", "Groups": [FORENSIC]}}),
    ],
)
def test_a_step_that_somebody_wrote_into_the_log_is_not_ours(facet: str, changes: dict[str, Any]) -> None:
    step = only(facet)
    assert Network().can_have_planned(step, TARGET)

    def with_parameters(given: dict[str, Any]) -> Any:
        return dataclasses.replace(step.call, parameters=given)

    given = dict(changes)
    if "call" in given:
        given["call"] = with_parameters(given["call"])
    if "undo" in given:
        given["undo"] = tuple(map(with_parameters, given["undo"]))
    assert not Network().can_have_planned(dataclasses.replace(step, **given), TARGET)


@pytest.mark.parametrize("facet", [RULES, OPEN, GROUPS])
def test_a_step_for_another_place_is_not_ours(facet: str) -> None:
    step = only(facet)
    for change in ({"account": "444455556666"}, {"region": "eu-west-1"}, {"service": "ec2"}, {"operation": "CutFlows"}):
        other = dataclasses.replace(step, call=dataclasses.replace(step.call, **change))
        assert not Network().can_have_planned(other, TARGET)


@pytest.mark.parametrize("ident", ["x", "eni-1", "i-0abcdef1234567890"])
def test_a_step_for_what_is_no_interface_is_not_ours(ident: str) -> None:
    """Whole and in itself right, but for the name."""
    seen = {"interface_vpcs": {ident: VPC}, f"interface_groups/{ident}": [WEB], f"shared/forensic_group/{VPC}": WISHED}
    (step,) = MEASURE.plan(seen, TARGET)
    assert not Network().can_have_planned(step, TARGET)
