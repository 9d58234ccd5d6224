"""Checks parameters against the constraints that AWS's own service models name, where moto takes whatever comes.
https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateUser.html and the like show them as "Length Constraints" and "Pattern"."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any

from botocore.model import Shape
from moto.core.utils import get_service_model

from sandbox.errors import ApiError
from sandbox.model import ApiRequest
from sandbox.protocol import protocol_of

# Their models are complete; those of other services name patterns that AWS does not hold itself to.
_WHOLE = {"iam", "sts"}
_Check = Callable[[Any], str | None]


def check(request: ApiRequest) -> None:
    """Raise ApiError for the first parameter that the service's model does not allow."""
    checks = _checks(request.service, request.operation)
    for name, required, faults in checks:
        value = request.parameters.get(name)
        if value is None:
            if required:
                raise _error(
                    request, f"Value null at '{_first_low(name)}' failed to satisfy constraint: Member must not be null"
                )
            continue
        fault = next((fault for fault in (ask(value) for ask in faults) if fault), None)
        if fault:
            raise _error(request, f"Value '{value}' at '{_first_low(name)}' failed to satisfy constraint: {fault}")


def _error(request: ApiRequest, message: str) -> ApiError:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html"""
    message = f"1 validation error detected: {message}"
    if protocol_of(request.service) == "query":
        return ApiError("ValidationError", message, 400)
    return ApiError("ValidationException", message, 400)


@cache
def _checks(service: str, operation: str) -> tuple[tuple[str, bool, tuple[_Check, ...]], ...]:
    """(parameter, whether it must be there, what it must satisfy)"""
    if service not in _WHOLE and protocol_of(service) != "json":
        return ()
    shape = get_service_model(service).operation_model(operation).input_shape
    if shape is None:
        return ()
    required = set(shape.metadata.get("required", ()))
    found = (
        (name, name in required, tuple(_constraints(member)) if service in _WHOLE else ())
        for name, member in shape.members.items()
    )
    return tuple(one for one in found if one[1] or one[2])


def _constraints(shape: Shape) -> Iterator[_Check]:
    limits: Mapping[str, Any] = shape.metadata
    if shape.type_name == "string":
        if "enum" in limits:
            yield (
                lambda value: (
                    None
                    if value in limits["enum"]
                    else f"Member must satisfy enum value set: [{', '.join(limits['enum'])}]"
                )
            )
        if "min" in limits:
            yield (
                lambda value: (
                    None
                    if len(value) >= limits["min"]
                    else f"Member must have length greater than or equal to {limits['min']}"
                )
            )
        if "max" in limits:
            yield (
                lambda value: (
                    None
                    if len(value) <= limits["max"]
                    else f"Member must have length less than or equal to {limits['max']}"
                )
            )
        if "pattern" in limits and "\\p" not in limits["pattern"]:
            pattern = re.compile(limits["pattern"].replace("\\u10000-\\u10FFFF", "\U00010000-\U0010ffff"), re.ASCII)
            yield (
                lambda value: (
                    None
                    if pattern.fullmatch(value)
                    else f"Member must satisfy regular expression pattern: {limits['pattern']}"
                )
            )
    elif shape.type_name in ("integer", "long"):
        if "min" in limits:
            yield (
                lambda value: (
                    None
                    if value >= limits["min"]
                    else f"Member must have value greater than or equal to {limits['min']}"
                )
            )
        if "max" in limits:
            yield (
                lambda value: (
                    None if value <= limits["max"] else f"Member must have value less than or equal to {limits['max']}"
                )
            )


def _first_low(name: str) -> str:
    return name[:1].lower() + name[1:]
