"""Pages of lists, as the firewall services cut them."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any

from sandbox.errors import ApiError
from sandbox.model import ApiRequest


def page(
    request: ApiRequest, name: str, found: Sequence[Any], most: int, error: str = "InvalidRequestException"
) -> dict[str, Any]:
    """One page of `found` under `name`, and the token of the next one. Raises ApiError `error` for a MaxResults or token that cannot be."""
    given = request.parameters
    size = most if given.get("MaxResults") is None else int(given["MaxResults"])
    if not 1 <= size <= most:
        raise ApiError(error, f"MaxResults must be from 1 to {most}.")
    start = 0
    if given.get("NextToken"):
        try:
            start = int(base64.b64decode(str(given["NextToken"]), validate=True))
        except ValueError as fault:
            raise ApiError(error, "The NextToken is not valid.") from fault
    answer: dict[str, Any] = {name: list(found[start : start + size])}
    if start + size < len(found):
        answer["NextToken"] = base64.b64encode(str(start + size).encode()).decode()
    return answer
