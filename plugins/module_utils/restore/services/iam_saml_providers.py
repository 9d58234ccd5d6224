# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""SAML providers that an account trusts, and their metadata. None can be switched off; one that the attacker made is removed, because it
can be made again: its ARN comes of its name, and its value holds the metadata.
https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateSAMLProvider.html"""

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
    Kind,
    Move,
    Value,
)
from ansible_collections.cordon.aws.plugins.module_utils.restore.services.iam_parts import (
    changed,
    iam_call,
    requested,
    tag_list,
    tags_in,
    takes_only,
    thing_in,
)
from ansible_collections.cordon.aws.plugins.module_utils.restore.services.iam_tags import tag_changes, tags_put_back
from ansible_collections.cordon.aws.plugins.module_utils.restore.services.parts import (
    both_there,
    call_about,
    is_there,
    move,
    or_gone,
    text_at,
)
from ansible_collections.cordon.aws.plugins.module_utils.trail.event import Event

_THING: Final = "saml-provider"
_PARAMETER: Final = "SAMLMetadataDocument"
# What XML may hold. https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateSAMLProvider.html, lengths from there, too
_METADATA = re.compile(r"\s*<[\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]*")
_SHORTEST, _LONGEST = 1000, 10_000_000


def _provider(reads: Reads, facet: Facet) -> Json:
    return or_gone(lambda: reads.read(iam_call(facet, "GetSAMLProvider")))


def _read(reads: Reads, facet: Facet) -> Json:
    found = _provider(reads, facet)
    if found is None:
        return None
    tags = {tag["Key"]: tag["Value"] for tag in found.get("Tags", ())}
    return {"metadata": found[_PARAMETER], "tags": tags}


def _moves(facet: Facet, live: Json, wanted: Json) -> Sequence[Move]:
    if is_there(live) and is_there(wanted):
        return tags_put_back(facet, live["tags"], wanted["tags"])
    delete = iam_call(facet, "DeleteSAMLProvider")
    if is_there(wanted):
        return (move(_creation(facet, wanted), delete),)
    return (move(delete, _creation(facet, live)),) if is_there(live) else ()


def _creation(facet: Facet, value: Json) -> Call:
    parameters: dict[str, Json] = {"Name": facet.names[1].rpartition("/")[2], _PARAMETER: value["metadata"]}
    if value["tags"]:
        parameters["Tags"] = tag_list(value["tags"])
    return call_about(facet, "iam", "CreateSAMLProvider", **parameters)


SAML_PROVIDER = Kind(
    name="iam/saml_provider",
    order=10,
    permissions=(
        "iam:GetSAMLProvider",
        "iam:CreateSAMLProvider",
        "iam:DeleteSAMLProvider",
        "iam:TagSAMLProvider",
        "iam:UntagSAMLProvider",
    ),
    takes=takes_only(_THING),
    read=_read,
    moves=_moves,
    matches=both_there,
    word=lambda facet: facet.names[1],
)


def _read_metadata(reads: Reads, facet: Facet) -> Json:
    found = _provider(reads, facet)
    return GONE if found is None else found[_PARAMETER]


def _metadata_moves(facet: Facet, live: Json, wanted: Json) -> Sequence[Move]:
    if not is_there(wanted):
        return ()
    back = (iam_call(facet, "UpdateSAMLProvider", **{_PARAMETER: live}),) if is_there(live) else ()
    return (move(iam_call(facet, "UpdateSAMLProvider", **{_PARAMETER: wanted}), *back),)


SAML_METADATA = Kind(
    name="iam/saml_metadata",
    order=20,
    permissions=("iam:GetSAMLProvider", "iam:UpdateSAMLProvider"),
    takes=takes_only(_THING),
    read=_read_metadata,
    moves=_metadata_moves,
    word=lambda facet: facet.names[1],
)


def _metadata(event: Event) -> str:
    text = requested(event, _PARAMETER)
    return text if _SHORTEST <= len(text) <= _LONGEST and _METADATA.fullmatch(text) else ""


def _created(event: Event) -> Iterator[Change]:
    """Its metadata may be too long for the event: then what was made is known, and not with what."""
    names, metadata = (_THING, text_at(event.response, "sAMLProviderArn")), _metadata(event)
    if not SAML_PROVIDER.takes(names):
        return
    tags = tags_in(event.request.get("tags"))
    known: Value = {"metadata": metadata, "tags": tags} if metadata else UNKNOWN
    yield changed(event, SAML_PROVIDER.name, *names, before=None, after=known)
    yield changed(event, SAML_METADATA.name, *names, before=GONE, after=metadata or UNKNOWN)
    yield from tag_changes(event, names, tags, GONE)


def _deleted(event: Event) -> Iterator[Change]:
    names = (_THING, thing_in(event, _THING))
    if SAML_PROVIDER.takes(names):
        yield changed(event, SAML_PROVIDER.name, *names, after=None)
        yield changed(event, SAML_METADATA.name, *names, after=GONE)


def _updated(event: Event) -> Iterator[Change]:
    names = (_THING, thing_in(event, _THING))
    changes_keys = any(
        name in event.request for name in ("addPrivateKey", "removePrivateKey", "assertionEncryptionMode")
    )
    # Encryption of assertions is no facet: such an update is a manual step.
    if SAML_METADATA.takes(names) and _PARAMETER[:1].lower() + _PARAMETER[1:] in event.request and not changes_keys:
        yield changed(event, SAML_METADATA.name, *names, after=_metadata(event) or UNKNOWN)


KINDS = (SAML_PROVIDER, SAML_METADATA)
ENTRIES = (
    Entry(
        service="iam",
        operation="CreateSAMLProvider",
        changes=_created,
        undone_by="DeleteSAMLProvider (it can be made again)",
        before_from="the call itself",
    ),
    Entry(
        service="iam",
        operation="DeleteSAMLProvider",
        changes=_deleted,
        undone_by="CreateSAMLProvider",
        before_from="an earlier event",
    ),
    Entry(
        service="iam",
        operation="UpdateSAMLProvider",
        changes=_updated,
        undone_by="UpdateSAMLProvider",
        before_from="an earlier event",
        manual=(
            "The attacker changed how assertions of a SAML provider are encrypted. Compare aws iam get-saml-provider "
            "with what it should be, and "
            "put it right: aws iam update-saml-provider."
        ),
    ),
)
