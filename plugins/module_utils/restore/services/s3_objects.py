# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Objects. Events about them are there only where data events are logged, and hold no contents: what versioning kept can be had back, the
rest cannot. A delete marker is removed, which brings back what it hides; everything else is left to a human, because putting an earlier
version in front of an attacker's makes new versions, and deleting the attacker's destroys evidence.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/DeleteMarker.html"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from ansible_collections.cordon.aws.plugins.module_utils.plan import Json
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads
from ansible_collections.cordon.aws.plugins.module_utils.restore.entry import Entry
from ansible_collections.cordon.aws.plugins.module_utils.restore.facet import (
    GONE,
    Change,
    Facet,
    IrreversibleError,
    Kind,
    Move,
)
from ansible_collections.cordon.aws.plugins.module_utils.restore.services.s3_settings import (
    NO_BUCKET,
    bucket_of,
    named,
    owned,
    takes_bucket,
    word,
)
from ansible_collections.cordon.aws.plugins.module_utils.restore.services.setting import Names, answered, call_of
from ansible_collections.cordon.aws.plugins.module_utils.trail.event import Event

_VERSION = re.compile(r"[A-Za-z0-9._-]{4,1024}", re.ASCII)
HIDDEN: Final = "hidden"
_LOST: Final = (
    "The object is deleted, and no version of it was kept that could be put back: the bucket had no versioning, or the version itself was "
    "deleted. Look for a replica, a backup or a copy elsewhere."
)


def _takes_key(key: str) -> bool:
    """https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html"""
    return key.isprintable() and 0 < len(key.encode(errors="replace")) <= 1024


def _takes(names: Names) -> bool:
    return len(names) == 3 and takes_bucket(names[:1]) and _takes_key(names[1]) and bool(_VERSION.fullmatch(names[2]))


def _read(reads: Reads, facet: Facet) -> Json:
    _bucket, key, version = facet.names
    call = call_of(facet, "s3", "ListObjectVersions", {**named(facet), "Prefix": key})
    listed = answered(reads, call, gone=NO_BUCKET)
    if listed == GONE:
        return GONE
    markers = listed.get("DeleteMarkers", [])
    return HIDDEN if any(one["Key"] == key and one["VersionId"] == version for one in markers) else None


def _moves(facet: Facet, live: Json, wanted: Json) -> Sequence[Move]:
    if live != HIDDEN or wanted is not None:
        raise IrreversibleError("Only S3 makes delete markers: delete the object again, if it is to be hidden.")
    parameters = {**named(facet), "Key": facet.names[1], "VersionId": facet.names[2]}
    return (Move(call=call_of(facet, "s3", "DeleteObject", parameters), undo=()),)


DELETE_MARKER = Kind(
    name="s3/delete_marker",
    order=20,
    permissions=("s3:ListBucketVersions", "s3:DeleteObjectVersion"),
    takes=_takes,
    read=_read,
    moves=_moves,
    word=word,
)


def _no_way_back(_facet: Facet, _live: Json, _wanted: Json) -> Sequence[Move]:
    raise IrreversibleError(_LOST)


def _exists(reads: Reads, facet: Facet) -> Json:
    call = call_of(facet, "s3", "HeadObject", {**named(facet), "Key": facet.names[1]})
    return None if answered(reads, call, absent=("404", "NoSuchKey", *NO_BUCKET)) is None else "there"


OBJECT = Kind(
    name="s3/object",
    order=20,
    permissions=("s3:GetObject", "s3:ListBucket"),
    takes=lambda names: len(names) == 2 and takes_bucket(names[:1]) and _takes_key(names[1]),
    read=_exists,
    moves=_no_way_back,
    word=word,
)


def _deleted(event: Event) -> Iterator[Change]:
    key = event.request.get("key")
    bucket, key = bucket_of(event), key if isinstance(key, str) else ""
    marker, version = event.response.get("x-amz-delete-marker"), event.response.get("x-amz-version-id")
    removed = event.request.get("versionId", event.request.get("VersionId"))
    if marker in (True, "true") and not removed and isinstance(version, str):
        if _takes((bucket, key, version)):
            facet = Facet(DELETE_MARKER.name, event.account, event.region, (bucket, key, version))
            yield Change(facet=facet, after=HIDDEN, before=None)
    elif OBJECT.takes((bucket, key)):
        yield Change(facet=Facet(OBJECT.name, event.account, event.region, (bucket, key)), after=None, before="there")


_VERSIONS: Final = (
    "Look at what the object was before: aws s3api list-object-versions --bucket BUCKET --prefix KEY. Where an earlier version was kept, "
    "copy it in front: aws s3api copy-object --bucket BUCKET --key KEY --copy-source BUCKET/KEY?versionId=VERSION. Keep the attacker's "
    "version as evidence. Without versioning, look for a replica or a backup."
)
_ELSEWHERE: Final = "Look at what it opens or sends away, and remove it if it is the attacker's: {}."
_MANUAL = {
    "PutObject": _VERSIONS,
    "CopyObject": _VERSIONS,
    "CompleteMultipartUpload": _VERSIONS,
    "RestoreObject": "A copy of an archived object was made for some days: it ends by itself, and its costs are made. Look at who read it.",
    "DeleteObjects": "The event does not name the objects. " + _VERSIONS,
    "JobCreated": "A job of S3 Batch Operations was begun. Cancel it if it still runs: aws s3control update-job-status "
    "--requested-job-status Cancelled; then look at what its report says it did.",
    "CreateJob": "A job of S3 Batch Operations was begun. Cancel it if it still runs: aws s3control update-job-status "
    "--requested-job-status Cancelled; then look at what its report says it did.",
    "PutObjectAcl": "Look at who may read the object now: aws s3api get-object-acl; and put the list right: aws s3api put-object-acl "
    "--acl private.",
    "PutObjectTagging": "Look at the object's tags, on which policies and lifecycle rules may depend: aws s3api get-object-tagging.",
    "DeleteObjectTagging": "Look at the object's tags, on which policies and lifecycle rules may depend: aws s3api get-object-tagging.",
    "PutObjectRetention": "Look at how long the object is locked: aws s3api get-object-retention. In compliance mode nobody can end it.",
    "PutObjectLegalHold": "Look at whether the object is held: aws s3api get-object-legal-hold; and set it right.",
    "PutBucketInventoryConfiguration": _ELSEWHERE.format(
        "aws s3api list-bucket-inventory-configurations, aws s3api delete-bucket-inventory-configuration"
    ),
    "PutInventoryConfiguration": _ELSEWHERE.format(
        "aws s3api list-bucket-inventory-configurations, aws s3api delete-bucket-inventory-configuration"
    ),
    "DeleteBucketInventoryConfiguration": "Put the inventory back that was deleted: aws s3api put-bucket-inventory-configuration.",
    "DeleteInventoryConfiguration": "Put the inventory back that was deleted: aws s3api put-bucket-inventory-configuration.",
    "CreateAccessPoint": _ELSEWHERE.format("aws s3control list-access-points, aws s3control delete-access-point"),
    "DeleteAccessPoint": "Make the access point again that was deleted: aws s3control create-access-point.",
    "PutAccessPointPolicy": _ELSEWHERE.format(
        "aws s3control get-access-point-policy, aws s3control delete-access-point-policy"
    ),
    "DeleteAccessPointPolicy": "Put the access point's policy back that was deleted: aws s3control put-access-point-policy.",
}
KINDS = (DELETE_MARKER, OBJECT)
ENTRIES = (
    Entry(
        service="s3",
        operation="DeleteObject",
        changes=owned(_deleted),
        undone_by="DeleteObject of the delete marker",
        before_from="the call itself, where the bucket has versioning",
    ),
    *(Entry(service="s3", operation=operation, manual=text) for operation, text in _MANUAL.items()),
    *(
        Entry(
            service="s3",
            operation=operation,
            harmless="No object comes of it by itself.",
        )
        for operation in (
            "CreateSession",
            "CreateMultipartUpload",
            "UploadPart",
            "UploadPartCopy",
            "AbortMultipartUpload",
        )
    ),
)
