# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""KMS keys, their policies, rotation and aliases. AWS cancels a deletion within its waiting period; the key is disabled then, and takes one
more call to be enabled (https://docs.aws.amazon.com/kms/latest/developerguide/deleting-keys-scheduling-key-deletion.html). That it was
enabled before is taken for granted where no earlier event says otherwise. A key that an attacker made is disabled, which keeps what is
encrypted under it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from ansible_collections.cordon.aws.plugins.module_utils.plan import Call, Json, is_whole_number
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
from ansible_collections.cordon.aws.plugins.module_utils.restore.services.resource_policies import (
    policy_of,
    policy_text,
    same_policy,
)
from ansible_collections.cordon.aws.plugins.module_utils.restore.services.setting import (
    Names,
    Setting,
    answered,
    call_of,
)
from ansible_collections.cordon.aws.plugins.module_utils.trail.event import Event

ENABLED: Final = "Enabled"
DISABLED: Final = "Disabled"
PENDING: Final = "PendingDeletion"
# https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html#key-id-key-id: a UUID, or that of a multi-Region key
_KEY = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|mrk-[0-9a-f]{32}", re.ASCII)
_ARN = re.compile(r"arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key/(?P<id>[0-9a-f-]{36}|mrk-[0-9a-f]{32})", re.ASCII)
# https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateAlias.html
_ALIAS = re.compile(r"alias/(?!aws/)[a-zA-Z0-9/_-]{1,250}", re.ASCII)
NOT_FOUND: Final = ("NotFoundException",)
_USUAL_ROTATION: Final = 365


def takes_key(names: Names) -> bool:
    return len(names) == 1 and bool(_KEY.fullmatch(names[0]))


def key_of(event: Event) -> str:
    """The id of the key that an event is about. Requests name it by id or ARN, answers and `resources` by ARN; empty where none does.
    https://docs.aws.amazon.com/kms/latest/developerguide/understanding-kms-entries.html"""
    metadata = event.response.get("keyMetadata")
    told = [event.response.get("keyId"), event.request.get("keyId")]
    if isinstance(metadata, dict):
        told.append(metadata.get("keyId"))
    resources = event.record.get("resources")
    for resource in resources if isinstance(resources, list) else []:
        if isinstance(resource, dict):
            told += [resource.get("ARN"), resource.get("arn")]
    for text in told:
        found = key_id(text)
        if found:
            return found
    return ""


def key_id(text: Json) -> str:
    if not isinstance(text, str):
        return ""
    arn = _ARN.fullmatch(text)
    bare = arn["id"] if arn else text
    return bare if _KEY.fullmatch(bare) else ""


def named(facet: Facet) -> dict[str, Json]:
    return {"KeyId": facet.names[0]}


def _read(reads: Reads, facet: Facet) -> Json:
    answer = answered(reads, call_of(facet, "kms", "DescribeKey", named(facet)), gone=NOT_FOUND)
    return GONE if answer == GONE else str(answer["KeyMetadata"]["KeyState"])


def _moves(facet: Facet, live: Json, wanted: Json) -> Sequence[Move]:
    """None: it is not to be there, which is as much as to wait for its deletion."""
    here, there = (PENDING if state is None else state for state in (live, wanted))
    if not {here, there} <= {ENABLED, DISABLED, PENDING}:
        raise IrreversibleError(
            "The key is in a state that ends by itself, or waits for key material or a key store: aws kms describe-key. "
            "Bring it to where it was by hand."
        )
    cancelling, scheduling = _back_and_forth(facet, "CancelKeyDeletion", "ScheduleKeyDeletion")
    enabling, disabling = _back_and_forth(facet, "EnableKey", "DisableKey")
    return {
        (ENABLED, DISABLED): (disabling,),
        (ENABLED, PENDING): (disabling, scheduling),
        (DISABLED, ENABLED): (enabling,),
        (DISABLED, PENDING): (scheduling,),
        (PENDING, ENABLED): (cancelling, enabling),
        (PENDING, DISABLED): (cancelling,),
    }.get((here, there), ())


def _back_and_forth(facet: Facet, one: str, other: str) -> tuple[Move, Move]:
    first, second = (call_of(facet, "kms", operation, named(facet)) for operation in (one, other))
    return Move(call=first, undo=(second,)), Move(call=second, undo=(first,))


def _ways(facet: Facet, live: Json) -> Sequence[Move]:
    """A key is disabled before it is scheduled for deletion, and that is cancelled before it is enabled."""
    return _moves(facet, live, DISABLED) if live in (None, ENABLED, PENDING) else ()


KEY = Kind(
    name="kms/key",
    order=10,
    permissions=(
        "kms:DescribeKey",
        "kms:ScheduleKeyDeletion",
        "kms:CancelKeyDeletion",
        "kms:EnableKey",
        "kms:DisableKey",
    ),
    takes=takes_key,
    read=_read,
    moves=_moves,
    kept=lambda _live: DISABLED,
    ways=_ways,
)

KEY_POLICY = Setting(
    name="kms/key_policy",
    order=20,
    service="kms",
    permissions=("kms:GetKeyPolicy", "kms:PutKeyPolicy"),
    takes=takes_key,
    named=lambda facet: {"KeyId": facet.names[0], "PolicyName": "default"},
    get="GetKeyPolicy",
    found=lambda answer: policy_of(answer["Policy"]),
    put="PutKeyPolicy",
    sent=lambda policy: {"Policy": policy_text(policy)},
    gone=NOT_FOUND,
    for_good="A key always has a policy. Look at it, and put the right one: aws kms get-key-policy, aws kms put-key-policy.",
    alike=same_policy,
)

ROTATION = Setting(
    name="kms/rotation",
    order=20,
    service="kms",
    permissions=("kms:GetKeyRotationStatus", "kms:EnableKeyRotation", "kms:DisableKeyRotation"),
    takes=takes_key,
    named=named,
    get="GetKeyRotationStatus",
    found=lambda answer: (
        {"RotationPeriodInDays": answer.get("RotationPeriodInDays", _USUAL_ROTATION)}
        if answer.get("KeyRotationEnabled")
        else None
    ),
    put="EnableKeyRotation",
    sent=lambda rotation: rotation,
    delete="DisableKeyRotation",
    gone=NOT_FOUND,
    # While the key is scheduled for deletion: https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html
    hidden_by=("KMSInvalidStateException",),
    # Not before the key is enabled again.
    unset="off",
)


def _alias_call(facet: Facet, operation: str, key: str = "") -> Call:
    target = {"TargetKeyId": key} if key else {}
    return call_of(facet, "kms", operation, {"AliasName": facet.names[0], **target})


def _read_alias(reads: Reads, facet: Facet) -> Json:
    call = call_of(facet, "kms", "DescribeKey", named(facet))
    answer = answered(reads, call, absent=NOT_FOUND)
    return None if answer is None else answer["KeyMetadata"]["KeyId"]


def _move_alias(facet: Facet, live: Json, wanted: Json) -> Sequence[Move]:
    if wanted is None:
        return (Move(call=_alias_call(facet, "DeleteAlias"), undo=(_alias_call(facet, "CreateAlias", live),)),)
    if not key_id(wanted):
        raise IrreversibleError("It is not known what key the alias named: aws kms create-alias, once you know.")
    if live is None:
        return (Move(call=_alias_call(facet, "CreateAlias", wanted), undo=(_alias_call(facet, "DeleteAlias"),)),)
    return (Move(call=_alias_call(facet, "UpdateAlias", wanted), undo=(_alias_call(facet, "UpdateAlias", live),)),)


ALIAS = Kind(
    name="kms/alias",
    order=30,
    permissions=("kms:DescribeKey", "kms:CreateAlias", "kms:DeleteAlias", "kms:UpdateAlias"),
    takes=lambda names: len(names) == 1 and bool(_ALIAS.fullmatch(names[0])),
    read=_read_alias,
    moves=_move_alias,
)


def _state(after: Json, before: Value) -> Callable[[Event], Iterator[Change]]:
    def changes(event: Event) -> Iterator[Change]:
        names = (key_of(event),)
        if takes_key(names):
            yield Change(facet=Facet(KEY.name, event.account, event.region, names), after=after, before=before)

    return changes


def _created(event: Event) -> Iterator[Change]:
    # A key for imported material waits for it first. https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html
    usable = event.request.get("origin", "AWS_KMS") in ("AWS_KMS", "AWS_CLOUDHSM", "EXTERNAL_KEY_STORE", "", None)
    yield from _state(ENABLED if usable else "PendingImport", None)(event)
    policy = policy_of(event.request.get("policy"))
    known = UNKNOWN if policy is None else policy
    yield from KEY_POLICY.change(event, (key_of(event),), known, known)


def _policy_put(event: Event) -> Iterator[Change]:
    policy = policy_of(event.request.get("policy"))
    yield from KEY_POLICY.change(event, (key_of(event),), UNKNOWN if policy is None else policy)


def _rotation_enabled(event: Event) -> Iterator[Change]:
    told = event.request.get("rotationPeriodInDays")
    # https://docs.aws.amazon.com/kms/latest/APIReference/API_EnableKeyRotation.html
    days = told if is_whole_number(told) and 90 <= told <= 2560 else _USUAL_ROTATION
    yield from ROTATION.change(event, (key_of(event),), {"RotationPeriodInDays": days}, None)


def _rotation_disabled(event: Event) -> Iterator[Change]:
    before = {"RotationPeriodInDays": _USUAL_ROTATION}
    yield from ROTATION.change(event, (key_of(event),), None, before)


def _aliased(after: bool, before: bool | None) -> Callable[[Event], Iterator[Change]]:
    """Whether there is an alias after it and before it; None: it named another key, which the event does not tell."""

    def changes(event: Event) -> Iterator[Change]:
        name = event.request.get("aliasName")
        names = (name if isinstance(name, str) else "",)
        key = key_id(event.request.get("targetKeyId")) or key_of(event) or UNKNOWN
        if ALIAS.takes(names):
            yield Change(
                facet=Facet(ALIAS.name, event.account, event.region, names),
                after=key if after else None,
                before=UNKNOWN if before is None else key if before else None,
            )

    return changes


_FROM_CALL: Final = "the call itself, or an earlier event"
_ENTRIES: Sequence[tuple[str, Callable[[Event], Iterator[Change]], str, str]] = (
    ("CreateKey", _created, "DisableKey, or ScheduleKeyDeletion when asked to delete", "the call itself"),
    ("ScheduleKeyDeletion", _state(PENDING, ENABLED), "CancelKeyDeletion and EnableKey", _FROM_CALL),
    ("CancelKeyDeletion", _state(DISABLED, PENDING), "ScheduleKeyDeletion", "the call itself"),
    ("DisableKey", _state(DISABLED, ENABLED), "EnableKey", _FROM_CALL),
    ("EnableKey", _state(ENABLED, DISABLED), "DisableKey", _FROM_CALL),
    ("PutKeyPolicy", _policy_put, "PutKeyPolicy", "an earlier event"),
    ("EnableKeyRotation", _rotation_enabled, "DisableKeyRotation", _FROM_CALL),
    ("DisableKeyRotation", _rotation_disabled, "EnableKeyRotation", _FROM_CALL),
    ("CreateAlias", _aliased(True, False), "DeleteAlias", "the call itself"),
    ("DeleteAlias", _aliased(False, True), "CreateAlias", "the call itself"),
    ("UpdateAlias", _aliased(True, None), "UpdateAlias", "an earlier event"),
)
KINDS = (KEY, KEY_POLICY.kind(), ROTATION.kind(), ALIAS)
ENTRIES = tuple(
    Entry(service="kms", operation=operation, changes=changes, undone_by=undone_by, before_from=before_from)
    for operation, changes, undone_by, before_from in _ENTRIES
)
