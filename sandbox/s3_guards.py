"""What S3 refuses of bucket policies, and moto lets pass.
https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketPolicy.html"""

from __future__ import annotations

import json

from moto.backends import get_backend

from sandbox.authorization.authorizer import bucket_owner
from sandbox.errors import ApiError
from sandbox.model import ApiRequest, Caller
from sandbox.public_policies import listed, opens_to_all

_MOST_BYTES = 20 * 1024
"""https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-policies.html"""


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


def _blocks_public_policies(bucket: str, caller: Caller) -> bool:
    """The bucket's own setting or its account's: the stricter one counts."""
    owner = bucket_owner(f"arn:aws:s3:::{bucket}") or caller.account
    found = get_backend("s3")[owner]["aws"].buckets.get(bucket)
    blocks = [found.public_access_block if found else None, get_backend("s3control")[owner]["aws"].public_access_block]
    return any(str(block.block_public_policy).lower() == "true" for block in blocks if block)


GUARDS = {("s3", "PutBucketPolicy"): _policy_is_acceptable}
