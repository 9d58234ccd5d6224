"""The condition keys of a request.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sandbox.authorization.decision import principal_arn
from sandbox.model import ApiRequest, Caller

_TYPES = {"root": "Account", "user": "User", "assumed_role": "AssumedRole", "federated_user": "FederatedUser"}


def context_of(
    request: ApiRequest,
    caller: Caller,
    *,
    principal_tags: Mapping[str, str],
    organization_id: str | None,
) -> dict[str, str | list[str]]:
    """Global keys, and those of services that come straight from a parameter. A key that AWS leaves out is left out."""
    found: dict[str, str | list[str]] = {
        "aws:principalarn": principal_arn(caller),
        "aws:principalaccount": caller.account,
        "aws:principaltype": _TYPES[caller.kind],
        "aws:userid": caller.user_id,
        "aws:requestedregion": request.region,
        "aws:sourceip": request.source_ip,
        "aws:useragent": request.user_agent,
        "aws:currenttime": _iso(request.time),
        "aws:epochtime": str(int(request.time.timestamp())),
        # The sandbox has no TLS; AWS's endpoints have nothing else.
        "aws:securetransport": "true",
        "aws:viaawsservice": "false",
        "aws:principalisawsservice": "false",
    }
    if organization_id is not None:
        found["aws:principalorgid"] = organization_id
    if caller.kind == "user":
        found["aws:username"] = caller.name
    for name, value in principal_tags.items():
        found[f"aws:principaltag/{name.lower()}"] = value
    session = caller.session
    if session is not None:
        found["aws:tokenissuetime"] = _iso(session.issued_at)
        # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-multifactorauthpresent
        found["aws:multifactorauthpresent"] = "true" if session.mfa_authenticated else "false"
        if session.task_policy is not None:
            # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-assumedroot
            found["aws:assumedroot"] = "true"
        if session.source_identity:
            found["aws:sourceidentity"] = session.source_identity
        for name, value in session.tags.items():
            found[f"aws:principaltag/{name.lower()}"] = value
        found |= session.context_keys
    return found | _from_parameters(request.service, request.parameters)


def _from_parameters(service: str, given: Mapping[str, Any]) -> dict[str, str | list[str]]:
    found: dict[str, str | list[str]] = {}
    tags, without_value = _tags(given)
    if tags or without_value:
        found["aws:tagkeys"] = [*tags, *without_value]
    for key, value in tags.items():
        found[f"aws:requesttag/{key.lower()}"] = value
    task = given.get("TaskPolicyArn")
    if service == "sts" and isinstance(task, Mapping) and isinstance(task.get("arn"), str):
        found["sts:taskpolicyarn"] = task["arn"]
    for key, parameter in _KEYS.get(service, {}).items():
        if isinstance(given.get(parameter), (str, int)):
            found[key] = str(given[parameter])
    return found


def _tags(given: Mapping[str, Any]) -> tuple[dict[str, str], list[str]]:
    """The tags of a request, in the shapes that services have for them, and the keys of tags to be taken away."""
    tags: dict[str, str] = {}
    listed: list[Any] = []
    for parameter in ("Tags", "tags", "TagList"):
        value = given.get(parameter)
        if isinstance(value, Mapping):
            tags |= {str(key): str(one) for key, one in value.items()}
        elif isinstance(value, list):
            listed += value
    for specification in given.get("TagSpecifications") or given.get("TagSpecification") or ():
        listed += specification.get("Tags") or () if isinstance(specification, Mapping) else ()
    for tag in listed:
        if isinstance(tag, Mapping):
            for key, value in (("Key", "Value"), ("key", "value"), ("TagKey", "TagValue")):
                if tag.get(key) is not None:
                    tags[str(tag[key])] = str(tag.get(value) or "")
    keys = given.get("TagKeys") or given.get("tagKeys") or ()
    return tags, [str(key) for key in keys if isinstance(key, str)] if isinstance(keys, list) else []


# service -> condition key -> the parameter it is taken from
_KEYS: dict[str, dict[str, str]] = {
    "iam": {"iam:policyarn": "PolicyArn", "iam:permissionsboundary": "PermissionsBoundary"},
    "sts": {
        "sts:externalid": "ExternalId",
        "sts:rolesessionname": "RoleSessionName",
        "sts:sourceidentity": "SourceIdentity",
    },
    "s3": {"s3:prefix": "Prefix", "s3:delimiter": "Delimiter", "s3:max-keys": "MaxKeys", "s3:versionid": "VersionId"},
}


def _iso(time: datetime) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")
