"""Many processes write one case: nothing is lost, nothing is written twice, and the chain holds."""

from __future__ import annotations

import json
import multiprocessing
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from case_writer import CASE_ID, store_of, write, write_the_same
from sandbox_client import Sandbox

from ansible_collections.cordon.aws.plugins.module_utils.case import open_case
from ansible_collections.cordon.aws.plugins.module_utils.case_check import verify_entries

WRITERS = 8
ENTRIES = 200
BUCKET = "forensics-cases"


@pytest.fixture(params=["local", "s3"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, Any]:
    """Where the case lives."""
    if request.param == "local":
        return {"directory": str(tmp_path / "cases")}
    return bucket_of(request.getfixturevalue("sandbox"))


@pytest.fixture
def bucket(sandbox: Sandbox) -> dict[str, Any]:
    return bucket_of(sandbox)


def bucket_of(sandbox: Sandbox) -> dict[str, Any]:
    """An empty bucket, and the responder's way to it."""
    sandbox.client("s3").create_bucket(Bucket=BUCKET)
    return {
        "bucket": BUCKET,
        "endpoint_url": sandbox.endpoint_url,
        "access_key_id": sandbox.env["AWS_ACCESS_KEY_ID"],
        "secret_access_key": sandbox.env["AWS_SECRET_ACCESS_KEY"],
    }


def at_once(work: Callable[..., None], place: dict[str, Any], count: int) -> None:
    """`work` in WRITERS processes that begin together."""
    context = multiprocessing.get_context("spawn")
    start = context.Barrier(WRITERS)
    processes = [context.Process(target=work, args=(place, writer, count, start)) for writer in range(WRITERS)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(120)
    assert [process.exitcode for process in processes] == [0] * WRITERS


def test_every_entry_of_every_writer_is_there_once(place: dict[str, Any]) -> None:
    at_once(write, place, ENTRIES)
    raw = list(open_case(store_of(place), CASE_ID, create=False).raw())
    verified = verify_entries(raw, CASE_ID)
    assert (verified.ok, verified.count, verified.warnings) == (True, WRITERS * ENTRIES + 1, ()), verified.reason
    entries = [json.loads(content) for _number, content in raw]
    assert [entry["kind"] for entry in entries] == ["opened"] + ["note"] * (WRITERS * ENTRIES)
    written = [entry["body"]["text"] for entry in entries[1:]]
    for writer in range(WRITERS):
        own = [text for text in written if text.startswith(f"{writer}/")]
        assert own == [f"{writer}/{number}" for number in range(ENTRIES)]


def test_equal_entries_of_several_writers_are_all_there(place: dict[str, Any]) -> None:
    at_once(write_the_same, place, 10)
    case = open_case(store_of(place), CASE_ID, create=False)
    verified = case.verify()
    assert (verified.ok, verified.count) == (True, WRITERS * 10 + 1), verified.reason


# https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html: the answers of a conditional write
@pytest.mark.parametrize("error", ["drop_before", "drop_after", "InternalError", "SlowDown"])
def test_a_write_whose_answer_is_lost_is_written_once(sandbox: Sandbox, bucket: dict[str, Any], error: str) -> None:
    case = open_case(store_of(bucket), CASE_ID, create=True)
    sandbox.control("POST", "/faults", {"service": "s3", "operation": "PutObject", "error": error, "times": 1})
    case.append("note", {"text": "once"})
    case.append("note", {"text": "then this"})
    assert [entry.body.get("text") for entry in case.entries()] == [None, "once", "then this"]
    assert case.verify().ok


def test_a_write_that_happened_is_known_even_if_botocore_does_not_repeat_it(
    sandbox: Sandbox, bucket: dict[str, Any]
) -> None:
    case = open_case(store_of(bucket | {"attempts": 1}), CASE_ID, create=True)
    sandbox.control("POST", "/faults", {"service": "s3", "operation": "PutObject", "error": "drop_after", "times": 1})
    assert case.append("note", {"text": "once"}).number == 2
    assert case.verify().count == 2


def test_an_append_costs_one_request(sandbox: Sandbox, bucket: dict[str, Any]) -> None:
    case = open_case(store_of(bucket), CASE_ID, create=True)
    sandbox.control("DELETE", "/calls")
    for number in range(5):
        case.append("note", {"text": str(number)})
    assert sandbox.calls() == {"s3:PutObject": 5}


def test_going_on_with_a_long_case_costs_one_listing_and_one_read(sandbox: Sandbox, bucket: dict[str, Any]) -> None:
    case = open_case(store_of(bucket), CASE_ID, create=True)
    for number in range(20):
        case.append("note", {"text": str(number)})
    sandbox.control("DELETE", "/calls")
    again = open_case(store_of(bucket), CASE_ID, create=False)
    again.append("note", {"text": "last"})
    assert sandbox.calls() == {"s3:ListObjectsV2": 1, "s3:GetObject": 1, "s3:PutObject": 1}
