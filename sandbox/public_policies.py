"""Which statements of resource policies let everybody in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def opens_to_all(statement: Any) -> bool:
    """Whether the statement lets everybody in without any condition. Which conditions make a policy public all the same is not judged.
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html#access-control-block-public-access-policy-status"""
    if not isinstance(statement, Mapping) or statement.get("Effect") != "Allow" or statement.get("Condition"):
        return False
    principal = statement.get("Principal")
    named = principal.get("AWS") if isinstance(principal, Mapping) else principal
    return "*" in listed(named)


def listed(value: Any) -> list[Any]:
    """What may be one or a list of them, as a list."""
    return list(value) if isinstance(value, list) else [value]
