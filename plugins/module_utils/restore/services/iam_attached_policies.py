# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Managed policies attached to users, groups and roles: one facet each, there or not.
https://docs.aws.amazon.com/IAM/latest/APIReference/API_AttachUserPolicy.html"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from ansible_collections.cordon.aws.plugins.module_utils.aws_errors import is_gone
from ansible_collections.cordon.aws.plugins.module_utils.errors import AwsError
from ansible_collections.cordon.aws.plugins.module_utils.plan import Call, Json
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads
from ansible_collections.cordon.aws.plugins.module_utils.restore.entry import Entry
from ansible_collections.cordon.aws.plugins.module_utils.restore.facet import (
    GONE,
    Change,
    Facet,
    IrreversibleError,
    Kind,
    Move,
)
from ansible_collections.cordon.aws.plugins.module_utils.restore.services.iam_parts import changed
from ansible_collections.cordon.aws.plugins.module_utils.trail.event import Event

_NAME = re.compile(r"[\w+=,.@-]{1,128}", re.ASCII)
_POLICY = re.compile(r"arn:aws[a-z-]*:iam::(\d{12}|aws):policy/[\x21-\x7e]{1,512}", re.ASCII)
_HOLDERS: Final = ("user", "group", "role")
ATTACHED: Final = "attached"
# What AWS itself attaches to the user of a leaked key; it is neither the attacker's change nor ours to take back.
# https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSCompromisedKeyQuarantineV3.html
_QUARANTINE = re.compile(r"arn:aws[a-z-]*:iam::aws:policy/AWSCompromisedKeyQuarantine(V\d+)?", re.ASCII)


def _takes(names: tuple[str, ...]) -> bool:
    return (
        len(names) == 3
        and names[0] in _HOLDERS
        and bool(_NAME.fullmatch(names[1]))
        and bool(_POLICY.fullmatch(names[2]))
    )


def _call(facet: Facet, operation: str, **more: Json) -> Call:
    holder, name, _arn = facet.names
    parameters = {f"{holder.capitalize()}Name": name, **more}
    return Call(
        account=facet.account,
        region=facet.region,
        service="iam",
        operation=operation.format(holder.capitalize()),
        parameters=parameters,
    )


def _read(reads: Reads, facet: Facet) -> Json:
    try:
        found = reads.pages(_call(facet, "ListAttached{}Policies"), "AttachedPolicies")
    except AwsError as error:
        if is_gone(error.code):
            return GONE
        raise
    return ATTACHED if any(policy["PolicyArn"] == facet.names[2] for policy in found) else None


def _moves(facet: Facet, live: Json, wanted: Json) -> Sequence[Move]:
    attach = _call(facet, "Attach{}Policy", PolicyArn=facet.names[2])
    detach = _call(facet, "Detach{}Policy", PolicyArn=facet.names[2])
    if wanted == ATTACHED:
        return (Move(call=attach, undo=() if _QUARANTINE.fullmatch(facet.names[2]) else (detach,)),)
    if _QUARANTINE.fullmatch(facet.names[2]):
        raise IrreversibleError(
            "AWS attaches this policy to users whose key was found in public. Leave it there until no key of the user "
            "is known to anybody else."
        )
    return (Move(call=detach, undo=(attach,)),) if live == ATTACHED else ()


ATTACHED_POLICY = Kind(
    name="iam/attached_policy",
    order=20,
    permissions=tuple(
        f"iam:{verb.format(holder.capitalize())}"
        for holder in _HOLDERS
        for verb in ("Attach{}Policy", "Detach{}Policy", "ListAttached{}Policies")
    ),
    takes=_takes,
    read=_read,
    moves=_moves,
    word=lambda facet: facet.names[1],
)


def _changes(holder: str, after: Json) -> Callable[[Event], Iterator[Change]]:
    def changes(event: Event) -> Iterator[Change]:
        names = (holder, str(event.request.get(f"{holder}Name", "")), str(event.request.get("policyArn", "")))
        if _takes(names):
            # Attaching what is attached succeeds and changes nothing, so the call does not tell what was before; detaching what is
            # not attached is refused. https://docs.aws.amazon.com/IAM/latest/APIReference/API_DetachUserPolicy.html
            before = None if after else ATTACHED
            yield changed(event, ATTACHED_POLICY.name, *names, before=before, after=after)

    return changes


KINDS = (ATTACHED_POLICY,)
ENTRIES = tuple(
    Entry(
        service="iam",
        operation=f"{verb}{holder.capitalize()}Policy",
        changes=_changes(holder, after),
        undone_by=f"{back}{holder.capitalize()}Policy",
        before_from="the call itself, or an earlier event",
    )
    for holder in _HOLDERS
    for verb, after, back in (("Attach", ATTACHED, "Detach"), ("Detach", None, "Attach"))
)
