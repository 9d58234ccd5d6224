"""Trails, GuardDuty, CloudWatch, EventBridge and Config: as their events tell what was done to them, and back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from catalogued import ACCOUNT, changes, check_ways, facet, logged, moves_of, sent, told, undo_of

from ansible_collections.cordon.aws.plugins.module_utils.restore.catalogue import KINDS
from ansible_collections.cordon.aws.plugins.module_utils.restore.facet import GONE, UNKNOWN, IrreversibleError
from ansible_collections.cordon.aws.plugins.module_utils.trail.event import Event, event_of

STRATUS = Path(__file__).resolve().parents[4] / "stratus"
DETECTOR = "12abc34d567e8fa901bc2d34e56789f0"
TRAIL = {
    "S3BucketName": "trail-bucket",
    "S3KeyPrefix": "",
    "SnsTopicName": "",
    "CloudWatchLogsLogGroupArn": "",
    "CloudWatchLogsRoleArn": "",
    "KmsKeyId": "",
    "IncludeGlobalServiceEvents": True,
    "IsMultiRegionTrail": True,
    "IsOrganizationTrail": False,
    "EnableLogFileValidation": True,
}


def real(attack: str) -> Event:
    (record,) = json.loads((STRATUS / f"aws.{attack}.json").read_text(encoding="utf-8"))
    return event_of(record)


def test_real_trails_were_stopped_and_deleted() -> None:
    stopped = ("cloudtrail/logging", "stratus-red-team-ct-stop-trail-buykxbqejv")
    assert told(real("defense-evasion.cloudtrail-stop")) == {stopped: ("on", "off")}
    name = "stratus-red-team-cloudtraild-trail-kvrwohmiai"
    assert told(real("defense-evasion.cloudtrail-delete")) == {
        ("cloudtrail/trail", name): (UNKNOWN, None),
        ("cloudtrail/logging", name): ("on", GONE),
        ("cloudtrail/event_selectors", name): (UNKNOWN, GONE),
        ("cloudtrail/insight_selectors", name): (UNKNOWN, GONE),
    }


@pytest.mark.parametrize("name", ["audit", f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/audit"])
def test_a_trail_by_name_and_by_arn_is_one(name: str) -> None:
    assert list(told(logged("cloudtrail:StopLogging", {"name": name}))) == [("cloudtrail/logging", "audit")]


def test_a_trail_of_the_management_account_is_none_of_a_member() -> None:
    arn = "arn:aws:cloudtrail:us-east-1:999999999999:trail/audit"
    assert told(logged("cloudtrail:StopLogging", {"name": arn})) == {}


def test_a_trail_that_is_made_again_logs_again() -> None:
    """What hangs on it is put back with it."""
    one = facet("cloudtrail/logging", "audit")
    check_ways(one, ["on", "off"])
    assert moves_of(one, GONE, "on") == [("cloudtrail:StartLogging", {"Name": "audit"})]
    deleted = changes(logged("cloudtrail:DeleteTrail", {"name": "audit"}))
    assert {change.holder for change in deleted} == {None, facet("cloudtrail/trail", "audit")}
    made = told(logged("cloudtrail:CreateTrail", {"name": "audit"}, {"s3BucketName": "trail-bucket"}))
    assert made["cloudtrail/logging", "audit"] == ("off", "off"), "until it is started"


def test_a_trail_is_changed_back_as_a_whole() -> None:
    answer = {
        "name": "audit",
        "s3BucketName": "their-bucket",
        "includeGlobalServiceEvents": True,
        "isMultiRegionTrail": True,
        "logFileValidationEnabled": True,
        "isOrganizationTrail": False,
        "trailARN": f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/audit",
    }
    theirs = {**TRAIL, "S3BucketName": "their-bucket"}
    event = logged("cloudtrail:UpdateTrail", {"name": "audit", "s3BucketName": "their-bucket"}, answer)
    assert told(event) == {("cloudtrail/trail", "audit"): (UNKNOWN, theirs)}
    one = facet("cloudtrail/trail", "audit")
    check_ways(one, [TRAIL, theirs])
    ((operation, given),) = moves_of(one, None, TRAIL)
    assert operation == "cloudtrail:CreateTrail"
    assert "KmsKeyId" not in given, "a new trail does without what is empty"
    assert undo_of(one, TRAIL, None) == []
    for forged in ({**TRAIL, "S3BucketName": ""}, {**TRAIL, "Name": "x"}, {}, "there"):
        with pytest.raises(IrreversibleError):
            KINDS["cloudtrail/trail"].moves(one, TRAIL, forged)


BASIC = {
    "ReadWriteType": "ReadOnly",
    "IncludeManagementEvents": False,
    "DataResources": [{"Type": "AWS::S3::Object", "Values": []}, {"Type": "AWS::Lambda::Function", "Values": []}],
    "ExcludeManagementEventSources": [],
}


def test_real_selectors_and_advanced_ones() -> None:
    names = ("cloudtrail/event_selectors", "stratus-red-team-ctes-trail-khlvciwdor")
    assert told(real("defense-evasion.cloudtrail-event-selectors")) == {names: (UNKNOWN, {"EventSelectors": [BASIC]})}
    fields = [
        {"field": "eventCategory", "equals": ["Management"]},
        {"field": "eventSource", "notEquals": ["kms.amazonaws.com"]},
    ]
    request = {"trailName": "audit", "advancedEventSelectors": [{"name": "quiet", "fieldSelectors": fields}]}
    ((_before, after),) = told(logged("cloudtrail:PutEventSelectors", request)).values()
    upper = [
        {"Field": "eventCategory", "Equals": ["Management"]},
        {"Field": "eventSource", "NotEquals": ["kms.amazonaws.com"]},
    ]
    assert after == {"AdvancedEventSelectors": [{"Name": "quiet", "FieldSelectors": upper}]}
    one = facet("cloudtrail/event_selectors", "audit")
    check_ways(one, [{"EventSelectors": [BASIC]}, after])
    for forged in ({"EventSelectors": []}, {"EventSelectors": [{**BASIC, "More": 1}]}, {"Other": [BASIC]}, "all"):
        with pytest.raises(IrreversibleError):
            KINDS["cloudtrail/event_selectors"].moves(one, {"EventSelectors": [BASIC]}, forged)


def test_insights() -> None:
    request = {"trailName": "audit", "insightSelectors": []}
    assert told(logged("cloudtrail:PutInsightSelectors", request)) == {
        ("cloudtrail/insight_selectors", "audit"): (UNKNOWN, [])
    }
    check_ways(facet("cloudtrail/insight_selectors", "audit"), [[], ["ApiCallRateInsight", "ApiErrorRateInsight"]])


def test_a_detector_is_switched_back_in_each_of_its_parts() -> None:
    features = [{"name": "S3_DATA_EVENTS", "status": "DISABLED"}, {"name": "made up!", "status": "DISABLED"}]
    request = {
        "detectorId": DETECTOR,
        "enable": False,
        "findingPublishingFrequency": "SIX_HOURS",
        "features": features,
    }
    assert told(logged("guardduty:UpdateDetector", request)) == {
        ("guardduty/detector_setting", DETECTOR, "Enable"): (True, False),
        ("guardduty/detector_setting", DETECTOR, "FindingPublishingFrequency"): (UNKNOWN, "SIX_HOURS"),
        ("guardduty/detector_setting", DETECTOR, "feature/S3_DATA_EVENTS"): ("ENABLED", "DISABLED"),
    }
    for setting, values in (
        ("Enable", [True, False]),
        ("FindingPublishingFrequency", ["FIFTEEN_MINUTES", "ONE_HOUR", "SIX_HOURS"]),
        ("feature/S3_DATA_EVENTS", ["ENABLED", "DISABLED"]),
    ):
        check_ways(facet("guardduty/detector_setting", DETECTOR, setting), values)


def test_a_detector_that_was_deleted_is_made_anew() -> None:
    event = logged("guardduty:DeleteDetector", {"detectorId": DETECTOR})
    assert told(event) == {("guardduty/detector", DETECTOR): ("there", None)}
    one = facet("guardduty/detector", DETECTOR)
    assert moves_of(one, None, "there") == [("guardduty:CreateDetector", {"Enable": True})]
    assert undo_of(one, None, "there") == []


def test_a_filter_is_kept_and_archives_nothing() -> None:
    criterion = {"severity": {"gte": 1}, "type": {"eq": ["b", "a"]}}
    request = {
        "detectorId": DETECTOR,
        "name": "quiet",
        "action": "ARCHIVE",
        "findingCriteria": {"criterion": criterion},
    }
    criteria = {"Criterion": {"severity": {"GreaterThanOrEqual": 1}, "type": {"Equals": ["a", "b"]}}}
    quiet = {"Action": "ARCHIVE", "Description": "", "FindingCriteria": criteria}
    names = ("guardduty/filter", DETECTOR, "quiet")
    action, criteria_of = (
        ("guardduty/filter_part", *names[1:], "Action"),
        ("guardduty/filter_part", *names[1:], "FindingCriteria"),
    )
    made = told(logged("guardduty:CreateFilter", request))
    assert made == {names: (None, quiet), action: (GONE, "ARCHIVE"), criteria_of: (GONE, criteria)}
    one, kind = facet("guardduty/filter", DETECTOR, "quiet"), KINDS["guardduty/filter"]
    assert kind.kept is not None
    loud = kind.kept(quiet)
    assert loud == {**quiet, "Action": "NOOP"}
    check_ways(one, [None, quiet, loud])
    ((operation, given),) = moves_of(one, None, quiet)
    assert (operation, given["Name"]) == ("guardduty:CreateFilter", "quiet"), "and FilterName in all others"
    update = logged("guardduty:UpdateFilter", {"detectorId": DETECTOR, "filterName": "quiet", "action": "ARCHIVE"})
    assert told(update) == {action: ("NOOP", "ARCHIVE")}, "the rest stays as it was"
    check_ways(facet(*action), ["NOOP", "ARCHIVE"])
    check_ways(facet(*criteria_of), [criteria, {"Criterion": {}}])
    deleted = told(logged("guardduty:DeleteFilter", {"detectorId": DETECTOR, "filterName": "quiet"}))
    assert deleted == {names: (UNKNOWN, None), action: (UNKNOWN, GONE), criteria_of: (UNKNOWN, GONE)}


def test_archived_findings_come_back_one_by_one() -> None:
    found = told(logged("guardduty:ArchiveFindings", {"detectorId": DETECTOR, "findingIds": [DETECTOR, "a b"]}))
    assert found == {("guardduty/finding", DETECTOR, DETECTOR): ("active", "archived")}
    check_ways(facet("guardduty/finding", DETECTOR, DETECTOR), ["active", "archived"])


@pytest.mark.parametrize(
    ("what", "key"),
    [
        ("IPSet", "ipSetId"),
        ("ThreatIntelSet", "threatIntelSetId"),
        ("ThreatEntitySet", "threatEntitySetId"),
        ("TrustedEntitySet", "trustedEntitySetId"),
    ],
)
def test_lists_are_kept_inactive(what: str, key: str) -> None:
    names = (DETECTOR, what, DETECTOR)
    request = {"detectorId": DETECTOR, "activate": True, "location": "https://s3.amazonaws.com/b/trusted.txt"}
    assert told(logged(f"guardduty:Create{what}", request, {key: DETECTOR})) == {
        ("guardduty/list", *names): (None, "active"),
        ("guardduty/list_location", *names): (GONE, request["location"]),
    }
    assert told(logged(f"guardduty:Update{what}", {**request, key: DETECTOR})) == {
        ("guardduty/list", *names): ("inactive", "active"),
        ("guardduty/list_location", *names): (UNKNOWN, request["location"]),
    }
    kind, one = KINDS["guardduty/list"], facet("guardduty/list", *names)
    assert kind.kept is not None
    assert kind.kept("active") == "inactive"
    check_ways(one, ["active", "inactive", None])
    # The names of the parameters are those of the API, in which the id of an IPSet is an IpSetId.
    ((_operation, given),) = sent(move.call for move in kind.moves(one, "active", "inactive"))
    assert set(given) == {"DetectorId", key[:1].upper() + key[1:], "Activate"}
    check_ways(facet("guardduty/list_location", *names), ["https://s3.amazonaws.com/b/a", "s3://b/c"])


def test_members_are_monitored_again_but_for_those_that_never_were() -> None:
    request = {"detectorId": DETECTOR, "accountIds": ["999999999999", "888888888888"]}
    left = {"unprocessedAccounts": [{"accountId": "888888888888", "result": "not a member"}]}
    names = ("guardduty/member_monitoring", DETECTOR, "999999999999")
    assert told(logged("guardduty:StopMonitoringMembers", request, left)) == {names: ("monitored", "not monitored")}
    check_ways(facet(*names), ["monitored", "not monitored"])


def test_logs_and_who_else_gets_them() -> None:
    theirs = "arn:aws:lambda:us-east-1:999999999999:function:x"
    request = {"logGroupName": "/app/web", "filterName": "copy", "filterPattern": "", "destinationArn": theirs}
    ((names, (before, after)),) = told(logged("logs:PutSubscriptionFilter", request)).items()
    assert (names, before) == (("logs/subscription_filter", "/app/web", "copy"), None)
    check_ways(facet(*names), [None, after, {**after, "distribution": "Random"}])
    arn = f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:/app/web:*"
    kept = logged("logs:PutRetentionPolicy", {"logGroupIdentifier": arn, "retentionInDays": 1})
    assert told(kept) == {("logs/retention", "/app/web"): (UNKNOWN, 1)}
    check_ways(facet("logs/retention", "/app/web"), [None, 1, 3653])
    policy = {"Version": "2012-10-17", "Statement": []}
    allowed = logged("logs:PutResourcePolicy", {"policyName": "open", "policyDocument": json.dumps(policy)})
    assert told(allowed) == {("logs/resource_policy", "open"): (None, policy)}
    check_ways(facet("logs/resource_policy", "open"), [None, policy, {**policy, "Id": "x"}])


def test_rules_and_their_targets() -> None:
    put = logged("events:PutRule", {"name": "hourly", "scheduleExpression": "rate(1 hour)"})
    hourly = {"State": "ENABLED", "ScheduleExpression": "rate(1 hour)"}
    names, state = ("events/rule", "default", "hourly"), ("events/rule_state", "default", "hourly")
    assert told(put) == {names: (None, hourly), state: (GONE, "ENABLED")}
    bus = f"arn:aws:events:us-east-1:{ACCOUNT}:event-bus/orders"
    off = logged("events:DisableRule", {"name": "hourly", "eventBusName": bus})
    assert told(off) == {("events/rule_state", "orders", "hourly"): ("ENABLED", "DISABLED")}
    assert told(logged("events:DeleteRule", {"name": "hourly"})) == {names: (UNKNOWN, None), state: (UNKNOWN, GONE)}
    kind, one = KINDS["events/rule"], facet(*names)
    assert kind.kept is not None
    quiet = kind.kept(hourly)
    assert quiet == {**hourly, "State": "DISABLED"}
    assert [operation for operation, _sent in moves_of(one, hourly, quiet)] == ["events:DisableRule"]
    blind = {"State": "ENABLED", "EventPattern": {"source": ["nothing"]}, "Description": "findings"}
    check_ways(one, [None, hourly, quiet, blind])
    assert moves_of(one, blind, hourly)[0][0] == "events:PutRule", "which replaces the whole"
    assert kind.matches(quiet, hourly)
    assert not kind.matches(blind, hourly)
    check_ways(facet(*state), ["ENABLED", "DISABLED"])
    function = "arn:aws:lambda:us-east-1:999999999999:function:x"
    targets = [
        {"id": "1", "arn": function, "input": "{}"},
        {"id": "2", "arn": function, "retryPolicy": {"maximumRetryAttempts": 1}},
    ]
    assert told(logged("events:PutTargets", {"rule": "hourly", "targets": targets})) == {
        ("events/target", "default", "hourly", "1"): (None, {"Arn": function, "Input": "{}"}),
        ("events/target", "default", "hourly", "2"): (None, {"Other": True}),
    }
    one = facet("events/target", "default", "hourly", "1")
    check_ways(one, [None, {"Arn": function}, {"Arn": function, "Input": "{}"}])
    with pytest.raises(IrreversibleError):
        KINDS["events/target"].moves(one, None, {"Other": True})
    shared = {"statementId": "guests", "action": "events:PutEvents", "principal": "999999999999"}
    allowed = {"Action": "events:PutEvents", "Principal": "999999999999"}
    assert told(logged("events:PutPermission", shared)) == {
        ("events/bus_permission", "default", "guests"): (None, allowed)
    }
    check_ways(facet("events/bus_permission", "default", "guests"), [None, allowed, {**allowed, "Principal": "*"}])


def test_the_recorder_and_alarms_are_switched_on_again() -> None:
    off = logged("config:StopConfigurationRecorder", {"configurationRecorderName": "default"})
    assert told(off) == {("config/recording", "default"): ("on", "off")}
    check_ways(facet("config/recording", "default"), ["on", "off"])
    quiet: dict[str, Any] = told(logged("monitoring:DisableAlarmActions", {"alarmNames": ["root used", "cost"]}))
    assert quiet == {("cloudwatch/alarm_actions", name): ("on", "off") for name in ("root used", "cost")}
    check_ways(facet("cloudwatch/alarm_actions", "root used"), ["on", "off"])
