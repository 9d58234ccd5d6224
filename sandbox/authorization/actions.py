"""Which IAM actions on which resources an API operation needs: most are "service:Operation", this is about the others.
https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from sandbox.model import ApiRequest, Caller

Need = tuple[str, str]
"""(action, resource ARN)"""

# boto3's service name -> the prefix of its IAM actions
_PREFIXES = {
    "stepfunctions": "states",
    "resourcegroupstaggingapi": "tag",
    "cloudwatch": "cloudwatch",
    "elb": "elasticloadbalancing",
    "elbv2": "elasticloadbalancing",
    "service-quotas": "servicequotas",
    "efs": "elasticfilesystem",
}
# Operations whose action has another name.
# https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
_OTHER_NAMES = {
    "s3:ListBuckets": "s3:ListAllMyBuckets",
    "s3:ListObjects": "s3:ListBucket",
    "s3:ListObjectsV2": "s3:ListBucket",
    "s3:HeadBucket": "s3:ListBucket",
    "s3:ListObjectVersions": "s3:ListBucketVersions",
    "s3:HeadObject": "s3:GetObject",
    "s3:DeleteObjects": "s3:DeleteObject",
    "s3:CreateMultipartUpload": "s3:PutObject",
    "s3:UploadPart": "s3:PutObject",
    "s3:CompleteMultipartUpload": "s3:PutObject",
    "s3:ListParts": "s3:ListMultipartUploadParts",
    "s3:ListMultipartUploads": "s3:ListBucketMultipartUploads",
    "s3:CopyObject": "s3:PutObject",
    "s3:PutBucketLifecycleConfiguration": "s3:PutLifecycleConfiguration",
    "s3:GetBucketLifecycleConfiguration": "s3:GetLifecycleConfiguration",
    "s3:DeleteBucketLifecycle": "s3:PutLifecycleConfiguration",
    "s3:PutBucketEncryption": "s3:PutEncryptionConfiguration",
    "s3:GetBucketEncryption": "s3:GetEncryptionConfiguration",
    "s3:DeleteBucketEncryption": "s3:PutEncryptionConfiguration",
    "s3:PutBucketReplication": "s3:PutReplicationConfiguration",
    "s3:GetBucketReplication": "s3:GetReplicationConfiguration",
    "s3:PutPublicAccessBlock": "s3:PutBucketPublicAccessBlock",
    "s3:GetPublicAccessBlock": "s3:GetBucketPublicAccessBlock",
    "s3:DeletePublicAccessBlock": "s3:PutBucketPublicAccessBlock",
    "s3:PutObjectLockConfiguration": "s3:PutBucketObjectLockConfiguration",
    "s3:GetObjectLockConfiguration": "s3:GetBucketObjectLockConfiguration",
    "s3:GetBucketNotificationConfiguration": "s3:GetBucketNotification",
    "s3:PutBucketNotificationConfiguration": "s3:PutBucketNotification",
    "s3:DeleteBucketCors": "s3:PutBucketCORS",
    "s3:DeleteBucketTagging": "s3:PutBucketTagging",
    "lambda:Invoke": "lambda:InvokeFunction",
}
# Nothing can allow or deny these: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html,
# https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html
_NEED_NOTHING = {("sts", "GetCallerIdentity"), ("sts", "GetSessionToken")}

_VERSIONED = re.compile(r"\d{4}_?\d{2}_?\d{2}(v\d)?$")

# service:Operation -> parameter with the ARN of a role that is passed along
_PASSED = {
    "ec2:RunInstances": ("IamInstanceProfile",),
    "lambda:CreateFunction": ("Role",),
    "lambda:UpdateFunctionConfiguration": ("Role",),
    "cloudformation:CreateStack": ("RoleARN",),
}


def needs(request: ApiRequest, caller: Caller) -> list[Need]:
    """Everything that must be allowed for this request; nothing for what needs no permission."""
    service, operation = request.service, request.operation
    if (service, operation) in _NEED_NOTHING:
        return []
    prefix = _PREFIXES.get(service, service)
    name = f"{prefix}:{_VERSIONED.sub('', operation)}"
    action = _OTHER_NAMES.get(name, name)
    resource = _RESOURCES.get(service, _any)(request, caller)
    wanted = [(action, resource)]
    for parameter in _PASSED.get(f"{service}:{operation}", ()):
        arn = request.parameters.get(parameter)
        if isinstance(arn, str) and ":role/" in arn:
            wanted.append(("iam:PassRole", arn))
    if service == "s3" and operation == "CopyObject":
        source = str(request.parameters.get("CopySource", "")).lstrip("/").split("?")[0]
        wanted.append(("s3:GetObject", f"arn:aws:s3:::{source}"))
    return wanted


def _any(_request: ApiRequest, _caller: Caller) -> str:
    return "*"


def _iam(request: ApiRequest, caller: Caller) -> str:
    """IAM resources carry their path, which only their owner knows: `authorizer` puts it in for users and roles."""
    given, account = request.parameters, caller.account
    if "PolicyArn" in given and not any(name in given for name in ("UserName", "RoleName", "GroupName")):
        return str(given["PolicyArn"])
    for parameter, kind in (("UserName", "user"), ("RoleName", "role"), ("GroupName", "group"), ("InstanceProfileName", "instance-profile")):
        if given.get(parameter):
            return f"arn:aws:iam::{account}:{kind}{given.get('Path', '/')}{given[parameter]}"
    if request.operation in _OWN_USER and caller.kind == "user":
        return caller.arn
    return "*"


# Without UserName these are about the caller: https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListAccessKeys.html
_OWN_USER = {"GetUser", "ListAccessKeys", "CreateAccessKey", "UpdateAccessKey", "DeleteAccessKey", "ChangePassword", "ListMFADevices"}


def _sts(request: ApiRequest, _caller: Caller) -> str:
    if request.operation == "GetFederationToken":
        return f"arn:aws:sts::{_caller.account}:federated-user/{request.parameters.get('Name', '')}"
    return str(request.parameters.get("RoleArn", "*"))


def _s3(request: ApiRequest, _caller: Caller) -> str:
    bucket, key = request.parameters.get("Bucket"), request.parameters.get("Key")
    if not bucket:
        return "*"
    return f"arn:aws:s3:::{bucket}/{key}" if key else f"arn:aws:s3:::{bucket}"


def _by_parameter(*rows: tuple[str, str]) -> Callable[[ApiRequest, Caller], str]:
    """The first parameter that is there, put into its ARN pattern; a value that is an ARN already stands as it is."""

    def resource(request: ApiRequest, caller: Caller) -> str:
        for parameter, pattern in rows:
            value = request.parameters.get(parameter)
            if isinstance(value, list) and len(value) == 1:
                value = value[0]
            if isinstance(value, str) and value:
                return value if value.startswith("arn:") else pattern.format(value, region=request.region, account=caller.account)
        return "*"

    return resource


_EC2 = "arn:aws:ec2:{region}:{account}:"
_RESOURCES: Mapping[str, Callable[[ApiRequest, Caller], str]] = {
    "iam": _iam,
    "sts": _sts,
    "s3": _s3,
    "ec2": _by_parameter(
        ("InstanceId", _EC2 + "instance/{}"),
        ("InstanceIds", _EC2 + "instance/{}"),
        ("VolumeId", _EC2 + "volume/{}"),
        ("SnapshotId", "arn:aws:ec2:{region}::snapshot/{}"),
        ("NetworkInterfaceId", _EC2 + "network-interface/{}"),
        ("GroupId", _EC2 + "security-group/{}"),
        ("NetworkAclId", _EC2 + "network-acl/{}"),
        ("VpcId", _EC2 + "vpc/{}"),
        ("SubnetId", _EC2 + "subnet/{}"),
    ),
    "kms": _by_parameter(("KeyId", "arn:aws:kms:{region}:{account}:key/{}")),
    "lambda": _by_parameter(("FunctionName", "arn:aws:lambda:{region}:{account}:function:{}")),
    "sqs": _by_parameter(("QueueName", "arn:aws:sqs:{region}:{account}:{}")),
    "sns": _by_parameter(("TopicArn", "{}"), ("Name", "arn:aws:sns:{region}:{account}:{}")),
    "secretsmanager": _by_parameter(
        ("SecretId", "arn:aws:secretsmanager:{region}:{account}:secret:{}"), ("Name", "arn:aws:secretsmanager:{region}:{account}:secret:{}")
    ),
    "dynamodb": _by_parameter(("TableName", "arn:aws:dynamodb:{region}:{account}:table/{}")),
    "cloudtrail": _by_parameter(("Name", "arn:aws:cloudtrail:{region}:{account}:trail/{}")),
    "logs": _by_parameter(("logGroupName", "arn:aws:logs:{region}:{account}:log-group:{}")),
    "guardduty": _by_parameter(("DetectorId", "arn:aws:guardduty:{region}:{account}:detector/{}")),
    "ssm": _by_parameter(("Name", "arn:aws:ssm:{region}:{account}:parameter/{}"), ("InstanceIds", _EC2 + "instance/{}")),
}


def resource_account(resource: str, caller: Caller) -> str:
    """The account that owns an ARN, where it says so; S3's do not."""
    parts: Any = resource.split(":")
    return parts[4] if len(parts) > 5 and parts[4].isdigit() else caller.account
