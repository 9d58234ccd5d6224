"""Functions are kept from running, seen from those who call them and from the queues that they take from, until they are released."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from functions_world import (
    ROLE,
    answers,
    client_of,
    make_function,
    make_source,
    runs,
    settled,
    state_of,
    waiting,
)
from play import Played, play_tasks
from sandbox_client import ROOT, Sandbox

MODULE = "lambda_function_containment"
STOPPED, TWIN = "resize", "resize-2"
READS = (
    "get_function_configuration",
    "get_function_concurrency",
    "get_policy",
    "list_function_url_configs",
    "list_aliases",
)


def run(sandbox: Sandbox, tmp_path: Path, cmdline: str = "", **options: Any) -> Played:
    task = {"functions": [STOPPED], "case_id": "case-1", **options}
    return play_tasks(sandbox, tmp_path, [{f"cordon.aws.{MODULE}": task}], cmdline=cmdline)


def everything(client: Any, name: str) -> list[Any]:
    """All that Lambda tells of a function, but what tells the request."""
    told = [getattr(client, read)(FunctionName=name) for read in READS]
    for one in told:
        one.pop("ResponseMetadata")
    provisioned = client.list_provisioned_concurrency_configs(FunctionName=name)["ProvisionedConcurrencyConfigs"]
    return [
        *told,
        {one["FunctionArn"]: one["RequestedProvisionedConcurrentExecutions"] for one in provisioned},
        [
            (one["UUID"], one["State"])
            for one in client.list_event_source_mappings(FunctionName=name)["EventSourceMappings"]
        ],
    ]


def test_nothing_runs_a_function_until_it_is_released(sandbox: Sandbox, tmp_path: Path) -> None:
    client, sqs = sandbox.client("lambda"), sandbox.client("sqs")
    sources = {}
    for name in (STOPPED, TWIN):
        make_function(sandbox, name)
        sources[name] = make_source(sandbox, f"of-{name}", name)
        client.put_provisioned_concurrency_config(
            FunctionName=name, Qualifier="live", ProvisionedConcurrentExecutions=2
        )
        client.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=7)
        client.add_permission(
            FunctionName=name, StatementId="partner", Action="lambda:InvokeFunction", Principal=sandbox.members[0]
        )
        client.create_function_url_config(FunctionName=name, AuthType="NONE")
    queue, mapping = sources[STOPPED]
    before = {name: everything(client, name) for name in sources}
    assert answers(client, STOPPED), "it must run before, or the test proves nothing"

    planned = run(sandbox, tmp_path, "--check")
    assert {name: everything(client, name) for name in sources} == before
    contained = run(sandbox, tmp_path)
    assert contained.ok, contained.stdout
    told = contained.of(MODULE)
    assert told["plan_id"] == planned.of(MODULE)["plan_id"]
    assert told["verified"]
    ran = runs(sandbox, STOPPED)
    assert not answers(client, STOPPED)
    assert not answers(client, STOPPED, Qualifier="live")
    sqs.send_message(QueueUrl=queue, MessageBody="later")
    assert (runs(sandbox, STOPPED), waiting(sandbox, queue)) == (ran, 1)
    assert everything(client, TWIN) == before[TWIN], "the function beside it was hit"
    assert answers(client, TWIN)

    (result,) = told["results"]
    said = " ".join(result["notes"])
    url = client.get_function_url_config(FunctionName=STOPPED)["FunctionUrl"]
    assert f"{url} of function/{STOPPED} stays, open to anybody" in said
    assert "statement partner lets" in said
    role = f"arn:aws:iam::{sandbox.management}:role/{ROLE}"
    assert f"cordon.aws.iam_principal_containment with `principals: [{role}]`" in said
    assert ["for up to 90 seconds" in one["what"] for one in result["residual"]] == [True, False]

    settled(sandbox, mapping, "Disabled")
    sandbox.control("DELETE", "/calls")
    again = run(sandbox, tmp_path)
    assert (again.ok, again.of(MODULE)["changed"]) == (True, False)
    assert sandbox.writes() == {}

    released = run(sandbox, tmp_path, state="released")
    assert released.ok, released.stdout
    settled(sandbox, mapping, "Enabled")
    assert everything(client, STOPPED) == before[STOPPED]
    assert answers(client, STOPPED)
    sqs.send_message(QueueUrl=queue, MessageBody="now")
    assert waiting(sandbox, queue) == 0


def limited_role(sandbox: Sandbox, account: str) -> str:
    """A role in the account that may do what docs/permissions.md says of this module, and nothing else; returns its name."""
    iam = sandbox.iam(account)
    trusted = {"Effect": "Allow", "Principal": {"AWS": sandbox.management}, "Action": "sts:AssumeRole"}
    lines = (ROOT / "docs/permissions.md").read_text(encoding="utf-8").splitlines()
    wanted = sorted({name for line in lines if f"`{MODULE}`" in line for name in re.findall(r"lambda:\w+", line)})
    allowed = {"Effect": "Allow", "Action": wanted, "Resource": "*"}
    documents = [json.dumps({"Version": "2012-10-17", "Statement": [one]}) for one in (trusted, allowed)]
    iam.create_role(RoleName="functions-responder", AssumeRolePolicyDocument=documents[0])
    iam.put_role_policy(RoleName="functions-responder", PolicyName="all", PolicyDocument=documents[1])
    return "functions-responder"


def test_over_accounts_and_regions_what_is_there_is_contained_and_the_rest_is_named(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    there = make_function(sandbox, STOPPED, sandbox.members[0], "eu-west-1")
    theirs = client_of(sandbox, sandbox.members[0], "eu-west-1")
    theirs.put_provisioned_concurrency_config(FunctionName=STOPPED, Qualifier="1", ProvisionedConcurrentExecutions=1)
    _queue, mapping = make_source(sandbox, "orders", STOPPED, sandbox.members[0], "eu-west-1")
    role = limited_role(sandbox, sandbox.members[0])
    make_function(sandbox, STOPPED)
    wanted = [there, STOPPED, there, "gone"]
    failed = run(sandbox, tmp_path, functions=wanted, assume_role_name=role)
    assert not failed.ok
    told = failed.of(MODULE)
    assert [result["status"] for result in told["results"]] == ["contained", "contained", "contained", "failed"]
    assert "1 of 3 targets failed" in told["msg"]
    assert "Function not found" in told["msg"]
    for client in (theirs, sandbox.client("lambda")):
        assert not answers(client, STOPPED)
    settled(sandbox, mapping, "Disabled", theirs)
    # The ARN alone tells a release where it is, and so does the case.
    released = play_tasks(
        sandbox, tmp_path, [{"cordon.aws.case_release": {"case_id": "case-1", "assume_role_name": role}}]
    )
    assert released.ok, released.stdout
    assert answers(theirs, STOPPED)
    settled(sandbox, mapping, "Enabled", theirs)
    (given_back,) = theirs.list_provisioned_concurrency_configs(FunctionName=STOPPED)["ProvisionedConcurrencyConfigs"]
    assert given_back["RequestedProvisionedConcurrentExecutions"] == 1
    assert answers(sandbox.client("lambda"), STOPPED)


def test_a_mapping_that_is_still_changing_is_waited_for(sandbox: Sandbox, tmp_path: Path) -> None:
    make_function(sandbox, STOPPED)
    _queue, mapping = make_source(sandbox, "orders", STOPPED)
    both = [
        {f"cordon.aws.{MODULE}": {"functions": [STOPPED], "case_id": "case-1", "state": state}}
        for state in ("contained", "released")
    ]
    played = play_tasks(sandbox, tmp_path, both)
    assert played.ok, played.stdout
    assert state_of(sandbox, mapping) in ("Enabling", "Enabled")
    assert answers(sandbox.client("lambda"), STOPPED)


def test_what_somebody_changed_since_is_not_touched(sandbox: Sandbox, tmp_path: Path) -> None:
    client = sandbox.client("lambda")
    make_function(sandbox, STOPPED)
    assert run(sandbox, tmp_path).ok
    client.put_function_concurrency(FunctionName=STOPPED, ReservedConcurrentExecutions=5)
    refused = run(sandbox, tmp_path, state="released")
    assert not refused.ok
    assert "somebody has changed it since: reserved_concurrency was left as 0 and is now 5" in refused.of(MODULE)["msg"]
    assert client.get_function_concurrency(FunctionName=STOPPED)["ReservedConcurrentExecutions"] == 5
    client.delete_function(FunctionName=STOPPED)
    deleted = run(sandbox, tmp_path, state="released")
    assert not deleted.ok
    assert "GetFunctionConfiguration" in deleted.of(MODULE)["msg"]
    gone = play_tasks(sandbox, tmp_path, [{"cordon.aws.case_release": {"case_id": "case-1"}}])
    assert "AWS no longer knows it by this name" in gone.of("case_release")["msg"]


def test_provisioned_concurrency_that_is_to_stay_keeps_it_from_being_stopped(sandbox: Sandbox, tmp_path: Path) -> None:
    client = sandbox.client("lambda")
    make_function(sandbox, STOPPED)
    client.put_provisioned_concurrency_config(FunctionName=STOPPED, Qualifier="1", ProvisionedConcurrentExecutions=2)
    refused = run(sandbox, tmp_path, measures=["concurrency"])
    assert not refused.ok
    assert (
        "no less be reserved than is provisioned: 2 for 1. Take the measure `provisioned_concurrency`, too"
        in (refused.of(MODULE)["msg"])
    )
    assert answers(client, STOPPED)


def test_a_version_is_refused_before_aws_is_asked(sandbox: Sandbox, tmp_path: Path) -> None:
    arn = f"arn:aws:lambda:us-east-1:{sandbox.management}:function:{STOPPED}"
    sandbox.control("DELETE", "/calls")
    refused = run(sandbox, tmp_path, functions=[f"{arn}:live", f"{STOPPED}:1", f"us-east-1.{STOPPED}", "a/b"])
    assert not refused.ok
    text = refused.of(MODULE)["msg"]
    assert f"`functions[0]` = '{arn}:live': it is one version or alias" in text
    assert f"Give {arn}, which contains all its versions and aliases." in text
    assert f"Give {STOPPED}, which" in text
    assert "it is a replica" in text
    assert "`functions[3]` = 'a/b': it is no function" in text
    assert sandbox.calls() == {}


def test_a_change_whose_answer_is_lost_is_looked_for(sandbox: Sandbox, tmp_path: Path) -> None:
    make_function(sandbox, STOPPED)
    _queue, mapping = make_source(sandbox, "orders", STOPPED)
    for operation in ("PutFunctionConcurrency", "UpdateEventSourceMapping"):
        fault = {"service": "lambda", "operation": operation, "error": "drop_after", "times": 1}
        sandbox.control("POST", "/faults", fault)
    contained = run(sandbox, tmp_path)
    assert contained.ok, contained.stdout
    assert [step["status"] for step in contained.of(MODULE)["steps"]] == ["done", "done"]
    assert not answers(sandbox.client("lambda"), STOPPED)
    assert state_of(sandbox, mapping) in ("Disabling", "Disabled")
