# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a role has of its own: its trust policy, and its description and session length.
https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateAssumeRolePolicy.html,
https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateRole.html"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from ansible_collections.cordon.aws.plugins.module_utils.plan import Json, is_whole_number
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
    changed,
    iam_call,
    requested,
    takes_only,
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

TRUSTS_NOBODY: Final[dict[str, Json]] = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRole"}],
}
"""With which a role is made again until its own trust policy is put back."""
_SHORTEST_S, _LONGEST_S = 3600, 43200
# https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateRole.html
_DESCRIPTION = re.compile(r"[\t\n\r -~\u00a1-\u00ff]{0,1000}")


def _role(reads: Reads, facet: Facet) -> Json:
    found = or_gone(lambda: reads.read(iam_call(facet, "GetRole")))
    return None if found is None else found["Role"]


def _read_trust(reads: Reads, facet: Facet) -> Json:
    role = _role(reads, facet)
    return GONE if role is None else live_policy(role["AssumeRolePolicyDocument"])


def _trust_moves(facet: Facet, live: Json, wanted: Json) -> Sequence[Move]:
    """A role always has a trust policy: it comes and goes with the role."""
    if not is_there(wanted):
        return ()
    put = iam_call(facet, "UpdateAssumeRolePolicy", PolicyDocument=policy_text(wanted))
    back = live if is_there(live) else TRUSTS_NOBODY
    return (move(put, iam_call(facet, "UpdateAssumeRolePolicy", PolicyDocument=policy_text(back))),)


TRUST = Kind(
    name="iam/trust_policy",
    order=20,
    permissions=("iam:GetRole", "iam:UpdateAssumeRolePolicy", *HISTORY),
    takes=takes_only("role"),
    read=_read_trust,
    moves=_trust_moves,
    earlier=iam_recorded.trust_policy,
    word=word,
)


def trust_change(event: Event, names: tuple[str, ...], before: Value = UNKNOWN, parameter: str = "") -> Change:
    """What a request that holds a trust policy leaves of it."""
    found = document(requested(event, parameter or "AssumeRolePolicyDocument"))
    return changed(event, TRUST.name, *names, before=before, after=UNKNOWN if found is None else found)


def _trust_changes(event: Event) -> Iterator[Change]:
    names = ("role", thing_in(event, "role"))
    if TRUST.takes(names):
        yield trust_change(event, names, parameter="PolicyDocument")


def _read_settings(reads: Reads, facet: Facet) -> Json:
    role = _role(reads, facet)
    if role is None:
        return GONE
    return {"description": role.get("Description", ""), "max_session": role.get("MaxSessionDuration", _SHORTEST_S)}


def _settings_moves(facet: Facet, live: Json, wanted: Json) -> Sequence[Move]:
    if not is_there(wanted):
        return ()
    there, back = (
        iam_call(facet, "UpdateRole", Description=value["description"], MaxSessionDuration=value["max_session"])
        for value in (wanted, live if is_there(live) else wanted)
    )
    return (move(there, back),)


ROLE_SETTINGS = Kind(
    name="iam/role_settings",
    order=20,
    permissions=("iam:GetRole", "iam:UpdateRole"),
    takes=takes_only("role"),
    read=_read_settings,
    moves=_settings_moves,
    word=word,
)


def settings_in(event: Event) -> dict[str, Json]:
    """Description and session length that a request names, else AWS's own.
    https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html"""
    description, seconds = requested(event, "Description"), event.request.get("maxSessionDuration")
    return {
        "description": description if _DESCRIPTION.fullmatch(description) else "",
        "max_session": seconds if is_whole_number(seconds) and _SHORTEST_S <= seconds <= _LONGEST_S else _SHORTEST_S,
    }


def _settings_changes(event: Event) -> Iterator[Change]:
    """What it leaves is known where it says both."""
    names = ("role", thing_in(event, "role"))
    if ROLE_SETTINGS.takes(names):
        says_both = "description" in event.request and "maxSessionDuration" in event.request
        after: Value = settings_in(event) if says_both else UNKNOWN
        yield changed(event, ROLE_SETTINGS.name, *names, after=after)


KINDS = (TRUST, ROLE_SETTINGS)
ENTRIES = (
    Entry(
        service="iam",
        operation="UpdateAssumeRolePolicy",
        changes=_trust_changes,
        undone_by="UpdateAssumeRolePolicy",
        before_from="an earlier event, or AWS Config",
    ),
    *(
        Entry(
            service="iam",
            operation=operation,
            changes=_settings_changes,
            undone_by="UpdateRole",
            before_from="an earlier event",
        )
        for operation in ("UpdateRole", "UpdateRoleDescription")
    ),
)
