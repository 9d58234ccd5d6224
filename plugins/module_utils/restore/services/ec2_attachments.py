# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Volumes attached to instances, and tags: one facet each. A volume that an attacker attached is detached, and stays.
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AttachVolume.html"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ansible_collections.cordon.aws.plugins.module_utils.plan import Call, Json
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads
from ansible_collections.cordon.aws.plugins.module_utils.restore.entry import Entry
from ansible_collections.cordon.aws.plugins.module_utils.restore.facet import GONE, UNKNOWN, Change, Facet, Kind
from ansible_collections.cordon.aws.plugins.module_utils.restore.services import building, ec2_instances, ec2_shapes
from ansible_collections.cordon.aws.plugins.module_utils.trail.event import Event

_VOLUME = ec2_shapes.id_pattern("vol")
_DEVICE = re.compile(r"(/dev/)?[a-z0-9]{2,20}", re.ASCII)


def _read(reads: Reads, facet: Facet) -> Json:
    volume, instance = facet.names
    found = building.asked(reads, building.call(facet, "ec2", "DescribeVolumes", VolumeIds=[volume]))
    if not found or not found["Volumes"]:
        return GONE
    attached = [one for one in found["Volumes"][0]["Attachments"] if one["InstanceId"] == instance]
    return next((one["Device"] for one in attached if one["State"] in ("attaching", "attached", "busy")), None)


def _is_device(value: Json) -> bool:
    return isinstance(value, str) and bool(_DEVICE.fullmatch(value))


def _to(facet: Facet, value: Json) -> Call:
    volume, instance = facet.names
    if value is None:
        return building.call(facet, "ec2", "DetachVolume", VolumeId=volume, InstanceId=instance)
    return building.call(facet, "ec2", "AttachVolume", VolumeId=volume, InstanceId=instance, Device=value)


ATTACHMENT = Kind(
    name="ec2/volume_attachment",
    order=20,
    permissions=("ec2:DescribeVolumes", "ec2:AttachVolume", "ec2:DetachVolume"),
    takes=building.names_match(_VOLUME, ec2_instances.INSTANCE),
    read=_read,
    moves=building.moves_by(_to, _is_device, anew=True),
    ways=building.ways_by(_to),
)

_RESOURCE = re.compile(r"[a-z]{1,12}(-[a-z]{1,12})?-[0-9A-Za-z]{8,17}", re.ASCII)
_KEY = re.compile(r"(?!aws:)[\x20-\x7a|~]{1,128}", re.ASCII)
_VALUE = re.compile(r"[\x20-\x7e]{0,256}", re.ASCII)


def _read_tag(reads: Reads, facet: Facet) -> Json:
    resource, key = facet.names
    filters: Json = [{"Name": "resource-id", "Values": [resource]}]
    found = reads.pages(building.call(facet, "ec2", "DescribeTags", Filters=filters), "Tags")
    return next((one.get("Value") or "" for one in found if one["Key"] == key), None)


def _is_tag(value: Json) -> bool:
    return isinstance(value, str) and bool(_VALUE.fullmatch(value))


def _to_tag(facet: Facet, value: Json) -> Call:
    resource, key = facet.names
    tag: Json = [{"Key": key} if value is None else {"Key": key, "Value": value}]
    operation = "DeleteTags" if value is None else "CreateTags"
    return building.call(facet, "ec2", operation, Resources=[resource], Tags=tag)


TAG = Kind(
    name="ec2/tag",
    order=20,
    permissions=("ec2:DescribeTags", "ec2:CreateTags", "ec2:DeleteTags"),
    takes=building.names_match(_RESOURCE, _KEY),
    read=_read_tag,
    moves=building.moves_by(_to_tag, _is_tag),
)


def _attached(event: Event) -> Iterator[Change]:
    """The answer names the instance and device also where the request leaves them out."""
    told = {**ec2_shapes.request_of(event), **ec2_shapes.answer_of(event)}
    names = (building.text(told.get("volumeId")), building.text(told.get("instanceId")))
    if ATTACHMENT.takes(names):
        device = told.get("device")
        value = device if _is_device(device) else UNKNOWN
        attaches = event.operation == "AttachVolume"
        facet = Facet(ATTACHMENT.name, event.account, event.region, names)
        yield Change(facet=facet, after=value if attaches else None, before=None if attaches else value)


def _tagged(event: Event) -> Iterator[Change]:
    """A tag is set whether or not it was there. Of one that is taken away, a value that is named was the one it had, or nothing was
    taken away: that is no error. https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteTags.html"""
    request = ec2_shapes.request_of(event)
    for resource in map(building.mapping, ec2_shapes.items(request.get("resourcesSet"))):
        for tag in map(building.mapping, ec2_shapes.items(request.get("tagSet"))):
            names = (building.text(resource.get("resourceId")), building.text(tag.get("key")))
            if TAG.takes(names):
                value = tag.get("value", "" if event.operation == "CreateTags" else None)
                told = value if _is_tag(value) else UNKNOWN
                facet = Facet(TAG.name, event.account, event.region, names)
                if event.operation == "CreateTags":
                    yield Change(facet=facet, after=told)
                else:
                    yield Change(facet=facet, after=None, before=told, sure="open")


KINDS = (ATTACHMENT, TAG)
ENTRIES = (
    Entry(
        service="ec2",
        operation="AttachVolume",
        changes=_attached,
        undone_by="DetachVolume",
        before_from="the call itself",
    ),
    Entry(
        service="ec2",
        operation="DetachVolume",
        changes=_attached,
        undone_by="AttachVolume",
        before_from="the call itself",
    ),
    Entry(
        service="ec2",
        operation="CreateTags",
        changes=_tagged,
        undone_by="CreateTags, DeleteTags",
        before_from="an earlier event",
    ),
    Entry(
        service="ec2",
        operation="DeleteTags",
        changes=_tagged,
        undone_by="CreateTags",
        before_from="an earlier event",
    ),
)
