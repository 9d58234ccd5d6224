# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is known of principals as text for people, the most worrying first. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from ansible_collections.cordon.aws.plugins.module_utils.credential.entry import Entry
from ansible_collections.cordon.aws.plugins.module_utils.credential.investigation import Known
from ansible_collections.cordon.aws.plugins.module_utils.plan import Json

_MOST = 10
"""Of one kind in a list: the result has them all."""
_WIDEST = 600


def lines(all_known: Sequence[Known], now: datetime) -> list[str]:
    """What is not known comes before everything: it must not look like nothing to worry about."""
    lost = [one for one in all_known if one.entry is None and not one.left_out]
    left_out = [name for one in all_known if one.left_out for name in one.names]
    told = [one for one in all_known if one.entry is not None]
    text = []
    if lost:
        text.append(f"NOT KNOWN: {len(lost)} of {len(all_known)}")
        text += [f"  {', '.join(one.names)}: {one.error}" for one in lost]
    text.append(f"THE MOST WORRYING FIRST: {len(told)} of {len(all_known)}")
    for rank, one in enumerate(told, start=1):
        if one.entry is not None:
            text += _entry(rank, one, one.entry, now)
    unchecked = dict.fromkeys(
        f"{one.entry.read.who.label}: {line}" for one in told if one.entry is not None for line in one.entry.specific
    )
    common = dict.fromkeys(line for one in told if one.entry is not None for line in one.entry.common)
    if left_out:
        unchecked[f"{', '.join(left_out)}: of another account than those that were asked for"] = None
    if unchecked or common:
        text += ["NOT CHECKED:", *(f"  - {line}" for line in (*unchecked, *common))]
    return [_plain(line) for line in text]


def _plain(line: str) -> str:
    """One line of a screen: policies are texts of strangers, and may hold anything."""
    shown = "".join(character if character.isprintable() else "?" for character in line)
    return shown if len(shown) <= _WIDEST else f"{shown[: _WIDEST - 1]}…"


def _entry(rank: int, known: Known, entry: Entry, now: datetime) -> list[str]:
    worry = entry.worry(now)
    text = [f"{rank}. {known.arn}", *(f"   {sentence}" for sentence in worry)]
    if not worry:
        text.append("   Nothing was found that it could gain more with, and no use of it.")
    if entry.services:
        shown = [f"{service} ({how_much})" for service, how_much in entry.services.items()]
        text.append(f"   It may use {_shortened(shown)}.")
    if entry.contained_by:
        text.append(f"   That is without what contains it now: {', '.join(entry.contained_by)}.")
    services = [service for service, _when in entry.read.accessed.services]
    if services:
        text.append(f"   It asked for {_shortened(services)}, the latest first.")
    return text


def _shortened(names: Sequence[str]) -> str:
    more = f" and {len(names) - _MOST} more" if len(names) > _MOST else ""
    return f"{', '.join(names[:_MOST])}{more}"


def as_json(rank: int, known: Known, now: datetime, with_documents: bool) -> dict[str, Json]:
    """One result of the module."""
    if known.entry is None:
        found: dict[str, Json] = {"principal": known.arn or None, "rank": None, "worry": [], "error": known.error}
    else:
        found = {**known.entry.as_json(with_documents=with_documents), "rank": rank, "worry": [*known.entry.worry(now)]}
    return {**found, "names": list(known.names)}
