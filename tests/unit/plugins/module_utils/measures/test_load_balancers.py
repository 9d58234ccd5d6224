"""Each registration is a thing of its own: out, and back port by port, and nobody else's."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cordon.aws.plugins.module_utils.ec2.instances import instance_of_arn
from ansible_collections.cordon.aws.plugins.module_utils.history import release_steps
from ansible_collections.cordon.aws.plugins.module_utils.measure import proven
from ansible_collections.cordon.aws.plugins.module_utils.measures import load_balancers
from ansible_collections.cordon.aws.plugins.module_utils.plan import Call, planned_state
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads

TARGET = instance_of_arn("arn:aws:ec2:us-east-1:111122223333:instance/i-0abcdef1234567890")
OTHER = instance_of_arn("arn:aws:ec2:us-east-1:111122223333:instance/i-0fedcba9876543210")
ELSEWHERE = instance_of_arn("arn:aws:ec2:us-east-1:123456789012:instance/i-0abcdef1234567890")
PREFIX = "arn:aws:elasticloadbalancing:us-east-1:111122223333:targetgroup/"
LOOKED = {"target_groups": 3, "classic_load_balancers": 1}
NOTHING: dict[str, Any] = {
    load_balancers.DRAINING: [],
    load_balancers.LOOKED_AT: LOOKED,
    load_balancers.ELSEWHERE: 0,
}

arns = st.builds(
    lambda name, ident: f"{PREFIX}{name}/{ident:016x}", st.sampled_from(["web", "a-1"]), st.integers(0, 2**64 - 1)
)
targets = st.one_of(
    st.builds(lambda port: {"Id": TARGET.instance_id, "Port": port}, st.integers(1, 65535)),
    st.builds(
        lambda address, port, zone: {"Id": str(address), "Port": port, "AvailabilityZone": zone},
        st.ip_addresses(),
        st.integers(1, 65535),
        st.sampled_from(["us-east-1a", "us-west-2-lax-1a", "all"]),
    ),
    st.builds(
        lambda port: {"Id": TARGET.instance_id, "Port": port, "QuicServerId": "0x0123456789abcdef"},
        st.integers(1, 65535),
    ),
)


@st.composite
def states(draw: st.DrawFn) -> dict[str, Any]:
    registered = draw(st.lists(st.tuples(arns, targets), max_size=5))
    classic = draw(st.lists(st.sampled_from(["old", "older-1"]), unique=True))
    return {
        **{f"target/{arn}/{one['Id']}:{one['Port']}": one for arn, one in registered},
        **{f"classic_load_balancer/{name}": "registered" for name in classic},
        **NOTHING,
    }


@given(states())
def test_a_plan_on_what_it_leaves_is_empty_and_proven_and_release_gives_everything_back(found: dict[str, Any]) -> None:
    steps = list(load_balancers.plan(found, TARGET))
    planned = planned_state(found, steps)
    assert list(load_balancers.plan(planned, TARGET)) == []
    assert proven(load_balancers.verify(planned, TARGET))
    assert proven(load_balancers.verify(found, TARGET)) is not bool(steps)
    undoing, conflicts = release_steps(steps[::-1], planned)
    assert not conflicts
    assert planned_state(planned, undoing) == found


@given(states())
def test_what_is_planned_can_have_been_planned_and_near_misses_cannot(found: dict[str, Any]) -> None:
    for step in load_balancers.plan(found, TARGET):
        assert load_balancers.can_have_planned(step, TARGET)
        assert not load_balancers.can_have_planned(step, ELSEWHERE)
        assert not load_balancers.can_have_planned(replace(step, undo=()), TARGET)
        (way_back,) = step.undo
        changes: list[dict[str, Any]] = [{"More": 1}]
        if "Target" in way_back.parameters:
            known = way_back.parameters["Target"]
            changes += [
                {"TargetGroupArn": f"{PREFIX}another/0123456789abcdef"},
                {"Target": {**known, "Port": known["Port"] % 65535 + 1}},
                {"Target": {**known, "Id": OTHER.instance_id}},
            ]
        else:
            changes += [{"LoadBalancerName": "another"}, {"InstanceId": OTHER.instance_id}]
        for change in changes:
            forged = replace(way_back, parameters={**way_back.parameters, **change})
            assert not load_balancers.can_have_planned(replace(step, undo=(forged,)), TARGET)


@given(arns)
def test_a_registration_of_another_instance_is_none_of_its_own(arn: str) -> None:
    step = next(
        load_balancers.plan({f"target/{arn}/{OTHER.instance_id}:80": {"Id": OTHER.instance_id, "Port": 80}}, OTHER)
    )
    assert load_balancers.can_have_planned(step, OTHER)
    assert not load_balancers.can_have_planned(step, TARGET)


def test_what_is_draining_is_not_registered_and_told_as_residual() -> None:
    state = {**NOTHING, load_balancers.DRAINING: [f"{PREFIX}web/0123456789abcdef/{TARGET.instance_id}:8080"]}
    assert proven(load_balancers.verify(state, TARGET))
    (one,) = load_balancers.residual(state, TARGET)
    assert f"{TARGET.instance_id}, port 8080, in target group web" in one["what"]


class Region:
    """What a region answers, and how often it is asked."""

    def __init__(self, answers: Mapping[str, Any]) -> None:
        self.answers, self.asked = answers, list[str]()

    def background(self, ask: Any) -> Future[Any]:
        answer: Future[Any] = Future()
        answer.set_result(ask())
        return answer

    def pages(self, call: Call, _key: str) -> Any:
        self.asked.append(call.operation)
        return self.answers[call.operation]

    def read(self, call: Call) -> Any:
        arn = call.parameters["TargetGroupArn"]
        self.asked.append(f"{call.operation} {arn}")
        return {"TargetHealthDescriptions": self.answers["DescribeTargetHealth"].get(arn, [])}


def health(ident: str, port: int, state: str = "healthy") -> dict[str, Any]:
    return {"Target": {"Id": ident, "Port": port}, "TargetHealth": {"State": state}}


def group(name: str, kind: str, vpc: str | None) -> dict[str, Any]:
    return {"TargetGroupArn": arn(name), "TargetType": kind, **({} if vpc is None else {"VpcId": vpc})}


def arn(name: str) -> str:
    return f"{PREFIX}{name}/0123456789abcdef"


def interface(instance: str, number: int, **more: Any) -> dict[str, Any]:
    return {
        "NetworkInterfaceId": f"eni-{number:017x}",
        "VpcId": "vpc-1",
        "Attachment": {"InstanceId": instance},
        "PrivateIpAddresses": [{"PrivateIpAddress": f"10.0.0.{number}"}],
        **more,
    }


def region() -> Region:
    instances = [{"InstanceId": one.instance_id, "State": {"Name": "running"}} for one in (TARGET, OTHER)]
    more = {
        "PrivateIpAddresses": [{"PrivateIpAddress": "10.0.0.2"}, {"PrivateIpAddress": "10.0.0.20"}],
        "Ipv6Addresses": [{"Ipv6Address": "2001:db8::2"}],
        "Ipv4Prefixes": [{"Ipv4Prefix": "10.0.1.16/28"}],
    }
    return Region(
        {
            "DescribeInstances": [{"Instances": instances}],
            "DescribeNetworkInterfaces": [
                interface(TARGET.instance_id, 1),
                interface(TARGET.instance_id, 2, **more),
                interface(OTHER.instance_id, 3),
            ],
            "DescribeTargetGroups": [
                group("by-id", "instance", "vpc-1"),
                group("by-address", "ip", "vpc-1"),
                group("other-vpc", "ip", "vpc-2"),
                group("functions", "lambda", None),
                group("balancers", "alb", "vpc-1"),
            ],
            "DescribeTargetHealth": {
                arn("by-id"): [
                    health(TARGET.instance_id, 80, "unhealthy"),
                    health(TARGET.instance_id, 81, "draining"),
                    health(TARGET.instance_id, 82, "unhealthy.draining"),
                    health(OTHER.instance_id, 80),
                ],
                arn("by-address"): [
                    *(
                        health(address, 9000)
                        for address in (
                            "10.0.0.1",
                            "10.0.0.20",
                            "2001:db8::2",
                            "10.0.1.17",  # of a delegated prefix
                            "10.0.0.3",  # the other instance
                            "10.0.1.32",  # just outside the prefix
                        )
                    )
                ],
                arn("other-vpc"): [health("10.0.0.1", 9000)],
            },
            "DescribeLoadBalancers": [
                {"LoadBalancerName": "old", "Instances": [{"InstanceId": TARGET.instance_id}]},
                {"LoadBalancerName": "empty", "Instances": []},
            ],
        }
    )


def test_every_port_and_every_address_of_every_interface_is_found_and_nobody_else_s() -> None:
    cloud: Any = region()
    found = load_balancers.observe(Reads(cloud), TARGET)
    registered = {facet for facet in found if facet.startswith(("target/", "classic_load_balancer/"))}
    assert registered == {
        f"target/{arn('by-id')}/{TARGET.instance_id}:80",
        f"target/{arn('by-id')}/{TARGET.instance_id}:82",
        *(
            f"target/{arn('by-address')}/{address}:9000"
            for address in ("10.0.0.1", "10.0.0.20", "2001:db8::2", "10.0.1.17")
        ),
        "classic_load_balancer/old",
    }
    assert found[load_balancers.DRAINING] == [f"{arn('by-id')}/{TARGET.instance_id}:81"]
    assert found[load_balancers.LOOKED_AT] == {"target_groups": 2, "classic_load_balancers": 2}
    (note,) = load_balancers.notes(found, TARGET)
    assert note.startswith("Target groups of other VPCs list their targets by address, 1 of them.")


def test_what_is_asked_of_one_instance_serves_the_others() -> None:
    cloud: Any = region()
    reads = Reads(cloud)
    for target in (TARGET, OTHER):
        target.expect(reads)
    for target in (TARGET, OTHER):
        load_balancers.observe(reads, target)
    assert sorted(cloud.asked) == [
        "DescribeInstances",
        "DescribeLoadBalancers",
        "DescribeNetworkInterfaces",
        "DescribeTargetGroups",
        f"DescribeTargetHealth {arn('by-address')}",
        f"DescribeTargetHealth {arn('by-id')}",
    ]
