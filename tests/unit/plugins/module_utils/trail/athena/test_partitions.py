"""Partitions: those that may hold what is asked for, and their bytes, are known before anything is asked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cordon.aws.plugins.module_utils.trail.athena.partitions import SLACK, days, trees, whole_days
from ansible_collections.cordon.aws.plugins.module_utils.trail.bucket.layout import LATE, Scope, delivered_at, is_wanted
from ansible_collections.cordon.aws.plugins.module_utils.trail.event_log import Span
from ansible_collections.cordon.aws.plugins.module_utils.trail.file_log.store import Stored

NOW = datetime(2026, 11, 1, 9, tzinfo=UTC)
TIMES = st.integers(0, 300 * 86400).map(lambda second: datetime(2025, 12, 1, tzinfo=UTC) + timedelta(seconds=second))
DELAYS = st.timedeltas(timedelta(0), LATE)


def stored(
    delivered: datetime,
    account: str = "111122223333",
    region: str = "us-east-1",
    root: str = "AWSLogs/",
    size: int = 10,
) -> Stored:
    name = (
        f"{root}{account}/CloudTrail/{region}/{delivered:%Y/%m/%d}/"
        f"{account}_CloudTrail_{region}_{delivered:%Y%m%dT%H%MZ}_abcdefghijklmnop.json.gz"
    )
    return Stored(name=name, size=size, time=delivered_at(name))


@given(TIMES, st.timedeltas(timedelta(seconds=1), timedelta(days=40)), st.floats(0, 1), DELAYS)
def test_the_days_cover_the_span_and_what_is_delivered_late(
    since: datetime, length: timedelta, share: float, delay: timedelta
) -> None:
    span = Span(since=since, until=since + length)
    first, last = days(span, NOW)
    delivered = since + length * min(share, 0.999) + delay
    assert first <= f"{delivered:%Y/%m/%d}" <= last
    file = stored(delivered)
    assert is_wanted(file.name, Scope(span=whole_days(first, last))), "and they are listed"
    assert trees([file], first, last)[0]["AWSLogs/"].part(None) is not None
    # And little else: two days besides those of the span, at most.
    latest = span.until or NOW
    assert datetime.strptime(last, "%Y/%m/%d").replace(tzinfo=UTC) <= latest + timedelta(days=1, hours=2)
    assert first == f"{since:%Y/%m/%d}"


@given(TIMES)
def test_an_open_span_goes_from_the_first_file_to_tomorrow(time: datetime) -> None:
    first, last = days(Span(), NOW)
    assert (first, last) == ("", "2026/11/02")
    assert trees([stored(time)], first, last)[0]["AWSLogs/"].part(None) is not None


@given(st.lists(TIMES, min_size=1, max_size=20), TIMES)
def test_a_part_holds_every_file_with_events_since_and_its_size_is_theirs(
    times: list[datetime], since: datetime
) -> None:
    files = [stored(time, size=number + 1) for number, time in enumerate(times)]
    tree = trees(files, "", "2027/01/01")[0]["AWSLogs/"]
    part = tree.part(since)
    wanted = [file for file in files if file.time is not None and file.time >= since - SLACK]
    if part is None:
        assert not wanted
        return
    within = [file for file in files if file.time and part.first <= f"{file.time:%Y/%m/%d}" <= part.last]
    assert {file.name for file in wanted} <= {file.name for file in within}
    assert tree.size(part) == sum(file.size for file in within)
    assert part.first >= f"{since - SLACK:%Y/%m/%d}"


def test_accounts_and_organizations_are_trees_of_their_own() -> None:
    time = datetime(2026, 3, 1, tzinfo=UTC)
    files = [
        stored(time),
        stored(time, "444455556666", "eu-west-1", "AWSLogs/o-exampleorgid/"),
        stored(time, root="logs/AWSLogs/"),
        Stored(name="AWSLogs/111122223333/CloudTrail/us-east-1/2026/03/01/renamed.json.gz", size=7),
        Stored(name="export/events.json", size=3),
    ]
    found, elsewhere = trees(files, "", "2027/01/01")
    assert set(found) == {"AWSLogs/", "AWSLogs/o-exampleorgid/", "logs/AWSLogs/"}
    assert found["AWSLogs/"].days == {"2026/03/01": 17}, "whatever lies in the folder is scanned"
    assert (found["AWSLogs/o-exampleorgid/"].accounts, found["AWSLogs/o-exampleorgid/"].regions) == (
        {"444455556666"},
        {"eu-west-1"},
    )
    assert elsewhere == 1


@given(st.permutations([stored(datetime(2026, 3, day, tzinfo=UTC)) for day in range(1, 6)]))
def test_a_listing_is_told_from_another_whatever_its_order(files: list[Stored]) -> None:
    whole, less = trees(files, "", "2027/01/01")[0]["AWSLogs/"], trees(files[1:], "", "2027/01/01")[0]["AWSLogs/"]
    assert whole.seen == trees(sorted(files, key=lambda file: file.name), "", "2027/01/01")[0]["AWSLogs/"].seen
    assert whole.seen != less.seen
