"""Lambda in the sandbox: concurrency, event sources and policies. https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError
from functions_world import answers, make_function, make_source, runs, settled, state_of, waiting
from sandbox_client import Sandbox


@pytest.fixture
def client(sandbox: Sandbox) -> Any:
    for name in ("first", "second"):
        make_function(sandbox, name)
    return sandbox.client("lambda")


def refusal(call: Callable[[], Any]) -> str:
    """The code of the error that a call is refused with."""
    with pytest.raises(ClientError) as refused:
        call()
    return str(refused.value.response["Error"]["Code"])


def test_a_function_with_no_concurrency_is_not_run_and_reads_as_none(client: Any, sandbox: Sandbox) -> None:
    assert "ReservedConcurrentExecutions" not in client.get_function_concurrency(FunctionName="first")
    assert answers(client, "first")
    assert runs(sandbox, "first") == 1
    client.put_function_concurrency(FunctionName="first", ReservedConcurrentExecutions=0)
    assert client.get_function_concurrency(FunctionName="first")["ReservedConcurrentExecutions"] == 0
    assert not answers(client, "first")
    assert not answers(client, "first", Qualifier="live"), "versions and aliases are of the function"
    assert answers(client, "first", InvocationType="Event"), "an asynchronous invocation is queued all the same"
    assert runs(sandbox, "first") == 1
    assert answers(client, "second")
    client.delete_function_concurrency(FunctionName="first")
    assert "ReservedConcurrentExecutions" not in client.get_function_concurrency(FunctionName="first")
    assert answers(client, "first")


def test_a_hundred_must_be_left_for_all_others(client: Any) -> None:
    client.put_function_concurrency(FunctionName="first", ReservedConcurrentExecutions=500)
    with pytest.raises(ClientError, match="UnreservedConcurrentExecution"):
        client.put_function_concurrency(FunctionName="second", ReservedConcurrentExecutions=401)
    client.put_function_concurrency(FunctionName="second", ReservedConcurrentExecutions=400)
    client.put_function_concurrency(FunctionName="second", ReservedConcurrentExecutions=0)


def test_no_less_is_reserved_than_is_provisioned(client: Any, sandbox: Sandbox) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/provisioned-concurrency.html"""
    name = {"FunctionName": "first"}
    provision = client.put_provisioned_concurrency_config
    given = provision(**name, Qualifier="live", ProvisionedConcurrentExecutions=3)
    assert (given["Status"], given["AllocatedProvisionedConcurrentExecutions"]) == ("IN_PROGRESS", 0)
    sandbox.control("POST", "/clock", {"advance_s": 120})
    (shown,) = client.list_provisioned_concurrency_configs(**name)["ProvisionedConcurrencyConfigs"]
    assert (shown["FunctionArn"].rpartition(":")[2], shown["Status"]) == ("live", "READY")
    for amount in (0, 2):
        code = refusal(
            lambda amount=amount: client.put_function_concurrency(**name, ReservedConcurrentExecutions=amount)
        )
        assert code == "InvalidParameterValueException"
    client.put_function_concurrency(**name, ReservedConcurrentExecutions=3)
    assert refusal(lambda: provision(**name, Qualifier="live", ProvisionedConcurrentExecutions=4)) == (
        "InvalidParameterValueException"
    )
    assert refusal(lambda: provision(**name, Qualifier="$LATEST", ProvisionedConcurrentExecutions=1)) == (
        "InvalidParameterValueException"
    )
    assert refusal(lambda: provision(**name, Qualifier="1", ProvisionedConcurrentExecutions=1)) == (
        "InvalidParameterValueException"
    ), "the version of the alias has some already"
    client.delete_provisioned_concurrency_config(**name, Qualifier="live")
    client.put_function_concurrency(**name, ReservedConcurrentExecutions=0)
    assert refusal(lambda: client.get_provisioned_concurrency_config(**name, Qualifier="live")) == (
        "ProvisionedConcurrencyConfigNotFoundException"
    )


def test_a_mapping_takes_its_time_and_polls_only_while_it_is_enabled(client: Any, sandbox: Sandbox) -> None:
    """https://docs.aws.amazon.com/lambda/latest/api/API_EventSourceMappingConfiguration.html"""
    sqs = sandbox.client("sqs")
    url, mapping = make_source(sandbox, "orders", "first")
    sqs.send_message(QueueUrl=url, MessageBody="one")
    assert (runs(sandbox, "first"), waiting(sandbox, url)) == (1, 0)

    client.put_function_concurrency(FunctionName="first", ReservedConcurrentExecutions=0)
    sqs.send_message(QueueUrl=url, MessageBody="two")
    assert (runs(sandbox, "first"), waiting(sandbox, url)) == (1, 1), "what nothing runs for stays in the queue"
    client.delete_function_concurrency(FunctionName="first")

    assert client.update_event_source_mapping(UUID=mapping, Enabled=False)["State"] == "Disabling"
    assert refusal(lambda: client.update_event_source_mapping(UUID=mapping, Enabled=True)) == "ResourceInUseException"
    settled(sandbox, mapping, "Disabled")
    sqs.send_message(QueueUrl=url, MessageBody="three")
    assert (runs(sandbox, "first"), waiting(sandbox, url)) == (1, 2)

    assert client.update_event_source_mapping(UUID=mapping, BatchSize=5)["State"] == "Updating"
    settled(sandbox, mapping, "Disabled")
    assert client.update_event_source_mapping(UUID=mapping, Enabled=True)["State"] == "Enabling"
    settled(sandbox, mapping, "Enabled")
    client.delete_event_source_mapping(UUID=mapping)
    sqs.send_message(QueueUrl=url, MessageBody="four")
    assert runs(sandbox, "first") == 1, "a mapping that is gone polls nothing"
    assert refusal(lambda: state_of(sandbox, mapping)) == "ResourceNotFoundException"


def test_a_stream_is_read_only_while_the_mapping_is_enabled(client: Any, sandbox: Sandbox) -> None:
    kinesis = sandbox.client("kinesis")
    kinesis.create_stream(StreamName="clicks", ShardCount=1)
    arn = kinesis.describe_stream(StreamName="clicks")["StreamDescription"]["StreamARN"]
    mapping = client.create_event_source_mapping(FunctionName="first", EventSourceArn=arn, StartingPosition="LATEST")
    settled(sandbox, mapping["UUID"], "Enabled")
    kinesis.put_record(StreamName="clicks", Data=b"x", PartitionKey="a")
    client.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
    kinesis.put_record(StreamName="clicks", Data=b"x", PartitionKey="a")
    assert runs(sandbox, "first") == 1


def test_a_function_and_its_alias_have_a_policy_each(client: Any) -> None:
    """https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html"""
    name = {"FunctionName": "first"}
    assert refusal(lambda: client.get_policy(**name)) == "ResourceNotFoundException"
    statement = {"StatementId": "one", "Action": "lambda:InvokeFunction", "Principal": "444455556666"}
    client.add_permission(**name, **statement)
    assert refusal(lambda: client.add_permission(**name, **statement)) == "ResourceConflictException"
    open_url = {"StatementId": "url", "Action": "lambda:InvokeFunctionUrl", "Principal": "*"}
    client.add_permission(**name, **open_url, Qualifier="live", FunctionUrlAuthType="NONE")
    (own,) = json.loads(client.get_policy(**name)["Policy"])["Statement"]
    assert own["Principal"] == {"AWS": "arn:aws:iam::444455556666:root"}
    (of_alias,) = json.loads(client.get_policy(**name, Qualifier="live")["Policy"])["Statement"]
    assert of_alias["Resource"].endswith(":function:first:live")
    assert of_alias["Condition"] == {"StringEquals": {"lambda:FunctionUrlAuthType": "NONE"}}
    removed = client.remove_permission(**name, StatementId="one")["ResponseMetadata"]
    assert removed["HTTPStatusCode"] == 204
    assert "content-length" not in removed["HTTPHeaders"], "an answer without content has none"
    assert refusal(lambda: client.get_policy(**name)) == "ResourceNotFoundException"


def test_what_belongs_to_a_function_ends_with_it(client: Any, sandbox: Sandbox) -> None:
    name = {"FunctionName": "first"}
    client.add_permission(**name, StatementId="one", Action="lambda:InvokeFunction", Principal="sns.amazonaws.com")
    client.create_function_url_config(**name, AuthType="NONE")
    client.put_provisioned_concurrency_config(**name, Qualifier="1", ProvisionedConcurrentExecutions=1)
    client.delete_function(**name)
    assert refusal(lambda: client.list_function_url_configs(**name)) == "ResourceNotFoundException"
    make_function(sandbox, "first")
    assert client.list_function_url_configs(**name)["FunctionUrlConfigs"] == []
    assert client.list_provisioned_concurrency_configs(**name)["ProvisionedConcurrencyConfigs"] == []
    assert refusal(lambda: client.get_policy(**name)) == "ResourceNotFoundException"
