"""Errors as AWS answers them: one code, told in the spelling and with the HTTP status of the service that was asked."""

from __future__ import annotations


class ApiError(Exception):
    """An error answer. `code` is the service's own spelling; see `spelled` for those that differ between services."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(f"{code}: {message}")
        self.code, self.message, self.status = code, message, status


# kind -> how services spell it, by their protocol; "s3" and "ec2" have words of their own.
# https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html
# https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
# https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
_SPELLINGS: dict[str, dict[str, tuple[str, int]]] = {
    "access_denied": {
        "query": ("AccessDenied", 403),
        "ec2": ("UnauthorizedOperation", 403),
        "json": ("AccessDeniedException", 400),
        "rest-json": ("AccessDeniedException", 403),
        "s3": ("AccessDenied", 403),
    },
    "unknown_key": {
        "query": ("InvalidClientTokenId", 403),
        "ec2": ("AuthFailure", 401),
        "json": ("UnrecognizedClientException", 400),
        "rest-json": ("UnrecognizedClientException", 403),
        "s3": ("InvalidAccessKeyId", 403),
    },
    "wrong_token": {
        "query": ("InvalidClientTokenId", 403),
        "ec2": ("AuthFailure", 401),
        "json": ("UnrecognizedClientException", 400),
        "rest-json": ("UnrecognizedClientException", 403),
        "s3": ("InvalidToken", 400),
    },
    "expired": {
        "query": ("ExpiredToken", 403),
        "ec2": ("RequestExpired", 400),
        "json": ("ExpiredTokenException", 400),
        "rest-json": ("ExpiredTokenException", 403),
        "s3": ("ExpiredToken", 400),
    },
    "wrong_signature": {
        "query": ("SignatureDoesNotMatch", 403),
        "ec2": ("AuthFailure", 401),
        "json": ("InvalidSignatureException", 400),
        "rest-json": ("InvalidSignatureException", 403),
        "s3": ("SignatureDoesNotMatch", 403),
    },
    "skewed": {
        "query": ("SignatureDoesNotMatch", 403),
        "ec2": ("RequestExpired", 400),
        "json": ("InvalidSignatureException", 400),
        "rest-json": ("InvalidSignatureException", 403),
        "s3": ("RequestTimeTooSkewed", 403),
    },
    "unsigned": {
        "query": ("MissingAuthenticationToken", 403),
        "ec2": ("MissingParameter", 400),
        "json": ("MissingAuthenticationTokenException", 400),
        "rest-json": ("MissingAuthenticationTokenException", 403),
        "s3": ("AccessDenied", 403),
    },
}

# HTTP status of errors that /faults may ask for, where it is not 400.
_STATUS = {
    "AccessDenied": 403,
    "InternalError": 500,
    "InternalFailure": 500,
    "InternalServerError": 500,
    "InternalServerException": 500,
    "ServiceFailure": 500,
    "ServiceUnavailable": 503,
    "Unavailable": 503,
    "SlowDown": 503,
    "RequestLimitExceeded": 503,
    "TooManyRequestsException": 429,
    "LimitExceeded": 409,
    "NoSuchEntity": 404,
    "ConcurrentModification": 409,
    "EntityTemporarilyUnmodifiable": 409,
}


def spelled(kind: str, service: str, protocol: str, message: str) -> ApiError:
    """An error of the table above in the words of `service`."""
    words = _SPELLINGS[kind]
    style = service if service in ("s3", "ec2") else {"rest-xml": "query"}.get(protocol, protocol)
    code, status = words.get(style, words["query"])
    return ApiError(code, message, status)


def injected(code: str) -> ApiError:
    """The error that a fault asks for."""
    message = "Rate exceeded" if "hrottl" in code else "The sandbox was asked to answer with this error."
    return ApiError(code, message, _STATUS.get(code, 400))
