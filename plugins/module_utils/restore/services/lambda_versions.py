# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What functions are called by: versions, aliases, function URLs, and the layers they share. A version or layer that an attacker made
stays as
evidence, for it runs only where something names it; a URL is kept and shut to all whom IAM does not allow.
https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html"""

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
    Certainty,
    Change,
    Facet,
    Kind,
    Move,
)
from ansible_collections.cordon.aws.plugins.module_utils.restore.services import (
    building,
    lambda_code,
    lambda_functions,
    lambda_shapes,
)
from ansible_collections.cordon.aws.plugins.module_utils.trail.event import Event

_VERSION = re.compile(r"[1-9]\d{0,9}", re.ASCII)
_ALIAS = re.compile(r"(?!\d+$)[A-Za-z0-9_-]{1,128}", re.ASCII)
_URL_PARTS: Final = ("AuthType", "InvokeMode", "Cors")
_LOST_VERSION = (
    "A published version of a function was deleted, and AWS keeps no copy. If something still names it, publish the code of that time "
    "again (aws lambda publish-version), from its source, and point aliases and callers to the new number."
)


def _read_version(reads: Reads, facet: Facet) -> Json:
    question = building.call(
        facet, "lambda", "GetFunctionConfiguration", FunctionName=facet.names[0], Qualifier=facet.names[1]
    )
    return None if building.asked(reads, question) is None else "there"


VERSION = building.made(
    name="lambda/version",
    permissions=("lambda:GetFunctionConfiguration", "lambda:DeleteFunction"),
    takes=building.names_match(lambda_shapes.FUNCTION, _VERSION),
    read=_read_version,
    remove=lambda facet: building.call(
        facet, "lambda", "DeleteFunction", FunctionName=facet.names[0], Qualifier=facet.names[1]
    ),
    lost=_LOST_VERSION,
    word=lambda_shapes.word,
)


def _read_alias(reads: Reads, facet: Facet) -> Json:
    function, name = facet.names
    found = building.asked(reads, building.call(facet, "lambda", "GetAlias", FunctionName=function, Name=name))
    if found is None:
        there = building.asked(reads, building.call(facet, "lambda", "GetFunctionConfiguration", FunctionName=function))
        return GONE if there is None else None
    return _alias(found)


def _alias(shown: Json) -> Json:
    """Where an alias leads: a version, and others by weight."""
    version = shown.get("FunctionVersion") or shown.get("functionVersion")
    routing = building.mapping(shown.get("RoutingConfig") or shown.get("routingConfig"))
    weights = building.mapping(routing.get("AdditionalVersionWeights") or routing.get("additionalVersionWeights"))
    return {"version": version, "weights": dict(weights)}


def _is_alias(value: Json) -> bool:
    return (
        isinstance(value, dict)
        and set(value) == {"version", "weights"}
        and _is_version(value["version"])
        and isinstance(value["weights"], dict)
        and all(
            _is_version(version) and isinstance(weight, (int, float)) and 0 <= weight <= 1
            for version, weight in value["weights"].items()
        )
    )


def _is_version(value: Json) -> bool:
    return isinstance(value, str) and (value == "$LATEST" or bool(_VERSION.fullmatch(value)))


def _to_alias(facet: Facet, value: Json) -> Call:
    named: dict[str, Json] = {"FunctionName": facet.names[0], "Name": facet.names[1]}
    if value is None:
        return building.call(facet, "lambda", "DeleteAlias", **named)
    routing: Json = {"AdditionalVersionWeights": value["weights"]}
    return building.call(
        facet, "lambda", "UpdateAlias", **named, FunctionVersion=value["version"], RoutingConfig=routing
    )


def _moves_alias(facet: Facet, live: Json, wanted: Json) -> Sequence[Move]:
    return building.made_by("CreateAlias", building.moves_by(_to_alias, _is_alias)(facet, live, wanted), live, wanted)


ALIAS = Kind(
    name="lambda/alias",
    order=20,
    permissions=(
        "lambda:GetAlias",
        "lambda:GetFunctionConfiguration",
        "lambda:CreateAlias",
        "lambda:UpdateAlias",
        "lambda:DeleteAlias",
    ),
    takes=building.names_match(lambda_shapes.FUNCTION, _ALIAS),
    read=_read_alias,
    moves=_moves_alias,
    kept=building.same,
    word=lambda_shapes.word,
)


def _read_url(reads: Reads, facet: Facet) -> Json:
    found = building.asked(reads, building.call(facet, "lambda", "GetFunctionUrlConfig", **_of_url(facet)))
    if found is None:
        there = building.asked(
            reads, building.call(facet, "lambda", "GetFunctionConfiguration", FunctionName=facet.names[0])
        )
        return GONE if there is None else None
    return _url(found)


def _of_url(facet: Facet) -> dict[str, Json]:
    function, qualifier = facet.names
    return {"FunctionName": function, **({"Qualifier": qualifier} if qualifier else {})}


_CORS: Final = ("AllowCredentials", "AllowHeaders", "AllowMethods", "AllowOrigins", "ExposeHeaders", "MaxAge")


def _url(shown: Json) -> Json:
    """Who may call it, and how it answers, from AWS or an event."""
    cors = building.mapping(shown.get("Cors") or shown.get("cors"))
    told = {name: cors.get(name, cors.get(name[:1].lower() + name[1:])) for name in _CORS}
    return {
        "AuthType": shown.get("AuthType") or shown.get("authType"),
        "InvokeMode": shown.get("InvokeMode") or shown.get("invokeMode") or "BUFFERED",
        "Cors": {name: value for name, value in told.items() if value not in (None, [], False, 0)},
    }


def _is_url(value: Json) -> bool:
    return (
        isinstance(value, dict)
        and set(value) == set(_URL_PARTS)
        and value["AuthType"] in ("NONE", "AWS_IAM")
        and value["InvokeMode"] in ("BUFFERED", "RESPONSE_STREAM")
        and isinstance(value["Cors"], dict)
        and set(value["Cors"]) <= set(_CORS)
        and all(map(_is_cors, value["Cors"].values()))
    )


def _is_cors(value: Json) -> bool:
    if isinstance(value, list):
        return len(value) <= 100 and all(isinstance(one, str) and 0 < len(one) <= 1024 for one in value)
    return isinstance(value, int)


def _to_url(facet: Facet, value: Json) -> Call:
    if value is None:
        return building.call(facet, "lambda", "DeleteFunctionUrlConfig", **_of_url(facet))
    return building.call(facet, "lambda", "UpdateFunctionUrlConfig", **_of_url(facet), **value)


def _moves_url(facet: Facet, live: Json, wanted: Json) -> Sequence[Move]:
    moves = building.made_by(
        "CreateFunctionUrlConfig", building.moves_by(_to_url, _is_url)(facet, live, wanted), live, wanted
    )
    # AWS never gives a deleted URL again: https://docs.aws.amazon.com/lambda/latest/dg/urls-configuration.html
    return [Move(call=move.call, undo=()) for move in moves] if wanted is None else moves


URL = Kind(
    name="lambda/url",
    order=20,
    permissions=(
        "lambda:GetFunctionUrlConfig",
        "lambda:GetFunctionConfiguration",
        "lambda:CreateFunctionUrlConfig",
        "lambda:UpdateFunctionUrlConfig",
        "lambda:DeleteFunctionUrlConfig",
    ),
    takes=building.names_match(lambda_shapes.FUNCTION, lambda_shapes.QUALIFIER),
    read=_read_url,
    moves=_moves_url,
    kept=lambda live: live if live is None else {**live, "AuthType": "AWS_IAM"},
    word=lambda_shapes.word,
)


def _published(event: Event, sure: Certainty = "open") -> Iterator[Change]:
    """A version, where the call published one; where nothing has changed since the last one, AWS answers with that.
    https://docs.aws.amazon.com/lambda/latest/api/API_PublishVersion.html"""
    names = (lambda_shapes.named(event)[0], building.text(event.response.get("version")))
    if VERSION.takes(names):
        facet = Facet(VERSION.name, event.account, event.region, names)
        yield Change(facet=facet, after="there", before=None, sure=sure)


def _recoded(event: Event) -> Iterator[Change]:
    yield from lambda_code.recoded(event)
    if event.request.get("publish") is True:
        yield from _published(event)


def _created(event: Event) -> Iterator[Change]:
    yield from lambda_functions.created(event)
    yield from lambda_code.created(event)
    if event.request.get("publish") is True:
        yield from _published(event, "proven")


def _deleted(event: Event) -> Iterator[Change]:
    """A function, or one version of it."""
    function, version = lambda_shapes.named(event)
    names = (function, version)
    if VERSION.takes(names):
        yield Change(facet=Facet(VERSION.name, event.account, event.region, names), after=None, before="there")
    else:
        yield from lambda_functions.deleted(event)


def _alias_facet(event: Event) -> Facet | None:
    names = (lambda_shapes.named(event)[0], building.text(event.request.get("name")))
    return Facet(ALIAS.name, event.account, event.region, names) if ALIAS.takes(names) else None


def _alias_set(event: Event) -> Iterator[Change]:
    facet, value = _alias_facet(event), _alias(event.response or event.request)
    if facet is not None:
        created = event.operation == "CreateAlias"
        yield Change(
            facet=facet,
            after=value if _is_alias(value) else UNKNOWN,
            before=None if created else UNKNOWN,
            holder=lambda_shapes.holder(facet),
        )


def _alias_deleted(event: Event) -> Iterator[Change]:
    facet = _alias_facet(event)
    if facet is not None:
        yield Change(facet=facet, after=None, holder=lambda_shapes.holder(facet))


def _url_facet(event: Event) -> Facet | None:
    names = lambda_shapes.named(event)
    return Facet(URL.name, event.account, event.region, names) if URL.takes(names) else None


def _url_set(event: Event) -> Iterator[Change]:
    facet, value = _url_facet(event), _url(event.response or event.request)
    if facet is not None:
        created = event.operation == "CreateFunctionUrlConfig"
        yield Change(
            facet=facet,
            after=value if _is_url(value) else UNKNOWN,
            before=None if created else UNKNOWN,
            holder=lambda_shapes.holder(facet),
        )


def _url_deleted(event: Event) -> Iterator[Change]:
    facet = _url_facet(event)
    if facet is not None:
        yield Change(facet=facet, after=None, holder=lambda_shapes.holder(facet))


KINDS = (VERSION, ALIAS, URL)
ENTRIES = (
    Entry(
        service="lambda",
        operation="CreateFunction",
        changes=_created,
        undone_by="PutFunctionConcurrency with 0; DeleteFunction if what the attacker made is to be deleted",
        before_from="the call itself",
    ),
    Entry(
        service="lambda",
        operation="UpdateFunctionCode",
        changes=_recoded,
        undone_by="a human, from a version or the source",
        before_from="an earlier event, or a version",
    ),
    Entry(
        service="lambda",
        operation="DeleteFunction",
        changes=_deleted,
        undone_by="a human, from the source",
        before_from="the call itself",
    ),
    Entry(
        service="lambda",
        operation="PublishVersion",
        changes=_published,
        undone_by="nothing by default; DeleteFunction with the version if what the attacker made is to be deleted",
        before_from="an earlier event",
    ),
    *(
        Entry(
            service="lambda",
            operation=operation,
            changes=changes,
            undone_by=undone_by,
            before_from="the call itself" if operation.startswith("Create") else "an earlier event",
        )
        for operation, changes, undone_by in (
            ("CreateAlias", _alias_set, "nothing by default; DeleteAlias if what the attacker made is to be deleted"),
            ("UpdateAlias", _alias_set, "UpdateAlias"),
            ("DeleteAlias", _alias_deleted, "CreateAlias"),
            ("CreateFunctionUrlConfig", _url_set, "UpdateFunctionUrlConfig, so that it needs AWS_IAM"),
            ("UpdateFunctionUrlConfig", _url_set, "UpdateFunctionUrlConfig"),
            ("DeleteFunctionUrlConfig", _url_deleted, "CreateFunctionUrlConfig, with another URL"),
        )
    ),
)
