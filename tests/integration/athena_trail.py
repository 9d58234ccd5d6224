"""A trail's bucket in the sandbox with given records in it, and the workgroup that may search it."""

from __future__ import annotations

import gzip
import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sandbox_client import Sandbox
from test_trail_bucket import log_key
from trail_events import Record

from ansible_collections.cordon.aws.plugins.module_utils.cloud import Cloud
from ansible_collections.cordon.aws.plugins.module_utils.trail.athena.options import AthenaOptions
from ansible_collections.cordon.aws.plugins.module_utils.trail.event_log import EventLog
from ansible_collections.cordon.aws.plugins.module_utils.trail.log_choice import log_of

BUCKET, RESULTS, GROUP = "amzn-s3-demo-trail", "amzn-s3-demo-results", "responders"
LATE = timedelta(minutes=7)


def prepare(sandbox: Sandbox, *, cutoff: int | None = None) -> Any:
    """The buckets and the workgroup; returns a client of S3."""
    s3 = sandbox.client("s3")
    for name in (BUCKET, RESULTS):
        s3.create_bucket(Bucket=name)
    configuration: dict[str, Any] = {"ResultConfiguration": {"OutputLocation": f"s3://{RESULTS}/athena/"}}
    if cutoff is not None:
        configuration["BytesScannedCutoffPerQuery"] = cutoff
    sandbox.client("athena").create_work_group(Name=GROUP, Configuration=configuration)
    sandbox.control("DELETE", "/calls")
    return s3


def deliver(s3: Any, records: Iterable[Record], *, org: str = "", above: str = "") -> list[str]:
    """As CloudTrail does: a file for each account, region and quarter of an hour, some minutes late. Returns the keys."""
    files: defaultdict[tuple[str, str, datetime], list[Record]] = defaultdict(list)
    for record in records:
        time = datetime.fromisoformat(record["eventTime"])
        quarter = time.replace(minute=time.minute // 15 * 15, second=0) + timedelta(minutes=15)
        files[record["recipientAccountId"], record["awsRegion"], quarter + LATE].append(record)
    keys = []
    for number, ((account, region, time), held) in enumerate(sorted(files.items())):
        keys.append(above + log_key(account, region, time, f"{number:016}", org))
        s3.put_object(Bucket=BUCKET, Key=keys[-1], Body=gzip.compress(json.dumps({"Records": held}).encode()))
    return keys


def sizes(s3: Any, keys: Sequence[str]) -> int:
    return sum(s3.head_object(Bucket=BUCKET, Key=key)["ContentLength"] for key in keys)


def searched(cloud: Cloud, prefix: str = "", *, most: int = 10**9, **more: Any) -> EventLog:
    options = AthenaOptions(workgroup=GROUP, most=most)
    return log_of(f"athena://{BUCKET}/{prefix}", cloud, athena=options, **more)
