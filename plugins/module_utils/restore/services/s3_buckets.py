# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Buckets as things that are there or not. One that an attacker made is kept, objects and all, and shut to the public by its public access
block; only `created: delete` deletes it, and S3 lets only an empty one go. One that was deleted is made again, so that nobody else
takes its name (https://docs.aws.amazon.com/AmazonS3/latest/userguide/DeletingBuckets.html); it was empty then, and stays so.

New buckets are shut to the public by themselves since April 2023:
https://docs.aws.amazon.com/AmazonS3/latest/userguide/create-bucket-faq.html"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

from ansible_collections.cordon.aws.plugins.module_utils.plan import Call, Json
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads
from ansible_collections.cordon.aws.plugins.module_utils.restore.entry import Entry
from ansible_collections.cordon.aws.plugins.module_utils.restore.facet import UNKNOWN, Change, Facet, Kind, Move, Value
from ansible_collections.cordon.aws.plugins.module_utils.restore.services.s3_access import (
    access_of_deleted_bucket,
    access_of_new_bucket,
)
from ansible_collections.cordon.aws.plugins.module_utils.restore.services.s3_settings import (
    NO_BUCKET,
    bucket_of,
    named,
    owned,
    settings_of_bucket,
    takes_bucket,
    word,
)
from ansible_collections.cordon.aws.plugins.module_utils.restore.services.setting import answered, call_of
from ansible_collections.cordon.aws.plugins.module_utils.trail.event import Event

OPEN: Final = "open"
SHUT: Final = "shut"
_BLOCKS: Final = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
_FIRST_REGION: Final = "us-east-1"
_CLOCKS_DIFFER: Final = timedelta(minutes=1)


def _call(facet: Facet, operation: str, **parameters: Json) -> Call:
    return call_of(facet, "s3", operation, {**named(facet), **parameters})


def _read(reads: Reads, facet: Facet) -> Json:
    missing = answered(reads, _call(facet, "HeadBucket"), absent=("404", *NO_BUCKET))
    if missing is None:
        return None
    block = answered(
        reads,
        _call(facet, "GetPublicAccessBlock"),
        absent=("NoSuchPublicAccessBlockConfiguration",),
        gone=NO_BUCKET,
    )
    on = block["PublicAccessBlockConfiguration"] if isinstance(block, dict) else {}
    return SHUT if all(on.get(name) for name in _BLOCKS) else OPEN


def _moves(facet: Facet, live: Json, wanted: Json) -> Sequence[Move]:
    create, delete = _create(facet), _call(facet, "DeleteBucket")
    shut = _call(facet, "PutPublicAccessBlock", PublicAccessBlockConfiguration=dict.fromkeys(_BLOCKS, True))
    opened = _call(facet, "DeletePublicAccessBlock")
    creating, deleting = Move(call=create, undo=(delete,)), Move(call=delete, undo=(create,))
    shutting, opening = Move(call=shut, undo=(opened,)), Move(call=opened, undo=(shut,))
    # A new bucket is shut by itself.
    if wanted is None:
        return (deleting,) if live == SHUT else (shutting, deleting)
    if live is None:
        return (creating,) if wanted == SHUT else (creating, opening)
    return (shutting,) if wanted == SHUT else (opening,)


def _create(facet: Facet) -> Call:
    where = {} if facet.region == _FIRST_REGION else {"LocationConstraint": facet.region}
    configuration = {"CreateBucketConfiguration": where} if where else {}
    return call_of(facet, "s3", "CreateBucket", {"Bucket": facet.names[0], **configuration})


def _earlier(reads: Reads, facet: Facet, time: datetime) -> Value:
    """Whether it was there already: S3 answers in us-east-1, and only there, as if it had made a bucket that its owner has.
    https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html"""
    call = call_of(facet, "s3", "ListBuckets", {})
    for bucket in reads.read(call).get("Buckets", []):
        if bucket.get("Name") == facet.names[0]:
            return OPEN if bucket["CreationDate"] < time - _CLOCKS_DIFFER else None
    return UNKNOWN


BUCKET = Kind(
    name="s3/bucket",
    order=10,
    permissions=(
        "s3:ListBucket",
        "s3:ListAllMyBuckets",
        "s3:CreateBucket",
        "s3:DeleteBucket",
        "s3:GetBucketPublicAccessBlock",
        "s3:PutBucketPublicAccessBlock",
    ),
    takes=takes_bucket,
    read=_read,
    moves=_moves,
    kept=lambda _live: SHUT,
    ways=lambda facet, live: () if live is not None else _moves(facet, None, SHUT),
    matches=lambda live, expected: (live is None) == (expected is None),
    earlier=_earlier,
    word=word,
)


def _created(event: Event) -> Iterator[Change]:
    names = (bucket_of(event),)
    if takes_bucket(names):
        facet = Facet(BUCKET.name, event.account, event.region, names)
        yield Change(facet=facet, after=SHUT, before=UNKNOWN if event.region == _FIRST_REGION else None)
        yield from settings_of_bucket(event, is_made=True)
        yield from access_of_new_bucket(event)


def _deleted(event: Event) -> Iterator[Change]:
    names = (bucket_of(event),)
    if takes_bucket(names):
        yield Change(facet=Facet(BUCKET.name, event.account, event.region, names), after=None, before=SHUT)
        yield from settings_of_bucket(event, is_made=False)
        yield from access_of_deleted_bucket(event)


KINDS = (BUCKET,)
ENTRIES = (
    Entry(
        service="s3",
        operation="CreateBucket",
        changes=owned(_created),
        undone_by="PutPublicAccessBlock, or DeleteBucket when asked to delete",
        before_from="the call itself; in us-east-1 an earlier event, or when the bucket was made",
    ),
    Entry(
        service="s3",
        operation="DeleteBucket",
        changes=owned(_deleted),
        undone_by="CreateBucket",
        before_from="the call itself",
    ),
)
