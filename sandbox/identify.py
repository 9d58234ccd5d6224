"""Tells which API call an HTTP request is: service, operation, region, parameters. Knows nothing of who may make it."""

from __future__ import annotations

import io
import json
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
    "sso": "sso-admin",
    "access-analyzer": "accessanalyzer",
    "elasticmapreduce": "emr",
}
_ELB_CLASSIC_VERSION = b"Version=2012-06-01"
# Operations that change nothing, by their names; the few others that change nothing are listed.
_READ = re.compile(
    r"(Get|List|Describe|Head|Lookup|Simulate|BatchGet|Search|Select|Query|Scan|Check|Test|Validate|Decode|Detect|Filter|Preview|Receive)"
)
_MUTATING_DESPITE_NAME = {"GetSessionToken", "GetFederationToken"}

# What tells the service of an unsigned request: at AWS it is the host name, which all services share here.
_API_VERSIONS = {b"2010-05-08": "iam", b"2011-06-15": "sts", b"2016-11-15": "ec2"}
_TARGETS = {
    "DynamoDB_20120810": "dynamodb",
    "AWSOrganizationsV20161128": "organizations",
    "TrentService": "kms",
    "AmazonSSM": "ssm",
    "secretsmanager": "secretsmanager",
}
_STREAMS = "DynamoDBStreams_"


@dataclass(frozen=True, slots=True)
class Scope:
    """What the signature says the request is for."""

    access_key_id: str | None
    region: str
    signing_name: str
    date: str = ""


class UnknownCallError(Exception):
    """No operation of the service answers to this request."""

    def __init__(self, service: str) -> None:
        super().__init__(service)
        self.service = service


def scope_of(environ: Mapping[str, Any]) -> Scope | None:
    """The credential scope out of the Authorization header or a presigned URL; None for an unsigned request.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html"""
    header = environ.get("HTTP_AUTHORIZATION", "")
    found = re.search(r"Credential=([^/,\s]+)/(\d{8})/([^/,\s]+)/([^/,\s]+)/aws4_request", header, re.ASCII)
    if found is None and not header:
        found = re.search(
            r"X-Amz-Credential=([^/&%]+)(?:/|%2F)(\d{8})(?:/|%2F)([^/&%]+)(?:/|%2F)([^/&%]+)(?:/|%2F)aws4_request",
            environ.get("QUERY_STRING", ""),
            re.ASCII,
        )
    return Scope(found[1], found[3], found[4], found[2]) if found else None


def service_of(scope: Scope | None, environ: Mapping[str, Any], body: bytes) -> str:
    """boto3's name of the service."""
    target = environ.get("HTTP_X_AMZ_TARGET", "")
    if scope is None:
        return _unsigned_service(target, body)
    if scope.signing_name == "elasticloadbalancing":
        return "elb" if _ELB_CLASSIC_VERSION in body else "elbv2"
    if scope.signing_name == "dynamodb" and target.startswith(_STREAMS):
        return "dynamodbstreams"
    if scope.signing_name == "s3" and environ["PATH_INFO"].startswith("/v20180820/"):
        return "s3control"
    return _SIGNING_NAMES.get(scope.signing_name, scope.signing_name)


def _unsigned_service(target: str, body: bytes) -> str:
    """S3 where nothing tells: it alone answers strangers."""
    version = re.search(rb"(?:^|&)Version=([\d-]{10})(?:&|$)", body)
    named = _API_VERSIONS.get(version[1]) if version else None
    return named or _TARGETS.get(target.partition(".")[0], "s3")


def identified(environ: Mapping[str, Any], body: bytes, service: str, scope: Scope | None, now: datetime) -> ApiRequest:
    """The call. Raises UnknownCallError where the service has no such operation. What cannot be read of its parameters is told when
    it is known who calls: AWS, too, looks at credentials first."""
    request = Request({**environ, "wsgi.input": io.BytesIO(body)})
    try:
        try:
            model, uri_parameters = get_service_router(service).match(request)
        except NotImplementedError:  # a Content-Type that the service has no protocol for; on a GET it says nothing
            request = Request({**environ, "CONTENT_TYPE": "", "wsgi.input": io.BytesIO(body)})
            model, uri_parameters = get_service_router(service).match(request)
    except Exception as error:  # NotFound, no such service, or a request that no route can be compared with
        raise UnknownCallError(service) from error
    parameters, unreadable = {}, None
    try:
        if body and "json" in str(get_service_model(service).protocol):
            _check_json(model, body)
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
    except Exception as error:  # noqa: BLE001  the many ways of a body not to be what the service's model says
        unreadable = f"The request cannot be read: {error or type(error).__name__}"
    return ApiRequest(
        service=service,
        operation=model.name,
        region=scope.region if scope else "us-east-1",
        parameters=parameters or {},
        unreadable=unreadable,
        access_key_id=scope.access_key_id if scope else None,
        source_ip=environ.get("REMOTE_ADDR", "127.0.0.1"),
        user_agent=environ.get("HTTP_USER_AGENT", ""),
        request_id=str(uuid.uuid4()),
        time=now,
        read_only=is_read_only(model.name),
    )


def is_read_only(operation: str) -> bool:
    return bool(_READ.match(operation)) and operation not in _MUTATING_DESPITE_NAME


def _check_json(model: Any, body: bytes) -> None:
    """moto takes what is no JSON for an empty object. Raises ValueError for it."""
    shape = model.input_shape
    if shape is not None and "payload" in shape.serialization:
        return  # the body is one member's content, which may be anything
    if not isinstance(json.loads(body), dict):
        raise ValueError("the body is no JSON object")


@cache
def _parser(service: str, operation: str, content_type: str) -> Any:
    model = get_service_model(service)
    try:
        protocol = determine_request_protocol(model, content_type)
    except NotImplementedError:  # a Content-Type that says nothing, as on a GET
        protocol = str(model.protocol)
    return PROTOCOL_PARSERS[protocol](model.operation_model(operation))
