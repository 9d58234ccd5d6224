"""Which IAM actions on which resources an API operation needs: most are "service:Operation", this is about the others.
https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html"""

from __future__ import annotations

import re
from typing import Any

from sandbox.authorization.known import Known
from sandbox.authorization.resources import resources_of
from sandbox.authorization.s3_actions import s3_needs
from sandbox.model import ApiRequest, Caller

Need = tuple[str, str]
"""(action, resource ARN)"""

# boto3's service name -> the prefix of its IAM actions
_PREFIXES = {
    "amp": "aps",
    "docdb": "rds",
    "dynamodbstreams": "dynamodb",
    "efs": "elasticfilesystem",
    "elb": "elasticloadbalancing",
    "elbv2": "elasticloadbalancing",
    "emr": "elasticmapreduce",
    "neptune": "rds",
    "opensearch": "es",
    "resourcegroupstaggingapi": "tag",
    "s3control": "s3",
    "service-quotas": "servicequotas",
    "sesv2": "ses",
    "sso-admin": "sso",
    "stepfunctions": "states",
}
# Operations whose action has another name.
_OTHER_NAMES = {
    "lambda:Invoke": "lambda:InvokeFunction",
}
_ACCOUNT_BLOCK = {
    "GetPublicAccessBlock": "s3:GetAccountPublicAccessBlock",
    "PutPublicAccessBlock": "s3:PutAccountPublicAccessBlock",
    "DeletePublicAccessBlock": "s3:PutAccountPublicAccessBlock",
}
# Nothing can allow or deny these: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html,
# https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html
_NEED_NOTHING = {("sts", "GetCallerIdentity"), ("sts", "GetSessionToken")}

_VERSIONED = re.compile(r"\d{4}_?\d{2}_?\d{2}(v\d)?$")

# service:Operation -> parameters with the ARN of a role, or with an instance profile, that is passed along
# https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html
_PASSED = {
    "cloudformation:CreateStack": ("RoleARN",),
    "cloudformation:UpdateStack": ("RoleARN",),
    "cloudformation:CreateChangeSet": ("RoleARN",),
    "cloudtrail:CreateTrail": ("CloudWatchLogsRoleArn",),
    "cloudtrail:UpdateTrail": ("CloudWatchLogsRoleArn",),
    "ec2:AssociateIamInstanceProfile": ("IamInstanceProfile",),
    "ec2:ReplaceIamInstanceProfileAssociation": ("IamInstanceProfile",),
    "ec2:RunInstances": ("IamInstanceProfile",),
    "ecs:RegisterTaskDefinition": ("taskRoleArn", "executionRoleArn"),
    "events:PutRule": ("RoleArn",),
    "lambda:CreateFunction": ("Role",),
    "lambda:UpdateFunctionConfiguration": ("Role",),
    "stepfunctions:CreateStateMachine": ("roleArn",),
    "stepfunctions:UpdateStateMachine": ("roleArn",),
}


def needs(request: ApiRequest, caller: Caller, known: Known) -> list[Need]:
    """Everything that must be allowed for this request; nothing for what needs no permission."""
    service = request.service
    operation = _VERSIONED.sub("", request.operation)
    if (service, operation) in _NEED_NOTHING:
        return []
    if service == "s3":
        return list(s3_needs(request))
    action = _named(service, operation)
    wanted = [(action, resource) for resource in resources_of(request, caller, known)]
    if service == "sts":
        wanted += [(besides, resource) for besides in _sts_besides(request, caller) for _action, resource in wanted]
    for parameter in _PASSED.get(f"{service}:{operation}", ()):
        wanted += [("iam:PassRole", arn) for arn in _roles(request.parameters.get(parameter), caller, known)]
    if service == "iam" and operation == "AddRoleToInstanceProfile":
        # https://docs.aws.amazon.com/IAM/latest/APIReference/API_AddRoleToInstanceProfile.html
        role = str(request.parameters.get("RoleName", ""))
        wanted.append(
            ("iam:PassRole", known.arn(caller.account, "role", role) or f"arn:aws:iam::{caller.account}:role/{role}")
        )
    return wanted


def named_actions(request: ApiRequest) -> list[str]:
    """The actions that the call is about by its name, and none that it needs besides: passing a role is not an action that is done."""
    if request.service == "s3":
        return sorted({action for action, _resource in s3_needs(request)})
    return [_named(request.service, _VERSIONED.sub("", request.operation))]


def _named(service: str, operation: str) -> str:
    name = f"{_PREFIXES.get(service, service)}:{operation}"
    return _ACCOUNT_BLOCK.get(operation, name) if service == "s3control" else _OTHER_NAMES.get(name, name)


def _sts_besides(request: ApiRequest, caller: Caller) -> list[str]:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html#id_session-tags_permissions-required
    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_control-access_monitor.html"""
    inherited = caller.session is not None and caller.session.source_identity
    found = ["sts:TagSession"] if request.parameters.get("Tags") else []
    if request.operation == "AssumeRole" and (request.parameters.get("SourceIdentity") or inherited):
        found.append("sts:SetSourceIdentity")
    return found


def _roles(given: Any, caller: Caller, known: Known) -> list[str]:
    """The roles that are passed: one ARN, or those in the instance profile {"Arn": ...} or {"Name": ...}."""
    if isinstance(given, str):
        return [given] if ":role/" in given else []
    if not isinstance(given, dict):
        return []
    name = given.get("Name") or str(given.get("Arn") or "").rpartition("/")[2]
    return known.roles_of_profile(caller.account, str(name))
