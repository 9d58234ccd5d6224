# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Permissions boundaries of users and roles: the policy's ARN, or none.
https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutUserPermissionsBoundary.html"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from ansible_collections.cordon.aws.plugins.module_utils.plan import Call, Json
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads
from ansible_collections.cordon.aws.plugins.module_utils.restore.entry import Entry
from ansible_collections.cordon.aws.plugins.module_utils.restore.facet import (
    GONE,
    UNKNOWN,
    Change,
    Facet,
    Kind,
    Move,
    Value,
)
from ansible_collections.cordon.aws.plugins.module_utils.restore.services import iam_recorded
from ansible_collections.cordon.aws.plugins.module_utils.restore.services.config_history import PERMISSIONS as HISTORY
from ansible_collections.cordon.aws.plugins.module_utils.restore.services.iam_parts import (
    NOUNS,
    Changes,
    changed,
    iam_call,
    names_thing,
    requested,
    takes_only,
    thing_in,
    word,
)
from ansible_collections.cordon.aws.plugins.module_utils.restore.services.parts import is_there, move, or_gone
from ansible_collections.cordon.aws.plugins.module_utils.trail.event import Event

_HOLDERS: Final = ("user", "role")


def _read(reads: Reads, facet: Facet) -> Json:
    found = or_gone(lambda: reads.read(iam_call(facet, "Get{}")))
    if found is None:
        return GONE
    boundary = found[NOUNS[facet.names[0]]].get("PermissionsBoundary")
    return boundary["PermissionsBoundaryArn"] if boundary else None


def _moves(facet: Facet, live: Json, wanted: Json) -> Sequence[Move]:
    return () if wanted == GONE else (move(_setting(facet, wanted), _setting(facet, live)),)


def _setting(facet: Facet, value: Json) -> Call:
    if is_there(value):
        return iam_call(facet, "Put{}PermissionsBoundary", PermissionsBoundary=value)
    return iam_call(facet, "Delete{}PermissionsBoundary")


BOUNDARY = Kind(
    name="iam/boundary",
    order=20,
    permissions=(
        *(
            f"iam:{operation.format(holder.capitalize())}"
            for holder in _HOLDERS
            for operation in ("Get{}", "Put{}PermissionsBoundary", "Delete{}PermissionsBoundary")
        ),
        *HISTORY,
    ),
    takes=takes_only(*_HOLDERS),
    read=_read,
    moves=_moves,
    earlier=iam_recorded.boundary,
    word=word,
)


def boundary_change(event: Event, names: tuple[str, ...], before: Value = UNKNOWN) -> Change:
    """What a request that may name a boundary leaves of it."""
    arn = requested(event, "PermissionsBoundary")
    after: Value = arn or None
    if arn and not names_thing(("policy", arn), "policy"):
        after = UNKNOWN
    return changed(event, BOUNDARY.name, *names, before=before, after=after)


def _changes(holder: str) -> Changes:
    def changes(event: Event) -> Iterator[Change]:
        names = (holder, thing_in(event, holder))
        if BOUNDARY.takes(names):
            yield boundary_change(event, names)

    return changes


KINDS = (BOUNDARY,)
ENTRIES = tuple(
    Entry(
        service="iam",
        operation=f"{verb}{holder.capitalize()}PermissionsBoundary",
        changes=_changes(holder),
        undone_by=f"Put{holder.capitalize()}PermissionsBoundary, or Delete{holder.capitalize()}PermissionsBoundary",
        before_from="an earlier event, or AWS Config",
    )
    for holder in _HOLDERS
    for verb in ("Put", "Delete")
)
