"""A request for each of the operations of Lambda that the sandbox adds, with something to answer about."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.backends import get_backend
from sandbox_calls import ACCOUNT, call, user

from sandbox.lambda_ import concurrency, permissions, provisioned, urls
from sandbox.world import World

REGION = "eu-west-1"
NAME = "resize"
_NO_FILES = "UEsFBgAAAAAAAAAAAAAAAAAAAAAAAA=="
"""An archive without any, in Base64."""
HANDLERS = {**concurrency.HANDLERS, **permissions.HANDLERS, **provisioned.HANDLERS, **urls.HANDLERS}
Parameters = dict[str, Any]


def function() -> Any:
    """moto's function with a version 1, an alias "live" of it, and a URL."""
    role = "arn:aws:iam::111122223333:role/runs"
    iam = get_backend("iam")[ACCOUNT]["aws"]
    if role not in {one.arn for one in iam.get_roles()}:
        iam.create_role("runs", "{}", "/", None, "", [], 3600)
    lambda_ = get_backend("lambda")[ACCOUNT][REGION]
    made = lambda_.create_function(
        {
            "FunctionName": NAME,
            "Role": role,
            "Runtime": "python3.12",
            "Handler": "a.b",
            "Code": {"ZipFile": _NO_FILES},
        }
    )
    lambda_.publish_version(NAME)
    lambda_.create_alias("live", NAME, "1", "", None)
    lambda_.create_function_url_config(NAME, {"AuthType": "NONE"})
    return made


def _of_it(_world: World) -> Parameters:
    function()
    return {"FunctionName": NAME}


def _reserved(world: World) -> Parameters:
    given = _of_it(world)
    get_backend("lambda")[ACCOUNT][REGION].put_function_concurrency(NAME, 5)
    return given


def _of_alias(world: World) -> Parameters:
    return _of_it(world) | {"Qualifier": "live"}


def _amount(world: World) -> Parameters:
    return _of_alias(world) | {"ProvisionedConcurrentExecutions": 2}


def _provisioned(world: World) -> Parameters:
    given = _amount(world)
    provisioned.put_config(world, call("lambda", "PutProvisionedConcurrencyConfig", given), user())
    return {name: given[name] for name in ("FunctionName", "Qualifier")}


def _all_provisioned(world: World) -> Parameters:
    return {"FunctionName": _provisioned(world)["FunctionName"]}


def _statement(world: World) -> Parameters:
    named = {"StatementId": "topic", "Action": "lambda:InvokeFunction", "Principal": "sns.amazonaws.com"}
    return _of_it(world) | named | {"SourceArn": "arn:aws:sns:eu-west-1:111122223333:orders"}


def _with_statement(world: World) -> Parameters:
    permissions.add_permission(world, call("lambda", "AddPermission", _statement(world)), user())
    return {"FunctionName": NAME}


def _one_statement(world: World) -> Parameters:
    return _with_statement(world) | {"StatementId": "topic"}


CASES: dict[tuple[str, str], Callable[[World], Parameters]] = {
    ("lambda", "GetFunctionConcurrency"): _reserved,
    ("lambda", "AddPermission"): _statement,
    ("lambda", "RemovePermission"): _one_statement,
    ("lambda", "GetPolicy"): _with_statement,
    ("lambda", "PutProvisionedConcurrencyConfig"): _amount,
    ("lambda", "GetProvisionedConcurrencyConfig"): _provisioned,
    ("lambda", "ListProvisionedConcurrencyConfigs"): _all_provisioned,
    ("lambda", "DeleteProvisionedConcurrencyConfig"): _provisioned,
    ("lambda", "ListFunctionUrlConfigs"): _of_it,
}
