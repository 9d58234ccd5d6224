# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Bedrock: agreements by which an account may use a model, and whether what is asked of models is logged.

An agreement that an attacker made is ended; it cannot be made again without the token of an offer, so there is no way back by a call.
https://docs.aws.amazon.com/bedrock/latest/APIReference/API_CreateFoundationModelAgreement.html"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from ansible_collections.cordon.aws.plugins.module_utils.plan import Json
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads
from ansible_collections.cordon.aws.plugins.module_utils.restore.entry import Entry
from ansible_collections.cordon.aws.plugins.module_utils.restore.facet import (
    Change,
    Facet,
    IrreversibleError,
    Kind,
    Move,
)
from ansible_collections.cordon.aws.plugins.module_utils.restore.services.setting import Names, answered, call_of
from ansible_collections.cordon.aws.plugins.module_utils.trail.event import Event

AGREED: Final = "agreed"
_MODEL = re.compile(r"[a-z0-9-]{1,63}\.[a-z0-9.-]{1,63}(:[a-z0-9-]{1,63}){0,2}(/[a-z0-9]{12})?", re.ASCII)


def _takes(names: Names) -> bool:
    return len(names) == 1 and bool(_MODEL.fullmatch(names[0])) and ".." not in names[0]


def _read(reads: Reads, facet: Facet) -> Json:
    call = call_of(facet, "bedrock", "GetFoundationModelAvailability", {"modelId": facet.names[0]})
    answer = answered(reads, call, absent=("ResourceNotFoundException",))
    status = answer.get("agreementAvailability", {}).get("status") if answer else None
    return AGREED if status in ("AVAILABLE", "PENDING") else None


def _moves(facet: Facet, _live: Json, wanted: Json) -> Sequence[Move]:
    if wanted is not None:
        raise IrreversibleError(
            "An agreement takes the token of an offer: aws bedrock list-foundation-model-agreement-offers, then aws bedrock "
            "create-foundation-model-agreement."
        )
    call = call_of(facet, "bedrock", "DeleteFoundationModelAgreement", {"modelId": facet.names[0]})
    return (Move(call=call, undo=()),)


AGREEMENT = Kind(
    name="bedrock/model_agreement",
    order=20,
    permissions=("bedrock:GetFoundationModelAvailability", "bedrock:DeleteFoundationModelAgreement"),
    takes=_takes,
    read=_read,
    moves=_moves,
)


def _agreement(after: Json, before: Json) -> Callable[[Event], Iterator[Change]]:
    def changes(event: Event) -> Iterator[Change]:
        model = event.request.get("modelId")
        names = (model if isinstance(model, str) else "",)
        if _takes(names):
            facet = Facet(AGREEMENT.name, event.account, event.region, names)
            yield Change(facet=facet, after=after, before=before)

    return changes


_LOGGING = (
    "Look at whether what is asked of models is logged, and where to: aws bedrock get-model-invocation-logging-configuration; and set it "
    "right: aws bedrock put-model-invocation-logging-configuration."
)
_GUARDRAIL = "Look at the guardrail and its versions, and set it right: aws bedrock get-guardrail, aws bedrock {}."
_JOB = "A job ran that costs, and may hold data. Look at it, and stop it: aws bedrock {}."
_MANUAL = {
    "PutFoundationModelEntitlement": "The account may use the model. AWS offers no call that ends an entitlement: end the agreement, aws "
    "bedrock delete-foundation-model-agreement, and deny the model's use by a policy.",
    "PutUseCaseForModelAccess": "A use case was handed in with the account's name, and no call takes it back. Look at it, aws bedrock "
    "get-use-case-for-model-access, and hand in the right one, or tell AWS Support.",
    "PutModelInvocationLoggingConfiguration": _LOGGING,
    "DeleteModelInvocationLoggingConfiguration": _LOGGING,
    "CreateGuardrail": _GUARDRAIL.format("delete-guardrail"),
    "UpdateGuardrail": _GUARDRAIL.format("update-guardrail"),
    "DeleteGuardrail": _GUARDRAIL.format("create-guardrail"),
    "CreateModelCustomizationJob": _JOB.format("stop-model-customization-job"),
    "CreateModelInvocationJob": _JOB.format("stop-model-invocation-job"),
    "CreateProvisionedModelThroughput": "Throughput was bought. Delete it: aws bedrock delete-provisioned-model-throughput; with a "
    "commitment only AWS Support can end it.",
    "CreateModelImportJob": "A model was imported. Look at it, and delete it: aws bedrock delete-imported-model.",
}
_USED: Final = (
    "It uses a model and changes nothing. Look at its cost, and at what was asked where invocations are logged."
)
KINDS = (AGREEMENT,)
ENTRIES = (
    Entry(
        service="bedrock",
        operation="CreateFoundationModelAgreement",
        changes=_agreement(AGREED, None),
        undone_by="DeleteFoundationModelAgreement",
        before_from="the call itself",
    ),
    Entry(
        service="bedrock",
        operation="DeleteFoundationModelAgreement",
        changes=_agreement(None, AGREED),
        undone_by="nothing: it takes an offer's token",
        before_from="the call itself",
    ),
    *(Entry(service="bedrock", operation=operation, manual=text) for operation, text in _MANUAL.items()),
    *(
        Entry(service="bedrock", operation=operation, harmless=_USED)
        for operation in ("InvokeModel", "InvokeModelWithResponseStream", "Converse", "ConverseStream", "InvokeAgent")
    ),
)
