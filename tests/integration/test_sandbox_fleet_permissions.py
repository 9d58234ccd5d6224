"""Who may call Auto Scaling and load balancers in the sandbox, and what CloudTrail has of the calls.
https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2autoscaling.html
https://docs.aws.amazon.com/service-authorization/latest/reference/list_awselasticloadbalancingv2.html"""

from __future__ import annotations

import json
from typing import Any

import pytest
from balanced_world import GROUP, Balanced, plant
from botocore.exceptions import ClientError
from sandbox_client import Sandbox


@pytest.fixture
def world(sandbox: Sandbox) -> Balanced:
    return plant(sandbox)


def keys_of_user(world: Balanced, *denied: str) -> dict[str, str]:
    """Of somebody who may do everything but what is about these resources."""
    iam = world.client("iam")
    iam.create_user(UserName="operator")
    statements = [
        {"Effect": "Allow", "Action": "*", "Resource": "*"},
        {"Effect": "Deny", "Action": ["autoscaling:*", "elasticloadbalancing:*"], "Resource": list(denied)},
    ]
    document = json.dumps({"Version": "2012-10-17", "Statement": statements})
    iam.put_user_policy(UserName="operator", PolicyName="operate", PolicyDocument=document)
    made = iam.create_access_key(UserName="operator")["AccessKey"]
    return {"access_key_id": made["AccessKeyId"], "secret_access_key": made["SecretAccessKey"]}


def refusal(call: Any, **given: Any) -> str:
    with pytest.raises(ClientError) as caught:
        call(**given)
    return str(caught.value.response["Error"]["Code"])


def test_a_denial_by_arn_holds_for_changes_and_not_for_descriptions(world: Balanced) -> None:
    group = f"arn:aws:autoscaling:us-east-1:*:autoScalingGroup:*:autoScalingGroupName/{GROUP}"
    keys = keys_of_user(world, group, world.web)
    scaling, elbv2 = (world.sandbox.client(service, keys) for service in ("autoscaling", "elbv2"))
    moved = {"AutoScalingGroupName": GROUP, "InstanceIds": [world.victim], "ShouldDecrementDesiredCapacity": True}
    assert refusal(scaling.enter_standby, **moved) == "AccessDenied"
    targets = [{"Id": world.victim}]
    assert refusal(elbv2.deregister_targets, TargetGroupArn=world.web, Targets=targets) == "AccessDenied"
    elbv2.deregister_targets(TargetGroupArn=world.admin, Targets=[{"Id": world.victim, "Port": 8080}])
    assert len(scaling.describe_auto_scaling_instances()["AutoScalingInstances"]) == 2
    assert elbv2.describe_target_health(TargetGroupArn=world.web)["TargetHealthDescriptions"]


def test_events_say_what_was_asked(world: Balanced) -> None:
    world.client("autoscaling").enter_standby(
        AutoScalingGroupName=GROUP, InstanceIds=[world.victim], ShouldDecrementDesiredCapacity=True
    )
    world.client("elbv2").deregister_targets(TargetGroupArn=world.admin, Targets=[{"Id": world.victim, "Port": 8081}])
    world.sandbox.control("POST", "/clock", {"advance_s": 900})

    def asked(name: str) -> Any:
        attribute = {"AttributeKey": "EventName", "AttributeValue": name}
        (found,) = world.client("cloudtrail").lookup_events(LookupAttributes=[attribute])["Events"]
        event = json.loads(found["CloudTrailEvent"])
        return event["eventSource"], event["requestParameters"]

    assert asked("EnterStandby") == (
        "autoscaling.amazonaws.com",
        {
            "autoScalingGroupName": GROUP,
            "instanceIds": [world.victim],
            "shouldDecrementDesiredCapacity": True,
        },
    )
    assert asked("DeregisterTargets") == (
        "elasticloadbalancing.amazonaws.com",
        {"targetGroupArn": world.admin, "targets": [{"id": world.victim, "port": 8081}]},
    )
