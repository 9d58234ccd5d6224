# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What an event means to whoever reads a trace: whether it changed something, read data, or was refused. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ansible_collections.cordon.aws.plugins.module_utils.trail.event import Event
from ansible_collections.cordon.aws.plugins.module_utils.trail.graph.senses import mapping_of

# Where `readOnly` is missing, as in older events, the name tells.
_READING = re.compile(
    r"(Get|List|Describe|Head|Lookup|Search|BatchGet|BatchDescribe|Select|Query|Scan|Check|Test|Validate|Preview|Simulate|View|Download"
    r"|Filter|Detect|Estimate|Verify|Discover|Poll|Receive)"
)
# `readOnly` is false on these, and they change nothing that lasts: sign-in, and what agents tell of themselves.
_SERVICES_WITHOUT_CHANGES = frozenset({"signin", "sts", "sso", "sso-oauth", "health", "notifications", "uxc"})
_NO_CHANGES = frozenset(
    {
        "iam:GenerateCredentialReport",
        "iam:GenerateServiceLastAccessedDetails",
        "kms:Decrypt",
        "kms:Encrypt",
        "kms:GenerateDataKey",
        "kms:Sign",
        "logs:StartQuery",
        "athena:StartQueryExecution",
        "ssm:UpdateInstanceInformation",
        "ssmmessages:CreateControlChannel",
        "ssmmessages:OpenControlChannel",
        "ec2messages:AcknowledgeMessage",
        "bedrock:InvokeModel",
        "bedrock:Converse",
    }
)
# What reads data of the account's owner, not settings: of management events, which are recorded without asking; data events read what
# begins like reading.
_DATA = frozenset(
    {
        "athena:GetQueryResults",
        "codecommit:GitPull",
        "dynamodb:BatchGetItem",
        "dynamodb:GetItem",
        "dynamodb:Query",
        "dynamodb:Scan",
        "ebs:GetSnapshotBlock",
        "ec2:GetConsoleOutput",
        "ec2:GetPasswordData",
        "ecr:BatchGetImage",
        "ecr:GetDownloadUrlForLayer",
        "kms:Decrypt",
        "lambda:GetFunction",
        "logs:FilterLogEvents",
        "logs:GetLogEvents",
        "logs:GetQueryResults",
        "rds:DownloadCompleteDBLogFile",
        "rds:DownloadDBLogFilePortion",
        "s3:CopyObject",
        "s3:GetObject",
        "s3:GetObjectTorrent",
        "s3:SelectObjectContent",
        "secretsmanager:BatchGetSecretValue",
        "secretsmanager:GetSecretValue",
        "sqs:ReceiveMessage",
        "ssm:GetCommandInvocation",
        "ssm:GetParameter",
        "ssm:GetParameterHistory",
        "ssm:GetParameters",
        "ssm:GetParametersByPath",
    }
)
_NAMES_OF: Mapping[str, tuple[str, ...]] = {
    "s3": ("bucketName", "key"),
    "secretsmanager": ("secretId", "secretIdList"),
    "ssm": ("name", "names", "path", "commandId"),
    "dynamodb": ("tableName",),
    "ec2": ("instanceId",),
    "lambda": ("functionName",),
    "rds": ("dBInstanceIdentifier", "logFileName"),
    "logs": ("logGroupName", "logStreamName"),
    "ecr": ("repositoryName",),
    "sqs": ("queueUrl",),
    "kms": ("keyId",),
    "ebs": ("snapshotId",),
    "codecommit": ("repositoryName",),
    "athena": ("queryExecutionId",),
}


def was_refused(event: Event) -> bool:
    """Whether AWS did not do it, for any reason. A failed sign-in has no error code.
    https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-aws-console-sign-in-events.html"""
    return bool(event.error) or (event.service == "signin" and event.response.get(event.operation) == "Failure")


def is_change(event: Event) -> bool:
    """Whether it changed something: a call that succeeded and did not only read."""
    if event.error or not event.operation or event.service in _SERVICES_WITHOUT_CHANGES or event.name in _NO_CHANGES:
        return False
    if event.record.get("eventType", "AwsApiCall") not in ("AwsApiCall", "AwsConsoleAction"):
        return False
    return not (_READING.match(event.operation) if event.read_only is None else event.read_only)


def reads_data(event: Event) -> bool:
    """Whether it read data, and got it."""
    if event.error:
        return False
    return event.name in _DATA or (is_data_event(event) and bool(_READING.match(event.operation)))


def is_data_event(event: Event) -> bool:
    """https://docs.aws.amazon.com/awscloudtrail/latest/userguide/logging-data-events-with-cloudtrail.html"""
    return event.record.get("managementEvent") is False or event.record.get("eventCategory") == "Data"


def what_was_read(event: Event) -> str:
    """The thing as the request names it: "bucket/key", the name of a secret. A stranger's text."""
    found = []
    for name in _NAMES_OF.get(event.service, ()):
        value = event.request.get(name)
        if isinstance(value, str):
            found.append(value)
        elif isinstance(value, list):
            found += [one for one in value if isinstance(one, str)]
    if found:
        return ("/" if event.service == "s3" else " ").join(found)[:1100]
    resources = event.record.get("resources")
    first = mapping_of(resources[0]) if isinstance(resources, list) and resources else {}
    arn = first.get("ARN") or first.get("arn")
    return arn[:1100] if isinstance(arn, str) else ""
