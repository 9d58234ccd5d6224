# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""OpenID Connect providers that an account trusts. None can be switched off; one that the attacker made is removed, because it can be made
again exactly as it was: its ARN comes of its URL, and its value holds all the rest.
https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateOpenIDConnectProvider.html"""

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
    Changes,
    changed,
    iam_call,
    requested,
    tag_list,
    tags_in,
    takes_only,
    takes_with,
    thing_in,
)
from ansible_collections.cordon.aws.plugins.module_utils.restore.services.iam_tags import tag_changes, tags_put_back
from ansible_collections.cordon.aws.plugins.module_utils.restore.services.parts import (
    THERE,
    both_there,
    call_about,
    is_there,
    move,
    or_gone,
    text_at,
)
from ansible_collections.cordon.aws.plugins.module_utils.trail.event import Event

_THING: Final = "oidc-provider"
_CLIENT = re.compile(r"[\x20-\x7e]{1,255}", re.ASCII)
_THUMBPRINT = re.compile(r"[0-9A-Fa-f]{40}", re.ASCII)


def _provider(reads: Reads, facet: Facet) -> Json:
    return or_gone(lambda: reads.read(iam_call(facet, "GetOpenIDConnectProvider")))


def _read(reads: Reads, facet: Facet) -> Json:
    found = _provider(reads, facet)
    if found is None:
        return None
    return {
        "clients": sorted(found.get("ClientIDList", ())),
        "thumbprints": _prints(found.get("ThumbprintList")),
        "tags": {tag["Key"]: tag["Value"] for tag in found.get("Tags", ())},
    }


def _prints(value: Json) -> list[str]:
    """Thumbprints in canonical order; IAM keeps them in lower case or as they were given."""
    return sorted(one.lower() for one in value or () if isinstance(one, str) and _THUMBPRINT.fullmatch(one))


def _moves(facet: Facet, live: Json, wanted: Json) -> Sequence[Move]:
    if is_there(live) and is_there(wanted):
        return tags_put_back(facet, live["tags"], wanted["tags"])
    delete = iam_call(facet, "DeleteOpenIDConnectProvider")
    if is_there(wanted):
        return (move(_creation(facet, wanted), delete),)
    return (move(delete, _creation(facet, live)),) if is_there(live) else ()


def _creation(facet: Facet, value: Json) -> Call:
    parameters: dict[str, Json] = {
        "Url": "https://" + facet.names[1].partition("/")[2],
        "ClientIDList": value["clients"],
    }
    if value["thumbprints"]:
        parameters["ThumbprintList"] = value["thumbprints"]
    if value["tags"]:
        parameters["Tags"] = tag_list(value["tags"])
    return call_about(facet, "iam", "CreateOpenIDConnectProvider", **parameters)


OIDC_PROVIDER = Kind(
    name="iam/oidc_provider",
    order=10,
    permissions=(
        "iam:GetOpenIDConnectProvider",
        "iam:CreateOpenIDConnectProvider",
        "iam:DeleteOpenIDConnectProvider",
        "iam:TagOpenIDConnectProvider",
        "iam:UntagOpenIDConnectProvider",
    ),
    takes=takes_only(_THING),
    read=_read,
    moves=_moves,
    matches=both_there,
    word=lambda facet: facet.names[1],
)


def _read_client(reads: Reads, facet: Facet) -> Json:
    found = _provider(reads, facet)
    if found is None:
        return GONE
    return THERE if facet.names[2] in found.get("ClientIDList", ()) else None


def _client_moves(facet: Facet, live: Json, wanted: Json) -> Sequence[Move]:
    if is_there(live) == is_there(wanted) or wanted == GONE:
        return ()
    add = iam_call(facet, "AddClientIDToOpenIDConnectProvider", ClientID=facet.names[2])
    remove = iam_call(facet, "RemoveClientIDFromOpenIDConnectProvider", ClientID=facet.names[2])
    return (move(add, remove) if is_there(wanted) else move(remove, add),)


OIDC_CLIENT = Kind(
    name="iam/oidc_client",
    order=20,
    permissions=(
        "iam:GetOpenIDConnectProvider",
        "iam:AddClientIDToOpenIDConnectProvider",
        "iam:RemoveClientIDFromOpenIDConnectProvider",
    ),
    takes=takes_with(_CLIENT, _THING),
    read=_read_client,
    moves=_client_moves,
    word=lambda facet: facet.names[1],
)


def _read_prints(reads: Reads, facet: Facet) -> Json:
    found = _provider(reads, facet)
    return GONE if found is None else _prints(found.get("ThumbprintList"))


def _print_moves(facet: Facet, live: Json, wanted: Json) -> Sequence[Move]:
    # At least one has to be named. https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateOpenIDConnectProviderThumbprint.html
    if not is_there(wanted) or not wanted:
        return ()
    back = (_printing(facet, live),) if is_there(live) and live else ()
    return (move(_printing(facet, wanted), *back),)


def _printing(facet: Facet, value: Json) -> Call:
    return iam_call(facet, "UpdateOpenIDConnectProviderThumbprint", ThumbprintList=value)


OIDC_THUMBPRINTS = Kind(
    name="iam/oidc_thumbprints",
    order=20,
    permissions=("iam:GetOpenIDConnectProvider", "iam:UpdateOpenIDConnectProviderThumbprint"),
    takes=takes_only(_THING),
    read=_read_prints,
    moves=_print_moves,
    word=lambda facet: facet.names[1],
)


def _texts(value: Json, pattern: re.Pattern[str]) -> list[str]:
    return [one for one in value if isinstance(one, str) and pattern.fullmatch(one)] if isinstance(value, list) else []


def _created(event: Event) -> Iterator[Change]:
    names = (_THING, text_at(event.response, "openIDConnectProviderArn"))
    if not OIDC_PROVIDER.takes(names):
        return
    value = {
        "clients": sorted(_texts(event.request.get("clientIDList"), _CLIENT)),
        "thumbprints": _prints(event.request.get("thumbprintList")),
        "tags": tags_in(event.request.get("tags")),
    }
    yield changed(event, OIDC_PROVIDER.name, *names, before=None, after=value)
    # Without any, IAM finds out the thumbprint by itself.
    if value["thumbprints"]:
        yield changed(event, OIDC_THUMBPRINTS.name, *names, before=GONE, after=value["thumbprints"])
    for client in value["clients"]:
        yield changed(event, OIDC_CLIENT.name, *names, client, before=GONE, after=THERE)
    yield from tag_changes(event, names, tags_in(event.request.get("tags")), GONE)


def _deleted(event: Event) -> Iterator[Change]:
    names = (_THING, thing_in(event, _THING))
    if OIDC_PROVIDER.takes(names):
        yield changed(event, OIDC_PROVIDER.name, *names, after=None)
        yield changed(event, OIDC_THUMBPRINTS.name, *names, after=GONE)


def _client_changes(before: Value, after: Value) -> Changes:
    def changes(event: Event) -> Iterator[Change]:
        names = (_THING, thing_in(event, _THING), requested(event, "ClientID"))
        if OIDC_CLIENT.takes(names):
            yield changed(event, OIDC_CLIENT.name, *names, before=before, after=after)

    return changes


def _prints_set(event: Event) -> Iterator[Change]:
    names = (_THING, thing_in(event, _THING))
    if OIDC_THUMBPRINTS.takes(names):
        found = _prints(event.request.get("thumbprintList"))
        yield changed(event, OIDC_THUMBPRINTS.name, *names, after=found or UNKNOWN)


KINDS = (OIDC_PROVIDER, OIDC_CLIENT, OIDC_THUMBPRINTS)
ENTRIES = (
    Entry(
        service="iam",
        operation="CreateOpenIDConnectProvider",
        changes=_created,
        undone_by="DeleteOpenIDConnectProvider (it can be made again just so)",
        before_from="the call itself",
    ),
    Entry(
        service="iam",
        operation="DeleteOpenIDConnectProvider",
        changes=_deleted,
        undone_by="CreateOpenIDConnectProvider",
        before_from="an earlier event",
    ),
    # Both succeed, too, where nothing is to be done: an earlier event tells it.
    Entry(
        service="iam",
        operation="AddClientIDToOpenIDConnectProvider",
        changes=_client_changes(None, THERE),
        undone_by="RemoveClientIDFromOpenIDConnectProvider",
        before_from="the call itself, or an earlier event",
    ),
    Entry(
        service="iam",
        operation="RemoveClientIDFromOpenIDConnectProvider",
        changes=_client_changes(UNKNOWN, None),
        undone_by="AddClientIDToOpenIDConnectProvider",
        before_from="an earlier event",
    ),
    Entry(
        service="iam",
        operation="UpdateOpenIDConnectProviderThumbprint",
        changes=_prints_set,
        undone_by="UpdateOpenIDConnectProviderThumbprint",
        before_from="an earlier event",
    ),
)
