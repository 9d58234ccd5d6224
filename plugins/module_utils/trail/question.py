# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is asked of a trail: whom to trace, from when to when, and where. The options of modules that read trails, checked. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from ansible_collections.cordon.aws.plugins.module_utils.errors import InputError
from ansible_collections.cordon.aws.plugins.module_utils.iam.principal_names import (
    EXPECTED,
    PrincipalName,
    parse_accounts,
    parse_principals,
)
from ansible_collections.cordon.aws.plugins.module_utils.plan import Json
from ansible_collections.cordon.aws.plugins.module_utils.times import parse_time
from ansible_collections.cordon.aws.plugins.module_utils.trail.event_log import Span
from ansible_collections.cordon.aws.plugins.module_utils.trail.graph.rule import seeds_of

OPTIONS: Final[dict[str, Json]] = {
    "trail": {"type": "str", "required": True},
    "access_key_ids": {"type": "list", "elements": "str", "default": [], "no_log": False},
    "principals": {"type": "list", "elements": "str", "default": []},
    "since": {"type": "str"},
    "until": {"type": "str"},
    "accounts": {"type": "list", "elements": "str"},
    "regions": {"type": "list", "elements": "str"},
}
_AGO = re.compile(r"(?P<number>[0-9]{1,5})(?P<unit>[mhdw])")
_UNITS: Mapping[str, timedelta] = {
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
}
_REGION = re.compile(r"[a-z]{2,3}(-[a-z]{1,16}){1,3}-[0-9]{1,2}")
# CloudTrail's oldest events are of 2013: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-document-history.html
_LONGEST = timedelta(days=36_500)


@dataclass(frozen=True, kw_only=True, slots=True)
class Question:
    """What to look for in which trail."""

    trail: str
    names: tuple[PrincipalName, ...]
    span: Span
    accounts: frozenset[str] | None = None
    """None: all."""
    regions: frozenset[str] | None = None


def question_of(options: Mapping[str, Any], now: datetime) -> Question:
    """The question that a module's options ask. Raises InputError for the first option that cannot be meant."""
    names = _names(options)
    seeds_of(names)
    since, until = moment_of(options["since"], "since", now), moment_of(options["until"], "until", now)
    if since is not None and until is not None and since >= until:
        raise InputError(
            f"trace from {options['since']} to {options['until']}",
            "`since` is not before `until`",
            "Leave out `until` for everything since then.",
        )
    return Question(
        trail=_trail(options["trail"]),
        names=names,
        span=Span(since=since, until=until),
        accounts=parse_accounts(options["accounts"]),
        regions=_regions(options["regions"]),
    )


def moment_of(text: str | None, option: str, now: datetime) -> datetime | None:
    """A time with its zone, or how long ago: 90m, 36h, 7d, 2w."""
    if text is None or not text.strip():
        return None
    ago = _AGO.fullmatch(text.strip())
    if ago is None:
        return parse_time(text.strip(), option)
    length = int(ago["number"]) * _UNITS[ago["unit"]]
    if length > _LONGEST:
        raise InputError(f"use `{option}` = {text}", "that is a hundred years ago", "Leave it out for everything.")
    return now - length


def _names(options: Mapping[str, Any]) -> tuple[PrincipalName, ...]:
    keys: Sequence[str] = options["access_key_ids"] or ()
    principals: Sequence[str] = options["principals"] or ()
    if not keys and not principals:
        raise InputError(
            "trace nobody",
            "`access_key_ids` and `principals` are empty",
            f"Name at least one: {EXPECTED}.",
        )
    found = [*(parse_principals(keys, "access_key_ids") if keys else ())]
    for number, name in enumerate(found):
        if not (name.access_key_id or name.session_key_id):
            raise InputError(
                f"use `access_key_ids[{number}]` = {ascii(name.text)[:120]}",
                "it is not an access key id",
                "Access key ids begin with AKIA or ASIA; give others as `principals`.",
            )
    found += parse_principals(principals, "principals") if principals else ()
    return tuple(dict.fromkeys(found))


def _trail(text: str) -> str:
    if not text.strip() or not text.isprintable():
        raise InputError(
            f"use `trail` = {ascii(text)[:120]}",
            "it names nothing",
            "Give a file, a directory, s3://bucket/prefix or lookup_events.",
        )
    return text.strip()


def _regions(regions: Sequence[str] | None) -> frozenset[str] | None:
    if regions is None:
        return None
    for number, region in enumerate(regions):
        if not _REGION.fullmatch(region):
            raise InputError(
                f"use `regions[{number}]` = {ascii(region)[:80]}", "it is not a region", "Write it like us-east-1."
            )
    return frozenset(regions)
