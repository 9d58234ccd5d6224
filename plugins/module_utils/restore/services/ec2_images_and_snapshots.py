# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Images, snapshots and volumes that were made or deleted. What an attacker made stays as evidence: by itself it lets nobody in, and
its shares
and attachments are facets of their own. What was deleted comes back from the Recycle Bin, if there is a retention rule, or not at all.
https://docs.aws.amazon.com/ebs/latest/userguide/recycle-bin.html"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Final

from ansible_collections.cordon.aws.plugins.module_utils.plan import Call, Json
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads
from ansible_collections.cordon.aws.plugins.module_utils.restore.entry import Entry
from ansible_collections.cordon.aws.plugins.module_utils.restore.facet import Change, Facet, Kind
from ansible_collections.cordon.aws.plugins.module_utils.restore.services import building, ec2_shapes
from ansible_collections.cordon.aws.plugins.module_utils.trail.event import Event

THERE: Final = "there"
# Kind: (what lists it, its key, the parameter with its id, what deletes it, the parameter of that).
_API: Mapping[str, tuple[str, str, str, str]] = {
    "image": ("DescribeImages", "Images", "ImageIds", "DeregisterImage"),
    "snapshot": ("DescribeSnapshots", "Snapshots", "SnapshotIds", "DeleteSnapshot"),
    "volume": ("DescribeVolumes", "Volumes", "VolumeIds", "DeleteVolume"),
}
_IDS: Mapping[str, str] = {"image": "ami", "snapshot": "snap", "volume": "vol"}
_LOST: Mapping[str, str] = {
    "image": (
        "An image was deregistered. If a retention rule of the Recycle Bin holds it (aws ec2 list-images-in-recycle-bin), bring it back "
        "with aws ec2 restore-image-from-recycle-bin --image-id IMAGE; otherwise register it anew from its snapshots."
    ),
    "snapshot": (
        "A snapshot was deleted. If a retention rule of the Recycle Bin holds it (aws ec2 list-snapshots-in-recycle-bin), bring it back "
        "with aws ec2 restore-snapshot-from-recycle-bin --snapshot-id SNAPSHOT; otherwise it is lost."
    ),
    "volume": (
        "A volume was deleted. If a retention rule of the Recycle Bin holds it (aws ec2 list-volumes-in-recycle-bin), bring it back with "
        "aws ec2 restore-volume-from-recycle-bin --volume-id VOLUME; otherwise make a new one from its latest snapshot "
        "(aws ec2 describe-snapshots --filters Name=volume-id,Values=VOLUME)."
    ),
}


def _read(thing: str, reads: Reads, facet: Facet) -> Json:
    operation, key, parameter, _delete = _API[thing]
    ids: dict[str, Json] = {parameter: [facet.names[0]]}
    found = building.asked(reads, building.call(facet, "ec2", operation, **ids))
    return THERE if found and found.get(key) else None


def _remove(thing: str, facet: Facet) -> Call:
    ident: dict[str, Json] = {f"{thing.capitalize()}Id": facet.names[0]}
    return building.call(facet, "ec2", _API[thing][3], **ident)


_KIND: Mapping[str, Kind] = {
    thing: building.made(
        name=f"ec2/{thing}",
        permissions=(f"ec2:{_API[thing][0]}", f"ec2:{_API[thing][3]}"),
        takes=building.names_match(ec2_shapes.id_pattern(_IDS[thing])),
        read=partial(_read, thing),
        remove=partial(_remove, thing),
        lost=_LOST[thing],
    )
    for thing in _API
}


def _change(thing: str, event: Event, ident: Json, *, made: bool) -> Iterator[Change]:
    names = (building.text(ident),)
    if _KIND[thing].takes(names):
        facet = Facet(_KIND[thing].name, event.account, event.region, names)
        yield Change(facet=facet, after=THERE if made else None, before=None if made else THERE)


def _made(thing: str) -> Callable[[Event], Iterator[Change]]:
    def changes(event: Event) -> Iterator[Change]:
        answer = ec2_shapes.answer_of(event)
        # CreateSnapshots makes several at once.
        several = ec2_shapes.items(answer.get("snapshotSet")) if thing == "snapshot" else []
        for one in several or [answer]:
            yield from _change(thing, event, building.mapping(one).get(f"{thing}Id"), made=True)

    return changes


def _deleted(thing: str) -> Callable[[Event], Iterator[Change]]:
    return lambda event: _change(
        thing, event, ec2_shapes.field(ec2_shapes.request_of(event), f"{thing.capitalize()}Id"), made=False
    )


_MADE_BY: Mapping[str, tuple[str, ...]] = {
    "image": ("CreateImage", "RegisterImage", "CopyImage"),
    "snapshot": ("CreateSnapshot", "CreateSnapshots", "CopySnapshot"),
    "volume": ("CreateVolume",),
}

KINDS = tuple(_KIND.values())
ENTRIES = (
    *(
        Entry(
            service="ec2",
            operation=operation,
            changes=_made(thing),
            undone_by=f"nothing by default; {_API[thing][3]} if what the attacker made is to be deleted",
            before_from="the call itself",
        )
        for thing, operations in _MADE_BY.items()
        for operation in operations
    ),
    *(
        Entry(
            service="ec2",
            operation=_API[thing][3],
            changes=_deleted(thing),
            undone_by="a human, from the Recycle Bin or a backup",
            before_from="the call itself",
        )
        for thing in _API
    ),
    *building.by_hand(
        "ec2",
        "The size, type or throughput of a volume was changed, and the event does not tell what it was: see aws ec2 "
        "describe-volumes-modifications, and set type and throughput back with aws ec2 modify-volume. A volume cannot be made smaller.",
        "ModifyVolume",
    ),
    *building.by_hand(
        "ec2",
        "Another account copied, or made a volume from, a snapshot that was shared with it: its data is in that account now, and "
        "nothing here "
        "takes it back. See which snapshot it was, and treat what was on it as stolen.",
        "SharedSnapshotCopyInitiated",
        "SharedSnapshotVolumeCreated",
    ),
    *building.by_hand(
        "ec2",
        "An image, snapshot or instance is being exported to S3, or imported from there. Cancel it while it runs (aws ec2 "
        "describe-export-tasks, cancel-export-task, cancel-import-task), and look for what has been exported in the bucket that the event "
        "names.",
        "CreateInstanceExportTask",
        "ExportImage",
        "CreateStoreImageTask",
        "CreateRestoreImageTask",
        "ImportImage",
        "ImportSnapshot",
    ),
    *building.by_hand(
        "ec2",
        "An image or snapshot was archived, disabled, or taken out of or into the Recycle Bin. Look at its state with aws ec2 "
        "describe-images "
        "or aws ec2 describe-snapshots and reverse it with the operation of the opposite name.",
        "DisableImage",
        "EnableImage",
        "ModifySnapshotTier",
        "RestoreImageFromRecycleBin",
        "RestoreSnapshotFromRecycleBin",
        "DisableImageDeregistrationProtection",
        "UnlockSnapshot",
    ),
)
