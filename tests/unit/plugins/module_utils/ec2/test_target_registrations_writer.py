"""Registrations go and come back, many in one request; what is gone already is no fault, what cannot come back says why."""

from __future__ import annotations

from typing import Any

import pytest
from balanced_model import BalancedModel

from ansible_collections.cordon.aws.plugins.module_utils.ec2 import batches, target_registrations_writer
from ansible_collections.cordon.aws.plugins.module_utils.ec2.instances import instance_of_arn
from ansible_collections.cordon.aws.plugins.module_utils.ec2.target_registrations import (
    DEREGISTER,
    DEREGISTER_CLASSIC,
    REGISTER,
    REGISTER_CLASSIC,
    merged_call,
)
from ansible_collections.cordon.aws.plugins.module_utils.errors import AwsError, DriftError
from ansible_collections.cordon.aws.plugins.module_utils.plan import Call

ONE = instance_of_arn("arn:aws:ec2:us-east-1:111122223333:instance/i-0abcdef1234567890")
TWO = instance_of_arn("arn:aws:ec2:us-east-1:111122223333:instance/i-0fedcba9876543210")
WEB = "arn:aws:elasticloadbalancing:us-east-1:111122223333:targetgroup/web/6d0ecf831eec9f09"
PODS = "arn:aws:elasticloadbalancing:us-east-1:111122223333:targetgroup/pods/73e2d6bc24d8a067"
ADDRESSES = {ONE.instance_id: ["10.0.0.7", "10.0.0.8"], TWO.instance_id: ["10.0.0.9"]}


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "PAUSE_S", 0)


def target(operation: str, ident: str, port: int = 80, **more: Any) -> Call:
    """Of the instance itself, or an address that is said to be one of the first's."""
    group, owner = (WEB, ident) if ident.startswith("i-") else (PODS, ONE.instance_id)
    return merged_call(
        ONE, operation, TargetGroupArn=group, Target={"Id": ident, "Port": port, **more}, InstanceId=owner
    )


def pods(found: dict[tuple[str, int], str]) -> BalancedModel:
    return BalancedModel(targets={WEB: {}, PODS: found}, by_address={PODS}, addresses=ADDRESSES)


def classic(operation: str, ident: str) -> Call:
    return merged_call(ONE, operation, LoadBalancerName="old", InstanceId=ident)


def carried(carrier: Any, model: BalancedModel, *calls: Call) -> list[Any]:
    cloud: Any = model
    return list(carrier(cloud, calls))


def test_many_are_deregistered_in_one_request_and_registered_again_port_by_port() -> None:
    ports = range(8000, 8120)
    model = BalancedModel(targets={WEB: {(ONE.instance_id, port): "healthy" for port in ports}})
    out = [target(DEREGISTER, ONE.instance_id, port) for port in ports]
    assert carried(target_registrations_writer.deregister, model, *out) == [None] * 120
    assert set(model.targets[WEB].values()) == {"draining"}
    assert model.calls["DeregisterTargets"] == 2
    again = [target(REGISTER, ONE.instance_id, port) for port in ports]
    assert carried(target_registrations_writer.register, model, *again) == [None] * 120
    assert model.targets[WEB] == {(ONE.instance_id, port): "initial" for port in ports}


def test_a_zone_is_sent_of_addresses_only() -> None:
    """https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetDescription.html"""
    model = pods({})
    calls = [
        target(REGISTER, ONE.instance_id, AvailabilityZone="us-east-1a"),
        target(REGISTER, "10.0.0.7", AvailabilityZone="us-east-1a"),
    ]
    assert carried(target_registrations_writer.register, model, *calls) == [None, None]
    assert {sent.parameters["TargetGroupArn"]: sent.parameters["Targets"] for sent in model.sent} == {
        WEB: [{"Id": ONE.instance_id, "Port": 80}],
        PODS: [{"Id": "10.0.0.7", "Port": 80, "AvailabilityZone": "us-east-1a"}],
    }


@pytest.mark.parametrize("strange", ["10.0.0.9", "203.0.113.7", TWO.instance_id])
def test_nothing_is_registered_that_is_not_the_instance_s_whatever_the_log_says(strange: str) -> None:
    """A log can be forged: requests would go to whom its writer chose."""
    model = pods({})
    forged = merged_call(
        ONE, REGISTER, TargetGroupArn=PODS, Target={"Id": strange, "Port": 80}, InstanceId=ONE.instance_id
    )
    refused, done = carried(target_registrations_writer.register, model, forged, target(REGISTER, "10.0.0.8"))
    assert isinstance(refused, DriftError)
    assert f"{strange} is no address of {ONE.label} there" in str(refused)
    assert done is None
    assert set(model.targets[PODS]) == {("10.0.0.8", 80)}


def test_whose_the_addresses_are_is_asked_once_for_all() -> None:
    model = pods({})
    ports = [target(REGISTER, ident, port) for ident in ("10.0.0.7", "10.0.0.8") for port in range(80, 100)]
    others = [target(REGISTER, TWO.instance_id), target(REGISTER, ONE.instance_id)]
    assert carried(target_registrations_writer.register, model, *ports, *others) == [None] * 42
    asked = ("DescribeNetworkInterfaces", "DescribeTargetGroups")
    assert {name: model.calls[name] for name in asked} == dict.fromkeys(asked, 1)


def test_a_target_group_that_is_gone_is_no_fault_on_the_way_out_and_named_on_the_way_back() -> None:
    model = BalancedModel()
    assert carried(target_registrations_writer.deregister, model, target(DEREGISTER, ONE.instance_id)) == [None]
    for ident in (ONE.instance_id, "10.0.0.7"):
        (answer,) = carried(target_registrations_writer.register, model, target(REGISTER, ident))
        assert isinstance(answer, DriftError)
        assert "again: it does not exist any more" in str(answer)


def test_an_address_that_is_still_draining_is_told_and_the_others_are_registered() -> None:
    model = pods({("10.0.0.7", 80): "draining"})
    calls = [target(REGISTER, "10.0.0.7"), target(REGISTER, "10.0.0.8")]
    draining, done = carried(target_registrations_writer.register, model, *calls)
    assert isinstance(draining, DriftError)
    assert "Repeat the release when the deregistration delay of the target group is over" in str(draining)
    assert done is None
    assert model.targets[PODS]["10.0.0.8", 80] == "initial"


def test_one_that_is_refused_keeps_no_other_out() -> None:
    model = BalancedModel(targets={WEB: {}})
    calls = [target(REGISTER, "i-0000000000000dead"), target(REGISTER, ONE.instance_id)]
    refused, done = carried(target_registrations_writer.register, model, *calls)
    assert isinstance(refused, AwsError)
    assert refused.code == "InvalidTarget"
    assert done is None


def test_an_answer_that_is_lost_is_asked_for_again() -> None:
    model = BalancedModel(targets={WEB: {(ONE.instance_id, 80): "healthy"}}, faults=["lost"])
    assert carried(target_registrations_writer.deregister, model, target(DEREGISTER, ONE.instance_id)) == [None]


def test_a_classic_load_balancer_that_never_had_it_has_deregistered_it() -> None:
    """It says "Could not find EC2 instance", and then deregisters none of the others in the request."""
    model = BalancedModel(classic={"old": {TWO.instance_id, "i-0123456789abcdef0"}})
    calls = [classic(DEREGISTER_CLASSIC, ONE.instance_id), classic(DEREGISTER_CLASSIC, TWO.instance_id)]
    assert carried(target_registrations_writer.deregister_classic, model, *calls) == [None, None]
    assert model.classic == {"old": {"i-0123456789abcdef0"}}


def test_a_classic_load_balancer_that_keeps_it_is_told() -> None:
    model = BalancedModel(classic={"old": {ONE.instance_id}}, faults=["AccessDenied"])
    (answer,) = carried(
        target_registrations_writer.deregister_classic, model, classic(DEREGISTER_CLASSIC, ONE.instance_id)
    )
    assert isinstance(answer, AwsError)
    assert answer.code == "AccessDenied"


def test_with_a_classic_load_balancer_it_is_registered_again_unless_that_is_gone() -> None:
    model = BalancedModel(classic={"old": set()})
    call = classic(REGISTER_CLASSIC, ONE.instance_id)
    assert carried(target_registrations_writer.register_classic, model, call) == [None]
    assert model.classic == {"old": {ONE.instance_id}}
    (answer,) = carried(target_registrations_writer.register_classic, BalancedModel(), call)
    assert isinstance(answer, DriftError)
    assert "Classic Load Balancer old again: it does not exist any more" in str(answer)
