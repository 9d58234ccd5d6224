# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""CloudWatch Logs: how long groups keep what they hold, who else gets it, and who may write. What was deleted from a log is lost.
https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutSubscriptionFilter.html"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from ansible_collections.cordon.aws.plugins.module_utils.plan import Call, Json
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads
from ansible_collections.cordon.aws.plugins.module_utils.restore.entry import Entry
from ansible_collections.cordon.aws.plugins.module_utils.restore.facet import GONE, UNKNOWN, Change, Facet, Kind
from ansible_collections.cordon.aws.plugins.module_utils.restore.services import building, parts
from ansible_collections.cordon.aws.plugins.module_utils.trail.event import Event

_GROUP = re.compile(r"[A-Za-z0-9._/#-]{1,512}", re.ASCII)
_NAME = re.compile(r"[^\x00-\x1f\x7f:*{}]{1,512}")
_DAYS: Final = (1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653)


def _group(reads: Reads, facet: Facet) -> Mapping[str, Json] | None:
    name = facet.names[0]
    found = reads.pages(building.call(facet, "logs", "DescribeLogGroups", logGroupNamePrefix=name), "logGroups")
    return next((one for one in found if one["logGroupName"] == name), None)


def _word(facet: Facet) -> str:
    return facet.names[0] if len(facet.names[0]) >= 4 else "logGroupName"


GROUP = building.made(
    name="logs/group",
    permissions=("logs:DescribeLogGroups", "logs:DeleteLogGroup"),
    takes=building.names_match(_GROUP),
    read=lambda reads, facet: None if _group(reads, facet) is None else "there",
    remove=lambda facet: building.call(facet, "logs", "DeleteLogGroup", logGroupName=facet.names[0]),
    lost="A log group was deleted, with all that it held: that is lost, unless it was exported or subscribed to. Make it again, so that "
    "what "
    "writes there can (aws logs create-log-group --log-group-name GROUP), with its retention, filters and subscriptions.",
    word=_word,
)


def _read_retention(reads: Reads, facet: Facet) -> Json:
    found = _group(reads, facet)
    return GONE if found is None else found.get("retentionInDays")


def _to_retention(facet: Facet, value: Json) -> Call:
    if value is None:
        return building.call(facet, "logs", "DeleteRetentionPolicy", logGroupName=facet.names[0])
    return building.call(facet, "logs", "PutRetentionPolicy", logGroupName=facet.names[0], retentionInDays=value)


RETENTION = Kind(
    name="logs/retention",
    order=20,
    permissions=("logs:DescribeLogGroups", "logs:PutRetentionPolicy", "logs:DeleteRetentionPolicy"),
    takes=building.names_match(_GROUP),
    read=_read_retention,
    moves=building.moves_by(_to_retention, building.one_of(*_DAYS)),
    word=_word,
)

_ARN = re.compile(r"arn:aws[a-z-]*:[a-z0-9-]{1,32}:[a-z0-9-]{0,32}:\d{0,12}:[\x21-\x7e]{1,1024}", re.ASCII)
_SUBSCRIPTION: Final = ("destinationArn", "filterPattern", "roleArn", "distribution")


def _subscription(shown: Mapping[str, Json]) -> dict[str, Json]:
    found = {name: shown[name] for name in _SUBSCRIPTION if shown.get(name)}
    return {"filterPattern": "", "distribution": "ByLogStream", **found}


def _is_subscription(value: Json) -> bool:
    return (
        isinstance(value, dict)
        and {"destinationArn", "filterPattern", "distribution"} <= set(value) <= set(_SUBSCRIPTION)
        and all(isinstance(one, str) for one in value.values())
        and bool(_ARN.fullmatch(value["destinationArn"]))
        and bool(_ARN.fullmatch(str(value.get("roleArn", value["destinationArn"]))))
        and len(value["filterPattern"]) <= 1024
        and value["distribution"] in ("Random", "ByLogStream")
    )


def _read_subscription(reads: Reads, facet: Facet) -> Json:
    group, name = facet.names
    question = building.call(facet, "logs", "DescribeSubscriptionFilters", logGroupName=group)
    found = building.listed(reads, question, "subscriptionFilters")
    if found is None:
        return GONE
    return next((_subscription(one) for one in found if one["filterName"] == name), None)


def _to_subscription(facet: Facet, value: Json) -> Call:
    named: dict[str, Json] = {"logGroupName": facet.names[0], "filterName": facet.names[1]}
    operation = "DeleteSubscriptionFilter" if value is None else "PutSubscriptionFilter"
    return building.call(facet, "logs", operation, **named, **(value or {}))


SUBSCRIPTION = Kind(
    name="logs/subscription_filter",
    order=30,
    permissions=(
        "logs:DescribeSubscriptionFilters",
        "logs:PutSubscriptionFilter",
        "logs:DeleteSubscriptionFilter",
        "iam:PassRole",
    ),
    takes=building.names_match(_GROUP, _NAME),
    read=_read_subscription,
    moves=building.moves_by(_to_subscription, _is_subscription),
    word=_word,
)


def _read_policy(reads: Reads, facet: Facet) -> Json:
    found = reads.pages(building.call(facet, "logs", "DescribeResourcePolicies"), "resourcePolicies")
    mine = next((one for one in found if one["policyName"] == facet.names[0]), None)
    return None if mine is None else parts.live_policy(mine["policyDocument"])


def _to_policy(facet: Facet, value: Json) -> Call:
    if value is None:
        return building.call(facet, "logs", "DeleteResourcePolicy", policyName=facet.names[0])
    return building.call(
        facet, "logs", "PutResourcePolicy", policyName=facet.names[0], policyDocument=building.as_text(value)
    )


POLICY = Kind(
    name="logs/resource_policy",
    order=20,
    permissions=("logs:DescribeResourcePolicies", "logs:PutResourcePolicy", "logs:DeleteResourcePolicy"),
    takes=building.names_match(_NAME),
    read=_read_policy,
    moves=building.moves_by(_to_policy, lambda value: isinstance(value, dict)),
    word=lambda facet: facet.names[0] if re.fullmatch(r"[\w.-]{4,}", facet.names[0], re.ASCII) else "policyName",
)


def _group_of(event: Event) -> str:
    """By name; newer calls may give an ARN."""
    told = building.text(event.request.get("logGroupName")) or building.text(event.request.get("logGroupIdentifier"))
    return told.partition(":log-group:")[2].removesuffix(":*") if told.startswith("arn:") else told


def _facet(kind: Kind, event: Event, *names: str) -> Facet | None:
    return Facet(kind.name, event.account, event.region, names) if kind.takes(names) else None


def _made(event: Event) -> Iterator[Change]:
    facet, made = _facet(GROUP, event, _group_of(event)), event.operation == "CreateLogGroup"
    if facet is not None:
        yield Change(facet=facet, after="there" if made else None, before=None if made else "there")
        if made:
            kept = Facet(RETENTION.name, event.account, event.region, facet.names)
            yield Change(facet=kept, after=None, before=GONE)


def _retained(event: Event) -> Iterator[Change]:
    facet = _facet(RETENTION, event, _group_of(event))
    days = event.request.get("retentionInDays")
    if facet is not None:
        if event.operation == "DeleteRetentionPolicy":
            yield Change(facet=facet, after=None)
        elif days in _DAYS:
            yield Change(facet=facet, after=days)


def _subscribed(event: Event) -> Iterator[Change]:
    """A filter of that name is made or replaced, and the event does not tell which."""
    facet = _facet(SUBSCRIPTION, event, _group_of(event), building.text(event.request.get("filterName")))
    if facet is not None:
        if event.operation == "DeleteSubscriptionFilter":
            yield Change(facet=facet, after=None)
        else:
            value = _subscription(event.request)
            yield Change(facet=facet, after=value if _is_subscription(value) else UNKNOWN, before=None)


def _allowed(event: Event) -> Iterator[Change]:
    facet = _facet(POLICY, event, building.text(event.request.get("policyName")))
    if facet is not None:
        told = parts.document(event.request.get("policyDocument"))
        if event.operation == "DeleteResourcePolicy":
            yield Change(facet=facet, after=None)
        else:
            yield Change(facet=facet, after=UNKNOWN if told is None else told, before=None)


KINDS = (GROUP, RETENTION, SUBSCRIPTION, POLICY)
ENTRIES = (
    *(
        Entry(service="logs", operation=operation, changes=changes, undone_by=undone_by, before_from=before)
        for operation, changes, undone_by, before in (
            (
                "CreateLogGroup",
                _made,
                "nothing by default; DeleteLogGroup if what the attacker made is to be deleted",
                "the call itself",
            ),
            ("DeleteLogGroup", _made, "a human", "the call itself"),
            ("PutRetentionPolicy", _retained, "PutRetentionPolicy, DeleteRetentionPolicy", "an earlier event"),
            ("DeleteRetentionPolicy", _retained, "PutRetentionPolicy", "an earlier event"),
            ("PutSubscriptionFilter", _subscribed, "DeleteSubscriptionFilter", "an earlier event"),
            ("DeleteSubscriptionFilter", _subscribed, "PutSubscriptionFilter", "an earlier event"),
            ("PutResourcePolicy", _allowed, "DeleteResourcePolicy", "an earlier event"),
            ("DeleteResourcePolicy", _allowed, "PutResourcePolicy", "an earlier event"),
        )
    ),
    *building.by_hand(
        "logs",
        "A log stream was deleted, with what it held: that is lost, unless it was exported or subscribed to. Say so in the report, with "
        "the "
        "time that it covered.",
        "DeleteLogStream",
    ),
    *building.by_hand(
        "logs",
        "A filter, destination, delivery, account policy, key or protection of CloudWatch Logs was changed, and the event does not tell "
        "what it "
        "was. Look at it with the Describe or Get operation of the same name, compare with its template, and set it back. A metric "
        "filter that is "
        "gone keeps its alarm silent: aws logs put-metric-filter.",
        "AssociateKmsKey",
        "CreateDelivery",
        "CreateExportTask",
        "CreateLogAnomalyDetector",
        "DeleteAccountPolicy",
        "DeleteDataProtectionPolicy",
        "DeleteDelivery",
        "DeleteDeliveryDestination",
        "DeleteDeliverySource",
        "DeleteDestination",
        "DeleteLogAnomalyDetector",
        "DeleteMetricFilter",
        "DisassociateKmsKey",
        "PutAccountPolicy",
        "PutDataProtectionPolicy",
        "PutDeliveryDestination",
        "PutDeliverySource",
        "PutDestination",
        "PutDestinationPolicy",
        "PutMetricFilter",
    ),
    *building.harmless(
        "logs",
        "It reads a log or adds to it, and takes nothing away. What it added may be made up.",
        "CreateLogStream",
        "PutLogEvents",
        "GetLogRecord",
        "StartQuery",
        "StopQuery",
        "TagLogGroup",
        "UntagLogGroup",
        "TagResource",
        "UntagResource",
    ),
)
