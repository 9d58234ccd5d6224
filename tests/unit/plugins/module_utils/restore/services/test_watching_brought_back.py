"""What watches and was deleted comes back whole: a trail with what it logs, a rule with its targets, in the order in which that can be
done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from catalogued import ACCOUNT, REGION, logged

from ansible_collections.cordon.aws.plugins.module_utils.restore.catalogue import ENTRIES, KINDS
from ansible_collections.cordon.aws.plugins.module_utils.restore.places import Place
from ansible_collections.cordon.aws.plugins.module_utils.restore.restoration import Restoration, steps_of
from ansible_collections.cordon.aws.plugins.module_utils.restore.wishes import made_of, wishes
from ansible_collections.cordon.aws.plugins.module_utils.trail.event import Event

BASIC = {
    "readWriteType": "WriteOnly",
    "includeManagementEvents": True,
    "dataResources": [],
    "excludeManagementEventSources": [],
}
FUNCTION = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:alert"


def story(*events: Event) -> list[Event]:
    """These events, a minute apart, each with an id of its own."""
    return [
        replace(
            event, time=event.time + timedelta(minutes=number), event_id=f"{number:08d}-2222-3333-4444-555555555555"
        )
        for number, event in enumerate(events)
    ]


def planned(administrators: Sequence[Event], attackers: Sequence[Event]) -> list[tuple[str, dict[str, Any]]]:
    """The calls of a restore, by the log alone."""
    events = story(*administrators, *attackers)
    theirs = {event.event_id for event in events[len(administrators) :]}
    intention = Restoration(wishes(made_of(events, theirs, ENTRIES)), KINDS)
    decisions = intention.unconfirmed(Place(account=ACCOUNT, region=REGION))
    return [(step.call.operation, dict(step.call.parameters)) for decision in decisions for step in steps_of(decision)]


def test_a_trail_with_what_it_logged() -> None:
    made = {"name": "audit", "s3BucketName": "trail-bucket", "isMultiRegionTrail": True}
    calls = planned(
        [
            logged("cloudtrail:CreateTrail", {"name": "audit", "s3BucketName": "trail-bucket"}, made),
            logged("cloudtrail:StartLogging", {"name": "audit"}),
            logged("cloudtrail:PutEventSelectors", {"trailName": "audit", "eventSelectors": [BASIC]}),
        ],
        [
            logged("cloudtrail:StopLogging", {"name": "audit"}),
            logged("cloudtrail:DeleteTrail", {"name": "audit"}),
        ],
    )
    assert [operation for operation, _given in calls] == ["CreateTrail", "PutEventSelectors", "StartLogging"]
    assert calls[0][1]["S3BucketName"] == "trail-bucket"
    assert calls[1][1]["EventSelectors"][0]["ReadWriteType"] == "WriteOnly"


def test_a_trail_that_did_not_log_does_not_begin_to() -> None:
    calls = planned(
        [
            logged("cloudtrail:CreateTrail", {"name": "audit"}, {"name": "audit", "s3BucketName": "trail-bucket"}),
            logged("cloudtrail:StopLogging", {"name": "audit"}),
        ],
        [logged("cloudtrail:DeleteTrail", {"name": "audit"})],
    )
    assert "StartLogging" not in [operation for operation, _given in calls]


def test_a_trail_that_an_attacker_made_logs_no_more() -> None:
    made = {"name": "theirs", "s3BucketName": "their-bucket"}
    calls = planned(
        [],
        [
            logged("cloudtrail:CreateTrail", {"name": "theirs", "s3BucketName": "their-bucket"}, made),
            logged("cloudtrail:StartLogging", {"name": "theirs"}),
        ],
    )
    assert calls == [("StopLogging", {"Name": "theirs"})]


def test_a_rule_with_its_targets() -> None:
    named = {"name": "findings", "eventPattern": '{"source": ["aws.guardduty"]}'}
    calls = planned(
        [
            logged("events:PutRule", named),
            logged("events:PutTargets", {"rule": "findings", "targets": [{"id": "1", "arn": FUNCTION}]}),
        ],
        [
            logged("events:RemoveTargets", {"rule": "findings", "ids": ["1"]}),
            logged("events:DeleteRule", {"name": "findings"}),
        ],
    )
    assert [operation for operation, _given in calls][:2] == ["PutRule", "PutTargets"]
    assert calls[0][1]["EventPattern"] == '{"source":["aws.guardduty"]}'
    assert calls[1][1]["Targets"] == [{"Id": "1", "Arn": FUNCTION}]


def test_a_rule_that_an_attacker_made_is_kept_without_running_anything() -> None:
    calls = planned(
        [],
        [
            logged("events:PutRule", {"name": "hourly", "scheduleExpression": "rate(1 hour)"}),
            logged("events:PutTargets", {"rule": "hourly", "targets": [{"id": "1", "arn": FUNCTION}]}),
        ],
    )
    assert [operation for operation, _given in calls] == ["RemoveTargets", "DisableRule"]
