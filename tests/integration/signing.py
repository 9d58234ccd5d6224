"""Signed requests that can be spoiled before they are sent: http.client and botocore's signers, no boto3 client that would refuse."""

from __future__ import annotations

import http.client
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from unittest.mock import patch

import botocore.auth
from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials


@dataclass(frozen=True, slots=True)
class Call:
    """One API call of a service in its own protocol."""

    service: str
    body: str = ""
    method: str = "POST"
    path: str = "/"
    content_type: str = "application/x-www-form-urlencoded"
    target: str = ""


CALLS = {
    "iam": Call("iam", "Action=GetUser&Version=2010-05-08"),
    "sts": Call("sts", "Action=GetCallerIdentity&Version=2011-06-15"),
    "ec2": Call("ec2", "Action=DescribeInstances&Version=2016-11-15"),
    "dynamodb": Call(
        "dynamodb", "{}", content_type="application/x-amz-json-1.0", target="DynamoDB_20120810.ListTables"
    ),
    "organizations": Call(
        "organizations",
        "{}",
        content_type="application/x-amz-json-1.1",
        target="AWSOrganizationsV20161128.ListAccounts",
    ),
    "lambda": Call("lambda", method="GET", path="/2015-03-31/functions", content_type="application/json"),
    "s3": Call("s3", method="GET"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What goes over the wire. `spoil` of a test changes it after it was signed."""

    method: str
    path: str
    body: str
    headers: dict[str, str]

    def header(self, name: str, value: str) -> Request:
        return replace(self, headers={**self.headers, name: value})

    def without(self, name: str) -> Request:
        return replace(self, headers={key: value for key, value in self.headers.items() if key != name})

    def authorization(self, pattern: str, text: str) -> Request:
        return self.header("Authorization", re.sub(pattern, text, self.headers["Authorization"]))


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    code: str
    message: str
    body: str


def signed(
    endpoint_url: str, call: Call, keys: dict[str, str], *, region: str = "us-east-1", at: datetime | None = None
) -> Request:
    """The call as an AWS client signs it; as if it were `at` if that is given."""
    headers = {"Content-Type": call.content_type}
    if call.target:
        headers["X-Amz-Target"] = call.target
    made = AWSRequest(call.method, endpoint_url + call.path, data=call.body, headers=headers)
    kind = S3SigV4Auth if call.service == "s3" else SigV4Auth
    credentials = Credentials(keys["access_key_id"], keys["secret_access_key"], keys.get("session_token"))
    signer = kind(credentials, call.service, region)
    if at is None:
        signer.add_auth(made)
    else:  # botocore's clock, not ours
        with patch.object(botocore.auth, "get_current_datetime", lambda *_arguments, **_more: at.replace(tzinfo=None)):
            signer.add_auth(made)
    return Request(method=call.method, path=call.path, body=call.body, headers=dict(made.headers.items()))


def send(endpoint_url: str, request: Request, spoil: Callable[[Request], Request] = lambda request: request) -> Answer:
    request = spoil(request)
    connection = http.client.HTTPConnection(endpoint_url.removeprefix("http://"), timeout=10)
    try:
        connection.request(request.method, request.path, request.body.encode(), request.headers)
        answer = connection.getresponse()
        body = answer.read().decode()
    finally:
        connection.close()
    return Answer(answer.status, *_told(body), body)


def _told(body: str) -> tuple[str, str]:
    """Code and message of an error, in XML or JSON."""
    if body.startswith("{"):
        found: dict[str, Any] = json.loads(body)
        return str(found.get("__type", "")).rpartition("#")[2], str(found.get("Message", found.get("message", "")))
    code, message = re.search(r"<Code>(.*?)</Code>", body), re.search(r"<Message>(.*?)</Message>", body, re.DOTALL)
    return code[1] if code else "", message[1] if message else ""
