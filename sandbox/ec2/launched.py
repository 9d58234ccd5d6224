"""What moto leaves out of new instances and interfaces although the request says it.
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RunInstances.html"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.ec2 import interface_groups, profiles, things
from sandbox.errors import ApiError
from sandbox.model import ApiRequest, Caller, Outcome


def keep(request: ApiRequest, caller: Caller, outcome: Outcome) -> None:
    """Add it, when the call has been carried out."""
    if request.service != "ec2" or outcome.status >= 300 or outcome.response is None:
        return
    ec2, given = things.backend(request, caller), request.parameters
    if request.operation == "CreateNetworkInterface" and given.get("InterfaceType"):
        made = ec2.enis[outcome.response["NetworkInterface"]["NetworkInterfaceId"]]
        made.interface_type = given["InterfaceType"]
    if request.operation == "RunInstances":
        ids = [one["InstanceId"] for one in outcome.response.get("Instances") or ()]
        for instance in things.instances(ec2, ids):
            _complete(ec2, caller.account, instance, given)


def _complete(ec2: Any, account: str, instance: Any, given: Mapping[str, Any]) -> None:
    instance.disable_api_termination = bool(given.get("DisableApiTermination"))
    spot = (given.get("InstanceMarketOptions") or {}).get("SpotOptions") or {}
    instance.persistent_spot = spot.get("SpotInstanceType") == "persistent"
    if given.get("IamInstanceProfile"):
        # moto associates it with the first of several, and shows the association's id for the profile's.
        profiles.put(ec2, instance, profiles.named(account, given["IamInstanceProfile"]))


def _can_be(request: ApiRequest, caller: Caller) -> None:
    """Raise for protection that a Spot Instance cannot have, and for groups that the instance cannot be in.
    https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_ChangingDisableAPITermination.html"""
    ec2, given = things.backend(request, caller), request.parameters
    is_spot = (given.get("InstanceMarketOptions") or {}).get("MarketType") == "spot"
    if is_spot and given.get("DisableApiTermination"):
        raise ApiError("UnsupportedOperation", "'disableApiTermination' is not supported for spot instances.")
    for wish, names in (
        (given, "SecurityGroupIds"),
        *((one, "Groups") for one in given.get("NetworkInterfaces") or ()),
    ):
        vpc_id = _vpc_of(ec2, wish.get("SubnetId"))
        if vpc_id is not None and wish.get(names):
            interface_groups.groups_for(ec2, wish[names], vpc_id, "Instance")


def _vpc_of(ec2: Any, subnet_id: Any) -> str | None:
    there = (of_zone.get(subnet_id) for of_zone in ec2.subnets.values())
    return next((str(subnet.vpc_id) for subnet in there if subnet is not None), None)


GUARDS = {("ec2", "RunInstances"): _can_be}
