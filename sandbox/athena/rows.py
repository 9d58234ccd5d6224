"""CloudTrail's files as rows, as the documented reader makes them: each record one, its free-form parts as texts of JSON.
https://docs.aws.amazon.com/athena/latest/ug/cloudtrail-logs-understanding.html"""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator, Mapping
from typing import Any

from sandbox.athena.catalog import QueryError

_AS_TEXT = frozenset(
    {"requestparameters", "responseelements", "additionaleventdata", "serviceeventdetails", "edgedevicedetails"}
)


def rows(content: bytes, path: str, columns: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Raises QueryError for a file that cannot be read: the whole query fails."""
    try:
        text = gzip.decompress(content) if path.endswith(".gz") else content
        records = json.loads(text)["Records"]
    except (OSError, EOFError, zlib.error) as error:
        raise QueryError(f"HIVE_CURSOR_ERROR: Failed to read file at {path}: {error}") from error
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise QueryError(f"HIVE_CURSOR_ERROR: Failed to read file at {path}: Row is not a valid JSON Object") from error
    for record in records:
        fields = {name.lower(): value for name, value in record.items()}
        yield {name: _column(name, fields.get(name), kind, path) for name, kind in columns.items()}


def _column(name: str, value: Any, kind: Any, path: str) -> Any:
    if name in _AS_TEXT and isinstance(value, (dict, list)):
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return _typed(value, kind, path)


def _typed(value: Any, kind: Any, path: str) -> Any:
    from sqlglot import exp

    if value is None:
        return None
    if kind.is_type(exp.DataType.Type.TEXT):
        if isinstance(value, (dict, list)):
            raise QueryError(f"HIVE_CURSOR_ERROR: Failed to read file at {path}: expected a string")
        return value if isinstance(value, str) else json.dumps(value)
    if kind.is_type(exp.DataType.Type.STRUCT) and isinstance(value, dict):
        members = {name.lower(): inner for name, inner in value.items()}
        return {one.name.lower(): _typed(members.get(one.name.lower()), one.kind, path) for one in kind.expressions}
    if kind.is_type(exp.DataType.Type.ARRAY) and isinstance(value, list):
        return [_typed(one, kind.expressions[0], path) for one in value]
    if kind.is_type(exp.DataType.Type.MAP) and isinstance(value, dict):
        return {name: _typed(inner, kind.expressions[1], path) for name, inner in value.items()}
    raise QueryError(f"HIVE_CURSOR_ERROR: Failed to read file at {path}: a value is not of its column's type")
