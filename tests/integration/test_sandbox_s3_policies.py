"""What S3 refuses of bucket policies. https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketPolicy.html"""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError
from sandbox_client import Sandbox

BUCKET = "designs-of-ours"


@pytest.fixture
def client(sandbox: Sandbox) -> Any:
    made = sandbox.client("s3")
    made.create_bucket(Bucket=BUCKET)
    return made


def _policy(principal: Any, sid: str = "one") -> str:
    statement = {"Sid": sid, "Effect": "Allow", "Principal": principal, "Action": "s3:GetObject"}
    statement["Resource"] = f"arn:aws:s3:::{BUCKET}/*"
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def _refusal(client: Any, text: str) -> str:
    with pytest.raises(ClientError) as refused:
        client.put_bucket_policy(Bucket=BUCKET, Policy=text)
    return str(refused.value.response["Error"]["Code"])


def test_no_json_and_too_much_of_it_are_malformed(client: Any) -> None:
    assert _refusal(client, "{") == "MalformedPolicy"
    assert _refusal(client, _policy("*", "x" * 20 * 1024)) == "MalformedPolicy"


def test_a_blocked_bucket_takes_no_public_policy(client: Any, sandbox: Sandbox) -> None:
    """https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html"""
    client.put_public_access_block(Bucket=BUCKET, PublicAccessBlockConfiguration={"BlockPublicPolicy": True})
    assert _refusal(client, _policy("*")) == "AccessDenied"
    assert _refusal(client, _policy({"AWS": "*"})) == "AccessDenied"
    client.put_bucket_policy(Bucket=BUCKET, Policy=_policy({"AWS": f"arn:aws:iam::{sandbox.management}:root"}))
    client.delete_public_access_block(Bucket=BUCKET)
    client.put_bucket_policy(Bucket=BUCKET, Policy=_policy("*"))
