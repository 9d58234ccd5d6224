# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a trail is asked, as modules' options say it: whom to follow, and from when to when. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from ansible_collections.cordon.aws.plugins.module_utils.errors import InputError
from ansible_collections.cordon.aws.plugins.module_utils.iam.principal_names import PrincipalName, parse_principal
from ansible_collections.cordon.aws.plugins.module_utils.plan import Json
from ansible_collections.cordon.aws.plugins.module_utils.times import parse_time
from ansible_collections.cordon.aws.plugins.module_utils.trail.event_log import Span

TRAIL_OPTIONS: dict[str, Json] = {
    "trail": {"type": "str", "default": "lookup_events"},
    "access_key_ids": {"type": "list", "elements": "str", "default": [], "no_log": False},
    "principals": {"type": "list", "elements": "str", "default": []},
    "since": {"type": "str"},
    "until": {"type": "str"},
}
_AGO = re.compile(r"(?P<number>[0-9]{1,4})(?P<unit>[mhdw])")
_UNITS: Mapping[str, timedelta] = {
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
}
_REGION = re.compile(r"[a-z]{2,3}(-[a-z]{1,16}){1,3}-[0-9]{1,2}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Question:
    """Whom to follow, and from when to when what they did counts."""

    seeds: tuple[PrincipalName, ...]
    span: Span


def question_of(options: Mapping[str, Json]) -> Question:
    """Raises InputError, for all wrong values at once, and where nobody is named."""
    seeds: list[PrincipalName] = []
    faults: list[InputError] = []
    for option in ("access_key_ids", "principals"):
        for number, text in enumerate(options[option]):
            try:
                name = parse_principal(text, f"{option}[{number}]")
            except InputError as fault:
                faults.append(fault)
                continue
            if option == "access_key_ids" and not (name.access_key_id or name.session_key_id):
                faults.append(
                    InputError(
                        f"use `{option}[{number}]` = {ascii(text)[:80]}",
                        "it is not an access key's id",
                        "Give AKIA... or ASIA..., and users, roles and sessions as `principals`.",
                    )
                )
            seeds.append(name)
    if faults:
        raise InputError.together(faults)
    if not seeds:
        raise InputError(
            "follow nobody", "neither `access_key_ids` nor `principals` names anybody", "Name the attacker."
        )
    now = datetime.now(UTC)
    since, until = (moment_of(options[name], name, now) for name in ("since", "until"))
    if since and until and since >= until:
        raise InputError(
            f"use `since` = {options['since']}",
            "it is not before `until`",
            "Leave one of them out, or turn them round.",
        )
    return Question(seeds=tuple(dict.fromkeys(seeds)), span=Span(since=since, until=until))


def moment_of(text: str | None, option: str, now: datetime) -> datetime | None:
    """A time with its zone, or how long before `now`: 90m, 36h, 7d, 2w. None where nothing is given. Raises InputError."""
    given = (text or "").strip()
    ago = _AGO.fullmatch(given)
    if ago:
        return now - int(ago["number"]) * _UNITS[ago["unit"]]
    return parse_time(given, option) if given else None


def parse_regions(regions: Sequence[object] | None) -> frozenset[str] | None:
    """Names of regions; None where any region will do. Raises InputError, for all wrong ones at once."""
    if regions is None:
        return None
    faults = [
        InputError(f"use `regions[{number}]` = {ascii(region)[:80]}", "it is not a region", "Write it like us-east-1.")
        for number, region in enumerate(regions)
        if not (isinstance(region, str) and _REGION.fullmatch(region))
    ]
    if faults:
        raise InputError.together(faults)
    return frozenset(str(region) for region in regions)
