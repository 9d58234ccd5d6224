"""The actions that S3's operations need, and on which buckets and objects.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qs, unquote

from sandbox.model import ApiRequest

_OTHER_NAMES = {
    "ListBuckets": "ListAllMyBuckets",
    "ListObjects": "ListBucket",
    "ListObjectsV2": "ListBucket",
    "HeadBucket": "ListBucket",
    "ListObjectVersions": "ListBucketVersions",
    "HeadObject": "GetObject",
    "SelectObjectContent": "GetObject",
    "DeleteObjects": "DeleteObject",
    "CreateMultipartUpload": "PutObject",
    "UploadPart": "PutObject",
    "UploadPartCopy": "PutObject",
    "CompleteMultipartUpload": "PutObject",
    "ListParts": "ListMultipartUploadParts",
    "ListMultipartUploads": "ListBucketMultipartUploads",
    "CopyObject": "PutObject",
    "GetBucketAccelerateConfiguration": "GetAccelerateConfiguration",
    "PutBucketAccelerateConfiguration": "PutAccelerateConfiguration",
    "PutBucketLifecycleConfiguration": "PutLifecycleConfiguration",
    "GetBucketLifecycleConfiguration": "GetLifecycleConfiguration",
    "DeleteBucketLifecycle": "PutLifecycleConfiguration",
    "PutBucketEncryption": "PutEncryptionConfiguration",
    "GetBucketEncryption": "GetEncryptionConfiguration",
    "DeleteBucketEncryption": "PutEncryptionConfiguration",
    "PutBucketReplication": "PutReplicationConfiguration",
    "GetBucketReplication": "GetReplicationConfiguration",
    "DeleteBucketReplication": "PutReplicationConfiguration",
    "PutPublicAccessBlock": "PutBucketPublicAccessBlock",
    "GetPublicAccessBlock": "GetBucketPublicAccessBlock",
    "DeletePublicAccessBlock": "PutBucketPublicAccessBlock",
    "PutObjectLockConfiguration": "PutBucketObjectLockConfiguration",
    "GetObjectLockConfiguration": "GetBucketObjectLockConfiguration",
    "GetBucketNotificationConfiguration": "GetBucketNotification",
    "PutBucketNotificationConfiguration": "PutBucketNotification",
    "DeleteBucketCors": "PutBucketCORS",
    "DeleteBucketOwnershipControls": "PutBucketOwnershipControls",
    "DeleteBucketTagging": "PutBucketTagging",
}
_BY_VERSION = ("DeleteObject", "GetObject", "GetObjectAcl", "GetObjectTagging", "PutObjectAcl", "PutObjectTagging")
# What writes an object needs more for these parameters.
_BESIDES = {
    "ACL": "PutObjectAcl",
    "GrantFullControl": "PutObjectAcl",
    "GrantRead": "PutObjectAcl",
    "GrantReadACP": "PutObjectAcl",
    "GrantWriteACP": "PutObjectAcl",
    "Tagging": "PutObjectTagging",
    "ObjectLockMode": "PutObjectRetention",
    "ObjectLockLegalHoldStatus": "PutObjectLegalHold",
}


def s3_needs(request: ApiRequest) -> Iterator[tuple[str, str]]:
    """(action, resource ARN)"""
    given, operation = request.parameters, request.operation
    action = _OTHER_NAMES.get(operation, operation)
    if not given.get("Bucket"):
        # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-basics.html: an example
        # allows s3:ListAllMyBuckets on arn:aws:s3:::*
        yield f"s3:{action}", "arn:aws:s3:::*"
        return
    objects = (given.get("Delete") or {}).get("Objects")
    if operation == "DeleteObjects" and objects:
        for one in objects:
            yield f"s3:{_versioned(action, one)}", _arn(given["Bucket"], one.get("Key"))
        return
    resource = _arn(given["Bucket"], given.get("Key"))
    yield f"s3:{_versioned(action, given)}", resource
    if operation in ("CopyObject", "UploadPartCopy"):
        yield _source(given.get("CopySource"))
    if operation in ("PutObject", "CopyObject", "CreateMultipartUpload"):
        for besides in dict.fromkeys(_BESIDES[name] for name in _BESIDES if given.get(name)):
            yield f"s3:{besides}", resource
    if operation == "GetObjectAttributes":
        yield f"s3:{_versioned('GetObject', given)}", resource


def _versioned(action: str, given: Mapping[str, Any]) -> str:
    """With a version asked for, the action is another one: s3:GetObjectVersion, s3:GetObjectVersionAcl."""
    if not given.get("VersionId") or action not in _BY_VERSION:
        return action
    return action.replace("Object", "ObjectVersion", 1)


def _source(given: Any) -> tuple[str, str]:
    """bucket/key?versionId=..., percent-encoded: https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html"""
    path, _, query = str(given or "").partition("?")
    version = {"VersionId": parse_qs(query).get("versionId", [""])[0]}
    bucket, _, key = unquote(path).lstrip("/").partition("/")
    return f"s3:{_versioned('GetObject', version)}", _arn(bucket, key)


def _arn(bucket: str, key: str | None) -> str:
    return f"arn:aws:s3:::{bucket}/{key}" if key else f"arn:aws:s3:::{bucket}"
