# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reads that the responder may lack the right to: what is not readable is a value, never taken for absent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

from ansible_collections.cordon.aws.plugins.module_utils.aws_errors import kind_of
from ansible_collections.cordon.aws.plugins.module_utils.errors import AwsError

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True, slots=True)
class NotReadable:
    """AWS refused to tell."""

    why: str


def readable(ask: Callable[[], T]) -> T | NotReadable:
    """What `ask` answers, or that the responder may not know. Raises any other error."""
    try:
        return ask()
    except AwsError as error:
        if kind_of(error.code) != "AccessDenied":
            raise
        return NotReadable(why=f"cannot {error.tried}: {error.why}")


def existing(ask: Callable[[], T]) -> T | NotReadable | None:
    """The same; None for what does not exist, or not any more: whoever deletes things all the time must not keep us."""
    try:
        return readable(ask)
    except AwsError as error:
        if error.code not in ("NoSuchEntity", "PolicyNotFoundException"):
            raise
        return None


def in_utc(value: object) -> datetime | None:
    """A time as botocore parsed it."""
    return value.astimezone(UTC) if isinstance(value, datetime) else None
