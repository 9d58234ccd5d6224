# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Accounts of an organization: in which unit they are, who was invited, and who administers a service for all of them.
https://docs.aws.amazon.com/organizations/latest/APIReference/API_MoveAccount.html,
https://docs.aws.amazon.com/organizations/latest/APIReference/API_InviteAccountToOrganization.html"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

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
    Value,
)
from ansible_collections.cordon.aws.plugins.module_utils.restore.services.parts import (
    THERE,
    call_about,
    is_there,
    move,
    or_gone,
    text_at,
)
from ansible_collections.cordon.aws.plugins.module_utils.trail.event import Event

_ACCOUNT = re.compile(r"\d{12}", re.ASCII)
_PARENT = re.compile(r"r-[0-9a-z]{4,32}|ou-[0-9a-z]{4,32}-[a-z0-9]{8,32}", re.ASCII)
_HANDSHAKE = re.compile(r"h-[0-9a-z]{8,32}", re.ASCII)
_PRINCIPAL = re.compile(r"[\w+=,.@-]{1,128}", re.ASCII)
_NOT_FOUND: Final = ("AccountNotFoundException", "ChildNotFoundException", "HandshakeNotFoundException")
_OPEN: Final = frozenset({"REQUESTED", "OPEN"})
_ACCEPTED: Final = "ACCEPTED"


def _call(facet: Facet, operation: str, **parameters: Json) -> Call:
    return call_about(facet, "organizations", operation, **parameters)


def _read_parent(reads: Reads, facet: Facet) -> Json:
    found = or_gone(lambda: reads.pages(_call(facet, "ListParents", ChildId=facet.names[0]), "Parents"), _NOT_FOUND)
    return found[0]["Id"] if found else GONE


def _parent_moves(facet: Facet, live: Json, wanted: Json) -> Sequence[Move]:
    if not is_there(live) or not is_there(wanted):
        return ()
    there, back = (
        _call(facet, "MoveAccount", AccountId=facet.names[0], SourceParentId=source, DestinationParentId=destination)
        for source, destination in ((live, wanted), (wanted, live))
    )
    return (move(there, back),)


def _takes_account(names: tuple[str, ...]) -> bool:
    return len(names) == 1 and bool(_ACCOUNT.fullmatch(names[0]))


PARENT = Kind(
    name="organizations/account_parent",
    order=20,
    permissions=("organizations:ListParents", "organizations:MoveAccount"),
    takes=_takes_account,
    read=_read_parent,
    moves=_parent_moves,
)


def _moved(event: Event) -> Iterator[Change]:
    names = (text_at(event.request, "accountId"),)
    source, destination = (text_at(event.request, f"{end}ParentId") for end in ("source", "destination"))
    if _takes_account(names) and _PARENT.fullmatch(source) and _PARENT.fullmatch(destination):
        facet = Facet(PARENT.name, event.account, event.region, names)
        yield Change(facet=facet, before=source, after=destination)


def _takes_handshake(names: tuple[str, ...]) -> bool:
    return len(names) == 1 and bool(_HANDSHAKE.fullmatch(names[0]))


def _read_handshake(reads: Reads, facet: Facet) -> Json:
    found = or_gone(lambda: reads.read(_call(facet, "DescribeHandshake", HandshakeId=facet.names[0])), _NOT_FOUND)
    state = "" if found is None else found["Handshake"]["State"]
    return THERE if state in _OPEN else _ACCEPTED if state == _ACCEPTED else None


def _handshake_moves(facet: Facet, live: Json, wanted: Json) -> Sequence[Move]:
    if live == _ACCEPTED:
        raise IrreversibleError(
            "The account that the attacker invited is in the organization. Find out whose it is, then: aws "
            "organizations "
            "remove-account-from-organization --account-id ACCOUNT."
        )
    if is_there(wanted):
        raise IrreversibleError(
            "An invitation that was withdrawn has to be sent again: aws organizations invite-account-to-organization."
        )
    return (move(_call(facet, "CancelHandshake", HandshakeId=facet.names[0])),) if is_there(live) else ()


HANDSHAKE = Kind(
    name="organizations/invitation",
    order=10,
    permissions=("organizations:DescribeHandshake", "organizations:CancelHandshake"),
    takes=_takes_handshake,
    read=_read_handshake,
    moves=_handshake_moves,
    matches=lambda live, expected: is_there(live) == is_there(expected),
)


def _invited(event: Event) -> Iterator[Change]:
    names = (text_at(event.response, "handshake", "id"),)
    if _takes_handshake(names):
        facet = Facet(HANDSHAKE.name, event.account, event.region, names)
        yield Change(facet=facet, before=None, after=THERE)


def _takes_administrator(names: tuple[str, ...]) -> bool:
    return len(names) == 2 and bool(_ACCOUNT.fullmatch(names[0])) and bool(_PRINCIPAL.fullmatch(names[1]))


def _read_administrator(reads: Reads, facet: Facet) -> Json:
    asked = _call(facet, "ListDelegatedServicesForAccount", AccountId=facet.names[0])
    found = or_gone(lambda: reads.pages(asked, "DelegatedServices"), ("AccountNotRegisteredException", *_NOT_FOUND))
    return THERE if any(one["ServicePrincipal"] == facet.names[1] for one in found or ()) else None


def _administrator_moves(facet: Facet, live: Json, wanted: Json) -> Sequence[Move]:
    if is_there(live) == is_there(wanted):
        return ()
    register, deregister = (
        _call(facet, f"{verb}DelegatedAdministrator", AccountId=facet.names[0], ServicePrincipal=facet.names[1])
        for verb in ("Register", "Deregister")
    )
    return (move(register, deregister) if is_there(wanted) else move(deregister, register),)


ADMINISTRATOR = Kind(
    name="organizations/delegated_administrator",
    order=20,
    permissions=(
        "organizations:ListDelegatedServicesForAccount",
        "organizations:RegisterDelegatedAdministrator",
        "organizations:DeregisterDelegatedAdministrator",
    ),
    takes=_takes_administrator,
    read=_read_administrator,
    moves=_administrator_moves,
)


def _registered(event: Event) -> Iterator[Change]:
    # Who is one already is refused, and so is taking it from who is none.
    yield from _administration(event, None, THERE)


def _deregistered(event: Event) -> Iterator[Change]:
    yield from _administration(event, THERE, None)


def _administration(event: Event, before: Value, after: Value) -> Iterator[Change]:
    names = (text_at(event.request, "accountId"), text_at(event.request, "servicePrincipal"))
    if _takes_administrator(names):
        facet = Facet(ADMINISTRATOR.name, event.account, event.region, names)
        yield Change(facet=facet, before=before, after=after)


KINDS = (PARENT, HANDSHAKE, ADMINISTRATOR)
ENTRIES = tuple(
    Entry(
        service="organizations",
        operation=operation,
        changes=changes,
        undone_by=undone_by,
        before_from="the call itself",
    )
    for operation, changes, undone_by in (
        ("MoveAccount", _moved, "MoveAccount"),
        ("InviteAccountToOrganization", _invited, "CancelHandshake, while it is not accepted"),
        ("RegisterDelegatedAdministrator", _registered, "DeregisterDelegatedAdministrator"),
        ("DeregisterDelegatedAdministrator", _deregistered, "RegisterDelegatedAdministrator"),
    )
)
