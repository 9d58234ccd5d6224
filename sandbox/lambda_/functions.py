"""The functions that moto has: found by what a request names them by."""

from __future__ import annotations

from typing import Any

from moto.backends import get_backend

from sandbox.errors import ApiError
from sandbox.model import ApiRequest, Caller


def lambda_of(account: str, region: str) -> Any:
    """moto's Lambda of one account and region."""
    return get_backend("lambda")[account][region]


def function_or_none(request: ApiRequest, caller: Caller) -> Any:
    """The function that `FunctionName` means, by its name or an ARN that ends in it: $LATEST of it, which stands for it as a whole."""
    return latest(caller.account, request.region, _name(request))


def found_function(request: ApiRequest, caller: Caller) -> Any:
    """The same; refuses what does not exist."""
    function = function_or_none(request, caller)
    if function is None:
        arn = f"arn:aws:lambda:{request.region}:{caller.account}:function:{_name(request)}"
        raise ApiError("ResourceNotFoundException", f"Function not found: {arn}", 404)
    return function


def latest(account: str, region: str, name: str) -> Any:
    """$LATEST of the function of this name; None where there is none."""
    functions = lambda_of(account, region).list_functions()
    return next((one for one in functions if one.function_name == name), None)


def alias_or_version(request: ApiRequest, caller: Caller, function: Any) -> str | None:
    """The `Qualifier` of a request, or what stands behind the name; refuses one that the function does not have."""
    named = str(request.parameters["FunctionName"]).rpartition("function:")[2].partition(":")[2]
    qualifier = str(request.parameters.get("Qualifier") or named)
    if not qualifier:
        return None
    if qualifier == "$LATEST" or qualifier in _versions(request, caller, function) | {
        *aliases(request, caller, function)
    }:
        return qualifier
    raise ApiError("ResourceNotFoundException", f"Function not found: {function.function_arn}:{qualifier}", 404)


def aliases(request: ApiRequest, caller: Caller, function: Any) -> dict[str, str]:
    """The version that each alias points to."""
    listed = lambda_of(caller.account, request.region).list_aliases(function.function_name)
    return {str(one.name): str(one.function_version) for one in listed}


def _versions(request: ApiRequest, caller: Caller, function: Any) -> set[str]:
    listed = lambda_of(caller.account, request.region).list_versions_by_function(function.function_name)
    return {str(one.version) for one in listed if not one.function_arn.endswith("$LATEST")}


def _name(request: ApiRequest) -> str:
    return str(request.parameters["FunctionName"]).rpartition("function:")[2].partition(":")[0]
