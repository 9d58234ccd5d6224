"""Attributes of an instance, one at a time: its groups, its protection, and what goes with it when it ends.
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyInstanceAttribute.html"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from moto.core.types import Base64EncodedString

from sandbox.ec2 import interface_groups, things
from sandbox.errors import ApiError
from sandbox.model import ApiRequest, Caller

if TYPE_CHECKING:
    from sandbox.world import World

# parameter -> moto's attribute
_WHILE_STOPPED = {
    "InstanceType": "instance_type",
    "Kernel": "kernel",
    "Ramdisk": "ramdisk",
    "UserData": "user_data",
    "EbsOptimized": "ebs_optimized",
    "EnaSupport": "ena_support",
    "SriovNetSupport": "sriov_net_support",
}
_ANY_TIME = {
    "DisableApiTermination": "disable_api_termination",
    "DisableApiStop": "disable_api_stop",
    "InstanceInitiatedShutdownBehavior": "instance_initiated_shutdown_behavior",
}
_ATTRIBUTES = (*_WHILE_STOPPED, *_ANY_TIME, "BlockDeviceMappings", "Groups", "SourceDestCheck")
_BOOLEANS = ("DisableApiTermination", "DisableApiStop", "EbsOptimized", "EnaSupport", "SourceDestCheck")


def modify(_world: World, request: ApiRequest, caller: Caller) -> dict[str, Any]:
    """ModifyInstanceAttribute."""
    ec2, given = things.backend(request, caller), _with_attribute(request.parameters)
    instance = things.living(ec2, given["InstanceId"])
    attribute = interface_groups.one_attribute(given, _ATTRIBUTES)
    if attribute == "BlockDeviceMappings":
        _keep_devices(instance, given)
    elif attribute in ("Groups", "SourceDestCheck"):
        _change_interface(ec2, instance, attribute, given)
    else:
        _change(instance, attribute, given)
    return {}


def _with_attribute(given: Mapping[str, Any]) -> dict[str, Any]:
    """`Attribute` and `Value` are the older way to say it."""
    if given.get("Attribute") is None or given.get("Value") is None:
        return dict(given)
    name = str(given["Attribute"])
    value: Any = given["Value"]
    if name[:1].upper() + name[1:] in _BOOLEANS:
        value = str(value).lower() == "true"
    return {**given, name[:1].upper() + name[1:]: {"Value": value}}


def _change(instance: Any, attribute: str, given: Mapping[str, Any]) -> None:
    value = given[attribute].get("Value")
    if attribute in ("DisableApiTermination", "DisableApiStop") and instance.lifecycle == "spot":
        # Neither can be enabled for Spot Instances: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-stop-protection.html and
        # https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_ChangingDisableAPITermination.html. Code and words are those that
        # cloud-custodian's issue 2083 shows of the one.
        message = f"Modifying '{attribute[0].lower()}{attribute[1:]}' is not supported for spot instances."
        raise ApiError("UnsupportedOperation", message)
    if attribute == "InstanceInitiatedShutdownBehavior" and value not in ("stop", "terminate"):
        raise ApiError("InvalidParameterValue", f"Value ({value}) for instanceInitiatedShutdownBehavior is invalid.")
    if attribute in _WHILE_STOPPED and instance.state != "stopped":
        # https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_ChangingAttributesWhileInstanceStopped.html
        raise ApiError("IncorrectInstanceState", f"The instance '{instance.id}' is not in the 'stopped' state.")
    things.refuse_dry_run(given)
    if attribute == "UserData":
        # A blob has been decoded on its way; the older text has not.
        value = Base64EncodedString(base64.b64encode(value).decode() if isinstance(value, bytes) else str(value))
    setattr(instance, {**_WHILE_STOPPED, **_ANY_TIME}[attribute], value)


def _change_interface(ec2: Any, instance: Any, attribute: str, given: Mapping[str, Any]) -> None:
    """Of an instance with several interfaces nobody knows whose groups are meant."""
    if len(instance.nics) > 1:
        message = (
            f"There are multiple interfaces attached to instance '{instance.id}'. Please specify an interface ID for the "
            "operation instead."
        )
        raise ApiError("InvalidInstanceID", message)
    interface = next(iter(instance.nics.values()))
    if attribute == "SourceDestCheck":
        things.refuse_dry_run(given)
        interface.source_dest_check = instance.source_dest_check = bool(given[attribute].get("Value"))
        return
    groups = interface_groups.groups_for(ec2, given["Groups"], interface.vpc_id, "Instance")
    things.refuse_dry_run(given)
    interface._group_set = groups


def _keep_devices(instance: Any, given: Mapping[str, Any]) -> None:
    """DeleteOnTermination, which is true where it is not said."""
    mappings: Sequence[Mapping[str, Any]] = given["BlockDeviceMappings"]
    for mapping in mappings:
        if mapping.get("DeviceName") not in instance.block_device_mapping:
            message = f"No device is currently mapped at {mapping.get('DeviceName')}"
            raise ApiError("InvalidInstanceAttributeValue", message)
    things.refuse_dry_run(given)
    for mapping in mappings:
        keep = (mapping.get("Ebs") or {}).get("DeleteOnTermination")
        instance.block_device_mapping[mapping["DeviceName"]].delete_on_termination = keep is not False


def _is_there(request: ApiRequest, caller: Caller) -> None:
    things.living(things.backend(request, caller), request.parameters["InstanceId"])


HANDLERS = {("ec2", "ModifyInstanceAttribute"): modify}
GUARDS = {("ec2", "DescribeInstanceAttribute"): _is_there, ("ec2", "ResetInstanceAttribute"): _is_there}
