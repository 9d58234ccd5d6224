# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Carries out calls of many targets on the same thing in as few requests as AWS allows, and tells of each what kept it from being done."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import TypeAlias, TypeVar

from ansible_collections.cordon.aws.plugins.module_utils.aws_errors import is_passing
from ansible_collections.cordon.aws.plugins.module_utils.errors import AwsError, CordonError
from ansible_collections.cordon.aws.plugins.module_utils.parallel import in_parallel
from ansible_collections.cordon.aws.plugins.module_utils.plan import Call, Json

ATTEMPTS = 3
PAUSE_S = 0.5
Answer: TypeAlias = "CordonError | None"

_T = TypeVar("_T")


def by_thing(
    calls: Sequence[Call], parameter: str, carry: Callable[[Sequence[Call]], Sequence[Answer]]
) -> list[Answer]:
    """Let `carry` carry out the calls that name the same thing in `parameter`; things side by side, since AWS refuses two changes of
    one at a time. What it raises is the answer to all of its calls."""

    def answered(numbers: Sequence[int]) -> Sequence[Answer]:
        try:
            return carry([calls[number] for number in numbers])
        except CordonError as error:
            return [error] * len(numbers)

    numbers: dict[tuple[str, str, Json], list[int]] = defaultdict(list)
    for number, call in enumerate(calls):
        numbers[call.account, call.region, call.parameters[parameter]].append(number)
    answers: dict[int, Answer] = {}
    for some, told in zip(numbers.values(), in_parallel(numbers.values(), answered), strict=True):
        answers.update(zip(some, told, strict=True))
    return [answers[number] for number in range(len(calls))]


def sent(items: Sequence[_T], most: int, send: Callable[[Sequence[_T]], object]) -> list[Answer]:
    """Send `items`, at most so many in one request. Where AWS refuses several, each is sent alone, to tell which it is that it refuses.

    `send` must bear being repeated."""
    answers: list[Answer] = []
    for start in range(0, len(items), most):
        some = items[start : start + most]
        error = _tried(some, send)
        if error is None or len(some) == 1:
            answers.extend([error] * len(some))
        else:
            answers.extend(_tried([item], send) for item in some)
    return answers


def _tried(items: Sequence[_T], send: Callable[[Sequence[_T]], object]) -> Answer:
    for attempt in range(1, ATTEMPTS + 1):
        try:
            send(items)
        except CordonError as error:
            passes = isinstance(error, AwsError) and (is_passing(error.code) or error.may_have_happened)
            if attempt == ATTEMPTS or not passes:
                return error
            time.sleep(PAUSE_S)
        else:
            break
    return None
