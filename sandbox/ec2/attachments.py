"""What is in use: an interface that is attached, a device index that is taken, a subnet with interfaces in it.
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteNetworkInterface.html
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteSubnet.html"""

from __future__ import annotations

from sandbox.ec2 import things
from sandbox.errors import ApiError
from sandbox.model import ApiRequest, Caller


def _may_delete(request: ApiRequest, caller: Caller) -> None:
    """ "You must detach the network interface before you can delete it." """
    interface = things.interface(things.backend(request, caller), request.parameters["NetworkInterfaceId"])
    if interface.instance is not None:
        raise ApiError("InvalidParameterValue", f"Network interface '{interface.id}' is currently in use.")


def _may_attach(request: ApiRequest, caller: Caller) -> None:
    ec2, given = things.backend(request, caller), request.parameters
    interface = things.interface(ec2, given["NetworkInterfaceId"])
    instance = things.living(ec2, given["InstanceId"])
    if interface.instance is not None:
        message = f"Interface: [{interface.id}] in use."
        raise ApiError("InvalidNetworkInterface.InUse", message)
    index = int(given["DeviceIndex"])
    if any(int(one.device_index) == index for one in instance.nics.values()):
        message = f"Instance '{instance.id}' already has an interface attached at device index '{index}'."
        raise ApiError("InvalidParameterValue", message)


def _may_delete_subnet(request: ApiRequest, caller: Caller) -> None:
    ec2, subnet_id = things.backend(request, caller), request.parameters["SubnetId"]
    if any(interface.subnet.id == subnet_id for interface in ec2.enis.values()):
        message = f"The subnet '{subnet_id}' has dependencies and cannot be deleted."
        raise ApiError("DependencyViolation", message)


GUARDS = {
    ("ec2", "DeleteNetworkInterface"): _may_delete,
    ("ec2", "AttachNetworkInterface"): _may_attach,
    ("ec2", "DeleteSubnet"): _may_delete_subnet,
}
