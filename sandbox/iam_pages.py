"""IAM's lists in pages, which moto gives whole or in its own way, and the user that a call is about when it names none.
https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListUsers.html"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

import botocore.session
from moto.core.utils import get_service_model

from sandbox import protocol
from sandbox.errors import ApiError
from sandbox.model import ApiRequest, Caller
from sandbox.protocol import Answer

_USUAL_PAGE = 100
_WHOLE = 1_000_000
_PAGED_WHERE_THEY_ARE_ANSWERED = ("GetAccountAuthorizationDetails", "SimulateCustomPolicy", "SimulatePrincipalPolicy")


def names_nobody(request: ApiRequest) -> bool:
    """Whether the call is about a user and leaves open which one."""
    return request.operation in _about_some_user() and not request.parameters.get("UserName")


def about_the_caller(caller: Caller, body: bytes) -> bytes:
    """The body with the caller's name put in.
    https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateAccessKey.html#API_UpdateAccessKey_RequestParameters"""
    if caller.kind != "user":
        raise ApiError("ValidationError", "Must specify userName when calling with non-User credentials", 400)
    return body + b"&UserName=" + quote(caller.name).encode()


def is_list(request: ApiRequest) -> bool:
    return request.operation in _lists()


def asking_for_all(request: ApiRequest, body: bytes) -> bytes:
    """The body, so changed that moto gives the whole list."""
    if "MaxItems" in request.parameters or "Marker" in request.parameters:
        kept = [
            pair for pair in parse_qsl(body.decode(), keep_blank_values=True) if pair[0] not in ("MaxItems", "Marker")
        ]
        body = urlencode(kept).encode()
    return body + f"&MaxItems={_WHOLE}".encode()


def page(request: ApiRequest, items: Sequence[Any]) -> tuple[Sequence[Any], dict[str, Any]]:
    """The part of `items` that was asked for, and what the answer says of the rest: for lists that are answered page by page here."""
    start = _start(request.parameters)
    end = start + int(request.parameters.get("MaxItems") or _USUAL_PAGE)
    if end >= len(items):
        return items[start:], {"IsTruncated": False}
    return items[start:end], {"IsTruncated": True, "Marker": _marker(end)}


def page_of(request: ApiRequest, answer: Answer) -> Answer:
    """The page that was asked for, out of moto's whole list."""
    status, headers, content = answer
    given = request.parameters
    size = int(given.get("MaxItems") or _USUAL_PAGE)
    if status != 200 or ("Marker" not in given and content.count(b"<member>") <= size):
        return answer
    found = protocol.parsed("iam", request.operation, status, headers, content)
    found.pop("ResponseMetadata", None)
    start = _start(given)
    left, total = (start, start + size), 0
    for name in _lists()[request.operation]:
        items = found.get(name) or []
        found[name] = items[max(left[0] - total, 0) : max(left[1] - total, 0)]
        total += len(items)
    found["IsTruncated"] = total > left[1]
    found.pop("Marker", None)
    if found["IsTruncated"]:
        found["Marker"] = _marker(left[1])
    return protocol.serialized("iam", request.operation, found, request.request_id)


def _marker(start: int) -> str:
    return base64.urlsafe_b64encode(f"{start}".encode()).decode()


def _start(given: Mapping[str, Any]) -> int:
    if "Marker" not in given:
        return 0
    try:
        return int(base64.urlsafe_b64decode(str(given["Marker"]).encode()))
    except ValueError as error:
        raise ApiError("ValidationError", "Invalid Marker.", 400) from error


@cache
def _lists() -> Mapping[str, list[str]]:
    """Operation -> the lists in its answer, out of botocore's own table."""
    table = botocore.session.Session().get_component("data_loader").load_service_model("iam", "paginators-1")
    return {
        name: one["result_key"] if isinstance(one["result_key"], list) else [one["result_key"]]
        for name, one in table["pagination"].items()
        if name not in _PAGED_WHERE_THEY_ARE_ANSWERED
    } | {"ListServiceSpecificCredentials": ["ServiceSpecificCredentials"]}


@cache
def _about_some_user() -> frozenset[str]:
    model = get_service_model("iam")
    found = set()
    for name in model.operation_names:
        shape = model.operation_model(name).input_shape
        if shape is not None and "UserName" in shape.members and "UserName" not in shape.metadata.get("required", ()):
            found.add(name)
    return frozenset(found)
