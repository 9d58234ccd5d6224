# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The code and configuration that a function runs with, unpublished: one facet for the code, and one for each part of the
configuration. Code is
never put back by itself: what it was is a version at best, which a human checks first.
https://docs.aws.amazon.com/lambda/latest/api/API_UpdateFunctionConfiguration.html"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
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
from ansible_collections.cordon.aws.plugins.module_utils.restore.services import building, lambda_shapes
from ansible_collections.cordon.aws.plugins.module_utils.trail.event import Event

_CODE: Final = "Code"
_SHA256 = re.compile(r"[A-Za-z0-9+/]{43}=", re.ASCII)
_LAYER = re.compile(r"arn:aws[a-z-]*:lambda:[a-z0-9-]{5,32}:\d{12}:layer:[A-Za-z0-9_-]{1,140}:\d{1,9}", re.ASCII)
_CODE_BY_HAND = (
    "The code of a function was replaced. Look for a version that still has the code of before (aws lambda list-versions-by-function "
    "--function-name FUNCTION, by CodeSha256 and LastModified), fetch it (aws lambda get-function --qualifier VERSION, Code.Location) "
    "and put "
    "it back with aws lambda update-function-code, or deploy it anew from its source. Keep a copy of the attacker's code as evidence first."
)


_UNTOLD = (
    "The environment or networking of a function was changed, or another part that the event does not tell; what it was is in no event. "
    "Look at it (aws lambda get-function-configuration --function-name FUNCTION), compare with its template, and set it back with aws "
    "lambda update-function-configuration. Secrets that were in its environment are known to whoever could read it: replace them."
)


def _matches(pattern: str) -> Callable[[Json], bool]:
    return lambda value: isinstance(value, str) and bool(re.fullmatch(pattern, value, re.ASCII))


def _number(least: int, most: int) -> Callable[[Json], bool]:
    return lambda value: isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


# Part: what its values are like, and how they come out of what AWS shows (the same where it is shown as it is set).
_PARTS: Mapping[str, Callable[[Json], bool]] = {
    "Layers": lambda value: isinstance(value, list) and len(value) <= 5 and all(map(_matches(_LAYER.pattern), value)),
    "Role": _matches(r"arn:aws[a-z-]*:iam::\d{12}:role/[\x21-\x7e]{1,576}"),
    "Handler": _matches(r"[\x21-\x7e]{0,128}"),
    "Runtime": _matches(r"[a-z0-9.]{1,32}"),
    "Timeout": _number(1, 900),
    "MemorySize": _number(128, 10_240),
    "KMSKeyArn": _matches(r"(arn:aws[a-z-]*:kms:[a-z0-9-]{5,32}:\d{12}:[\x21-\x7e]{1,256})?"),
    "DeadLetterConfig": lambda value: (
        isinstance(value, dict)
        and set(value) == {"TargetArn"}
        and _matches(r"(arn:aws[a-z-]*:(sqs|sns):[a-z0-9-]{5,32}:\d{12}:[\x21-\x7e]{1,256})?")(value["TargetArn"])
    ),
    "TracingConfig": lambda value: value in ({"Mode": "Active"}, {"Mode": "PassThrough"}),
}


def _takes(names: tuple[str, ...]) -> bool:
    return (
        len(names) == 2
        and bool(lambda_shapes.FUNCTION.fullmatch(names[0]))
        and (names[1] in _PARTS or names[1] == _CODE)
    )


def _shown(configuration: Mapping[str, Json], part: str) -> Json:
    """A part of a configuration, in the API's names or an event's, as it is set."""
    found = configuration.get(part, configuration.get(part[:1].lower() + part[1:]))
    if part == "Layers":
        return [_ident(one) for one in found] if isinstance(found, list) else []
    if part == "KMSKeyArn":
        return found or ""
    if part == "DeadLetterConfig":
        holder = building.mapping(found)
        return {"TargetArn": holder.get("TargetArn") or holder.get("targetArn") or ""}
    if part == "TracingConfig":
        holder = building.mapping(found)
        return {"Mode": holder.get("Mode") or holder.get("mode") or "PassThrough"}
    return found


def _ident(layer: Json) -> str:
    holder = building.mapping(layer)
    return building.text(layer) or building.text(holder.get("Arn")) or building.text(holder.get("arn"))


def _read(reads: Reads, facet: Facet) -> Json:
    question = building.call(facet, "lambda", "GetFunctionConfiguration", FunctionName=facet.names[0])
    found = building.asked(reads, question)
    if found is None:
        return GONE
    return found.get("CodeSha256") if facet.names[1] == _CODE else _shown(found, facet.names[1])


def _to(facet: Facet, value: Json) -> Call:
    function, part = facet.names
    if part == _CODE:
        raise IrreversibleError(_CODE_BY_HAND)
    if value is None or not _PARTS[part](value):
        raise IrreversibleError(building.NO_STATE)
    changed: dict[str, Json] = {part: value}
    return building.call(facet, "lambda", "UpdateFunctionConfiguration", FunctionName=function, **changed)


CONFIGURATION = Kind(
    name="lambda/configuration",
    order=20,
    permissions=("lambda:GetFunctionConfiguration", "lambda:UpdateFunctionConfiguration", "iam:PassRole"),
    takes=_takes,
    read=_read,
    moves=building.moves_by(_to, lambda _value: True),
    word=lambda_shapes.word,
)


def _facet(event: Event, part: str) -> Facet | None:
    names = (lambda_shapes.named(event)[0], part)
    return Facet(CONFIGURATION.name, event.account, event.region, names) if _takes(names) else None


def _configured(event: Event) -> Iterator[Change]:
    """The parts that the request names, as the answer shows them. Events hold the environment empty, whatever it is."""
    for part, fits in _PARTS.items():
        name = part[:1].lower() + part[1:]
        facet = _facet(event, part)
        if facet is not None and (name in event.request or part in event.request):
            value = _shown(event.response if name in event.response else event.request, part)
            yield Change(facet=facet, after=value if fits(value) else UNKNOWN)


def created(event: Event) -> Iterator[Change]:
    """With which configuration and code CreateFunction made a function; the answer shows all of it."""
    for part, fits in _PARTS.items():
        facet, value = _facet(event, part), _shown(event.response, part)
        if facet is not None:
            yield Change(facet=facet, after=value if fits(value) else UNKNOWN, before=GONE)
    for change in recoded(event):
        yield Change(facet=change.facet, after=change.after, before=GONE)


def recoded(event: Event) -> Iterator[Change]:
    """What UpdateFunctionCode changed."""
    facet = _facet(event, _CODE)
    if facet is not None and event.request.get("dryRun") is not True:
        told = building.text(event.response.get("codeSha256"))
        yield Change(facet=facet, after=told if _SHA256.fullmatch(told) else UNKNOWN)


KINDS = (CONFIGURATION,)
ENTRIES = (
    Entry(
        service="lambda",
        operation="UpdateFunctionConfiguration",
        changes=_configured,
        undone_by="UpdateFunctionConfiguration",
        before_from="an earlier event",
        manual=_UNTOLD,
    ),
)
