# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The statements that Athena is asked, as text. Pure.

Names are checked before they get here; whatever comes from a log becomes a literal, in which one character alone has a meaning.
https://docs.aws.amazon.com/athena/latest/ug/partition-projection-supported-types.html (injected: no list of accounts to keep up to date)
https://docs.aws.amazon.com/athena/latest/ug/reserved-words.html (names: backticks where tables are made, double quotes in queries)"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from ansible_collections.cordon.aws.plugins.module_utils.trail.athena.columns import FIELDS, definitions

LONGEST = 262_144
"""Bytes of a statement: https://docs.aws.amazon.com/athena/latest/ug/service-limits.html"""
_ROOM = 200_000
"""Of which so many are texts that are looked for."""
MOST_VALUES = 1000
"""Of an injected partition column in one query."""
FIRST_DAY = "2013/01/01"
"""CloudTrail began in that year."""
_SPECIAL = re.compile(r"([\\.^$*+?()\[\]{}|])")
# JSON may spell any character as \\u0041, and the slash as \\/. What many writers spell out in harmless texts is looked at only where a
# text that is looked for holds it.
_SPELLED = r"\\u00(2[013-589a-fA-F]|3[0-9abdfABDF]|[4-7][0-9a-fA-F])|\\/"
_SPELLED_WHOLLY = r"\\u00[2-7][0-9a-fA-F]|\\/"
_OFTEN = frozenset("<>&'")


@dataclass(frozen=True, kw_only=True, slots=True)
class Table:
    """A table over one tree of CloudTrail's files."""

    database: str
    name: str
    location: str
    """The folder above those of accounts: s3://bucket/prefix/AWSLogs/ or s3://bucket/prefix/AWSLogs/o-exampleorgid/."""

    @property
    def template(self) -> str:
        """Where the files of an account, a region and a day are."""
        return f"{self.location}${{account}}/CloudTrail/${{region}}/${{day}}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """The partitions of a table that are searched: a statement scans these, and nothing else."""

    accounts: Collection[str]
    regions: Collection[str]
    first: str
    """Day, as in 2026/01/31."""
    last: str


def literal(text: str) -> str:
    """`text` as a string of SQL. https://trino.io/docs/current/language/types.html#varchar"""
    return "'" + text.replace("'", "''") + "'"


def make_database(name: str) -> str:
    return f"CREATE DATABASE IF NOT EXISTS `{name}`"


def make_table(table: Table) -> str:
    columns = ", ".join(f"`{name}` {kind}" for name, kind in definitions())
    properties = {
        "projection.enabled": "true",
        "projection.account.type": "injected",
        "projection.region.type": "injected",
        "projection.day.type": "date",
        "projection.day.format": "yyyy/MM/dd",
        "projection.day.interval": "1",
        "projection.day.interval.unit": "DAYS",
        # In the time zone of the trail's folders it may be tomorrow soon.
        "projection.day.range": f"{FIRST_DAY},NOW+1DAY",
        "storage.location.template": table.template,
    }
    return (
        f"CREATE EXTERNAL TABLE IF NOT EXISTS `{table.database}`.`{table.name}` ({columns}) "
        "PARTITIONED BY (`account` string, `region` string, `day` string) "
        "ROW FORMAT SERDE 'org.apache.hive.hcatalog.data.JsonSerDe' "
        "STORED AS INPUTFORMAT 'com.amazon.emr.cloudtrail.CloudTrailInputFormat' "
        "OUTPUTFORMAT 'org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat' "
        f"LOCATION {literal(table.location)} "
        f"TBLPROPERTIES ({', '.join(f'{literal(name)}={literal(value)}' for name, value in properties.items())})"
    )


def searches(table: Table, part: Part, texts: Iterable[str], without: Collection[str] = ()) -> Iterator[str]:
    """Statements that give the fields of every record in `part` that may hold one of `texts`, with the file it is in; several where the
    texts do not fit into one. `without`: files that are left out."""
    columns = ", ".join(f"{field.as_text} AS f{number}" for number, field in enumerate(FIELDS))
    whole = f"concat_ws(' ', {', '.join(field.as_text for field in FIELDS)})"
    left_out = f' AND "$path" NOT IN {_listed(without)}' if without else ""
    regions = _listed(part.regions)
    for accounts in _slices(sorted(part.accounts), MOST_VALUES):
        start = (  # names are checked, everything else is a literal
            f'SELECT "$path" AS path, {columns} FROM "{table.database}"."{table.name}" '  # noqa: S608
            f"WHERE account IN {_listed(accounts)} AND region IN {regions} "
            f"AND day BETWEEN {literal(part.first)} AND {literal(part.last)}{left_out} "
        )
        for pattern in patterns(texts):
            yield f"{start}AND regexp_like({whole}, {literal(pattern)})"


def patterns(texts: Iterable[str], room: int = _ROOM) -> Iterator[str]:
    """Regular expressions that find `texts`, and what may be one of them in JSON's own spelling."""
    listed = sorted(set(texts))
    if not listed:
        return
    spelled = _SPELLED_WHOLLY if _OFTEN & frozenset("".join(listed)) else _SPELLED
    taken: list[str] = []
    size = 0
    for text in listed:
        escaped = _SPECIAL.sub(r"\\\1", text)
        # With the bar before it, and each quote twice.
        needed = len(escaped.encode()) + escaped.count("'") + 1
        if taken and size + needed > room:
            yield "|".join([*taken, spelled])
            taken, size = [], 0
        taken.append(escaped)
        size += needed
    yield "|".join([*taken, spelled])


def _listed(values: Collection[str]) -> str:
    return f"({', '.join(literal(value) for value in sorted(values))})"


def _slices(values: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    for start in range(0, len(values), size):
        yield values[start : start + size]
