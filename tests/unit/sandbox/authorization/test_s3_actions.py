"""Which actions S3's operations need, and on what.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html"""

from __future__ import annotations

from typing import Any

import pytest
from sandbox_calls import call

from sandbox.authorization.s3_actions import s3_needs

BUCKET, OBJECT = "arn:aws:s3:::b", "arn:aws:s3:::b/dir/k"


@pytest.mark.parametrize(
    ("operation", "parameters", "wanted"),
    [
        ("ListBuckets", {}, [("s3:ListAllMyBuckets", "arn:aws:s3:::*")]),
        ("ListObjectsV2", {"Bucket": "b"}, [("s3:ListBucket", BUCKET)]),
        ("HeadBucket", {"Bucket": "b"}, [("s3:ListBucket", BUCKET)]),
        ("ListObjectVersions", {"Bucket": "b"}, [("s3:ListBucketVersions", BUCKET)]),
        ("GetBucketEncryption", {"Bucket": "b"}, [("s3:GetEncryptionConfiguration", BUCKET)]),
        ("DeletePublicAccessBlock", {"Bucket": "b"}, [("s3:PutBucketPublicAccessBlock", BUCKET)]),
        ("GetObject", {"Bucket": "b", "Key": "dir/k"}, [("s3:GetObject", OBJECT)]),
        ("HeadObject", {"Bucket": "b", "Key": "dir/k"}, [("s3:GetObject", OBJECT)]),
        ("GetObject", {"Bucket": "b", "Key": "dir/k", "VersionId": "v"}, [("s3:GetObjectVersion", OBJECT)]),
        ("HeadObject", {"Bucket": "b", "Key": "dir/k", "VersionId": "v"}, [("s3:GetObjectVersion", OBJECT)]),
        ("GetObjectAcl", {"Bucket": "b", "Key": "dir/k", "VersionId": "v"}, [("s3:GetObjectVersionAcl", OBJECT)]),
        ("DeleteObject", {"Bucket": "b", "Key": "dir/k"}, [("s3:DeleteObject", OBJECT)]),
        ("DeleteObject", {"Bucket": "b", "Key": "dir/k", "VersionId": "v"}, [("s3:DeleteObjectVersion", OBJECT)]),
        ("UploadPart", {"Bucket": "b", "Key": "dir/k", "PartNumber": 1}, [("s3:PutObject", OBJECT)]),
        ("PutObject", {"Bucket": "b", "Key": "dir/k"}, [("s3:PutObject", OBJECT)]),
        (
            "PutObject",
            {"Bucket": "b", "Key": "dir/k", "ACL": "public-read", "Tagging": "a=b"},
            [("s3:PutObject", OBJECT), ("s3:PutObjectAcl", OBJECT), ("s3:PutObjectTagging", OBJECT)],
        ),
        (
            "PutObject",
            {"Bucket": "b", "Key": "dir/k", "ObjectLockMode": "COMPLIANCE"},
            [("s3:PutObject", OBJECT), ("s3:PutObjectRetention", OBJECT)],
        ),
        (
            "DeleteObjects",
            {"Bucket": "b", "Delete": {"Objects": [{"Key": "dir/k"}, {"Key": "x", "VersionId": "v"}]}},
            [("s3:DeleteObject", OBJECT), ("s3:DeleteObjectVersion", "arn:aws:s3:::b/x")],
        ),
        ("DeleteObjects", {"Bucket": "b", "Delete": {"Objects": []}}, [("s3:DeleteObject", BUCKET)]),
        ("DeleteObjects", {"Bucket": "b"}, [("s3:DeleteObject", BUCKET)]),
    ],
)
def test_an_operation_needs_these(operation: str, parameters: dict[str, Any], wanted: list[tuple[str, str]]) -> None:
    assert list(s3_needs(call("s3", operation, parameters))) == wanted


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        ("from/a/b.txt", ("s3:GetObject", "arn:aws:s3:::from/a/b.txt")),
        ("/from/a/b.txt", ("s3:GetObject", "arn:aws:s3:::from/a/b.txt")),
        ("from/a%20b%3F", ("s3:GetObject", "arn:aws:s3:::from/a b?")),
        ("from/a?versionId=v", ("s3:GetObjectVersion", "arn:aws:s3:::from/a")),
    ],
)
@pytest.mark.parametrize("operation", ["CopyObject", "UploadPartCopy"])
def test_copying_reads_the_source(operation: str, source: str, wanted: tuple[str, str]) -> None:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html"""
    found = list(s3_needs(call("s3", operation, {"Bucket": "b", "Key": "dir/k", "CopySource": source})))
    assert found == [("s3:PutObject", OBJECT), wanted]
