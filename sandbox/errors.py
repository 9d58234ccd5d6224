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
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html
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
    "expired_url": {
        "query": ("SignatureDoesNotMatch", 403),
        "s3": ("AccessDenied", 403),
    },
    "wrong_payload": {
        "query": ("SignatureDoesNotMatch", 403),
        "ec2": ("AuthFailure", 401),
        "json": ("InvalidSignatureException", 400),
        "rest-json": ("InvalidSignatureException", 403),
        "s3": ("XAmzContentSHA256Mismatch", 400),
    },
    "headers_unsigned": {
        "query": ("SignatureDoesNotMatch", 403),
        "ec2": ("AuthFailure", 401),
        "json": ("InvalidSignatureException", 400),
        "rest-json": ("InvalidSignatureException", 403),
        "s3": ("AccessDenied", 403),
    },
    "malformed_signature": {
        "query": ("IncompleteSignature", 400),
        "json": ("IncompleteSignatureException", 400),
        "s3": ("AuthorizationHeaderMalformed", 400),
    },
    "malformed_url": {
        "query": ("IncompleteSignature", 400),
        "s3": ("AuthorizationQueryParametersError", 400),
    },
    "old_signature_version": {
        "query": ("IncompleteSignature", 400),
        "s3": ("InvalidRequest", 400),
    },
    "unreadable": {
        "query": ("ValidationError", 400),
        "ec2": ("InvalidParameterValue", 400),
        "json": ("SerializationException", 400),
        "rest-json": ("SerializationException", 400),
        "s3": ("MalformedXML", 400),
    },
    "incomplete_body": {
        "query": ("MalformedHttpRequestException", 400),
        "s3": ("IncompleteBody", 400),
    },
    "unknown_operation": {
        "query": ("InvalidAction", 400),
        "json": ("UnknownOperationException", 400),
        "rest-json": ("UnknownOperationException", 404),
        "s3": ("MethodNotAllowed", 405),
    },
    "internal": {
        "query": ("InternalFailure", 500),
        "ec2": ("InternalError", 500),
        "json": ("InternalServerError", 500),
        "s3": ("InternalError", 500),
    },
    "unsigned": {
        "query": ("MissingAuthenticationToken", 403),
        "json": ("MissingAuthenticationTokenException", 400),
        "rest-json": ("MissingAuthenticationTokenException", 403),
        "s3": ("AccessDenied", 403),
    },
}

# What two services say themselves, whatever the reason.
_WORDS = {
    "s3": {
        "unknown_key": "The AWS Access Key Id you provided does not exist in our records.",
        "wrong_token": "The provided token is malformed or otherwise invalid.",
        "expired": "The provided token has expired.",
        "expired_url": "Request has expired",
        "wrong_signature": "The request signature we calculated does not match the signature you provided. Check your key and "
        "signing method.",
        "skewed": "The difference between the request time and the current time is too large.",
        "old_signature_version": "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.",
        "headers_unsigned": "There were headers present in the request which were not signed",
        "unknown_operation": "The specified method is not allowed against this resource.",
        "unsigned": "Access Denied",
    },
    "ec2": dict.fromkeys(
        ("unknown_key", "wrong_token", "wrong_signature", "wrong_payload", "headers_unsigned"),
        "AWS was not able to validate the provided access credentials",
    )
    | {"expired": "Request has expired."},
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
    return ApiError(code, _WORDS.get(service, {}).get(kind, message), status)


def injected(code: str) -> ApiError:
    """The error that a fault asks for."""
    message = "Rate exceeded" if "hrottl" in code else "The sandbox was asked to answer with this error."
    return ApiError(code, message, _STATUS.get(code, 400))
