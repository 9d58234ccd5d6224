"""What no client sends: hostile bytes, bodies that mean nothing, and what the sandbox does not have."""

from __future__ import annotations

import socket
from dataclasses import replace

import pytest
from botocore.exceptions import ClientError
from sandbox_client import Sandbox
from signing import CALLS, send, signed


def _request(header: bytes) -> bytes:
    return b"POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 0\r\n" + header + b"\r\n\r\n"


HOSTILE = {
    "nothing but a method": b"GET\r\n\r\n",
    "no HTTP": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    "a negative length": b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
    "a length that is no number": b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: five\r\n\r\n",
    "less than announced": b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n\r\nshort",
    "bad chunks": b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    "half a chunk": b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
    "a path that is no text": b"GET /\xff\xfe HTTP/1.1\r\nHost: x\r\n\r\n",
    "a null byte": b"GET /a%00b/c%00 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    "half an escape": b"GET /b/%zz%4 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    "a huge header": _request(b"X-Big: " + b"a" * 300_000),
    "a huge authorization": _request(b"Authorization: AWS4-HMAC-SHA256 Credential=" + b"a," * 100_000),
    "an unknown service": _request(
        b"Authorization: AWS4-HMAC-SHA256 Credential=A/20260101/us-east-1/nosuch/aws4_request, SignedHeaders=host, Signature=0"
    ),
    "the back door of moto": b"POST /moto-api/reset HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_bytes_are_refused_and_the_sandbox_lives_on(sandbox: Sandbox, name: str) -> None:
    with socket.create_connection(("127.0.0.1", int(sandbox.endpoint_url.rsplit(":", 1)[1])), timeout=10) as raw:
        raw.sendall(HOSTILE[name])
        raw.shutdown(socket.SHUT_WR)
        answer = b"".join(iter(lambda: raw.recv(65_536), b""))
    assert answer.startswith((b"HTTP/1.1 4", b"HTTP/1.0 4")), answer[:200]
    assert b"Traceback" not in answer
    assert sandbox.client("sts").get_caller_identity()["Account"] == sandbox.management


# Signed, so that they come as far as a request can: what is wrong is the body. (service, body, target or content type, status, code)
UNREADABLE = [
    ("iam", "Action=NoSuchThing&Version=2010-05-08", 400, "InvalidAction"),
    ("iam", "", 400, "InvalidAction"),
    ("iam", "Action=CreateUser&Version=2010-05-08", 400, "ValidationError"),
    ("iam", "Action=CreateUser&Version=2010-05-08&UserName=a%00b", 400, "ValidationError"),
    ("iam", "Action=CreateUser&Version=2010-05-08&UserName=%ff%fe", 400, "ValidationError"),
    ("ec2", "Action=NoSuchThing&Version=2016-11-15", 400, "InvalidAction"),
    ("ec2", "Action=DescribeInstances&MaxResults=many&Version=2016-11-15", 400, "InvalidParameterValue"),
    ("dynamodb", "{", 400, "SerializationException"),
    ("dynamodb", "[1]", 400, "SerializationException"),
    ("organizations", "null", 400, "SerializationException"),
]


@pytest.mark.parametrize(("service", "body", "status", "code"), UNREADABLE)
def test_a_body_that_means_nothing_is_refused_in_the_services_words(
    sandbox: Sandbox, service: str, body: str, status: int, code: str
) -> None:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html"""
    keys = {
        "access_key_id": sandbox.env["AWS_ACCESS_KEY_ID"],
        "secret_access_key": sandbox.env["AWS_SECRET_ACCESS_KEY"],
    }
    answer = send(sandbox.endpoint_url, signed(sandbox.endpoint_url, replace(CALLS[service], body=body), keys))
    assert (answer.status, answer.code) == (status, code), answer.body


def test_credentials_are_looked_at_before_parameters(sandbox: Sandbox) -> None:
    call = replace(CALLS["iam"], body="Action=CreateUser&Version=2010-05-08&UserName=a%00b")
    keys = {"access_key_id": "AKIAIOSFODNN7EXAMPLE", "secret_access_key": "x"}
    assert send(sandbox.endpoint_url, signed(sandbox.endpoint_url, call, keys)).code == "InvalidClientTokenId"


def test_what_the_sandbox_does_not_have_it_says(sandbox: Sandbox) -> None:
    """A service that moto lacks, and an operation."""
    with pytest.raises(ClientError, match="does not have detective:ListGraphs"):
        sandbox.client("detective").list_graphs()
    with pytest.raises(ClientError, match="does not have iam:GetContextKeysForCustomPolicy"):
        sandbox.client("iam").get_context_keys_for_custom_policy(PolicyInputList=["{}"])
