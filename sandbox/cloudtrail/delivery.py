"""Log files in a trail's bucket, in AWS's layout.
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/get-and-view-cloudtrail-log-files.html"""

from __future__ import annotations

import gzip
import json
import secrets
import string
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from moto.backends import get_backend

from sandbox.cloudtrail.catalogue import GLOBAL_REGION
from sandbox.cloudtrail.digests import Delivered
from sandbox.cloudtrail.selectors import Candidate, wanted

if TYPE_CHECKING:
    from sandbox.cloudtrail.recorder import Place

_ALPHABET = string.ascii_letters + string.digits
# What IncludeGlobalServiceEvents is about.
# https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-concepts.html#cloudtrail-concepts-global-service-events
_GLOBAL_SOURCES = frozenset(
    {"iam.amazonaws.com", "sts.amazonaws.com", "cloudfront.amazonaws.com", "route53.amazonaws.com"}
)


def trails() -> list[Any]:
    """Every trail of moto's."""
    return [
        trail
        for regions in list(get_backend("cloudtrail").values())
        for backend in list(regions.values())
        for trail in list(backend.trails.values())
    ]


def covers(trail: Any, place: Place, members: frozenset[str]) -> bool:
    """Whether the trail is for this account and region."""
    account, region = place
    if account != trail.account_id and not (trail.is_org_trail and account in members):
        return False
    return bool(trail.is_multi_region or region == trail.region_name)


def wants(trail: Any, place: Place, candidate: Candidate) -> bool:
    """Whether the trail's selectors and its stand on global services ask for the event."""
    if (
        candidate.kind.source in _GLOBAL_SOURCES
        and place[1] == GLOBAL_REGION
        and not trail.include_global_service_events
    ):
        return False
    return wanted(candidate, trail.event_selectors, trail.advanced_event_selectors)


def put(
    trail: Any, place: Place, events: Iterable[dict[str, Any]], now: datetime, organization_id: str | None
) -> Delivered | None:
    """Write one log file; None where the bucket is gone. The unique part of its name has 16 characters:
    https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-examples.html"""
    account, region = place
    owner = next(
        (id_ for id_, regions in list(get_backend("s3").items()) if trail.bucket_name in regions["aws"].buckets), None
    )
    if owner is None:
        return None
    prefix = f"{trail.s3_key_prefix}/" if trail.s3_key_prefix else ""
    middle = f"{organization_id}/" if organization_id else ""
    unique = "".join(secrets.choice(_ALPHABET) for _position in range(16))
    key = (
        f"{prefix}AWSLogs/{middle}{account}/CloudTrail/{region}/{now:%Y/%m/%d}/"
        f"{account}_CloudTrail_{region}_{now:%Y%m%dT%H%MZ}_{unique}.json.gz"
    )
    records = list(events)
    content = json.dumps({"Records": records}).encode()
    get_backend("s3")[owner]["aws"].put_object(trail.bucket_name, key, gzip.compress(content))
    return Delivered(
        owner=owner,
        prefix=f"{prefix}AWSLogs/{middle}",
        key=key,
        time=now,
        content=content,
        event_times=[record["eventTime"] for record in records],
    )
