"""One of several processes that write one case. A file of its own, because a spawned process imports it by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import boto3
from botocore.config import Config

from ansible_collections.cordon.aws.plugins.module_utils.case import open_case
from ansible_collections.cordon.aws.plugins.module_utils.case_store import CaseStore, LocalStore, S3Store

CASE_ID = "case-shared"


def store_of(place: Mapping[str, Any]) -> CaseStore:
    """`place`: a directory, or a bucket with what it takes to get there."""
    if "directory" in place:
        return LocalStore(place["directory"])
    session = boto3.Session(place["access_key_id"], place["secret_access_key"], region_name="us-east-1")
    config = Config(retries={"mode": "standard", "total_max_attempts": place.get("attempts", 5)})
    client = session.client("s3", endpoint_url=place["endpoint_url"], config=config)
    return S3Store(client, place["bucket"], "cases")


def write(place: Mapping[str, Any], writer: int, count: int, start: Any) -> None:
    """Open the case at the same moment as the others, and append `count` notes, each told apart by its text."""
    store = store_of(place)
    start.wait()
    case = open_case(store, CASE_ID, create=True, title="shared")
    for number in range(count):
        case.append("note", {"text": f"{writer}/{number}"}, author=f"writer-{writer}")


def write_the_same(place: Mapping[str, Any], _writer: int, count: int, start: Any) -> None:
    """Like `write`, where all writers say the same, which no two entries may merge into one."""
    store = store_of(place)
    start.wait()
    case = open_case(store, CASE_ID, create=True, title="shared")
    for _number in range(count):
        case.append("note", {"text": "the same"}, author="same")
