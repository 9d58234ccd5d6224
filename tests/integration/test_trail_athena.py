"""A trail's bucket searched by Athena shows the same as one that is read, within what may be scanned, and whatever dies meanwhile."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from athena_trail import BUCKET, GROUP, RESULTS, deliver, prepare, searched, sizes
from play import play_tasks
from sandbox_client import ROOT, Sandbox
from test_trail_bucket import cloud_of
from trail_events import HOME, OTHER, START, Record, assumed, created_key, event, session, user
from trail_worlds import KEY

from ansible_collections.cordon.aws.plugins.module_utils.cloud import Cloud
from ansible_collections.cordon.aws.plugins.module_utils.errors import AwsError, InputError, RefusedError
from ansible_collections.cordon.aws.plugins.module_utils.iam.principal_names import parse_principal
from ansible_collections.cordon.aws.plugins.module_utils.trail.athena.options import athena_options_of
from ansible_collections.cordon.aws.plugins.module_utils.trail.athena.queries import Queries
from ansible_collections.cordon.aws.plugins.module_utils.trail.athena.spending import Spending
from ansible_collections.cordon.aws.plugins.module_utils.trail.athena.tables import make_sure, table_over
from ansible_collections.cordon.aws.plugins.module_utils.trail.event_log import EventLog, Span
from ansible_collections.cordon.aws.plugins.module_utils.trail.graph.trace import Trace, trace
from ansible_collections.cordon.aws.plugins.module_utils.trail.log_choice import log_of, scan_of

MALLORY = user("mallory", KEY)
DEPLOY = session("deploy", "ci", "ASIADEPLOYDEPLOYDEPL", 60)
DAY = 24 * 3600
EVER = Span()
STORY: list[Record] = [
    event("s3:ListBuckets", 0, MALLORY, {"Host": "s3.amazonaws.com"}),
    assumed("deploy", "ci", "ASIADEPLOYDEPLOYDEPL", 60, MALLORY),
    event("ec2:DescribeInstances", 120, DEPLOY, region="eu-west-1"),
    assumed("audit", "run", "ASIAAUDITAUDITAUDITA", 180, DEPLOY, account=OTHER),
    event("iam:ListUsers", 240, session("audit", "run", "ASIAAUDITAUDITAUDITA", 180, account=OTHER), account=OTHER),
    created_key("carol", "AKIACAROLCAROLCAROLC", 300, DEPLOY),
    event("iam:ListUsers", 2 * DAY, user("carol", "AKIACAROLCAROLCAROLC")),
    event("iam:ListUsers", 30, user("erin", "AKIAERINERINERINERIN")),
    event("iam:ListUsers", -40 * DAY, user("erin", "AKIAERINERINERINERIN")),
]
THEIRS = 7
IN_HOME = f"account IN ('{HOME}') AND region IN ('us-east-1')"
STRATUS = ROOT / "tests/unit/stratus/aws.persistence.iam-create-admin-user.json"
STRATUS_KEY = "AKIAOZUDECYXYM4ONAN4"


@pytest.fixture
def cloud(sandbox: Sandbox) -> Cloud:
    return cloud_of(sandbox)


@pytest.fixture
def s3(sandbox: Sandbox) -> Any:
    return prepare(sandbox)


def traced(log: EventLog, span: Span = EVER, **more: Any) -> Trace:
    seeds = [parse_principal(KEY, "access_key_ids[0]")]
    return trace(log, seeds, span, now=datetime.now(UTC), **more)


def whole(value: Any) -> Any:
    """Without what is null, which a row does not tell from what is not there."""
    if isinstance(value, dict):
        return {name: whole(one) for name, one in value.items() if one is not None}
    return [whole(one) for one in value] if isinstance(value, list) else value


def shown(found: Trace) -> tuple[Any, ...]:
    timeline = [whole(json.loads(line)) for line in found.lines()]
    return found.closure, found.acts, found.reads, found.containable, timeline


@pytest.mark.parametrize(
    ("above", "prefix", "org"), [("", "", ""), ("logs/", "logs", "o-exampleorgid/")], ids=["account", "organization"]
)
def test_the_trace_is_the_same_as_of_the_files(s3: Any, cloud: Cloud, above: str, prefix: str, org: str) -> None:
    deliver(s3, STORY, org=org, above=above)
    read, found = traced(log_of(f"s3://{BUCKET}/{prefix}", cloud)), traced(searched(cloud, prefix))
    assert shown(found) == shown(read)
    assert found.counts["traced"] == THEIRS
    assert not [gap for gap in found.gaps if gap.kind == "unreadable"]


def test_later_rounds_scan_only_what_can_hold_what_is_derived(s3: Any, cloud: Cloud) -> None:
    """What a call gave out does not stand in what was delivered before it."""
    keys = deliver(s3, STORY)
    old = [key for key in keys if "/2026/03/" in key]
    assert len(old) == 1
    log = searched(cloud)
    traced(log)
    scan = scan_of(log)
    assert scan["queries"] > 2
    assert scan["estimated_bytes"] == scan["scanned_bytes"]
    assert scan["scanned_bytes"] <= scan["queries"] * sizes(s3, keys) - sizes(s3, old)


def test_of_a_span_only_its_days_and_those_of_late_files_are_scanned(s3: Any, cloud: Cloud) -> None:
    keys = deliver(s3, STORY)
    within = [key for key in keys if "/2026/05/04/" in key]
    assert len(within) == len(keys) - 2
    log = searched(cloud)
    assert traced(log, Span(since=START, until=START + timedelta(hours=1))).counts["traced"] == THEIRS - 1
    scan = scan_of(log)
    assert scan["scanned_bytes"] == scan["queries"] * sizes(s3, within)


def test_where_nothing_lies_that_is_told(sandbox: Sandbox, s3: Any, cloud: Cloud) -> None:
    found = traced(searched(cloud))
    assert [gap.why for gap in found.gaps if gap.kind == "missing"] == [
        "there are no files of the days, accounts and regions that are asked for"
    ]
    s3.put_object(Bucket=BUCKET, Key="export/events.json", Body=b"[]")
    with pytest.raises(InputError, match=r"not in CloudTrail's folders.*Read them with s3://"):
        traced(searched(cloud))


def test_only_the_accounts_and_regions_that_are_asked_for_are_scanned(s3: Any, cloud: Cloud) -> None:
    keys = deliver(s3, STORY)
    log = searched(cloud, accounts={HOME}, regions={"eu-west-1"})
    traced(log, accounts={HOME}, regions={"eu-west-1"})
    assert scan_of(log)["scanned_bytes"] == scan_of(log)["queries"] * sizes(
        s3, [key for key in keys if "eu-west-1" in key]
    )


def test_more_than_may_be_scanned_is_refused_before_anything_is_asked(sandbox: Sandbox, s3: Any, cloud: Cloud) -> None:
    size = sizes(s3, deliver(s3, STORY))
    sandbox.control("DELETE", "/calls")
    with pytest.raises(RefusedError, match=rf"{size:,} bytes would be scanned.*`max_scan_bytes` allows {size - 1:,}"):
        traced(searched(cloud, most=size - 1))
    assert not [name for name in sandbox.calls() if name.startswith("athena:")]
    with pytest.raises(RefusedError, match=rf"after {size:,} bytes.*allows {size:,}"):
        traced(searched(cloud, most=size))
    assert sandbox.calls()["athena:StartQueryExecution"] == 3, "the database, the table, and the first round"


def test_a_workgroup_that_lets_a_query_scan_less_is_told_before_anything_is_run(sandbox: Sandbox) -> None:
    s3 = prepare(sandbox, cutoff=10_000_000)
    keys = deliver(s3, STORY)
    s3.put_object(Bucket=BUCKET, Key=keys[0], Body=bytes(10_000_000))
    with pytest.raises(RefusedError, match=rf"{sizes(s3, keys):,} bytes, and the workgroup lets one scan 10,000,000"):
        traced(searched(cloud_of(sandbox)))
    assert "athena:StartQueryExecution" not in sandbox.calls()


def test_a_query_that_the_workgroup_cuts_off_is_told_and_not_begun_again(sandbox: Sandbox) -> None:
    """What was estimated too low is cut off by AWS."""
    s3 = prepare(sandbox, cutoff=10_000_000)
    table = table_over("cordon", BUCKET, "AWSLogs/")
    queries = Queries(cloud_of(sandbox), GROUP, Spending(most=10**9), "there")
    make_sure(table, cloud_of(sandbox), queries)
    (key,) = deliver(s3, STORY[:1])
    s3.put_object(Bucket=BUCKET, Key=key, Body=bytes(10_000_001))
    started = sandbox.calls()["athena:StartQueryExecution"]
    with pytest.raises(RefusedError, match=f"workgroup {GROUP} does not let a query scan so much"):
        list(queries.rows(f'SELECT eventid FROM "cordon"."{table.name}" WHERE {IN_HOME}', "state"))
    assert sandbox.calls()["athena:StartQueryExecution"] == started + 1


def test_a_workgroup_without_a_place_for_results_is_told(s3: Any, cloud: Cloud) -> None:
    deliver(s3, STORY)
    with pytest.raises(InputError, match="workgroup primary: it has no place for the results"):
        traced(log_of(f"athena://{BUCKET}", cloud))


def test_answers_of_many_pages_are_read_whole(sandbox: Sandbox, s3: Any, cloud: Cloud) -> None:
    deliver(s3, [event("s3:GetObject", number, MALLORY, {"key": str(number)}) for number in range(2100)])
    assert traced(searched(cloud)).counts["traced"] == 2100
    assert sandbox.calls()["athena:GetQueryResults"] == 3


def test_a_file_that_athena_cannot_read_is_a_gap_and_everything_else_is_found(s3: Any, cloud: Cloud) -> None:
    keys = deliver(s3, STORY)
    broken = keys[0].replace("0000000000000000", "broken0000000000")
    s3.put_object(Bucket=BUCKET, Key=broken, Body=b"<html>503 Slow Down</html>")
    found = traced(searched(cloud))
    assert found.counts["traced"] == THEIRS
    assert [gap.where for gap in found.gaps if gap.kind == "unreadable"] == [f"s3://{BUCKET}/{broken}"]


class Killed(BaseException):
    """The process ends here."""


def dying(_seconds: float) -> None:
    raise Killed


def test_a_query_that_nobody_waits_for_any_more_is_stopped_and_begun_again(
    sandbox: Sandbox, s3: Any, cloud: Cloud
) -> None:
    keys = deliver(s3, STORY)
    traced(searched(cloud))  # the table is there
    name = table_over("cordon", BUCKET, "AWSLogs/").name
    statement = f'SELECT "$path" AS path FROM "cordon"."{name}" WHERE {IN_HOME}'
    spending = Spending(most=10**9)
    with pytest.raises(Killed):
        list(Queries(cloud, GROUP, spending, "there", sleep=dying).rows(statement, "state"))
    assert sandbox.calls()["athena:StopQueryExecution"] == 1
    rows = list(Queries(cloud, GROUP, spending, "there").rows(statement, "state"))
    assert {row[0] for row in rows} == {f"s3://{BUCKET}/{key}" for key in keys if f"{HOME}/CloudTrail/us-east-1" in key}


def test_a_run_that_was_killed_outright_goes_on_with_its_query(sandbox: Sandbox, s3: Any, cloud: Cloud) -> None:
    """Nobody stopped it: the same question about the same files is the same query, which is paid for once."""
    deliver(s3, STORY)
    first = shown(traced(searched(cloud)))
    executions = results_of(s3)
    assert shown(traced(searched(cloud_of(sandbox)))) == first
    assert results_of(s3) == executions
    deliver(s3, [event("iam:ListRoles", 400, DEPLOY, region="eu-west-3")])
    assert traced(searched(cloud)).counts["traced"] == THEIRS + 1
    for name in results_of(s3):
        s3.delete_object(Bucket=RESULTS, Key=name)
    assert traced(searched(cloud)).counts["traced"] == THEIRS + 1, "what was cleared away is asked for again"


@pytest.mark.parametrize(
    ("operation", "fault"),
    [
        ("StartQueryExecution", "drop_after"),
        ("GetQueryExecution", "drop_before"),
        ("GetQueryResults", "TooManyRequestsException"),
    ],
)
def test_lost_and_refused_answers_are_asked_for_again(
    sandbox: Sandbox, s3: Any, cloud: Cloud, operation: str, fault: str
) -> None:
    deliver(s3, STORY)
    sandbox.control("POST", "/faults", {"service": "athena", "operation": operation, "error": fault, "times": 2})
    assert traced(log := searched(cloud)).counts["traced"] == THEIRS
    assert scan_of(log)["queries"] == len(results_of(s3)) - 2, "besides what made the database and the table"


def test_who_may_not_read_the_bucket_is_told_what_athena_says(sandbox: Sandbox, s3: Any, cloud: Cloud) -> None:
    keys = deliver(s3, STORY)
    denied = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Deny",
                "Principal": "*",
                "Action": "s3:GetObject",
                "Resource": f"arn:aws:s3:::{BUCKET}/{keys[0]}",
            }
        ],
    }
    s3.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps(denied))
    with pytest.raises(AwsError, match=r"the query has failed: .*not authorized to perform: s3:GetObject"):
        traced(searched(cloud))


def test_a_table_that_is_another_is_not_asked(sandbox: Sandbox, s3: Any, cloud: Cloud) -> None:
    deliver(s3, STORY)
    traced(searched(cloud))
    name = table_over("cordon", BUCKET, "AWSLogs/").name
    athena = sandbox.client("athena")
    statement = (
        f"CREATE EXTERNAL TABLE `other`.`{name}` (`eventid` string) PARTITIONED BY (`day` string) "
        "ROW FORMAT SERDE 'org.apache.hive.hcatalog.data.JsonSerDe' "
        "STORED AS INPUTFORMAT 'com.amazon.emr.cloudtrail.CloudTrailInputFormat' "
        "OUTPUTFORMAT 'org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat' LOCATION 's3://elsewhere/'"
    )
    queries = Queries(cloud, GROUP, Spending(most=1), "there")
    queries.carry_out("CREATE DATABASE `other`")
    queries.carry_out(statement)
    assert athena.get_table_metadata(CatalogName="AwsDataCatalog", DatabaseName="other", TableName=name)
    options = {"athena_workgroup": GROUP, "athena_database": "other", "max_scan_bytes": 10**9}
    with pytest.raises(InputError, match=rf"ask table other.{name}: it is not as Cordon makes it"):
        traced(log_of(f"athena://{BUCKET}", cloud, athena=athena_options_of(options)))


def test_the_module_shows_what_was_scanned_and_refuses_what_is_too_much(
    sandbox: Sandbox, s3: Any, tmp_path: Path
) -> None:
    size = sizes(s3, deliver(s3, STORY))
    given: dict[str, Any] = {"trail": f"athena://{BUCKET}", "athena_workgroup": GROUP, "access_key_ids": [KEY]}
    done = play_tasks(sandbox, tmp_path, [{"cordon.aws.cloudtrail_trace_info": given}])
    assert done.ok, done.stdout
    told = done.of("cloudtrail_trace_info")
    assert told["events"]["traced"] == THEIRS
    assert told["scan"]["queries"] >= 3
    assert told["scan"]["estimated_bytes"] == told["scan"]["scanned_bytes"] >= size
    refused = play_tasks(sandbox, tmp_path, [{"cordon.aws.cloudtrail_trace_info": {**given, "max_scan_bytes": 10}}])
    assert not refused.ok
    assert "`max_scan_bytes` allows 10" in refused.of("cloudtrail_trace_info")["msg"]


def test_a_restore_is_planned_the_same(sandbox: Sandbox, s3: Any, tmp_path: Path) -> None:
    deliver(s3, json.loads(STRATUS.read_text()))
    given: dict[str, Any] = {"access_key_ids": [STRATUS_KEY], "live_check": False, "athena_workgroup": GROUP}
    (read, found) = (
        play_tasks(
            sandbox,
            tmp_path,
            [{"cordon.aws.cloudtrail_restore": {**given, "trail": f"{scheme}://{BUCKET}"}, "check_mode": True}],
        ).of("cloudtrail_restore")
        for scheme in ("s3", "athena")
    )
    assert found["plan_id"] == read["plan_id"]
    assert found["steps"] == read["steps"] != []
    assert read["scan"] is None
    assert found["scan"]["scanned_bytes"] > 0


def results_of(s3: Any) -> list[str]:
    return [one["Key"] for one in s3.list_objects_v2(Bucket=RESULTS).get("Contents", ())]
