"""A trail's bucket is listed for the days that matter in few calls, whatever its layout, and read without loss."""

from __future__ import annotations

import gzip
import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sandbox_client import Sandbox

from ansible_collections.cordon.aws.plugins.module_utils.cloud import Cloud, Connection
from ansible_collections.cordon.aws.plugins.module_utils.errors import AwsError
from ansible_collections.cordon.aws.plugins.module_utils.trail.bucket.layout import Scope
from ansible_collections.cordon.aws.plugins.module_utils.trail.bucket.store import BucketStore
from ansible_collections.cordon.aws.plugins.module_utils.trail.event_log import Span

BUCKET = "amzn-s3-demo-trail"
ACCOUNTS = ("111122223333", "444455556666")
NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
DAY = Span(since=NOON, until=NOON + timedelta(hours=1))


def log_key(account: str, region: str, time: datetime, unique: str = "abcdefghijklmnop", org: str = "") -> str:
    name = f"{account}_CloudTrail_{region}_{time:%Y%m%dT%H%MZ}_{unique}.json.gz"
    return f"AWSLogs/{org}{account}/CloudTrail/{region}/{time:%Y/%m/%d}/{name}"


@pytest.fixture
def bucket(sandbox: Sandbox) -> Iterator[Any]:
    s3 = sandbox.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    sandbox.control("DELETE", "/calls")
    return s3


@pytest.fixture
def cloud(sandbox: Sandbox) -> Cloud:
    return cloud_of(sandbox)


def cloud_of(sandbox: Sandbox) -> Cloud:
    keys = {
        "aws_access_key_id": sandbox.env["AWS_ACCESS_KEY_ID"],
        "aws_secret_access_key": sandbox.env["AWS_SECRET_ACCESS_KEY"],
    }
    return Cloud(Connection(region="us-east-1", endpoint_url=sandbox.endpoint_url, credentials=keys))


def put(s3: Any, *keys: str) -> None:
    def one(key: str) -> None:
        s3.put_object(Bucket=BUCKET, Key=key, Body=gzip.compress(json.dumps({"Records": [], "key": key}).encode()))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(one, keys))


def listed(cloud: Cloud, prefix: str = "", span: Span = DAY) -> set[str]:
    return {stored.name for stored in BucketStore(cloud, BUCKET, prefix, Scope(span=span)).files()}


@pytest.mark.parametrize(
    ("above", "prefix"),
    [("", ""), ("some/where/", "some/where"), ("logs/", ""), ("", "AWSLogs"), ("", f"AWSLogs/{ACCOUNTS[0]}")],
    ids=["bucket", "prefix", "folder above", "AWSLogs", "account"],
)
@pytest.mark.parametrize("org", ["", "o-exampleorgid/"], ids=["account", "organization"])
def test_every_layout_is_found_and_only_the_days_that_matter(
    bucket: Any, cloud: Cloud, above: str, prefix: str, org: str
) -> None:
    if org and prefix.startswith("AWSLogs/"):
        prefix = f"AWSLogs/{org}{ACCOUNTS[0]}"
    within = ACCOUNTS[:1] if prefix.startswith("AWSLogs/") else ACCOUNTS
    wanted = {above + log_key(account, "eu-west-1", NOON, org=org) for account in within}
    late = above + log_key(ACCOUNTS[0], "us-east-1", NOON + timedelta(hours=9), org=org)
    others = [above + log_key(ACCOUNTS[0], "us-east-1", NOON + timedelta(days=days), org=org) for days in (-2, 3)]
    insight = above + f"AWSLogs/{org}{ACCOUNTS[0]}/CloudTrail-Insight/us-east-1/2026/03/10/x.json.gz"
    flow = above + f"AWSLogs/{org}{ACCOUNTS[0]}/vpcflowlogs/us-east-1/2026/03/10/x.log.gz"
    put(bucket, *wanted, *(above + log_key(ACCOUNTS[1], "eu-west-1", NOON, org=org),), late, *others, insight, flow)
    assert listed(cloud, prefix) == wanted | {late}
    assert cloud.calls["s3:ListObjectsV2"] == 1, "what fits in one page is listed in one call"


def test_a_large_bucket_is_listed_by_account_region_and_day(bucket: Any, cloud: Cloud, sandbox: Sandbox) -> None:
    """What is of another year fills a page."""
    old = NOON - timedelta(days=400)
    put(bucket, *(log_key(ACCOUNTS[0], "eu-west-1", old, f"{number:016}") for number in range(1001)))
    wanted = {log_key(account, region, NOON) for account in ACCOUNTS for region in ("eu-west-1", "us-east-1")}
    put(bucket, *wanted)
    assert listed(cloud) == wanted
    # One look, then: the top, the accounts, for each its regions and those of its digests, and each region once.
    assert cloud.calls["s3:ListObjectsV2"] == 1 + 1 + 1 + 2 * 2 + 4


def test_files_of_any_name_below_a_plain_prefix(bucket: Any, cloud: Cloud) -> None:
    put(bucket, "case-7/export/events.jsonl", "case-7/export/more.json.gz", "elsewhere/x.json")
    assert listed(cloud, "case-7") == {"case-7/export/events.jsonl", "case-7/export/more.json.gz"}
    assert listed(cloud, "case-7/export/events.jsonl") == {"case-7/export/events.jsonl"}


def test_each_object_is_fetched_once_however_often_it_is_read(bucket: Any, cloud: Cloud) -> None:
    keys = [log_key(ACCOUNTS[0], "eu-west-1", NOON, f"{number:016}") for number in range(60)]
    put(bucket, *keys)
    store = BucketStore(cloud, BUCKET, "", Scope(span=DAY))
    files = list(store.files())
    for _pass in range(2):
        for stored in [*files[::2], *files]:
            assert json.loads(gzip.decompress(store.fetch(stored)))["key"] == stored.name
    assert cloud.calls["s3:GetObject"] == len(keys)


def test_an_object_that_cannot_be_read_is_told_and_the_others_are_read(
    bucket: Any, cloud: Cloud, sandbox: Sandbox
) -> None:
    keys = [log_key(ACCOUNTS[0], "eu-west-1", NOON, f"{number:016}") for number in range(3)]
    put(bucket, *keys)
    store = BucketStore(cloud, BUCKET, "", Scope(span=DAY))
    files = sorted(store.files(), key=lambda stored: stored.name)
    bucket.delete_object(Bucket=BUCKET, Key=keys[1])
    store.fetch(files[0])
    with pytest.raises(AwsError, match="NoSuchKey"):
        store.fetch(files[1])
    store.fetch(files[2])


def test_a_bucket_that_is_not_there_is_an_error_that_names_it(sandbox: Sandbox, cloud: Cloud) -> None:
    with pytest.raises(AwsError, match="amzn-s3-demo-nothing"):
        list(BucketStore(cloud, "amzn-s3-demo-nothing", "", Scope(span=DAY)).files())


def test_objects_are_fetched_many_at_once(bucket: Any, cloud: Cloud, sandbox: Sandbox) -> None:
    """In a quarter of the time that one after the other takes, although who reads asks for one after the other."""
    keys = [log_key(ACCOUNTS[0], "eu-west-1", NOON, f"{number:016}") for number in range(40)]
    put(bucket, *keys)
    store = BucketStore(cloud, BUCKET, "", Scope(span=DAY))
    files = sorted(store.files(), key=lambda stored: stored.name)
    sandbox.control("PUT", "/settings", {"latency_ms": 250})
    began = time.monotonic()
    read = [store.fetch(stored) for stored in files]
    took_s = time.monotonic() - began
    assert len(read) == len(keys)
    assert took_s < len(keys) * 0.25 / 4
