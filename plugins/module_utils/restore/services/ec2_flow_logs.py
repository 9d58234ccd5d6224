# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Flow logs: one that was deleted is made anew as the event that made it says. It gets another id, and is known by a tag with the old one.
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateFlowLogs.html"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from ansible_collections.cordon.aws.plugins.module_utils.plan import Call, Json
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads
from ansible_collections.cordon.aws.plugins.module_utils.restore.entry import Entry
from ansible_collections.cordon.aws.plugins.module_utils.restore.facet import UNKNOWN, Change, Facet, Kind, Move
from ansible_collections.cordon.aws.plugins.module_utils.restore.services import building, ec2_shapes
from ansible_collections.cordon.aws.plugins.module_utils.trail.event import Event

_ID = ec2_shapes.id_pattern("fl")
TAG: Final = "cordon:restores"
_TYPES: Mapping[str, str] = {"vpc": "VPC", "subnet": "Subnet", "eni": "NetworkInterface"}
_RESOURCE = re.compile(r"(vpc|subnet|eni)-[0-9A-Za-z]{8,17}", re.ASCII)
_PATTERNS: Mapping[str, re.Pattern[str]] = {
    "ResourceId": _RESOURCE,
    "TrafficType": re.compile(r"ACCEPT|REJECT|ALL"),
    "LogDestinationType": re.compile(r"cloud-watch-logs|s3|kinesis-data-firehose"),
    "LogDestination": re.compile(
        r"arn:aws[a-z-]*:[a-z0-9-]{1,32}:[a-z0-9-]{0,32}:(\d{12})?:[\x21-\x7e]{1,1024}", re.ASCII
    ),
    "LogGroupName": re.compile(r"[A-Za-z0-9._/#-]{1,512}", re.ASCII),
    "DeliverLogsPermissionArn": re.compile(r"arn:aws[a-z-]*:iam::\d{12}:role/[\x21-\x7e]{1,576}", re.ASCII),
    "LogFormat": re.compile(r"[${} a-z0-9-]{1,4096}", re.ASCII),
}


def _settings(shown: Mapping[str, Json]) -> dict[str, Json]:
    """What a flow log is made with, from its description or the request that made it."""
    found: dict[str, Json] = {
        "LogDestinationType": "cloud-watch-logs",
        "TrafficType": "ALL",
        **{name: shown[name] for name in _PATTERNS if shown.get(name)},
    }
    if found["LogDestinationType"] == "cloud-watch-logs" and "LogGroupName" in found:
        # AWS describes the destination of such a flow log by both.
        found.pop("LogDestination", None)
    found["MaxAggregationInterval"] = shown.get("MaxAggregationInterval") or 600
    if found.get("LogFormat") == _DEFAULT_FORMAT:
        del found["LogFormat"]
    return found


# https://docs.aws.amazon.com/vpc/latest/userguide/flow-log-records.html: the default format
_DEFAULT_FORMAT: Final = " ".join(
    "${" + field + "}"
    for field in (
        *("version", "account-id", "interface-id", "srcaddr", "dstaddr", "srcport", "dstport", "protocol"),
        *("packets", "bytes", "start", "end", "action", "log-status"),
    )
)


def _fits(value: Json) -> bool:
    return (
        isinstance(value, dict)
        and "ResourceId" in value
        and set(value) <= {*_PATTERNS, "MaxAggregationInterval"}
        and value.get("MaxAggregationInterval") in (60, 600)
        and all(
            isinstance(value[name], str) and _PATTERNS[name].fullmatch(value[name])
            for name in _PATTERNS
            if name in value
        )
    )


def _read(reads: Reads, facet: Facet) -> Json:
    ident = facet.names[0]
    for one in reads.pages(building.call(facet, "ec2", "DescribeFlowLogs"), "FlowLogs"):
        tags = {tag["Key"]: tag["Value"] for tag in one.get("Tags", [])}
        if ident in (one["FlowLogId"], tags.get(TAG)):
            return _settings(one)
    return None


def _to(facet: Facet, value: Json) -> Call:
    if value is None:
        return building.call(facet, "ec2", "DeleteFlowLogs", FlowLogIds=[facet.names[0]])
    given = {name: one for name, one in value.items() if name != "ResourceId"}
    tagged: Json = [{"ResourceType": "vpc-flow-log", "Tags": [{"Key": TAG, "Value": facet.names[0]}]}]
    resource = str(value["ResourceId"])
    return building.call(
        facet,
        "ec2",
        "CreateFlowLogs",
        ResourceIds=[resource],
        ResourceType=_TYPES[resource.partition("-")[0]],
        TagSpecifications=tagged,
        **given,
    )


def _moves(facet: Facet, live: Json, wanted: Json) -> list[Move]:
    moves = building.moves_by(_to, _fits, anew=True)(facet, live, wanted)
    # A new one has another id, by which it would have to be deleted.
    return [Move(call=move.call, undo=() if move.call.operation == "CreateFlowLogs" else move.undo) for move in moves]


FLOW_LOG = Kind(
    name="ec2/flow_log",
    order=20,
    permissions=("ec2:DescribeFlowLogs", "ec2:CreateFlowLogs", "ec2:DeleteFlowLogs", "ec2:CreateTags", "iam:PassRole"),
    takes=building.names_match(_ID),
    read=_read,
    moves=_moves,
    ways=building.ways_by(_to),
    kept=building.same,
)


def _facet(event: Event, ident: Json) -> Facet | None:
    names = (building.text(ident),)
    return Facet(FLOW_LOG.name, event.account, event.region, names) if FLOW_LOG.takes(names) else None


def _created(event: Event) -> Iterator[Change]:
    request, answer = ec2_shapes.request_of(event), ec2_shapes.answer_of(event)
    idents = ec2_shapes.items(answer.get("flowLogIdSet"))
    resources = ec2_shapes.items(request.get("ResourceId"))
    # Which of several is whose, no documentation says.
    value = _settings({**request, "ResourceId": resources[0]}) if len(idents) == len(resources) == 1 else None
    for ident in idents:
        facet = _facet(event, ident)
        if facet is not None:
            yield Change(facet=facet, after=value if _fits(value) else UNKNOWN, before=None)


def _deleted(event: Event) -> Iterator[Change]:
    """But for those that the answer says were not."""
    failed = {
        building.text(building.mapping(one).get("resourceId"))
        for one in ec2_shapes.items(ec2_shapes.answer_of(event).get("unsuccessful"))
    }
    for ident in ec2_shapes.items(ec2_shapes.request_of(event).get("FlowLogId")):
        facet = _facet(event, ident)
        if facet is not None and ident not in failed:
            yield Change(facet=facet, after=None)


KINDS = (FLOW_LOG,)
ENTRIES = (
    Entry(
        service="ec2",
        operation="CreateFlowLogs",
        changes=_created,
        undone_by="nothing by default; DeleteFlowLogs if what the attacker made is to be deleted",
        before_from="the call itself",
    ),
    Entry(
        service="ec2",
        operation="DeleteFlowLogs",
        changes=_deleted,
        undone_by="CreateFlowLogs",
        before_from="an earlier event",
    ),
    *building.harmless("ec2", "It only writes a template that reads flow logs.", "GetFlowLogsIntegrationTemplate"),
)
