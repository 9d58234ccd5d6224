"""Answers of AWS that cannot be read are errors of the family, which name the call."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from ansible_collections.cordon.aws.plugins.module_utils.cloud import Cloud, Connection
from ansible_collections.cordon.aws.plugins.module_utils.errors import AwsError
from ansible_collections.cordon.aws.plugins.module_utils.plan import Call


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
    keys = {"aws_access_key_id": "AKIAIOSFODNN7EXAMPLE", "aws_secret_access_key": "x" * 40}
    cloud = Cloud(Connection(region="us-east-1", endpoint_url=endpoint, credentials=keys))
    call = Call(account="", region="us-east-1", service="ec2", operation="DescribeTags", parameters={})
    with pytest.raises(
        AwsError, match="call ec2:DescribeTags: ResponseParserError: the answer cannot be read"
    ) as raised:
        cloud.read(call)
    assert "control characters" in raised.value.remedy
    assert raised.value.may_have_happened
    with pytest.raises(AwsError, match="ResponseParserError"):
        cloud.pages(call, "Tags")


class BreaksOff(BaseHTTPRequestHandler):
    """An object of which only half arrives, as often as `times` says."""

    times = 0

    def do_GET(self) -> None:
        body = b"0123456789"
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("x-amz-meta-signature", "abc")
        self.end_headers()
        breaks = type(self).times > 0
        type(self).times -= 1
        self.wfile.write(body[:5] if breaks else body)
        self.close_connection = True

    def log_message(self, *_arguments: object) -> None:
        return


@pytest.fixture
def bucket() -> Iterator[Cloud]:
    server = HTTPServer(("127.0.0.1", 0), BreaksOff)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    keys = {"aws_access_key_id": "AKIAIOSFODNN7EXAMPLE", "aws_secret_access_key": "x" * 40}
    yield Cloud(Connection(region="us-east-1", endpoint_url=f"http://127.0.0.1:{server.server_port}", credentials=keys))
    server.shutdown()
    thread.join()
    server.server_close()


OBJECT = Call(
    account="", region="us-east-1", service="s3", operation="GetObject", parameters={"Bucket": "logs", "Key": "x"}
)


def test_an_object_that_breaks_off_is_asked_for_again(bucket: Cloud) -> None:
    BreaksOff.times = 2
    assert bucket.content(OBJECT, 10) == (b"0123456789", {"signature": "abc"})
    assert bucket.calls["s3:GetObject"] == 3


def test_an_object_that_always_breaks_off_is_an_error_after_some_attempts(bucket: Cloud) -> None:
    BreaksOff.times = 1000
    with pytest.raises(AwsError, match="s3:GetObject"):
        bucket.content(OBJECT, 10)
    assert bucket.calls["s3:GetObject"] == 4


def test_an_object_that_is_too_large_is_not_received(bucket: Cloud) -> None:
    BreaksOff.times = 0
    with pytest.raises(AwsError, match="it has 10 bytes, and 9 are read at most"):
        bucket.content(OBJECT, 9)
