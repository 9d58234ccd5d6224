"""Which requests the sandbox takes for authentic, over the wire, and in which words each service refuses the others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sandbox_client import Sandbox
from signing import CALLS, Request, send, signed

SERVICES = list(CALLS)
# https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html
# https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html
# https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
UNKNOWN = {
    "iam": (403, "InvalidClientTokenId"),
    "sts": (403, "InvalidClientTokenId"),
    "ec2": (401, "AuthFailure"),
    "dynamodb": (400, "UnrecognizedClientException"),
    "organizations": (400, "UnrecognizedClientException"),
    "lambda": (403, "UnrecognizedClientException"),
    "s3": (403, "InvalidAccessKeyId"),
}
MISMATCH = {
    "iam": (403, "SignatureDoesNotMatch"),
    "sts": (403, "SignatureDoesNotMatch"),
    "ec2": (401, "AuthFailure"),
    "dynamodb": (400, "InvalidSignatureException"),
    "organizations": (400, "InvalidSignatureException"),
    "lambda": (403, "InvalidSignatureException"),
    "s3": (403, "SignatureDoesNotMatch"),
}
SKEWED = MISMATCH | {"ec2": (400, "RequestExpired"), "s3": (403, "RequestTimeTooSkewed")}
UNSIGNED = {
    "iam": (403, "MissingAuthenticationToken"),
    "sts": (403, "MissingAuthenticationToken"),
    "ec2": (403, "MissingAuthenticationToken"),
    "dynamodb": (400, "MissingAuthenticationTokenException"),
    "organizations": (400, "MissingAuthenticationTokenException"),
    "s3": (403, "AccessDenied"),
}
EXPIRED = {
    "iam": (403, "ExpiredToken"),
    "sts": (403, "ExpiredToken"),
    "ec2": (400, "RequestExpired"),
    "dynamodb": (400, "ExpiredTokenException"),
    "organizations": (400, "ExpiredTokenException"),
    "lambda": (403, "ExpiredTokenException"),
    "s3": (400, "ExpiredToken"),
}
WRONG_TOKEN = UNKNOWN | {"s3": (400, "InvalidToken")}


def responder(sandbox: Sandbox) -> dict[str, str]:
    return {
        "access_key_id": sandbox.env["AWS_ACCESS_KEY_ID"],
        "secret_access_key": sandbox.env["AWS_SECRET_ACCESS_KEY"],
    }


def session(sandbox: Sandbox) -> dict[str, str]:
    given = sandbox.client("sts").assume_role(
        RoleArn=f"arn:aws:iam::{sandbox.members[0]}:role/OrganizationAccountAccessRole", RoleSessionName="test"
    )["Credentials"]
    return {
        "access_key_id": given["AccessKeyId"],
        "secret_access_key": given["SecretAccessKey"],
        "session_token": given["SessionToken"],
    }


def answered(
    sandbox: Sandbox, service: str, keys: dict[str, str], spoil: Callable[[Request], Request]
) -> tuple[int, str]:
    answer = send(sandbox.endpoint_url, signed(sandbox.endpoint_url, CALLS[service], keys), spoil)
    return answer.status, answer.code


def as_it_is(request: Request) -> Request:
    return request


@pytest.mark.parametrize("service", SERVICES)
def test_what_is_signed_with_a_users_key_is_carried_out(sandbox: Sandbox, service: str) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html"""
    assert answered(sandbox, service, responder(sandbox), as_it_is) == (200, "")


@pytest.mark.parametrize("service", ["sts", "ec2", "dynamodb", "lambda", "s3"])
def test_what_is_signed_with_a_session_is_carried_out(sandbox: Sandbox, service: str) -> None:
    assert answered(sandbox, service, session(sandbox), as_it_is) == (200, "")


@pytest.mark.parametrize("service", SERVICES)
def test_a_wrong_secret_is_refused(sandbox: Sandbox, service: str) -> None:
    keys = responder(sandbox) | {"secret_access_key": "x" * 40}
    assert answered(sandbox, service, keys, as_it_is) == MISMATCH[service]


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("key_id", ["AKIAIOSFODNN7EXAMPLE", "ASIAIOSFODNN7EXAMPLE"])
def test_an_unknown_key_is_refused(sandbox: Sandbox, service: str, key_id: str) -> None:
    keys = {"access_key_id": key_id, "secret_access_key": "x" * 40}
    assert answered(sandbox, service, keys, as_it_is) == UNKNOWN[service]


@pytest.mark.parametrize("service", SERVICES)
def test_a_changed_query_is_refused(sandbox: Sandbox, service: str) -> None:
    def spoil(request: Request) -> Request:
        return replace(request, path=request.path + "?MaxItems=1")

    assert answered(sandbox, service, responder(sandbox), spoil) == MISMATCH[service]


@pytest.mark.parametrize("service", [name for name in SERVICES if CALLS[name].body])
def test_a_changed_body_is_refused(sandbox: Sandbox, service: str) -> None:
    def spoil(request: Request) -> Request:
        return replace(request, body=request.body + " ")

    assert answered(sandbox, service, responder(sandbox), spoil) == MISMATCH[service]


@pytest.mark.parametrize("service", SERVICES)
def test_a_changed_header_is_refused(sandbox: Sandbox, service: str) -> None:
    """The second of the date is changed, which no rule about time would notice."""

    def spoil(request: Request) -> Request:
        stamp = request.headers["X-Amz-Date"]
        return request.header("X-Amz-Date", f"{stamp[:-2]}{(int(stamp[-2]) + 1) % 10}Z")

    assert answered(sandbox, service, responder(sandbox), spoil) == MISMATCH[service]


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize(
    ("pattern", "text"),
    [("/us-east-1/", "/eu-west-1/"), (r"/\d{8}/", "/20200101/"), (r"Signature=\w{8}", "Signature=00000000")],
)
def test_a_changed_scope_or_signature_is_refused(sandbox: Sandbox, service: str, pattern: str, text: str) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html"""

    def spoil(request: Request) -> Request:
        return request.authorization(pattern, text)

    assert answered(sandbox, service, responder(sandbox), spoil) == MISMATCH[service]


@pytest.mark.parametrize("service", SERVICES)
def test_a_region_that_does_not_exist_is_refused(sandbox: Sandbox, service: str) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html"""
    request = signed(sandbox.endpoint_url, CALLS[service], responder(sandbox), region="xx-nowhere-1")
    answer = send(sandbox.endpoint_url, request)
    assert (answer.status, answer.code) == MISMATCH[service]


HEADERS_UNSIGNED = MISMATCH | {"s3": (403, "AccessDenied")}


@pytest.mark.parametrize("service", SERVICES)
def test_a_signature_that_leaves_out_the_host_is_refused(sandbox: Sandbox, service: str) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html#create-canonical-request"""

    def spoil(request: Request) -> Request:
        return request.authorization("host;", "")

    assert answered(sandbox, service, responder(sandbox), spoil) == HEADERS_UNSIGNED[service]


@pytest.mark.parametrize("service", SERVICES)
def test_an_amz_header_that_is_not_signed_is_refused(sandbox: Sandbox, service: str) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html#create-canonical-request"""

    def spoil(request: Request) -> Request:
        return request.header("X-Amz-Meta-Note", "added")

    assert answered(sandbox, service, responder(sandbox), spoil) == HEADERS_UNSIGNED[service]


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("minutes", [-1, 1])
def test_a_clock_that_is_a_little_wrong_is_forgiven(sandbox: Sandbox, service: str, minutes: int) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html: within five minutes; S3 takes fifteen."""
    at = datetime.now(UTC) + timedelta(minutes=minutes * (14 if service == "s3" else 4))
    assert (
        send(sandbox.endpoint_url, signed(sandbox.endpoint_url, CALLS[service], responder(sandbox), at=at)).status
        == 200
    )


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("minutes", [-1, 1])
def test_a_clock_that_is_too_wrong_is_refused(sandbox: Sandbox, service: str, minutes: int) -> None:
    at = datetime.now(UTC) + timedelta(minutes=minutes * (16 if service == "s3" else 6))
    answer = send(sandbox.endpoint_url, signed(sandbox.endpoint_url, CALLS[service], responder(sandbox), at=at))
    assert (answer.status, answer.code) == SKEWED[service]


def test_the_sandboxs_own_time_does_not_make_signatures_old(sandbox: Sandbox) -> None:
    sandbox.control("POST", "/clock", {"advance_s": 86_400})
    assert answered(sandbox, "iam", responder(sandbox), as_it_is) == (200, "")


@pytest.mark.parametrize("service", UNSIGNED)
def test_an_unsigned_request_is_refused(sandbox: Sandbox, service: str) -> None:
    """The service is told by the request itself: at AWS the host name would tell it. Lambda's says nothing, and is left out."""
    assert (
        answered(sandbox, service, responder(sandbox), lambda request: request.without("Authorization"))
        == UNSIGNED[service]
    )


@pytest.mark.parametrize("service", SERVICES)
def test_an_inactive_key_is_refused(sandbox: Sandbox, service: str) -> None:
    iam = sandbox.client("iam")
    iam.create_user(UserName="idle")
    key = iam.create_access_key(UserName="idle")["AccessKey"]
    iam.update_access_key(UserName="idle", AccessKeyId=key["AccessKeyId"], Status="Inactive")
    keys = {"access_key_id": key["AccessKeyId"], "secret_access_key": key["SecretAccessKey"]}
    assert answered(sandbox, service, keys, as_it_is) == UNKNOWN[service]


@pytest.mark.parametrize("service", SERVICES)
def test_a_deleted_key_is_refused(sandbox: Sandbox, service: str) -> None:
    iam = sandbox.client("iam")
    iam.create_user(UserName="idle")
    key = iam.create_access_key(UserName="idle")["AccessKey"]
    iam.delete_access_key(UserName="idle", AccessKeyId=key["AccessKeyId"])
    keys = {"access_key_id": key["AccessKeyId"], "secret_access_key": key["SecretAccessKey"]}
    assert answered(sandbox, service, keys, as_it_is) == UNKNOWN[service]


@pytest.mark.parametrize("service", SERVICES)
def test_a_session_without_its_token_is_refused(sandbox: Sandbox, service: str) -> None:
    keys = session(sandbox)
    del keys["session_token"]
    assert answered(sandbox, service, keys, as_it_is) == UNKNOWN[service]


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("token", ["nonsense", "\u00e9", "another"])
def test_a_session_with_another_token_is_refused(sandbox: Sandbox, service: str, token: str) -> None:
    given = session(sandbox)["session_token"] if token == "another" else token
    assert answered(sandbox, service, session(sandbox) | {"session_token": given}, as_it_is) == WRONG_TOKEN[service]


@pytest.mark.parametrize("service", SERVICES)
def test_a_users_key_with_a_token_is_refused(sandbox: Sandbox, service: str) -> None:
    keys = responder(sandbox) | {"session_token": session(sandbox)["session_token"]}
    assert answered(sandbox, service, keys, as_it_is) == WRONG_TOKEN[service]


@pytest.mark.parametrize("service", SERVICES)
def test_a_session_ends_when_its_time_is_over(sandbox: Sandbox, service: str) -> None:
    keys = session(sandbox)
    sandbox.control("POST", "/clock", {"advance_s": 3601})
    assert answered(sandbox, service, keys, as_it_is) == EXPIRED[service]
