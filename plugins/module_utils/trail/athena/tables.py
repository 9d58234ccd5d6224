# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The table that is asked: named after what it is over, made where it is not there, never changed and never dropped."""

from __future__ import annotations

import hashlib
import re

from ansible_collections.cordon.aws.plugins.module_utils.cloud import Cloud
from ansible_collections.cordon.aws.plugins.module_utils.errors import AwsError, InputError
from ansible_collections.cordon.aws.plugins.module_utils.plan import Call, Json
from ansible_collections.cordon.aws.plugins.module_utils.trail.athena.columns import definitions
from ansible_collections.cordon.aws.plugins.module_utils.trail.athena.queries import Queries
from ansible_collections.cordon.aws.plugins.module_utils.trail.athena.statements import (
    Table,
    make_database,
    make_table,
)

CATALOG = "AwsDataCatalog"
_LOCATION = re.compile(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]/[A-Za-z0-9!_.*()/ -]*", re.ASCII)


def table_over(database: str, bucket: str, root: str) -> Table:
    """`root`: the folder of accounts. The table of another root has another name. Raises InputError for a folder whose name has characters
    that S3 calls unsafe: https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html"""
    location = f"s3://{bucket}/{root}"
    if not _LOCATION.fullmatch(location):
        raise InputError(
            f"make a table over {ascii(location)[:200]}",
            "its name has characters that a table's location cannot have",
            "Read it with s3:// in the place of athena://.",
        )
    return Table(
        database=database, name=f"trail_{hashlib.sha256(location.encode()).hexdigest()[:16]}", location=location
    )


def make_sure(table: Table, cloud: Cloud, queries: Queries) -> None:
    """The table is there, and is what it is to be. Raises InputError where something else has its name."""
    found = _found(table, cloud)
    if found is None:
        queries.carry_out(make_database(table.database))
        queries.carry_out(make_table(table))
        found = _found(table, cloud) or {}
    there = {str(column.get("Name")).lower() for column in found.get("Columns", ())}
    keys = [str(column.get("Name")).lower() for column in found.get("PartitionKeys", ())]
    template = found.get("Parameters", {}).get("storage.location.template")
    lacking = sorted(name for name, _kind in definitions() if name not in there)
    if lacking or keys != ["account", "region", "day"] or template != table.template:
        raise InputError(
            f"ask table {table.database}.{table.name}",
            f"it is not as Cordon makes it: {f'it lacks {lacking[0]}' if lacking else 'its partitions are others'}",
            "Name another `athena_database`.",
        )


def _found(table: Table, cloud: Cloud) -> dict[str, Json] | None:
    """https://docs.aws.amazon.com/athena/latest/APIReference/API_GetTableMetadata.html; None where there is none."""
    call = Call(
        account="",
        region=cloud.home_region,
        service="athena",
        operation="GetTableMetadata",
        parameters={"CatalogName": CATALOG, "DatabaseName": table.database, "TableName": table.name},
    )
    try:
        found: dict[str, Json] = cloud.read(call)["TableMetadata"]
    except AwsError as error:
        # So it is said that there is none, and whatever else the catalog answers: making what is there already changes nothing.
        if error.code != "MetadataException":
            raise
        return None
    return found
