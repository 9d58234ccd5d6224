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
