# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Times as options give them."""

from __future__ import annotations

from datetime import UTC, datetime

from ansible_collections.cordon.aws.plugins.module_utils.errors import InputError


def parse_time(text: str, option: str) -> datetime:
    """An aware UTC time. Raises InputError for what is no time, or does not say its zone: hours lie between what is meant and what
    would be taken."""
    try:
        found = datetime.fromisoformat(text)
        if found.tzinfo is not None:
            return found.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise _wrong(text, option, "it is not a time") from error
    raise _wrong(text, option, "it does not say its time zone")


def as_text(time: datetime) -> str:
    """As IAM's conditions and CloudTrail write it: to the second, in UTC."""
    return f"{time.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _wrong(text: str, option: str, why: str) -> InputError:
    return InputError(
        f"use `{option}` = {ascii(text)[:80]}", why, "Write it in ISO 8601 with its zone: 2026-01-31T14:05:00Z."
    )
