"""The policies of functions, their versions and aliases: each has its own, and moto mixes them up. They are stored and read, and let
nobody in. https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from moto.moto_api._internal import mock_random

from sandbox.errors import ApiError
from sandbox.lambda_.functions import alias_or_version, found_function
from sandbox.model import ApiRequest, Caller

if TYPE_CHECKING:
    from sandbox.world import World

_ACCOUNT = re.compile(r"[0-9]{12}")
_CONDITIONS = {
    "SourceArn": ("ArnLike", "AWS:SourceArn"),
    "SourceAccount": ("StringEquals", "AWS:SourceAccount"),
    "PrincipalOrgID": ("StringEquals", "aws:PrincipalOrgID"),
    "EventSourceToken": ("StringEquals", "lambda:EventSourceToken"),
    "FunctionUrlAuthType": ("StringEquals", "lambda:FunctionUrlAuthType"),
}
"""Parameter -> the condition that it becomes."""


def add_permission(_world: World, request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
    """https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html"""
    function = found_function(request, caller)
    qualifier = alias_or_version(request, caller, function)
    policy, given = _policy(function, qualifier), request.parameters
    _is_expected(policy, request)
    if any(one["Sid"] == given["StatementId"] for one in policy["statements"]):
        raise ApiError(
            "ResourceConflictException", f"The statement id ({given['StatementId']}) provided already exists.", 409
        )
    statement = {
        "Sid": given["StatementId"],
        "Effect": "Allow",
        "Principal": _principal(str(given["Principal"])),
        "Action": given["Action"],
        "Resource": function.function_arn + (f":{qualifier}" if qualifier else ""),
    }
    conditions: dict[str, dict[str, str]] = {}
    for name, (operator, key) in _CONDITIONS.items():
        if given.get(name):
            conditions.setdefault(operator, {})[key] = given[name]
    if conditions:
        statement["Condition"] = conditions
    policy["statements"].append(statement)
    policy["revision"] = str(mock_random.uuid4())
    return {"Statement": json.dumps(statement)}


def remove_permission(_world: World, request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
    """https://docs.aws.amazon.com/lambda/latest/api/API_RemovePermission.html"""
    function = found_function(request, caller)
    policy, sid = _policy(function, alias_or_version(request, caller, function)), request.parameters["StatementId"]
    _is_expected(policy, request)
    left = [one for one in policy["statements"] if one["Sid"] != sid]
    if len(left) == len(policy["statements"]):
        raise ApiError("ResourceNotFoundException", f"Statement {sid} is not found in resource policy.", 404)
    policy.update(statements=left, revision=str(mock_random.uuid4()))
    return {}


def get_policy(_world: World, request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
    """https://docs.aws.amazon.com/lambda/latest/api/API_GetPolicy.html"""
    function = found_function(request, caller)
    policy = _policy(function, alias_or_version(request, caller, function))
    if not policy["statements"]:
        raise ApiError("ResourceNotFoundException", "The resource you requested does not exist.", 404)
    text = {"Version": "2012-10-17", "Id": "default", "Statement": policy["statements"]}
    return {"Policy": json.dumps(text, separators=(",", ":")), "RevisionId": policy["revision"]}


def _policy(function: Any, qualifier: str | None) -> dict[str, Any]:
    """It ends with the function."""
    policies: dict[str | None, dict[str, Any]] = function.__dict__.setdefault("policies_here", {})
    return policies.setdefault(qualifier, {"statements": [], "revision": str(mock_random.uuid4())})


def _is_expected(policy: Mapping[str, Any], request: ApiRequest) -> None:
    expected = request.parameters.get("RevisionId")
    if expected and expected != policy["revision"]:
        raise ApiError(
            "PreconditionFailedException", "The RevisionId provided does not match the latest RevisionId.", 412
        )


def _principal(given: str) -> Any:
    if given == "*":
        return "*"
    if _ACCOUNT.fullmatch(given):
        return {"AWS": f"arn:aws:iam::{given}:root"}
    return {"AWS": given} if given.startswith("arn:") else {"Service": given}


HANDLERS = {
    ("lambda", "AddPermission"): add_permission,
    ("lambda", "RemovePermission"): remove_permission,
    ("lambda", "GetPolicy"): get_policy,
}
