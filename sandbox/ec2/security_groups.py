"""Security groups that are in use stay; of one name there is one in a VPC.
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteSecurityGroup.html"""

from __future__ import annotations

from typing import Any

from moto.backends import get_backend

from sandbox.ec2 import things
from sandbox.errors import ApiError
from sandbox.model import ApiRequest, Caller
from sandbox.rds.instances import groups_of


def _is_unused(request: ApiRequest, caller: Caller) -> None:
    """Raise for a group that an interface or a DB instance is in, or that another group's rules name, and for a VPC's default group."""
    ec2 = things.backend(request, caller)
    group = _named(ec2, request.parameters)
    if group is None:
        return
    if group.is_default:
        raise ApiError(
            "CannotDelete", f'the specified group: "{group.id}" name: "{group.name}" cannot be deleted by a user'
        )
    in_use = any(group in interface._group_set for interface in list(ec2.enis.values()))
    if (
        in_use
        or group.id in _groups_of_databases(request, caller)
        or any(_names(other, group.id) for other in things.all_groups(ec2).values() if other is not group)
    ):
        raise ApiError("DependencyViolation", f"resource {group.id} has a dependent object")


def _groups_of_databases(request: ApiRequest, caller: Caller) -> set[str]:
    """The groups that interfaces of DB instances are in, which RDS has made: https://docs.aws.amazon.com/vpc/latest/userguide/deleting-security-groups.html"""
    databases = get_backend("rds")[caller.account][request.region].databases
    return {group for database in list(databases.values()) for group in groups_of(database)}


def _named(ec2: Any, given: Any) -> Any:
    if given.get("GroupId"):
        return things.groups(ec2, [given["GroupId"]])[0]
    there = things.all_groups(ec2).values()
    return next((one for one in there if one.name == given.get("GroupName") and one.vpc_id == ec2.default_vpc.id), None)


def _names(group: Any, group_id: str) -> bool:
    return any(rule.source_group.get("GroupId") == group_id for rule in (*group.ingress_rules, *group.egress_rules))


def _name_is_free(request: ApiRequest, caller: Caller) -> None:
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSecurityGroup.html"""
    ec2, given = things.backend(request, caller), request.parameters
    name = str(given.get("GroupName") or "")
    vpc_id = given.get("VpcId") or (ec2.default_vpc.id if ec2.default_vpc else None)
    if given.get("VpcId") and vpc_id not in ec2.vpcs:
        raise ApiError("InvalidVpcID.NotFound", f"The vpc ID '{vpc_id}' does not exist")
    if name.startswith("sg-"):
        raise ApiError(
            "InvalidParameterValue", f"Value ({name}) for parameter groupName is invalid. It cannot begin with sg-."
        )
    if any(group.name == name for group in list((ec2.groups.get(vpc_id) or {}).values())):
        message = f"The security group '{name}' already exists for VPC '{vpc_id}'"
        raise ApiError("InvalidGroup.Duplicate", message)


GUARDS = {("ec2", "DeleteSecurityGroup"): _is_unused, ("ec2", "CreateSecurityGroup"): _name_is_free}
