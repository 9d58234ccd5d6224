"""The client ids (audiences) of OpenID Connect providers, which moto cannot change. Adding one that is there, and removing one that is
not, succeed. https://docs.aws.amazon.com/IAM/latest/APIReference/API_AddClientIDToOpenIDConnectProvider.html,
https://docs.aws.amazon.com/IAM/latest/APIReference/API_RemoveClientIDFromOpenIDConnectProvider.html"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sandbox.authorization.views import iam_of
from sandbox.errors import ApiError
from sandbox.model import ApiRequest, Caller

if TYPE_CHECKING:
    from sandbox.world import World

# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html: client ids per OpenID Connect provider
_QUOTA = 100


def add_client(_world: World, request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
    provider, client = _provider(request, caller), request.parameters["ClientID"]
    if client not in provider.client_id_list:
        if len(provider.client_id_list) >= _QUOTA:
            raise ApiError("LimitExceeded", f"Cannot exceed quota for ClientIdsPerOpenIdConnectProvider: {_QUOTA}", 409)
        provider.client_id_list = [*provider.client_id_list, client]
    return {}


def remove_client(_world: World, request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
    provider = _provider(request, caller)
    provider.client_id_list = [one for one in provider.client_id_list if one != request.parameters["ClientID"]]
    return {}


HANDLERS = {
    ("iam", "AddClientIDToOpenIDConnectProvider"): add_client,
    ("iam", "RemoveClientIDFromOpenIDConnectProvider"): remove_client,
}


def _provider(request: ApiRequest, caller: Caller) -> Any:
    arn = request.parameters["OpenIDConnectProviderArn"]
    found = iam_of(caller.account).open_id_providers.get(arn)
    if found is None:
        raise ApiError("NoSuchEntity", f"OpenIDConnect Provider not found for arn {arn}", 404)
    return found
