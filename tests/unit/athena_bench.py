"""Athena without its API: a table over files in memory, asked as the sandbox asks it."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from ansible_collections.cordon.aws.plugins.module_utils.trail.athena.statements import (
    Part,
    Table,
    make_database,
    make_table,
    searches,
)
from sandbox.athena.catalog import Catalog
from sandbox.athena.engine import Answer, Objects, carried_out, parsed

ACCOUNT, REGION, DAY = "111122223333", "us-east-1", "2026/05/04"
TABLE = Table(database="cordon", name="trail_x", location="s3://amzn-s3-demo-bucket/AWSLogs/")
PART = Part(accounts=[ACCOUNT], regions=[REGION], first=DAY, last=DAY)
NOW = datetime(2026, 11, 1, tzinfo=UTC)


def key(name: str = "a", account: str = ACCOUNT, region: str = REGION, day: str = DAY) -> str:
    return f"AWSLogs/{account}/CloudTrail/{region}/{day}/{name}.json.gz"


def packed(records: Sequence[Mapping[str, Any]]) -> bytes:
    return gzip.compress(json.dumps({"Records": records}).encode())


@dataclass
class Bench:
    """The objects of the bucket, and what has been made."""

    objects: dict[str, bytes] = field(default_factory=dict)
    catalog: Catalog = field(default_factory=Catalog)

    def __post_init__(self) -> None:
        self.run(make_database(TABLE.database))
        self.run(make_table(TABLE))

    def run(self, statement: str, most: int | None = None) -> Answer:
        there = Objects(keys=lambda _bucket: sorted(self.objects), content=lambda _bucket, name: self.objects[name])
        return carried_out(parsed(statement), self.catalog, there, NOW, most)

    def search(
        self, texts: Iterable[str], part: Part = PART, without: Sequence[str] = ()
    ) -> Iterator[Sequence[str | None]]:
        for statement in searches(TABLE, part, texts, without):
            yield from self.run(statement).rows
