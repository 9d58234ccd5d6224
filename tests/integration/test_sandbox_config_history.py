"""AWS Config tells what was recorded, while its recorder was on, and nothing else.
https://docs.aws.amazon.com/config/latest/APIReference/API_GetResourceConfigHistory.html"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import unquote

import pytest
from botocore.exceptions import ClientError
from sandbox_client import Sandbox

BUCKET = "amzn-s3-demo-bucket"


def trust(service: str) -> str:
    one = {"Effect": "Allow", "Principal": {"Service": f"{service}.amazonaws.com"}, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [one]})


def refusal(sandbox: Sandbox) -> str:
    with pytest.raises(ClientError) as refused:
        sandbox.client("config").get_resource_config_history(resourceType="AWS::S3::Bucket", resourceId=BUCKET)
    return str(refused.value.response["Error"]["Code"])


def recorder(sandbox: Sandbox, **group: Any) -> Any:
    config, role = sandbox.client("config"), f"arn:aws:iam::{sandbox.management}:role/config"
    given = {"name": "default", "roleARN": role, "recordingGroup": {"allSupported": True, **group}}
    config.put_configuration_recorder(ConfigurationRecorder=given)
    return config


def switch_on(sandbox: Sandbox, config: Any) -> None:
    sandbox.client("s3").create_bucket(Bucket="amzn-s3-demo-bucket1")
    config.put_delivery_channel(DeliveryChannel={"name": "default", "s3BucketName": "amzn-s3-demo-bucket1"})
    config.start_configuration_recorder(ConfigurationRecorderName="default")


def test_what_is_there_now_is_no_history(sandbox: Sandbox) -> None:
    sandbox.client("s3").create_bucket(Bucket=BUCKET)
    assert refusal(sandbox) == "NoAvailableConfigurationRecorderException"
    recorder(sandbox)
    assert refusal(sandbox) == "ResourceNotDiscoveredException"


def test_a_bucket_is_told_as_it_was_while_the_recorder_was_on(sandbox: Sandbox) -> None:
    s3 = sandbox.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    config = recorder(sandbox)
    switch_on(sandbox, config)
    sandbox.control("POST", "/clock", {"advance_s": 60})
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    s3.delete_public_access_block(Bucket=BUCKET)
    config.stop_configuration_recorder(ConfigurationRecorderName="default")
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Suspended"})

    named = {"resourceType": "AWS::S3::Bucket", "resourceId": BUCKET}
    items = config.get_resource_config_history(**named)["configurationItems"]
    parts = [one["supplementaryConfiguration"] for one in items]
    assert [json.loads(one["BucketVersioningConfiguration"])["status"] for one in parts] == [
        "Enabled",
        "Enabled",
        "Off",
    ]
    assert ["PublicAccessBlockConfiguration" in one for one in parts] == [False, True, True]
    assert [one["configurationItemStatus"] for one in items] == ["OK", "OK", "ResourceDiscovered"]
    before = (
        items[0]["configurationItemCaptureTime"]
        - (items[1]["configurationItemCaptureTime"] - items[2]["configurationItemCaptureTime"]) / 2
    )
    (first,) = config.get_resource_config_history(**named, laterTime=before)["configurationItems"]
    assert first["configurationItemStatus"] == "ResourceDiscovered"


def test_a_role_is_found_by_its_name_and_told_after_its_end(sandbox: Sandbox) -> None:
    config, iam = recorder(sandbox, includeGlobalResourceTypes=True), sandbox.client("iam")
    switch_on(sandbox, config)
    iam.create_role(RoleName="app", AssumeRolePolicyDocument=trust("ec2"))
    iam.update_assume_role_policy(RoleName="app", PolicyDocument=trust("lambda"))
    iam.delete_role(RoleName="app")
    asked = {"resourceType": "AWS::IAM::Role", "resourceName": "app"}
    assert config.list_discovered_resources(**asked)["resourceIdentifiers"] == []
    (found,) = config.list_discovered_resources(**asked, includeDeletedResources=True)["resourceIdentifiers"]
    items = config.get_resource_config_history(
        resourceType="AWS::IAM::Role", resourceId=found["resourceId"], chronologicalOrder="Forward"
    )["configurationItems"]
    assert [one["configurationItemStatus"] for one in items] == ["ResourceDiscovered", "OK", "ResourceDeleted"]
    documents = [unquote(json.loads(one["configuration"])["assumeRolePolicyDocument"]) for one in items[:2]]
    assert documents == [trust("ec2"), trust("lambda")]


def test_identities_are_recorded_only_where_that_is_asked_for(sandbox: Sandbox) -> None:
    """https://docs.aws.amazon.com/config/latest/APIReference/API_RecordingGroup.html"""
    config = recorder(sandbox)
    switch_on(sandbox, config)
    sandbox.client("iam").create_user(UserName="bob")
    assert config.list_discovered_resources(resourceType="AWS::IAM::User")["resourceIdentifiers"] == []
