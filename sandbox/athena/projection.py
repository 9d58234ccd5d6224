"""Which objects a query reads: partitions are not stored but computed, from the table's properties and the query's conditions.
https://docs.aws.amazon.com/athena/latest/ug/partition-projection-supported-types.html"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sandbox.athena.catalog import QueryError, Table

_MOST_INJECTED = 1000
_NOW = re.compile(r"NOW(?:\+(?P<days>\d+)DAYS?)?")


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """One object in a partition."""

    key: str
    partition: Mapping[str, str]


def objects(table: Table, where: Any, keys: Sequence[str], now: datetime) -> Iterator[Found]:
    """Of the bucket's `keys` those that the query reads. Raises QueryError."""
    bucket, _slash, _prefix = table.location.removeprefix("s3://").partition("/")
    template = table.properties.get("storage.location.template", "")
    if table.properties.get("projection.enabled") != "true" or not template.startswith(f"s3://{bucket}/"):
        return  # without projection a table has the partitions that somebody adds: none
    conditions = list(_conditions(where))
    left_out = {value for condition in conditions for value in _left_out(condition)}
    allowed = {name: _allowed(table, name, conditions, now) for name in table.keys}
    pattern = re.escape(template.removeprefix(f"s3://{bucket}/").rstrip("/"))
    for name in table.keys:
        value = r"\d{4}/\d\d/\d\d" if _type(table, name) == "date" else "[^/]+"
        pattern = pattern.replace(re.escape("${" + name + "}"), f"(?P<{name}>{value})")
    matched = re.compile(pattern + "/.+", re.DOTALL)
    for key in keys:
        place = matched.fullmatch(key)
        hidden = key.rpartition("/")[2].startswith((".", "_"))
        if place and not hidden and f"s3://{bucket}/{key}" not in left_out:
            partition = place.groupdict()
            if all(allowed[name](value) for name, value in partition.items()):
                yield Found(key=key, partition=partition)


def _allowed(table: Table, name: str, conditions: Sequence[Any], now: datetime) -> Any:
    kind = _type(table, name)
    asked = [test for condition in conditions if (test := _test(condition, name)) is not None]
    if kind == "injected":
        values = [value for condition in conditions for value in _values(condition, name)]
        if not values:
            raise QueryError(
                f"CONSTRAINT_VIOLATION: For the injected projected partition column {name}, the WHERE clause must contain only "
                "static equality conditions, and at least one such condition must be present."
            )
        if len(values) > _MOST_INJECTED:
            raise QueryError(f"CONSTRAINT_VIOLATION: more than {_MOST_INJECTED} values for the column {name}")
        return lambda value: value in values
    if kind == "date":
        if table.properties.get(f"projection.{name}.format") != "yyyy/MM/dd":
            raise QueryError("NOT_SUPPORTED: the sandbox has days as CloudTrail names its folders only")
        low, high = (
            _day(text.strip(), now) for text in table.properties.get(f"projection.{name}.range", "").split(",")
        )
        return lambda value: low <= value <= high and all(test(value) for test in asked)
    raise QueryError(f"NOT_SUPPORTED: the sandbox does not have projection of type {kind}")


def _type(table: Table, name: str) -> str:
    return table.properties.get(f"projection.{name}.type", "").lower()


def _day(text: str, now: datetime) -> str:
    relative = _NOW.fullmatch(text)
    return f"{now + timedelta(days=int(relative['days'] or 0)):%Y/%m/%d}" if relative else text


def _conditions(where: Any) -> Iterator[Any]:
    """What must hold, all of it."""
    from sqlglot import exp

    if isinstance(where, (exp.Where, exp.Paren)):
        yield from _conditions(where.this)
    elif isinstance(where, exp.And):
        yield from _conditions(where.left)
        yield from _conditions(where.right)
    elif where is not None:
        yield where


def _values(condition: Any, name: str) -> list[str]:
    from sqlglot import exp

    if isinstance(condition, exp.EQ) and _is(condition.this, name):
        return [condition.expression.name]
    if isinstance(condition, exp.In) and _is(condition.this, name):
        return [one.name for one in condition.expressions]
    return []


def _test(condition: Any, name: str) -> Any:
    from sqlglot import exp

    values = _values(condition, name)
    if values:
        return lambda value: value in values
    if isinstance(condition, exp.Between) and _is(condition.this, name):
        low, high = condition.args["low"].name, condition.args["high"].name
        return lambda value: low <= value <= high
    return None


def _left_out(condition: Any) -> list[str]:
    from sqlglot import exp

    if isinstance(condition, exp.Not) and isinstance(condition.this, exp.In) and _is(condition.this.this, "$path"):
        return [one.name for one in condition.this.expressions]
    return []


def _is(column: Any, name: str) -> bool:
    from sqlglot import exp

    return isinstance(column, exp.Column) and column.name == name
