# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Functions that were made, stopped or deleted: whether they are there, and how much concurrency is reserved for them. What an
attacker made is
kept with a reserved concurrency of 0, with which nothing runs it.
https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html"""

from __future__ import annotations

from collections.abc import Iterator
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
)
from ansible_collections.cordon.aws.plugins.module_utils.restore.services import building, lambda_shapes
from ansible_collections.cordon.aws.plugins.module_utils.trail.event import Event

_RESERVED: Final = "reserved_concurrency"
_LOST = (
    "A function was deleted, with its versions and aliases, and AWS keeps no copy. Deploy it again from its source or template; what it "
    "had "
    "for a role, environment, layers and triggers is in AWS Config's history (aws configservice get-resource-config-history "
    "--resource-type AWS::Lambda::Function --resource-id FUNCTION) and in the events that made it."
)


def _fits(value: Json) -> bool:
    amount = value.get(_RESERVED) if isinstance(value, dict) and set(value) == {_RESERVED} else ""
    return amount is None or (isinstance(amount, int) and not isinstance(amount, bool) and 0 <= amount <= 1_000_000)


def _read(reads: Reads, facet: Facet) -> Json:
    name = facet.names[0]
    if building.asked(reads, building.call(facet, "lambda", "GetFunctionConfiguration", FunctionName=name)) is None:
        return None
    found = building.asked(reads, building.call(facet, "lambda", "GetFunctionConcurrency", FunctionName=name)) or {}
    return {_RESERVED: found.get("ReservedConcurrentExecutions")}


def _to(facet: Facet, value: Json) -> Call:
    name = facet.names[0]
    if value is None:
        return building.call(facet, "lambda", "DeleteFunction", FunctionName=name)
    if value[_RESERVED] is None:
        return building.call(facet, "lambda", "DeleteFunctionConcurrency", FunctionName=name)
    return building.call(
        facet, "lambda", "PutFunctionConcurrency", FunctionName=name, ReservedConcurrentExecutions=value[_RESERVED]
    )


def _moves(facet: Facet, live: Json, wanted: Json) -> list[Move]:
    if live is None and wanted != GONE:
        raise IrreversibleError(_LOST)
    moves = list(building.moves_by(_to, _fits)(facet, live, wanted))
    # What is deleted does not come back.
    return moves if wanted is not None else [Move(call=one.call, undo=()) for one in moves]


FUNCTION = Kind(
    name="lambda/function",
    order=10,
    permissions=(
        "lambda:GetFunctionConfiguration",
        "lambda:GetFunctionConcurrency",
        "lambda:PutFunctionConcurrency",
        "lambda:DeleteFunctionConcurrency",
        "lambda:DeleteFunction",
    ),
    takes=building.names_match(lambda_shapes.FUNCTION),
    read=_read,
    moves=_moves,
    kept=lambda live: live if live is None else {_RESERVED: 0},
    word=lambda_shapes.word,
)


def _facet_of(event: Event) -> Facet | None:
    """The function that an event is about as a whole."""
    name, qualifier = lambda_shapes.named(event)
    return Facet(FUNCTION.name, event.account, event.region, (name,)) if name and not qualifier else None


def created(event: Event) -> Iterator[Change]:
    """What CreateFunction changed, but for a version that it published."""
    facet = _facet_of(event)
    if facet is not None:
        yield Change(facet=facet, after={_RESERVED: None}, before=None)


def deleted(event: Event) -> Iterator[Change]:
    """What DeleteFunction without a version changed."""
    facet = _facet_of(event)
    if facet is not None:
        yield Change(facet=facet, after=None, before={_RESERVED: None})


def _reserved(event: Event) -> Iterator[Change]:
    facet, amount = _facet_of(event), event.request.get("reservedConcurrentExecutions")
    if facet is not None and _fits({_RESERVED: amount}) and amount is not None:
        yield Change(facet=facet, after={_RESERVED: amount})


def _freed(event: Event) -> Iterator[Change]:
    facet = _facet_of(event)
    if facet is not None:
        yield Change(facet=facet, after={_RESERVED: None})


KINDS = (FUNCTION,)
ENTRIES = (
    Entry(
        service="lambda",
        operation="PutFunctionConcurrency",
        changes=_reserved,
        undone_by="PutFunctionConcurrency, DeleteFunctionConcurrency",
        before_from="an earlier event",
    ),
    Entry(
        service="lambda",
        operation="DeleteFunctionConcurrency",
        changes=_freed,
        undone_by="PutFunctionConcurrency",
        before_from="an earlier event",
    ),
    *building.harmless(
        "lambda",
        "It ran the function. What the function did stands in the events of its role.",
        "Invoke",
        "InvokeAsync",
        "InvokeWithResponseStream",
    ),
    *building.by_hand(
        "lambda",
        "What happens around a function's runs was changed, and the event does not tell what it was: where results of asynchronous runs "
        "go, "
        "which code may be deployed, how it is kept ready, or its runtime. Look at it with the Get operation of the same name, compare "
        "with its "
        "template, and set it back.",
        "PutFunctionEventInvokeConfig",
        "UpdateFunctionEventInvokeConfig",
        "DeleteFunctionEventInvokeConfig",
        "PutFunctionCodeSigningConfig",
        "DeleteFunctionCodeSigningConfig",
        "CreateCodeSigningConfig",
        "UpdateCodeSigningConfig",
        "DeleteCodeSigningConfig",
        "PutProvisionedConcurrencyConfig",
        "DeleteProvisionedConcurrencyConfig",
        "PutRuntimeManagementConfig",
        "PutFunctionRecursionConfig",
        "PutFunctionScalingConfig",
    ),
    *building.harmless(
        "lambda", "It changes tags, and nothing of what the function does.", "TagResource", "UntagResource"
    ),
)
