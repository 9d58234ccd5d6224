# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Take an instance out of every target group and Classic Load Balancer, port by port, and with release put it back just so.

What its Auto Scaling group has deregistered already is deregistered once more, and with release registered once more, which AWS takes
for done: so this measure gives back what it found, whether the group does or not.
https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DeregisterTargets.html"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from ansible_collections.cordon.aws.plugins.module_utils.ec2.instances import Ec2Instance
from ansible_collections.cordon.aws.plugins.module_utils.ec2.target_registrations import (
    DEREGISTER,
    DEREGISTER_CLASSIC,
    REGISTER,
    REGISTER_CLASSIC,
    is_target,
    merged_call,
    registrations_of,
)
from ansible_collections.cordon.aws.plugins.module_utils.measure import Fact, Proof
from ansible_collections.cordon.aws.plugins.module_utils.plan import Json, State, Step
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads

NAME = "load_balancers"
KINDS = frozenset({"instance"})
PERMISSIONS = (
    "ec2:DescribeInstances",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeTrunkInterfaceAssociations",
    "elasticloadbalancing:DescribeTargetGroups",
    "elasticloadbalancing:DescribeTargetHealth",
    "elasticloadbalancing:DescribeLoadBalancers",
    "elasticloadbalancing:RegisterTargets",
    "elasticloadbalancing:DeregisterTargets",
    "elasticloadbalancing:RegisterInstancesWithLoadBalancer",
    "elasticloadbalancing:DeregisterInstancesFromLoadBalancer",
)
OPEN_WITHOUT = "requests that load balancers send to it, and answers that they pass on from it"

TARGET = "target/"
"""The facet of one registration: target/<target group's ARN>/<id>:<port>, with the target as AWS tells it."""
CLASSIC = "classic_load_balancer/"
REGISTERED = "registered"
DRAINING = "targets_draining"
LOOKED_AT = "load_balancing_looked_at"
ELSEWHERE = "target_groups_elsewhere"
_FACET = re.compile(rf"{TARGET}(?P<arn>arn:[^/]+:targetgroup/[A-Za-z0-9-]{{1,32}}/[0-9a-f]{{16}})/[^/]+")
_CLASSIC_NAME = re.compile(r"[A-Za-z0-9-]{1,32}")


def observe(reads: Reads, target: Ec2Instance) -> dict[str, Json]:
    """Every registration; one that is being drained is none."""
    found = registrations_of(reads, target)
    return {
        **{_facet(arn, one): one for arn, one in found.targets},
        **{CLASSIC + name: REGISTERED for name in found.classic},
        DRAINING: sorted(_facet(arn, one).removeprefix(TARGET) for arn, one in found.draining),
        LOOKED_AT: found.looked_at,
        ELSEWHERE: len(found.elsewhere),
    }


def plan(state: State, target: Ec2Instance) -> Iterator[Step]:
    """A step for each registration."""
    for facet, found in state.items():
        if found is not None and (arn := _arn_of(facet, target)):
            yield _deregister(target, facet, arn, found)
        elif found is not None and facet.startswith(CLASSIC):
            yield _deregister_classic(target, facet.removeprefix(CLASSIC))


def can_have_planned(step: Step, target: Ec2Instance) -> bool:
    """Whether an address is the instance's, who registers it again asks AWS."""
    if step.facet.startswith(CLASSIC):
        name = step.facet.removeprefix(CLASSIC)
        return bool(_CLASSIC_NAME.fullmatch(name)) and step.does_as(_deregister_classic(target, name))
    arn = _arn_of(step.facet, target)
    return (
        bool(arn)
        and is_target(step.before, target)
        and step.facet == _facet(arn, step.before)
        and step.does_as(_deregister(target, step.facet, arn, step.before))
    )


def verify(state: State, target: Ec2Instance) -> Proof:
    left = [facet for facet, found in state.items() if found is not None and facet.startswith((TARGET, CLASSIC))]
    if left:
        return [Fact(measure=NAME, fact=f"it is registered: {_named(facet)}", holds=False) for facet in left]
    looked_at = state[LOOKED_AT]
    said = (
        f"it is registered with none of the {looked_at['target_groups']} target groups of its VPC and none of the "
        f"{looked_at['classic_load_balancers']} Classic Load Balancers of its region"
    )
    return (Fact(measure=NAME, fact=said, holds=True),)


def notes(state: State, target: Ec2Instance) -> Sequence[str]:
    if not state[ELSEWHERE]:
        return ()
    note = f"Target groups of other VPCs list their targets by address, {state[ELSEWHERE]} of them. Whether an address there is one of "
    note += f"{target.label}, through peering or a transit gateway, nothing tells: look yourself if its VPC is connected to theirs."
    return (note,)


def residual(state: State, _target: Ec2Instance) -> Sequence[Mapping[str, str]]:
    """The connections that load balancers do not cut. Pure."""
    return [
        {
            "what": f"connections that a load balancer has open to {_named(TARGET + registration)}",
            "why": "they are drained until the target group's deregistration delay is over: 300 seconds unless set otherwise",
        }
        for registration in state.get(DRAINING, ())
    ]


def _facet(arn: str, one: Mapping[str, Json]) -> str:
    return f"{TARGET}{arn}/{one['Id']}:{one['Port']}"


def _arn_of(facet: str, target: Ec2Instance) -> str:
    """The target group of a registration's facet; empty where it is none, or of another account or region."""
    parts = _FACET.fullmatch(facet)
    ours = f"arn:{target.partition}:elasticloadbalancing:{target.region}:{target.account}:targetgroup/"
    return parts["arn"] if parts and parts["arn"].startswith(ours) else ""


def _named(facet: str) -> str:
    """A registration for people."""
    if facet.startswith(CLASSIC):
        return f"Classic Load Balancer {facet.removeprefix(CLASSIC)}"
    arn, _slash, registration = facet.removeprefix(TARGET).rpartition("/")
    ident, _colon, port = registration.rpartition(":")
    return f"{ident}, port {port}, in target group {arn.split('/')[1]}"


def _deregister(target: Ec2Instance, facet: str, arn: str, one: Mapping[str, Json]) -> Step:
    known = {"TargetGroupArn": arn, "Target": dict(one), "InstanceId": target.instance_id}
    return Step(
        measure=NAME,
        facet=facet,
        call=merged_call(target, DEREGISTER, **known),
        undo=(merged_call(target, REGISTER, **known),),
        why=f"deregister {_named(facet)}",
        before=dict(one),
        after=None,
    )


def _deregister_classic(target: Ec2Instance, name: str) -> Step:
    known = {"LoadBalancerName": name, "InstanceId": target.instance_id}
    return Step(
        measure=NAME,
        facet=CLASSIC + name,
        call=merged_call(target, DEREGISTER_CLASSIC, **known),
        undo=(merged_call(target, REGISTER_CLASSIC, **known),),
        why=f"deregister {target.label} from Classic Load Balancer {name}",
        before=REGISTERED,
        after=None,
    )
