"""The history that AWS Config keeps of resources: none here. Without a recorder AWS refuses to tell; with one, nothing was recorded.
https://docs.aws.amazon.com/config/latest/APIReference/API_GetResourceConfigHistory.html"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from moto.backends import get_backend

from sandbox.errors import ApiError
from sandbox.model import ApiRequest, Caller

if TYPE_CHECKING:
    from sandbox.world import World


def get_resource_config_history(_world: World, request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
    """moto would answer with what is there now, whatever time is asked for."""
    if not get_backend("config")[caller.account][request.region].recorders:
        raise ApiError(
            "NoAvailableConfigurationRecorderException", "There is no configuration recorder to be asked for it.", 400
        )
    raise ApiError(
        "ResourceNotDiscoveredException",
        f"Resource {request.parameters['resourceId']} of resourceType:{request.parameters['resourceType']} is unknown or has not been "
        "discovered.",
        400,
    )


HANDLERS = {("config", "GetResourceConfigHistory"): get_resource_config_history}
