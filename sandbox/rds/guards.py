"""Changes to DB instances and to who may restore a snapshot, as RDS refuses them."""

from __future__ import annotations

from typing import Any

from moto.backends import get_backend

from sandbox.errors import ApiError
from sandbox.model import ApiRequest, Caller

_MOST_ACCOUNTS = 20
"""https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ShareSnapshot.html"""


def _is_available(request: ApiRequest, caller: Caller) -> None:
    """https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_ModifyDBInstance.html: InvalidDBInstanceState"""
    name = str(request.parameters["DBInstanceIdentifier"])
    database = _rds(request, caller).databases.get(name)
    if database is not None and database.status != "available":
        raise ApiError("InvalidDBInstanceState", f"Database instance is not in available state: {name}.", 400)


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
    ("rds", "ModifyDBInstance"): _is_available,
    ("rds", "ModifyDBSnapshotAttribute"): _fits,
    ("rds", "ModifyDBClusterSnapshotAttribute"): _fits,
}
