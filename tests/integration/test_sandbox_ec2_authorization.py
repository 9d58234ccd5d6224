"""Denials on single resources hold, and CloudTrail tells what was asked.
https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from ec2_world import Ec2World, code
from sandbox_client import Sandbox


@pytest.fixture
def world(sandbox: Sandbox) -> Ec2World:
    return Ec2World(sandbox)


def _denied(world: Ec2World, resource: str) -> Any:
    """An EC2 client of a user who may do everything, but not with this resource."""
    iam, arn = world.client("iam"), f"arn:aws:ec2:us-east-1:{world.account}:{resource}"
    iam.create_user(UserName="operator")
    statements = [
        {"Effect": "Allow", "Action": "ec2:*", "Resource": "*"},
        {"Effect": "Deny", "Action": "ec2:*", "Resource": arn},
    ]
    policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
    iam.put_user_policy(UserName="operator", PolicyName="work", PolicyDocument=policy)
    key = iam.create_access_key(UserName="operator")["AccessKey"]
    keys = {"access_key_id": key["AccessKeyId"], "secret_access_key": key["SecretAccessKey"]}
    return world.sandbox.client("ec2", keys)


Call = Callable[[Any, dict[str, str]], Any]
INSTANCE: list[Call] = [
    lambda ec2, ids: ec2.terminate_instances(InstanceIds=[ids["instance"]]),
    lambda ec2, ids: ec2.stop_instances(InstanceIds=[ids["instance"]]),
    lambda ec2, ids: ec2.modify_instance_attribute(InstanceId=ids["instance"], DisableApiStop={"Value": True}),
    lambda ec2, ids: ec2.modify_instance_metadata_options(InstanceId=ids["instance"], HttpTokens="required"),
    lambda ec2, ids: ec2.create_tags(Resources=[ids["instance"]], Tags=[{"Key": "a", "Value": "b"}]),
    lambda ec2, ids: ec2.detach_network_interface(AttachmentId=ids["attachment"]),
]
INTERFACE: list[Call] = [
    lambda ec2, ids: ec2.modify_network_interface_attribute(NetworkInterfaceId=ids["interface"], Groups=[ids["group"]]),
    lambda ec2, ids: ec2.detach_network_interface(AttachmentId=ids["attachment"]),
]
GROUP: list[Call] = [
    lambda ec2, ids: ec2.modify_network_interface_attribute(NetworkInterfaceId=ids["interface"], Groups=[ids["group"]]),
    lambda ec2, ids: ec2.delete_security_group(GroupId=ids["group"]),
]


@pytest.mark.parametrize(
    ("kind", "place", "calls"),
    [
        ("instance", "instance", INSTANCE),
        ("network-interface", "interface", INTERFACE),
        ("security-group", "group", GROUP),
    ],
)
def test_a_denial_on_one_resource_holds(world: Ec2World, kind: str, place: str, calls: list[Call]) -> None:
    ids = {"instance": world.launch(), "group": world.group("own")}
    ids["interface"] = world.attach(ids["instance"], ids["group"])
    ids["attachment"] = world.interfaces(ids["instance"])[1]["Attachment"]["AttachmentId"]
    somebody = _denied(world, f"{kind}/{ids[place]}")
    before = world.instance(ids["instance"])
    for ask in calls:
        assert code(ask, ec2=somebody, ids=ids) == "UnauthorizedOperation"
    assert world.instance(ids["instance"]) == before
    assert somebody.describe_instances()["Reservations"]


def test_cloudtrail_tells_what_was_changed(world: Ec2World) -> None:
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/using-cloudtrail.html"""
    group = world.group("own")
    instance = world.launch(group)
    interface = world.interfaces(instance)[0]["NetworkInterfaceId"]
    world.ec2.modify_network_interface_attribute(NetworkInterfaceId=interface, Groups=[group])
    world.ec2.modify_instance_metadata_options(InstanceId=instance, HttpTokens="required")
    world.ec2.terminate_instances(InstanceIds=[instance])
    trail = world.client("cloudtrail")
    told = {}
    for one in trail.lookup_events(LookupAttributes=[{"AttributeKey": "ReadOnly", "AttributeValue": "false"}])[
        "Events"
    ]:
        told[one["EventName"]] = json.loads(one["CloudTrailEvent"])["requestParameters"]
    assert told["ModifyNetworkInterfaceAttribute"] == {
        "networkInterfaceId": interface,
        "groupSet": {"items": [{"groupId": group}]},
    }
    options = {"InstanceId": instance, "HttpTokens": "required"}
    assert told["ModifyInstanceMetadataOptions"] == {"ModifyInstanceMetadataOptionsRequest": options}
    assert told["TerminateInstances"] == {"instancesSet": {"items": [{"instanceId": instance}]}}
