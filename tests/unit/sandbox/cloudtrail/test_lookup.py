"""LookupEvents behaves as https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html says."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from sandbox_calls import ACCOUNT, KEY_ID, OTHER, call, user

from sandbox.cloudtrail.lookup import lookup_events
from sandbox.errors import ApiError
from sandbox.model import Outcome
from sandbox.world import World

OK = Outcome(status=200)


def happen(
    world: World,
    count: int = 1,
    service: str = "ec2",
    operation: str = "DescribeVpcs",
    account: str = ACCOUNT,
    **more: Any,
) -> None:
    for _number in range(count):
        world.trail.record(call(service, operation, time=world.clock.now(), **more), user(account), OK)


def look(world: World, account: str = ACCOUNT, region: str = "eu-west-1", **parameters: Any) -> Mapping[str, Any]:
    world.clock.advance(1)
    return lookup_events(world, call("cloudtrail", "LookupEvents", parameters, region=region), user(account))


def by(key: str, value: str) -> list[dict[str, str]]:
    return [{"AttributeKey": key, "AttributeValue": value}]


def test_nothing_happened(world: World) -> None:
    assert look(world) == {"Events": []}


def test_an_event_as_lookup_events_shows_it(world: World) -> None:
    """Names and the string that ReadOnly is: data/cloudtrail/lookup-events/aws_cloudtrail.jsonl"""
    happen(world)
    (event,) = look(world)["Events"]
    assert set(event) == {
        "EventId", "EventName", "ReadOnly", "AccessKeyId", "EventTime", "EventSource", "Username", "Resources", "CloudTrailEvent",
    }  # fmt: skip
    assert (event["ReadOnly"], event["Username"], event["AccessKeyId"]) == ("true", "alice", KEY_ID)
    assert json.loads(event["CloudTrailEvent"])["eventID"] == event["EventId"]


def test_newest_first(world: World) -> None:
    happen(world, operation="DescribeVpcs")
    world.clock.advance(5)
    happen(world, operation="DescribeSubnets")
    assert [event["EventName"] for event in look(world)["Events"]] == ["DescribeSubnets", "DescribeVpcs"]


def test_per_account_and_region(world: World) -> None:
    happen(world)
    assert look(world, region="eu-central-1")["Events"] == []
    assert look(world, account=OTHER)["Events"] == []


def test_global_services_are_found_in_us_east_1_alone(world: World) -> None:
    happen(world, service="iam", operation="CreateUser")
    assert look(world)["Events"] == []
    assert len(look(world, region="us-east-1")["Events"]) == 1


def test_data_events_are_never_shown(world: World) -> None:
    happen(world, service="s3", operation="GetObject")
    assert look(world)["Events"] == []


def test_ninety_days(world: World) -> None:
    happen(world)
    world.clock.advance(timedelta(days=90).total_seconds() - 60)
    assert len(look(world)["Events"]) == 1
    world.clock.advance(120)
    assert look(world)["Events"] == []


def test_events_are_late_by_what_was_set(world: World) -> None:
    """https://docs.aws.amazon.com/awscloudtrail/latest/userguide/get-and-view-cloudtrail-log-files.html: about five minutes"""
    world.settings = world.settings.changed({"cloudtrail_delivery_s": 300})
    happen(world)
    world.clock.advance(290)
    assert look(world)["Events"] == []
    world.clock.advance(10)
    assert len(look(world)["Events"]) == 1


def test_time_range_takes_in_both_ends(world: World) -> None:
    happen(world)
    moment = look(world)["Events"][0]["EventTime"]
    assert len(look(world, StartTime=moment, EndTime=moment)["Events"]) == 1
    assert look(world, EndTime=moment - timedelta(seconds=1))["Events"] == []
    assert look(world, StartTime=moment + timedelta(seconds=1))["Events"] == []


@pytest.mark.parametrize(
    ("key", "value", "found"),
    [
        ("EventName", "CreateUser", 1),
        ("EventName", "createuser", 0),
        ("EventSource", "iam.amazonaws.com", 1),
        ("ReadOnly", "false", 1),
        ("ReadOnly", "true", 0),
        ("Username", "alice", 1),
        ("AccessKeyId", KEY_ID, 1),
        ("AccessKeyId", "AKIAI44QH8DHBEXAMPLE", 0),
        ("ResourceName", "mallory", 1),
        ("ResourceType", "AWS::IAM::User", 1),
        ("ResourceType", "AWS::EC2::Instance", 0),
    ],
)
def test_by_one_attribute(world: World, key: str, value: str, found: int) -> None:
    happen(world, service="iam", operation="CreateUser", parameters={"UserName": "mallory"})
    assert len(look(world, region="us-east-1", LookupAttributes=by(key, value))["Events"]) == found


def test_a_session_is_found_by_the_key_it_was_given(world: World) -> None:
    answer = {"Credentials": {"AccessKeyId": "ASIAIOSFODNN7EXAMPLE"}}
    world.trail.record(
        call("sts", "GetSessionToken", time=world.clock.now()), user(), Outcome(status=200, response=answer)
    )
    assert len(look(world, LookupAttributes=by("ResourceName", "ASIAIOSFODNN7EXAMPLE"))["Events"]) == 1


def test_each_of_many_resources_is_found(world: World) -> None:
    happen(
        world,
        service="ssm",
        operation="SendCommand",
        parameters={"DocumentName": "AWS-RunShellScript", "InstanceIds": ["i-1", "i-2"]},
    )
    assert len(look(world, LookupAttributes=by("ResourceName", "i-2"))["Events"]) == 1


def test_pages_of_fifty(world: World) -> None:
    happen(world, 120)
    seen: list[str] = []
    token: dict[str, str] = {}
    for size in (50, 50, 20):
        page = look(world, **token)
        happen(world, 3)  # what comes in meanwhile moves nothing
        assert len(page["Events"]) == size
        seen += [event["EventId"] for event in page["Events"]]
        token = {"NextToken": page["NextToken"]} if "NextToken" in page else {}
    assert token == {}
    assert len(set(seen)) == 120


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ({"MaxResults": 0}, "InvalidMaxResultsException"),
        ({"MaxResults": 51}, "InvalidMaxResultsException"),
        ({"LookupAttributes": by("EventName", "a") + by("Username", "b")}, "InvalidLookupAttributesException"),
        ({"LookupAttributes": by("Colour", "red")}, "InvalidLookupAttributesException"),
        ({"StartTime": 2_000_000_000, "EndTime": 1_900_000_000}, "InvalidTimeRangeException"),
        ({"NextToken": "made up"}, "InvalidNextTokenException"),
        ({"EventCategory": "everything"}, "InvalidEventCategoryException"),
    ],
)
def test_wrong_questions(world: World, parameters: dict[str, Any], code: str) -> None:
    with pytest.raises(ApiError) as caught:
        look(world, **parameters)
    assert caught.value.code == code


def test_a_token_belongs_to_its_question(world: World) -> None:
    happen(world, 60)
    token = look(world)["NextToken"]
    with pytest.raises(ApiError, match="InvalidNextTokenException"):
        look(world, NextToken=token, LookupAttributes=by("Username", "alice"))


def test_two_a_second_per_account_and_region(world: World) -> None:
    def at_once(account: str = ACCOUNT, region: str = "eu-west-1") -> None:
        lookup_events(world, call("cloudtrail", "LookupEvents", region=region), user(account))

    at_once()
    at_once()
    with pytest.raises(ApiError) as caught:
        at_once()
    assert (caught.value.code, caught.value.message) == ("ThrottlingException", "Rate exceeded")
    at_once(region="eu-central-1")
    at_once(account=OTHER)
    world.clock.advance(1)
    at_once()


def test_a_reset_forgets_the_rate(world: World) -> None:
    world.clock.advance(3600)
    look(world)
    look(world)
    world.reset()
    assert look(world) == {"Events": []}


def test_strangers_are_recorded_nowhere(world: World) -> None:
    world.trail.record(
        call("iam", "ListUsers", access_key_id="AKIAUNKNOWN", time=world.clock.now()),
        None,
        Outcome(status=403, error_code="x"),
    )
    assert look(world, region="us-east-1")["Events"] == []


def test_a_role_across_accounts_is_recorded_in_both(world: World) -> None:
    """https://docs.aws.amazon.com/awscloudtrail/latest/userguide/shared-event-ID.html"""
    given = {"RoleArn": f"arn:aws:iam::{OTHER}:role/r", "RoleSessionName": "s"}
    world.trail.record(
        call("sts", "AssumeRole", given, time=world.clock.now()), user(), Outcome(status=200, response={})
    )
    mine, theirs = (json.loads(look(world, account=one)["Events"][0]["CloudTrailEvent"]) for one in (ACCOUNT, OTHER))
    assert mine["sharedEventID"] == theirs["sharedEventID"]
    assert mine["eventID"] != theirs["eventID"]
    assert (mine["userIdentity"]["type"], theirs["userIdentity"]["type"]) == ("IAMUser", "AWSAccount")
    assert (mine["recipientAccountId"], theirs["recipientAccountId"]) == (ACCOUNT, OTHER)


def test_a_refused_role_across_accounts_is_recorded_once(world: World) -> None:
    given = {"RoleArn": f"arn:aws:iam::{OTHER}:role/r", "RoleSessionName": "s"}
    world.trail.record(
        call("sts", "AssumeRole", given, time=world.clock.now()), user(), Outcome(status=403, error_code="AccessDenied")
    )
    assert len(look(world)["Events"]) == 1
    assert look(world, account=OTHER)["Events"] == []
