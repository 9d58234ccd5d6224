# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Makes the forensic group of a VPC what it must be, and moves interfaces into it and back, those of many instances at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from ansible_collections.cordon.aws.plugins.module_utils.cloud import Cloud
from ansible_collections.cordon.aws.plugins.module_utils.ec2.forensic_group import (
    DESCRIPTION,
    permissions_of,
    rules_of,
)
from ansible_collections.cordon.aws.plugins.module_utils.ec2.listings import FORENSIC_GROUP, FORENSIC_GROUPS
from ansible_collections.cordon.aws.plugins.module_utils.errors import AwsError, CordonError, DriftError
from ansible_collections.cordon.aws.plugins.module_utils.parallel import in_parallel
from ansible_collections.cordon.aws.plugins.module_utils.plan import Call, Json
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads

_DIRECTIONS = {"ingress": "Ingress", "egress": "Egress"}
_ALREADY = ("InvalidPermission.Duplicate", "InvalidPermission.NotFound", "InvalidGroup.Duplicate")
"""Somebody else, or an attempt of ours whose answer was lost, has done it: what is there now is looked at again."""
_STILL_IN_USE = ("DependencyViolation", "InvalidGroup.InUse", "InvalidGroup.NotFound")
ATTEMPTS = 3
_Vpc = tuple[str, str, str]
"""(account, region, id)"""


def set_rules(cloud: Cloud, calls: Sequence[Call]) -> list[CordonError | None]:
    """Carry out calls of `forensic_group.SET_RULES`, each VPC once, by the rules that were asked for first."""
    wanted = {_vpc(call): call for call in reversed(calls)}
    errors = dict(
        zip(wanted, in_parallel(wanted.values(), lambda call: _caught(partial(_make, cloud, call))), strict=True)
    )
    return [errors[_vpc(call)] for call in calls]


def set_groups(cloud: Cloud, calls: Sequence[Call]) -> list[CordonError | None]:
    """Carry out calls of `forensic_group.SET_GROUPS`."""
    reads = Reads(cloud)
    for vpc in dict.fromkeys(_vpc(call) for call in calls):
        reads.expect(FORENSIC_GROUPS, *vpc)
    errors = in_parallel(calls, lambda call: _caught(partial(_move, cloud, reads, call)))
    left = dict.fromkeys(_vpc(call) for call in calls if FORENSIC_GROUP not in call.parameters["Groups"])
    in_parallel(left, lambda vpc: _caught(partial(_remove_if_unused, cloud, reads, vpc)))
    return errors


def _vpc(call: Call) -> _Vpc:
    return call.account, call.region, call.parameters["VpcId"]


def _caught(work: Callable[[], None]) -> CordonError | None:
    try:
        work()
    except CordonError as error:
        return error
    return None


def _make(cloud: Cloud, call: Call) -> None:
    """Look, change what differs, and look again until nothing does."""
    wanted: list[str] = call.parameters["Rules"]
    for attempt in range(1, ATTEMPTS + 1):
        group = _group(Reads(cloud), _vpc(call))
        try:
            if group is None:
                made = _send(
                    cloud,
                    call,
                    "CreateSecurityGroup",
                    GroupName=FORENSIC_GROUP,
                    Description=DESCRIPTION,
                    VpcId=call.parameters["VpcId"],
                )
                group = {"GroupId": made["GroupId"], "IpPermissionsEgress": _LETS_ALL_OUT}
            there = rules_of(group)
            for name, title in _DIRECTIONS.items():
                _change(cloud, call, f"RevokeSecurityGroup{title}", group, sorted({*there} - {*wanted}), name)
                _change(cloud, call, f"AuthorizeSecurityGroup{title}", group, sorted({*wanted} - {*there}), name)
        except AwsError as error:
            if attempt == ATTEMPTS or not (error.code in _ALREADY or error.may_have_happened):
                raise
        else:
            return


_LETS_ALL_OUT = [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
"""What a new group has. Of a VPC with IPv6 it may have the same for ::/0, which is seen when it is looked at afterwards."""


def _change(cloud: Cloud, call: Call, operation: str, group: Json, rules: Sequence[str], direction: str) -> None:
    permissions = permissions_of(rules, direction)
    if permissions:
        _send(cloud, call, operation, GroupId=group["GroupId"], IpPermissions=permissions)


def _move(cloud: Cloud, reads: Reads, call: Call) -> None:
    groups = []
    for group in call.parameters["Groups"]:
        if group != FORENSIC_GROUP:
            groups.append(group)
            continue
        found = _group(reads, _vpc(call))
        if found is None:
            raise DriftError(
                f"move interface {call.parameters['NetworkInterfaceId']} into {FORENSIC_GROUP}",
                f"VPC {call.parameters['VpcId']} has no such group: it could not be made, or somebody has deleted it",
                "Repeat the run.",
            )
        groups.append(found["GroupId"])
    interface = call.parameters["NetworkInterfaceId"]
    _send(cloud, call, "ModifyNetworkInterfaceAttribute", NetworkInterfaceId=interface, Groups=groups)


def _remove_if_unused(cloud: Cloud, reads: Reads, vpc: _Vpc) -> None:
    group = _group(reads, vpc)
    if group is None:
        return
    account, region, _id = vpc
    like = Call(account=account, region=region, service="ec2", operation="", parameters={})
    try:
        _send(cloud, like, "DeleteSecurityGroup", GroupId=group["GroupId"])
    except AwsError as error:
        if error.code not in _STILL_IN_USE:
            raise


def _group(reads: Reads, vpc: _Vpc) -> Json | None:
    """The group of a VPC as it is."""
    return next(iter(reads.each(FORENSIC_GROUPS, *vpc)), None)


def _send(cloud: Cloud, like: Call, operation: str, **parameters: Json) -> dict[str, Json]:
    return cloud.answer(
        Call(account=like.account, region=like.region, service="ec2", operation=operation, parameters=parameters)
    )
