# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What an AWS error code means for the person who reads it, and what to do. Pure text, no calls."""

from __future__ import annotations

import re

_REMEDIES = {
    "AccessDenied": "Give the responder {permission} on it, or use credentials that have it; a service control policy may deny it too.",
    "AssumeRole": (
        "Let the responder assume that role there, name another one with `assume_role_name` (of playbooks: in `cordon_connection`), or "
        "use credentials of that account. If an attacker has broken that role, shut the account with "
        "cordon.aws.organizations_account_containment."
    ),
    "ExpiredToken": "The responder's session has expired: sign in again and repeat the run; what was done so far is in the case log.",
    "InvalidClientTokenId": "The responder's own access key is unknown or inactive: use other credentials.",
    # What EC2 says of credentials that do not count in a region, such as one that is not enabled:
    # https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html#CommonErrors
    "AuthFailure": "The credentials do not count there: check them, the region's name, and that the region is enabled for the account.",
    "SignatureDoesNotMatch": "The responder's secret key is wrong: check the credentials.",
    "RequestExpired": "This machine's clock is off: synchronise it and repeat the run.",
    "NoSuchEntity": "It does not exist (any more): check the name and the account.",
    "LimitExceeded": "Free some of the quota, or ask AWS to raise it.",
    "Throttling": "AWS kept throttling beyond the retry budget: repeat the run, it goes on where this one stopped.",
    "EntityTemporarilyUnmodifiable": "Somebody is changing it right now: repeat the run in a minute.",
    "ConcurrentModification": "Somebody is changing it right now: repeat the run.",
    "ValidationError": "Check the value.",
    "EndpointConnectionError": "Check the network, and `endpoint_url` if it is set.",
    "ResponseParserError": (
        "Repeat the run. If it says so again, something that the call lists holds characters that an answer cannot carry, such as control "
        "characters in a tag or description: find it with the AWS CLI's `--debug`, and change or delete it."
    ),
    "LostAnswer": "Repeat the run: it looks at what is there before it does anything.",
}
_ALIASES = {
    "AccessDeniedException": "AccessDenied",
    "UnauthorizedOperation": "AccessDenied",
    "ExpiredTokenException": "ExpiredToken",
    "RequestTimeTooSkewed": "RequestExpired",
    "UnrecognizedClientException": "InvalidClientTokenId",
    "InvalidAccessKeyId": "InvalidClientTokenId",
    "ThrottlingException": "Throttling",
    "RequestLimitExceeded": "Throttling",
    "TooManyRequestsException": "Throttling",
    "ConcurrentModificationException": "ConcurrentModification",
    "ResourceContention": "ConcurrentModification",
    "ResourceConflictException": "ConcurrentModification",
    "ResourceInUseException": "ConcurrentModification",
    "ScalingActivityInProgress": "ConcurrentModification",
    "NoSuchEntityException": "NoSuchEntity",
    "ResourceNotFoundException": "NoSuchEntity",
    "InvalidInstanceID.NotFound": "NoSuchEntity",
    "DBInstanceNotFound": "NoSuchEntity",
    "ConnectTimeoutError": "EndpointConnectionError",
    "ProxyConnectionError": "EndpointConnectionError",
    "SSLError": "EndpointConnectionError",
    "ConnectionClosedError": "LostAnswer",
    "ReadTimeoutError": "LostAnswer",
}
_OTHERWISE = "Repeat the run: it goes on where this one stopped. The request id is in the case log."


def kind_of(code: str) -> str:
    """One name for the many spellings of an error: "AccessDeniedException" is "AccessDenied"."""
    return _ALIASES.get(code, code)


def is_passing(code: str) -> bool:
    """Whether the very same call can succeed in a moment: somebody else is changing the same thing.
    https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutUserPolicy.html#API_PutUserPolicy_Errors
    https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_EnterStandby.html#API_EnterStandby_Errors
    https://docs.aws.amazon.com/lambda/latest/api/API_PutFunctionConcurrency.html#API_PutFunctionConcurrency_Errors"""
    return kind_of(code) in ("ConcurrentModification", "EntityTemporarilyUnmodifiable")


def is_gone(code: str) -> bool:
    """Whether AWS says that what was asked about does not exist (any more)."""
    return kind_of(code) == "NoSuchEntity"


def remedy_for(code: str, permission: str) -> str:
    """What to do about `code`, met while using `permission` ("iam:PutUserPolicy")."""
    return _REMEDIES.get(kind_of(code), _OTHERWISE).format(permission=permission)


def explained(code: str, message: str) -> str:
    """AWS's code and message as one clause on one line."""
    flat = re.sub(r"\s+", " ", message).strip().rstrip(".")
    return f"{code}: {flat}" if flat else code
