# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Statements of the policies of Lambda functions, their versions and aliases: one facet for each. What an attacker let in is shut out
again.
https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
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
)
from ansible_collections.cordon.aws.plugins.module_utils.restore.services import building, lambda_shapes, parts
from ansible_collections.cordon.aws.plugins.module_utils.trail.event import Event

_SID = re.compile(r"[A-Za-z0-9_-]{1,100}", re.ASCII)
# What AddPermission takes, with its patterns, and where a statement keeps it.
_PARAMETERS: Mapping[str, re.Pattern[str]] = {
    "Action": re.compile(r"lambda:(\*|[A-Za-z]{1,64})|\*", re.ASCII),
    "Principal": re.compile(r"[\x21-\x7e]{1,256}", re.ASCII),
    "SourceArn": re.compile(
        r"arn:aws[a-z-]*:[A-Za-z0-9-]{1,64}:[a-z0-9-]{0,32}:(\d{12})?:[\x21-\x7e]{1,1024}", re.ASCII
    ),
    "SourceAccount": building.ACCOUNT,
    "PrincipalOrgID": re.compile(r"o-[a-z0-9]{10,32}", re.ASCII),
    "FunctionUrlAuthType": re.compile(r"NONE|AWS_IAM"),
    "InvokedViaFunctionUrl": re.compile(r"true"),
}
_CONDITIONS: Mapping[tuple[str, str], str] = {
    ("arnlike", "aws:sourcearn"): "SourceArn",
    ("stringequals", "aws:sourceaccount"): "SourceAccount",
    ("stringequals", "aws:principalorgid"): "PrincipalOrgID",
    ("stringequals", "lambda:functionurlauthtype"): "FunctionUrlAuthType",
    ("bool", "lambda:invokedviafunctionurl"): "InvokedViaFunctionUrl",
}
_OTHER: Final = {"Other": True}
"""A statement that holds what AddPermission is not told again, such as the token of an event source, which is a secret."""
_BY_HAND = (
    "A statement was removed that this cannot word as lambda add-permission does, for instance because it needs a token of its caller. Add "
    "it again with aws lambda add-permission, by what AWS Config's history of the function or its template says."
)


def _takes(names: tuple[str, ...]) -> bool:
    return building.names_match(lambda_shapes.FUNCTION, _SID, lambda_shapes.QUALIFIER)(names)


def _named(facet: Facet) -> dict[str, Json]:
    function, sid, qualifier = facet.names
    return {"FunctionName": function, **({"Qualifier": qualifier} if qualifier else {}), "StatementId": sid}


def _said(statement: Mapping[str, Json]) -> dict[str, Json]:
    """A statement as the parameters that make it."""
    principal = statement.get("Principal")
    if isinstance(principal, dict) and len(principal) == 1 and set(principal) <= {"AWS", "Service"}:
        principal = next(iter(principal.values()))
    found: dict[str, Json] = {"Action": statement.get("Action"), "Principal": principal}
    for operator, keys in building.mapping(statement.get("Condition")).items():
        for key, value in building.mapping(keys).items():
            name = _CONDITIONS.get((str(operator).lower(), str(key).lower()))
            if name is None or name in found:
                return dict(_OTHER)
            found[name] = str(value).lower() if name == "InvokedViaFunctionUrl" else value
    return found if statement.get("Effect") == "Allow" and _fits(found) else dict(_OTHER)


def _fits(value: Json) -> bool:
    return value == _OTHER or (
        isinstance(value, dict)
        and {"Action", "Principal"} <= set(value) <= set(_PARAMETERS)
        and all(isinstance(one, str) and _PARAMETERS[name].fullmatch(one) for name, one in value.items())
    )


def _read(reads: Reads, facet: Facet) -> Json:
    function, sid, qualifier = facet.names
    where: dict[str, Json] = {"FunctionName": function, **({"Qualifier": qualifier} if qualifier else {})}
    found = building.asked(reads, building.call(facet, "lambda", "GetPolicy", **where))
    if found is None:
        # There is no policy, or no function: AWS says the same of both.
        there = building.asked(reads, building.call(facet, "lambda", "GetFunctionConfiguration", **where))
        return GONE if there is None else None
    statements = building.statements(found["Policy"])
    return next((_said(one) for one in statements if one.get("Sid") == sid), None)


def _to(facet: Facet, value: Json) -> Call:
    if value is None:
        return building.call(facet, "lambda", "RemovePermission", **_named(facet))
    if value == _OTHER:
        raise IrreversibleError(_BY_HAND)
    more = {name: True if name == "InvokedViaFunctionUrl" else one for name, one in value.items()}
    return building.call(facet, "lambda", "AddPermission", **_named(facet), **more)


PERMISSION = Kind(
    name="lambda/permission",
    order=20,
    permissions=(
        "lambda:GetPolicy",
        "lambda:GetFunctionConfiguration",
        "lambda:AddPermission",
        "lambda:RemovePermission",
    ),
    takes=_takes,
    read=_read,
    moves=building.moves_by(_to, _fits, anew=True),
    ways=building.ways_by(_to),
    word=lambda_shapes.word,
)


def _facet(event: Event) -> Facet | None:
    function, qualifier = lambda_shapes.named(event)
    names = (function, building.text(event.request.get("statementId")), qualifier)
    return Facet(PERMISSION.name, event.account, event.region, names) if _takes(names) else None


def _added(event: Event) -> Iterator[Change]:
    """A statement of that name must not be there yet: https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html"""
    facet = _facet(event)
    if facet is not None:
        statement = parts.document(event.response.get("statement"))
        after = UNKNOWN if statement is None else _said(statement)
        yield Change(facet=facet, after=after, before=None, holder=lambda_shapes.holder(facet))


def _removed(event: Event) -> Iterator[Change]:
    facet = _facet(event)
    if facet is not None:
        yield Change(facet=facet, after=None, holder=lambda_shapes.holder(facet))


KINDS = (PERMISSION,)
ENTRIES = (
    Entry(
        service="lambda",
        operation="AddPermission",
        changes=_added,
        undone_by="RemovePermission",
        before_from="the call itself",
    ),
    Entry(
        service="lambda",
        operation="RemovePermission",
        changes=_removed,
        undone_by="AddPermission",
        before_from="an earlier event",
    ),
)
