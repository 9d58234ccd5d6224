"""The scenario compromised-instance: what is planted hangs together as in AWS, and the twin shares all but the compromise."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError
from sandbox_client import Sandbox


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    sandbox = Sandbox(tmp_path_factory.mktemp("compromised") / "state", "--scenario", "compromised-instance")
    yield sandbox
    assert sandbox.stop() == 0


@pytest.fixture
def facts(planted: Sandbox) -> dict[str, Any]:
    planted.control("POST", "/reset")
    read = json.loads((planted.state_dir / "sandbox.json").read_text())
    return dict(read["scenarios"]["compromised-instance"])


def _client(planted: Sandbox, facts: dict[str, Any], service: str) -> Any:
    return planted.in_account(facts["account"]).client(service, endpoint_url=planted.endpoint_url)


def test_both_servers_share_what_they_are_said_to_share(planted: Sandbox, facts: dict[str, Any]) -> None:
    ids = [facts["instance_id"], facts["twin_instance_id"]]
    reservations = _client(planted, facts, "ec2").describe_instances(InstanceIds=ids)["Reservations"]
    shown = {one["InstanceId"]: one for found in reservations for one in found["Instances"]}
    assert [one["NetworkInterfaceId"] for one in shown[ids[0]]["NetworkInterfaces"]] == facts["interfaces"]
    for one in shown.values():
        assert (one["VpcId"], one["SubnetId"]) == (facts["vpc_id"], facts["subnet_id"])
        assert one["IamInstanceProfile"]["Arn"] == facts["instance_profile_arn"]
        for interface in one["NetworkInterfaces"]:
            assert {group["GroupId"] for group in interface["Groups"]} == set(facts["group_ids"])
    group = _client(planted, facts, "autoscaling").describe_auto_scaling_groups()["AutoScalingGroups"][0]
    assert group["AutoScalingGroupName"] == facts["auto_scaling_group"]
    assert {one["InstanceId"] for one in group["Instances"]} == set(ids)
    elb = _client(planted, facts, "elbv2")
    health = elb.describe_target_health(TargetGroupArn=facts["target_group_arn"])["TargetHealthDescriptions"]
    assert {one["Target"]["Id"] for one in health} == set(ids)
    attached = elb.describe_target_groups(LoadBalancerArn=facts["load_balancer_arn"])["TargetGroups"]
    assert [one["TargetGroupArn"] for one in attached] == [facts["target_group_arn"]]


def test_all_flows_are_alive_and_one_goes_through_nat(planted: Sandbox, facts: dict[str, Any]) -> None:
    for key, instance in (("flows", facts["instance_id"]), ("twin_flows", facts["twin_instance_id"])):
        found = planted.control("GET", f"/instances/{instance}/flows")["flows"]
        assert len(found) == len(facts[key])
        assert all(flow["alive"] for flow in found)
    assert [flow["via"] for flow in facts["flows"]].count("nat_gateway") == 1


def test_both_servers_live_for_hours_when_nobody_does_anything(planted: Sandbox, facts: dict[str, Any]) -> None:
    ids = {facts["instance_id"], facts["twin_instance_id"]}
    for _hour in range(3):
        planted.control("POST", "/clock", {"advance_s": 3600})
        health = _client(planted, facts, "elbv2").describe_target_health(TargetGroupArn=facts["target_group_arn"])
        states = {one["Target"]["Id"]: one["TargetHealth"]["State"] for one in health["TargetHealthDescriptions"]}
        assert states == dict.fromkeys(ids, "healthy")
    members = _client(planted, facts, "autoscaling").describe_auto_scaling_instances()["AutoScalingInstances"]
    assert {one["InstanceId"] for one in members if one["LifecycleState"] == "InService"} == ids
    for instance_id in ids:
        assert all(one["alive"] for one in planted.control("GET", f"/instances/{instance_id}/flows")["flows"])


def test_both_servers_credentials_work_until_the_role_denies_one_of_them(
    planted: Sandbox, facts: dict[str, Any]
) -> None:
    stolen, twins = (planted.client("s3", facts[f"{whose}_credentials"]) for whose in ("stolen", "twin"))
    stolen.list_buckets()
    condition = {"StringLike": {"aws:userid": f"*:{facts['instance_id']}"}}
    statement = {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": condition}
    _client(planted, facts, "iam").put_role_policy(
        RoleName=facts["role_arn"].rsplit("/", 1)[1],
        PolicyName="cut-off",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
    )
    with pytest.raises(ClientError, match="AccessDenied"):
        stolen.list_buckets()
    twins.list_buckets()


def test_cloudtrail_and_guardduty_have_the_thief(planted: Sandbox, facts: dict[str, Any]) -> None:
    planted.control("POST", "/clock", {"advance_s": 900})
    key = facts["stolen_credentials"]["access_key_id"]
    events = _client(planted, facts, "cloudtrail").lookup_events(
        LookupAttributes=[{"AttributeKey": "AccessKeyId", "AttributeValue": key}]
    )["Events"]
    assert {one["EventName"] for one in events} == {"GetCallerIdentity", "ListBuckets", "DescribeInstances"}
    assert {json.loads(one["CloudTrailEvent"])["sourceIPAddress"] for one in events} == {"203.0.113.77"}
    guardduty = _client(planted, facts, "guardduty")
    detector = guardduty.list_detectors()["DetectorIds"][0]
    ids = guardduty.list_findings(DetectorId=detector)["FindingIds"]
    (found,) = guardduty.get_findings(DetectorId=detector, FindingIds=ids)["Findings"]
    assert (found["Id"], found["Resource"]) == (facts["finding"]["Id"], facts["finding"]["Resource"])
    assert found["Resource"]["InstanceDetails"]["InstanceId"] == facts["instance_id"]
    assert found["Resource"]["AccessKeyDetails"]["AccessKeyId"] == key
