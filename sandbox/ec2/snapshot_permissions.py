"""Who may make volumes of a snapshot. moto reads only the older way to say it, and knows nothing of encryption.
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifySnapshotAttribute.html"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sandbox.ec2 import things
from sandbox.errors import ApiError
from sandbox.model import ApiRequest, Caller

if TYPE_CHECKING:
    from sandbox.world import World

_ATTRIBUTE = "createVolumePermission"
_ACCOUNT = re.compile(r"\d{12}")


def modify(_world: World, request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
    """ModifySnapshotAttribute: accounts, or everybody. Adding what is there and removing what is not changes nothing."""
    given, snapshot = request.parameters, _snapshot(request, caller)
    if given.get("Attribute") not in (None, _ATTRIBUTE):
        raise ApiError("InvalidParameterValue", f"Value ({given['Attribute']}) for parameter attribute is invalid.")
    wanted = _wanted(given)
    for one in (*wanted["Add"], *wanted["Remove"]):
        if one.get("Group") not in (None, "all") or (one.get("UserId") and not _ACCOUNT.fullmatch(str(one["UserId"]))):
            raise ApiError("InvalidParameterValue", "The value of createVolumePermission is invalid.")
    if snapshot.encrypted:
        _encrypted_may_be_shared(snapshot, wanted["Add"])
    things.refuse_dry_run(given)
    for one in wanted["Add"]:
        _members(snapshot, one).add(str(one.get("Group") or one["UserId"]))
    for one in wanted["Remove"]:
        _members(snapshot, one).discard(str(one.get("Group") or one["UserId"]))
    return {}


def describe(_world: World, request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeSnapshotAttribute.html"""
    snapshot = _snapshot(request, caller)
    if request.parameters.get("Attribute") == "productCodes":
        return {"SnapshotId": snapshot.id, "ProductCodes": []}
    groups = [{"Group": one} for one in sorted(snapshot.create_volume_permission_groups)]
    users = [{"UserId": one} for one in sorted(snapshot.create_volume_permission_userids)]
    return {"SnapshotId": snapshot.id, "CreateVolumePermissions": groups + users}


def reset(_world: World, request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ResetSnapshotAttribute.html"""
    snapshot = _snapshot(request, caller)
    things.refuse_dry_run(request.parameters)
    snapshot.create_volume_permission_groups.clear()
    snapshot.create_volume_permission_userids.clear()
    return {}


def _wanted(given: Mapping[str, Any]) -> dict[str, list[Mapping[str, Any]]]:
    told = given.get("CreateVolumePermission") or {}
    wanted: dict[str, list[Mapping[str, Any]]] = {way: list(told.get(way) or ()) for way in ("Add", "Remove")}
    flat: list[Mapping[str, Any]] = [{"UserId": one} for one in given.get("UserIds") or ()]
    flat += [{"Group": one} for one in given.get("GroupNames") or ()]
    if flat:
        way = {"add": "Add", "remove": "Remove"}.get(str(given.get("OperationType")))
        if way is None:
            raise ApiError("InvalidParameterValue", "Value for parameter operationType is invalid.")
        wanted[way] += flat
    return wanted


def _encrypted_may_be_shared(snapshot: Any, added: list[Mapping[str, Any]]) -> None:
    """https://docs.aws.amazon.com/ebs/latest/userguide/ebs-modifying-snapshot-permissions.html"""
    if any(one.get("Group") for one in added):
        raise ApiError("OperationNotPermitted", "Encrypted snapshots cannot be shared publicly.")
    if added and not snapshot.kms_key_id:
        raise ApiError("OperationNotPermitted", "Encrypted snapshots with EBS default key cannot be shared")


def _members(snapshot: Any, one: Mapping[str, Any]) -> set[str]:
    found: set[str] = (
        snapshot.create_volume_permission_groups if one.get("Group") else snapshot.create_volume_permission_userids
    )
    return found


def _snapshot(request: ApiRequest, caller: Caller) -> Any:
    """One of the caller's own."""
    named = str(request.parameters["SnapshotId"])
    found = things.backend(request, caller).snapshots.get(named)
    if found is None:
        raise ApiError("InvalidSnapshot.NotFound", f"The snapshot '{named}' does not exist.")
    return found


def _is_in_no_image(request: ApiRequest, caller: Caller) -> None:
    """https://docs.aws.amazon.com/ebs/latest/userguide/ebs-deleting-snapshot.html"""
    named = request.parameters.get("SnapshotId")
    for image in things.backend(request, caller).amis.values():
        if getattr(image, "ebs_snapshot", None) is not None and image.ebs_snapshot.id == named:
            raise ApiError("InvalidSnapshot.InUse", f"The snapshot {named} is currently in use by {image.id}")


HANDLERS = {
    ("ec2", "ModifySnapshotAttribute"): modify,
    ("ec2", "DescribeSnapshotAttribute"): describe,
    ("ec2", "ResetSnapshotAttribute"): reset,
}
GUARDS = {("ec2", "DeleteSnapshot"): _is_in_no_image}
