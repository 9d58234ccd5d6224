"""Instance profiles on instances: one at most, told by associations, of which a replacement is a new one.
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ReplaceIamInstanceProfileAssociation.html"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from moto.ec2.models.iam_instance_profile import IamInstanceProfileAssociation
from moto.ec2.utils import random_iam_instance_profile_association_id

from sandbox.authorization.views import iam_of
from sandbox.ec2 import pages, things
from sandbox.ec2.filters import Fields, matching
from sandbox.errors import ApiError
from sandbox.model import ApiRequest, Caller

if TYPE_CHECKING:
    from sandbox.world import World

_FILTERS: Fields = {"instance-id": lambda one: one.instance_id, "state": lambda one: one.state}


def associate(world: World, request: ApiRequest, caller: Caller) -> dict[str, Any]:
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AssociateIamInstanceProfile.html"""
    ec2, given = things.backend(request, caller), request.parameters
    instance = things.instance(ec2, given["InstanceId"])
    if instance.state not in ("running", "stopped"):
        message = f"The instance '{instance.id}' is not in the 'running' or 'stopped' states."
        raise ApiError("IncorrectInstanceState", message)
    profile = named(caller.account, given["IamInstanceProfile"])
    if instance.id in ec2.iam_instance_profile_associations:
        raise ApiError("IncorrectState", f"There is an existing association for instance {instance.id}")
    return _told(world, put(ec2, instance, profile), "associating")


def replace(world: World, request: ApiRequest, caller: Caller) -> dict[str, Any]:
    """The association that answers has another id than the one that was asked about."""
    ec2, given = things.backend(request, caller), request.parameters
    old = _association(ec2, given["AssociationId"])
    profile = named(caller.account, given["IamInstanceProfile"])
    return _told(world, put(ec2, things.instance(ec2, old.instance_id), profile), "associating")


def disassociate(world: World, request: ApiRequest, caller: Caller) -> dict[str, Any]:
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DisassociateIamInstanceProfile.html"""
    ec2 = things.backend(request, caller)
    old = _association(ec2, request.parameters["AssociationId"])
    del ec2.iam_instance_profile_associations[old.instance_id]
    things.instance(ec2, old.instance_id).iam_instance_profile = None
    return _told(world, old, "disassociating")


def describe(_world: World, request: ApiRequest, caller: Caller) -> dict[str, Any]:
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeIamInstanceProfileAssociations.html"""
    there = list(things.backend(request, caller).iam_instance_profile_associations.values())
    ids = set(request.parameters.get("AssociationIds") or ())
    lost = sorted(ids - {one.association_id for one in there})
    if lost:
        raise _unknown(lost[0])
    found = matching([one for one in there if not ids or one.association_id in ids], request, _FILTERS)
    answer = pages.page(request, "IamInstanceProfileAssociations", found)
    name = "IamInstanceProfileAssociations"
    return {**answer, name: [_shown(one, one.state) for one in answer[name]]}


def put(ec2: Any, instance: Any, profile: Any) -> Any:
    """The association of an instance with a profile, instead of whatever it had."""
    # moto's own way goes through all instances; this is all that it does to one.
    made: Any = IamInstanceProfileAssociation.__new__(IamInstanceProfileAssociation)
    made.ec2_backend, made.association_id = ec2, random_iam_instance_profile_association_id()
    made.instance, made.instance_id, made.iam_instance_profile, made.state = (
        instance,
        instance.id,
        profile,
        "associated",
    )
    instance.iam_instance_profile = {"Arn": profile.arn, "Id": profile.id}
    ec2.iam_instance_profile_associations[instance.id] = made
    return made


def named(account: str, given: Mapping[str, Any]) -> Any:
    """The profile of {"Arn": ...} or {"Name": ...}."""
    profiles = list(iam_of(account).instance_profiles.values())
    what = "Arn" if given.get("Arn") else "Name"
    found = next((one for one in profiles if getattr(one, what.lower()) == given.get(what)), None)
    if found is None:
        message = f"Value ({given.get(what)}) for parameter iamInstanceProfile.{what.lower()} is invalid."
        raise ApiError("InvalidParameterValue", f"{message} Invalid IAM Instance Profile {what}")
    return found


def _association(ec2: Any, association_id: Any) -> Any:
    for one in ec2.iam_instance_profile_associations.values():
        if one.association_id == association_id:
            return one
    raise _unknown(association_id)


def _unknown(association_id: Any) -> ApiError:
    return ApiError("InvalidAssociationID.NotFound", f"An invalid association-id of '{association_id}' was given")


def _told(world: World, association: Any, state: str) -> dict[str, Any]:
    shown = {**_shown(association, state), "Timestamp": world.clock.now()}
    return {"IamInstanceProfileAssociation": shown}


def _shown(association: Any, state: str) -> dict[str, Any]:
    profile = association.iam_instance_profile
    return {
        "AssociationId": association.association_id,
        "InstanceId": association.instance_id,
        "IamInstanceProfile": {"Arn": profile.arn, "Id": profile.id},
        "State": state,
    }


HANDLERS = {
    ("ec2", "AssociateIamInstanceProfile"): associate,
    ("ec2", "ReplaceIamInstanceProfileAssociation"): replace,
    ("ec2", "DisassociateIamInstanceProfile"): disassociate,
    ("ec2", "DescribeIamInstanceProfileAssociations"): describe,
}
