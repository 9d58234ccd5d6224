"""Reserved concurrency: what may be reserved, what is read, and what a function without any refuses.
https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from moto.backends import get_backend

from sandbox.errors import ApiError
from sandbox.model import ApiRequest, Caller

if TYPE_CHECKING:
    from sandbox.world import World

_ACCOUNT, _UNRESERVED = 1000, 100
"""The default quota of an account, and what must be left of it for functions without a reservation."""


def _leaves_enough(request: ApiRequest, caller: Caller) -> None:
    """https://docs.aws.amazon.com/lambda/latest/api/API_PutFunctionConcurrency.html"""
    this, wanted = _function(request, caller), int(request.parameters["ReservedConcurrentExecutions"])
    others = [
        one
        for one in _backend(request, caller).list_functions()
        if this is None or one.function_name != this.function_name
    ]
    reserved = sum(int(one.reserved_concurrency or 0) for one in others)
    if wanted and _ACCOUNT - reserved - wanted < _UNRESERVED:
        raise ApiError(
            "InvalidParameterValueException",
            "Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its "
            f"minimum value of [{_UNRESERVED}].",
            400,
        )


def _may_run(request: ApiRequest, caller: Caller) -> None:
    """https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html#API_Invoke_Errors"""
    function = _function(request, caller)
    if function is not None and function.reserved_concurrency is not None and int(function.reserved_concurrency) == 0:
        raise ApiError("TooManyRequestsException", "Rate Exceeded.", 429)


def get_function_concurrency(_world: World, request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
    """Nothing is answered where nothing is reserved: https://docs.aws.amazon.com/lambda/latest/api/API_GetFunctionConcurrency.html"""
    function = _function(request, caller)
    if function is None:
        name = request.parameters["FunctionName"]
        arn = f"arn:aws:lambda:{request.region}:{caller.account}:function:{name}"
        raise ApiError("ResourceNotFoundException", f"Function not found: {arn}", 404)
    reserved = function.reserved_concurrency
    return {} if reserved is None else {"ReservedConcurrentExecutions": int(reserved)}


def _backend(request: ApiRequest, caller: Caller) -> Any:
    return get_backend("lambda")[caller.account][request.region]


def _function(request: ApiRequest, caller: Caller) -> Any:
    """By its name, or by an ARN that ends in it."""
    name = str(request.parameters["FunctionName"]).rpartition("function:")[2].partition(":")[0]
    return next((one for one in _backend(request, caller).list_functions() if one.function_name == name), None)


HANDLERS = {("lambda", "GetFunctionConcurrency"): get_function_concurrency}
GUARDS = {("lambda", "PutFunctionConcurrency"): _leaves_enough, ("lambda", "Invoke"): _may_run}
