"""Lambda functions to contain, and who gets them to run: by calling them, by a queue, by a URL's policy."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

from botocore.exceptions import ClientError
from sandbox_client import Sandbox, wait_until

_TRUSTED = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
ROLE = "runs-functions"


def session_of(sandbox: Sandbox, account: str) -> Any:
    """An administrator's session in the account."""
    return sandbox.session() if account == sandbox.management else sandbox.in_account(account)


def client_of(sandbox: Sandbox, account: str, region: str = "us-east-1", service: str = "lambda") -> Any:
    return session_of(sandbox, account).client(service, region_name=region, endpoint_url=sandbox.endpoint_url)


def make_function(sandbox: Sandbox, name: str, account: str | None = None, region: str = "us-east-1") -> str:
    """A function that runs as the role ROLE, with a version 1 and an alias "live" of it; returns its ARN."""
    account = account or sandbox.management
    iam = sandbox.iam(account)
    try:
        iam.create_role(
            RoleName=ROLE, AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [_TRUSTED]})
        )
    except iam.exceptions.EntityAlreadyExistsException:
        pass
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("main.py", "def handler(event, context):\n    return 1\n")
    client = client_of(sandbox, account, region)
    made = client.create_function(
        FunctionName=name,
        Runtime="python3.12",
        Role=f"arn:aws:iam::{account}:role/{ROLE}",
        Handler="main.handler",
        Code={"ZipFile": content.getvalue()},
        Timeout=90,
    )
    client.publish_version(FunctionName=name)
    client.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    return str(made["FunctionArn"])


def make_source(
    sandbox: Sandbox, name: str, function: str, account: str | None = None, region: str = "us-east-1"
) -> tuple[str, str]:
    """A queue that the function is run for, as soon as AWS has made the mapping; returns the queue's URL and the mapping's id."""
    account = account or sandbox.management
    sqs, client = (client_of(sandbox, account, region, service) for service in ("sqs", "lambda"))
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    mapping = client.create_event_source_mapping(FunctionName=function, EventSourceArn=arn)["UUID"]
    settled(sandbox, mapping, "Enabled", client)
    return url, mapping


def state_of(sandbox: Sandbox, mapping: str, client: Any = None) -> str:
    return str((client or sandbox.client("lambda")).get_event_source_mapping(UUID=mapping)["State"])


def settled(sandbox: Sandbox, mapping: str, state: str, client: Any = None) -> None:
    """Wait until AWS has taken up a change of the mapping: its time goes by at once."""
    sandbox.control("POST", "/clock", {"advance_s": 5})
    wait_until(lambda: state_of(sandbox, mapping, client) == state, f"mapping {mapping} to be {state}", 5)


def waiting(sandbox: Sandbox, url: str) -> int:
    """How many messages wait in the queue."""
    found = sandbox.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"])
    return int(found["Attributes"]["ApproximateNumberOfMessages"])


def runs(sandbox: Sandbox, name: str) -> int:
    """How often the function has run, by its log group."""
    logs = sandbox.client("logs")
    try:
        events = logs.filter_log_events(logGroupName=f"/aws/lambda/{name}", filterPattern="START")["events"]
    except logs.exceptions.ResourceNotFoundException:
        return 0
    return sum(event["message"].startswith("START") for event in events)


def answers(client: Any, name: str, **more: Any) -> bool:
    """Whether somebody who calls it gets an answer."""
    try:
        client.invoke(FunctionName=name, **more)
    except ClientError as error:
        if error.response["Error"]["Code"] != "TooManyRequestsException":
            raise
        return False
    return True
