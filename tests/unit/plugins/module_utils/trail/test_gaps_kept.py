"""What one look into a log could not show is still told after the next: whoever looks twice tells gaps in the end."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from trail_files import KEY, Files, file_of, found_in, record

from ansible_collections.cordon.aws.plugins.module_utils.cloud import Cloud, Connection
from ansible_collections.cordon.aws.plugins.module_utils.trail.event_log import EventLog, Gap, Span, Word
from ansible_collections.cordon.aws.plugins.module_utils.trail.file_log.log import FileLog
from ansible_collections.cordon.aws.plugins.module_utils.trail.graph.rule import SessionRule
from ansible_collections.cordon.aws.plugins.module_utils.trail.history.log import HistoryLog
from ansible_collections.cordon.aws.plugins.module_utils.trail.spanned_log import SpannedLog

SEED = Word("AKIATHEATTACKERS0001", KEY)
BROKEN = "1_CloudTrail_us-east-1_20261101T0100Z_a.json.gz"
WHOLE = "1_CloudTrail_us-east-1_20261103T0100Z_a.json.gz"
FILES = {BROKEN: b"\x1f\x8b nothing", WHOLE: file_of([record(1, SEED.text)])}
EARLY = Span(until=datetime(2026, 11, 2, tzinfo=UTC))
LATE = Span(since=datetime(2026, 11, 2, tzinfo=UTC))


def known(span: Span) -> list[Gap]:
    return [Gap(kind="not_recorded", where="the trail", why="it was stopped", since=span.since, until=span.until)]


def of_one_day(span: Span) -> Files:
    name = BROKEN if span == EARLY else WHOLE
    return Files({name: FILES[name]})


@pytest.mark.parametrize(
    ("log", "whys"),
    [
        (FileLog(Files(FILES)), ["the file"]),
        (SpannedLog(of_one_day, known), ["the trail", "the file", "the trail"]),
    ],
    ids=["files", "files of a span"],
)
def test_files_that_could_not_be_read_are_told_after_the_next_look(log: EventLog, whys: list[str]) -> None:
    for span in (EARLY, LATE, LATE):
        found_in(log, [SEED], span=span)  # type: ignore[arg-type]
    places = ["the file" if gap.where.startswith(BROKEN) else gap.where for gap in log.gaps()]
    assert places == whys


def test_the_history_tells_what_was_too_old_of_every_look() -> None:
    keys = {"aws_access_key_id": SEED.text, "aws_secret_access_key": "x" * 40}
    nowhere = Cloud(Connection(region="us-east-1", endpoint_url="http://127.0.0.1:1", credentials=keys))
    log = HistoryLog(nowhere, now=datetime(2026, 11, 1, tzinfo=UTC))
    starts = [datetime(2026, month, 1, tzinfo=UTC) for month in (1, 2, 2)]
    for start in starts:
        span = Span(since=start, until=datetime(2026, 3, 1, tzinfo=UTC))
        list(log.follow([SEED], SessionRule(), span, lambda _progress: None))
    too_old = [gap.since for gap in log.gaps() if gap.kind == "not_covered"]
    assert too_old == starts[:2]
