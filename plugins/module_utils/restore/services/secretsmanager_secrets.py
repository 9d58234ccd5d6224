# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Secrets as things that are there, their policies, keys, descriptions and rotation. Cordon never reads a secret's value.

A secret that was deleted is there for its recovery window, and is restored by one call; deleted by force it is gone. One that an attacker
made is deleted with the longest window there is, 30 days: so nobody can read it, and it can be had back as evidence.
https://docs.aws.amazon.com/secretsmanager/latest/userguide/manage_delete-secret.html"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final

from ansible_collections.cordon.aws.plugins.module_utils.plan import Call, Json, is_whole_number
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads
from ansible_collections.cordon.aws.plugins.module_utils.restore.entry import Entry
from ansible_collections.cordon.aws.plugins.module_utils.restore.facet import (
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

# https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html
_NAME = re.compile(r"(?!.*\.\.)[A-Za-z0-9/_+=.@-]{1,512}", re.ASCII)
_ARN = re.compile(r"arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:(?P<name>.+)-[A-Za-z0-9]{6}", re.ASCII)
_FUNCTION = re.compile(
    r"arn:aws[a-z-]*:lambda:[a-z0-9-]+:\d{12}:function:[A-Za-z0-9_-]{1,140}(:[\whmB]{1,128})?", re.ASCII
)
_KEY = re.compile(r"[A-Za-z0-9:/_-]{1,2048}", re.ASCII)
_RULE = re.compile(r"[\w()*?,/ -]{1,256}", re.ASCII)
_USUAL_KEY: Final = "alias/aws/secretsmanager"
NO_SECRET: Final = ("ResourceNotFoundException",)
UNSET: Final = "none"
"""Not None: a secret that was deleted is brought back first, and only then can its settings be changed. Until then its policy is not shown.
https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetResourcePolicy.html"""
ACTIVE: Final = "active"
DELETING: Final = "deleting"
_LONGEST_WINDOW: Final = 30
_LOST: Final = (
    "The secret was deleted without a recovery window, and AWS keeps nothing of it. Make it again with a new value, or from a replica in "
    "another region: aws secretsmanager stop-replication-to-replica makes a replica a secret of its own."
)


def takes_secret(names: Names) -> bool:
    return len(names) == 1 and bool(_NAME.fullmatch(names[0]))


def secret_of(event: Event) -> str:
    """The name of the secret. Answers have its name, or its ARN, "aRN" before February 2024; requests either.
    https://docs.aws.amazon.com/secretsmanager/latest/userguide/cloudtrail_log_entries.html"""
    response, request = event.response, event.request
    for told in (response.get("name"), response.get("arn"), response.get("aRN"), request.get("name")):
        if isinstance(told, str) and told:
            return _bare(told)
    told = request.get("secretId")
    return _bare(told) if isinstance(told, str) else ""


def _bare(text: str) -> str:
    arn = _ARN.fullmatch(text)
    return arn["name"] if arn else text


def named(facet: Facet) -> dict[str, Json]:
    return {"SecretId": facet.names[0]}


def word(facet: Facet) -> str:
    return facet.names[0] if len(facet.names[0]) > 3 else "secretsmanager"


def _call(facet: Facet, operation: str, **parameters: Json) -> Call:
    return call_of(facet, "secretsmanager", operation, {**named(facet), **parameters})


def _read(reads: Reads, facet: Facet) -> Json:
    answer = answered(reads, _call(facet, "DescribeSecret"), absent=NO_SECRET)
    if answer is None:
        return None
    return DELETING if answer.get("DeletedDate") else ACTIVE


def _moves(facet: Facet, live: Json, wanted: Json) -> Sequence[Move]:
    restore, delete = _call(facet, "RestoreSecret"), _call(facet, "DeleteSecret", RecoveryWindowInDays=_LONGEST_WINDOW)
    if live is None:
        raise IrreversibleError(_LOST)
    if wanted is None:
        return (Move(call=_call(facet, "DeleteSecret", ForceDeleteWithoutRecovery=True), undo=()),)
    return (Move(call=restore, undo=(delete,)) if wanted == ACTIVE else Move(call=delete, undo=(restore,)),)


SECRET = Kind(
    name="secretsmanager/secret",
    order=10,
    permissions=(
        "secretsmanager:DescribeSecret",
        "secretsmanager:DeleteSecret",
        "secretsmanager:RestoreSecret",
    ),
    takes=takes_secret,
    read=_read,
    moves=_moves,
    kept=lambda _live: DELETING,
    word=word,
)

POLICY = Setting(
    name="secretsmanager/policy",
    order=20,
    service="secretsmanager",
    permissions=(
        "secretsmanager:GetResourcePolicy",
        "secretsmanager:PutResourcePolicy",
        "secretsmanager:DeleteResourcePolicy",
    ),
    takes=takes_secret,
    named=named,
    get="GetResourcePolicy",
    found=lambda answer: policy_of(answer.get("ResourcePolicy")),
    put="PutResourcePolicy",
    sent=lambda policy: {"ResourcePolicy": policy_text(policy)},
    delete="DeleteResourcePolicy",
    gone=NO_SECRET,
    word=word,
    hidden_by=("InvalidRequestException",),
    unset=UNSET,
    alike=same_policy,
)


def _same_key(live: Json, expected: Json) -> bool:
    """A key goes by id, ARN or alias."""
    return bool(live == expected) or (
        isinstance(live, str) and isinstance(expected, str) and live.split("/")[-1] == expected.split("/")[-1]
    )


KEY = Setting(
    name="secretsmanager/kms_key",
    order=20,
    service="secretsmanager",
    permissions=("secretsmanager:DescribeSecret", "secretsmanager:UpdateSecret"),
    takes=takes_secret,
    named=named,
    get="DescribeSecret",
    found=lambda answer: None if answer.get("KmsKeyId", _USUAL_KEY) == _USUAL_KEY else answer["KmsKeyId"],
    put="UpdateSecret",
    sent=lambda key: {"KmsKeyId": key or _USUAL_KEY},
    gone=NO_SECRET,
    word=word,
    unset=UNSET,
    alike=_same_key,
)

DESCRIPTION = Setting(
    name="secretsmanager/description",
    order=20,
    service="secretsmanager",
    permissions=("secretsmanager:DescribeSecret", "secretsmanager:UpdateSecret"),
    takes=takes_secret,
    named=named,
    get="DescribeSecret",
    found=lambda answer: answer.get("Description") or None,
    put="UpdateSecret",
    sent=lambda description: {"Description": description or ""},
    gone=NO_SECRET,
    word=word,
    unset=UNSET,
)


def _rotation(told: Mapping[str, Json]) -> Json:
    """Raises ValueError for what cannot rotate."""
    function, rules = told.get("RotationLambdaARN"), told.get("RotationRules")
    if function is not None and not (isinstance(function, str) and _FUNCTION.fullmatch(function)):
        raise ValueError("it is no function")
    if not isinstance(rules, dict):
        raise ValueError("there are no rules")
    found = {
        name: _rule(rules[name])
        for name in ("AutomaticallyAfterDays", "Duration", "ScheduleExpression")
        if name in rules
    }
    return {**({"RotationLambdaARN": function} if function else {}), "RotationRules": found}


def _rule(value: Json) -> Json:
    if is_whole_number(value) and 0 < value <= 1000:
        return value
    if isinstance(value, str) and _RULE.fullmatch(value):
        return value
    raise ValueError("it is no rule")


def _rotation_earlier(reads: Reads, facet: Facet, _time: datetime) -> Value:
    """A secret whose rotation was cancelled still says how it was rotated."""
    answer = answered(reads, call_of(facet, "secretsmanager", "DescribeSecret", named(facet)), absent=NO_SECRET)
    try:
        return UNKNOWN if answer is None or answer.get("RotationEnabled") else _rotation(answer)
    except ValueError:
        return UNKNOWN


ROTATION = Setting(
    name="secretsmanager/rotation",
    order=30,
    service="secretsmanager",
    permissions=(
        "secretsmanager:DescribeSecret",
        "secretsmanager:RotateSecret",
        "secretsmanager:CancelRotateSecret",
        # https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_RotateSecret.html
        "lambda:InvokeFunction",
    ),
    takes=takes_secret,
    named=named,
    get="DescribeSecret",
    found=lambda answer: _rotation(answer) if answer.get("RotationEnabled") else None,
    put="RotateSecret",
    sent=lambda rotation: {**rotation, "RotateImmediately": False},
    delete="CancelRotateSecret",
    gone=NO_SECRET,
    word=word,
    unset=UNSET,
    earlier=_rotation_earlier,
)


def created_secret(event: Event) -> Iterator[Change]:
    yield from _state(event, ACTIVE, None)
    yield from POLICY.change(event, (secret_of(event),), None, None)
    yield from ROTATION.change(event, (secret_of(event),), None, None)


def _state(event: Event, after: Json, before: Value) -> Iterator[Change]:
    names = (secret_of(event),)
    if takes_secret(names):
        yield Change(facet=Facet(SECRET.name, event.account, event.region, names), after=after, before=before)


def _deleted(event: Event) -> Iterator[Change]:
    forced = event.request.get("forceDeleteWithoutRecovery") is True
    yield from _state(event, None if forced else DELETING, ACTIVE)


def _restored(event: Event) -> Iterator[Change]:
    yield from _state(event, ACTIVE, DELETING)


def _policy_put(event: Event) -> Iterator[Change]:
    policy = policy_of(event.request.get("resourcePolicy"))
    yield from POLICY.change(event, (secret_of(event),), UNKNOWN if policy is None else policy)


def _policy_deleted(event: Event) -> Iterator[Change]:
    yield from POLICY.change(event, (secret_of(event),), None)


def is_key(text: Json) -> bool:
    """A key by id, ARN or alias."""
    return isinstance(text, str) and bool(_KEY.fullmatch(text))


def updated_settings(event: Event) -> Iterator[Change]:
    """What UpdateSecret set beside the value."""
    names = (secret_of(event),)
    key, description = event.request.get("kmsKeyId"), event.request.get("description")
    if is_key(key):
        yield from KEY.change(event, names, None if key == _USUAL_KEY else key)
    if isinstance(description, str) and description.isprintable() and len(description) <= 2048:
        yield from DESCRIPTION.change(event, names, description or None)


def _rotated(event: Event) -> Iterator[Change]:
    told = {name[:1].upper() + name[1:]: value for name, value in event.request.items()}
    if isinstance(told.get("RotationRules"), dict):
        told["RotationRules"] = {name[:1].upper() + name[1:]: value for name, value in told["RotationRules"].items()}
    try:
        after = _rotation(told)
    except ValueError:
        after = UNKNOWN
    yield from ROTATION.change(event, (secret_of(event),), after)


def _rotation_cancelled(event: Event) -> Iterator[Change]:
    yield from ROTATION.change(event, (secret_of(event),), None)


_TAGS: Final = "Look at the tags of the secret, on which policies may depend: aws secretsmanager describe-secret; and set them right."
KINDS = (SECRET, POLICY.kind(), KEY.kind(), DESCRIPTION.kind(), ROTATION.kind())
ENTRIES = (
    *(
        Entry(
            service="secretsmanager",
            operation=operation,
            changes=changes,
            undone_by=undone_by,
            before_from=before_from,
        )
        for operation, changes, undone_by, before_from in (
            ("DeleteSecret", _deleted, "RestoreSecret", "the call itself"),
            ("RestoreSecret", _restored, "DeleteSecret", "the call itself"),
            ("PutResourcePolicy", _policy_put, "PutResourcePolicy or DeleteResourcePolicy", "an earlier event"),
            ("DeleteResourcePolicy", _policy_deleted, "PutResourcePolicy", "an earlier event"),
            ("RotateSecret", _rotated, "RotateSecret or CancelRotateSecret", "an earlier event"),
            ("CancelRotateSecret", _rotation_cancelled, "RotateSecret", "an earlier event, or the secret itself"),
        )
    ),
    *(
        Entry(service="secretsmanager", operation=operation, manual=_TAGS)
        for operation in ("TagResource", "UntagResource")
    ),
    Entry(
        service="secretsmanager",
        operation="ValidateResourcePolicy",
        harmless="It only checks the text of a policy.",
    ),
    Entry(
        service="secretsmanager",
        operation="StopReplicationToReplica",
        manual="The replica is now a secret of its own, which no longer follows its primary. Delete it, and replicate the primary there "
        "again: aws secretsmanager delete-secret, aws secretsmanager replicate-secret-to-regions.",
    ),
)
