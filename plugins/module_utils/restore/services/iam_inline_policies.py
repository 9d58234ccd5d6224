# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Inline policies of users, groups and roles: one facet each, its document or none. Putting one over another succeeds, so that the call
does not tell what was before. https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutUserPolicy.html"""

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
    POLICY_NAME,
    Changes,
    changed,
    iam_call,
    requested,
    takes_with,
    thing_in,
    word,
)
from ansible_collections.cordon.aws.plugins.module_utils.restore.services.parts import (
    document,
    is_there,
    live_policy,
    move,
    or_gone,
    policy_text,
)
from ansible_collections.cordon.aws.plugins.module_utils.trail.event import Event

_HOLDERS: Final = ("user", "group", "role")


def _read(reads: Reads, facet: Facet) -> Json:
    found = or_gone(lambda: reads.read(iam_call(facet, "Get{}Policy", PolicyName=facet.names[2])))
    if found is not None:
        return live_policy(found["PolicyDocument"])
    return GONE if or_gone(lambda: reads.read(iam_call(facet, "Get{}"))) is None else None


def _moves(facet: Facet, live: Json, wanted: Json) -> Sequence[Move]:
    return () if wanted == GONE else (move(_setting(facet, wanted), _setting(facet, live)),)


def _setting(facet: Facet, value: Json) -> Call:
    named: dict[str, Json] = {"PolicyName": facet.names[2]}
    if is_there(value):
        return iam_call(facet, "Put{}Policy", **named, PolicyDocument=policy_text(value))
    return iam_call(facet, "Delete{}Policy", **named)


INLINE_POLICY = Kind(
    name="iam/inline_policy",
    order=20,
    permissions=(
        *(
            f"iam:{operation.format(holder.capitalize())}"
            for holder in _HOLDERS
            for operation in ("Get{}", "Get{}Policy", "Put{}Policy", "Delete{}Policy")
        ),
        *HISTORY,
    ),
    takes=takes_with(POLICY_NAME, *_HOLDERS),
    read=_read,
    moves=_moves,
    earlier=iam_recorded.inline_policy,
    word=word,
)


def _changes(holder: str, is_put: bool) -> Changes:
    def changes(event: Event) -> Iterator[Change]:
        names = (holder, thing_in(event, holder), requested(event, "PolicyName"))
        if not INLINE_POLICY.takes(names):
            return
        after: Value = None
        if is_put:
            found = document(event.request.get("policyDocument"))
            after = UNKNOWN if found is None else found
        yield changed(event, INLINE_POLICY.name, *names, after=after)

    return changes


KINDS = (INLINE_POLICY,)
ENTRIES = tuple(
    Entry(
        service="iam",
        operation=f"{verb}{holder.capitalize()}Policy",
        changes=_changes(holder, verb == "Put"),
        undone_by=f"Put{holder.capitalize()}Policy, or Delete{holder.capitalize()}Policy",
        before_from="an earlier event, or AWS Config",
    )
    for holder in _HOLDERS
    for verb in ("Put", "Delete")
)
