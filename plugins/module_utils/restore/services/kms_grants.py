# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Grants of KMS keys, one facet each, named by the id that KMS gave it. A grant that is made again gets another id: it carries the first
one in its name, by which it is found. The name does nothing but keep a repeated request from making a second grant
(https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateGrant.html), so names are no part of the value."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from ansible_collections.cordon.aws.plugins.module_utils.errors import AwsError
from ansible_collections.cordon.aws.plugins.module_utils.plan import Json
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads
from ansible_collections.cordon.aws.plugins.module_utils.restore.entry import Entry
from ansible_collections.cordon.aws.plugins.module_utils.restore.facet import (
    GONE,
    UNKNOWN,
    Change,
    Facet,
    IrreversibleError,
    Kind,
    Move,
    Value,
)
from ansible_collections.cordon.aws.plugins.module_utils.restore.services.kms_keys import (
    NOT_FOUND,
    key_of,
    named,
    takes_key,
)
from ansible_collections.cordon.aws.plugins.module_utils.restore.services.setting import Names, call_of
from ansible_collections.cordon.aws.plugins.module_utils.trail.event import Event

_GRANT = re.compile(r"[0-9a-f]{64}", re.ASCII)
_PRINCIPAL = re.compile(
    r"arn:aws[a-z-]*:(iam|sts)::\d{12}:[\w+=,.@/-]{1,512}|[a-z0-9.-]{4,128}\.amazonaws\.com", re.ASCII
)
_OPERATION = re.compile(r"[A-Za-z]{3,64}", re.ASCII)
_CONSTRAINTS: Final = ("EncryptionContextSubset", "EncryptionContextEquals")


def _takes(names: Names) -> bool:
    return len(names) == 2 and takes_key(names[:1]) and bool(_GRANT.fullmatch(names[1]))


def _mark(facet: Facet) -> str:
    return f"cordon-restored-{facet.names[1]}"


def _value(told: Mapping[str, Json]) -> Json:
    """A grant by what it grants. Raises ValueError for what cannot have been one."""
    grantee, retiring = told.get("GranteePrincipal"), told.get("RetiringPrincipal")
    operations, constraints = told.get("Operations"), told.get("Constraints") or {}
    if not _is_principal(grantee) or (retiring is not None and not _is_principal(retiring)):
        raise ValueError("it names no principal")
    if not isinstance(operations, list) or not all(
        isinstance(one, str) and _OPERATION.fullmatch(one) for one in operations
    ):
        raise ValueError("it names no operations")
    found: dict[str, Json] = {"GranteePrincipal": grantee, "Operations": sorted(operations)}
    if retiring is not None:
        found["RetiringPrincipal"] = retiring
    if constraints:
        found["Constraints"] = _constraints(constraints)
    return found


def _constraints(told: Json) -> dict[str, Json]:
    if not isinstance(told, dict) or not set(told) <= set(_CONSTRAINTS):
        raise ValueError("its constraints are not known")
    for context in told.values():
        if not isinstance(context, dict) or not all(_is_text(text) for pair in context.items() for text in pair):
            raise ValueError("its constraints are no encryption context")
    return told


def _is_text(text: Json) -> bool:
    return isinstance(text, str) and text.isprintable() and len(text) <= 8192


def _is_principal(text: Json) -> bool:
    return isinstance(text, str) and bool(_PRINCIPAL.fullmatch(text))


def _read(reads: Reads, facet: Facet) -> Json:
    try:
        grants = reads.pages(call_of(facet, "kms", "ListGrants", named(facet)), "Grants")
    except AwsError as error:
        if error.code in NOT_FOUND:
            return GONE
        raise
    for grant in grants:
        if facet.names[1] == grant["GrantId"] or grant.get("Name") == _mark(facet):
            return _value(grant)
    return None


def _moves(facet: Facet, live: Json, wanted: Json) -> Sequence[Move]:
    if live is not None and wanted is not None:
        raise IrreversibleError("A grant cannot be changed. Look at it: aws kms list-grants.")
    if GONE in (live, wanted):
        raise IrreversibleError("The key of this grant does not exist any more.")
    whole = call_of(facet, "kms", "CreateGrant", {**named(facet), "Name": _mark(facet), **(live or wanted)})
    if wanted is not None:
        return (Move(call=whole, undo=()),)
    revoke = call_of(facet, "kms", "RevokeGrant", {**named(facet), "GrantId": facet.names[1]})
    return (Move(call=revoke, undo=(whole,)),)


GRANT = Kind(
    name="kms/grant",
    order=20,
    permissions=("kms:ListGrants", "kms:CreateGrant", "kms:RevokeGrant"),
    takes=_takes,
    read=_read,
    moves=_moves,
    word=lambda facet: facet.names[1],
)


def _change(event: Event, grant: Json, after: Value, before: Value) -> Iterator[Change]:
    names = (key_of(event), grant if isinstance(grant, str) else "")
    if _takes(names):
        yield Change(facet=Facet(GRANT.name, event.account, event.region, names), after=after, before=before)


def _created(event: Event) -> Iterator[Change]:
    told = {name[:1].upper() + name[1:]: value for name, value in event.request.items()}
    if isinstance(told.get("Constraints"), dict):
        told["Constraints"] = {name[:1].upper() + name[1:]: value for name, value in told["Constraints"].items()}
    try:
        after: Value = _value(told)
    except ValueError:
        after = UNKNOWN
    yield from _change(event, event.response.get("grantId"), after, None)


def _ended(event: Event) -> Iterator[Change]:
    """Whoever retires a grant by its token is told by `additionalEventData`.
    https://docs.aws.amazon.com/kms/latest/developerguide/ct-retire-grant.html"""
    more = event.record.get("additionalEventData")
    grant = event.request.get("grantId") or (more.get("grantId") if isinstance(more, dict) else None)
    yield from _change(event, grant, None, UNKNOWN)


KINDS = (GRANT,)
ENTRIES = (
    Entry(
        service="kms",
        operation="CreateGrant",
        changes=_created,
        undone_by="RevokeGrant",
        before_from="the call itself",
    ),
    *(
        Entry(
            service="kms",
            operation=operation,
            changes=_ended,
            undone_by="CreateGrant, under another id",
            before_from="an earlier event",
        )
        for operation in ("RevokeGrant", "RetireGrant")
    ),
)
