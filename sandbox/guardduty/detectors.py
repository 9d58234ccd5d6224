"""Detectors: one for each account and region, on or off, and the features that each protects with.
https://docs.aws.amazon.com/guardduty/latest/APIReference/API_CreateDetector.html"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from moto.backends import get_backend
from moto.core.utils import utcnow

from sandbox.errors import ApiError
from sandbox.model import ApiRequest, Caller

if TYPE_CHECKING:
    from sandbox.world import World

# https://docs.aws.amazon.com/guardduty/latest/APIReference/API_DetectorFeatureConfigurationResult.html
_FOUNDATIONAL = ("CLOUD_TRAIL", "DNS_LOGS", "FLOW_LOGS")
# https://docs.aws.amazon.com/guardduty/latest/ug/guardduty-features-activation-model.html: on with a new detector, and those that are not.
_ON_AT_FIRST = (
    "S3_DATA_EVENTS",
    "EKS_AUDIT_LOGS",
    "EBS_MALWARE_PROTECTION",
    "RDS_LOGIN_EVENTS",
    "LAMBDA_NETWORK_LOGS",
)
_OFF_AT_FIRST = ("EKS_RUNTIME_MONITORING", "RUNTIME_MONITORING")
_FREQUENCIES = ("FIFTEEN_MINUTES", "ONE_HOUR", "SIX_HOURS")
# The older way to say it: https://docs.aws.amazon.com/guardduty/latest/APIReference/API_DataSourceConfigurations.html
_DATA_SOURCES = {
    "S3Logs": (("Enable",), "S3_DATA_EVENTS"),
    "Kubernetes": (("AuditLogs", "Enable"), "EKS_AUDIT_LOGS"),
    "MalwareProtection": (("ScanEc2InstanceWithFindings", "EbsVolumes"), "EBS_MALWARE_PROTECTION"),
}


def found_detector(request: ApiRequest, caller: Caller) -> Any:
    """The detector of the request; BadRequestException for another's or none."""
    found = get_backend("guardduty")[caller.account][request.region].detectors.get(
        str(request.parameters.get("DetectorId"))
    )
    if found is None:
        raise refused("the input detectorId is not owned by the current account.")
    return found


def refused(why: str) -> ApiError:
    return ApiError("BadRequestException", f"The request is rejected because {why}", 400)


def create_detector(_world: World, request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
    backend, given = get_backend("guardduty")[caller.account][request.region], request.parameters
    if backend.detectors:
        raise refused("a detector already exists for the current account.")
    _is_frequency(given)
    made = backend.create_detector(
        bool(given["Enable"]),
        given.get("FindingPublishingFrequency") or "SIX_HOURS",
        {},
        dict(given.get("Tags") or {}),
        [],
    )
    _switch(_features(backend.detectors[made]), given)
    return {"DetectorId": made}


def get_detector(_world: World, request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
    """https://docs.aws.amazon.com/guardduty/latest/APIReference/API_GetDetector.html"""
    detector = found_detector(request, caller)
    features = _features(detector)
    on = {name: {"Status": one["Status"]} for name, one in features.items()}
    always = {"Status": "ENABLED"}
    return {
        "CreatedAt": f"{detector.created_at:%Y-%m-%dT%H:%M:%S.%fZ}",
        "FindingPublishingFrequency": detector.finding_publish_freq,
        "ServiceRole": detector.service_role,
        "Status": "ENABLED" if detector.enabled else "DISABLED",
        "UpdatedAt": f"{detector.updated_at:%Y-%m-%dT%H:%M:%S.%fZ}",
        "DataSources": {
            "CloudTrail": always,
            "DNSLogs": always,
            "FlowLogs": always,
            "S3Logs": on["S3_DATA_EVENTS"],
            "Kubernetes": {"AuditLogs": on["EKS_AUDIT_LOGS"]},
            "MalwareProtection": {"ScanEc2InstanceWithFindings": {"EbsVolumes": on["EBS_MALWARE_PROTECTION"]}},
        },
        "Tags": detector.tags,
        "Features": [{"Name": name, **always} for name in _FOUNDATIONAL] + [dict(one) for one in features.values()],
    }


def update_detector(_world: World, request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
    """What is not said stays. https://docs.aws.amazon.com/guardduty/latest/APIReference/API_UpdateDetector.html"""
    detector, given = found_detector(request, caller), request.parameters
    _is_frequency(given)
    _switch(_features(detector), given)
    if given.get("Enable") is not None:
        detector.enabled = bool(given["Enable"])
    detector.finding_publish_freq = given.get("FindingPublishingFrequency") or detector.finding_publish_freq
    detector.updated_at = utcnow()
    return {}


def delete_detector(_world: World, request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
    """All that hangs on it goes too. https://docs.aws.amazon.com/guardduty/latest/APIReference/API_DeleteDetector.html"""
    del get_backend("guardduty")[caller.account][request.region].detectors[found_detector(request, caller).id]
    return {}


def _features(detector: Any) -> dict[str, dict[str, Any]]:
    """Its features by name."""
    at_first: dict[str, dict[str, Any]] = {
        **{name: {"Name": name, "Status": "ENABLED"} for name in _ON_AT_FIRST},
        **{name: {"Name": name, "Status": "DISABLED"} for name in _OFF_AT_FIRST},
    }
    found: dict[str, dict[str, Any]] = detector.__dict__.setdefault("features_here", at_first)
    return found


def _switch(features: dict[str, dict[str, Any]], given: Mapping[str, Any]) -> None:
    if given.get("Features") and given.get("DataSources"):
        raise refused("both dataSources and features were given.")
    for one in (*_told(given.get("DataSources") or {}), *(given.get("Features") or ())):
        if one["Name"] not in features:
            raise refused(f"the input feature {one['Name']} is invalid.")
        features[one["Name"]] = {**features[one["Name"]], **one}


def _told(sources: Mapping[str, Any]) -> Iterable[dict[str, Any]]:
    for source, (path, name) in _DATA_SOURCES.items():
        value: Any = sources.get(source)
        for step in path:
            value = value.get(step) if isinstance(value, Mapping) else None
        if value is not None:
            yield {"Name": name, "Status": "ENABLED" if value else "DISABLED"}


def _is_frequency(given: Mapping[str, Any]) -> None:
    if given.get("FindingPublishingFrequency") not in (None, *_FREQUENCIES):
        raise refused("the input findingPublishingFrequency is invalid.")


HANDLERS = {
    ("guardduty", "CreateDetector"): create_detector,
    ("guardduty", "GetDetector"): get_detector,
    ("guardduty", "UpdateDetector"): update_detector,
    ("guardduty", "DeleteDetector"): delete_detector,
}
