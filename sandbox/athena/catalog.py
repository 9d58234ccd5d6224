"""Databases and tables, as statements make them.
https://docs.aws.amazon.com/athena/latest/ug/create-table.html
https://docs.aws.amazon.com/athena/latest/ug/partition-projection-setting-up.html"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

_SERDE = "org.apache.hive.hcatalog.data.JsonSerDe"
_INPUT = "com.amazon.emr.cloudtrail.CloudTrailInputFormat"
_OUTPUT = "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat"
_LOCATION = re.compile(r"s3://[a-z0-9.-]{3,63}/(?:.*/)?")


class QueryError(Exception):
    """A query fails; the text is Athena's StateChangeReason."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Table:
    """One external table; types are sqlglot's."""

    name: str
    columns: Mapping[str, Any]
    keys: Mapping[str, Any]
    properties: Mapping[str, str]
    location: str


@dataclass(kw_only=True)
class Catalog:
    """Of one account and region."""

    databases: dict[str, dict[str, Table]] = field(default_factory=lambda: {"default": {}})

    def table(self, database: str, name: str) -> Table:
        """Raises KeyError."""
        return self.databases[database.lower()][name.lower()]

    def create(self, created: Any) -> None:
        """`created`: the parsed statement. Raises QueryError."""
        if created.kind == "DATABASE":
            self._create_database(created)
        elif created.kind == "TABLE":
            self._create_table(created)
        else:
            raise QueryError(f"NOT_SUPPORTED: the sandbox does not have CREATE {created.kind}")

    def _create_database(self, created: Any) -> None:
        name = created.this.name.lower()
        if name in self.databases and not created.args.get("exists"):
            raise QueryError(f"FAILED: SemanticException [Error 10242]: Database {name} already exists")
        self.databases.setdefault(name, {})

    def _create_table(self, created: Any) -> None:
        table = _parsed(created)
        database = (created.this.this.db or "default").lower()
        if database not in self.databases:
            raise QueryError(f"FAILED: SemanticException [Error 10072]: Database does not exist: {database}")
        if table.name in self.databases[database]:
            if not created.args.get("exists"):
                raise QueryError(
                    "FAILED: Execution Error, return code 1 from org.apache.hadoop.hive.ql.exec.DDLTask. "
                    f"AlreadyExistsException(message:Table {table.name} already exists)"
                )
            return
        self.databases[database][table.name] = table


def _parsed(created: Any) -> Table:
    from sqlglot import exp

    properties = created.args.get("properties")
    found = list(properties.expressions) if properties else []
    if not any(isinstance(one, exp.ExternalProperty) for one in found):
        raise QueryError("FAILED: SemanticException: tables over files must be EXTERNAL")
    if not isinstance(created.this, exp.Schema):
        raise QueryError("FAILED: ParseException: a table needs columns")
    told = {one.name: one.args["value"].name for one in found if type(one) is exp.Property}
    location, serde, keys = _only(found, exp.LocationProperty), _only(found, exp.RowFormatSerdeProperty), {}
    for one in found:
        if isinstance(one, exp.PartitionedByProperty):
            keys = _columns(one.this.expressions)
    formats = [
        text.this for one in found if isinstance(one, exp.FileFormatProperty) for text in one.find_all(exp.Literal)
    ]
    if serde != _SERDE or formats != [_INPUT, _OUTPUT]:
        raise QueryError("NOT_SUPPORTED: the sandbox reads CloudTrail's files only, by the formats that AWS documents")
    if not _LOCATION.fullmatch(location):
        raise QueryError(
            "FAILED: SemanticException: LOCATION must be a folder, s3://bucket/folder/, with a slash at its end"
        )
    columns = _columns(created.this.expressions)
    if columns.keys() & keys.keys():
        raise QueryError("FAILED: SemanticException [Error 10035]: Column repeated in partitioning columns")
    return Table(name=created.this.this.name.lower(), columns=columns, keys=keys, properties=told, location=location)


def _only(found: Iterable[Any], kind: type[Any]) -> str:
    """The text of the property of this kind."""
    return next((str(one.this.name) for one in found if isinstance(one, kind)), "")


def _columns(definitions: Any) -> dict[str, Any]:
    found = {one.name.lower(): one.kind for one in definitions}
    if len(found) != len(definitions):
        raise QueryError("FAILED: SemanticException [Error 10036]: Duplicate column name")
    return found
