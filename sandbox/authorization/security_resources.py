"""The ARNs of KMS's keys and aliases, secrets, what hangs on GuardDuty's detectors, and EventBridge's rules.
https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html"""

from __future__ import annotations

from sandbox.authorization.known import Known
from sandbox.model import ApiRequest, Caller


def key_resources(request: ApiRequest, caller: Caller, known: Known) -> list[str]:
    """The key, and for what is done to an alias the alias and every key that it names or comes to name.
    https://docs.aws.amazon.com/kms/latest/developerguide/alias-access.html"""
    given = request.parameters
    keys = [str(given[name]) for name in ("KeyId", "TargetKeyId", "DestinationKeyId") if given.get(name)]
    alias = str(given.get("AliasName") or "")
    if not alias:
        return [_key(one, request, caller, known) for one in keys] or ["*"]
    named = f"arn:aws:kms:{request.region}:{caller.account}:{alias}"
    there = known.key_of_alias(caller.account, request.region, alias)
    return list(
        dict.fromkeys([named, *([there] if there else ()), *(_key(one, request, caller, known) for one in keys)])
    )


def _key(key: str, request: ApiRequest, caller: Caller, known: Known) -> str:
    region, account = request.region, caller.account
    if key.startswith("arn:") and ":alias/" in key:
        region, account, key = key.split(":")[3], key.split(":")[4], key.split(":", 5)[5]
    if key.startswith("arn:"):
        return key
    if key.startswith("alias/"):
        return known.key_of_alias(account, region, key) or f"arn:aws:kms:{region}:{account}:{key}"
    return f"arn:aws:kms:{region}:{account}:key/{key}"


def secret_resource(request: ApiRequest, caller: Caller, known: Known) -> str:
    """A secret's ARN ends in six characters that nobody chose.
    https://docs.aws.amazon.com/secretsmanager/latest/userguide/auth-and-access_iam-policies.html"""
    named = str(request.parameters.get("SecretId") or request.parameters.get("Name") or "")
    if not named:
        return "*"
    there = known.secret(caller.account, request.region, named)
    if there or named.startswith("arn:"):
        return there or named
    return f"arn:aws:secretsmanager:{request.region}:{caller.account}:secret:{named}"


# https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonguardduty.html
_OF_DETECTORS = (
    ("FilterName", "filter"),
    ("IpSetId", "ipset"),
    ("ThreatIntelSetId", "threatintelset"),
    ("DestinationId", "publishingDestination"),
)


def detector_resources(request: ApiRequest, caller: Caller) -> list[str]:
    """The detector, or what hangs on it."""
    given = request.parameters
    if not given.get("DetectorId"):
        return ["*"]
    detector = f"arn:aws:guardduty:{request.region}:{caller.account}:detector/{given['DetectorId']}"
    return [f"{detector}/{kind}/{given[name]}" for name, kind in _OF_DETECTORS if given.get(name)] or [detector]


def rule_resources(request: ApiRequest, caller: Caller) -> list[str]:
    """https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoneventbridge.html"""
    given = request.parameters
    name, bus = given.get("Rule") or given.get("Name"), str(given.get("EventBusName") or "default").rpartition("/")[2]
    if not name or "Rule" not in f"{request.operation}{'Rule' if given.get('Rule') else ''}":
        return ["*"]
    return [f"arn:aws:events:{request.region}:{caller.account}:rule/{'' if bus == 'default' else bus + '/'}{name}"]
