# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Attributes of SQS queues, their policies among them, and permissions added under labels. Queues go by name: their URL is made of region,
account and name, as AWS does (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-queue-message-identifiers.html)."""

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
from ansible_collections.cordon.aws.plugins.module_utils.restore.services import attributes
from ansible_collections.cordon.aws.plugins.module_utils.restore.services.setting import Names, answered, call_of
from ansible_collections.cordon.aws.plugins.module_utils.trail.event import Event

_NAME = re.compile(r"[A-Za-z0-9_-]{1,80}(\.fifo)?", re.ASCII)
_URL = re.compile(r"https?://[a-z0-9.:-]{1,255}/(?P<account>\d{12})/(?P<name>[A-Za-z0-9_.-]{1,80})", re.ASCII)
_NO_QUEUE: Final = ("AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist")


def _takes_attribute(names: Names) -> bool:
    return len(names) == 2 and bool(_NAME.fullmatch(names[0])) and bool(attributes.ATTRIBUTE.fullmatch(names[1]))


def _takes_label(names: Names) -> bool:
    return len(names) == 2 and bool(_NAME.fullmatch(names[0])) and bool(attributes.LABEL.fullmatch(names[1]))


def _call(facet: Facet, operation: str, **parameters: Json) -> Call:
    suffix = "amazonaws.com.cn" if facet.region.startswith("cn-") else "amazonaws.com"
    url = f"https://sqs.{facet.region}.{suffix}/{facet.account}/{facet.names[0]}"
    return call_of(facet, "sqs", operation, {"QueueUrl": url, **parameters})


def _word(facet: Facet) -> str:
    return facet.names[0] if len(facet.names[0]) > 3 else "queueUrl"


def _attribute(reads: Reads, facet: Facet, name: str) -> Json:
    answer = answered(reads, _call(facet, "GetQueueAttributes", AttributeNames=[name]), gone=_NO_QUEUE)
    return GONE if answer == GONE else attributes.value_of(name, answer.get("Attributes", {}).get(name))


def _set(facet: Facet, value: Json) -> Call:
    return _call(facet, "SetQueueAttributes", Attributes={facet.names[1]: attributes.text_of(value)})


ATTRIBUTE = Kind(
    name="sqs/attribute",
    order=20,
    permissions=("sqs:GetQueueAttributes", "sqs:SetQueueAttributes"),
    takes=_takes_attribute,
    read=lambda reads, facet: _attribute(reads, facet, facet.names[1]),
    moves=lambda facet, live, wanted: (Move(call=_set(facet, wanted), undo=(_set(facet, live),)),),
    matches=attributes.same,
    word=_word,
)


def _read_permission(reads: Reads, facet: Facet) -> Json:
    policy = _attribute(reads, facet, attributes.POLICY)
    return GONE if policy == GONE else attributes.permission_in(policy, facet.names[1])


def _move_permission(facet: Facet, live: Json, wanted: Json) -> Sequence[Move]:
    def adding(permission: Json) -> Call:
        told = attributes.checked(permission)
        return _call(
            facet, "AddPermission", Label=facet.names[1], AWSAccountIds=told["accounts"], Actions=told["actions"]
        )

    removing = _call(facet, "RemovePermission", Label=facet.names[1])
    if wanted is None:
        return (Move(call=removing, undo=(adding(live),)),)
    first = () if live is None else (Move(call=removing, undo=(adding(live),)),)
    return (*first, Move(call=adding(wanted), undo=(removing,)))


PERMISSION = Kind(
    name="sqs/permission",
    order=20,
    permissions=("sqs:GetQueueAttributes", "sqs:AddPermission", "sqs:RemovePermission"),
    takes=_takes_label,
    read=_read_permission,
    moves=_move_permission,
    ways=lambda facet, live: _move_permission(facet, live, None) if attributes.is_whole(live) else (),
    word=_word,
)


def _queue(event: Event) -> str:
    url = event.request.get("queueUrl")
    parts = _URL.fullmatch(url) if isinstance(url, str) else None
    return parts["name"] if parts and parts["account"] == event.account else ""


def _attributes_set(event: Event) -> Iterator[Change]:
    told = event.request.get("attributes")
    for name, text in told.items() if isinstance(told, dict) else []:
        names = (_queue(event), name)
        if _takes_attribute(names):
            facet = Facet(ATTRIBUTE.name, event.account, event.region, names)
            yield Change(facet=facet, after=attributes.value_in(name, text))


def _permission_added(event: Event) -> Iterator[Change]:
    permission = attributes.permission_of(event.request.get("aWSAccountIds"), event.request.get("actions"))
    yield from _labelled(event, permission, None)


def _permission_removed(event: Event) -> Iterator[Change]:
    yield from _labelled(event, None, UNKNOWN)


def _labelled(event: Event, after: Value, before: Value) -> Iterator[Change]:
    label = event.request.get("label")
    names = (_queue(event), label if isinstance(label, str) else "")
    if _takes_label(names):
        yield Change(facet=Facet(PERMISSION.name, event.account, event.region, names), after=after, before=before)


_MESSAGES: Final = (
    "The messages are lost, and AWS keeps none of them. Have whoever sends to the queue send them again, and look at its queue of "
    "dead letters."
)
_MANUAL = {
    "CreateQueue": "Look at the queue, who sends to it and who reads from it, and delete it if it is the attacker's: aws sqs "
    "get-queue-attributes --attribute-names All, aws sqs delete-queue.",
    "DeleteQueue": "The queue and its messages are gone. Make it again with the attributes that its templates say, and the same name: aws "
    "sqs create-queue.",
    "PurgeQueue": _MESSAGES,
    "DeleteMessage": _MESSAGES,
    "DeleteMessageBatch": _MESSAGES,
    "StartMessageMoveTask": "Messages were moved from a dead-letter queue: aws sqs list-message-move-tasks. Move them back if need be.",
    "TagQueue": "Look at the tags of the queue, on which policies may depend: aws sqs list-queue-tags.",
    "UntagQueue": "Look at the tags of the queue, on which policies may depend: aws sqs list-queue-tags.",
}
_HARMLESS = {
    **dict.fromkeys(
        ("SendMessage", "SendMessageBatch"),
        "A message changes nothing of the queue. What its readers did with it, their own events show.",
    ),
    **dict.fromkeys(
        ("ChangeMessageVisibility", "ChangeMessageVisibilityBatch", "ReceiveMessage"),
        "A message that was received comes back by itself when its visibility timeout ends.",
    ),
}
KINDS = (ATTRIBUTE, PERMISSION)
ENTRIES = (
    Entry(
        service="sqs",
        operation="SetQueueAttributes",
        changes=_attributes_set,
        undone_by="SetQueueAttributes",
        before_from="an earlier event",
    ),
    Entry(
        service="sqs",
        operation="AddPermission",
        changes=_permission_added,
        undone_by="RemovePermission",
        before_from="the call itself",
    ),
    Entry(
        service="sqs",
        operation="RemovePermission",
        changes=_permission_removed,
        undone_by="AddPermission",
        before_from="an earlier event",
    ),
    *(Entry(service="sqs", operation=operation, manual=text) for operation, text in _MANUAL.items()),
    *(Entry(service="sqs", operation=operation, harmless=text) for operation, text in _HARMLESS.items()),
)
