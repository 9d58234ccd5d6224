# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What runs functions by itself, and who may use layers. A mapping that an attacker made is disabled, and kept.
https://docs.aws.amazon.com/lambda/latest/api/API_UpdateEventSourceMapping.html"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
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
    Value,
)
from ansible_collections.cordon.aws.plugins.module_utils.restore.services import building, parts
from ansible_collections.cordon.aws.plugins.module_utils.trail.event import Event

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)
_ENABLED, _DISABLED = "enabled", "disabled"
# A change takes a while; what it is becoming counts. https://docs.aws.amazon.com/lambda/latest/api/API_EventSourceMappingConfiguration.html
_STATES: Mapping[str, str] = {
    "Creating": _ENABLED,
    "Enabling": _ENABLED,
    "Enabled": _ENABLED,
    "Updating": _ENABLED,
    "Disabling": _DISABLED,
    "Disabled": _DISABLED,
}
_LOST = (
    "An event source mapping was deleted: the function no longer runs on what its queue or stream holds. Make it again with aws lambda "
    "create-event-source-mapping, by what the event that deleted it says in responseElements (source, function, batch size, filters)."
)


def _read(reads: Reads, facet: Facet) -> Json:
    found = building.asked(reads, building.call(facet, "lambda", "GetEventSourceMapping", UUID=facet.names[0]))
    return None if found is None else _STATES.get(found["State"])


def _to(facet: Facet, value: Json) -> Call:
    if value is None:
        return building.call(facet, "lambda", "DeleteEventSourceMapping", UUID=facet.names[0])
    return building.call(facet, "lambda", "UpdateEventSourceMapping", UUID=facet.names[0], Enabled=value == _ENABLED)


def _moves(facet: Facet, live: Json, wanted: Json) -> Sequence[Move]:
    if live is None and wanted != GONE:
        raise IrreversibleError(_LOST)
    moves = building.moves_by(_to, building.one_of(_ENABLED, _DISABLED))(facet, live, wanted)
    return [Move(call=move.call, undo=() if wanted is None else move.undo) for move in moves]


EVENT_SOURCE = Kind(
    name="lambda/event_source",
    order=30,
    permissions=("lambda:GetEventSourceMapping", "lambda:UpdateEventSourceMapping", "lambda:DeleteEventSourceMapping"),
    takes=building.names_match(_UUID),
    read=_read,
    moves=_moves,
    kept=lambda live: live if live is None else _DISABLED,
)

_LAYER = re.compile(r"[A-Za-z0-9_-]{1,140}", re.ASCII)
_NUMBER = re.compile(r"[1-9]\d{0,8}", re.ASCII)
_SID = re.compile(r"[A-Za-z0-9_-]{1,100}", re.ASCII)
_PATTERNS: Mapping[str, re.Pattern[str]] = {
    "Principal": re.compile(r"\d{12}|\*|arn:aws[a-z-]*:iam::\d{12}:root", re.ASCII),
    "OrganizationId": re.compile(r"o-[a-z0-9]{10,32}", re.ASCII),
}


def _read_layer(reads: Reads, facet: Facet) -> Json:
    """All versions of a layer are listed; one that was deleted is not."""
    layer, number = facet.names
    listed = building.listed(
        reads, building.call(facet, "lambda", "ListLayerVersions", LayerName=layer), "LayerVersions"
    )
    return "there" if any(str(one["Version"]) == number for one in listed or []) else None


LAYER_VERSION = building.made(
    name="lambda/layer_version",
    permissions=("lambda:ListLayerVersions", "lambda:DeleteLayerVersion"),
    takes=building.names_match(_LAYER, _NUMBER),
    read=_read_layer,
    remove=lambda facet: building.call(
        facet, "lambda", "DeleteLayerVersion", LayerName=facet.names[0], VersionNumber=int(facet.names[1])
    ),
    lost="A version of a layer was deleted. Functions that have it go on with it, and no other can take it: publish it again from its "
    "source "
    "(aws lambda publish-layer-version), which gives it a new number.",
    word=lambda facet: facet.names[0] if len(facet.names[0]) >= 4 else "layerName",
)


def _said(statement: Mapping[str, Json]) -> Json:
    """A statement as the parameters that make it; None where it is none of AddLayerVersionPermission's."""
    principal = statement.get("Principal")
    principal = principal.get("AWS") if isinstance(principal, dict) else principal
    keys = building.mapping(building.mapping(statement.get("Condition")).get("StringEquals"))
    found: dict[str, Json] = {"Principal": principal}
    for key, value in keys.items():
        if str(key).lower() == "aws:principalorgid":
            found["OrganizationId"] = value
    return found if _is_permission(found) else None


def _is_permission(value: Json) -> bool:
    return (
        isinstance(value, dict)
        and {"Principal"} <= set(value) <= set(_PATTERNS)
        and all(isinstance(one, str) and _PATTERNS[name].fullmatch(one) for name, one in value.items())
    )


def _read_permission(reads: Reads, facet: Facet) -> Json:
    layer, number, sid = facet.names
    question = building.call(facet, "lambda", "GetLayerVersionPolicy", LayerName=layer, VersionNumber=int(number))
    found = building.asked(reads, question)
    if found is None:
        return None if _read_layer(reads, Facet(facet.kind, facet.account, facet.region, (layer, number))) else GONE
    statements = building.statements(found["Policy"])
    return next((_said(one) for one in statements if one.get("Sid") == sid), None)


def _to_permission(facet: Facet, value: Json) -> Call:
    layer, number, sid = facet.names
    named: dict[str, Json] = {"LayerName": layer, "VersionNumber": int(number), "StatementId": sid}
    if value is None:
        return building.call(facet, "lambda", "RemoveLayerVersionPermission", **named)
    return building.call(
        facet, "lambda", "AddLayerVersionPermission", **named, Action="lambda:GetLayerVersion", **value
    )


LAYER_PERMISSION = Kind(
    name="lambda/layer_permission",
    order=20,
    permissions=(
        "lambda:GetLayerVersionPolicy",
        "lambda:ListLayerVersions",
        "lambda:AddLayerVersionPermission",
        "lambda:RemoveLayerVersionPermission",
    ),
    takes=building.names_match(_LAYER, _NUMBER, _SID),
    read=_read_permission,
    moves=building.moves_by(_to_permission, _is_permission, anew=True),
    ways=building.ways_by(_to_permission),
    word=lambda facet: facet.names[0] if len(facet.names[0]) >= 4 else "layerName",
)


def _mapped(event: Event) -> Iterator[Change]:
    told = event.response if event.operation == "CreateEventSourceMapping" else event.request
    names = (building.text(told.get("uUID")) or building.text(told.get("uuid")),)
    if not EVENT_SOURCE.takes(names):
        return
    facet = Facet(EVENT_SOURCE.name, event.account, event.region, names)
    enabled = event.request.get("enabled")
    if event.operation == "DeleteEventSourceMapping":
        yield Change(facet=facet, after=None, before=_ENABLED)
    elif event.operation == "CreateEventSourceMapping":
        yield Change(facet=facet, after=_DISABLED if enabled is False else _ENABLED, before=None)
    elif isinstance(enabled, bool):
        # It succeeds also where nothing changes: that a mapping worked before it was disabled is the safe thing to think.
        if enabled:
            yield Change(facet=facet, after=_ENABLED, before=_DISABLED, sure="open")
        else:
            yield Change(facet=facet, after=_DISABLED, before=_ENABLED, sure="likely")


def _layer(event: Event) -> tuple[str, str]:
    """Name and number, out of names and ARNs."""
    name = building.text(event.request.get("layerName")).rpartition(":layer:")[2]
    number = event.request.get("versionNumber", event.response.get("version"))
    return name, building.whole_number(number)


def _layered(event: Event) -> Iterator[Change]:
    names, made = _layer(event), event.operation == "PublishLayerVersion"
    if LAYER_VERSION.takes(names):
        facet = Facet(LAYER_VERSION.name, event.account, event.region, names)
        yield Change(facet=facet, after="there" if made else None, before=None if made else "there")


def _shared(event: Event) -> Iterator[Change]:
    names = (*_layer(event), building.text(event.request.get("statementId")))
    if LAYER_PERMISSION.takes(names):
        facet = Facet(LAYER_PERMISSION.name, event.account, event.region, names)
        if event.operation == "RemoveLayerVersionPermission":
            yield Change(facet=facet, after=None)
        else:
            told: Value = _said(parts.document(event.response.get("statement")) or {}) or UNKNOWN
            yield Change(facet=facet, after=told, before=None)


_KEPT: Final = "nothing by default; {} if what the attacker made is to be deleted"
_BY_HAND = (
    "An event source mapping was changed in what the event does not tell as it was: batch, filter, function or destination. Compare it "
    "(aws "
    "lambda get-event-source-mapping) with its template, and set it back with aws lambda update-event-source-mapping."
)
KINDS = (EVENT_SOURCE, LAYER_VERSION, LAYER_PERMISSION)
ENTRIES = tuple(
    Entry(
        service="lambda",
        operation=operation,
        changes=changes,
        undone_by=undone_by,
        before_from={
            "RemoveLayerVersionPermission": "an earlier event",
            "UpdateEventSourceMapping": "the call itself where it disables; otherwise an earlier event",
        }.get(operation, "the call itself"),
        manual=_BY_HAND if operation == "UpdateEventSourceMapping" else "",
    )
    for operation, changes, undone_by in (
        ("CreateEventSourceMapping", _mapped, "UpdateEventSourceMapping, so that it is disabled"),
        ("UpdateEventSourceMapping", _mapped, "UpdateEventSourceMapping"),
        ("DeleteEventSourceMapping", _mapped, "a human"),
        ("PublishLayerVersion", _layered, _KEPT.format("DeleteLayerVersion")),
        ("DeleteLayerVersion", _layered, "a human"),
        ("AddLayerVersionPermission", _shared, "RemoveLayerVersionPermission"),
        ("RemoveLayerVersionPermission", _shared, "AddLayerVersionPermission"),
    )
)
