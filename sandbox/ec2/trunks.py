"""Trunk interfaces and their branches.
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AssociateTrunkInterface.html"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from sandbox.ec2 import pages, things
from sandbox.ec2.filters import Fields, matching
from sandbox.errors import ApiError
from sandbox.model import ApiRequest, Caller

if TYPE_CHECKING:
    from sandbox.world import World

# https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeTrunkInterfaceAssociations.html has no other filters
_FILTERS: Fields = {
    "gre-key": lambda one: one.get("GreKey"),
    "interface-protocol": lambda one: one["InterfaceProtocol"],
}
_MOST = 255


def associate(_world: World, request: ApiRequest, caller: Caller) -> dict[str, Any]:
    """A branch hangs on one trunk, by a VLAN or a GRE key."""
    ec2, given = things.backend(request, caller), request.parameters
    trunk, branch = things.interfaces(ec2, [given["TrunkInterfaceId"], given["BranchInterfaceId"]])
    for interface, kind in ((trunk, "trunk"), (branch, "branch")):
        if interface.interface_type != kind:
            raise ApiError("InvalidParameterValue", f"The network interface {interface.id} is not a {kind} interface.")
    if (given.get("VlanId") is None) == (given.get("GreKey") is None):
        raise ApiError("InvalidParameterCombination", "Specify either a VLAN ID or a GRE key.")
    if any(one["BranchInterfaceId"] == branch.id for one in _of(ec2)):
        raise ApiError(
            "InvalidParameterValue", f"The network interface {branch.id} is associated with a trunk interface."
        )
    things.refuse_dry_run(given)
    made = {
        "AssociationId": f"trunk-assoc-{secrets.token_hex(9)[:17]}",
        "BranchInterfaceId": branch.id,
        "TrunkInterfaceId": trunk.id,
        "InterfaceProtocol": "VLAN" if given.get("VlanId") is not None else "GRE",
        **{name: int(given[name]) for name in ("VlanId", "GreKey") if given.get(name) is not None},
    }
    _of(ec2).append(made)
    return {"InterfaceAssociation": dict(made)}


def disassociate(_world: World, request: ApiRequest, caller: Caller) -> dict[str, Any]:
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DisassociateTrunkInterface.html"""
    ec2, given = things.backend(request, caller), request.parameters
    old = next((one for one in _of(ec2) if one["AssociationId"] == given["AssociationId"]), None)
    if old is None:
        raise _unknown(given["AssociationId"])
    things.refuse_dry_run(given)
    _of(ec2).remove(old)
    return {"Return": True}


def describe(_world: World, request: ApiRequest, caller: Caller) -> dict[str, Any]:
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeTrunkInterfaceAssociations.html"""
    there = _of(things.backend(request, caller))
    ids = set(request.parameters.get("AssociationIds") or ())
    lost = sorted(ids - {one["AssociationId"] for one in there})
    if lost:
        raise _unknown(lost[0])
    found = matching([one for one in there if not ids or one["AssociationId"] in ids], request, _FILTERS)
    return pages.page(request, "InterfaceAssociations", [dict(one) for one in found], most=_MOST)


def _of(ec2: Any) -> list[dict[str, Any]]:
    """The associations, kept in moto's backend: they go with it at a reset."""
    there: list[dict[str, Any]] = ec2.__dict__.setdefault("trunk_interface_associations", [])
    return there


def _unknown(association_id: Any) -> ApiError:
    return ApiError("InvalidAssociationID.NotFound", f"The association ID '{association_id}' does not exist")


HANDLERS = {
    ("ec2", "AssociateTrunkInterface"): associate,
    ("ec2", "DisassociateTrunkInterface"): disassociate,
    ("ec2", "DescribeTrunkInterfaceAssociations"): describe,
}
