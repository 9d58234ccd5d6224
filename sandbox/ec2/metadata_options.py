"""The instance metadata service's options: a change leaves what it does not name.
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyInstanceMetadataOptions.html"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.ec2 import things
from sandbox.errors import ApiError
from sandbox.model import ApiRequest, Caller

if TYPE_CHECKING:
    from sandbox.world import World

_ON_OR_OFF = ("enabled", "disabled")
# parameter -> (moto's attribute, what it may be)
_OPTIONS: dict[str, tuple[str, tuple[Any, ...]]] = {
    "HttpTokens": ("http_tokens", ("optional", "required")),
    "HttpPutResponseHopLimit": ("http_put_response_hop_limit", tuple(range(1, 65))),
    "HttpEndpoint": ("http_endpoint", _ON_OR_OFF),
    "HttpProtocolIpv6": ("http_protocol_ipv6", _ON_OR_OFF),
    "InstanceMetadataTags": ("instance_metadata_tags", _ON_OR_OFF),
}


def modify(_world: World, request: ApiRequest, caller: Caller) -> dict[str, Any]:
    """ModifyInstanceMetadataOptions. What is pending in the answer is applied when it is read next."""
    given = request.parameters
    instance = things.living(things.backend(request, caller), given["InstanceId"])
    wanted = {name: given[name] for name in _OPTIONS if given.get(name) is not None}
    for name, value in wanted.items():
        if value not in _OPTIONS[name][1]:
            raise ApiError("InvalidParameterValue", f"Value ({value}) for parameter {name} is invalid.")
    things.refuse_dry_run(given)
    for name, value in wanted.items():
        setattr(instance.metadata_options, _OPTIONS[name][0], value)
    return {"InstanceId": instance.id, "InstanceMetadataOptions": {**shown(instance), "State": "pending"}}


def shown(instance: Any) -> dict[str, Any]:
    """The options as DescribeInstances shows them."""
    options = instance.metadata_options
    return {"State": "applied"} | {name: getattr(options, place) for name, (place, _allowed) in _OPTIONS.items()}


HANDLERS = {("ec2", "ModifyInstanceMetadataOptions"): modify}
