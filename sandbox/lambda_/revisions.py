"""Revisions of a function: each change makes a new one, and a change that expects another is refused.
https://docs.aws.amazon.com/lambda/latest/api/API_UpdateFunctionCode.html (RevisionId)"""

from __future__ import annotations

from typing import Any

from moto.moto_api._internal import mock_random

from sandbox.errors import ApiError
from sandbox.lambda_.functions import found_function
from sandbox.model import ApiRequest, Caller


def revision(function: Any) -> str:
    """The present one."""
    found: str = function.__dict__.setdefault("revision_here", str(mock_random.uuid4()))
    return found


def changed(function: Any) -> None:
    function.__dict__["revision_here"] = str(mock_random.uuid4())


def _is_expected(request: ApiRequest, caller: Caller) -> None:
    expected = request.parameters.get("RevisionId")
    if expected and expected != revision(found_function(request, caller)):
        raise ApiError(
            "PreconditionFailedException",
            "The Revision Id provided does not match the latest Revision Id. Call the GetFunction/GetAlias API to retrieve the latest "
            "Revision Id",
            412,
        )


GUARDS = {
    ("lambda", "UpdateFunctionCode"): _is_expected,
    ("lambda", "UpdateFunctionConfiguration"): _is_expected,
}
