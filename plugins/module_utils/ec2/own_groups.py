# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Makes the security groups of Cordon's own in a VPC what they must be, finds them, and removes them when nothing is in them any more."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence

from ansible_collections.cordon.aws.plugins.module_utils.cloud import Cloud
from ansible_collections.cordon.aws.plugins.module_utils.ec2.forensic_group import (
    permissions_of,
    rule_of,
    rules_of,
)
from ansible_collections.cordon.aws.plugins.module_utils.ec2.listings import FORENSIC_GROUPS
from ansible_collections.cordon.aws.plugins.module_utils.errors import AwsError, CordonError, DriftError
from ansible_collections.cordon.aws.plugins.module_utils.plan import Call, Json
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads

_DIRECTIONS = {"ingress": "Ingress", "egress": "Egress"}
_ALREADY = (
    "InvalidPermission.Duplicate",
    "InvalidPermission.NotFound",
    "InvalidSecurityGroupRuleId.NotFound",
    "InvalidGroup.Duplicate",
)
"""Somebody else, or an attempt of ours whose answer was lost, has done it: what is there now is looked at again."""
_STILL_IN_USE = ("DependencyViolation", "InvalidGroup.InUse", "InvalidGroup.NotFound")
ATTEMPTS = 4
"""How often is looked at most. What was changed may be seen only after a moment."""
PAUSE_S = 0.5
_LETS_ALL_OUT = [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
"""What a new group has. Of a VPC with IPv6 it may have the same for ::/0, which is seen when it is looked at afterwards."""
Vpc = tuple[str, str, str]
"""(account, region, id)"""


def vpc_of(call: Call) -> Vpc:
    """The VPC that a merged call names."""
    return call.account, call.region, call.parameters["VpcId"]


def own_group(reads: Reads, vpc: Vpc, name: str) -> Json | None:
    """The group of ours that a VPC has by this name, as DescribeSecurityGroups tells it."""
    return next((group for group in reads.each(FORENSIC_GROUPS, *vpc) if group["GroupName"] == name), None)


def make_group(cloud: Cloud, vpc: Vpc, name: str, description: str, wanted: Sequence[str]) -> str:
    """Look, change what differs, and look again until the group has just these rules; returns its id.

    What somebody else's group of this name lets through besides is taken away by the ids of its rules, whatever they look like. Only a
    group that was made here is not looked at again: it has what a new one has, and what it was given."""
    error: AwsError | None = None
    there: list[str] = []
    for attempt in range(1, ATTEMPTS + 1):
        group = own_group(Reads(cloud), vpc, name)
        there = [] if group is None else rules_of(group)
        if group is not None and there == sorted(wanted):
            return str(group["GroupId"])
        if attempt == ATTEMPTS:
            break
        if attempt > 2:
            time.sleep(PAUSE_S)
        try:
            if group is None:
                return _made(cloud, vpc, name, description, wanted)
            _mend(cloud, vpc, group, wanted)
        except AwsError as failed:
            if not (failed.code in _ALREADY or failed.may_have_happened):
                raise
            error = failed
    raise _not_mended(vpc, name, there, wanted, error) from error


def _made(cloud: Cloud, vpc: Vpc, name: str, description: str, wanted: Sequence[str]) -> str:
    made = _send(cloud, vpc, "CreateSecurityGroup", GroupName=name, Description=description, VpcId=vpc[2])
    group_id = str(made["GroupId"])
    there = rules_of({"IpPermissionsEgress": _LETS_ALL_OUT})
    for direction, title in _DIRECTIONS.items():
        permissions = permissions_of(sorted({*there} - {*wanted}), direction)
        if permissions:
            _send(cloud, vpc, f"RevokeSecurityGroup{title}", GroupId=group_id, IpPermissions=permissions)
    _authorize(cloud, vpc, group_id, {*wanted} - {*there})
    return group_id


def _mend(cloud: Cloud, vpc: Vpc, group: Json, wanted: Sequence[str]) -> None:
    group_id, there = str(group["GroupId"]), {*rules_of(group)}
    if there - {*wanted}:
        account, region, _id = vpc
        call = Call(
            account=account,
            region=region,
            service="ec2",
            operation="DescribeSecurityGroupRules",
            parameters={"Filters": [{"Name": "group-id", "Values": [group_id]}]},
        )
        strange = [rule for rule in cloud.pages(call, "SecurityGroupRules") if rule_of(rule) not in wanted]
        for is_egress, title in ((False, "Ingress"), (True, "Egress")):
            ids = [rule["SecurityGroupRuleId"] for rule in strange if rule["IsEgress"] is is_egress]
            if ids:
                _send(cloud, vpc, f"RevokeSecurityGroup{title}", GroupId=group_id, SecurityGroupRuleIds=ids)
    _authorize(cloud, vpc, group_id, {*wanted} - there)


def _authorize(cloud: Cloud, vpc: Vpc, group_id: str, rules: Iterable[str]) -> None:
    for direction, title in _DIRECTIONS.items():
        permissions = permissions_of(sorted(rules), direction)
        if permissions:
            _send(cloud, vpc, f"AuthorizeSecurityGroup{title}", GroupId=group_id, IpPermissions=permissions)


def _not_mended(
    vpc: Vpc, name: str, there: Sequence[str], wanted: Sequence[str], error: AwsError | None
) -> CordonError:
    if error is not None and error.may_have_happened:
        return error
    strange, missing = sorted({*there} - {*wanted}), sorted({*wanted} - {*there})
    said = [f"it still has {'; '.join(strange)}"] if strange else []
    said += [f"it has not got {'; '.join(missing)}"] if missing else []
    return DriftError(
        f"mend the security group {name} of {vpc[2]}",
        f"{' and '.join(said) or 'it is not there'}: somebody changes it back",
        "Take away from whoever does that the right to change security groups, and repeat the run.",
    )


def remove_unused(cloud: Cloud, vpc: Vpc, group_id: str) -> None:
    """Remove a group, unless something is in it."""
    try:
        _send(cloud, vpc, "DeleteSecurityGroup", GroupId=group_id)
    except AwsError as error:
        if error.code not in _STILL_IN_USE:
            raise


def _send(cloud: Cloud, vpc: Vpc, operation: str, **parameters: Json) -> dict[str, Json]:
    account, region, _id = vpc
    return cloud.answer(Call(account=account, region=region, service="ec2", operation=operation, parameters=parameters))
