"""A request for each of the operations of Athena that the sandbox answers itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.backends import get_backend
from sandbox_calls import ACCOUNT, call, user

from sandbox.athena import operations
from sandbox.athena.engine import Answer
from sandbox.world import World

REGION = "eu-west-1"
HANDLERS = operations.HANDLERS
Parameters = dict[str, Any]
_STATEMENT = "CREATE DATABASE `cases`"
_TABLE = (
    "CREATE EXTERNAL TABLE `default`.`trail` (`useridentity` struct<arn:string>, `resources` array<struct<arn:string>>) "
    "PARTITIONED BY (`day` string) ROW FORMAT SERDE 'org.apache.hive.hcatalog.data.JsonSerDe' "
    "STORED AS INPUTFORMAT 'com.amazon.emr.cloudtrail.CloudTrailInputFormat' "
    "OUTPUTFORMAT 'org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat' LOCATION 's3://logs/AWSLogs/'"
)


def started(world: World, statement: str = _STATEMENT) -> str:
    """A query that is queued."""
    world.settings = type(world.settings)(authorize=False)
    get_backend("s3")[ACCOUNT]["aws"].create_bucket("results", REGION)
    given = {"QueryString": statement, "ResultConfiguration": {"OutputLocation": "s3://results/"}}
    answer = operations.start(world, call("athena", "StartQueryExecution", given), user())
    return str(answer["QueryExecutionId"])


def ended(world: World, statement: str = _STATEMENT) -> str:
    execution = started(world, statement)
    for _time in range(2):
        operations.get(world, call("athena", "GetQueryExecution", {"QueryExecutionId": execution}), user())
    return execution


def _start(world: World) -> Parameters:
    started(world)
    return {"QueryString": _STATEMENT, "ResultConfiguration": {"OutputLocation": "s3://results/"}}


def _results(world: World) -> Parameters:
    execution = ended(world)
    rows = [["a", None], ["b", ""]]
    world.athena.executions[ACCOUNT, REGION, execution].answer = Answer(names=["one", "two"], rows=rows)
    return {"QueryExecutionId": execution, "MaxResults": 2}


def _table(world: World) -> Parameters:
    ended(world, _TABLE)
    return {"CatalogName": "AwsDataCatalog", "DatabaseName": "default", "TableName": "trail"}


CASES: dict[tuple[str, str], Callable[[World], Parameters]] = {
    ("athena", "StartQueryExecution"): _start,
    ("athena", "GetQueryExecution"): lambda world: {"QueryExecutionId": ended(world)},
    ("athena", "StopQueryExecution"): lambda world: {"QueryExecutionId": started(world)},
    ("athena", "GetQueryResults"): _results,
    ("athena", "GetTableMetadata"): _table,
}
