# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Makes the security groups of Cordon's own in a VPC what they must be, finds them, and removes them when nothing is in them any more."""

from __future__ import annotations

from collections.abc import Sequence

from ansible_collections.cordon.aws.plugins.module_utils.cloud import Cloud
from ansible_collections.cordon.aws.plugins.module_utils.ec2.forensic_group import permissions_of, rules_of
from ansible_collections.cordon.aws.plugins.module_utils.ec2.listings import FORENSIC_GROUPS
from ansible_collections.cordon.aws.plugins.module_utils.errors import AwsError
from ansible_collections.cordon.aws.plugins.module_utils.plan import Call, Json
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads

_DIRECTIONS = {"ingress": "Ingress", "egress": "Egress"}
_ALREADY = ("InvalidPermission.Duplicate", "InvalidPermission.NotFound", "InvalidGroup.Duplicate")
"""Somebody else, or an attempt of ours whose answer was lost, has done it: what is there now is looked at again."""
_STILL_IN_USE = ("DependencyViolation", "InvalidGroup.InUse", "InvalidGroup.NotFound")
ATTEMPTS = 3
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
    """Look, change what differs, and look again until the group has just these rules; returns its id."""
    for attempt in range(1, ATTEMPTS + 1):
        group = own_group(Reads(cloud), vpc, name)
        try:
            if group is None:
                made = _send(cloud, vpc, "CreateSecurityGroup", GroupName=name, Description=description, VpcId=vpc[2])
                group = {"GroupId": made["GroupId"], "IpPermissionsEgress": _LETS_ALL_OUT}
            there = rules_of(group)
            for direction, title in _DIRECTIONS.items():
                for verb, rules in (("Revoke", {*there} - {*wanted}), ("Authorize", {*wanted} - {*there})):
                    permissions = permissions_of(sorted(rules), direction)
                    if permissions:
                        operation = f"{verb}SecurityGroup{title}"
                        _send(cloud, vpc, operation, GroupId=group["GroupId"], IpPermissions=permissions)
        except AwsError as error:
            if attempt == ATTEMPTS or not (error.code in _ALREADY or error.may_have_happened):
                raise
        else:
            return str(group["GroupId"])
    raise AssertionError("unreachable: the last attempt returns or raises")


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
