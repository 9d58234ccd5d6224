"""Trails deliver what they are asked to, where AWS's pages say.
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/get-and-view-cloudtrail-log-files.html"""

from __future__ import annotations

import gzip
import json
import re
from dataclasses import replace
from typing import Any

import pytest
from moto.backends import get_backend
from sandbox_calls import ACCOUNT, OTHER, call, user

from sandbox.model import Outcome
from sandbox.world import World

OK = Outcome(status=200)
BUCKET = "logs-of-all"


def trail(
    account: str = ACCOUNT, *, region: str = "us-east-1", multi: bool = True, glob: bool = True, org: bool = False
) -> Any:
    if not any(BUCKET in regions["aws"].buckets for regions in get_backend("s3").values()):
        get_backend("s3")[account]["aws"].create_bucket(BUCKET, region)
    backend = get_backend("cloudtrail")[account][region]
    made = backend.create_trail("everything", BUCKET, None, None, glob, multi, False, org, None, None, None, [])
    made.start_logging()
    return made


def happen(
    world: World,
    service: str,
    operation: str,
    account: str = ACCOUNT,
    parameters: dict[str, Any] | None = None,
    **more: Any,
) -> None:
    world.trail.record(call(service, operation, parameters, time=world.clock.now(), **more), user(account), OK)


def files(world: World, account: str = ACCOUNT) -> dict[str, list[dict[str, Any]]]:
    world.trail.deliver()
    bucket = get_backend("s3")[account]["aws"].buckets[BUCKET]
    return {key: json.loads(gzip.decompress(found.value))["Records"] for key, found in bucket.keys.items()}


def names(world: World) -> list[str]:
    return sorted(event["eventName"] for records in files(world).values() for event in records)


def test_the_layout(world: World) -> None:
    """https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-examples.html (the file's name)"""
    trail()
    happen(world, "ec2", "DescribeVpcs")
    ((key, records),) = files(world).items()
    account, now = ACCOUNT, world.clock.now()
    assert re.fullmatch(
        rf"AWSLogs/{account}/CloudTrail/eu-west-1/{now:%Y/%m/%d}/{account}_CloudTrail_eu-west-1_{now:%Y%m%d}T\d{{4}}Z_[A-Za-z0-9]{{16}}\.json\.gz",
        key,
    )
    assert records[0]["eventName"] == "DescribeVpcs"


def test_each_event_is_delivered_once(world: World) -> None:
    trail()
    for _round in range(3):
        happen(world, "ec2", "DescribeVpcs")
        world.trail.deliver()
    assert names(world) == ["DescribeVpcs"] * 3


def test_a_prefix(world: World) -> None:
    trail().s3_key_prefix = "audit"
    happen(world, "ec2", "DescribeVpcs")
    assert next(iter(files(world))).startswith("audit/AWSLogs/")


def test_an_organization_trail_names_the_organization(world: World) -> None:
    """https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-find-log-files.html"""
    organizations = get_backend("organizations")[ACCOUNT]["aws"]
    organization = organizations.create_organization("us-east-1", FeatureSet="ALL")["Organization"]["Id"]
    member = organizations.create_account(AccountName="member", Email="member@example.com")["CreateAccountStatus"][
        "AccountId"
    ]
    trail(org=True)
    for account in (ACCOUNT, member, OTHER):
        happen(world, "ec2", "DescribeVpcs", account)
    found = {key.split("/CloudTrail/")[0] for key in files(world)}
    assert found == {f"AWSLogs/{organization}/{one}" for one in (ACCOUNT, member)}


def test_another_accounts_events_stay_there(world: World) -> None:
    trail()
    happen(world, "ec2", "DescribeVpcs", OTHER)
    assert files(world) == {}


def test_a_bucket_in_another_account(world: World) -> None:
    get_backend("s3")[OTHER]["aws"].create_bucket(BUCKET, "us-east-1")
    trail()
    happen(world, "ec2", "DescribeVpcs")
    assert len(files(world, OTHER)) == 1


def test_one_region(world: World) -> None:
    trail(region="eu-west-1", multi=False)
    happen(world, "ec2", "DescribeVpcs")
    happen(world, "ec2", "DescribeSubnets", region="eu-central-1")
    happen(world, "iam", "ListUsers")  # since November 2021 in us-east-1 alone
    assert names(world) == ["DescribeVpcs"]


def test_global_services_can_be_left_out(world: World) -> None:
    trail(multi=False, glob=False)
    happen(world, "iam", "ListUsers")
    happen(world, "ec2", "DescribeVpcs", region="us-east-1")
    assert names(world) == ["DescribeVpcs"]


def test_late_by_what_was_set(world: World) -> None:
    world.settings = world.settings.changed({"cloudtrail_delivery_s": 300})
    trail()
    happen(world, "ec2", "DescribeVpcs")
    world.clock.advance(200)
    happen(world, "ec2", "DescribeSubnets")
    world.clock.advance(150)
    assert names(world) == ["DescribeVpcs"]
    world.clock.advance(150)
    assert names(world) == ["DescribeSubnets", "DescribeVpcs"]


def test_what_happened_before_the_stop_is_still_delivered(world: World) -> None:
    """The trail stops with the call that stops it, and what happened until then is on its way."""
    world.settings = world.settings.changed({"cloudtrail_delivery_s": 300})
    made = trail()
    happen(world, "ec2", "DescribeVpcs")
    made.stop_logging()
    happen(world, "cloudtrail", "StopLogging", parameters={"Name": "everything"})
    happen(world, "ec2", "DescribeSubnets")
    world.clock.advance(300)
    assert names(world) == ["DescribeVpcs", "StopLogging"]


def test_what_happens_while_it_is_off_stays_unknown(world: World) -> None:
    made = trail()
    happen(world, "ec2", "DescribeVpcs")
    made.stop_logging()
    happen(world, "iam", "CreateUser", parameters={"UserName": "mallory"})
    made.start_logging()
    happen(world, "ec2", "DescribeSubnets")
    assert names(world) == ["DescribeSubnets", "DescribeVpcs"]


def test_a_missing_bucket_keeps_events_waiting(world: World) -> None:
    """https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-troubleshooting.html: delivery is tried again"""
    trail()
    happen(world, "ec2", "DescribeVpcs")
    buckets = get_backend("s3")[ACCOUNT]["aws"]
    buckets.delete_bucket(BUCKET)
    world.trail.deliver()
    buckets.create_bucket(BUCKET, "us-east-1")
    assert names(world) == ["DescribeVpcs"]


BASIC: list[tuple[dict[str, Any], list[str]]] = [
    ({"ReadWriteType": "ReadOnly"}, ["DescribeVpcs"]),
    ({"ReadWriteType": "WriteOnly"}, ["CreateVpc"]),
    ({"IncludeManagementEvents": False}, []),
    ({"ExcludeManagementEventSources": ["ec2.amazonaws.com"]}, []),
    (
        {"DataResources": [{"Type": "AWS::S3::Object", "Values": ["arn:aws:s3"]}]},
        ["CreateVpc", "DescribeVpcs", "GetObject", "PutObject"],
    ),
    (
        {"DataResources": [{"Type": "AWS::S3::Object", "Values": ["arn:aws:s3:::designs/"]}]},
        ["CreateVpc", "DescribeVpcs", "GetObject"],
    ),
    (
        {"DataResources": [{"Type": "AWS::S3::Object", "Values": ["arn:aws:s3:::other/x"]}]},
        ["CreateVpc", "DescribeVpcs"],
    ),
    (
        {"DataResources": [{"Type": "AWS::Lambda::Function", "Values": ["arn:aws:lambda"]}]},
        ["CreateVpc", "DescribeVpcs", "Invoke"],
    ),
    (
        {"DataResources": [{"Type": "AWS::Lambda::Function", "Values": ["arn:aws:lambda:eu-west-1:1:function:g"]}]},
        ["CreateVpc", "DescribeVpcs"],
    ),
    ({"DataResources": [{"Type": "AWS::S3::Object", "Values": []}]}, ["CreateVpc", "DescribeVpcs"]),
]


def some_of_everything(world: World) -> None:
    happen(world, "ec2", "DescribeVpcs")
    happen(world, "ec2", "CreateVpc")
    happen(world, "s3", "GetObject", parameters={"Bucket": "designs", "Key": "a"})
    happen(world, "s3", "PutObject", parameters={"Bucket": "other", "Key": "a", "Body": b"x"})
    happen(world, "lambda", "Invoke", parameters={"FunctionName": "f"})


@pytest.mark.parametrize(("selector", "delivered"), BASIC)
def test_event_selectors(world: World, selector: dict[str, Any], delivered: list[str]) -> None:
    """https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_EventSelector.html"""
    trail().put_event_selectors([selector], [])
    some_of_everything(world)
    assert names(world) == delivered


ADVANCED: list[tuple[list[dict[str, Any]], list[str]]] = [
    ([{"Field": "eventCategory", "Equals": ["Management"]}], ["CreateVpc", "DescribeVpcs"]),
    (
        [{"Field": "eventCategory", "Equals": ["Data"]}, {"Field": "resources.type", "Equals": ["AWS::S3::Object"]}],
        ["GetObject", "PutObject"],
    ),
    (
        [
            {"Field": "eventCategory", "Equals": ["Data"]},
            {"Field": "resources.type", "Equals": ["AWS::S3::Object"]},
            {"Field": "resources.ARN", "NotStartsWith": ["arn:aws:s3:::other/"]},
        ],
        ["GetObject"],
    ),
    ([{"Field": "eventCategory", "Equals": ["Management"]}, {"Field": "readOnly", "Equals": ["false"]}], ["CreateVpc"]),
    (
        [
            {"Field": "eventCategory", "Equals": ["Management"]},
            {"Field": "eventSource", "NotEquals": ["ec2.amazonaws.com"]},
        ],
        [],
    ),
]


@pytest.mark.parametrize(("fields", "delivered"), ADVANCED)
def test_advanced_event_selectors(world: World, fields: list[dict[str, Any]], delivered: list[str]) -> None:
    """https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_AdvancedFieldSelector.html"""
    trail().put_event_selectors([], [{"FieldSelectors": fields}])
    some_of_everything(world)
    assert names(world) == delivered


def test_data_events_reach_no_trail_that_did_not_ask(world: World) -> None:
    trail()
    some_of_everything(world)
    assert names(world) == ["CreateVpc", "DescribeVpcs"]


def test_an_object_event_is_in_the_region_of_its_bucket(world: World) -> None:
    get_backend("s3")[ACCOUNT]["aws"].create_bucket("designs", "eu-central-1")
    trail().put_event_selectors([{"DataResources": [{"Type": "AWS::S3::Object", "Values": ["arn:aws:s3"]}]}], [])
    happen(world, "s3", "GetObject", parameters={"Bucket": "designs", "Key": "a"})
    ((key, (event,)),) = files(world).items()
    assert "/CloudTrail/eu-central-1/" in key
    assert event["awsRegion"] == "eu-central-1"


def test_nobody_in_particular_is_told_to_the_owner_of_the_bucket(world: World) -> None:
    """https://docs.aws.amazon.com/AmazonS3/latest/userguide/cloudtrail-logging-s3-info.html: ANONYMOUS_PRINCIPAL"""
    get_backend("s3")[ACCOUNT]["aws"].create_bucket("designs", "us-east-1")
    trail().put_event_selectors([{"DataResources": [{"Type": "AWS::S3::Object", "Values": ["arn:aws:s3"]}]}], [])
    stranger = replace(
        call("s3", "GetObject", {"Bucket": "designs", "Key": "a"}, time=world.clock.now()), access_key_id=None
    )
    world.trail.record(stranger, None, OK)
    ((event,),) = files(world).values()
    assert event["userIdentity"] == {"type": "AWSAccount", "principalId": "", "accountId": "ANONYMOUS_PRINCIPAL"}
    assert event["recipientAccountId"] == ACCOUNT
