"""Pages of EC2's lists. https://docs.aws.amazon.com/AWSEC2/latest/APIReference/Query-Requests.html#api-pagination"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any

from sandbox.errors import ApiError
from sandbox.model import ApiRequest


def page(request: ApiRequest, name: str, found: Sequence[Any], ids: str = "", most: int = 1000) -> dict[str, Any]:
    """One page of `found` under `name`, all of it where no MaxResults is given. `ids`: the parameter that excludes MaxResults."""
    given = request.parameters
    size = given.get("MaxResults")
    if size is not None and ids and given.get(ids):
        message = f"The parameter {ids} cannot be used with the parameter maxResults"
        raise ApiError("InvalidParameterCombination", message)
    if size is not None and not 5 <= int(size) <= most:
        message = f"Value ( {size} ) for parameter maxResults is invalid. Expecting a value between 5 and {most}."
        raise ApiError("InvalidParameterValue", message)
    start = _start(given.get("NextToken"))
    end = len(found) if size is None else start + int(size)
    answer: dict[str, Any] = {name: list(found[start:end])}
    if end < len(found):
        answer["NextToken"] = base64.b64encode(str(end).encode()).decode()
    return answer


def _start(token: Any) -> int:
    if not token:
        return 0
    try:
        return int(base64.b64decode(str(token), validate=True))
    except ValueError as fault:
        raise ApiError("InvalidPaginationToken", "The pagination token is not valid.") from fault
