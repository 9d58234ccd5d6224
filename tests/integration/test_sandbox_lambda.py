"""Reserved concurrency of Lambda functions. https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html"""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import pytest
from botocore.exceptions import ClientError
from sandbox_client import Sandbox


@pytest.fixture
def client(sandbox: Sandbox) -> Any:
    trusted = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    role = sandbox.client("iam").create_role(
        RoleName="runs", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trusted]})
    )["Role"]["Arn"]
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("main.py", "def handler(event, context):\n    return 1\n")
    made = sandbox.client("lambda")
    for name in ("first", "second"):
        made.create_function(
            FunctionName=name,
            Runtime="python3.12",
            Role=role,
            Handler="main.handler",
            Code={"ZipFile": content.getvalue()},
        )
    return made


def test_a_function_with_no_concurrency_is_not_run_and_reads_as_none(client: Any) -> None:
    assert "ReservedConcurrentExecutions" not in client.get_function_concurrency(FunctionName="first")
    client.put_function_concurrency(FunctionName="first", ReservedConcurrentExecutions=0)
    assert client.get_function_concurrency(FunctionName="first")["ReservedConcurrentExecutions"] == 0
    with pytest.raises(ClientError) as refused:
        client.invoke(FunctionName="first")
    assert refused.value.response["Error"]["Code"] == "TooManyRequestsException"
    client.delete_function_concurrency(FunctionName="first")
    assert "ReservedConcurrentExecutions" not in client.get_function_concurrency(FunctionName="first")


def test_a_hundred_must_be_left_for_all_others(client: Any) -> None:
    client.put_function_concurrency(FunctionName="first", ReservedConcurrentExecutions=500)
    with pytest.raises(ClientError, match="UnreservedConcurrentExecution"):
        client.put_function_concurrency(FunctionName="second", ReservedConcurrentExecutions=401)
    client.put_function_concurrency(FunctionName="second", ReservedConcurrentExecutions=400)
    client.put_function_concurrency(FunctionName="second", ReservedConcurrentExecutions=0)
