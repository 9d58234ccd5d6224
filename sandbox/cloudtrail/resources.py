"""The resources an event is about: its `resources` field, and what LookupEvents finds it by.
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/view-cloudtrail-events-supported-resource-types.html"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

# Names that mean one thing wherever they appear.
_ANYWHERE = {
    "accessKeyId": "AWS::IAM::AccessKey",
    "bucketName": "AWS::S3::Bucket",
    "dBInstanceIdentifier": "AWS::RDS::DBInstance",
    "functionName": "AWS::Lambda::Function",
    "imageId": "AWS::EC2::Ami",
    "instanceId": "AWS::EC2::Instance",
    "instanceProfileName": "AWS::IAM::InstanceProfile",
    "internetGatewayId": "AWS::EC2::InternetGateway",
    "networkAclId": "AWS::EC2::NetworkAcl",
    "networkInterfaceId": "AWS::EC2::NetworkInterface",
    "policyArn": "AWS::IAM::Policy",
    "roleArn": "AWS::IAM::Role",
    "roleName": "AWS::IAM::Role",
    "routeTableId": "AWS::EC2::RouteTable",
    "secretId": "AWS::SecretsManager::Secret",
    "snapshotId": "AWS::EC2::Snapshot",
    "subnetId": "AWS::EC2::Subnet",
    "trailName": "AWS::CloudTrail::Trail",
    "volumeId": "AWS::EC2::Volume",
    "vpcId": "AWS::EC2::VPC",
}
_BY_SOURCE = {
    ("iam.amazonaws.com", "userName"): "AWS::IAM::User",
    ("iam.amazonaws.com", "groupName"): "AWS::IAM::Group",
    ("iam.amazonaws.com", "policyName"): "AWS::IAM::Policy",
    ("ec2.amazonaws.com", "groupId"): "AWS::EC2::SecurityGroup",
    ("ec2.amazonaws.com", "groupName"): "AWS::EC2::SecurityGroup",
    ("ec2.amazonaws.com", "keyName"): "AWS::EC2::KeyPair",
    ("kms.amazonaws.com", "keyId"): "AWS::KMS::Key",
    ("cloudtrail.amazonaws.com", "name"): "AWS::CloudTrail::Trail",
    ("sts.amazonaws.com", "assumedRoleId"): "AWS::STS::AssumedRole",
    ("sts.amazonaws.com", "roleSessionName"): "AWS::STS::AssumedRole",
    ("sts.amazonaws.com", "federatedUserId"): "AWS::STS::FederatedUser",
}


def looked_up(event: Mapping[str, Any]) -> list[dict[str, str]]:
    """`Resources` of LookupEvents: what the request and the answer name."""
    found: dict[tuple[str, str], None] = {}
    for part in (event.get("requestParameters"), event.get("responseElements")):
        for name, value in _leaves(part):
            kind = _BY_SOURCE.get((event["eventSource"], name)) or _ANYWHERE.get(name)
            if kind and value:
                found[kind, value] = None
    assumed = ((event.get("responseElements") or {}).get("assumedRoleUser") or {}).get("arn")
    if assumed:
        found["AWS::STS::AssumedRole", assumed] = None
    return [{"ResourceType": kind, "ResourceName": value} for kind, value in found]


def resources(
    service: str, operation: str, parameters: Mapping[str, Any], account: str, region: str
) -> list[dict[str, str]] | None:
    """`resources`, for the services whose events have it: STS, KMS, S3 objects, Lambda calls, snapshots' blocks."""
    if service == "sts" and "RoleArn" in parameters:
        arn = str(parameters["RoleArn"])
        return [{"accountId": arn.split(":")[4], "type": "AWS::IAM::Role", "ARN": arn}]
    if service == "kms" and "KeyId" in parameters:
        arn = str(parameters["KeyId"])
        if not arn.startswith("arn:"):
            arn = f"arn:aws:kms:{region}:{account}:{'' if arn.startswith('alias/') else 'key/'}{arn}"
        return [{"accountId": arn.split(":")[4], "type": "AWS::KMS::Key", "ARN": arn}]
    if service == "s3" and parameters.get("Bucket"):
        bucket = f"arn:aws:s3:::{parameters['Bucket']}"
        found = [{"accountId": account, "type": "AWS::S3::Bucket", "ARN": bucket}]
        return (
            [{"type": "AWS::S3::Object", "ARN": f"{bucket}/{parameters['Key']}"}, *found]
            if parameters.get("Key")
            else found
        )
    if service == "lambda" and operation.startswith("Invoke"):
        return [
            {"accountId": account, "type": "AWS::Lambda::Function", "ARN": function_arn(parameters, account, region)}
        ]
    if service == "ebs":
        snapshot = parameters.get("SnapshotId") or parameters.get("SecondSnapshotId")
        return [
            {"accountId": account, "type": "AWS::EC2::Snapshot", "ARN": f"arn:aws:ec2:{region}::snapshot/{snapshot}"}
        ]
    return None


def data_arn(service: str, parameters: Mapping[str, Any], account: str, region: str) -> str:
    """The ARN that event selectors compare for a data event; empty where it is not known."""
    if service == "s3":
        return f"arn:aws:s3:::{parameters.get('Bucket', '')}/{parameters.get('Key', '')}"
    if service == "lambda":
        return function_arn(parameters, account, region)
    if service == "dynamodb":
        name = str(parameters.get("TableName", ""))
        return name if name.startswith("arn:") else f"arn:aws:dynamodb:{region}:{account}:table/{name}"
    if service == "ebs":
        return (
            f"arn:aws:ec2:{region}::snapshot/{parameters.get('SnapshotId') or parameters.get('SecondSnapshotId') or ''}"
        )
    if service == "sqs":
        return f"arn:aws:sqs:{region}:{account}:{str(parameters.get('QueueUrl', '')).rsplit('/', 1)[-1]}"
    return str(parameters.get("TopicArn") or parameters.get("StreamARN") or "")


def function_arn(parameters: Mapping[str, Any], account: str, region: str) -> str:
    name = str(parameters.get("FunctionName", ""))
    return (
        name
        if name.startswith("arn:")
        else f"arn:aws:lambda:{region}:{account}:function:{name.rsplit(':function:', 1)[-1]}"
    )


def _leaves(value: Any, under: str = "") -> Iterator[tuple[str, str]]:
    """(name, text) of all that is in there; the members of `instanceIds` are told as `instanceId`."""
    if isinstance(value, Mapping):
        for name, member in value.items():
            yield from _leaves(member, name)
    elif isinstance(value, list):
        for item in value:
            yield from _leaves(item, under.removesuffix("s"))
    elif isinstance(value, str):
        yield under, value
