# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Registers targets with load balancers and deregisters them, those of many instances at once. Either bears being repeated."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from ansible_collections.cordon.aws.plugins.module_utils.cloud import Cloud
from ansible_collections.cordon.aws.plugins.module_utils.ec2.batches import Answer, by_thing, sent
from ansible_collections.cordon.aws.plugins.module_utils.ec2.instances import INSTANCE_ID, Ec2Instance
from ansible_collections.cordon.aws.plugins.module_utils.ec2.listings import INTERFACES
from ansible_collections.cordon.aws.plugins.module_utils.ec2.target_registrations import (
    DEREGISTER,
    DEREGISTER_CLASSIC,
    DRAINING,
    GROUP_GONE,
    REGISTER,
    REGISTER_CLASSIC,
    is_registrable,
)
from ansible_collections.cordon.aws.plugins.module_utils.errors import AwsError, CordonError, DriftError
from ansible_collections.cordon.aws.plugins.module_utils.plan import Call, Json
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads

MOST = 100
"""Targets in one request. AWS documents no limit, but refuses large requests at times: https://github.com/kubernetes/kubernetes/pull/101592"""
_BALANCER_GONE = "LoadBalancerNotFound"


def deregister(cloud: Cloud, calls: Sequence[Call]) -> list[Answer]:
    """Carry out calls of `target_registrations.DEREGISTER`. What is not registered, with a target group that is gone too, is done:
    https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DeregisterTargets.html"""
    return by_thing(
        calls,
        "TargetGroupArn",
        lambda some: [_unless(answer, GROUP_GONE) for answer in _targets(cloud, DEREGISTER, some)],
    )


def register(cloud: Cloud, calls: Sequence[Call]) -> list[Answer]:
    """Carry out calls of `target_registrations.REGISTER`."""
    reads = Reads(cloud)
    for call in calls:
        reads.expect(INTERFACES, call.account, call.region, call.parameters["InstanceId"])
    return by_thing(calls, "TargetGroupArn", partial(_register_own, cloud, reads))


def deregister_classic(cloud: Cloud, calls: Sequence[Call]) -> list[Answer]:
    """Carry out calls of `target_registrations.DEREGISTER_CLASSIC`."""
    return by_thing(
        calls,
        "LoadBalancerName",
        lambda some: [
            _unless(answer, _BALANCER_GONE) if answer is None or _has(cloud, call) else None
            for call, answer in zip(some, _instances(cloud, DEREGISTER_CLASSIC, some), strict=True)
        ],
    )


def register_classic(cloud: Cloud, calls: Sequence[Call]) -> list[Answer]:
    """Carry out calls of `target_registrations.REGISTER_CLASSIC`."""
    return by_thing(
        calls,
        "LoadBalancerName",
        lambda some: [
            _explained(answer, _BALANCER_GONE, f"Classic Load Balancer {some[0].parameters['LoadBalancerName']}")
            for answer in _instances(cloud, REGISTER_CLASSIC, some)
        ],
    )


def _register_own(cloud: Cloud, reads: Reads, calls: Sequence[Call]) -> list[Answer]:
    """Those that are of their instance; the others are told."""
    answers = {number: _foreign(reads, call) for number, call in enumerate(calls)}
    own = [number for number, answer in answers.items() if answer is None]
    answers.update(zip(own, _register(cloud, [calls[number] for number in own]), strict=True))
    return [answers[number] for number in range(len(calls))]


def _foreign(reads: Reads, call: Call) -> Answer:
    """What keeps a target from being registered as its instance."""
    group, instance_id, ident = call.parameters["TargetGroupArn"], call.parameters["InstanceId"], _target(call)["Id"]
    arn = f"arn:{group.split(':')[1]}:ec2:{call.region}:{call.account}:instance/{instance_id}"
    instance = Ec2Instance(arn=arn, account=call.account, region=call.region, instance_id=instance_id)
    try:
        if is_registrable(reads, instance, group, ident):
            return None
    except CordonError as error:
        return _explained(error, GROUP_GONE, _group(call))
    return DriftError(
        f"register {ident} with {_group(call)} again",
        f"{ident} is no address of {instance.label} there: somebody has moved it since, or has forged the case log",
        "Nothing was registered under it. Register it yourself if it is right, and repeat the release: it goes on from there.",
    )


def _register(cloud: Cloud, calls: Sequence[Call]) -> list[Answer]:
    """An address that is still draining is not registered again: AWS wants its deregistration delay to be over first.
    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-register-targets.html"""
    answers: dict[int, Answer] = {}
    addresses = [number for number, call in enumerate(calls) if not INSTANCE_ID.fullmatch(_target(call)["Id"])]
    if addresses:
        try:
            draining = _draining(cloud, calls[0])
        except CordonError as error:
            return [_explained(error, GROUP_GONE, _group(calls[0]))] * len(calls)
        answers = {
            number: DriftError(
                f"register {_target(calls[number])['Id']} with {_group(calls[0])} again",
                "its connections from before are still being drained, and an address can be registered only afterwards",
                "Repeat the release when the deregistration delay of the target group is over: 300 seconds unless set otherwise.",
            )
            for number in addresses
            if _target(calls[number])["Id"] in draining
        }
    others = [number for number in range(len(calls)) if number not in answers]
    told = _targets(cloud, REGISTER, [calls[number] for number in others])
    answers.update(zip(others, (_explained(answer, GROUP_GONE, _group(calls[0])) for answer in told), strict=True))
    return [answers[number] for number in range(len(calls))]


def _draining(cloud: Cloud, like: Call) -> set[str]:
    health = cloud.read(_aws(like, "elbv2", "DescribeTargetHealth", TargetGroupArn=like.parameters["TargetGroupArn"]))
    return {
        str(one["Target"]["Id"])
        for one in health["TargetHealthDescriptions"]
        if one["TargetHealth"]["State"] == DRAINING
    }


def _targets(cloud: Cloud, operation: str, calls: Sequence[Call]) -> list[Answer]:
    if not calls:
        return []
    arn = calls[0].parameters["TargetGroupArn"]
    return sent(
        [_sent_as(call, operation) for call in calls],
        MOST,
        lambda some: cloud.write(_aws(calls[0], "elbv2", operation, TargetGroupArn=arn, Targets=list(some))),
    )


def _sent_as(call: Call, operation: str) -> dict[str, Json]:
    """A zone belongs to addresses only, and id and port are what tells a registration from others.
    https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetDescription.html"""
    left_out = {"AvailabilityZone"} if INSTANCE_ID.fullmatch(_target(call)["Id"]) else set()
    if operation == DEREGISTER:
        left_out |= {"AvailabilityZone", "QuicServerId"}
    return {key: value for key, value in _target(call).items() if key not in left_out}


def _instances(cloud: Cloud, operation: str, calls: Sequence[Call]) -> list[Answer]:
    name = calls[0].parameters["LoadBalancerName"]
    return sent(
        [{"InstanceId": call.parameters["InstanceId"]} for call in calls],
        MOST,
        lambda some: cloud.write(_aws(calls[0], "elb", operation, LoadBalancerName=name, Instances=list(some))),
    )


def _has(cloud: Cloud, call: Call) -> bool:
    """Whether a Classic Load Balancer has the instance: of one that it never had, it says that it does not exist.
    https://github.com/boto/boto/issues/2576"""
    ask = _aws(call, "elb", "DescribeLoadBalancers", LoadBalancerNames=[call.parameters["LoadBalancerName"]])
    try:
        found = cloud.pages(ask, "LoadBalancerDescriptions")
    except AwsError as error:
        return error.code != _BALANCER_GONE
    return any(
        one["InstanceId"] == call.parameters["InstanceId"]
        for balancer in found
        for one in balancer.get("Instances", ())
    )


def _unless(answer: Answer, gone: str) -> Answer:
    return None if isinstance(answer, AwsError) and answer.code == gone else answer


def _explained(answer: Answer, gone: str, what: str) -> Answer:
    """The answer, and what to do where there is nothing any more to register with."""
    if not (isinstance(answer, AwsError) and answer.code == gone):
        return answer
    return DriftError(
        f"register with {what} again",
        "it does not exist any more",
        "Somebody has deleted it. Name the other measures in `measures` to release what they did.",
    )


def _target(call: Call) -> dict[str, Json]:
    found: dict[str, Json] = call.parameters["Target"]
    return found


def _group(call: Call) -> str:
    return f"target group {call.parameters['TargetGroupArn'].partition('targetgroup/')[2].partition('/')[0]}"


def _aws(like: Call, service: str, operation: str, **parameters: Json) -> Call:
    return Call(account=like.account, region=like.region, service=service, operation=operation, parameters=parameters)
