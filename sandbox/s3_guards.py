"""What S3 refuses of bucket policies and ACLs, and moto lets pass.
https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketPolicy.html"""

from __future__ import annotations

import json
from typing import Any

from moto.backends import get_backend

from sandbox.authorization.authorizer import bucket_owner
from sandbox.errors import ApiError
from sandbox.model import ApiRequest, Caller
from sandbox.public_policies import listed, opens_to_all

_MOST_BYTES = 20 * 1024
"""https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-policies.html"""
_EVERYBODY = "http://acs.amazonaws.com/groups/global/"
_PUBLIC_ACLS = ("public-read", "authenticated-read")
_ACLS = ("AccessControlPolicy", "GrantRead", "GrantWrite", "GrantFullControl", "GrantReadACP", "GrantWriteACP")


def _policy_is_acceptable(request: ApiRequest, caller: Caller) -> None:
    text = request.parameters.get("Policy")
    text = text.decode() if isinstance(text, bytes) else str(text)
    if len(text.encode()) > _MOST_BYTES:
        raise ApiError("MalformedPolicy", "Policy is too large: bucket policies are limited to 20 KB.", 400)
    try:
        statements = json.loads(text)["Statement"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ApiError("MalformedPolicy", "This policy contains invalid Json", 400) from error
    bucket = str(request.parameters["Bucket"])
    if _blocks_public_policies(bucket, caller) and any(opens_to_all(one) for one in listed(statements)):
        # https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html: BlockPublicPolicy
        raise ApiError(
            "AccessDenied",
            f'User: {caller.arn} is not authorized to perform: s3:PutBucketPolicy on resource: "arn:aws:s3:::{bucket}" because '
            "public policies are blocked by the BlockPublicPolicy block public access setting.",
            403,
        )


def _acl_is_acceptable(request: ApiRequest, caller: Caller) -> None:
    """https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html: BlockPublicAcls"""
    given, bucket = request.parameters, str(request.parameters["Bucket"])
    owner = bucket_owner(f"arn:aws:s3:::{bucket}") or caller.account
    found = get_backend("s3")[owner]["aws"].buckets.get(bucket)
    if found is None:
        return
    if str(found.ownership_rule) == "BucketOwnerEnforced" and given.get("ACL") not in (
        "private",
        "bucket-owner-full-control",
    ):
        raise ApiError("AccessControlListNotSupported", "The bucket does not allow ACLs", 400)
    if _blocks(found, owner, "block_public_acls") and any(_EVERYBODY in json.dumps(given.get(name)) for name in _ACLS):
        raise ApiError("AccessDenied", "Access Denied", 403)
    if _blocks(found, owner, "block_public_acls") and str(given.get("ACL") or "").startswith(_PUBLIC_ACLS):
        raise ApiError("AccessDenied", "Access Denied", 403)


def _blocks_public_policies(bucket: str, caller: Caller) -> bool:
    owner = bucket_owner(f"arn:aws:s3:::{bucket}") or caller.account
    return _blocks(get_backend("s3")[owner]["aws"].buckets.get(bucket), owner, "block_public_policy")


def _blocks(bucket: Any, owner: str, setting: str) -> bool:
    """The bucket's own setting or its account's: the stricter one counts."""
    blocks = [
        bucket.public_access_block if bucket else None,
        get_backend("s3control")[owner]["aws"].public_access_block,
    ]
    return any(str(getattr(block, setting)).lower() == "true" for block in blocks if block)


GUARDS = {
    ("s3", "PutBucketPolicy"): _policy_is_acceptable,
    ("s3", "PutBucketAcl"): _acl_is_acceptable,
    ("s3", "PutObjectAcl"): _acl_is_acceptable,
}
