# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""EventBridge: rules, what they run, and who may send events. A rule that an attacker made is disabled, and kept; its targets are removed.
https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutTargets.html"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
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
)
from ansible_collections.cordon.aws.plugins.module_utils.restore.services import building, parts
from ansible_collections.cordon.aws.plugins.module_utils.trail.event import Event

_BUS = re.compile(r"[A-Za-z0-9._/-]{1,256}", re.ASCII)
_RULE = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)
_TARGET = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)
_SID = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)
_ENABLED, _DISABLED = "ENABLED", "DISABLED"
_WITH_READS: Final = "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"
_STATES: Final = (_ENABLED, _DISABLED, _WITH_READS)
_PATTERNS: Mapping[str, re.Pattern[str]] = {
    "ScheduleExpression": re.compile(r"(rate|cron)\([A-Za-z0-9 ,*?/#-]{1,240}\)", re.ASCII),
    "Description": re.compile(r"[^\x00-\x1f\x7f]{1,512}"),
    "RoleArn": re.compile(r"arn:aws[a-z-]*:iam::\d{12}:role/[\x21-\x7e]{1,576}", re.ASCII),
}
_DEFINITION: Final = ("State", "EventPattern", *_PATTERNS)


def _rule(reads: Reads, facet: Facet) -> Mapping[str, Json] | None:
    bus, rule = facet.names[:2]
    return building.asked(reads, building.call(facet, "events", "DescribeRule", Name=rule, EventBusName=bus))


def _said(shown: Mapping[str, Json]) -> Json:
    """A rule as it is put, from AWS or an event; the pattern as the document that it is."""
    found = {name: shown.get(name, shown.get(name[:1].lower() + name[1:])) for name in _DEFINITION}
    pattern = found["EventPattern"]
    if pattern is not None:
        # What cannot be said exactly stays text, which no rule is put with.
        told_exactly = parts.document(pattern)
        found["EventPattern"] = (building.text(pattern) or "unclear") if told_exactly is None else told_exactly
    told: dict[str, Json] = {name: value for name, value in found.items() if value not in (None, "")}
    return {"State": _ENABLED, **told}


def _is_rule(value: Json) -> bool:
    return (
        isinstance(value, dict)
        and {"State"} < set(value) <= set(_DEFINITION)
        and value["State"] in _STATES
        and isinstance(value.get("EventPattern", {}), dict)
        and all(
            isinstance(value[name], str) and pattern.fullmatch(value[name])
            for name, pattern in _PATTERNS.items()
            if name in value
        )
    )


def _read(reads: Reads, facet: Facet) -> Json:
    found = _rule(reads, facet)
    return None if found is None else _said(found)


def _switched(facet: Facet, state: str) -> Call:
    operation = "EnableRule" if state == _ENABLED else "DisableRule"
    return building.call(facet, "events", operation, Name=facet.names[1], EventBusName=facet.names[0])


def _put_as(facet: Facet, value: Mapping[str, Json]) -> Call:
    told = {**value}
    if "EventPattern" in told:
        told["EventPattern"] = building.as_text(told["EventPattern"])
    return building.call(facet, "events", "PutRule", Name=facet.names[1], EventBusName=facet.names[0], **told)


def _moves(facet: Facet, live: Json, wanted: Json) -> Sequence[Move]:
    if wanted == GONE:
        return ()
    if not all(value is None or _is_rule(value) for value in (live, wanted)):
        raise IrreversibleError(building.NO_STATE)
    delete = building.call(facet, "events", "DeleteRule", Name=facet.names[1], EventBusName=facet.names[0])
    if wanted is None:
        return (Move(call=delete, undo=(_put_as(facet, live),)),)
    if live is None:
        return (Move(call=_put_as(facet, wanted), undo=(delete,)),)
    if {**live, "State": ""} == {**wanted, "State": ""} and _WITH_READS not in (live["State"], wanted["State"]):
        return (Move(call=_switched(facet, wanted["State"]), undo=(_switched(facet, live["State"]),)),)
    return (Move(call=_put_as(facet, wanted), undo=(_put_as(facet, live),)),)


def _is_alike(live: Json, expected: Json) -> bool:
    """Whether it is on is a facet of its own: a rule is switched without being put."""
    if None in (live, expected) or GONE in (live, expected):
        return bool(live == expected)
    return {**live, "State": ""} == {**expected, "State": ""}


def _word(facet: Facet) -> str:
    return facet.names[1] if len(facet.names[1]) >= 4 else "events.amazonaws.com"


RULE = Kind(
    name="events/rule",
    order=10,
    permissions=(
        "events:DescribeRule",
        "events:PutRule",
        "events:EnableRule",
        "events:DisableRule",
        "events:DeleteRule",
        "iam:PassRole",
    ),
    takes=building.names_match(_BUS, _RULE),
    read=_read,
    moves=_moves,
    matches=_is_alike,
    kept=lambda live: live if live is None else {**live, "State": _DISABLED},
    word=_word,
)


def _read_state(reads: Reads, facet: Facet) -> Json:
    found = _rule(reads, facet)
    return GONE if found is None else found["State"]


def _to_state(facet: Facet, value: Json) -> Call:
    if value == _WITH_READS:
        raise IrreversibleError(
            "A rule took in all management events, reads among them, which only putting it anew can set. Put it so: aws events put-rule "
            "--state "
            "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS, with its pattern."
        )
    return _switched(facet, str(value or _DISABLED))


STATE = Kind(
    name="events/rule_state",
    order=40,
    permissions=("events:DescribeRule", "events:EnableRule", "events:DisableRule"),
    takes=building.names_match(_BUS, _RULE),
    read=_read_state,
    moves=building.moves_by(_to_state, building.one_of(_ENABLED, _DISABLED, _WITH_READS)),
    word=_word,
)

_ARN = re.compile(r"arn:aws[a-z-]*:[a-z0-9-]{1,32}:[a-z0-9-]{0,32}:\d{0,12}:[\x21-\x7e]{1,1500}", re.ASCII)
_PLAIN: Final = ("Arn", "RoleArn", "Input", "InputPath")
_MORE: Final = {"Other": True}
"""A target that says more than where, as what, and with which input."""


def _target(shown: Mapping[str, Json]) -> Json:
    named = {name[:1].upper() + name[1:]: value for name, value in shown.items() if value not in (None, "", {}, [])}
    del named["Id"]
    return named if _is_target(named) else dict(_MORE)


def _is_target(value: Json) -> bool:
    return value == _MORE or (
        isinstance(value, dict)
        and {"Arn"} <= set(value) <= set(_PLAIN)
        and all(isinstance(one, str) and len(one) <= 8192 for one in value.values())
        and bool(_ARN.fullmatch(value["Arn"]))
        and bool(_ARN.fullmatch(str(value.get("RoleArn", value["Arn"]))))
    )


def _read_target(reads: Reads, facet: Facet) -> Json:
    bus, rule, ident = facet.names
    if _rule(reads, facet) is None:
        return GONE
    found = reads.pages(building.call(facet, "events", "ListTargetsByRule", Rule=rule, EventBusName=bus), "Targets")
    return next((_target(one) for one in found if one["Id"] == ident), None)


def _to_target(facet: Facet, value: Json) -> Call:
    bus, rule, ident = facet.names
    if value is None:
        return building.call(facet, "events", "RemoveTargets", Rule=rule, EventBusName=bus, Ids=[ident])
    if value == _MORE:
        raise IrreversibleError(
            "A rule lost a target that says more than where events go, such as a template of its input. Put it again from its template, or "
            "from the event that put it: aws events put-targets."
        )
    target: Json = {"Id": ident, **value}
    return building.call(facet, "events", "PutTargets", Rule=rule, EventBusName=bus, Targets=[target])


TARGET = Kind(
    name="events/target",
    order=30,
    permissions=(
        "events:DescribeRule",
        "events:ListTargetsByRule",
        "events:PutTargets",
        "events:RemoveTargets",
        "iam:PassRole",
    ),
    takes=building.names_match(_BUS, _RULE, _TARGET),
    read=_read_target,
    moves=building.moves_by(_to_target, _is_target),
    word=_word,
)

_PERMISSION: Mapping[str, re.Pattern[str]] = {
    "Action": re.compile(r"events:[A-Za-z]{1,64}", re.ASCII),
    "Principal": re.compile(r"\d{12}|\*", re.ASCII),
}


def _is_permission(value: Json) -> bool:
    return (
        isinstance(value, dict)
        and set(value) == set(_PERMISSION)
        and all(isinstance(one, str) and _PERMISSION[name].fullmatch(one) for name, one in value.items())
    )


def _read_permission(reads: Reads, facet: Facet) -> Json:
    bus, sid = facet.names
    found = building.asked(reads, building.call(facet, "events", "DescribeEventBus", Name=bus))
    if found is None:
        return GONE
    mine = next((one for one in building.statements(found.get("Policy")) if one.get("Sid") == sid), None)
    if mine is None:
        return None
    principal = mine.get("Principal")
    principal = principal.get("AWS") if isinstance(principal, dict) else principal
    account = re.fullmatch(r"arn:aws[a-z-]*:iam::(\d{12}):root", building.text(principal), re.ASCII)
    return {"Action": mine.get("Action"), "Principal": account[1] if account else principal}


def _to_permission(facet: Facet, value: Json) -> Call:
    bus, sid = facet.names
    operation = "RemovePermission" if value is None else "PutPermission"
    return building.call(facet, "events", operation, EventBusName=bus, StatementId=sid, **(value or {}))


PERMISSION = Kind(
    name="events/bus_permission",
    order=20,
    permissions=("events:DescribeEventBus", "events:PutPermission", "events:RemovePermission"),
    takes=building.names_match(_BUS, _SID),
    read=_read_permission,
    moves=building.moves_by(_to_permission, _is_permission, anew=True),
    ways=building.ways_by(_to_permission),
    word=_word,
)


def _bus(event: Event) -> str:
    """By name; events also give an ARN, and none for the default one."""
    told = building.text(event.request.get("eventBusName"))
    return told.rpartition(":event-bus/")[2] or "default"


def _facet(kind: Kind, event: Event, *names: str) -> Facet | None:
    told = (_bus(event), *names)
    return Facet(kind.name, event.account, event.region, told) if kind.takes(told) else None


def _rule_put(event: Event) -> Iterator[Change]:
    """PutRule makes or replaces, and the event does not tell which."""
    facet, value = _facet(RULE, event, building.text(event.request.get("name"))), _said(event.request)
    if facet is not None:
        yield Change(facet=facet, after=value if _is_rule(value) else UNKNOWN, before=None)
        told = value["State"] if value["State"] in _STATES else UNKNOWN
        yield Change(facet=_state_of(facet), after=told, before=GONE, holder=facet)


def _rule_deleted(event: Event) -> Iterator[Change]:
    facet = _facet(RULE, event, building.text(event.request.get("name")))
    if facet is not None:
        yield Change(facet=facet, after=None)
        yield Change(facet=_state_of(facet), after=GONE, holder=facet)


def _rule_switched(after: str, before: str) -> Callable[[Event], Iterator[Change]]:
    def changes(event: Event) -> Iterator[Change]:
        facet = _facet(RULE, event, building.text(event.request.get("name")))
        if facet is not None:
            yield Change(facet=_state_of(facet), after=after, before=before, holder=facet)

    return changes


def _state_of(rule: Facet) -> Facet:
    return Facet(STATE.name, rule.account, rule.region, rule.names)


def _rule_of(target: Facet) -> Facet:
    return Facet(RULE.name, target.account, target.region, target.names[:2])


def _failed(event: Event) -> list[Json]:
    """The targets of a call that succeeded for others only."""
    listed = event.response.get("failedEntries")
    return [building.mapping(one).get("targetId") for one in listed] if isinstance(listed, list) else []


def _put(event: Event) -> Iterator[Change]:
    targets = event.request.get("targets")
    for one in map(building.mapping, targets if isinstance(targets, list) else []):
        ident = building.text(one.get("id"))
        facet = _facet(TARGET, event, building.text(event.request.get("rule")), ident)
        if facet is not None and ident not in _failed(event):
            yield Change(facet=facet, after=_target(dict(one)), before=None, holder=_rule_of(facet))


def _removed(event: Event) -> Iterator[Change]:
    for ident in building.texts(event.request.get("ids")):
        facet = _facet(TARGET, event, building.text(event.request.get("rule")), ident)
        if facet is not None and ident not in _failed(event):
            yield Change(facet=facet, after=None, holder=_rule_of(facet))


def _permitted(event: Event) -> Iterator[Change]:
    facet = _facet(PERMISSION, event, building.text(event.request.get("statementId")))
    if facet is not None:
        value = {name: event.request.get(name.lower()) for name in _PERMISSION}
        if event.operation == "RemovePermission":
            yield Change(facet=facet, after=None)
        else:
            yield Change(facet=facet, after=value if _is_permission(value) else UNKNOWN, before=None)


_POLICY = (
    "The whole policy of an event bus was replaced or removed, and the event does not tell what it was. Look at it (aws events "
    "describe-event-bus --name BUS), and put it back with aws events put-permission --policy."
)
KINDS = (RULE, STATE, TARGET, PERMISSION)
ENTRIES = (
    *(
        Entry(
            service="events",
            operation=operation,
            changes=changes,
            undone_by=undone_by,
            before_from=before,
            manual=_POLICY if "Permission" in operation else "",
        )
        for operation, changes, undone_by, before in (
            ("PutRule", _rule_put, "DisableRule, PutRule", "an earlier event"),
            ("EnableRule", _rule_switched(_ENABLED, _DISABLED), "DisableRule", "an earlier event"),
            ("DisableRule", _rule_switched(_DISABLED, _ENABLED), "EnableRule", "the call itself"),
            ("DeleteRule", _rule_deleted, "PutRule", "an earlier event"),
            ("PutTargets", _put, "RemoveTargets", "an earlier event"),
            ("RemoveTargets", _removed, "PutTargets", "an earlier event"),
            ("PutPermission", _permitted, "RemovePermission", "an earlier event"),
            ("RemovePermission", _permitted, "PutPermission", "an earlier event"),
        )
    ),
    *building.by_hand(
        "events",
        "An event bus, archive, connection or destination of EventBridge was changed. Look at it with the Describe operation of the "
        "same name, and "
        "remove or put back what is not as its template says. A connection's secrets are known to whoever made it.",
        "CreateApiDestination",
        "CreateArchive",
        "CreateConnection",
        "CreateEndpoint",
        "CreateEventBus",
        "DeleteApiDestination",
        "DeleteArchive",
        "DeleteConnection",
        "DeleteEndpoint",
        "DeleteEventBus",
        "StartReplay",
        "UpdateApiDestination",
        "UpdateArchive",
        "UpdateConnection",
        "UpdateEventBus",
    ),
    *building.harmless(
        "events",
        "It sends events; what they set off stands in other events.",
        "PutEvents",
        "TagResource",
        "UntagResource",
    ),
)
