"""Tells which API call an HTTP request is: service, operation, region, parameters. Knows nothing of who may make it."""

from __future__ import annotations

import io
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from moto.core.parse import PROTOCOL_PARSERS
from moto.core.request import Request, determine_request_protocol
from moto.core.routing import get_service_router
from moto.core.utils import get_service_model
from werkzeug.exceptions import NotFound

from sandbox.model import ApiRequest

# Where the name in a signature is not boto3's name of the service.
_SIGNING_NAMES = {
    "monitoring": "cloudwatch",
    "states": "stepfunctions",
    "email": "ses",
    "tagging": "resourcegroupstaggingapi",
    "network-firewall": "network-firewall",
    "elasticfilesystem": "efs",
    "servicequotas": "service-quotas",
    "aps": "amp",
}
_ELB_CLASSIC_VERSION = b"Version=2012-06-01"
# Operations that change nothing, by their names; the few others that change nothing are listed.
_READ = re.compile(r"(Get|List|Describe|Head|Lookup|Simulate|BatchGet|Search|Select|Query|Scan|Check|Test|Validate|Decode|Detect|Filter|Preview|Receive)")
_MUTATING_DESPITE_NAME = {"GetSessionToken", "GetFederationToken"}

_UNSIGNED_STS = re.compile(rb"Action=(AssumeRoleWithSAML|AssumeRoleWithWebIdentity)\b")


@dataclass(frozen=True, slots=True)
class Scope:
    """What the signature says the request is for."""

    access_key_id: str | None
    region: str
    signing_name: str


class UnknownCallError(Exception):
    """No operation of the service answers to this request."""

    def __init__(self, service: str) -> None:
        super().__init__(service)
        self.service = service


def scope_of(environ: Mapping[str, Any]) -> Scope | None:
    """The credential scope out of the Authorization header or a presigned URL; None for an unsigned request.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html"""
    header = environ.get("HTTP_AUTHORIZATION", "")
    found = re.search(r"Credential=([^/,\s]+)/\d{8}/([^/,\s]+)/([^/,\s]+)/aws4_request", header)
    if found is None:
        found = re.search(
            r"X-Amz-Credential=([^/&%]+)(?:/|%2F)\d{8}(?:/|%2F)([^/&%]+)(?:/|%2F)([^/&%]+)(?:/|%2F)aws4_request",
            environ.get("QUERY_STRING", ""),
            re.IGNORECASE,
        )
    return Scope(found[1], found[2], found[3]) if found else None


def service_of(scope: Scope | None, body: bytes) -> str:
    """boto3's name of the service. What is unsigned and not STS is taken for S3, as AWS's host names would tell."""
    if scope is None:
        return "sts" if _UNSIGNED_STS.search(body) else "s3"
    if scope.signing_name == "elasticloadbalancing":
        return "elb" if _ELB_CLASSIC_VERSION in body else "elbv2"
    return _SIGNING_NAMES.get(scope.signing_name, scope.signing_name)


def identified(environ: Mapping[str, Any], body: bytes, service: str, scope: Scope | None, now: datetime) -> ApiRequest:
    """The call. Raises UnknownCallError where the service has no such operation."""
    request = Request({**environ, "wsgi.input": io.BytesIO(body)})
    try:
        model, uri_parameters = get_service_router(service).match(request)
    except NotFound as error:
        raise UnknownCallError(service) from error
    parameters = _parser(service, model.name, request.content_type or "").parse(
        {
            "method": request.method,
            "values": request.values,
            "headers": request.headers,
            "body": body,
            "url_path": request.path,
            "url_params": uri_parameters,
        }
    )
    return ApiRequest(
        service=service,
        operation=model.name,
        region=scope.region if scope else "us-east-1",
        parameters=parameters or {},
        access_key_id=scope.access_key_id if scope else None,
        source_ip=environ.get("REMOTE_ADDR", "127.0.0.1"),
        user_agent=environ.get("HTTP_USER_AGENT", ""),
        request_id=str(uuid.uuid4()),
        time=now,
        read_only=is_read_only(model.name),
    )


def is_read_only(operation: str) -> bool:
    return bool(_READ.match(operation)) and operation not in _MUTATING_DESPITE_NAME


@cache
def _parser(service: str, operation: str, content_type: str) -> Any:
    model = get_service_model(service)
    protocol = determine_request_protocol(model, content_type)
    return PROTOCOL_PARSERS[protocol](model.operation_model(operation))
