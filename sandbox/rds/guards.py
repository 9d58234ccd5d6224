"""Changes to DB instances and to who may restore a snapshot, as RDS refuses them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from moto.backends import get_backend

from sandbox.ec2 import things
from sandbox.errors import ApiError
from sandbox.model import ApiRequest, Caller

_MOST_ACCOUNTS = 20
"""https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ShareSnapshot.html"""
_DEFAULT_KEY = "default_kms_key_id"
"""What moto calls the key of AWS's that is used where none is named."""


def _can_be_modified(request: ApiRequest, caller: Caller) -> None:
    """https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_ModifyDBInstance.html: InvalidDBInstanceState"""
    name = str(request.parameters["DBInstanceIdentifier"]).lower()
    database = _rds(request, caller).databases.get(name)
    if database is None:
        return
    if database.status != "available":
        raise ApiError("InvalidDBInstanceState", f"Database instance is not in available state: {name}.", 400)
    groups = request.parameters.get("VpcSecurityGroupIds") or ()
    if groups and database.db_cluster_identifier:
        raise ApiError(
            "InvalidParameterCombination",
            f"The VPC security groups of {name} are managed by its DB cluster {database.db_cluster_identifier}.",
            400,
        )
    _are_of(request, caller, groups, database.db_subnet_group.vpc_id)


def _can_be_created(request: ApiRequest, caller: Caller) -> None:
    """https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstance.html"""
    subnets = _rds(request, caller).subnet_groups.get(request.parameters.get("DBSubnetGroupName") or "")
    ec2 = things.backend(request, caller)
    vpc_id = subnets.vpc_id if subnets is not None else ec2.default_vpc.id
    _are_of(request, caller, request.parameters.get("VpcSecurityGroupIds") or (), vpc_id)


def _are_of(request: ApiRequest, caller: Caller, group_ids: Sequence[str], vpc_id: str) -> None:
    """Raise ApiError for groups that are not there, or not in the VPC of the DB instance."""
    there = things.all_groups(things.backend(request, caller)) if group_ids else {}
    for group_id in group_ids:
        group = there.get(group_id)
        if group is None:
            raise ApiError("InvalidParameterValue", f"Invalid security group , groupId= {group_id}, groupName=.", 400)
        if group.vpc_id != vpc_id:
            raise ApiError(
                "InvalidParameterCombination",
                "The DB instance and EC2 security group are in different VPCs. "
                f"The DB instance is in {vpc_id} and the EC2 security group is in {group.vpc_id}",
                400,
            )


def _can_be_shared(request: ApiRequest, caller: Caller) -> None:
    """https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_ModifyDBSnapshotAttribute.html
    https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/share-encrypted-snapshot.html"""
    _fits(request, caller)
    name = str(request.parameters["DBSnapshotIdentifier"]).lower()
    snapshot = _rds(request, caller).database_snapshots.get(name)
    wanted = request.parameters.get("ValuesToAdd") or ()
    if snapshot is None or not wanted:
        return
    if snapshot.snapshot_type != "manual":
        raise ApiError("InvalidParameterValue", "Only manual snapshots can be shared.", 400)
    if snapshot.encrypted and ("all" in wanted or snapshot.kms_key_id == _DEFAULT_KEY):
        why = "cannot be public" if "all" in wanted else "with the default key of the account cannot be shared"
        raise ApiError("InvalidParameterValue", f"A snapshot that is encrypted {why}.", 400)


def _fits(request: ApiRequest, _caller: Caller) -> None:
    """https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_ModifyDBSnapshotAttribute.html"""
    given = request.parameters
    if given.get("AttributeName") != "restore":
        raise ApiError("InvalidParameterValue", f"Invalid snapshot attribute name: {given.get('AttributeName')}", 400)
    wanted = [*(given.get("ValuesToAdd") or ())]
    strange = [one for one in wanted if one != "all" and not (len(one) == 12 and one.isdecimal())]
    if strange:
        raise ApiError("InvalidParameterValue", f"Invalid AWS account id: {strange[0]}", 400)
    if len(set(wanted)) > _MOST_ACCOUNTS:
        raise ApiError(
            "SharedSnapshotQuotaExceeded", f"A snapshot can be shared with at most {_MOST_ACCOUNTS} accounts.", 400
        )


def _rds(request: ApiRequest, caller: Caller) -> Any:
    return get_backend("rds")[caller.account][request.region]


GUARDS = {
    ("rds", "ModifyDBInstance"): _can_be_modified,
    ("rds", "CreateDBInstance"): _can_be_created,
    ("rds", "ModifyDBSnapshotAttribute"): _can_be_shared,
    ("rds", "ModifyDBClusterSnapshotAttribute"): _fits,
}
