"""Signature Version 4, checked against the signature that AWS's documentation works out by hand."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from sandbox import signature
from sandbox.identify import scope_of, service_of
from sandbox.signature import SignatureError

SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
SIGNED = "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7"


@pytest.fixture(autouse=True)
def _long_ago(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is the day of the example."""

    class Then(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return datetime(2015, 8, 30, 12, 36, 0, tzinfo=UTC)

    monkeypatch.setattr(signature, "datetime", Then)


def example(**more: str) -> dict[str, str]:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html and the pages before it:
    GET ListUsers of iam.amazonaws.com at 20150830T123600Z."""
    return {
        "REQUEST_METHOD": "GET",
        "REQUEST_URI": "/?Action=ListUsers&Version=2010-05-08",
        "QUERY_STRING": "Action=ListUsers&Version=2010-05-08",
        "PATH_INFO": "/",
        "HTTP_HOST": "iam.amazonaws.com",
        "CONTENT_TYPE": "application/x-www-form-urlencoded; charset=utf-8",
        "HTTP_X_AMZ_DATE": "20150830T123600Z",
        "HTTP_AUTHORIZATION": "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, "
        f"SignedHeaders=content-type;host;x-amz-date, Signature={SIGNED}",
    } | more


def check(environ: dict[str, str], body: bytes = b"", secret: str = SECRET) -> None:
    scope = scope_of(environ)
    assert scope is not None
    signature.check(environ, body, service_of(scope, environ, body), scope, secret)


def test_the_documentations_own_signature_is_right() -> None:
    check(example())


def test_the_order_of_the_query_does_not_matter() -> None:
    check(
        example(REQUEST_URI="/?Version=2010-05-08&Action=ListUsers", QUERY_STRING="Version=2010-05-08&Action=ListUsers")
    )


def test_neither_do_spaces_between_the_parts_of_the_header() -> None:
    check(example(HTTP_AUTHORIZATION=example()["HTTP_AUTHORIZATION"].replace(", ", ",")))


def kind(environ: dict[str, str], **more: Any) -> str:
    with pytest.raises(SignatureError) as caught:
        check(environ, **more)
    return caught.value.kind


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"REQUEST_METHOD": "POST"}, "wrong_signature"),
        ({"REQUEST_URI": "/x?Action=ListUsers&Version=2010-05-08"}, "wrong_signature"),
        ({"QUERY_STRING": "Action=ListRoles&Version=2010-05-08"}, "wrong_signature"),
        ({"HTTP_HOST": "iam.example.com"}, "wrong_signature"),
        ({"CONTENT_TYPE": "text/plain"}, "wrong_signature"),
        ({"HTTP_X_AMZ_DATE": "20150830T123601Z"}, "wrong_signature"),
        ({"HTTP_X_AMZ_DATE": "20150830T124200Z"}, "skewed"),
        ({"HTTP_X_AMZ_DATE": "20150830T123000Z"}, "skewed"),
        ({"HTTP_X_AMZ_DATE": "20151330T123600Z"}, "malformed_signature"),
        ({"HTTP_X_AMZ_DATE": ""}, "malformed_signature"),
        ({"HTTP_X_AMZ_SECURITY_TOKEN": "added"}, "headers_unsigned"),
    ],
)
def test_what_was_changed_is_noticed(changed: dict[str, str], expected: str) -> None:
    assert kind(example(**changed)) == expected


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("content-type;host;", "content-type;", "headers_unsigned"),
        ("/20150830/", "/20150831/", "wrong_signature"),
        ("/us-east-1/", "/nowhere-1/", "wrong_signature"),
        (f", Signature={SIGNED}", "", "malformed_signature"),
        (f"Signature={SIGNED}", f"Signature={SIGNED}, Signature={SIGNED}", "malformed_signature"),
        ("AWS4-HMAC-SHA256 ", "AWS4-ECDSA-P256-SHA256 ", "malformed_signature"),
        (SIGNED, SIGNED.upper(), "wrong_signature"),
        (SIGNED, "\u00e9", "wrong_signature"),
    ],
)
def test_a_header_that_was_changed_is_noticed(old: str, new: str, expected: str) -> None:
    environ = example()
    assert old in environ["HTTP_AUTHORIZATION"]
    environ["HTTP_AUTHORIZATION"] = environ["HTTP_AUTHORIZATION"].replace(old, new)
    assert kind(environ) == expected


def test_a_body_that_was_added_is_noticed() -> None:
    assert kind(example(), body=b"Action=DeleteUser") == "wrong_signature"


def test_another_secret_is_noticed() -> None:
    assert kind(example(), secret="another") == "wrong_signature"


def unhashed(service: str) -> dict[str, str]:
    """A PUT that is rightly signed, but for whose body the signature stands not in."""
    request = AWSRequest("PUT", "https://host.example.com/bucket/key")
    headers = {"host": "host.example.com", "x-amz-content-sha256": "UNSIGNED-PAYLOAD", "x-amz-date": "20150830T123600Z"}
    for name, value in headers.items():
        request.headers[name] = value
    request.context["timestamp"] = headers["x-amz-date"]
    signer = S3SigV4Auth(Credentials("AKIDEXAMPLE", SECRET), service, "us-east-1")
    signed = signer.signature(signer.string_to_sign(request, signer.canonical_request(request)), request)
    return {
        "REQUEST_METHOD": "PUT",
        "REQUEST_URI": "/bucket/key",
        "PATH_INFO": "/bucket/key",
        "QUERY_STRING": "",
        "HTTP_AUTHORIZATION": f"AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/{service}/aws4_request, "
        f"SignedHeaders={';'.join(headers)}, Signature={signed}",
    } | {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items()}


def test_s3_takes_a_body_that_is_not_hashed() -> None:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html"""
    check(unhashed("s3"), body=b"anything")


def test_other_services_do_not() -> None:
    assert kind(unhashed("lambda"), body=b"anything") == "wrong_signature"


def test_s3_compares_the_hash_that_it_is_told_with_the_body() -> None:
    environ = unhashed("s3") | {"HTTP_X_AMZ_CONTENT_SHA256": "0" * 64}
    assert kind(environ, body=b"anything") == "wrong_payload"
