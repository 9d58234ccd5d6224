# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Attributes of SNS topics, their policies among them, permissions added under labels, and subscriptions. A subscription that is made again
gets another ARN, and its owner has to confirm it: so one that was ended is left to a human.
https://docs.aws.amazon.com/sns/latest/api/API_SetTopicAttributes.html"""

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
    Value,
)
from ansible_collections.cordon.aws.plugins.module_utils.restore.services import attributes
from ansible_collections.cordon.aws.plugins.module_utils.restore.services.setting import Names, answered, call_of
from ansible_collections.cordon.aws.plugins.module_utils.trail.event import Event

_TOPIC = re.compile(r"arn:aws[a-z-]*:sns:[a-z0-9-]{5,32}:\d{12}:[A-Za-z0-9_-]{1,256}(\.fifo)?", re.ASCII)
_SUBSCRIPTION = re.compile(
    r"arn:aws[a-z-]*:sns:[a-z0-9-]{5,32}:\d{12}:[A-Za-z0-9_-]{1,256}(\.fifo)?:[0-9a-f-]{36}", re.ASCII
)
_NO_TOPIC: Final = ("NotFound", "NotFoundException")


def _takes_attribute(names: Names) -> bool:
    return len(names) == 2 and bool(_TOPIC.fullmatch(names[0])) and bool(attributes.ATTRIBUTE.fullmatch(names[1]))


def _takes_label(names: Names) -> bool:
    return len(names) == 2 and bool(_TOPIC.fullmatch(names[0])) and bool(attributes.LABEL.fullmatch(names[1]))


def _call(facet: Facet, operation: str, **parameters: Json) -> Call:
    return call_of(facet, "sns", operation, {"TopicArn": facet.names[0], **parameters})


def _attribute(reads: Reads, facet: Facet, name: str) -> Json:
    answer = answered(reads, _call(facet, "GetTopicAttributes"), gone=_NO_TOPIC)
    return GONE if answer == GONE else attributes.value_of(name, answer["Attributes"].get(name))


def _set(facet: Facet, value: Json) -> Call:
    text = attributes.text_of(value)
    return _call(facet, "SetTopicAttributes", AttributeName=facet.names[1], AttributeValue=text)


ATTRIBUTE = Kind(
    name="sns/attribute",
    order=20,
    permissions=("sns:GetTopicAttributes", "sns:SetTopicAttributes"),
    takes=_takes_attribute,
    read=lambda reads, facet: _attribute(reads, facet, facet.names[1]),
    moves=lambda facet, live, wanted: (Move(call=_set(facet, wanted), undo=(_set(facet, live),)),),
    matches=attributes.same,
)


def _read_permission(reads: Reads, facet: Facet) -> Json:
    policy = _attribute(reads, facet, attributes.POLICY)
    return GONE if policy == GONE else attributes.permission_in(policy, facet.names[1])


def _move_permission(facet: Facet, live: Json, wanted: Json) -> Sequence[Move]:
    def adding(permission: Json) -> Call:
        told = attributes.checked(permission)
        return _call(
            facet, "AddPermission", Label=facet.names[1], AWSAccountId=told["accounts"], ActionName=told["actions"]
        )

    removing = _call(facet, "RemovePermission", Label=facet.names[1])
    if wanted is None:
        return (Move(call=removing, undo=(adding(live),)),)
    first = () if live is None else (Move(call=removing, undo=(adding(live),)),)
    return (*first, Move(call=adding(wanted), undo=(removing,)))


PERMISSION = Kind(
    name="sns/permission",
    order=20,
    permissions=("sns:GetTopicAttributes", "sns:AddPermission", "sns:RemovePermission"),
    takes=_takes_label,
    read=_read_permission,
    moves=_move_permission,
    ways=lambda facet, live: _move_permission(facet, live, None) if attributes.is_whole(live) else (),
)


def _read_subscription(reads: Reads, facet: Facet) -> Json:
    call = call_of(facet, "sns", "GetSubscriptionAttributes", {"SubscriptionArn": facet.names[0]})
    return None if answered(reads, call, absent=_NO_TOPIC) is None else "there"


def _move_subscription(facet: Facet, _live: Json, wanted: Json) -> Sequence[Move]:
    if wanted is not None:
        raise IrreversibleError(
            "A subscription gets another ARN when it is made again, and may have to be confirmed: aws sns subscribe. Ask the owner of the "
            "topic where it went to."
        )
    call = call_of(facet, "sns", "Unsubscribe", {"SubscriptionArn": facet.names[0]})
    return (Move(call=call, undo=()),)


SUBSCRIPTION = Kind(
    name="sns/subscription",
    order=30,
    permissions=("sns:GetSubscriptionAttributes", "sns:Unsubscribe"),
    takes=lambda names: len(names) == 1 and bool(_SUBSCRIPTION.fullmatch(names[0])),
    read=_read_subscription,
    moves=_move_subscription,
)


def _topic(event: Event) -> str:
    arn = event.request.get("topicArn")
    return arn if isinstance(arn, str) else ""


def _attribute_set(event: Event) -> Iterator[Change]:
    name = event.request.get("attributeName")
    names = (_topic(event), name if isinstance(name, str) else "")
    if _takes_attribute(names):
        after = attributes.value_in(names[1], event.request.get("attributeValue"))
        yield Change(facet=Facet(ATTRIBUTE.name, event.account, event.region, names), after=after)


def _permission_added(event: Event) -> Iterator[Change]:
    request = event.request
    accounts, actions = request.get("aWSAccountId"), request.get("actionName")
    yield from _labelled(event, attributes.permission_of(accounts, actions), None)


def _permission_removed(event: Event) -> Iterator[Change]:
    yield from _labelled(event, None, UNKNOWN)


def _labelled(event: Event, after: Value, before: Value) -> Iterator[Change]:
    label = event.request.get("label")
    names = (_topic(event), label if isinstance(label, str) else "")
    if _takes_label(names):
        yield Change(facet=Facet(PERMISSION.name, event.account, event.region, names), after=after, before=before)


def _subscribed(event: Event) -> Iterator[Change]:
    yield from _subscription(event, event.response.get("subscriptionArn"), "there", None)


def _unsubscribed(event: Event) -> Iterator[Change]:
    yield from _subscription(event, event.request.get("subscriptionArn"), None, "there")


def _subscription(event: Event, arn: Json, after: Json, before: Json) -> Iterator[Change]:
    """One that waits to be confirmed has no ARN yet."""
    names = (arn if isinstance(arn, str) else "",)
    if SUBSCRIPTION.takes(names):
        yield Change(facet=Facet(SUBSCRIPTION.name, event.account, event.region, names), after=after, before=before)


_SPENT: Final = (
    "Messages that were sent cannot be called back, and no setting was changed. Look at the spending on SMS."
)
_MANUAL = {
    "CreateTopic": "The topic may have been there before, as the call succeeds in any case. Look at its policy and subscriptions, and "
    "delete it if it is the attacker's: aws sns list-subscriptions-by-topic, aws sns delete-topic.",
    "DeleteTopic": "The topic and its subscriptions are gone. Make it again under the same name, with the attributes that its templates "
    "say, and have its subscribers subscribe again: aws sns create-topic.",
    "SetSubscriptionAttributes": "Look at the filter and the delivery of the subscription: aws sns get-subscription-attributes.",
    "ConfirmSubscription": "A subscription is confirmed and delivers now. End it if it is the attacker's: aws sns unsubscribe.",
    "SetSMSAttributes": "Look at the settings for text messages, above all the monthly limit: aws sns get-sms-attributes.",
    "CreateSMSSandboxPhoneNumber": "A phone number was added as a destination. Remove it: aws sns delete-sms-sandbox-phone-number.",
    "CreatePlatformApplication": "Look at it, and delete it if it is the attacker's: aws sns delete-platform-application.",
    "CreatePlatformEndpoint": "Look at it, and delete it if it is the attacker's: aws sns delete-endpoint.",
    "TagResource": "Look at the tags of the topic, on which policies may depend: aws sns list-tags-for-resource.",
    "UntagResource": "Look at the tags of the topic, on which policies may depend: aws sns list-tags-for-resource.",
}
KINDS = (ATTRIBUTE, PERMISSION, SUBSCRIPTION)
ENTRIES = (
    *(
        Entry(service="sns", operation=operation, changes=changes, undone_by=undone_by, before_from=before_from)
        for operation, changes, undone_by, before_from in (
            ("SetTopicAttributes", _attribute_set, "SetTopicAttributes", "an earlier event"),
            ("AddPermission", _permission_added, "RemovePermission", "the call itself"),
            ("RemovePermission", _permission_removed, "AddPermission", "an earlier event"),
            ("Subscribe", _subscribed, "Unsubscribe", "the call itself"),
            ("Unsubscribe", _unsubscribed, "nothing: the owner has to confirm it again", "the call itself"),
        )
    ),
    *(Entry(service="sns", operation=operation, manual=text) for operation, text in _MANUAL.items()),
    *(Entry(service="sns", operation=operation, harmless=_SPENT) for operation in ("Publish", "PublishBatch")),
)
