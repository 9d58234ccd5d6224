"""An attacker who knows how restores are planned gets none to do the work: harmless calls, staged pasts, many changes in one second."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ansible_collections.cordon.aws.plugins.module_utils.restore.catalogue import ENTRIES, KINDS
from ansible_collections.cordon.aws.plugins.module_utils.restore.certainty import KNOWN
from ansible_collections.cordon.aws.plugins.module_utils.restore.decision import Decision, decided
from ansible_collections.cordon.aws.plugins.module_utils.restore.held import Held
from ansible_collections.cordon.aws.plugins.module_utils.restore.wanted import is_cordons
from ansible_collections.cordon.aws.plugins.module_utils.restore.wishes import made_of, wishes
from ansible_collections.cordon.aws.plugins.module_utils.trail.event import Event, event_of

ACCOUNT = "111122223333"
START = datetime(2026, 1, 31, 12, tzinfo=UTC)
ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"


def event(number: int, source: str, name: str, request: dict[str, Any], second: int = 0, **more: Any) -> Event:
    return event_of(
        {
            "eventID": f"00000000-0000-0000-0000-{number:012}",
            "eventTime": f"{START + timedelta(seconds=second):%Y-%m-%dT%H:%M:%SZ}",
            "awsRegion": "us-east-1",
            "recipientAccountId": ACCOUNT,
            "eventSource": f"{source}.amazonaws.com",
            "eventName": name,
            "requestParameters": request,
            "responseElements": None,
            **more,
        }
    )


def decisions(events: list[Event], live: Any, held: Held | None = None) -> list[Decision]:
    """What is decided of all that these events, all of them the attacker's, changed, where each thing is now what they left, or `live`."""
    found = wishes(made_of(events, {one.event_id for one in events}, ENTRIES))
    return [
        decided(
            wish, wish.courses[0].left if live is ... else live, KINDS[wish.facet.kind], "disable", held=held or Held()
        )
        for wish in found
    ]


@pytest.mark.parametrize(
    ("source", "name", "request_"),
    [
        ("cloudtrail", "StartLogging", {"name": "all-the-trails"}),
        ("kms", "EnableKey", {"keyId": "1234abcd-12ab-34cd-56ef-1234567890ab"}),
        ("secretsmanager", "RestoreSecret", {"secretId": "prod/db"}),
        ("ec2", "EnableEbsEncryptionByDefault", {"EnableEbsEncryptionByDefaultRequest": {}}),
        ("events", "PutRule", {"name": "guardduty-alarm", "eventPattern": "{}", "state": "ENABLED"}),
        ("iam", "RemoveUserFromGroup", {"userName": "mallory", "groupName": "Admins"}),
        (
            "ec2",
            "ModifySnapshotAttribute",
            {
                "snapshotId": "snap-0123456789abcdef0",
                "attributeType": "CREATE_VOLUME_PERMISSION",
                "createVolumePermission": {"remove": {"items": [{"userId": "999999999999"}]}},
            },
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_call_that_may_have_changed_nothing_is_not_turned_round(
    source: str, name: str, request_: dict[str, Any]
) -> None:
    found = decisions([event(1, source, name, request_)], ...)
    assert found, "the catalogue knows the call"
    assert {one.status for one in found} <= {"conflict", "manual", "nothing"}


def test_a_harmless_call_before_the_harmful_one_hides_nothing() -> None:
    events = [
        event(n, "cloudtrail", name, {"name": "all-the-trails"}, n)
        for n, name in enumerate(("StartLogging", "StopLogging"))
    ]
    assert [one.status for one in decisions(events, ...)] == ["manual"]


def test_what_takes_access_away_is_planned_although_the_call_proves_nothing_and_says_so() -> None:
    (found,) = decisions(
        [event(1, "iam", "AttachUserPolicy", {"userName": "mallory", "policyArn": ADMINISTRATOR})], ...
    )
    assert (found.status, found.moves[0].call.operation) == ("planned", "DetachUserPolicy")
    assert "does not show what was there before" in found.why


def test_cordons_own_policy_is_not_taken_away_however_it_came_there() -> None:
    document = (
        '{"Version":"2012-10-17","Statement":[{"Sid":"CordonDenyAll","Effect":"Deny","Action":"*","Resource":"*"}]}'
    )
    made = event(1, "iam", "CreateUser", {"userName": "dana"}, responseElements={"user": {"userName": "dana"}})
    put = event(
        2, "iam", "PutUserPolicy", {"userName": "dana", "policyName": "CordonDenyAll", "policyDocument": document}, 1
    )
    found = [one for one in decisions([made, put], ...) if one.wish.facet.kind == "iam/inline_policy"]
    assert [one.status for one in found] == ["conflict"]


def test_the_attackers_key_is_not_given_back() -> None:
    key = {"userName": "mallory", "accessKeyId": "AKIAIOSFODNN7EXAMPLE", "status": "Active"}
    made = event(1, "iam", "CreateAccessKey", {"userName": "mallory"}, responseElements={"accessKey": key})
    shut = event(2, "iam", "UpdateAccessKey", {**key, "status": "Inactive"}, 1)
    (wish,) = wishes(made_of([made, shut], {shut.event_id}, ENTRIES))
    for held, status in ((Held(), "planned"), (Held(keys=frozenset({"AKIAIOSFODNN7EXAMPLE"})), "conflict")):
        assert decided(wish, "Inactive", KINDS[wish.facet.kind], "disable", held=held).status == status


def test_what_the_responder_works_by_is_left_alone() -> None:
    attach = event(
        1, "iam", "AttachRolePolicy", {"roleName": "OrganizationAccountAccessRole", "policyArn": ADMINISTRATOR}
    )
    held = Held(working=frozenset({(ACCOUNT, "OrganizationAccountAccessRole")}))
    assert [one.status for one in decisions([attach], ..., held)] == ["conflict"]


def test_an_object_that_the_attacker_wrote_is_not_shown_again_by_taking_its_delete_marker_away() -> None:
    answer = {"x-amz-delete-marker": "true", "x-amz-version-id": "3HL4kqtJlcpXroDTDmJ.rmSpXd3dIbrHY"}
    names = {"bucketName": "amzn-s3-demo-bucket", "key": "app.js"}
    deleted = event(1, "s3", "DeleteObject", names, responseElements=answer)
    for written, status in (((), "planned"), ((("amzn-s3-demo-bucket", "app.js"),), "conflict")):
        assert [one.status for one in decisions([deleted], ..., Held(written=frozenset(written)))] == [status]


def test_many_changes_in_one_second_are_for_a_human() -> None:
    names = {"userName": "mallory", "policyArn": ADMINISTRATOR}
    events = [event(number, "iam", ("Attach", "Detach")[number % 2] + "UserPolicy", names) for number in range(6)]
    assert [one.status for one in decisions(events, None)] == ["manual"]


def test_hundreds_of_changes_of_one_thing_hang_nothing() -> None:
    document = '{"Version":"2012-10-17","Statement":[]}'
    events = [
        event(
            number,
            "iam",
            "PutUserPolicy",
            {"userName": "mallory", "policyName": "p", "policyDocument": document.replace("[]", f"[{number}]")},
            number // 5,
        )
        for number in range(490)
    ]
    began = time.process_time()
    wishes(made_of(events, set(), ENTRIES))
    found = wishes(made_of(events, {one.event_id for one in events}, ENTRIES))
    assert len(found) == 1
    assert time.process_time() - began < 20, "it took over half a minute when each order was counted anew"


def test_values_that_json_cannot_say_exactly_are_not_known() -> None:
    pattern = '{"detail": {"x": [12345678901234567890]}}'
    put = event(1, "events", "PutRule", {"name": "guardduty-alarm", "eventPattern": pattern, "state": "ENABLED"})
    assert "planned" not in {one.status for one in decisions([put], {"anything": 1})}


@pytest.mark.parametrize(
    "request_", [{"eventSelectors": True, "trailName": "t"}, {"DeleteFlowLogsRequest": {"FlowLogId": {}}}]
)
def test_forged_events_of_odd_types_are_for_a_human_and_break_nothing(request_: dict[str, Any]) -> None:
    for name in sorted(ENTRIES):
        service, operation = name.split(":")
        forged = event(1, service, operation, request_)
        ENTRIES[name].changes_of(forged)


def test_only_sessions_as_cordon_names_them_are_its_own() -> None:
    def by(arn: str) -> Event:
        return event(1, "iam", "UpdateAccessKey", {}, userIdentity={"arn": arn, "accountId": ACCOUNT})

    role = f"arn:aws:sts::{ACCOUNT}:assumed-role/OrganizationAccountAccessRole"
    assert is_cordons(by(f"{role}/cordon-0123abcd"))
    assert not is_cordons(by(f"{role}/cordon-mallory"))
    assert not is_cordons(by(f"arn:aws:iam::{ACCOUNT}:user/cordon-0123abcd"))


def test_every_operation_whose_certainty_is_written_down_is_in_the_catalogue() -> None:
    assert not KNOWN - set(ENTRIES)
