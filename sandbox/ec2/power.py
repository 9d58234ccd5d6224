"""Stopping, starting and terminating: what protects from it, and what goes with an instance that ends.
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_TerminateInstances.html"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from moto.backends import get_backend

from sandbox.ec2 import things
from sandbox.errors import ApiError
from sandbox.model import ApiRequest, Caller

if TYPE_CHECKING:
    from sandbox.world import World

_MOST = 1000
_ENDED = {"Code": 48, "Name": "terminated"}


def terminate(_world: World, request: ApiRequest, caller: Caller) -> dict[str, Any]:
    """Instances in an Availability Zone with a protected one among them stay, those in other zones end; the call fails then."""
    ec2, given = things.backend(request, caller), request.parameters
    asked = _asked(ec2, given.get("InstanceIds") or ())
    # Stop protection keeps from termination, too, without showing as termination protection:
    # https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-stop-protection.html
    shielded = [
        one for one in asked if (one.disable_api_termination or one.disable_api_stop) and one.state != "terminated"
    ]
    zones = {one.placement.zone for one in shielded}
    if not shielded or given.get("DryRun"):
        _refuse_protected(shielded, "terminated", _shield(shielded))
        things.refuse_dry_run(given)
    ending = [_end(one) for one in asked if one.placement.zone not in zones]
    ids = [one["InstanceId"] for one in ending]
    for service in ("autoscaling", "elbv2"):
        get_backend(service)[caller.account][request.region].notify_terminate_instances(ids)
    _refuse_protected(shielded, "terminated", _shield(shielded))
    return {"TerminatingInstances": ending}


def _shield(shielded: Sequence[Any]) -> str:
    """The attribute that protects the first of them."""
    return "disableApiStop" if shielded and not shielded[0].disable_api_termination else "disableApiTermination"


def _end(instance: Any) -> dict[str, Any]:
    """Volumes and interfaces go as far as their DeleteOnTermination says; the others are left, detached.
    https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/how-ec2-instance-termination-works.html"""
    if instance.state == "terminated":
        return {"InstanceId": instance.id, "CurrentState": _ENDED, "PreviousState": _ENDED}
    kept = [one for one in instance.nics.values() if not one.delete_on_termination]
    before = instance.terminate()
    for interface in kept:
        interface.instance = interface.attachment_id = interface.attach_time = interface.device_index = None
        interface.status = "available"
    return {
        "InstanceId": instance.id,
        "CurrentState": {"Code": 32, "Name": "shutting-down"},
        "PreviousState": {"Code": before.code, "Name": before.name},
    }


def _may_stop(request: ApiRequest, caller: Caller) -> None:
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_StopInstances.html"""
    asked = _asked(things.backend(request, caller), request.parameters.get("InstanceIds") or ())
    _refuse_states(asked, "stopped")
    _refuse_protected([one for one in asked if one.disable_api_stop], "stopped", "disableApiStop")
    spot = next((one for one in asked if one.lifecycle == "spot" and not one.__dict__.get("persistent_spot")), None)
    if spot is not None:
        # https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/using-spot-instances-request.html#stopping-a-spot-instance
        message = (
            f"You can't stop the Spot Instance '{spot.id}' because it is associated with a one-time Spot Instance request. "
            "You can only stop Spot Instances associated with persistent Spot Instance requests."
        )
        raise ApiError("UnsupportedOperation", message)
    if request.parameters.get("Hibernate"):
        _refuse_unprepared(asked)


def _refuse_unprepared(asked: Sequence[Any]) -> None:
    """https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/hibernating-prerequisites.html"""
    for one in asked:
        if not (one.hibernation_options or {}).get("Configured"):
            message = f"The instance is not configured for hibernation: {one.id}"
            raise ApiError("UnsupportedHibernationConfiguration", message)


def _may_start(request: ApiRequest, caller: Caller) -> None:
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_StartInstances.html"""
    _refuse_states(_asked(things.backend(request, caller), request.parameters.get("InstanceIds") or ()), "started")


def _asked(ec2: Any, ids: Sequence[str]) -> list[Any]:
    if not ids:
        raise ApiError("InvalidParameterCombination", "No instances specified")
    if len(ids) > _MOST:
        raise ApiError("InvalidParameterValue", f"At most {_MOST} instance IDs can be specified.")
    return things.instances(ec2, ids)


def _refuse_states(asked: Sequence[Any], what: str) -> None:
    for one in asked:
        if one.state in ("terminated", "shutting-down"):
            message = f"The instance '{one.id}' is not in a state from which it can be {what}."
            raise ApiError("IncorrectInstanceState", message)


def _refuse_protected(shielded: Sequence[Any], what: str, attribute: str) -> None:
    if shielded:
        message = f"The instance '{shielded[0].id}' may not be {what}. Modify its '{attribute}' instance attribute and try again."
        raise ApiError("OperationNotPermitted", message)


HANDLERS = {("ec2", "TerminateInstances"): terminate}
GUARDS = {("ec2", "StopInstances"): _may_stop, ("ec2", "StartInstances"): _may_start}
