"""AWS Config tells no history where none was recorded.
https://docs.aws.amazon.com/config/latest/APIReference/API_GetResourceConfigHistory.html"""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError
from sandbox_client import Sandbox


def refusal(sandbox: Sandbox) -> str:
    with pytest.raises(ClientError) as refused:
        sandbox.client("config").get_resource_config_history(
            resourceType="AWS::S3::Bucket", resourceId="amzn-s3-demo-bucket"
        )
    return str(refused.value.response["Error"]["Code"])


def test_what_is_there_now_is_no_history(sandbox: Sandbox) -> None:
    sandbox.client("s3").create_bucket(Bucket="amzn-s3-demo-bucket")
    assert refusal(sandbox) == "NoAvailableConfigurationRecorderException"
    role = f"arn:aws:iam::{sandbox.management}:role/config"
    recorder = {"name": "default", "roleARN": role, "recordingGroup": {"allSupported": True}}
    sandbox.client("config").put_configuration_recorder(ConfigurationRecorder=recorder)
    assert refusal(sandbox) == "ResourceNotDiscoveredException"
