"""Athena's operations: a query is queued, runs when it is asked about, and has ended when it is asked about again.
https://docs.aws.amazon.com/athena/latest/APIReference/API_StartQueryExecution.html"""

from __future__ import annotations

import base64
import csv
import io
import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from moto.backends import get_backend

from sandbox.athena.catalog import Catalog, QueryError, Table
from sandbox.athena.engine import Answer, Objects, ScanLimitError, carried_out, parsed
from sandbox.authorization.authorizer import bucket_owner
from sandbox.errors import ApiError
from sandbox.model import ApiRequest, Caller

if TYPE_CHECKING:
    from sandbox.world import World

_LONGEST = 262_144
_PAGE = 1000
_ENDED = ("SUCCEEDED", "FAILED", "CANCELLED")


@dataclass(kw_only=True)
class Execution:
    """One query, from its start on."""

    id: str
    statement: str
    group: str
    output: str
    caller: Caller
    asked: ApiRequest
    submitted: datetime
    cutoff: int | None
    state: str = "QUEUED"
    reason: str = ""
    answer: Answer = field(default_factory=Answer)


class Athena:
    """The catalogs and executions of every account and region."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        self.catalogs: defaultdict[tuple[str, str], Catalog] = defaultdict(Catalog)
        self.executions: dict[tuple[str, str, str], Execution] = {}
        self.tokens: dict[tuple[str, str, str], tuple[Mapping[str, Any], str]] = {}


def start(world: World, request: ApiRequest, caller: Caller) -> dict[str, Any]:
    given = request.parameters
    if len(str(given["QueryString"]).encode()) > _LONGEST:
        raise _invalid(f"Query string is longer than {_LONGEST} bytes")
    token = (caller.account, request.region, str(given.get("ClientRequestToken")))
    asked = {name: value for name, value in given.items() if name != "ClientRequestToken"}
    if given.get("ClientRequestToken") and token in world.athena.tokens:
        before, execution_id = world.athena.tokens[token]
        if before != asked:
            raise _invalid("Idempotent parameters do not match")
        return {"QueryExecutionId": execution_id}
    name = str(given.get("WorkGroup") or "primary")
    configuration = _group(caller, request, name)["Configuration"]
    output = (configuration.get("ResultConfiguration") or {}).get("OutputLocation")
    if not configuration.get("EnforceWorkGroupConfiguration"):
        output = (given.get("ResultConfiguration") or {}).get("OutputLocation") or output
    if not output:
        raise _invalid(
            "No output location provided. An output location is required either through the Workgroup result configuration setting "
            "or as an API input."
        )
    if bucket_owner(f"arn:aws:s3:::{_bucket(output)}") is None:
        raise _invalid(f"Unable to verify/create output bucket {_bucket(output)}")
    execution = Execution(
        id=str(uuid.uuid4()),
        statement=str(given["QueryString"]),
        group=name,
        output=output.rstrip("/"),
        caller=caller,
        asked=request,
        submitted=world.clock.now(),
        cutoff=configuration.get("BytesScannedCutoffPerQuery"),
    )
    world.athena.executions[caller.account, request.region, execution.id] = execution
    world.athena.tokens[token] = (asked, execution.id)
    return {"QueryExecutionId": execution.id}


def get(world: World, request: ApiRequest, caller: Caller) -> dict[str, Any]:
    execution = _execution(world, request, caller)
    if execution.state == "QUEUED":
        execution.state = "RUNNING"
    elif execution.state == "RUNNING":
        _carry_out(world, execution)
    status: dict[str, Any] = {"State": execution.state, "SubmissionDateTime": execution.submitted}
    if execution.reason:
        status["StateChangeReason"] = execution.reason
    return {
        "QueryExecution": {
            "QueryExecutionId": execution.id,
            "Query": execution.statement,
            "WorkGroup": execution.group,
            "ResultConfiguration": {"OutputLocation": f"{execution.output}/{execution.id}.csv"},
            "Status": status,
            "Statistics": {"DataScannedInBytes": execution.answer.scanned},
        }
    }


def stop(world: World, request: ApiRequest, caller: Caller) -> dict[str, Any]:
    execution = _execution(world, request, caller)
    if execution.state not in _ENDED:
        execution.state, execution.reason = "CANCELLED", "Query cancelled by user"
    return {}


def results(world: World, request: ApiRequest, caller: Caller) -> dict[str, Any]:
    """https://docs.aws.amazon.com/athena/latest/APIReference/API_GetQueryResults.html"""
    execution = _execution(world, request, caller)
    if execution.state in ("FAILED", "CANCELLED"):
        raise _invalid(f"Query did not finish successfully. Final query state: {execution.state}")
    if execution.state != "SUCCEEDED":
        raise _invalid(f"Query has not yet finished. Current state: {execution.state}")
    size = int(request.parameters.get("MaxResults") or _PAGE)
    if not 1 <= size <= _PAGE:
        raise _invalid("MaxResults is more than maximum allowed length 1000.")
    _allowed(world, execution, "s3", "GetObject", {"Bucket": _bucket(execution.output), "Key": _result_key(execution)})
    if _result_key(execution) not in _keys(_bucket(execution.output)):
        raise _invalid(f"Could not find results for query {execution.id}")
    answer = execution.answer
    listed: list[Sequence[str | None]] = [answer.names, *answer.rows] if answer.names else []
    start = int(base64.b64decode(request.parameters["NextToken"])) if request.parameters.get("NextToken") else 0
    page = listed[start : start + size]
    found: dict[str, Any] = {
        "UpdateCount": 0,
        "ResultSet": {
            "Rows": [{"Data": [{} if text is None else {"VarCharValue": text} for text in row]} for row in page],
            "ResultSetMetadata": {
                "ColumnInfo": [{"Name": name, "Type": "varchar", "Label": name} for name in answer.names]
            },
        },
    }
    if start + size < len(listed):
        found["NextToken"] = base64.b64encode(str(start + size).encode()).decode()
    return found


def table_metadata(world: World, request: ApiRequest, caller: Caller) -> dict[str, Any]:
    given = request.parameters
    try:
        table = world.athena.catalogs[caller.account, request.region].table(given["DatabaseName"], given["TableName"])
    except KeyError as error:
        raise ApiError("MetadataException", "EntityNotFoundException: Entity Not Found", 400) from error
    return {"TableMetadata": _shown(table)}


def _group_is_there(request: ApiRequest, caller: Caller) -> None:
    _group(caller, request, str(request.parameters["WorkGroup"]))


HANDLERS = {
    ("athena", "StartQueryExecution"): start,
    ("athena", "GetQueryExecution"): get,
    ("athena", "StopQueryExecution"): stop,
    ("athena", "GetQueryResults"): results,
    ("athena", "GetTableMetadata"): table_metadata,
}
GUARDS = {("athena", "GetWorkGroup"): _group_is_there}


def _carry_out(world: World, execution: Execution) -> None:
    """Athena reads and writes with the rights of whoever asks.
    https://docs.aws.amazon.com/athena/latest/ug/s3-permissions.html"""
    catalog = world.athena.catalogs[execution.caller.account, execution.asked.region]
    try:
        there = Objects(
            keys=lambda bucket: _listed(world, execution, bucket),
            content=lambda bucket, key: _content(world, execution, bucket, key),
        )
        execution.answer = carried_out(parsed(execution.statement), catalog, there, world.clock.now(), execution.cutoff)
        _write(world, execution)
    except QueryError as error:
        execution.state, execution.reason = "FAILED", str(error)
    except ApiError as error:
        execution.state, execution.reason = "FAILED", f"PERMISSION_DENIED: {error.message}"
    except ScanLimitError:
        execution.state, execution.reason = "CANCELLED", "Query cancelled! : Bytes scanned limit was exceeded"
    else:
        execution.state = "SUCCEEDED"


def _write(world: World, execution: Execution) -> None:
    bucket, key = _bucket(execution.output), _result_key(execution)
    _allowed(world, execution, "s3", "PutObject", {"Bucket": bucket, "Key": key})
    text = io.StringIO()
    if execution.answer.names:
        csv.writer(text, quoting=csv.QUOTE_ALL).writerows([execution.answer.names, *execution.answer.rows])
    get_backend("s3")[str(bucket_owner(f"arn:aws:s3:::{bucket}"))]["aws"].put_object(
        bucket, key, text.getvalue().encode("utf-8", "surrogatepass")
    )


def _listed(world: World, execution: Execution, bucket: str) -> list[str]:
    if bucket_owner(f"arn:aws:s3:::{bucket}") is None:
        raise QueryError(f"HIVE_METASTORE_ERROR: The bucket {bucket} does not exist")
    _allowed(world, execution, "s3", "ListObjectsV2", {"Bucket": bucket})
    return _keys(bucket)


def _keys(bucket: str) -> list[str]:
    owner = bucket_owner(f"arn:aws:s3:::{bucket}")
    return [] if owner is None else sorted(get_backend("s3")[owner]["aws"].buckets[bucket].keys)


def _content(world: World, execution: Execution, bucket: str, key: str) -> bytes:
    _allowed(world, execution, "s3", "GetObject", {"Bucket": bucket, "Key": key})
    owner = str(bucket_owner(f"arn:aws:s3:::{bucket}"))
    found = get_backend("s3")[owner]["aws"].get_object(bucket, key)
    if found is None:
        raise QueryError(
            f"HIVE_CANNOT_OPEN_SPLIT: Error opening Hive split s3://{bucket}/{key}: it is not there any more"
        )
    return bytes(found.value)


def _allowed(world: World, execution: Execution, service: str, operation: str, parameters: Mapping[str, Any]) -> None:
    asked = replace(execution.asked, service=service, operation=operation, parameters=parameters)
    decision = world.authorizer.authorize(asked, execution.caller)
    if not decision.allowed:
        raise ApiError("AccessDeniedException", decision.message)


def _group(caller: Caller, request: ApiRequest, name: str) -> dict[str, Any]:
    found: dict[str, Any] | None = get_backend("athena")[caller.account][request.region].get_work_group(name)
    if found is None:
        raise _invalid(f"WorkGroup {name} is not found.")
    return found


def _execution(world: World, request: ApiRequest, caller: Caller) -> Execution:
    name = str(request.parameters["QueryExecutionId"])
    found = world.athena.executions.get((caller.account, request.region, name))
    if found is None:
        raise _invalid(f"QueryExecution {name} was not found")
    return found


def _shown(table: Table) -> dict[str, Any]:
    return {
        "Name": table.name,
        "TableType": "EXTERNAL_TABLE",
        "Columns": [{"Name": name, "Type": kind.sql("hive").lower()} for name, kind in table.columns.items()],
        "PartitionKeys": [{"Name": name, "Type": kind.sql("hive").lower()} for name, kind in table.keys.items()],
        "Parameters": {**table.properties, "EXTERNAL": "TRUE", "location": table.location},
    }


def _bucket(location: str) -> str:
    return location.removeprefix("s3://").partition("/")[0]


def _result_key(execution: Execution) -> str:
    folder = execution.output.removeprefix("s3://").partition("/")[2]
    return f"{folder}/{execution.id}.csv" if folder else f"{execution.id}.csv"


def _invalid(message: str) -> ApiError:
    return ApiError("InvalidRequestException", message, 400)
