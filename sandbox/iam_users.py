"""The user that a call to IAM is about: the one it names or, where it names none, the caller."""

from __future__ import annotations

from typing import Any

from sandbox.authorization.views import iam_of
from sandbox.errors import ApiError
from sandbox.model import ApiRequest, Caller


def named_user(request: ApiRequest, caller: Caller) -> Any:
    """moto's user. Raises ApiError where there is none.
    https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListSSHPublicKeys.html: without UserName it is the one whose key signed"""
    name = request.parameters.get("UserName")
    if name is None and caller.kind != "user":
        raise ApiError("ValidationError", "Must specify userName when calling with non-User credentials", 400)
    user = iam_of(caller.account).users.get(name or caller.name)
    if user is None:
        raise ApiError("NoSuchEntity", f"The user with name {name or caller.name} cannot be found.", 404)
    return user
