"""Calls that succeed whatever they find: which way back is taken for the safe one, by what they were asked for."""

from __future__ import annotations

from typing import Any

import pytest
from catalogued import changes, logged

from ansible_collections.cordon.aws.plugins.module_utils.restore.certainty import certainty_of

INSTANCE, DETECTOR, LIST = "i-0123456789abcdef0", "12abc34d567e8fa901bc2d34e56789f0", "0123456789abcdef0123456789abcdef"
RANGE = {"ipProtocol": "tcp", "fromPort": 22, "toPort": 22, "ipRanges": {"items": [{"cidrIp": "0.0.0.0/0"}]}}
TAG = {"resourcesSet": {"items": [{"resourceId": INSTANCE}]}, "tagSet": {"items": [{"key": "team", "value": "admins"}]}}
VERSION = {"functionName": "resize", "version": "3"}


@pytest.mark.parametrize(
    ("name", "request_", "sure"),
    [
        ("ec2:ModifyInstanceAttribute", {"instanceId": INSTANCE, "disableApiTermination": {"value": False}}, "likely"),
        ("ec2:ModifyInstanceAttribute", {"instanceId": INSTANCE, "disableApiTermination": {"value": True}}, "open"),
        ("ec2:ModifyInstanceAttribute", {"instanceId": INSTANCE, "sourceDestCheck": {"value": False}}, "likely"),
        ("ec2:ModifyInstanceAttribute", {"instanceId": INSTANCE, "ebsOptimized": {"value": False}}, "open"),
        ("ec2:ModifyInstanceMetadataOptions", {"InstanceId": INSTANCE, "HttpTokens": "optional"}, "likely"),
        ("ec2:ModifyInstanceMetadataOptions", {"InstanceId": INSTANCE, "HttpTokens": "required"}, "open"),
        ("ec2:ModifyInstanceMetadataOptions", {"InstanceId": INSTANCE, "HttpEndpoint": "disabled"}, "open"),
        ("ec2:DeleteTags", TAG, "open"),
        ("ec2:RevokeSecurityGroupIngress", {"groupId": "sg-0123456789abcdef0", "ipPermissions": [RANGE]}, "open"),
        ("ec2:EnableSerialConsoleAccess", {"EnableSerialConsoleAccessRequest": {}}, "likely"),
        ("ec2:EnableEbsEncryptionByDefault", {"EnableEbsEncryptionByDefaultRequest": {}}, "open"),
        ("guardduty:UpdateDetector", {"detectorId": DETECTOR, "enable": False}, "likely"),
        ("guardduty:UpdateDetector", {"detectorId": DETECTOR, "enable": True}, "open"),
        (
            "guardduty:UpdateDetector",
            {"detectorId": DETECTOR, "features": [{"name": "S3_DATA_EVENTS", "status": "DISABLED"}]},
            "likely",
        ),
        ("guardduty:UpdateIPSet", {"detectorId": DETECTOR, "ipSetId": LIST, "activate": True}, "likely"),
        ("guardduty:UpdateIPSet", {"detectorId": DETECTOR, "ipSetId": LIST, "activate": False}, "open"),
        (
            "guardduty:UpdateThreatIntelSet",
            {"detectorId": DETECTOR, "threatIntelSetId": LIST, "activate": False},
            "likely",
        ),
        (
            "guardduty:UpdateThreatIntelSet",
            {"detectorId": DETECTOR, "threatIntelSetId": LIST, "activate": True},
            "open",
        ),
        ("guardduty:UpdateFilter", {"detectorId": DETECTOR, "filterName": "noise", "action": "ARCHIVE"}, "likely"),
        ("guardduty:UpdateFilter", {"detectorId": DETECTOR, "filterName": "noise", "action": "NOOP"}, "open"),
        (
            "lambda:UpdateEventSourceMapping",
            {"uUID": "14e0db71-1111-2222-3333-444455556666", "enabled": False},
            "likely",
        ),
        ("lambda:UpdateEventSourceMapping", {"uUID": "14e0db71-1111-2222-3333-444455556666", "enabled": True}, "open"),
        ("lambda:PublishVersion", VERSION, "open"),
        ("lambda:UpdateFunctionCode", {**VERSION, "publish": True}, "open"),
        ("lambda:CreateFunction", {**VERSION, "publish": True}, "proven"),
    ],
)
def test_only_taking_access_away_or_bringing_protection_back_is_likely(
    name: str, request_: dict[str, Any], sure: str
) -> None:
    found = [one for one in changes(logged(name, request_, VERSION)) if one.before != "gone"]
    told = [certainty_of(name, one) for one in found if one.facet.kind not in ("lambda/configuration", "lambda/code")]
    assert told[-1] == sure, found


def test_an_answer_that_lists_the_rule_proves_that_it_was_there() -> None:
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RevokeSecurityGroupIngress.html"""
    request = {"groupId": "sg-0123456789abcdef0", "ipPermissions": {"items": [RANGE]}}
    one = {"groupId": request["groupId"], "ipProtocol": "tcp", "fromPort": 22, "toPort": 22, "cidrIpv4": "0.0.0.0/0"}
    answer = {"revokedSecurityGroupRuleSet": {"items": [one]}}
    (change,) = changes(logged("ec2:RevokeSecurityGroupIngress", request, answer))
    assert change.sure == "proven"
