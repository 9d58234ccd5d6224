"""Trails, findings, snapshots and guests through the sandbox's server, with boto3 as anybody would use it."""

from __future__ import annotations

import base64
import gzip
import json
from typing import Any

import pytest
from botocore.exceptions import ClientError
from sandbox_client import Sandbox, wait_until
from trail_bucket import make_trail_bucket

FINDING = {"Type": "Recon:IAMUser/UserPermissions", "Severity": 5, "Resource": {"ResourceType": "AccessKey"}}


def delivered(sandbox: Sandbox, bucket: str) -> list[dict[str, Any]]:
    s3 = sandbox.client("s3")
    records = []
    for found in s3.list_objects_v2(Bucket=bucket).get("Contents", []):
        content = s3.get_object(Bucket=bucket, Key=found["Key"])["Body"].read()
        records += json.loads(gzip.decompress(content))["Records"]
    return records


def test_a_trail_delivers_what_was_done_and_what_was_refused(sandbox: Sandbox) -> None:
    """https://docs.aws.amazon.com/awscloudtrail/latest/userguide/get-and-view-cloudtrail-log-files.html"""
    make_trail_bucket(sandbox.client("s3"), "trail-logs")
    trail = sandbox.client("cloudtrail")
    trail.create_trail(Name="everything", S3BucketName="trail-logs", IsMultiRegionTrail=True)
    trail.start_logging(Name="everything")
    iam = sandbox.client("iam")
    iam.create_user(UserName="mallory")
    with pytest.raises(ClientError):
        iam.create_user(UserName="mallory")
    trail.stop_logging(Name="everything")
    iam.create_user(UserName="unseen")

    def all_there() -> Any:
        found = [(event["eventName"], event.get("errorCode")) for event in delivered(sandbox, "trail-logs")]
        return found if ("StopLogging", None) in found else None

    found = wait_until(all_there, "the log files")
    assert ("CreateUser", None) in found
    assert ("CreateUser", "EntityAlreadyExistsException") in found
    assert found.count(("CreateUser", None)) == 1, "the trail was off when the second user was made"


def test_a_refused_call_is_in_the_event_history_without_its_parameters(sandbox: Sandbox) -> None:
    """https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html"""
    scenario = sandbox.facts["scenarios"]["leaked-key"]
    with pytest.raises(ClientError):
        sandbox.client("iam", scenario["attacker"]["access_keys"][0]).create_user(UserName="mallory")
    trail = sandbox.in_account(scenario["account"]).client("cloudtrail", endpoint_url=sandbox.endpoint_url)
    asked = [{"AttributeKey": "EventName", "AttributeValue": "CreateUser"}]
    (event,) = trail.lookup_events(LookupAttributes=asked)["Events"]
    told = json.loads(event["CloudTrailEvent"])
    assert (told["errorCode"], told["requestParameters"]) == ("AccessDenied", None)
    assert told["userIdentity"]["accessKeyId"] == scenario["access_key_id"]


def test_the_sessions_of_the_stolen_key_are_found_by_it_without_their_secrets(sandbox: Sandbox) -> None:
    scenario = sandbox.facts["scenarios"]["leaked-key"]
    trail = sandbox.in_account(scenario["account"]).client("cloudtrail", endpoint_url=sandbox.endpoint_url)
    asked = [{"AttributeKey": "AccessKeyId", "AttributeValue": scenario["access_key_id"]}]
    events = trail.lookup_events(LookupAttributes=asked)["Events"]
    answers = [json.loads(event["CloudTrailEvent"])["responseElements"] for event in events]
    given = {answer["credentials"]["accessKeyId"] for answer in answers if answer}
    assert given == {keys["access_key_id"] for keys in scenario["attacker"]["access_keys"] if "session_token" in keys}
    for keys in scenario["attacker"]["access_keys"]:
        assert keys["secret_access_key"] not in str(events)
        assert keys.get("session_token", "-") not in str(answers).split()


def test_a_finding_is_listed_and_reaches_a_queue(sandbox: Sandbox) -> None:
    """https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_findings_eventbridge.html"""
    queue = sandbox.client("sqs").create_queue(QueueName="findings")["QueueUrl"]
    events = sandbox.client("events")
    events.put_rule(Name="findings", EventPattern=json.dumps({"source": ["aws.guardduty"]}))
    target = f"arn:aws:sqs:us-east-1:{sandbox.management}:findings"
    events.put_targets(Rule="findings", Targets=[{"Id": "1", "Arn": target}])
    given = {"account": sandbox.management, "region": "us-east-1", "finding": FINDING}
    finding_id = sandbox.control("POST", "/findings", given)["id"]
    (message,) = sandbox.client("sqs").receive_message(QueueUrl=queue)["Messages"]
    assert json.loads(message["Body"])["detail"]["id"] == finding_id
    duty = sandbox.client("guardduty")
    detector = duty.list_detectors()["DetectorIds"][0]
    assert duty.list_findings(DetectorId=detector)["FindingIds"] == [finding_id]
    assert duty.get_findings(DetectorId=detector, FindingIds=[finding_id])["Findings"][0]["Type"] == FINDING["Type"]


def test_what_is_no_finding_is_refused(sandbox: Sandbox) -> None:
    given = {"account": sandbox.management, "region": "us-east-1", "finding": FINDING | {"Colour": "red"}}
    status, message = sandbox.refusal("POST", "/findings", given)
    assert status == 400
    assert "Colour" in message


def test_a_snapshots_bytes_come_through_unchanged(sandbox: Sandbox) -> None:
    """https://docs.aws.amazon.com/ebs/latest/userguide/readsnapshots.html"""
    ec2, ebs = sandbox.client("ec2"), sandbox.client("ebs")
    volume = ec2.create_volume(Size=1, AvailabilityZone="us-east-1a")["VolumeId"]
    snapshot = ec2.create_snapshot(VolumeId=volume)["SnapshotId"]
    image = bytes(range(256)) * 3000
    sandbox.control("PUT", f"/snapshots/{snapshot}/image", image)
    assert sandbox.control("GET", f"/snapshots/{snapshot}/image") == image
    found = b""
    for block in ebs.list_snapshot_blocks(SnapshotId=snapshot)["Blocks"]:
        answer = ebs.get_snapshot_block(SnapshotId=snapshot, **block)
        found += answer["BlockData"].read()
        assert answer["ChecksumAlgorithm"] == "SHA256"
    assert found == image.ljust(len(found), b"\0")


def test_a_guest_answers_as_it_was_told_to(sandbox: Sandbox) -> None:
    """https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_SendCommand.html"""
    ec2, ssm = sandbox.client("ec2"), sandbox.client("ssm")
    instance = ec2.run_instances(ImageId="ami-12345678", MinCount=1, MaxCount=1)["Instances"][0]["InstanceId"]
    commands = [{"match": "uname", "status": "Success", "stdout": "Linux"}]
    spec = {"agent": "online", "memory_image": base64.b64encode(b"memory").decode(), "commands": commands}
    sandbox.control("PUT", f"/instances/{instance}/guest", spec)
    assert [one["InstanceId"] for one in ssm.describe_instance_information()["InstanceInformationList"]] == [instance]
    given = {"InstanceIds": [instance], "DocumentName": "AWS-RunShellScript", "Parameters": {"commands": ["uname -a"]}}
    command = ssm.send_command(**given)["Command"]["CommandId"]
    found = ssm.get_command_invocation(CommandId=command, InstanceId=instance)
    assert (found["Status"], found["StandardOutputContent"]) == ("Success", "Linux")
    sandbox.control("PUT", f"/instances/{instance}/guest", {"agent": "offline"})
    with pytest.raises(ClientError, match="InvalidInstanceId"):
        ssm.send_command(**given)
