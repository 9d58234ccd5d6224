"""Limits of tags, and tags that are AWS's own.
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Tags.html#tag-restrictions"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sandbox.ec2 import things
from sandbox.errors import ApiError
from sandbox.model import ApiRequest, Caller

_MOST_RESOURCES = 1000
"""https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateTags.html"""
_MOST_TAGS, _KEY, _VALUE = 50, 128, 256


def _fit(request: ApiRequest, caller: Caller) -> None:
    given = request.parameters
    resources, tags = given.get("Resources") or (), given.get("Tags") or ()
    if len(resources) > _MOST_RESOURCES:
        raise ApiError("InvalidParameterValue", f"At most {_MOST_RESOURCES} resource IDs can be specified.")
    _are_there(things.backend(request, caller), [str(one) for one in resources])
    for tag in tags:
        key, value = str(tag.get("Key") or ""), str(tag.get("Value") or "")
        if key.lower().startswith("aws:"):
            message = f"Value ( {key} ) for parameter key is invalid. Tag keys starting with 'aws:' are reserved for internal use"
            raise ApiError("InvalidParameterValue", message)
        if not 1 <= len(key) <= _KEY:
            raise ApiError("InvalidParameterValue", f"Tag keys have 1 to {_KEY} characters.")
        if len(value) > _VALUE:
            raise ApiError("InvalidParameterValue", f"Tag values have at most {_VALUE} characters.")
    if request.operation == "CreateTags" and len({tag.get("Key") for tag in tags}) > _MOST_TAGS:
        raise ApiError("TagLimitExceeded", f"Each resource can have a maximum of {_MOST_TAGS} tags.")


def _are_there(ec2: Any, ids: Sequence[str]) -> None:
    """Of what has its own way of being refused: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html"""
    things.instances(ec2, [one for one in ids if one.startswith("i-")])
    things.interfaces(ec2, [one for one in ids if one.startswith("eni-")])


GUARDS = {("ec2", "CreateTags"): _fit, ("ec2", "DeleteTags"): _fit}
