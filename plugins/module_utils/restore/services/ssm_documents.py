# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Systems Manager: whom documents are shared with, which version of a document is its default, activations and associations. What ran on an
instance, by a command, a session or an association, no call takes back.
https://docs.aws.amazon.com/systems-manager/latest/userguide/documents-ssm-sharing.html"""

from __future__ import annotations

import re
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
    IrreversibleError,
    Kind,
    Move,
)
from ansible_collections.cordon.aws.plugins.module_utils.restore.services.setting import (
    Names,
    Setting,
    answered,
    call_of,
)
from ansible_collections.cordon.aws.plugins.module_utils.trail.event import Event

SHARED: Final = "shared"
THERE: Final = "there"
_NAME = re.compile(r"[a-zA-Z0-9_.-]{3,128}", re.ASCII)
_ACCOUNT = re.compile(r"\d{12}|all", re.ASCII)
_VERSION = re.compile(r"[1-9]\d{0,9}", re.ASCII)
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)
_NO_DOCUMENT: Final = ("InvalidDocument",)


def _takes_document(names: Names) -> bool:
    return len(names) == 1 and bool(_NAME.fullmatch(names[0]))


def _takes_share(names: Names) -> bool:
    return len(names) == 2 and _takes_document(names[:1]) and bool(_ACCOUNT.fullmatch(names[1]))


def _takes_id(names: Names) -> bool:
    return len(names) == 1 and bool(_ID.fullmatch(names[0]))


def _word(facet: Facet) -> str:
    return facet.names[0] if len(facet.names[0]) > 3 else "Document"


def _share(facet: Facet, parameter: str) -> Call:
    parameters = {"Name": facet.names[0], "PermissionType": "Share", parameter: [facet.names[1]]}
    return call_of(facet, "ssm", "ModifyDocumentPermission", parameters)


def _read_share(reads: Reads, facet: Facet) -> Json:
    parameters = {"Name": facet.names[0], "PermissionType": "Share"}
    answer = answered(reads, call_of(facet, "ssm", "DescribeDocumentPermission", parameters), gone=_NO_DOCUMENT)
    if answer == GONE:
        return GONE
    return SHARED if facet.names[1] in [account.lower() for account in answer.get("AccountIds", [])] else None


def _move_share(facet: Facet, live: Json, _wanted: Json) -> Sequence[Move]:
    add, remove = _share(facet, "AccountIdsToAdd"), _share(facet, "AccountIdsToRemove")
    return (Move(call=add, undo=(remove,)) if live is None else Move(call=remove, undo=(add,)),)


DOCUMENT_SHARE = Kind(
    name="ssm/document_share",
    order=20,
    permissions=("ssm:DescribeDocumentPermission", "ssm:ModifyDocumentPermission"),
    takes=_takes_share,
    read=_read_share,
    moves=_move_share,
    word=_word,
)

DEFAULT_VERSION = Setting(
    name="ssm/document_default_version",
    order=20,
    service="ssm",
    permissions=("ssm:DescribeDocument", "ssm:UpdateDocumentDefaultVersion"),
    takes=_takes_document,
    named=lambda facet: {"Name": facet.names[0]},
    get="DescribeDocument",
    found=lambda answer: answer["Document"].get("DefaultVersion"),
    put="UpdateDocumentDefaultVersion",
    sent=lambda version: {"DocumentVersion": version},
    gone=_NO_DOCUMENT,
    for_good="A document always has a default version. Look at its versions, and set the right one: aws ssm list-document-versions.",
    word=_word,
)


def _read_activation(reads: Reads, facet: Facet) -> Json:
    filters = [{"FilterKey": "ActivationIds", "FilterValues": [facet.names[0]]}]
    answer = reads.read(call_of(facet, "ssm", "DescribeActivations", {"Filters": filters}))
    return THERE if answer.get("ActivationList") else None


def _read_association(reads: Reads, facet: Facet) -> Json:
    call = call_of(facet, "ssm", "DescribeAssociation", {"AssociationId": facet.names[0]})
    return None if answered(reads, call, absent=("AssociationDoesNotExist",)) is None else THERE


def _deleting(operation: str, parameter: str, again: str) -> Kind:
    noun = operation.removeprefix("Delete").lower()

    def moves(facet: Facet, _live: Json, wanted: Json) -> Sequence[Move]:
        if wanted is not None:
            raise IrreversibleError(again)
        return (Move(call=call_of(facet, "ssm", operation, {parameter: facet.names[0]}), undo=()),)

    reading = f"ssm:Describe{operation.removeprefix('Delete')}{'s' if noun == 'activation' else ''}"
    return Kind(
        name=f"ssm/{noun}",
        order=20,
        permissions=(reading, f"ssm:{operation}"),
        takes=_takes_id,
        read=_read_activation if noun == "activation" else _read_association,
        moves=moves,
    )


ACTIVATION = _deleting(
    "DeleteActivation",
    "ActivationId",
    "The activation is gone. Machines that registered by it stay registered; make another one for new ones: aws ssm create-activation.",
)
ASSOCIATION = _deleting(
    "DeleteAssociation",
    "AssociationId",
    "The association is gone. Make it again as its templates say: aws ssm create-association.",
)


def _permission(event: Event) -> Iterator[Change]:
    """Sharing with who has it, or taking from who has it not, changes nothing and is no error; the attacker meant the change."""
    name = event.request.get("name")
    for parameter, after, before in (("accountIdsToAdd", SHARED, None), ("accountIdsToRemove", None, SHARED)):
        accounts = event.request.get(parameter)
        for account in accounts if isinstance(accounts, list) else []:
            names = (_bare(name), str(account).lower())
            if _takes_share(names):
                facet = Facet(DOCUMENT_SHARE.name, event.account, event.region, names)
                yield Change(facet=facet, after=after, before=before)


def _bare(name: Json) -> str:
    """Documents of others go by ARN, one's own by either."""
    return name.rpartition("/")[2] if isinstance(name, str) and name.startswith("arn:") else str(name or "")


def _default_set(event: Event) -> Iterator[Change]:
    version = str(event.request.get("documentVersion", ""))
    names = (_bare(event.request.get("name")),)
    yield from DEFAULT_VERSION.change(event, names, version if _VERSION.fullmatch(version) else UNKNOWN)


def _identified(kind: Kind, ident: Json, event: Event, after: Json) -> Iterator[Change]:
    names = (ident if isinstance(ident, str) else "",)
    if _takes_id(names):
        facet = Facet(kind.name, event.account, event.region, names)
        yield Change(facet=facet, after=after, before=None if after else THERE)


def _activated(event: Event) -> Iterator[Change]:
    yield from _identified(ACTIVATION, event.response.get("activationId"), event, THERE)


def _deactivated(event: Event) -> Iterator[Change]:
    yield from _identified(ACTIVATION, event.request.get("activationId"), event, None)


def _associated(event: Event) -> Iterator[Change]:
    told = event.response.get("associationDescription")
    yield from _identified(ASSOCIATION, told.get("associationId") if isinstance(told, dict) else None, event, THERE)


def _dissociated(event: Event) -> Iterator[Change]:
    yield from _identified(ASSOCIATION, event.request.get("associationId"), event, None)


KINDS = (DOCUMENT_SHARE, DEFAULT_VERSION.kind(), ACTIVATION, ASSOCIATION)
ENTRIES = tuple(
    Entry(service="ssm", operation=operation, changes=changes, undone_by=undone_by, before_from=before_from)
    for operation, changes, undone_by, before_from in (
        ("ModifyDocumentPermission", _permission, "ModifyDocumentPermission", "the call itself, or an earlier event"),
        ("UpdateDocumentDefaultVersion", _default_set, "UpdateDocumentDefaultVersion", "an earlier event"),
        ("CreateActivation", _activated, "DeleteActivation", "the call itself"),
        ("DeleteActivation", _deactivated, "nothing: it gets another id", "the call itself"),
        ("CreateAssociation", _associated, "DeleteAssociation", "the call itself"),
        ("DeleteAssociation", _dissociated, "nothing: it gets another id", "the call itself"),
    )
)
