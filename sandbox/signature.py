"""Checks Signature Version 4 by signing the request again with botocore's own signers.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html

Times in signatures are the clients', so they are held against real time, not against the sandbox's, which may be hours ahead."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from sandbox.identify import Scope

# https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html (RequestTimeTooSkewed: 15 minutes for S3);
# https://docs.aws.amazon.com/general/latest/gr/signature-v4-troubleshooting.html (within 5 minutes for others)
_SKEW = {"s3": timedelta(minutes=15)}
_USUAL_SKEW = timedelta(minutes=5)
_FORMAT = "%Y%m%dT%H%M%SZ"
_HEADER = re.compile(r"AWS4-HMAC-SHA256 .*SignedHeaders=(?P<signed>[^,\s]+),?\s*Signature=(?P<signature>[0-9a-f]{64})")
_LONGEST_PRESIGNED = 604_800


class SignatureError(Exception):
    """`kind` is one of errors.spelled's: wrong_signature, skewed, expired."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


def check(environ: Mapping[str, Any], body: bytes, service: str, scope: Scope, secret: str) -> None:
    """Raise SignatureError unless the request was signed with `secret` for `scope`, recently."""
    now = datetime.now(UTC)
    if "HTTP_AUTHORIZATION" in environ:
        _check_header(environ, body, service, scope, secret, now)
    else:
        _check_query(environ, service, scope, secret, now)


def _check_header(environ: Mapping[str, Any], body: bytes, service: str, scope: Scope, secret: str, now: datetime) -> None:
    found = _HEADER.match(environ["HTTP_AUTHORIZATION"])
    stamp = environ.get("HTTP_X_AMZ_DATE", "")
    if found is None or not re.fullmatch(r"\d{8}T\d{6}Z", stamp):
        raise SignatureError("wrong_signature", "The request signature does not conform to AWS standards.")
    _check_time(stamp, now, _SKEW.get(service, _USUAL_SKEW))
    claimed = environ.get("HTTP_X_AMZ_CONTENT_SHA256", "")
    if re.fullmatch(r"[0-9a-f]{64}", claimed) and not hmac.compare_digest(claimed, hashlib.sha256(body).hexdigest()):
        raise SignatureError("wrong_signature", "The provided 'x-amz-content-sha256' header does not match what was computed.")
    request = _request(environ, environ.get("QUERY_STRING", ""), found["signed"].split(";"), body, stamp)
    _compare(_signer(service, scope, secret), request, found["signature"])


def _check_query(environ: Mapping[str, Any], service: str, scope: Scope, secret: str, now: datetime) -> None:
    query = environ.get("QUERY_STRING", "")
    given = dict(parse_qsl(query, keep_blank_values=True))
    stamp, lasts, signature = given.get("X-Amz-Date", ""), given.get("X-Amz-Expires", ""), given.get("X-Amz-Signature", "")
    if not re.fullmatch(r"\d{8}T\d{6}Z", stamp) or not lasts.isdigit() or int(lasts) > _LONGEST_PRESIGNED:
        raise SignatureError("wrong_signature", "The presigned URL does not conform to AWS standards.")
    if now > datetime.strptime(stamp, _FORMAT).replace(tzinfo=UTC) + timedelta(seconds=int(lasts)):
        raise SignatureError("expired", "Request has expired")
    unsigned = "&".join(part for part in query.split("&") if not part.startswith("X-Amz-Signature="))
    request = _request(environ, unsigned, given.get("X-Amz-SignedHeaders", "host").split(";"), b"", stamp)
    request.headers["X-Amz-Content-SHA256"] = "UNSIGNED-PAYLOAD"
    signer = _signer(service, scope, secret)
    signer.headers_to_sign = lambda request: _only(request, given.get("X-Amz-SignedHeaders", "host").split(";"))  # type: ignore[method-assign]
    _compare(signer, request, signature)


def _only(request: AWSRequest, names: list[str]) -> Any:
    """The signed headers, without the payload's hash, which a presigned URL does not carry."""
    kept = AWSRequest(method=request.method, url=request.url)
    for name in names:
        kept.headers[name] = request.headers.get(name, "")
    return kept.headers


def _request(environ: Mapping[str, Any], query: str, signed: list[str], body: bytes, stamp: str) -> AWSRequest:
    path = environ["REQUEST_URI"].split("?")[0]
    request = AWSRequest(
        method=environ["REQUEST_METHOD"],
        url=f"http://{environ.get('HTTP_HOST', '')}{path}{'?' + query if query else ''}",
        data=body,
    )
    for name in signed:
        request.headers[name] = _header(environ, name)
    if "HTTP_X_AMZ_CONTENT_SHA256" in environ and "x-amz-content-sha256" not in signed:
        request.headers["X-Amz-Content-SHA256"] = environ["HTTP_X_AMZ_CONTENT_SHA256"]
    request.context["timestamp"] = stamp
    return request


def _header(environ: Mapping[str, Any], name: str) -> str:
    key = name.upper().replace("-", "_")
    value = environ.get(key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}", "")
    return str(value)


def _signer(service: str, scope: Scope, secret: str) -> SigV4Auth:
    kind = S3SigV4Auth if service == "s3" else SigV4Auth
    return kind(Credentials(scope.access_key_id, secret), scope.signing_name, scope.region)


def _compare(signer: SigV4Auth, request: AWSRequest, given: str) -> None:
    canonical = signer.canonical_request(request)
    expected = signer.signature(signer.string_to_sign(request, canonical), request)
    if not hmac.compare_digest(expected, given):
        raise SignatureError(
            "wrong_signature",
            "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and "
            "signing method. Consult the service documentation for details.",
        )


def _check_time(stamp: str, now: datetime, allowed: timedelta) -> None:
    signed = datetime.strptime(stamp, _FORMAT).replace(tzinfo=UTC)
    if abs(now - signed) > allowed:
        raise SignatureError("skewed", f"Signature not yet current or expired: {stamp} is not within {allowed} of {now:{_FORMAT}}")


