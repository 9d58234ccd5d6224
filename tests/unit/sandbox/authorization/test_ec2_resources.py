"""Which resources EC2 operations are authorized for.
https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html"""

from __future__ import annotations

from typing import Any

import pytest
from sandbox_calls import ACCOUNT, call, user

from sandbox.authorization.ec2_resources import ec2_resources

OWN = f"arn:aws:ec2:eu-west-1:{ACCOUNT}:"
SHARED = "arn:aws:ec2:eu-west-1::"


@pytest.mark.parametrize(
    ("operation", "parameters", "resources"),
    [
        ("TerminateInstances", {"InstanceIds": ["i-1", "i-2"]}, [f"{OWN}instance/i-1", f"{OWN}instance/i-2"]),
        ("StopInstances", {"InstanceIds": ["i-1"]}, [f"{OWN}instance/i-1"]),
        (
            "AttachVolume",
            {"InstanceId": "i-1", "VolumeId": "vol-1", "Device": "/dev/sdf"},
            [f"{OWN}instance/i-1", f"{OWN}volume/vol-1"],
        ),
        (
            "ModifyInstanceAttribute",
            {"InstanceId": "i-1", "Groups": ["sg-1", "sg-2"]},
            [f"{OWN}instance/i-1", f"{OWN}security-group/sg-1", f"{OWN}security-group/sg-2"],
        ),
        ("CreateSnapshot", {"VolumeId": "vol-1"}, [f"{OWN}volume/vol-1", f"{SHARED}snapshot/*"]),
        (
            "CreateSnapshots",
            {"InstanceSpecification": {"InstanceId": "i-1"}},
            [f"{OWN}instance/i-1", f"{SHARED}snapshot/*", f"{OWN}volume/*"],
        ),
        (
            "CreateTags",
            {"Resources": ["i-1", "snap-1", "eni-1"], "Tags": [{"Key": "a", "Value": "i-2"}]},
            [f"{OWN}instance/i-1", f"{SHARED}snapshot/snap-1", f"{OWN}network-interface/eni-1"],
        ),
        ("CreateSecurityGroup", {"GroupName": "g", "VpcId": "vpc-1"}, [f"{OWN}vpc/vpc-1", f"{OWN}security-group/*"]),
        ("DeleteSecurityGroup", {"GroupId": "sg-1"}, [f"{OWN}security-group/sg-1"]),
        ("DeregisterImage", {"ImageId": "ami-1"}, [f"{SHARED}image/ami-1"]),
        ("CreateKeyPair", {"KeyName": "k"}, [f"{OWN}key-pair/k"]),
        ("DescribeInstanceAttribute", {"InstanceId": "i-1", "Attribute": "userData"}, [f"{OWN}instance/i-1"]),
        ("ModifySnapshotAttribute", {"SnapshotId": "snap-1", "UserIds": [ACCOUNT]}, [f"{SHARED}snapshot/snap-1"]),
        # no permissions by resource
        ("DescribeInstances", {"InstanceIds": ["i-1"]}, ["*"]),
        ("DescribeSnapshots", {"SnapshotIds": ["snap-1"], "OwnerIds": ["self"]}, ["*"]),
        ("AllocateAddress", {"Domain": "vpc"}, ["*"]),
    ],
)
def test_every_resource_is_asked_for(operation: str, parameters: dict[str, Any], resources: list[str]) -> None:
    assert ec2_resources(call("ec2", operation, parameters), user()) == resources


def test_launching_takes_all_that_an_instance_is_made_of() -> None:
    """https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ExamplePolicies_EC2.html#iam-example-runinstances"""
    given = {"ImageId": "ami-1", "SubnetId": "subnet-1", "SecurityGroupIds": ["sg-1"], "KeyName": "k", "MinCount": 1}
    assert set(ec2_resources(call("ec2", "RunInstances", given), user())) == {
        f"{SHARED}image/ami-1",
        f"{OWN}subnet/subnet-1",
        f"{OWN}security-group/sg-1",
        f"{OWN}key-pair/k",
        f"{OWN}instance/*",
        f"{OWN}network-interface/*",
        f"{OWN}volume/*",
    }


def test_launching_without_a_subnet_is_in_one_all_the_same() -> None:
    found = ec2_resources(call("ec2", "RunInstances", {"ImageId": "ami-1"}), user())
    assert {f"{OWN}subnet/*", f"{OWN}security-group/*"} <= set(found)


@pytest.mark.parametrize(
    ("operation", "given", "copy"),
    [
        ("CopyImage", {"SourceImageId": "ami-1"}, "image/*"),
        ("CopySnapshot", {"SourceSnapshotId": "snap-1"}, "snapshot/*"),
    ],
)
def test_a_copy_is_asked_for_though_its_source_is_named(operation: str, given: dict[str, str], copy: str) -> None:
    assert SHARED + copy in ec2_resources(call("ec2", operation, given), user())
