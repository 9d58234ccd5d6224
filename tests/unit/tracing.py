"""Traces of records in memory, and what is asked of them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from naive_log import NaiveLog

from ansible_collections.cordon.aws.plugins.module_utils.iam.principal_names import parse_principals
from ansible_collections.cordon.aws.plugins.module_utils.trail.event_log import Span
from ansible_collections.cordon.aws.plugins.module_utils.trail.graph.trace import Trace, trace

EVER = Span()
NOW = datetime(2026, 5, 5, tzinfo=UTC)


def traced(records: Iterable[Any], *seeds: str, span: Span = EVER, **options: Any) -> Trace:
    return trace(NaiveLog(records), parse_principals(seeds, "principals"), span, now=NOW, **options)


def ids(found: Trace) -> list[str]:
    return [event.event_id for event in found.events]


def ids_of(records: Iterable[Any]) -> list[str]:
    return [record["eventID"] for record in records]


def rows(found: Trace) -> list[tuple[str, str, str, str]]:
    return [(row.principal, row.access_key_id, row.derived_from, row.how) for row in found.closure]


def why(found: Trace, kind: str) -> list[tuple[str, str]]:
    return [(gap.where, gap.why) for gap in found.gaps if gap.kind == kind]
