"""The ARNs of what a request is about.
https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sandbox.authorization.database_resources import database_resources
from sandbox.authorization.ec2_resources import ec2_resources
from sandbox.authorization.fleet_resources import autoscaling_resources, balancer_resources
from sandbox.authorization.known import Known
from sandbox.authorization.security_resources import (
    detector_resources,
    key_resources,
    rule_resources,
    secret_resource,
)
from sandbox.model import ApiRequest, Caller


def resources_of(request: ApiRequest, caller: Caller, known: Known) -> list[str]:
    """Each of which must be allowed; "*" where the operation is about no resource in particular."""
    if request.service == "iam":
        return _iam(request, caller, known)
    if request.service == "kms":
        return key_resources(request, caller, known)
    if request.service == "secretsmanager":
        return [secret_resource(request, caller, known)]
    find = _RESOURCES.get(request.service)
    return find(request, caller) if find else ["*"]


def resource_account(resource: str, caller: Caller) -> str:
    """The account that owns an ARN, where it says so; S3's do not."""
    parts: Any = resource.split(":")
    return parts[4] if len(parts) > 5 and parts[4].isdigit() else caller.account


# https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html
_NAMES = (
    ("UserName", "user"),
    ("RoleName", "role"),
    ("GroupName", "group"),
    ("InstanceProfileName", "instance-profile"),
)
# About the second name that they carry.
_OF_SECOND = {
    "AddUserToGroup": ("GroupName", "group"),
    "RemoveUserFromGroup": ("GroupName", "group"),
    "AddRoleToInstanceProfile": ("InstanceProfileName", "instance-profile"),
    "RemoveRoleFromInstanceProfile": ("InstanceProfileName", "instance-profile"),
}
_ARNS = ("PolicyArn", "OpenIDConnectProviderArn", "SAMLProviderArn", "SerialNumber", "PolicySourceArn", "Arn")
# Without UserName these are about the caller: https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListAccessKeys.html
_OWN_USER = {
    "ChangePassword",
    "CreateAccessKey",
    "CreateLoginProfile",
    "DeleteAccessKey",
    "DeleteLoginProfile",
    "DeleteServiceSpecificCredential",
    "DeleteSigningCertificate",
    "GetLoginProfile",
    "GetUser",
    "ListAccessKeys",
    "ListMFADevices",
    "ListSSHPublicKeys",
    "ListServiceSpecificCredentials",
    "ListSigningCertificates",
    "ResetServiceSpecificCredential",
    "UpdateAccessKey",
    "UpdateServiceSpecificCredential",
    "UpdateSigningCertificate",
    "UploadSigningCertificate",
}


def _iam(request: ApiRequest, caller: Caller, known: Known) -> list[str]:
    given, account = request.parameters, caller.account
    prefix = f"arn:aws:iam::{account}:"
    rows = (_OF_SECOND[request.operation],) if request.operation in _OF_SECOND else _NAMES
    for parameter, kind in rows:
        name = given.get(parameter)
        if name:
            arn = known.arn(account, kind, name) or f"{prefix}{kind}{given.get('Path') or '/'}{name}"
            return [arn, *_renamed(given, arn)]
    for parameter in _ARNS:
        if str(given.get(parameter, "")).startswith("arn:"):
            return [str(given[parameter])]
    if request.operation == "CreatePolicy":
        return [f"{prefix}policy{given.get('Path') or '/'}{given.get('PolicyName', '')}"]
    if request.operation in _OWN_USER and caller.kind in ("user", "root"):
        return [caller.arn]
    return ["*"]


def _renamed(given: Mapping[str, Any], arn: str) -> list[str]:
    """Renaming needs permission for the old and the new name: https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateUser.html"""
    name = given.get("NewUserName") or given.get("NewGroupName")
    if not name and not given.get("NewPath"):
        return []
    path_to, _, old_name = arn.rpartition("/")
    kind, _, path = path_to.partition("/")
    old_path = f"/{path}/" if path else "/"
    return [f"{kind}{given.get('NewPath') or old_path}{name or old_name}"]


def _sts(request: ApiRequest, caller: Caller) -> list[str]:
    if request.operation == "GetFederationToken":
        return [f"arn:aws:sts::{caller.account}:federated-user/{request.parameters.get('Name', '')}"]
    if request.operation == "AssumeRoot":
        return [f"arn:aws:iam::{_account_in(str(request.parameters.get('TargetPrincipal', '')))}:root"]
    return [str(request.parameters.get("RoleArn", "*"))]


def _account_in(principal: str) -> str:
    """The account of a root user's ARN, or of an account id."""
    return principal.removeprefix("arn:aws:iam::").removesuffix(":root")


def _sqs(request: ApiRequest, caller: Caller) -> list[str]:
    """A queue's URL ends in its account and its name."""
    *_rest, account, name = ["", "", *str(request.parameters.get("QueueUrl") or "").split("/")]
    if not name:
        name, account = str(request.parameters.get("QueueName") or ""), caller.account
    return [f"arn:aws:sqs:{request.region}:{account}:{name}"] if name else ["*"]


def _ssm(request: ApiRequest, caller: Caller) -> list[str]:
    prefix = f"arn:aws:ssm:{request.region}:{caller.account}:"
    if "Document" in request.operation or request.operation == "SendCommand":
        name = request.parameters.get("DocumentName") or request.parameters.get("Name")
        # AWS's own documents belong to no account.
        owner = f"arn:aws:ssm:{request.region}::" if str(name).startswith("AWS-") else prefix
        found = [f"{owner}document/{name}"] if name else []
    else:
        names = request.parameters.get("Names") or [request.parameters.get("Name")]
        found = [f"{prefix}parameter/{str(name).lstrip('/')}" for name in names if name]
    ids = request.parameters.get("InstanceIds") or ()
    return found + [f"arn:aws:ec2:{request.region}:{caller.account}:instance/{one}" for one in ids] or ["*"]


def _by_parameter(*rows: tuple[str, str]) -> Callable[[ApiRequest, Caller], list[str]]:
    """The first parameter that is there, put into its ARN pattern; a value that is an ARN already stands as it is."""

    def resources(request: ApiRequest, caller: Caller) -> list[str]:
        for parameter, pattern in rows:
            given = request.parameters.get(parameter)
            values = [one for one in (given if isinstance(given, list) else [given]) if isinstance(one, str) and one]
            if values:
                return [
                    one
                    if one.startswith("arn:")
                    else pattern.format(one, region=request.region, account=caller.account)
                    for one in values
                ]
        return ["*"]

    return resources


_RESOURCES: Mapping[str, Callable[[ApiRequest, Caller], list[str]]] = {
    "ec2": ec2_resources,
    "sts": _sts,
    "sqs": _sqs,
    "ssm": _ssm,
    "lambda": _by_parameter(
        ("UUID", "arn:aws:lambda:{region}:{account}:event-source-mapping:{}"),
        ("FunctionName", "arn:aws:lambda:{region}:{account}:function:{}"),
        ("LayerName", "arn:aws:lambda:{region}:{account}:layer:{}"),
    ),
    "sns": _by_parameter(("TopicArn", "{}"), ("Name", "arn:aws:sns:{region}:{account}:{}")),
    "dynamodb": _by_parameter(("TableName", "arn:aws:dynamodb:{region}:{account}:table/{}")),
    "cloudtrail": _by_parameter(
        ("Name", "arn:aws:cloudtrail:{region}:{account}:trail/{}"),
        ("TrailName", "arn:aws:cloudtrail:{region}:{account}:trail/{}"),
        ("ResourceId", "{}"),
    ),
    "events": rule_resources,
    "logs": _by_parameter(("logGroupName", "arn:aws:logs:{region}:{account}:log-group:{}")),
    "network-firewall": _by_parameter(
        ("FirewallArn", "{}"),
        ("FirewallName", "arn:aws:network-firewall:{region}:{account}:firewall/{}"),
        ("FirewallPolicyArn", "{}"),
        ("FirewallPolicyName", "arn:aws:network-firewall:{region}:{account}:firewall-policy/{}"),
    ),
    "route53resolver": _by_parameter(
        (
            "FirewallRuleGroupAssociationId",
            "arn:aws:route53resolver:{region}:{account}:firewall-rule-group-association/{}",
        ),
        ("FirewallRuleGroupId", "arn:aws:route53resolver:{region}:{account}:firewall-rule-group/{}"),
        ("FirewallDomainListId", "arn:aws:route53resolver:{region}:{account}:firewall-domain-list/{}"),
    ),
    "rds": database_resources,
    "autoscaling": autoscaling_resources,
    "elb": balancer_resources,
    "elbv2": balancer_resources,
    "guardduty": detector_resources,
}
