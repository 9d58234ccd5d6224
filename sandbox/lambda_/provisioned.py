"""Provisioned concurrency of versions and aliases, which moto does not have.
https://docs.aws.amazon.com/lambda/latest/dg/provisioned-concurrency.html"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sandbox.errors import ApiError
from sandbox.lambda_.functions import alias_or_version, aliases, found_function
from sandbox.model import ApiRequest, Caller

if TYPE_CHECKING:
    from sandbox.world import World

_ALLOCATION = timedelta(minutes=1)
"""AWS begins to allocate after a minute or two; here it is done then."""


def amounts(function: Any) -> dict[str, int]:
    """How much is provisioned, by version or alias."""
    return {qualifier: amount for qualifier, (amount, _since) in _configs(function).items()}


def put_config(world: World, request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
    """https://docs.aws.amazon.com/lambda/latest/api/API_PutProvisionedConcurrencyConfig.html"""
    function = found_function(request, caller)
    qualifier, wanted = (
        _qualifier(request, caller, function),
        int(request.parameters["ProvisionedConcurrentExecutions"]),
    )
    others = {name: amount for name, amount in amounts(function).items() if name != qualifier}
    if wanted < 1:
        raise _refused("ProvisionedConcurrentExecutions must be 1 or more.")
    pointed = aliases(request, caller, function)
    version = pointed.get(qualifier, qualifier)
    if version == "$LATEST":
        raise _refused("Provisioned Concurrency Configs cannot be applied to unpublished function versions.")
    if any(pointed.get(name, name) == version for name in others):
        raise _refused(f"Version {version} has a provisioned concurrency configuration already.")
    reserved = function.reserved_concurrency
    if reserved is not None and sum(others.values()) + wanted > int(reserved):
        raise _refused(
            f"Requested Provisioned Concurrency should not be greater than the reservedConcurrentExecution for function [{reserved}]."
        )
    _configs(function)[qualifier] = (wanted, world.clock.now())
    return _told(function, qualifier, world.clock.now())


def get_config(world: World, request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
    function = found_function(request, caller)
    qualifier = _qualifier(request, caller, function)
    if qualifier not in _configs(function):
        raise ApiError(
            "ProvisionedConcurrencyConfigNotFoundException",
            "No Provisioned Concurrency Config found for this function",
            404,
        )
    return _told(function, qualifier, world.clock.now())


def list_configs(world: World, request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
    function = found_function(request, caller)
    return {
        "ProvisionedConcurrencyConfigs": [
            {"FunctionArn": f"{function.function_arn}:{qualifier}", **_told(function, qualifier, world.clock.now())}
            for qualifier in sorted(_configs(function))
        ]
    }


def delete_config(_world: World, request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
    function = found_function(request, caller)
    _configs(function).pop(_qualifier(request, caller, function), None)
    return {}


def _qualifier(request: ApiRequest, caller: Caller, function: Any) -> str:
    return str(alias_or_version(request, caller, function))


def _configs(function: Any) -> dict[str, tuple[int, datetime]]:
    """They end with the function."""
    found: dict[str, tuple[int, datetime]] = function.__dict__.setdefault("provisioned_here", {})
    return found


def _told(function: Any, qualifier: str, now: datetime) -> dict[str, Any]:
    amount, since = _configs(function)[qualifier]
    ready = amount if now - since >= _ALLOCATION else 0
    return {
        "RequestedProvisionedConcurrentExecutions": amount,
        "AllocatedProvisionedConcurrentExecutions": ready,
        "AvailableProvisionedConcurrentExecutions": ready,
        "Status": "READY" if ready else "IN_PROGRESS",
        "LastModified": f"{since:%Y-%m-%dT%H:%M:%S+0000}",
    }


def _refused(message: str) -> ApiError:
    return ApiError("InvalidParameterValueException", message, 400)


HANDLERS = {
    ("lambda", "PutProvisionedConcurrencyConfig"): put_config,
    ("lambda", "GetProvisionedConcurrencyConfig"): get_config,
    ("lambda", "ListProvisionedConcurrencyConfigs"): list_configs,
    ("lambda", "DeleteProvisionedConcurrencyConfig"): delete_config,
}
