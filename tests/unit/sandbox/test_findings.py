"""Findings are listed by GuardDuty and come through EventBridge, each in its own shape."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from moto.backends import get_backend
from sandbox_calls import ACCOUNT, OTHER, call, user

from sandbox.errors import ApiError
from sandbox.findings import HANDLERS
from sandbox.world import World

REGION = "eu-west-1"
FINDING: dict[str, Any] = {
    "Id": "9cb1a2c3d4e5f60718293a4b5c6d7e8f",
    "Type": "UnauthorizedAccess:IAMUser/MaliciousIPCaller.Custom",
    "Severity": 5,
    "Resource": {
        "ResourceType": "AccessKey",
        "AccessKeyDetails": {"AccessKeyId": "AKIAIOSFODNN7EXAMPLE", "UserName": "dana"},
    },
    "Service": {
        "ServiceName": "guardduty",
        "Archived": False,
        "Count": 1,
        "Action": {
            "ActionType": "AWS_API_CALL",
            "AwsApiCallAction": {
                "Api": "ListUsers",
                "RemoteIpDetails": {"IpAddressV4": "203.0.113.77", "GeoLocation": {"Lat": 1.5, "Lon": 0}},
                "AffectedResources": {"AWS::S3::Bucket": "designs"},
            },
        },
        "AdditionalInfo": {"Type": "default", "Value": '{"threatListName":"Public exploits","sample":true}'},
    },
}


def detector(account: str = ACCOUNT) -> str:
    return str(get_backend("guardduty")[account][REGION].list_detectors()[0])


def ask(world: World, operation: str, account: str = ACCOUNT, **parameters: Any) -> Mapping[str, Any]:
    given = {"DetectorId": detector(account), **parameters}
    return HANDLERS["guardduty", operation](world, call("guardduty", operation, given, region=REGION), user(account))


def queue(pattern: dict[str, Any] | None, *, state: str = "ENABLED", name: str = "findings", arn: str = "") -> Any:
    backend = get_backend("sqs")[ACCOUNT][REGION]
    made = backend.create_queue(name, {}) if not arn else None
    events = get_backend("events")[ACCOUNT][REGION]
    text = json.dumps(pattern) if pattern is not None else None
    schedule = "rate(5 minutes)" if pattern is None else None
    events.put_rule(name=name, event_pattern=text, state=state, scheduled_expression=schedule)
    target = arn or f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"
    events.put_targets(name, "default", [{"Id": "1", "Arn": target}])
    return made


def received(made: Any) -> list[dict[str, Any]]:
    return [json.loads(message.body) for message in made.messages]


def test_a_finding_is_listed_and_read(world: World) -> None:
    finding_id = world.findings.publish(ACCOUNT, REGION, FINDING)
    assert ask(world, "ListFindings")["FindingIds"] == [finding_id]
    (found,) = ask(world, "GetFindings", FindingIds=[finding_id])["Findings"]
    assert found["Resource"] == FINDING["Resource"]
    assert (found["AccountId"], found["Region"], found["SchemaVersion"]) == (ACCOUNT, REGION, "2.0")
    assert found["Arn"] == f"arn:aws:guardduty:{REGION}:{ACCOUNT}:detector/{detector()}/finding/{finding_id}"


def test_another_account_sees_nothing(world: World) -> None:
    world.findings.publish(ACCOUNT, REGION, FINDING)
    get_backend("guardduty")[OTHER][REGION].create_detector(True, "SIX_HOURS", {}, {}, [])
    assert ask(world, "ListFindings", OTHER)["FindingIds"] == []


def test_the_detector_must_be_the_callers(world: World) -> None:
    world.findings.publish(ACCOUNT, REGION, FINDING)
    with pytest.raises(ApiError, match="BadRequestException"):
        ask(world, "ListFindings", DetectorId="0" * 32)


def test_a_rule_with_a_queue_receives_it_in_camel_case(world: World) -> None:
    """https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_findings_eventbridge.html"""
    made = queue({"source": ["aws.guardduty"], "detail-type": ["GuardDuty Finding"]})
    world.findings.publish(ACCOUNT, REGION, FINDING)
    (event,) = received(made)
    assert (event["version"], event["source"], event["detail-type"]) == ("0", "aws.guardduty", "GuardDuty Finding")
    assert (event["account"], event["region"], event["resources"]) == (ACCOUNT, REGION, [])
    assert event["time"] == event["detail"]["updatedAt"].replace(".000Z", "Z")
    detail = event["detail"]
    assert detail["resource"]["accessKeyDetails"]["accessKeyId"] == "AKIAIOSFODNN7EXAMPLE"
    action = detail["service"]["action"]["awsApiCallAction"]
    assert action["remoteIpDetails"]["ipAddressV4"] == "203.0.113.77"
    assert action["affectedResources"] == {"AWS::S3::Bucket": "designs"}, "the keys of a map are data"


def test_a_sample_says_so_in_the_event(world: World) -> None:
    """data/guardduty/attack-sequence.json: value, type and what is in value, side by side"""
    made = queue({"source": ["aws.guardduty"]})
    world.findings.publish(ACCOUNT, REGION, FINDING)
    assert received(made)[0]["detail"]["service"]["additionalInfo"] == {
        "type": "default",
        "value": '{"threatListName":"Public exploits","sample":true}',
        "threatListName": "Public exploits",
        "sample": True,
    }


def test_names_that_differ_on_the_wire(world: World) -> None:
    """data/guardduty/guardduty_iam_event.json: productCodes[].productCodeId"""
    made = queue({"source": ["aws.guardduty"]})
    resource = {
        "ResourceType": "Instance",
        "InstanceDetails": {"InstanceId": "i-1", "ProductCodes": [{"Code": "c", "ProductType": "t"}]},
    }
    world.findings.publish(ACCOUNT, REGION, FINDING | {"Resource": resource})
    details = received(made)[0]["detail"]["resource"]["instanceDetails"]
    assert details["productCodes"] == [{"productCodeId": "c", "productCodeType": "t"}]


def test_a_rule_that_is_switched_off_receives_nothing(world: World) -> None:
    made = queue({"source": ["aws.guardduty"]}, state="DISABLED")
    world.findings.publish(ACCOUNT, REGION, FINDING)
    assert received(made) == []


def test_a_rule_with_another_pattern_or_a_schedule_receives_nothing(world: World) -> None:
    other, scheduled = queue({"source": ["aws.ec2"]}, name="other"), queue(None, name="scheduled")
    world.findings.publish(ACCOUNT, REGION, FINDING)
    assert (received(other), received(scheduled)) == ([], [])


def test_a_target_that_is_not_there_does_not_stop_the_others(world: World) -> None:
    queue({"source": ["aws.guardduty"]}, name="function", arn=f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:f")
    made = queue({"source": ["aws.guardduty"]})
    world.findings.publish(ACCOUNT, REGION, FINDING)
    assert len(received(made)) == 1


def test_the_same_finding_again_is_an_update(world: World) -> None:
    """https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_findings_eventbridge.html: updates of a finding keep its id"""
    made = queue({"source": ["aws.guardduty"]})
    for count in (1, 2):
        world.findings.publish(ACCOUNT, REGION, FINDING | {"Service": {**FINDING["Service"], "Count": count}})
    (found,) = ask(world, "GetFindings", FindingIds=[FINDING["Id"]])["Findings"]
    assert found["Service"]["Count"] == 2
    assert len(received(made)) == 2


@pytest.mark.parametrize(
    ("criterion", "found"),
    [
        ({"resource.accessKeyDetails.accessKeyId": {"Equals": ["AKIAIOSFODNN7EXAMPLE"]}}, 1),
        ({"resource.accessKeyDetails.accessKeyId": {"Eq": ["AKIAI44QH8DHBEXAMPLE"]}}, 0),
        ({"severity": {"Gte": 4}}, 1),
        ({"severity": {"GreaterThan": 5}}, 0),
        ({"service.archived": {"Eq": ["false"]}}, 1),
        ({"service.archived": {"Eq": ["true"]}}, 0),
        ({"type": {"Neq": [FINDING["Type"]]}}, 0),
        ({"updatedAt": {"Gte": 0}, "severity": {"Lt": 9}}, 1),
    ],
)
def test_criteria(world: World, criterion: dict[str, Any], found: int) -> None:
    """https://docs.aws.amazon.com/guardduty/latest/APIReference/API_ListFindings.html"""
    world.findings.publish(ACCOUNT, REGION, FINDING)
    assert len(ask(world, "ListFindings", FindingCriteria={"Criterion": criterion})["FindingIds"]) == found


def test_archived(world: World) -> None:
    world.findings.publish(ACCOUNT, REGION, FINDING)
    criterion = {"Criterion": {"service.archived": {"Eq": ["false"]}}}
    ask(world, "ArchiveFindings", FindingIds=[FINDING["Id"]])
    assert ask(world, "ListFindings", FindingCriteria=criterion)["FindingIds"] == []
    ask(world, "UnarchiveFindings", FindingIds=[FINDING["Id"]])
    assert len(ask(world, "ListFindings", FindingCriteria=criterion)["FindingIds"]) == 1


def test_pages(world: World) -> None:
    for number in range(60):
        world.findings.publish(ACCOUNT, REGION, FINDING | {"Id": f"{number:032x}"})
    first = ask(world, "ListFindings")
    second = ask(world, "ListFindings", NextToken=first["NextToken"])
    assert (len(first["FindingIds"]), len(second["FindingIds"]), "NextToken" in second) == (50, 10, False)


@pytest.mark.parametrize(
    ("account", "region", "finding", "message"),
    [
        ("12", REGION, FINDING, "account must be 12 digits"),
        (ACCOUNT, "nowhere", FINDING, "region must be"),
        (ACCOUNT, REGION, {}, "the finding lacks Type, Severity, Resource"),
        (ACCOUNT, REGION, FINDING | {"Severity": "high"}, "Severity"),
        (ACCOUNT, REGION, FINDING | {"Resource": {"accessKeyDetails": {}}}, "accessKeyDetails"),
    ],
)
def test_what_is_no_finding(world: World, account: str, region: str, finding: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        world.findings.publish(account, region, finding)
