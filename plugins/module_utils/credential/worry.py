# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Puts principals into the order in which a responder should worry, and says why in sentences. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from ansible_collections.cordon.aws.plugins.module_utils.credential.ability import Ability
from ansible_collections.cordon.aws.plugins.module_utils.credential.escalation import Path
from ansible_collections.cordon.aws.plugins.module_utils.credential.trust import Trust
from ansible_collections.cordon.aws.plugins.module_utils.plan import Json

RECENT = timedelta(days=7)
"""What was used within it is taken for in use."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Key:
    """One long-term access key."""

    key_id: str
    active: bool
    last_used: datetime | None
    """None: never used, as far as AWS knows."""
    service: str = ""
    region: str = ""
    unreadable: str = ""
    """Why it could not be read when it was used."""

    def as_json(self) -> dict[str, Json]:
        return {
            "id": self.key_id,
            "status": "Active" if self.active else "Inactive",
            "last_used": as_text(self.last_used),
            "last_used_readable": not self.unreadable,
            "service": self.service or None,
            "region": self.region or None,
        }


@dataclass(frozen=True, kw_only=True, slots=True)
class Facts:
    """What the order rests on."""

    label: str
    kind: str
    administrator: Ability
    paths: tuple[Path, ...]
    keys: tuple[Key, ...]
    last_seen: datetime | None
    """When it was last seen to do anything, by whatever credential; None where nothing is known."""
    trusts: tuple[Trust, ...] = ()
    contained_by: tuple[str, ...] = ()


def ranked(facts: Sequence[Facts], now: datetime) -> tuple[int, ...]:
    """The places in `facts`, the most worrying first: who can act and reach far, then how far, then how lately it was used."""
    return tuple(sorted(range(len(facts)), key=lambda place: _score(facts[place], now)))


def _score(one: Facts, now: datetime) -> tuple[Json, ...]:
    reach, life = _reach(one), _life(one, now)
    seen = _last(one)
    return (
        not (reach >= _FAR and life >= _LIVE),
        -reach,
        -life,
        -(seen.timestamp() if seen else 0),
        -sum(trust.possible.answer != "no" for trust in one.trusts),
        one.label,
    )


_FAR, _LIVE = 2, 2


def _reach(one: Facts) -> int:
    """How much it can come to do: 6 is everything, 0 nothing that gains it more."""
    best = one.paths[0].open.answer if one.paths else "no"
    if one.administrator.answer == "yes":
        return 6
    if best == "yes":
        return 5
    if one.administrator.answer == "with conditions":
        return 4
    if "unknown" in (one.administrator.answer, best):
        return 3
    return 2 if best == "with conditions" else 0


def _life(one: Facts, now: datetime) -> int:
    """Whether somebody acts with it: 3 is in use, 2 usable, 1 was used lately, 0 neither. Where Cordon has contained it, an
    inactive key counts as active: what it was before is asked."""
    usable = one.kind != "user" or any(key.active or one.contained_by for key in one.keys)
    recent = any(_is_recent(key.last_used, now) for key in one.keys if key.active or one.contained_by)
    seen = _is_recent(one.last_seen, now)
    return 3 if usable and (recent or (seen and one.kind != "user")) else 2 if usable else 1 if seen else 0


def _last(one: Facts) -> datetime | None:
    return max(filter(None, [one.last_seen, *(key.last_used for key in one.keys)]), default=None)


def _is_recent(when: datetime | None, now: datetime) -> bool:
    return when is not None and now - when <= RECENT


def worries(one: Facts, now: datetime) -> tuple[str, ...]:
    """Why to worry about it, the worst first, in whole sentences."""
    return (*_about_reach(one), *_about_use(one, now), *_about_others(one))


def _about_reach(one: Facts) -> list[str]:
    sentences = []
    means = {
        "yes": "It is an administrator",
        "with conditions": "It is an administrator with conditions",
        "unknown": "Whether it is an administrator cannot be told",
    }
    if one.administrator.answer != "no":
        sentences.append(f"{means[one.administrator.answer]}: {'; '.join(one.administrator.why)}.")
    for answer, can in (
        ("yes", "can give itself more"),
        ("with conditions", "may be able to give itself more, with conditions"),
        ("unknown", "may be able to give itself more, which cannot be told"),
    ):
        names = [path.method.name for path in one.paths if path.open.answer == answer]
        if names and one.administrator.answer != "yes":
            more = f" and {len(names) - 3} more way{'s' if len(names) > 4 else ''}" if len(names) > 3 else ""
            sentences.append(f"It {can}: {', '.join(names[:3])}{more}.")
    return sentences


def _about_use(one: Facts, now: datetime) -> list[str]:
    sentences = []
    for key in sorted(one.keys, key=lambda key: (not key.active, key.last_used is None, key.key_id)):
        state = "is active" if key.active else "is inactive now" if one.contained_by else "is inactive"
        if key.unreadable:
            used = "when it was used could not be read"
        elif key.last_used is None:
            used = "AWS knows of no use"
        else:
            where = f" ({', '.join(filter(None, [key.service, key.region]))})" if key.service else ""
            used = f"was last used {_ago(key.last_used, now)}{where}"
        if key.active or key.last_used is not None or one.contained_by:
            sentences.append(f"Access key {key.key_id} {state} and {used}.")
    if one.last_seen is not None and not any(key.last_used for key in one.keys):
        sentences.append(f"It was last seen {_ago(one.last_seen, now)}.")
    return sentences


def _about_others(one: Facts) -> list[str]:
    open_roles = [trust.role for trust in one.trusts if trust.possible.answer != "no"]
    if not open_roles:
        return []
    more = f" and {len(open_roles) - 3} more" if len(open_roles) > 3 else ""
    return [f"It may assume roles in other accounts: {', '.join(open_roles[:3])}{more}."]


def _ago(when: datetime, now: datetime) -> str:
    """A time and how long ago that is: "2026-05-04T03:02:01Z, 5 minutes ago"."""
    seconds = max(0, int((now - when).total_seconds()))
    for size, unit in ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second")):
        if seconds >= size:
            count = seconds // size
            return f"{as_text(when)}, {count} {unit}{'s' if count > 1 else ''} ago"
    return f"{as_text(when)}, just now"


def as_text(when: datetime | None) -> str | None:
    """UTC, to the second."""
    return None if when is None else when.strftime("%Y-%m-%dT%H:%M:%SZ")
