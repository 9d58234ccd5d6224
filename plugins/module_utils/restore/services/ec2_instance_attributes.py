# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Attributes of instances and interfaces, one facet each: type, protection, groups, metadata options. The type can only be changed while an
instance is stopped: AWS refuses it otherwise, and nothing here stops an instance for it.
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyInstanceAttribute.html"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Final

from ansible_collections.cordon.aws.plugins.module_utils.plan import Call, Json
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads
from ansible_collections.cordon.aws.plugins.module_utils.restore.entry import Entry
from ansible_collections.cordon.aws.plugins.module_utils.restore.facet import (
    GONE,
    UNKNOWN,
    Certainty,
    Change,
    Facet,
    IrreversibleError,
    Kind,
    Value,
)
from ansible_collections.cordon.aws.plugins.module_utils.restore.services import (
    building,
    ec2_history,
    ec2_instances,
    ec2_shapes,
)
from ansible_collections.cordon.aws.plugins.module_utils.restore.services.config_history import PERMISSION
from ansible_collections.cordon.aws.plugins.module_utils.trail.event import Event

_GROUPS: Final = "Groups"
_GROUP = ec2_shapes.id_pattern("sg")
_INTERFACE = ec2_shapes.id_pattern("eni")
_SWITCHES: Final = ("DisableApiStop", "DisableApiTermination", "EbsOptimized", "EnaSupport", "SourceDestCheck")
_PROTECTS: Final = ("DisableApiStop", "DisableApiTermination", "SourceDestCheck")
"""Of these those that protect while they are on."""
_TYPE = re.compile(r"[a-z0-9-]{1,20}\.[a-z0-9-]{1,20}", re.ASCII)
_OPTIONS: Mapping[str, tuple[str, ...]] = {
    "HttpTokens": ("optional", "required"),
    "HttpEndpoint": ("enabled", "disabled"),
    "HttpProtocolIpv6": ("enabled", "disabled"),
    "InstanceMetadataTags": ("enabled", "disabled"),
    "HttpPutResponseHopLimit": (),
}
"""Options of the metadata service, with what each can be; the last is a number."""


def _fits(attribute: str, value: Json) -> bool:
    if attribute in _SWITCHES:
        return isinstance(value, bool)
    if attribute == _GROUPS:
        return (
            isinstance(value, list)
            and bool(value)
            and all(isinstance(one, str) and _GROUP.fullmatch(one) for one in value)
        )
    if attribute == "HttpPutResponseHopLimit":
        return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 64
    if attribute == "InstanceInitiatedShutdownBehavior":
        return value in ("stop", "terminate")
    return isinstance(value, str) and (
        value in _OPTIONS[attribute] if attribute in _OPTIONS else bool(_TYPE.fullmatch(value))
    )


def _takes(names: tuple[str, ...]) -> bool:
    attributes = {*_SWITCHES, *_OPTIONS, _GROUPS, "InstanceType", "InstanceInitiatedShutdownBehavior"}
    return len(names) == 2 and (
        bool(ec2_instances.INSTANCE.fullmatch(names[0]) and names[1] in attributes)
        or bool(_INTERFACE.fullmatch(names[0]) and names[1] in (_GROUPS, "SourceDestCheck"))
    )


def _is_interface(facet: Facet) -> bool:
    return facet.names[0].startswith("eni-")


def _read(reads: Reads, facet: Facet) -> Json:
    ident, attribute = facet.names
    if attribute in _OPTIONS:
        found = ec2_instances.described(reads, facet)
        return GONE if found is None else found.get("MetadataOptions", {}).get(attribute)
    if _is_interface(facet):
        answer = building.asked(
            reads, building.call(facet, "ec2", "DescribeNetworkInterfaces", NetworkInterfaceIds=[ident])
        )
        if not answer or not answer["NetworkInterfaces"]:
            return GONE
        shown = answer["NetworkInterfaces"][0]
        return _ids(shown["Groups"]) if attribute == _GROUPS else shown.get("SourceDestCheck")
    if ec2_instances.described(reads, facet) is None:
        return GONE
    asked = "groupSet" if attribute == _GROUPS else attribute[:1].lower() + attribute[1:]
    shown = reads.read(building.call(facet, "ec2", "DescribeInstanceAttribute", InstanceId=ident, Attribute=asked))
    if attribute == _GROUPS:
        return _ids(shown["Groups"])
    value = building.mapping(shown.get(attribute)).get("Value")
    return bool(value) if attribute in _SWITCHES else value


def _ids(groups: Json) -> list[str]:
    return sorted(str(one["GroupId"]) for one in groups)


def _to(facet: Facet, value: Json) -> Call:
    ident, attribute = facet.names
    if value is None or not _fits(attribute, value):
        raise IrreversibleError(building.NO_STATE)
    plain: dict[str, Json] = {attribute: value}
    if attribute in _OPTIONS:
        return building.call(facet, "ec2", "ModifyInstanceMetadataOptions", InstanceId=ident, **plain)
    given = plain if attribute == _GROUPS else {attribute: {"Value": value}}
    if _is_interface(facet):
        return building.call(facet, "ec2", "ModifyNetworkInterfaceAttribute", NetworkInterfaceId=ident, **given)
    return building.call(facet, "ec2", "ModifyInstanceAttribute", InstanceId=ident, **given)


def _earlier(reads: Reads, facet: Facet, time: datetime) -> Value:
    """Of what AWS Config records: type, groups, options of the metadata service, and some switches."""
    shown = ec2_history.configured(reads, facet, time)
    attribute = facet.names[1]
    if shown is None:
        return UNKNOWN
    if attribute == _GROUPS:
        listed = shown.get("securityGroups", shown.get("groups"))
        found: Json = sorted(str(building.mapping(one).get("groupId")) for one in listed or [])
    else:
        holder = building.mapping(shown.get("metadataOptions")) if attribute in _OPTIONS else shown
        found = holder.get(attribute[:1].lower() + attribute[1:])
    return found if _fits(attribute, found) else UNKNOWN


ATTRIBUTE = Kind(
    name="ec2/attribute",
    order=20,
    permissions=(
        "ec2:DescribeInstances",
        "ec2:DescribeInstanceAttribute",
        "ec2:DescribeNetworkInterfaces",
        "ec2:ModifyInstanceAttribute",
        "ec2:ModifyInstanceMetadataOptions",
        "ec2:ModifyNetworkInterfaceAttribute",
        PERMISSION,
    ),
    takes=_takes,
    read=_read,
    moves=building.moves_by(_to, lambda _value: True),
    earlier=_earlier,
)


def _told(request: Mapping[str, Json]) -> Iterator[tuple[str, Json]]:
    """(attribute, value): events have {"instanceType": {"value": …}}, {"instanceType": …}, or {"attribute": …, "value": …}."""
    named = building.text(request.get("attribute"))
    if named:
        yield named[:1].upper() + named[1:], request.get("value")
    for key in (*_SWITCHES, "InstanceType", "InstanceInitiatedShutdownBehavior"):
        found = ec2_shapes.field(request, key)
        if found is not None:
            yield key, found.get("value") if isinstance(found, dict) else found
    groups = [building.mapping(one).get("groupId") for one in ec2_shapes.items(request.get("groupSet"))]
    if groups:
        yield _GROUPS, sorted(map(str, groups))


def _modified(event: Event) -> Iterator[Change]:
    """What is on or off was the other before, by its being asked for; of anything else the event does not tell. The calls succeed also
    where nothing changes: that protection was on before is the safe thing to think, that it was off is not."""
    request = ec2_shapes.request_of(event)
    ident = building.text(request.get("instanceId")) or building.text(request.get("networkInterfaceId"))
    for attribute, told in _told(request):
        names = (ident, attribute)
        value = told == "true" if attribute in _SWITCHES and told in ("true", "false") else told
        if _takes(names):
            before: Value = not value if isinstance(value, bool) else UNKNOWN
            sure: Certainty = "likely" if before is True and attribute in _PROTECTS else "open"
            facet = Facet(ATTRIBUTE.name, event.account, event.region, names)
            yield Change(facet=facet, after=value if _fits(attribute, value) else UNKNOWN, before=before, sure=sure)


def _options(event: Event) -> Iterator[Change]:
    request = ec2_shapes.request_of(event)
    ident = building.text(ec2_shapes.field(request, "InstanceId"))
    for option, values in _OPTIONS.items():
        names, value = (ident, option), ec2_shapes.field(request, option)
        if _takes(names) and value is not None:
            other = [one for one in values if one != value]
            before: Value = other[0] if len(other) == 1 else UNKNOWN
            sure: Certainty = "likely" if before == "required" else "open"
            facet = Facet(ATTRIBUTE.name, event.account, event.region, names)
            yield Change(facet=facet, after=value if _fits(option, value) else UNKNOWN, before=before, sure=sure)


def _launched(event: Event) -> Iterator[Change]:
    """What instances were launched with, as the answer describes them: what an attacker changes later was that before."""
    yield from ec2_instances.started(event)
    yield from ec2_instances.profiles_at_launch(event)
    for (ident,), one in ec2_instances.launched(event):
        groups = [building.mapping(group).get("groupId") for group in ec2_shapes.items(one.get("groupSet"))]
        options = building.mapping(one.get("metadataOptions"))
        found: dict[str, Json] = {"InstanceType": one.get("instanceType"), _GROUPS: sorted(map(str, groups))}
        found |= {option: options.get(option[:1].lower() + option[1:]) for option in _OPTIONS}
        for attribute, value in found.items():
            if value is not None and _fits(attribute, value):
                facet = Facet(ATTRIBUTE.name, event.account, event.region, (ident, attribute))
                yield Change(facet=facet, after=value, before=GONE)


_BY_HAND = (
    "Something of an instance or interface was changed that no event tells: what its user data was, or what was reset. User data runs "
    "as root "
    "when the instance is first started, and on each start if it says so: look at it (aws ec2 describe-instance-attribute --attribute "
    "userData "
    "--instance-id INSTANCE), stop the instance, set it back from its template with aws ec2 modify-instance-attribute, and examine what "
    "ran."
)
KINDS = (ATTRIBUTE,)
ENTRIES = (
    Entry(
        service="ec2",
        operation="RunInstances",
        changes=_launched,
        undone_by="StopInstances; TerminateInstances if what the attacker made is to be deleted",
        before_from="the call itself",
    ),
    *(
        Entry(
            service="ec2",
            operation=operation,
            changes=changes,
            undone_by=operation,
            before_from="the call itself where it takes protection away; otherwise an earlier event, or AWS Config",
            manual=_BY_HAND,
        )
        for operation, changes in (
            ("ModifyInstanceAttribute", _modified),
            ("ModifyNetworkInterfaceAttribute", _modified),
            ("ModifyInstanceMetadataOptions", _options),
        )
    ),
    *building.by_hand(
        "ec2",
        _BY_HAND,
        "ResetInstanceAttribute",
        "ResetNetworkInterfaceAttribute",
        "ModifyInstanceCreditSpecification",
        "ModifyInstancePlacement",
        "ModifyInstanceMaintenanceOptions",
        "ModifyInstanceEventStartTime",
        "ModifyPrivateDnsNameOptions",
    ),
)
