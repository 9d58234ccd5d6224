"""Filters of EC2's lists: their limit, and what matches them.
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Filtering.html"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import Any, TypeVar

from moto.core.utils import get_service_model

from sandbox.errors import ApiError
from sandbox.model import ApiRequest, Caller

_MOST_FILTERS, _MOST_VALUES = 50, 200
Fields = Mapping[str, Callable[[Any], Any]]
"""filter -> what something has there: a value, or a list of which any may match"""
Thing = TypeVar("Thing")


def within_limit(request: ApiRequest, _caller: Caller) -> None:
    """AWS's error of this code counts the values of all filters of a call."""
    filters = request.parameters.get("Filters") or ()
    if len(filters) > _MOST_FILTERS:
        raise ApiError("FilterLimitExceeded", f"The maximum number of filters on a single call is {_MOST_FILTERS}")
    if sum(len(one.get("Values") or ()) for one in filters) > _MOST_VALUES:
        message = f"The maximum number of filter values specified on a single call is {_MOST_VALUES}"
        raise ApiError("FilterLimitExceeded", message)


def matching(
    found: Iterable[Thing],
    request: ApiRequest,
    fields: Fields,
    tags: Callable[[Thing], Mapping[str, str]] | None = None,
) -> list[Thing]:
    """What fits every filter of the request, by any of its values. Raises ApiError for a filter that the list does not have."""
    left = list(found)
    for one in request.parameters.get("Filters") or ():
        name, values = str(one.get("Name")), [str(value) for value in one.get("Values") or ()]
        read = _reader(name, fields, tags)
        wanted = _wanted(tuple(values))
        left = [thing for thing in left if any(wanted(value) for value in _texts(read(thing)))]
    return left


def _reader(name: str, fields: Fields, tags: Callable[[Any], Mapping[str, str]] | None) -> Callable[[Any], Any]:
    if name in fields:
        return fields[name]
    if tags is not None and name == "tag-key":
        return lambda thing: list(tags(thing))
    if tags is not None and name.startswith("tag:"):
        return lambda thing: tags(thing).get(name[4:])
    raise ApiError("InvalidParameterValue", f"The filter '{name}' is invalid")


def _wanted(values: Sequence[str]) -> Callable[[str], bool]:
    exact = {value for value in values if not _is_pattern(value)}
    patterns = [_pattern(value) for value in values if _is_pattern(value)]
    return lambda text: text in exact or any(one.fullmatch(text) for one in patterns)


def _is_pattern(value: str) -> bool:
    return any(sign in value for sign in "*?\\")


@cache
def _pattern(value: str) -> re.Pattern[str]:
    """`*` and `?`, and both behind a backslash as they are."""
    parts = re.findall(r"\\.|.", value, re.DOTALL)
    told = {"*": ".*", "?": "."}
    return re.compile("".join(told.get(part) or re.escape(part[-1]) for part in parts), re.DOTALL)


def _texts(value: Any) -> list[str]:
    values = value if isinstance(value, (list, set, tuple)) else [value]
    return [str(one).lower() if isinstance(one, bool) else str(one) for one in values if one is not None]


def _filtered_lists() -> list[str]:
    model = get_service_model("ec2")
    return [
        name
        for name in model.operation_names
        if name.startswith("Describe")
        and (shape := model.operation_model(name).input_shape) is not None
        and "Filters" in shape.members
    ]


GUARDS = {("ec2", name): within_limit for name in _filtered_lists()}
