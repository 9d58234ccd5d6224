"""One API call as a CloudTrail event. Pure.
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html

Where the page leaves open how a service writes its events, real ones decide: /shared/data/cloudtrail/stratus-red-team."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from botocore.model import OperationModel
from moto.core.utils import get_service_model

from sandbox.cloudtrail import additions, ec2, parameters, resources, s3
from sandbox.cloudtrail.catalogue import GLOBAL_REGION, GLOBAL_SERVICES, Kind, kind_of
from sandbox.cloudtrail.identity import ANONYMOUS, other_account, user_identity
from sandbox.model import ApiRequest, Caller, Outcome

__all__ = ["GLOBAL_SERVICES", "event_of", "in_other_account", "is_data_event", "is_recorded", "kind_of_call"]

_REFUSALS = frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation"})
# Assumption from real events: of the refused calls these services' events keep their parameters, all others carry null.
_KEEPS_REFUSED_PARAMETERS = frozenset({"ec2", "kms", "s3"})
# https://docs.aws.amazon.com/kms/latest/developerguide/ct-retire-grant.html
_SHOWS_NO_REQUEST = frozenset({("kms", "RetireGrant")})
_CIPHER = "TLS_AES_128_GCM_SHA256"


def kind_of_call(request: ApiRequest) -> Kind | None:
    return kind_of(request.service, request.operation, request.read_only)


def is_recorded(request: ApiRequest) -> bool:
    return kind_of_call(request) is not None


def is_data_event(request: ApiRequest) -> bool:
    kind = kind_of_call(request)
    return kind is not None and kind.category == "Data"


def event_of(
    request: ApiRequest,
    caller: Caller | None,
    outcome: Outcome,
    event_id: str,
    *,
    region: str = "",
    issuer_id: str = "",
    recipient: str = "",
) -> dict[str, Any]:
    """The event in the account of the caller. `region`: where the resource is, if not where the request went; `issuer_id`: the unique
    id of the IAM user behind a federated session; `recipient`: whose bucket an anonymous caller looked into."""
    kind = kind_of_call(request)
    if kind is None:
        raise ValueError(f"CloudTrail records no {request.service}:{request.operation}")
    account = caller.account if caller else recipient
    region = GLOBAL_REGION if request.service in GLOBAL_SERVICES else region or request.region
    event: dict[str, Any] = {
        "eventVersion": kind.version,
        "userIdentity": user_identity(caller, issuer_id) if caller else dict(ANONYMOUS),
        "eventTime": f"{request.time:%Y-%m-%dT%H:%M:%SZ}",
        "eventSource": kind.source,
        "eventName": kind.name,
        "awsRegion": region,
        "sourceIPAddress": request.source_ip,
        "userAgent": f"[{request.user_agent}]" if request.service == "s3" else request.user_agent,
    }
    if outcome.error_code is not None:
        event["errorCode"] = _error_name(request.service, outcome.error_code, outcome.status)
        event["errorMessage"] = outcome.error_message or ""
    event["requestParameters"] = _request_parameters(request, outcome, region)
    event["responseElements"] = _response_elements(request, outcome, kind, account, region)
    if request.service == "s3":
        event["additionalEventData"] = {
            "SignatureVersion": "SigV4",
            "CipherSuite": _CIPHER,
            "AuthenticationMethod": "AuthHeader",
        }
    if (request.service, request.operation) in _SHOWS_NO_REQUEST and outcome.response:
        event["additionalEventData"] = {"grantId": outcome.response["GrantId"]}
    event |= {"requestID": request.request_id, "eventID": event_id, "readOnly": kind.read_only}
    touched = _touched(request, outcome, account, region)
    if touched and outcome.error_code not in _REFUSALS:
        event["resources"] = touched
    return event | {
        "eventType": "AwsApiCall",
        "managementEvent": kind.category == "Management",
        "recipientAccountId": account,
        "eventCategory": kind.category,
        "tlsDetails": {"tlsVersion": "TLSv1.3", "cipherSuite": _CIPHER, "clientProvidedHostHeader": _host(request)},
    }


def _touched(request: ApiRequest, outcome: Outcome, account: str, region: str) -> list[dict[str, str]] | None:
    """`resources`; KMS names the key that an alias stands for, or stood for, beside the alias.
    https://docs.aws.amazon.com/kms/latest/developerguide/ct-createalias.html"""
    found = resources.resources(request.service, request.operation, request.parameters, account, region)
    alias = request.parameters.get("AliasName")
    if request.service != "kms" or (found and not alias):
        return found
    key = additions.key_arn(request, outcome.response, account, region)
    arns = [*([f"arn:aws:kms:{region}:{account}:{alias}"] if alias else ()), *([key] if key else ())]
    return [
        {"accountId": account, "type": "AWS::KMS::Key" if ":key/" in arn else "AWS::KMS::Alias", "ARN": arn}
        for arn in arns
    ]


def in_other_account(
    event: Mapping[str, Any], account: str, event_id: str, shared_id: str, caller: Caller
) -> dict[str, Any]:
    """The second event of a call across accounts, in the account of the role or object: all that it tells of the caller is where from.
    https://docs.aws.amazon.com/awscloudtrail/latest/userguide/shared-event-ID.html"""
    return {
        **event,
        "userIdentity": other_account(caller),
        "eventID": event_id,
        "sharedEventID": shared_id,
        "recipientAccountId": account,
    }


def data_arn(request: ApiRequest, account: str, region: str) -> str:
    """What event selectors compare for a data event."""
    return resources.data_arn(request.service, request.parameters, account, region)


@cache
def _model(service: str, operation: str) -> OperationModel:
    found: OperationModel = get_service_model(service).operation_model(operation)
    return found


def _request_parameters(request: ApiRequest, outcome: Outcome, region: str) -> dict[str, Any] | None:
    if outcome.error_code in _REFUSALS and request.service not in _KEEPS_REFUSED_PARAMETERS:
        return None
    model = _model(request.service, request.operation)
    if request.service == "ec2":
        return parameters.limited(ec2.request_parameters(request.parameters, model))
    if request.service in ("s3", "s3control"):
        return parameters.limited(s3.request_parameters(request.parameters, model, region))
    if (request.service, request.operation) in _SHOWS_NO_REQUEST:
        return None
    besides = additions.of_request(request)
    return parameters.shown(request.parameters, model.input_shape, request.service, besides)


def _response_elements(
    request: ApiRequest, outcome: Outcome, kind: Kind, account: str, region: str
) -> dict[str, Any] | None:
    """Of calls that change something, and of those that give out sessions. S3 shows headers for objects, and nothing else."""
    if outcome.error_code is not None or outcome.status >= 300 or request.service == "s3control":
        return None
    if request.service == "s3":
        return s3.response_elements(outcome.response or {}) if kind.category == "Data" and not kind.read_only else None
    if kind.read_only and request.service != "sts":
        return None
    model = _model(request.service, request.operation)
    response = outcome.response or {}
    if request.service == "ec2":
        return parameters.limited(ec2.response_elements(response, model, request.request_id))
    if request.read_only:
        return None
    besides = additions.of_answer(request, outcome, account, region)
    return parameters.shown(response, model.output_shape, request.service, besides)


def _error_name(service: str, code: str, status: int) -> str:
    """EC2's errors say whose fault it was, a refusal is AccessDenied in every service that says AccessDeniedException, and errors of the
    query protocol are written by the name of their shape: LimitExceededException for LimitExceeded."""
    if service == "ec2":
        return f"{'Server' if status >= 500 else 'Client'}.{code}"
    if code == "AccessDeniedException":
        return "AccessDenied"
    return _error_shapes(service).get(code, code)


@cache
def _error_shapes(service: str) -> dict[str, str]:
    if service == "s3":
        return {}
    shapes = get_service_model(service).error_shapes
    return {
        shape.metadata["error"]["code"]: shape.name for shape in shapes if shape.metadata.get("error", {}).get("code")
    }


def _host(request: ApiRequest) -> str:
    if request.service == "s3":
        bucket = request.parameters.get("Bucket")
        return f"{bucket}.s3.{request.region}.amazonaws.com" if bucket else f"s3.{request.region}.amazonaws.com"
    prefix = get_service_model(request.service).endpoint_prefix
    return (
        f"{prefix}.amazonaws.com" if request.service in GLOBAL_SERVICES else f"{prefix}.{request.region}.amazonaws.com"
    )
