"""Trails: whose they are, in which region they are changed, what they select, and the bucket that must let them write.
https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_CreateTrail.html"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC
from typing import TYPE_CHECKING, Any

from moto.backends import get_backend
from moto.core.exceptions import JsonRESTError

from sandbox.cloudtrail import delivery
from sandbox.cloudtrail.bucket_policy import lets_trails_write
from sandbox.errors import ApiError
from sandbox.model import ApiRequest, Caller

if TYPE_CHECKING:
    from sandbox.world import World

_MOST = 5
"""Per region: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/WhatIsCloudTrail-Limits.html"""
_SETTINGS = {
    "S3BucketName": "s3_bucket_name",
    "S3KeyPrefix": "s3_key_prefix",
    "SnsTopicName": "sns_topic_name",
    "IncludeGlobalServiceEvents": "include_global_service_events",
    "IsMultiRegionTrail": "is_multi_region_trail",
    "EnableLogFileValidation": "enable_log_file_validation",
    "IsOrganizationTrail": "is_organization_trail",
    "CloudWatchLogsLogGroupArn": "cw_log_group_arn",
    "CloudWatchLogsRoleArn": "cw_role_arn",
    "KmsKeyId": "kms_key_id",
}


def found_trail(request: ApiRequest, caller: Caller, parameter: str = "Name") -> Any:
    """The trail by name or ARN, wherever its home is."""
    named = str(request.parameters.get(parameter) or "")
    for trail in delivery.trails():
        is_here = trail.region_name == request.region or trail.is_multi_region
        if trail.account_id == caller.account and (trail.arn == named or (trail.trail_name == named and is_here)):
            return trail
    raise ApiError(
        "TrailNotFoundException", f"Unknown trail: {_arn(named, request, caller)} for the user: {caller.account}", 400
    )


def at_home(request: ApiRequest, caller: Caller, parameter: str = "Name") -> Any:
    """The same, to be changed: that is possible in its home region alone."""
    trail = found_trail(request, caller, parameter)
    if trail.region_name != request.region:
        raise ApiError(
            "InvalidHomeRegionException",
            f"Trail {trail.arn} must be updated in its home region, {trail.region_name}.",
            400,
        )
    return trail


def create_trail(_world: World, request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
    backend, given = get_backend("cloudtrail")[caller.account][request.region], request.parameters
    name = str(given["Name"])
    if any(trail.account_id == caller.account and trail.trail_name == name for trail in delivery.trails()):
        raise ApiError(
            "TrailAlreadyExistsException", f"Trail {name} already exists for customer: {caller.account}", 400
        )
    if len(backend.trails) >= _MOST:
        raise ApiError(
            "MaximumNumberOfTrailsExceededException",
            f"User: {caller.account} already has {_MOST} trails in {request.region}.",
            400,
        )
    try:
        trail = _made(backend, name, given)
        _bucket_lets_it_write(trail)
    except JsonRESTError as error:
        raise ApiError(error.error_type, error.message, 400) from error
    except ApiError:
        del backend.trails[name]
        raise
    backend.add_tags(trail.arn, list(given.get("TagsList") or []))
    return _settings(trail)


def _made(backend: Any, name: str, given: Mapping[str, Any]) -> Any:
    return backend.create_trail(
        name,
        given["S3BucketName"],
        given.get("S3KeyPrefix"),
        given.get("SnsTopicName"),
        given.get("IncludeGlobalServiceEvents") is not False,
        bool(given.get("IsMultiRegionTrail")),
        bool(given.get("EnableLogFileValidation")),
        bool(given.get("IsOrganizationTrail")),
        given.get("CloudWatchLogsLogGroupArn"),
        given.get("CloudWatchLogsRoleArn"),
        given.get("KmsKeyId"),
        [],
    )


def update_trail(_world: World, request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
    """What is not said stays. https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_UpdateTrail.html"""
    trail, given = at_home(request, caller), request.parameters
    before = dict(trail.__dict__)
    trail.update(**{attribute: given.get(name) for name, attribute in _SETTINGS.items()})
    try:
        if "S3BucketName" in given:
            trail.check_bucket_exists()
        _bucket_lets_it_write(trail)
    except JsonRESTError as error:
        trail.__dict__.update(before)
        raise ApiError(error.error_type, error.message, 400) from error
    except ApiError:
        trail.__dict__.update(before)
        raise
    return _settings(trail)


def delete_trail(_world: World, request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
    trail = at_home(request, caller)
    del get_backend("cloudtrail")[caller.account][request.region].trails[trail.trail_name]
    return {}


def get_trail(_world: World, request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
    return {"Trail": _shown(found_trail(request, caller))}


def describe_trails(_world: World, request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
    """https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_DescribeTrails.html"""
    given = request.parameters
    named, shadows = set(given.get("trailNameList") or ()), given.get("includeShadowTrails") is not False
    return {
        "trailList": [
            _shown(trail)
            for trail in delivery.trails()
            if trail.account_id == caller.account
            and (trail.region_name == request.region or (trail.is_multi_region and shadows))
            and (not named or named & {trail.trail_name, trail.arn})
        ]
    }


def start_logging(_world: World, request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
    at_home(request, caller).start_logging()
    return {}


def stop_logging(_world: World, request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
    at_home(request, caller).stop_logging()
    return {}


def get_trail_status(_world: World, request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
    """https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_GetTrailStatus.html"""
    status = found_trail(request, caller).status
    times = {"StartLoggingTime": status.started, "StopLoggingTime": status.stopped}
    return {
        "IsLogging": status.is_logging,
        "LatestDeliveryAttemptTime": "",
        "LatestNotificationAttemptTime": "",
        "LatestNotificationAttemptSucceeded": "",
        "LatestDeliveryAttemptSucceeded": "",
        "TimeLoggingStarted": f"{status.started:%Y-%m-%dT%H:%M:%SZ}" if status.started else "",
        "TimeLoggingStopped": f"{status.stopped:%Y-%m-%dT%H:%M:%SZ}" if status.stopped else "",
        **{name: time.replace(tzinfo=UTC) for name, time in times.items() if time},
    }


def _bucket_lets_it_write(trail: Any) -> None:
    """https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-s3-bucket-policy-for-cloudtrail.html"""
    if not lets_trails_write(trail):
        raise ApiError(
            "InsufficientS3BucketPolicyException",
            f"Incorrect S3 bucket policy is detected for bucket: {trail.bucket_name}",
            400,
        )


def _settings(trail: Any) -> dict[str, Any]:
    """What CreateTrail and UpdateTrail answer."""
    left_out = ("HomeRegion", "HasCustomEventSelectors", "HasInsightSelectors")
    return {name: value for name, value in _shown(trail).items() if name not in left_out}


def _shown(trail: Any) -> dict[str, Any]:
    told = trail.description(include_region=True) | {
        "HasCustomEventSelectors": bool(trail.event_selectors or trail.advanced_event_selectors),
        "HasInsightSelectors": bool(trail.insight_selectors),
    }
    return {name: value for name, value in told.items() if value is not None}


def _arn(named: str, request: ApiRequest, caller: Caller) -> str:
    return named if named.startswith("arn:") else f"arn:aws:cloudtrail:{request.region}:{caller.account}:trail/{named}"


HANDLERS = {
    ("cloudtrail", "CreateTrail"): create_trail,
    ("cloudtrail", "UpdateTrail"): update_trail,
    ("cloudtrail", "DeleteTrail"): delete_trail,
    ("cloudtrail", "GetTrail"): get_trail,
    ("cloudtrail", "DescribeTrails"): describe_trails,
    ("cloudtrail", "StartLogging"): start_logging,
    ("cloudtrail", "StopLogging"): stop_logging,
    ("cloudtrail", "GetTrailStatus"): get_trail_status,
}
