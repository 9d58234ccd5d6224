# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Blocks every DNS query of a VPC for instances, and gives the VPC back with the last of them, and the rules with the last VPC.

An instance is marked before its VPC is blocked, and unmarked before it is given back, so that two runs at once rather block too long than
too short. Each looks at what is there first, so that what a run that died has begun is finished."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import TypeAlias

from ansible_collections.cordon.aws.plugins.module_utils.aws_errors import is_passing
from ansible_collections.cordon.aws.plugins.module_utils.cloud import Cloud
from ansible_collections.cordon.aws.plugins.module_utils.ec2 import dns_rules_writer
from ansible_collections.cordon.aws.plugins.module_utils.ec2.batches import ATTEMPTS, PAUSE_S, Answer, sent
from ansible_collections.cordon.aws.plugins.module_utils.ec2.dns_block import (
    ASSOCIATIONS,
    MARK,
    asked,
    associations,
    free_priority,
    of_vpc,
)
from ansible_collections.cordon.aws.plugins.module_utils.ec2.dns_rules_writer import (
    NOT_COMPLETE,
    Place,
    awaited,
    is_complete,
    make,
)
from ansible_collections.cordon.aws.plugins.module_utils.ec2.instances import GONE
from ansible_collections.cordon.aws.plugins.module_utils.ec2.marks_writer import MOST_TAGGED
from ansible_collections.cordon.aws.plugins.module_utils.errors import AwsError, CordonError, QuotaError
from ansible_collections.cordon.aws.plugins.module_utils.parallel import in_parallel
from ansible_collections.cordon.aws.plugins.module_utils.plan import Call, Json

_CHANGED = ("ConflictException", "ResourceNotFoundException")
"""Somebody else has made or taken away the same since we looked, or it is still being changed."""
_Wish: TypeAlias = "tuple[str, bool]"
"""A VPC, and whether it is blocked."""


def set_blocks(cloud: Cloud, calls: Sequence[Call]) -> list[Answer]:
    """Carry out calls of `dns_block.SET_BLOCK`: regions side by side, the VPCs of one, which share the rules, one after the other."""
    places: dict[Place, dict[_Wish, list[int]]] = defaultdict(lambda: defaultdict(list))
    for number, call in enumerate(calls):
        places[call.account, call.region][call.parameters["VpcId"], call.parameters["Blocked"]].append(number)

    def carried(place: Place) -> dict[int, Answer]:
        answers: dict[int, Answer] = {}
        for (vpc, blocked), numbers in places[place].items():
            ids = [str(calls[number].parameters["InstanceId"]) for number in numbers]
            answers.update(zip(numbers, (_block if blocked else _release)(cloud, place, vpc, ids), strict=True))
        return answers

    found: dict[int, Answer] = {}
    for some in in_parallel(places, carried):
        found.update(some)
    return [found[number] for number in range(len(calls))]


def _block(cloud: Cloud, place: Place, vpc: str, ids: Sequence[str]) -> list[Answer]:
    error = _tried(lambda: dns_rules_writer.make_rules(cloud, place))
    if error is not None:
        if isinstance(error, AwsError):
            _tried(lambda: dns_rules_writer.remove_unused(cloud, place))
        return [error] * len(ids)
    marked = _mark(cloud, place, "CreateTags", vpc, ids)
    if all(error is not None for error in marked):
        return marked
    error = _tried(lambda: _associate(cloud, place, vpc))
    if error is not None:
        error = _cleared(cloud, place, vpc, ids, error)
    return [one if one is not None else error for one in marked]


def _associate(cloud: Cloud, place: Place, vpc: str) -> None:
    found = associations(cloud, place)
    if of_vpc(found, vpc) is None:
        priority = free_priority(found, vpc)
        if priority is None:
            raise QuotaError(f"block DNS of {vpc}", "every priority of its rule groups is taken", "Free one of them.")
        make(
            cloud,
            place,
            "AssociateFirewallRuleGroup",
            FirewallRuleGroupId=dns_rules_writer.make_rules(cloud, place),
            VpcId=vpc,
            Priority=priority,
            MutationProtection="DISABLED",
        )
    awaited(lambda: is_complete(of_vpc(associations(cloud, place), vpc)), f"block DNS of {vpc}")


def _cleared(cloud: Cloud, place: Place, vpc: str, ids: Sequence[str], error: CordonError) -> CordonError:
    """The error of a VPC that could not be blocked. Where it may be all the same, it says so; where it is not, nothing is left of it."""
    may_be = isinstance(error, AwsError) and error.may_have_happened
    left = None if may_be else next((one for one in _release(cloud, place, vpc, ids) if one is not None), None)
    if not may_be and left is None:
        return error
    why = f"{error.why}; what was begun may be in force" + (f", because {left.why}" if left else "")
    return AwsError(error.tried, why, error.remedy, code=getattr(error, "code", ""), may_have_happened=True)


def _release(cloud: Cloud, place: Place, vpc: str, ids: Sequence[str]) -> list[Answer]:
    unmarked = _mark(cloud, place, "DeleteTags", vpc, ids)
    error = _tried(lambda: _give_back(cloud, place, vpc))
    return [one if one is not None else error for one in unmarked]


def _give_back(cloud: Cloud, place: Place, vpc: str) -> None:
    """Unless another instance still bears the mark."""
    if any(one["State"]["Name"] not in GONE for one in _marked(cloud, place, vpc)):
        return
    ours = of_vpc(associations(cloud, place), vpc)
    if ours is not None:
        cloud.answer(asked(place, "DisassociateFirewallRuleGroup", FirewallRuleGroupAssociationId=ours["Id"]))
    # One that is going still holds the rules.
    listed = asked(place, "ListFirewallRuleGroupAssociations", VpcId=vpc)
    awaited(lambda: of_vpc(cloud.pages(listed, ASSOCIATIONS), vpc) is None, f"give DNS back to {vpc}")
    dns_rules_writer.remove_unused(cloud, place)


def _marked(cloud: Cloud, place: Place, vpc: str) -> list[Json]:
    """The instances that the VPC is blocked for."""
    filters = [{"Name": "tag-key", "Values": [MARK + vpc]}]
    held = cloud.pages(_ec2(place, "DescribeInstances", Filters=filters), "Reservations")
    return [instance for reservation in held for instance in reservation["Instances"]]


def _mark(cloud: Cloud, place: Place, operation: str, vpc: str, ids: Sequence[str]) -> list[Answer]:
    """Put the mark onto instances, or take it off; a mark that is gone already is done."""
    tag = {"Key": MARK + vpc, **({"Value": "held"} if operation == "CreateTags" else {})}
    return sent(ids, MOST_TAGGED, lambda some: cloud.answer(_ec2(place, operation, Resources=list(some), Tags=[tag])))


def _tried(work: Callable[[], object]) -> Answer:
    for attempt in range(1, ATTEMPTS + 1):
        try:
            work()
        except CordonError as error:
            passes = isinstance(error, AwsError) and (
                error.code in _CHANGED
                or is_passing(error.code)
                or (error.may_have_happened and error.code != NOT_COMPLETE)
            )
            if attempt == ATTEMPTS or not passes:
                return error
            time.sleep(PAUSE_S)
        else:
            break
    return None


def _ec2(place: Place, operation: str, **parameters: Json) -> Call:
    account, region = place
    return Call(account=account, region=region, service="ec2", operation=operation, parameters=parameters)
