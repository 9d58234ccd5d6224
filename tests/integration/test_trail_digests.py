"""A trail with log-file validation, as the sandbox delivers it, is proven; what is done to its bucket afterwards is told.
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-validation-intro.html"""

from __future__ import annotations

import gzip
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from play import play
from sandbox_client import Sandbox
from test_trail_bucket import BUCKET, cloud_of

from ansible_collections.cordon.aws.plugins.module_utils.trail.event import Event
from ansible_collections.cordon.aws.plugins.module_utils.trail.event_log import Gap, Span, Word
from ansible_collections.cordon.aws.plugins.module_utils.trail.graph import senses
from ansible_collections.cordon.aws.plugins.module_utils.trail.graph.rule import SessionRule
from ansible_collections.cordon.aws.plugins.module_utils.trail.log_choice import log_of


def until(found: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + 20
    while not (answer := found()) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert answer, "it did not come"
    return answer


def keys(s3: Any, part: str) -> list[str]:
    listed = s3.list_objects_v2(Bucket=BUCKET, Prefix="ir/AWSLogs/").get("Contents", ())
    return [one["Key"] for one in listed if part in one["Key"]]


def traced(sandbox: Sandbox) -> tuple[list[Event], list[Gap]]:
    """What the responder did, by the trail."""
    cloud = cloud_of(sandbox)
    log = log_of(f"s3://{BUCKET}", cloud)
    key = Word(sandbox.env["AWS_ACCESS_KEY_ID"], senses.KEY)
    events = list(log.follow([key], SessionRule(), Span(), lambda _progress: None))
    found = list(log.gaps())
    assert cloud.calls["cloudtrail:ListPublicKeys"] == 1
    return events, found


def test_what_is_done_to_a_trail_with_validation_shows(sandbox: Sandbox, tmp_path: Path) -> None:
    s3, trail = sandbox.client("s3"), sandbox.client("cloudtrail", region_name="us-east-1")
    s3.create_bucket(Bucket=BUCKET)
    policy = [
        {
            "Effect": "Allow",
            "Principal": {"Service": "cloudtrail.amazonaws.com"},
            "Action": ["s3:GetBucketAcl", "s3:PutObject"],
            "Resource": [f"arn:aws:s3:::{BUCKET}", f"arn:aws:s3:::{BUCKET}/*"],
        }
    ]
    s3.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps({"Version": "2012-10-17", "Statement": policy}))
    trail.create_trail(
        Name="everything", S3BucketName=BUCKET, S3KeyPrefix="ir", IsMultiRegionTrail=True, EnableLogFileValidation=True
    )
    trail.start_logging(Name="everything")
    for hour in range(1, 4):
        sandbox.client("iam").create_user(UserName=f"user-{hour}")
        until(lambda wanted=hour: len(keys(s3, "/CloudTrail/us-east-1/")) >= wanted)
        sandbox.control("POST", "/clock", {"advance_s": 3600})
        until(lambda wanted=hour: len(keys(s3, "/CloudTrail-Digest/us-east-1/")) >= wanted)
    events, gaps = traced(sandbox)
    assert sum(event.operation == "CreateUser" for event in events) == 3
    assert [gap.why for gap in gaps if gap.kind != "delayed"] == [
        "it records no data events, such as reads of S3 objects and calls of functions"
    ]

    # Once listed, and each object fetched once; who the responder is, the keys, and three calls about the trail.
    traced_by = {"access_key_ids": sandbox.env["AWS_ACCESS_KEY_ID"], "trail": f"s3://{BUCKET}/ir"}
    there = len(keys(s3, "/CloudTrail"))
    played = play(sandbox, tmp_path, "trace_principal.yml", traced_by)
    assert played.ok, played.stdout
    told = played.of("cloudtrail_trace_info")
    assert told["events"]["changes"] >= 3
    assert not {gap["kind"] for gap in told["gaps"]} & {"altered", "missing", "unreadable"}
    assert told["api_calls"] <= 1 + there + 1 + 1 + 3

    first, digest, third = keys(s3, "/CloudTrail-Digest/us-east-1/")
    altered, removed = log_in(s3, first), log_in(s3, third)
    s3.put_object(Bucket=BUCKET, Key=altered, Body=gzip.compress(b'{"Records": []}'))
    s3.delete_object(Bucket=BUCKET, Key=removed)
    shown = s3.get_object(Bucket=BUCKET, Key=digest)
    assert shown["Metadata"]["signature-algorithm"] == "SHA256withRSA"
    without = json.loads(gzip.decompress(shown["Body"].read())) | {"logFiles": []}
    s3.put_object(
        Bucket=BUCKET, Key=digest, Body=gzip.compress(json.dumps(without).encode()), Metadata=shown["Metadata"]
    )
    told = {(gap.kind, gap.where, gap.why) for gap in traced(sandbox)[1] if gap.kind != "delayed"}
    assert ("altered", digest, "the digest does not have CloudTrail's signature") in told
    assert ("altered", digest, "the digest is not the one that the next was made behind") in told
    assert {("altered", altered), ("missing", removed)} <= {(kind, where) for kind, where, _why in told}


def log_in(s3: Any, digest: str) -> str:
    """One of the log files that a digest is about."""
    content = gzip.decompress(s3.get_object(Bucket=BUCKET, Key=digest)["Body"].read())
    return str(json.loads(content)["logFiles"][0]["s3Object"])
