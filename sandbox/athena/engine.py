"""Carries out a query that Athena would take: parsed as its dialect of SQL, refused where it is not, and run by DuckDB.
https://docs.aws.amazon.com/athena/latest/ug/select.html"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sandbox.athena.catalog import Catalog, QueryError, Table
from sandbox.athena.projection import objects
from sandbox.athena.rows import rows

_LARGEST_ROW = 32 * 1024 * 1024


@dataclass(frozen=True, kw_only=True, slots=True)
class Objects:
    """How a bucket is reached."""

    keys: Callable[[str], Sequence[str]]
    """Of a bucket."""
    content: Callable[[str, str], bytes]
    """Of a bucket's object, as it is stored."""


@dataclass(kw_only=True)
class Answer:
    """What a query answers: names of columns, and rows of texts."""

    names: Sequence[str] = ()
    rows: Sequence[Sequence[str | None]] = ()
    scanned: int = 0


def parsed(statement: str) -> Any:
    """The one statement in there. Raises QueryError for what Athena cannot parse."""
    import sqlglot
    from sqlglot.errors import SqlglotError

    try:
        found = [one for one in sqlglot.parse(statement, read="athena") if one is not None]
    except SqlglotError as error:
        raise QueryError(f"SYNTAX_ERROR: {str(error).splitlines()[0]}") from error
    if len(found) != 1:
        raise QueryError("SYNTAX_ERROR: Only one sql statement is allowed")
    return found[0]


def carried_out(tree: Any, catalog: Catalog, there: Objects, now: datetime, most: int | None) -> Answer:
    """`most`: bytes that may be scanned. Raises QueryError, ScanLimitError."""
    from sqlglot import exp

    if isinstance(tree, exp.Create):
        catalog.create(tree)
        return Answer()
    if not isinstance(tree, exp.Select):
        raise QueryError(f"NOT_SUPPORTED: the sandbox does not have {type(tree).__name__.upper()}")
    _check(tree)
    table, database = _table(tree, catalog)
    bucket = table.location.removeprefix("s3://").partition("/")[0]
    found = list(objects(table, tree.args.get("where"), there.keys(bucket), now))
    contents = [(one, there.content(bucket, one.key)) for one in found]
    scanned = sum(len(content) for _one, content in contents)
    if most is not None and scanned > most:
        raise ScanLimitError(most)
    columns = {**table.columns, **table.keys}
    read = (
        {**row, **one.partition, "$path": path}
        for one, content in contents
        for path in (f"s3://{bucket}/{one.key}",)
        for row in rows(content, path, table.columns)
    )
    names, answered = _run(tree, f'"{database}"', table.name, columns, read)
    return Answer(names=names, rows=answered, scanned=scanned)


class ScanLimitError(Exception):
    """More would be scanned than the workgroup allows."""


def _check(tree: Any) -> None:
    """Raise QueryError for anything but what is known to mean the same here and there."""
    from sqlglot import exp

    known = (
        *(exp.Select, exp.From, exp.Where, exp.Table, exp.TableAlias, exp.Column, exp.Identifier, exp.Dot, exp.Alias),
        *(exp.Literal, exp.And, exp.Or, exp.Not, exp.Paren, exp.EQ, exp.In, exp.Between, exp.Cast, exp.DataType),
        *(exp.RegexpLike, exp.ConcatWs, exp.JSONFormat, exp.Limit, exp.Count, exp.Star),
    )
    for node in tree.walk():
        if isinstance(node, exp.Anonymous):
            raise QueryError(f"FUNCTION_NOT_REGISTERED: Function '{node.name}' not registered")
        if type(node) not in known:
            raise QueryError(f"NOT_SUPPORTED: the sandbox does not have {type(node).__name__}")


def _table(tree: Any, catalog: Catalog) -> tuple[Table, str]:
    from sqlglot import exp

    named = list(tree.find_all(exp.Table))
    if len(named) != 1 or tree.args.get("joins"):
        raise QueryError("NOT_SUPPORTED: the sandbox has queries of one table")
    database = named[0].db or "default"
    try:
        return catalog.table(database, named[0].name), database
    except KeyError as error:
        raise QueryError(
            f"TABLE_NOT_FOUND: line 1:1: Table 'awsdatacatalog.{database}.{named[0].name}' does not exist"
        ) from error


def _run(
    tree: Any, schema: str, table: str, columns: Mapping[str, Any], read: Iterable[Mapping[str, Any]]
) -> tuple[list[str], list[list[str | None]]]:
    import duckdb

    with tempfile.TemporaryDirectory(prefix="sandbox-athena-") as folder:
        path = Path(folder) / "rows.jsonl"
        with path.open("w", encoding="utf-8") as lines:
            lines.writelines(json.dumps(row) + "\n" for row in read)
        types = ", ".join(
            f"{_quoted(name)}: {_quoted(kind.sql('duckdb') if kind else 'TEXT')}"
            for name, kind in {**columns, "$path": None}.items()
        )
        with duckdb.connect(":memory:", config={"threads": 1}) as database:
            database.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}")
            database.execute(
                f'CREATE TABLE {schema}."{table}" AS SELECT * FROM read_json({_quoted(str(path))}, '  # noqa: S608
                f"format='newline_delimited', columns={{{types}}}, maximum_object_size={_LARGEST_ROW})"
            )
            database.execute("SET enable_external_access = false")
            try:
                answered = database.execute(tree.sql("duckdb")).fetchall()
            except duckdb.Error as error:
                raise QueryError(f"SYNTAX_ERROR: {str(error).splitlines()[0]}") from error
            names = [str(one[0]).lower() for one in database.description or ()]
    return names, [[_text(value) for value in row] for row in answered]


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return str(value).lower() if isinstance(value, bool) else str(value)
