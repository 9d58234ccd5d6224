"""Reserved concurrency: what may be reserved, what is read, and what a function without any refuses.
https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sandbox.errors import ApiError
from sandbox.lambda_.functions import found_function, function_or_none, lambda_of
from sandbox.lambda_.provisioned import amounts
from sandbox.model import ApiRequest, Caller

if TYPE_CHECKING:
    from sandbox.world import World

_ACCOUNT, _UNRESERVED = 1000, 100
"""The default quota of an account, and what must be left of it for functions without a reservation."""


def _may_be_reserved(request: ApiRequest, caller: Caller) -> None:
    """https://docs.aws.amazon.com/lambda/latest/api/API_PutFunctionConcurrency.html"""
    this, wanted = found_function(request, caller), int(request.parameters["ReservedConcurrentExecutions"])
    functions = lambda_of(caller.account, request.region).list_functions()
    reserved = sum(int(one.reserved_concurrency or 0) for one in functions if one.function_name != this.function_name)
    if wanted and _ACCOUNT - reserved - wanted < _UNRESERVED:
        raise ApiError(
            "InvalidParameterValueException",
            "Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its "
            f"minimum value of [{_UNRESERVED}].",
            400,
        )
    provisioned = sum(amounts(this).values())
    if wanted < provisioned:
        # A function cannot have more provisioned than reserved concurrency, whichever is set last:
        # https://docs.aws.amazon.com/lambda/latest/dg/provisioned-concurrency.html
        raise ApiError(
            "InvalidParameterValueException",
            f"Specified ReservedConcurrentExecutions for function is below its provisioned concurrency [{provisioned}].",
            400,
        )


def is_stopped(function: Any) -> bool:
    """Whether a concurrency of 0 is reserved for it, so that nothing runs it."""
    return function.reserved_concurrency is not None and int(function.reserved_concurrency) == 0


def _may_run(request: ApiRequest, caller: Caller) -> None:
    """An asynchronous invocation is queued all the same; it is not run (upstream_functions.py).
    https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html#API_Invoke_Errors
    https://docs.aws.amazon.com/lambda/latest/dg/invocation-async.html"""
    function = function_or_none(request, caller)
    if function is not None and is_stopped(function) and request.parameters.get("InvocationType") != "Event":
        raise ApiError("TooManyRequestsException", "Rate Exceeded.", 429)


def get_function_concurrency(_world: World, request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
    """Nothing is answered where nothing is reserved: https://docs.aws.amazon.com/lambda/latest/api/API_GetFunctionConcurrency.html"""
    reserved = found_function(request, caller).reserved_concurrency
    return {} if reserved is None else {"ReservedConcurrentExecutions": int(reserved)}


HANDLERS = {("lambda", "GetFunctionConcurrency"): get_function_concurrency}
GUARDS = {
    ("lambda", "PutFunctionConcurrency"): _may_be_reserved,
    ("lambda", "Invoke"): _may_run,
    ("lambda", "InvokeWithResponseStream"): _may_run,
}
