"""A request for each of the operations of KMS, Secrets Manager, GuardDuty and CloudTrail that the sandbox answers itself."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from moto.backends import get_backend
from sandbox_calls import ACCOUNT, call, user

from sandbox.cloudtrail import selector_operations, trails
from sandbox.config_recorder import history
from sandbox.guardduty import detectors, members, parts
from sandbox.kms import deletion, grants, policies, rotation
from sandbox.model import Outcome
from sandbox.secrets_manager import versions
from sandbox.world import World

REGION = "eu-west-1"
HANDLERS = {
    **history.HANDLERS,
    **deletion.HANDLERS,
    **grants.HANDLERS,
    **rotation.HANDLERS,
    **policies.HANDLERS,
    **versions.HANDLERS,
    **detectors.HANDLERS,
    **parts.HANDLERS,
    **members.HANDLERS,
    **trails.HANDLERS,
    **selector_operations.HANDLERS,
}
Parameters = dict[str, Any]
_BUCKET = "trail-logs"
_POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "cloudtrail.amazonaws.com"},
            "Action": ["s3:GetBucketAcl", "s3:PutObject"],
            "Resource": [f"arn:aws:s3:::{_BUCKET}", f"arn:aws:s3:::{_BUCKET}/AWSLogs/*"],
        }
    ],
}
_FILTER = {
    "Name": "ours",
    "Action": "ARCHIVE",
    "Rank": 1,
    "FindingCriteria": {"Criterion": {"severity": {"GreaterThanOrEqual": 4}}},
}
_LIST = {"Name": "ours", "Format": "TXT", "Location": "https://s3.amazonaws.com/b/list.txt", "Activate": True}
_DESTINATION = {
    "DestinationType": "S3",
    "DestinationProperties": {
        "DestinationArn": "arn:aws:s3:::b",
        "KmsKeyArn": "arn:aws:kms:eu-west-1:111122223333:key/k",
    },
}


def _asked(world: World, service: str, operation: str, given: Parameters) -> Parameters:
    return dict(HANDLERS[service, operation](world, call(service, operation, given), user()))


def key(_world: World) -> Parameters:
    made = get_backend("kms")[ACCOUNT][REGION].create_key("", "ENCRYPT_DECRYPT", "SYMMETRIC_DEFAULT", "", [])
    return {"KeyId": made.id}


def _pending(world: World) -> Parameters:
    given = key(world)
    _asked(world, "kms", "ScheduleKeyDeletion", given)
    return given


def _alias(world: World) -> Parameters:
    get_backend("kms")[ACCOUNT][REGION].create_alias(key(world)["KeyId"], "alias/a")
    return {"AliasName": "alias/a"}


def _grant(world: World) -> Parameters:
    return key(world) | {
        "GranteePrincipal": "arn:aws:iam::111122223333:role/r",
        "Operations": ["Decrypt"],
        "Constraints": {"EncryptionContextSubset": {"a": "b"}},
        "Name": "n",
    }


def _granted(world: World) -> Parameters:
    given = _grant(world)
    return {"KeyId": given["KeyId"], "GrantId": _asked(world, "kms", "CreateGrant", given)["GrantId"]}


def _retired(world: World) -> Parameters:
    return {"GrantToken": _asked(world, "kms", "CreateGrant", _grant(world))["GrantToken"]}


def _rotated(world: World) -> Parameters:
    given = key(world)
    _asked(world, "kms", "EnableKeyRotation", {**given, "RotationPeriodInDays": 180})
    return given


def _key_policy(world: World) -> Parameters:
    statement = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "kms:*", "Resource": "*"}
    return key(world) | {"PolicyName": "default", "Policy": json.dumps({"Statement": [statement]})}


def _secret(_world: World) -> Parameters:
    get_backend("secretsmanager")[ACCOUNT][REGION].create_secret(
        "s", "value", None, None, [], None, "c1f6b4d1-0000-4000-8000-000000000001", [], False
    )
    return {"SecretId": "s"}


def _new_value(world: World) -> Parameters:
    return _secret(world) | {"SecretString": "new", "Description": "", "ClientRequestToken": "c" * 32}


def _switched_on(_world: World) -> Parameters:
    return {"Enable": True, "Tags": {"Owner": "security"}}


def detector(world: World) -> Parameters:
    return _asked(world, "guardduty", "CreateDetector", _switched_on(world))


def _features(world: World) -> Parameters:
    return detector(world) | {"Features": [{"Name": "S3_DATA_EVENTS", "Status": "DISABLED"}]}


def _with(given: Parameters) -> Callable[[World], Parameters]:
    return lambda world: detector(world) | given


def _made(kind: parts.Kind, given: Parameters) -> Callable[[World], Parameters]:
    def make(world: World) -> Parameters:
        where = detector(world)
        made = _asked(world, "guardduty", f"Create{kind.name}", where | given)
        return where | {kind.id_parameter: made.get(kind.id_parameter) or made["Name"]}

    return make


def _listed(kind: parts.Kind, given: Parameters) -> Callable[[World], Parameters]:
    return lambda world: {"DetectorId": _made(kind, given)(world)["DetectorId"]}


def _parts(kind: parts.Kind, given: Parameters) -> dict[tuple[str, str], Callable[[World], Parameters]]:
    return {
        ("guardduty", f"Create{kind.name}"): _with(given),
        ("guardduty", f"{kind.read}{kind.name}"): _made(kind, given),
        ("guardduty", f"List{kind.name}s"): _listed(kind, given),
        ("guardduty", f"Update{kind.name}"): _made(kind, given),
        ("guardduty", f"Delete{kind.name}"): _made(kind, given),
    }


def _members(world: World) -> Parameters:
    given = _with({"AccountDetails": [{"AccountId": "444455556666", "Email": "a@b.example"}]})(world)
    _asked(world, "guardduty", "CreateMembers", given)
    return {"DetectorId": given["DetectorId"]}


def _some_members(world: World) -> Parameters:
    return _members(world) | {"AccountIds": ["444455556666", "777788889999"]}


def _trail(_world: World) -> Parameters:
    s3 = get_backend("s3")[ACCOUNT]["aws"]
    s3.create_bucket(_BUCKET, REGION)
    s3.put_bucket_policy(_BUCKET, json.dumps(_POLICY).encode())
    return {"Name": "everything", "S3BucketName": _BUCKET, "IsMultiRegionTrail": True}


def trail(world: World) -> Parameters:
    _asked(world, "cloudtrail", "CreateTrail", _trail(world))
    return {"Name": "everything"}


def _no_parameters(world: World) -> Parameters:
    trail(world)
    return {}


def _selected(world: World) -> Parameters:
    trail(world)
    return {"TrailName": "everything"}


def _selectors(world: World) -> Parameters:
    return _selected(world) | {"EventSelectors": [{"ReadWriteType": "WriteOnly"}]}


def _insights(world: World) -> Parameters:
    return _selected(world) | {"InsightSelectors": [{"InsightType": "ApiCallRateInsight"}]}


def _with_insights(world: World) -> Parameters:
    _asked(world, "cloudtrail", "PutInsightSelectors", _insights(world))
    return {"TrailName": "everything"}


def _recorded(world: World) -> Parameters:
    backend = get_backend("config")[ACCOUNT][REGION]
    role = "arn:aws:iam::111122223333:role/config"
    backend.put_configuration_recorder({"name": "default", "roleARN": role, "recordingGroup": {"allSupported": True}})
    backend.recorders["default"].status.start()
    get_backend("s3")[ACCOUNT]["aws"].create_bucket(_BUCKET, REGION)
    history.keep(world, call("s3", "CreateBucket", {"Bucket": _BUCKET}), user(), Outcome(status=200))
    return {"resourceType": "AWS::S3::Bucket"}


def _history(world: World) -> Parameters:
    return _recorded(world) | {"resourceId": _BUCKET}


CASES: dict[tuple[str, str], Callable[[World], Parameters]] = {
    ("config", "GetResourceConfigHistory"): _history,
    ("config", "ListDiscoveredResources"): _recorded,
    ("kms", "ScheduleKeyDeletion"): key,
    ("kms", "CancelKeyDeletion"): _pending,
    ("kms", "DeleteAlias"): _alias,
    ("kms", "CreateGrant"): _grant,
    ("kms", "ListGrants"): _granted,
    ("kms", "RevokeGrant"): _granted,
    ("kms", "PutKeyPolicy"): _key_policy,
    ("secretsmanager", "ListSecretVersionIds"): _secret,
    ("secretsmanager", "UpdateSecret"): _new_value,
    ("kms", "GetKeyPolicy"): key,
    ("kms", "EnableKeyRotation"): key,
    ("kms", "DisableKeyRotation"): key,
    ("kms", "GetKeyRotationStatus"): _rotated,
    ("kms", "RetireGrant"): _retired,
    ("guardduty", "CreateDetector"): _switched_on,
    ("guardduty", "GetDetector"): detector,
    ("guardduty", "UpdateDetector"): _features,
    ("guardduty", "DeleteDetector"): detector,
    **_parts(parts.FILTERS, _FILTER),
    **_parts(parts.IP_SETS, _LIST),
    **_parts(parts.THREAT_LISTS, _LIST),
    **_parts(parts.DESTINATIONS, _DESTINATION),
    ("guardduty", "CreateMembers"): _with({"AccountDetails": [{"AccountId": "444455556666", "Email": "a@b.example"}]}),
    ("guardduty", "ListMembers"): _members,
    **{
        ("guardduty", name): _some_members
        for name in (
            "GetMembers",
            "InviteMembers",
            "StartMonitoringMembers",
            "StopMonitoringMembers",
            "DisassociateMembers",
            "DeleteMembers",
        )
    },
    ("cloudtrail", "CreateTrail"): _trail,
    **{
        ("cloudtrail", name): trail
        for name in ("UpdateTrail", "DeleteTrail", "GetTrail", "StartLogging", "StopLogging", "GetTrailStatus")
    },
    ("cloudtrail", "DescribeTrails"): _no_parameters,
    ("cloudtrail", "PutEventSelectors"): _selectors,
    ("cloudtrail", "GetEventSelectors"): _selected,
    ("cloudtrail", "PutInsightSelectors"): _insights,
    ("cloudtrail", "GetInsightSelectors"): _with_insights,
}
