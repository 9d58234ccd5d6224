"""Operations that the sandbox answers itself, and checks that it makes before moto answers: one table of each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from sandbox import findings, guests, iam, iam_guards, images, sts
from sandbox.cloudtrail import lookup
from sandbox.model import ApiRequest, Caller

if TYPE_CHECKING:
    from sandbox.world import World

Handler = Callable[["World", ApiRequest, Caller], Mapping[str, Any]]
Guard = Callable[[ApiRequest, Caller], None]
Operation = tuple[str, str]
"""(boto3's service name, operation)"""

HANDLERS: dict[Operation, Handler] = {
    **sts.HANDLERS,
    **iam.HANDLERS,
    **lookup.HANDLERS,
    **findings.HANDLERS,
    **images.HANDLERS,
    **guests.HANDLERS,
}
GUARDS: dict[Operation, Guard] = {**iam_guards.GUARDS}
