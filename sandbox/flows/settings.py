"""The idle timeouts of an interface: which values there may be, and where they are kept, so that DescribeNetworkInterfaces shows them.
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ConnectionTrackingSpecificationRequest.html"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sandbox.errors import ApiError
from sandbox.model import ApiRequest, Caller, Outcome

_BOUNDS = {"TcpEstablishedTimeout": (60, 432_000), "UdpStreamTimeout": (60, 180), "UdpTimeout": (30, 60)}
_PLACE = "connection_tracking_configuration"
"""moto's answers take it from an attribute of this name."""


def check(request: ApiRequest, _caller: Caller) -> None:
    """Raise ApiError for a timeout that there cannot be."""
    given = request.parameters
    wishes = [given, *(given.get("NetworkInterfaces") or ())]
    for name, value in (
        pair for wish in wishes for pair in (wish.get("ConnectionTrackingSpecification") or {}).items()
    ):
        least, most = _BOUNDS[name]
        if not least <= int(value) <= most:
            raise ApiError(
                "InvalidParameterValue", f"Value ({value}) for parameter {name} is invalid: {least} to {most}."
            )


GUARDS = {
    ("ec2", "ModifyNetworkInterfaceAttribute"): check,
    ("ec2", "CreateNetworkInterface"): check,
    ("ec2", "RunInstances"): check,
}


def keep(backend: Any, request: ApiRequest, outcome: Outcome) -> None:
    """Remember the timeouts that a call has given to interfaces; those that it does not name stay."""
    for interface_id, settings in _given(request, outcome):
        interface = backend.enis.get(interface_id)
        if interface is not None:
            setattr(interface, _PLACE, {**of(interface), **{name: int(value) for name, value in settings.items()}})


def of(interface: Any) -> dict[str, int]:
    """The timeouts that somebody has given to an interface."""
    return dict(getattr(interface, _PLACE, None) or {})


def _given(request: ApiRequest, outcome: Outcome) -> Iterator[tuple[str, Mapping[str, Any]]]:
    given, made = request.parameters, outcome.response or {}
    if given.get("ConnectionTrackingSpecification"):
        interface_id = given.get("NetworkInterfaceId") or (made.get("NetworkInterface") or {}).get("NetworkInterfaceId")
        yield str(interface_id), given["ConnectionTrackingSpecification"]
    for wish in given.get("NetworkInterfaces") or ():
        for instance in (made.get("Instances") or ()) if wish.get("ConnectionTrackingSpecification") else ():
            for interface in instance.get("NetworkInterfaces") or ():
                if interface.get("Attachment", {}).get("DeviceIndex") == wish.get("DeviceIndex"):
                    yield str(interface["NetworkInterfaceId"]), wish["ConnectionTrackingSpecification"]
