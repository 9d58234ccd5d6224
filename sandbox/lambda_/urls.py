"""The URLs of a function: https://docs.aws.amazon.com/lambda/latest/api/API_ListFunctionUrlConfigs.html"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sandbox.errors import ApiError
from sandbox.lambda_.functions import found_function
from sandbox.model import ApiRequest, Caller

if TYPE_CHECKING:
    from sandbox.world import World


def list_function_url_configs(_world: World, request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
    config = found_function(request, caller).url_config
    if config is None:
        return {"FunctionUrlConfigs": []}
    told = {name: value for name, value in config.to_dict().items() if value is not None}
    return {"FunctionUrlConfigs": [told | {"InvokeMode": str(told["InvokeMode"]).upper()}]}


def _is_of_the_function_itself(request: ApiRequest, _caller: Caller) -> None:
    """moto takes one of an alias for that of the function."""
    if request.parameters.get("Qualifier"):
        raise ApiError("NotImplemented", "The sandbox has no function URLs of aliases.", 501)


HANDLERS = {("lambda", "ListFunctionUrlConfigs"): list_function_url_configs}
GUARDS = {
    ("lambda", operation): _is_of_the_function_itself
    for operation in (
        "CreateFunctionUrlConfig",
        "GetFunctionUrlConfig",
        "UpdateFunctionUrlConfig",
        "DeleteFunctionUrlConfig",
    )
}
