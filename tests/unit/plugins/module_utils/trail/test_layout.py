"""What CloudTrail's names tell, and which files may hold events of a span: never one too few.
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-examples.html"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cordon.aws.plugins.module_utils.trail.bucket import layout
from ansible_collections.cordon.aws.plugins.module_utils.trail.bucket.layout import Scope
from ansible_collections.cordon.aws.plugins.module_utils.trail.event_log import Span

ACCOUNT = "111122223333"
TIMES = st.integers(1_383_264_000, 4_102_444_800).map(lambda second: datetime.fromtimestamp(second, UTC))
SPANS = st.builds(lambda *ends: Span(since=min(ends), until=max(ends)), TIMES, TIMES)


def log_key(time: datetime, *, region: str = "us-east-2", above: str = "", org: str = "") -> str:
    name = f"{ACCOUNT}_CloudTrail_{region}_{time:%Y%m%dT%H%MZ}_Mu0KsOhtH1ar15ZZ.json.gz"
    return f"{above}AWSLogs/{org}{ACCOUNT}/CloudTrail/{region}/{time:%Y/%m/%d}/{name}"


@given(event=TIMES, span=SPANS, late_s=st.integers(0, 86_400 - 60))
def test_the_file_of_every_event_of_the_span_is_wanted(event: datetime, span: Span, late_s: int) -> None:
    """Whenever within a day CloudTrail delivers it."""
    delivered = event + timedelta(seconds=late_s)
    if span.holds(event):
        key = log_key(delivered)
        assert layout.is_wanted(key, Scope(span=span))
        first, last = layout.days(span)
        assert first <= f"{delivered:%Y/%m/%d}" <= last


@given(time=TIMES, span=SPANS)
def test_what_was_delivered_before_the_span_is_not_wanted(time: datetime, span: Span) -> None:
    assert span.since is not None
    if time + timedelta(minutes=1) <= span.since:
        assert not layout.is_wanted(log_key(time), Scope(span=span))


@given(time=TIMES)
def test_a_name_tells_when_the_file_was_delivered_and_whose_it_is(time: datetime) -> None:
    assert layout.delivered_at(log_key(time)) == time.replace(second=0, microsecond=0)
    assert layout.log_place(log_key(time)) == (ACCOUNT, "us-east-2")


@given(st.text())
def test_any_name_is_told_or_not_and_nothing_breaks(name: str) -> None:
    layout.delivered_at(name)
    layout.digest_name(name)
    layout.is_wanted(name, Scope(span=Span()))


def test_the_name_of_a_digest() -> None:
    """As on the page on digest files; a trail's name may hold what stands between the parts."""
    found = layout.digest_name(
        f"{ACCOUNT}_CloudTrail-Digest_us-east-2_your_trail.name_us-west-1_20150817T150131Z.json.gz"
    )
    assert found is not None
    assert found.chain == (ACCOUNT, "us-east-2", "your_trail.name", "us-west-1")
    assert found.time == datetime(2015, 8, 17, 15, 1, 31, tzinfo=UTC)
    assert not found.is_backfill
    late = layout.digest_name(f"{ACCOUNT}_CloudTrail-Digest_us-east-2_t01_us-west-1_20150817T150131Z_backfill.json.gz")
    assert late is not None
    assert late.is_backfill


@pytest.mark.parametrize(
    ("key", "wanted"),
    [
        (f"AWSLogs/{ACCOUNT}/CloudTrail/us-east-2/2026/03/10/anything.json", True),
        (f"logs/AWSLogs/o-exampleorgid/{ACCOUNT}/CloudTrail/us-east-2/2026/03/10/anything.json", True),
        (f"AWSLogs/{ACCOUNT}/CloudTrail-Insight/us-east-2/2026/03/10/x.json.gz", False),
        (f"AWSLogs/{ACCOUNT}/Config/us-east-2/2026/3/10/x.json.gz", False),
        (f"AWSLogs/{ACCOUNT}/CloudTrail/us-east-2/", False),
        ("AWSLogs/readme.txt", False),
        ("export/events.jsonl", True),
        ("export/", False),
        (f"export/{ACCOUNT}_CloudTrail-Insight_us-east-2_20260310T1205Z_abcdefghijklmnop.json.gz", False),
        (f"export/{ACCOUNT}_CloudTrail-Digest_us-east-2_trail_us-east-2_20260310T120501Z.json.gz", True),
    ],
)
def test_only_what_is_cloudtrails_counts_below_awslogs(key: str, wanted: bool) -> None:
    assert layout.is_wanted(key, Scope(span=Span())) == wanted


def test_accounts_and_regions_that_do_not_matter_are_left_out() -> None:
    key = log_key(datetime(2026, 3, 10, tzinfo=UTC))
    for scope, wanted in (
        (Scope(span=Span(), accounts=frozenset({ACCOUNT}), regions=frozenset({"us-east-2"})), True),
        (Scope(span=Span(), accounts=frozenset({"444455556666"})), False),
        (Scope(span=Span(), regions=frozenset({"eu-west-1"})), False),
    ):
        assert layout.is_wanted(key, scope) == wanted
        folders = [f"AWSLogs/{ACCOUNT}/", "AWSLogs/o-exampleorgid/", "AWSLogs/aws-waf-logs/"]
        accounts, organizations = layout.accounts_in(folders, scope)
        assert organizations == ["AWSLogs/o-exampleorgid/"]
        regions = layout.regions_in([f"AWSLogs/{ACCOUNT}/CloudTrail/us-east-2/"], scope)
        assert bool(accounts and regions) == wanted
