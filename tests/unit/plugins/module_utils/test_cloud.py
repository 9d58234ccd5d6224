"""Answers of AWS that cannot be read are errors of the family, which name the call; clients are made without looking at all services."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import boto3
import botocore.exceptions
import pytest

from ansible_collections.cordon.aws.plugins.module_utils.cloud import Cloud, Connection
from ansible_collections.cordon.aws.plugins.module_utils.errors import AwsError
from ansible_collections.cordon.aws.plugins.module_utils.plan import Call

KEYS = {"aws_access_key_id": "AKIAIOSFODNN7EXAMPLE", "aws_secret_access_key": "x" * 40}


class ControlCharacter(BaseHTTPRequestHandler):
    """A description that XML cannot carry."""

    def do_POST(self) -> None:
        body = b"<DescribeTagsResponse><tagSet><item><value>\x01</value></item></tagSet></DescribeTagsResponse>"
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments: object) -> None:
        return


@pytest.fixture
def endpoint() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), ControlCharacter)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_an_answer_that_cannot_be_read_names_the_call_and_what_to_do(endpoint: str) -> None:
    cloud = Cloud(Connection(region="us-east-1", endpoint_url=endpoint, credentials=KEYS))
    call = Call(account="", region="us-east-1", service="ec2", operation="DescribeTags", parameters={})
    with pytest.raises(
        AwsError, match="call ec2:DescribeTags: ResponseParserError: the answer cannot be read"
    ) as raised:
        cloud.read(call)
    assert "control characters" in raised.value.remedy
    assert raised.value.may_have_happened
    with pytest.raises(AwsError, match="ResponseParserError"):
        cloud.pages(call, "Tags")


def test_a_client_looks_at_the_files_of_its_own_service_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    looked_into: list[str] = []
    monkeypatch.setattr(os, "listdir", lambda path, real=os.listdir: looked_into.append(path) or real(path))
    Cloud(Connection(region="us-east-1", credentials=KEYS)).client("organizations", "us-east-1").get_paginator(
        "list_roots"
    )
    names = {Path(path).name for path in looked_into}
    assert "organizations" in names
    assert not names & {"ec2", "iam", "sts"}


@pytest.mark.parametrize("service", ["ec2", "iam", "organizations", "sts"])
def test_a_client_knows_what_a_plain_one_knows(service: str) -> None:
    ours = Cloud(Connection(region="us-east-1", credentials=KEYS)).client(service, "us-east-1")
    plain = boto3.Session(region_name="us-east-1", **KEYS).client(service)  # type: ignore[call-overload]
    methods = dict(plain.meta.method_to_api_mapping)
    assert dict(ours.meta.method_to_api_mapping) == methods
    assert ours.meta.endpoint_url == plain.meta.endpoint_url
    assert [name for name in methods if ours.can_paginate(name)] == [
        name for name in methods if plain.can_paginate(name)
    ]


def test_a_service_that_there_is_not_is_none() -> None:
    with pytest.raises(botocore.exceptions.UnknownServiceError):
        Cloud(Connection(region="us-east-1", credentials=KEYS)).client("no-such-service", "us-east-1")
