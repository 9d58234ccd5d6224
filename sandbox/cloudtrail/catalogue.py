"""What CloudTrail makes of each API call: recorded or not, under which name, as a management or a data event, in which region.

Which calls are data events: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/logging-data-events-with-cloudtrail.html
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal

Category = Literal["Management", "Data"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """How events of one operation are labelled."""

    source: str
    name: str
    category: Category
    read_only: bool
    version: str
    resource_type: str | None = None
    """What event selectors call the resource; data events only."""


# https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html (eventSource)
_SOURCES = {
    "bedrock-runtime": "bedrock",
    "cloudwatch": "monitoring",
    "efs": "elasticfilesystem",
    "elb": "elasticloadbalancing",
    "elbv2": "elasticloadbalancing",
    "es": "es",
    "opensearch": "es",
    "resourcegroupstaggingapi": "tagging",
    "s3control": "s3",
    "service-quotas": "servicequotas",
    "sesv2": "ses",
    "sso-admin": "sso",
    "stepfunctions": "states",
}

# Recorded in us-east-1 wherever the caller is. STS goes by its endpoint's region.
# https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-concepts.html#cloudtrail-concepts-global-service-events
GLOBAL_SERVICES = frozenset(
    {"account", "cloudfront", "iam", "organizations", "route53", "route53domains", "shield", "support"}
)
GLOBAL_REGION = "us-east-1"

# CloudTrail's own names for S3's operations.
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/cloudtrail-logging-s3-info.html
_S3_NAMES = {
    "DeletePublicAccessBlock": "DeleteBucketPublicAccessBlock",
    "GetBucketLifecycleConfiguration": "GetBucketLifecycle",
    "GetBucketNotificationConfiguration": "GetBucketNotification",
    "GetObjectLockConfiguration": "GetBucketObjectLockConfiguration",
    "GetPublicAccessBlock": "GetBucketPublicAccessBlock",
    "ListObjectsV2": "ListObjects",
    "PutBucketLifecycleConfiguration": "PutBucketLifecycle",
    "PutBucketNotificationConfiguration": "PutBucketNotification",
    "PutObjectLockConfiguration": "PutBucketObjectLockConfiguration",
    "PutPublicAccessBlock": "PutBucketPublicAccessBlock",
}
# What concerns a whole account, has its name in it: the same page.
_S3_ACCOUNT_NAMES = {
    "DeletePublicAccessBlock": "DeleteAccountPublicAccessBlock",
    "GetPublicAccessBlock": "GetAccountPublicAccessBlock",
    "PutPublicAccessBlock": "PutAccountPublicAccessBlock",
}
_S3_OBJECT_WORDS = ("Object", "Upload", "MultipartUploads", "Parts")
_S3_BUCKET_LEVEL = frozenset({"GetObjectLockConfiguration", "PutObjectLockConfiguration"})

# https://docs.aws.amazon.com/lambda/latest/dg/logging-using-cloudtrail.html: names carry the date and version of the API.
_LAMBDA_NAMES = {
    "AddPermission": "AddPermission20150331v2",
    "CreateEventSourceMapping": "CreateEventSourceMapping20150331",
    "CreateFunction": "CreateFunction20150331",
    "DeleteEventSourceMapping": "DeleteEventSourceMapping20150331",
    "DeleteFunction": "DeleteFunction20150331",
    "GetFunction": "GetFunction20150331v2",
    "GetFunctionConfiguration": "GetFunctionConfiguration20150331v2",
    "GetPolicy": "GetPolicy20150331v2",
    "ListFunctions": "ListFunctions20150331",
    "PublishVersion": "PublishVersion20150331",
    "RemovePermission": "RemovePermission20150331v2",
    "UpdateEventSourceMapping": "UpdateEventSourceMapping20150331",
    "UpdateFunctionCode": "UpdateFunctionCode20150331v2",
    "UpdateFunctionConfiguration": "UpdateFunctionConfiguration20150331v2",
}

_DYNAMODB_ITEMS = (
    "BatchExecuteStatement BatchGetItem BatchWriteItem DeleteItem ExecuteStatement ExecuteTransaction GetItem PutItem Query Scan "
    "TransactGetItems TransactWriteItems UpdateItem"
)
_DATA: dict[str, tuple[str, frozenset[str]]] = {
    "lambda": ("AWS::Lambda::Function", frozenset({"Invoke", "InvokeAsync", "InvokeWithResponseStream"})),
    "dynamodb": (
        "AWS::DynamoDB::Table",
        frozenset(_DYNAMODB_ITEMS.split()),
    ),
    "ebs": (
        "AWS::EC2::Snapshot",
        frozenset(["GetSnapshotBlock", "ListChangedBlocks", "ListSnapshotBlocks", "PutSnapshotBlock"]),
    ),
    "sqs": (
        "AWS::SQS::Queue",
        frozenset(
            [
                "ChangeMessageVisibility",
                "ChangeMessageVisibilityBatch",
                "DeleteMessage",
                "DeleteMessageBatch",
                "ReceiveMessage",
                "SendMessage",
                "SendMessageBatch",
            ]
        ),
    ),
    "sns": ("AWS::SNS::Topic", frozenset({"Publish", "PublishBatch"})),
    "kinesis": (
        "AWS::Kinesis::Stream",
        frozenset({"GetRecords", "GetShardIterator", "PutRecord", "PutRecords", "SubscribeToShard"}),
    ),
    "cloudwatch": ("AWS::CloudWatch::Metric", frozenset({"PutMetricData", "GetMetricData", "GetMetricStatistics"})),
    "xray": ("AWS::XRay::Trace", frozenset({"PutTraceSegments"})),
}

# No event at all.
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/logging_cw_api_calls.html does not list PutLogEvents,
# https://docs.aws.amazon.com/firehose/latest/dev/monitoring-using-cloudtrail.html not PutRecord.
_UNRECORDED = frozenset(
    {("logs", "PutLogEvents"), ("events", "PutEvents"), ("firehose", "PutRecord"), ("firehose", "PutRecordBatch")}
)

# Read-only although their names do not say so, as real events and documented examples show.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/cloudtrail-integration.html (STS)
# https://docs.aws.amazon.com/kms/latest/developerguide/ct-generatedatakey.html (KMS)
_READ_ONLY_CALLS = frozenset(
    {("sts", name) for name in ("AssumeRole", "AssumeRoleWithSAML", "AssumeRoleWithWebIdentity", "AssumeRoot")}
    | {
        ("kms", name)
        for name in (
            "Decrypt",
            "Encrypt",
            "GenerateDataKey",
            "GenerateDataKeyWithoutPlaintext",
            "ReEncrypt",
            "Sign",
            "Verify",
        )
    }
)

# As seen in real events; what is not listed writes the version that was current in 2024.
_VERSIONS = {
    "iam": "1.09",
    "sts": "1.08",
    "ec2": "1.09",
    "ssm": "1.08",
    "organizations": "1.09",
    "secretsmanager": "1.09",
    "lambda": "1.08",
}


@cache
def kind_of(service: str, operation: str, read_only: bool) -> Kind | None:
    """The label of an operation's events; None where CloudTrail records none. `read_only` is what the operation's name suggests."""
    if (service, operation) in _UNRECORDED:
        return None
    category, resource_type = _category(service, operation)
    return Kind(
        source=f"{_SOURCES.get(service, service)}.amazonaws.com",
        name=_name(service, operation),
        category=category,
        read_only=read_only or (service, operation) in _READ_ONLY_CALLS,
        version=_VERSIONS.get(service, "1.10"),
        resource_type=resource_type,
    )


def _name(service: str, operation: str) -> str:
    if service == "s3":
        return _S3_NAMES.get(operation, operation)
    if service == "s3control":
        return _S3_ACCOUNT_NAMES.get(operation, operation)
    return _LAMBDA_NAMES.get(operation, operation) if service == "lambda" else operation


def _category(service: str, operation: str) -> tuple[Category, str | None]:
    if service == "s3":
        if operation not in _S3_BUCKET_LEVEL and any(word in operation for word in _S3_OBJECT_WORDS):
            return "Data", "AWS::S3::Object"
        return "Management", None
    resource_type, operations = _DATA.get(service, ("", frozenset()))
    return ("Data", resource_type) if operation in operations else ("Management", None)
