"""Checks Signature Version 4 by signing the request again with botocore's own signers.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html

Times in signatures are the clients', so they are held against real time, not against the sandbox's, which may be hours ahead."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from urllib.parse import parse_qsl

import botocore.session
from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from sandbox.identify import Scope

# https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html (RequestTimeTooSkewed: 15 minutes for S3);
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-signing-elements.html (within 5 minutes for others)
_SKEW = {"s3": timedelta(minutes=15)}
_USUAL_SKEW = timedelta(minutes=5)
_FORMAT = "%Y%m%dT%H%M%SZ"
_ALGORITHM = "AWS4-HMAC-SHA256"
_LONGEST_PRESIGNED = 604_800
_S3 = ("s3", "s3control")
# https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html: what S3 takes in the place of a body's hash
_UNHASHED = (
    "UNSIGNED-PAYLOAD",
    "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
    "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
    "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
)


class SignatureError(Exception):
    """`kind` is one of errors.spelled's."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


@dataclass(frozen=True, slots=True, kw_only=True)
class _Signed:
    """What a client says it has signed."""

    headers: Sequence[str]
    signature: str
    stamp: str
    query: str
    payload: str


def check(environ: Mapping[str, Any], body: bytes, service: str, scope: Scope, secret: str) -> None:
    """Raise SignatureError unless the request was signed with `secret` for `scope`, recently."""
    now = datetime.now(UTC)
    read = _from_header if "HTTP_AUTHORIZATION" in environ else _from_query
    signed = read(environ, body, service, now)
    if scope.date != signed.stamp[:8]:
        raise SignatureError(
            "wrong_signature",
            f"Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '{scope.date}' != "
            f"'{signed.stamp[:8]}', from '{signed.stamp}'.",
        )
    if scope.region not in _regions():
        raise SignatureError("wrong_signature", f"Credential should be scoped to a valid Region, not '{scope.region}'.")
    _check_headers(environ, signed.headers)
    _compare(environ, service, scope, secret, signed)


def _from_header(environ: Mapping[str, Any], body: bytes, service: str, now: datetime) -> _Signed:
    parts = _parts(environ["HTTP_AUTHORIZATION"])
    stamp = environ.get("HTTP_X_AMZ_DATE", "")
    moment = _moment(stamp)
    if moment is None:
        raise SignatureError(
            "malformed_signature",
            "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.",
        )
    _check_time(moment, now, _SKEW.get(service, _USUAL_SKEW))
    return _Signed(
        headers=parts["SignedHeaders"].split(";"),
        signature=parts["Signature"],
        stamp=stamp,
        query=environ.get("QUERY_STRING", ""),
        payload=_payload(environ, body, service),
    )


def _parts(header: str) -> dict[str, str]:
    """Credential, SignedHeaders and Signature, each once, as the standard writes them."""
    algorithm, _space, rest = header.partition(" ")
    pairs = [part.strip().partition("=") for part in rest.split(",")]
    if algorithm != _ALGORITHM or sorted(name for name, _equals, _value in pairs) != [
        "Credential",
        "Signature",
        "SignedHeaders",
    ]:
        raise SignatureError(
            "malformed_signature",
            f"Authorization header must be {_ALGORITHM} with 'Credential', 'SignedHeaders' and 'Signature', each once.",
        )
    return {name: value for name, _equals, value in pairs}


def _payload(environ: Mapping[str, Any], body: bytes, service: str) -> str:
    """The body's hash, or what S3 takes instead of one."""
    computed = hashlib.sha256(body).hexdigest()
    claimed = environ.get("HTTP_X_AMZ_CONTENT_SHA256", "")
    if service not in _S3:
        return computed
    if claimed in _UNHASHED:
        return str(claimed)
    if claimed != computed:
        raise SignatureError(
            "wrong_payload", "The provided 'x-amz-content-sha256' header does not match what was computed."
        )
    return computed


def _from_query(environ: Mapping[str, Any], body: bytes, service: str, now: datetime) -> _Signed:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html"""
    query = environ.get("QUERY_STRING", "")
    given = dict(parse_qsl(query, keep_blank_values=True))
    stamp, lasts = given.get("X-Amz-Date", ""), given.get("X-Amz-Expires", "")
    moment = _moment(stamp)
    if (
        moment is None
        or given.get("X-Amz-Algorithm") != _ALGORITHM
        or not re.fullmatch(r"[0-9]{1,6}", lasts)
        or not 1 <= int(lasts) <= _LONGEST_PRESIGNED
        or not {"X-Amz-SignedHeaders", "X-Amz-Signature"} <= set(given)
    ):
        raise SignatureError(
            "malformed_url",
            "Query-string authentication requires X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, X-Amz-Date, "
            f"X-Amz-SignedHeaders, and X-Amz-Expires (in seconds, less than {_LONGEST_PRESIGNED}).",
        )
    if now > moment + timedelta(seconds=int(lasts)):
        raise SignatureError("expired_url", f"Signature expired: {stamp} is now earlier than {now:{_FORMAT}}")
    if moment > now + _SKEW.get(service, _USUAL_SKEW):
        raise SignatureError("skewed", f"Signature not yet current: {stamp} is still later than {now:{_FORMAT}}")
    return _Signed(
        headers=given["X-Amz-SignedHeaders"].split(";"),
        signature=given["X-Amz-Signature"],
        stamp=stamp,
        query="&".join(part for part in query.split("&") if not part.startswith("X-Amz-Signature=")),
        payload="UNSIGNED-PAYLOAD" if service in _S3 else hashlib.sha256(body).hexdigest(),
    )


def _moment(stamp: str) -> datetime | None:
    if not re.fullmatch(r"[0-9]{8}T[0-9]{6}Z", stamp):
        return None
    try:
        return datetime.strptime(stamp, _FORMAT).replace(tzinfo=UTC)
    except ValueError:
        return None


def _check_time(moment: datetime, now: datetime, allowed: timedelta) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html"""
    minutes = int(allowed.total_seconds() // 60)
    if moment < now - allowed:
        raise SignatureError(
            "skewed",
            f"Signature expired: {moment:{_FORMAT}} is now earlier than {now - allowed:{_FORMAT}} ({now:{_FORMAT}} - {minutes} min.)",
        )
    if moment > now + allowed:
        raise SignatureError(
            "skewed",
            f"Signature not yet current: {moment:{_FORMAT}} is still later than {now + allowed:{_FORMAT}} "
            f"({now:{_FORMAT}} + {minutes} min.)",
        )


def _check_headers(environ: Mapping[str, Any], signed: Sequence[str]) -> None:
    """The host and every x-amz-* header that is there must be signed.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html#create-canonical-request"""
    if "host" not in signed:
        raise SignatureError(
            "headers_unsigned", "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization."
        )
    names = {_key(name) for name in signed}
    if any(key.startswith("HTTP_X_AMZ_") and key not in names for key in environ):
        raise SignatureError("headers_unsigned", "There were headers present in the request which were not signed")


def _compare(environ: Mapping[str, Any], service: str, scope: Scope, secret: str, signed: _Signed) -> None:
    path = environ["REQUEST_URI"].split("?")[0]
    query = "?" + signed.query if signed.query else ""
    request = AWSRequest(environ["REQUEST_METHOD"], f"http://host{path}{query}")
    for name in signed.headers:
        # WSGI has every byte as one character; what was signed is the text.
        request.headers[name] = str(environ.get(_key(name), "")).encode("latin-1").decode("utf-8", "replace")
    request.context["timestamp"] = signed.stamp
    kind = S3SigV4Auth if service in _S3 else SigV4Auth
    signer = kind(Credentials(str(scope.access_key_id), secret), scope.signing_name, scope.region)
    # Nothing but what the client has signed: botocore would add the host and leave some out.
    signer.headers_to_sign = lambda request: request.headers  # type: ignore[method-assign]
    text = signer.canonical_request(request)
    # botocore takes the payload's hash from a header, which is not always there.
    canonical = f"{text.rpartition(chr(10))[0]}\n{signed.payload}"
    expected = signer.signature(signer.string_to_sign(request, canonical), request)
    if not hmac.compare_digest(expected.encode(), signed.signature.encode()):
        raise SignatureError(
            "wrong_signature",
            "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and "
            "signing method. Consult the service documentation for details.",
        )


@cache
def _regions() -> frozenset[str]:
    return frozenset(botocore.session.Session().get_available_regions("ec2"))


def _key(name: str) -> str:
    """The name of a header in a WSGI environment."""
    key = name.upper().replace("-", "_")
    return key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"
