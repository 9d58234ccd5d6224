"""Answers in the wire format of each service, from boto3-shaped dictionaries and from errors, and back again."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from functools import cache
from typing import Any

from botocore.parsers import ResponseParser, ResponseParserFactory
from moto.core.serialize import ResponseSerializer, SerializationContext, get_serializer_class
from moto.core.utils import get_service_model

from sandbox.ec2 import xml_answers
from sandbox.errors import ApiError

Answer = tuple[int, dict[str, str], bytes]
"""HTTP status, headers, body."""

# Headers of the request id, by what a service's clients look for.
_REQUEST_ID = "x-amzn-RequestId"


@cache
def protocol_of(service: str) -> str:
    """The service's wire protocol, of several the one that boto3 speaks: query, ec2, json, rest-json or rest-xml."""
    return str(get_service_model(service).resolved_protocol)


@cache
def _model(service: str, operation: str) -> Any:
    return get_service_model(service).operation_model(operation)


def serialized(service: str, operation: str, result: Mapping[str, Any], request_id: str) -> Answer:
    """A successful answer."""
    if service == "ec2":
        headers = {"Content-Type": "text/xml;charset=UTF-8"}
        return 200, _headers(headers, request_id), xml_answers.answer(operation, result, request_id)
    made = _serializer(service, operation, request_id).serialize(result)
    return made["status_code"], _headers(made["headers"], request_id), _bytes(made["body"])


def refused(service: str, operation: str | None, error: ApiError, request_id: str) -> Answer:
    """An error answer. Unknown operations are answered in the format of any operation of the service."""
    known = operation or get_service_model(service).operation_names[0]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # moto warns of codes that the model does not list, and /faults may ask for any
        made = _serializer(service, known, request_id).serialize(error)
    return error.status, _headers(made["headers"], request_id), _bytes(made["body"])


def parsed(service: str, operation: str, status: int, headers: Mapping[str, str], body: bytes) -> dict[str, Any]:
    """A wire answer as a boto3 caller sees it."""
    shape = _model(service, operation).output_shape
    found: dict[str, Any] = _parser(service).parse(
        {"status_code": status, "headers": dict(headers), "body": body}, shape
    )
    return found


def _serializer(service: str, operation: str, request_id: str) -> ResponseSerializer:
    serializer = get_serializer_class(service, protocol_of(service))
    return serializer(_model(service, operation), context=SerializationContext(request_id))


@cache
def _parser(service: str) -> ResponseParser:
    return ResponseParserFactory().create_parser(protocol_of(service))


def _headers(made: Mapping[str, Any], request_id: str) -> dict[str, str]:
    return {
        **{name: str(value) for name, value in made.items()},
        _REQUEST_ID: request_id,
        "x-amz-request-id": request_id,
    }


def _bytes(body: Any) -> bytes:
    return body if isinstance(body, bytes) else str(body).encode()
