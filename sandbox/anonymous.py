"""Requests that nobody signed: S3 alone answers them, where a bucket's policy lets everybody in.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-policy-language-overview.html

ACLs let nobody in: they are off for every bucket that is made today.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from moto.backends import get_backend

from sandbox.authorization import actions
from sandbox.authorization.authorizer import bucket_owner
from sandbox.authorization.decision import Ask, Policies, refusal
from sandbox.authorization.known import Known
from sandbox.authorization.views import Views
from sandbox.model import ApiRequest, Caller

NOBODY = Caller(kind="anonymous", account="anonymous", arn="anonymous", user_id="", access_key_id="", name="")


def is_anonymous(environ: Mapping[str, Any], service: str) -> bool:
    """Whether the request carries nothing that a signature would."""
    query = environ.get("QUERY_STRING", "")
    return (
        service == "s3"
        and "HTTP_AUTHORIZATION" not in environ
        and "X-Amz-" not in query
        and "AWSAccessKeyId=" not in query
    )


def may(request: ApiRequest, views: Views) -> bool:
    """Whether the bucket's policy allows it to everybody."""
    name = str(request.parameters.get("Bucket") or "")
    owner = bucket_owner(f"arn:aws:s3:::{name}") if name else None
    if owner is None:
        return False
    bucket = get_backend("s3")[owner]["aws"].buckets[name]
    if _restricted(bucket) or not bucket.policy:
        return False
    text = bucket.policy.decode() if isinstance(bucket.policy, bytes) else bucket.policy
    policies = Policies(identity=(), resource=text, same_account=True)
    return all(
        not refusal(policies, Ask(action=action, resource=resource, context=_context(request, owner), caller=NOBODY))
        for action, resource in actions.needs(request, NOBODY, Known(views))
    )


def _restricted(bucket: Any) -> bool:
    """RestrictPublicBuckets:
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html"""
    block = bucket.public_access_block
    return block is not None and str(block.restrict_public_buckets).lower() == "true"


def _context(request: ApiRequest, owner: str) -> dict[str, str | list[str]]:
    """What is known of a stranger: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html"""
    return {
        "aws:principaltype": "Anonymous",
        "aws:requestedregion": request.region,
        "aws:sourceip": request.source_ip,
        "aws:useragent": request.user_agent,
        "aws:currenttime": f"{request.time:%Y-%m-%dT%H:%M:%SZ}",
        "aws:epochtime": str(int(request.time.timestamp())),
        "aws:securetransport": "true",
        "aws:viaawsservice": "false",
        "aws:principalisawsservice": "false",
        "aws:resourceaccount": owner,
    }
