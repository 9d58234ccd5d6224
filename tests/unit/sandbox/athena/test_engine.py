"""The sandbox's Athena takes what Athena takes, and fails where Athena fails."""

from __future__ import annotations

import pytest
from athena_bench import ACCOUNT, DAY, REGION, Bench, key, packed
from trail_events import event, user

from sandbox.athena.catalog import QueryError
from sandbox.athena.engine import ScanLimitError

WHERE = f"WHERE account = '{ACCOUNT}' AND region = '{REGION}' AND day = '{DAY}'"
ALICE = user("alice", "AKIAIOSFODNN7EXAMPLE")


@pytest.fixture
def bench() -> Bench:
    return Bench({key(): packed([event("s3:GetObject", 0, ALICE, {"key": "x"})])})


@pytest.mark.parametrize(
    ("statement", "error"),
    [
        (f"SELECT eventid FROM `cordon`.`trail_x` {WHERE}", "SYNTAX_ERROR"),
        (f'SELECT eventid FROM "cordon"."trail_x" {WHERE}; DROP TABLE x', "Only one sql statement"),
        (f'SELECT nothing FROM "cordon"."trail_x" {WHERE}', "SYNTAX_ERROR"),
        (f'SELECT read_text(\'/etc/hosts\') FROM "cordon"."trail_x" {WHERE}', "FUNCTION_NOT_REGISTERED"),
        ('SELECT eventid FROM "cordon"."other"', "TABLE_NOT_FOUND"),
        ('SELECT eventid FROM "cordon"."trail_x"', "injected projected partition column account"),
        (
            f'SELECT eventid FROM "cordon"."trail_x" WHERE account = \'{ACCOUNT}\'',
            "injected projected partition column region",
        ),
        ('DROP TABLE "cordon"."trail_x"', "NOT_SUPPORTED|SYNTAX_ERROR"),
        ('CREATE EXTERNAL TABLE "cordon"."x" ("a" string) LOCATION \'s3://b/\'', "SYNTAX_ERROR|NOT_SUPPORTED"),
    ],
)
def test_what_athena_does_not_take_fails(bench: Bench, statement: str, error: str) -> None:
    with pytest.raises(QueryError, match=error):
        bench.run(statement)


def test_only_the_partitions_of_the_conditions_are_scanned(bench: Bench) -> None:
    record = packed([event("s3:GetObject", 0, ALICE)])
    bench.objects |= {
        key("next", day="2026/05/05"): record,
        key("there", region="eu-west-1"): record,
        key("theirs", account="444455556666"): record,
        f"AWSLogs/{ACCOUNT}/CloudTrail-Digest/{REGION}/{DAY}/digest.json.gz": b"broken",
    }
    answer = bench.run(f'SELECT "$path" FROM "cordon"."trail_x" {WHERE}')
    assert [row[0] for row in answer.rows] == [f"s3://amzn-s3-demo-bucket/{key()}"]
    assert answer.scanned == len(bench.objects[key()])
    days = f"WHERE account IN ('{ACCOUNT}') AND region IN ('{REGION}') AND day BETWEEN '2026/05/04' AND '2026/05/05'"
    assert len(bench.run(f'SELECT eventid FROM "cordon"."trail_x" {days}').rows) == 2


@pytest.mark.parametrize(
    "content", [b"", b"\x1f\x8b\x08\x00", packed([])[:-6], b"<html>"], ids=["empty", "header", "cut", "page"]
)
def test_a_file_that_cannot_be_read_fails_the_whole_query(bench: Bench, content: bytes) -> None:
    bench.objects[key("broken")] = content
    with pytest.raises(QueryError, match=f"s3://amzn-s3-demo-bucket/{key('broken')}"):
        bench.run(f'SELECT eventid FROM "cordon"."trail_x" {WHERE}')


def test_free_form_parts_are_texts_of_json_and_the_rest_is_typed(bench: Bench) -> None:
    answer = bench.run(
        f'SELECT requestparameters, useridentity.arn, readonly, responseelements FROM "cordon"."trail_x" {WHERE}'
    )
    assert answer.rows == [['{"key":"x"}', ALICE["arn"], "true", None]]


def test_more_than_the_workgroup_lets_a_query_scan_cancels_it(bench: Bench) -> None:
    with pytest.raises(ScanLimitError):
        bench.run(f'SELECT eventid FROM "cordon"."trail_x" {WHERE}', most=10)
