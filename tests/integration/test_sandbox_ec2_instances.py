"""Ids, states, metadata options, lists and tags, as EC2 takes and refuses them."""

from __future__ import annotations

from typing import Any

import pytest
from ec2_world import Ec2World, code
from sandbox_client import Sandbox

NOBODY = "i-0123456789abcdef0"


@pytest.fixture
def world(sandbox: Sandbox) -> Ec2World:
    return Ec2World(sandbox)


def test_ids_are_well_formed_and_there(world: Ec2World) -> None:
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html: InvalidInstanceID.Malformed and .NotFound"""
    protection: Any = {"DisableApiTermination": {"Value": True}}
    for instance_id, expected in ((NOBODY, "InvalidInstanceID.NotFound"), ("web-1", "InvalidInstanceID.Malformed")):
        for call in (
            world.ec2.describe_instances,
            world.ec2.stop_instances,
            world.ec2.start_instances,
            world.ec2.terminate_instances,
        ):
            assert code(call, InstanceIds=[instance_id]) == expected
        assert code(world.ec2.modify_instance_attribute, InstanceId=instance_id, **protection) == expected
        assert (
            code(world.ec2.modify_instance_metadata_options, InstanceId=instance_id, HttpTokens="required") == expected
        )
        assert code(world.ec2.describe_instance_attribute, InstanceId=instance_id, Attribute="userData") == expected
    strange = code(world.ec2.describe_network_interfaces, NetworkInterfaceIds=["eni-0123456789abcdef0"])
    assert strange == "InvalidNetworkInterfaceID.NotFound"


def test_a_terminated_instance_is_shown_and_not_changed(world: Ec2World) -> None:
    """https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-instance-lifecycle.html: it is listed for a while, and cannot be changed"""
    instance = world.launch()
    world.ec2.terminate_instances(InstanceIds=[instance])
    assert world.instance(instance)["NetworkInterfaces"] == []
    change: Any = {"InstanceId": instance}
    assert (
        code(world.ec2.modify_instance_attribute, **change, DisableApiStop={"Value": True}) == "IncorrectInstanceState"
    )
    assert code(world.ec2.modify_instance_metadata_options, **change, HttpTokens="required") == "IncorrectInstanceState"
    assert code(world.ec2.describe_instance_attribute, **change, Attribute="userData") == "IncorrectInstanceState"
    assert code(world.ec2.start_instances, InstanceIds=[instance]) == "IncorrectInstanceState"
    assert code(world.ec2.stop_instances, InstanceIds=[instance]) == "IncorrectInstanceState"


def test_some_attributes_change_while_stopped_only(world: Ec2World) -> None:
    """https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_ChangingAttributesWhileInstanceStopped.html"""
    instance = world.launch()
    change: Any = {"InstanceId": instance, "InstanceType": {"Value": "m5.xlarge"}}
    assert code(world.ec2.modify_instance_attribute, **change) == "IncorrectInstanceState"
    world.ec2.stop_instances(InstanceIds=[instance])
    world.ec2.modify_instance_attribute(**change)
    assert world.instance(instance)["InstanceType"] == "m5.xlarge"


def test_metadata_options_that_are_not_named_stay(world: Ec2World) -> None:
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyInstanceMetadataOptions.html: "If no parameter is specified, the
    existing state is maintained." """
    instance = world.launch(
        MetadataOptions={"HttpTokens": "optional", "HttpPutResponseHopLimit": 3, "InstanceMetadataTags": "enabled"}
    )
    change = world.ec2.modify_instance_metadata_options
    answer = change(InstanceId=instance, HttpTokens="required")["InstanceMetadataOptions"]
    assert answer["State"] == "pending"
    expected = {
        "State": "applied",
        "HttpTokens": "required",
        "HttpPutResponseHopLimit": 3,
        "HttpEndpoint": "enabled",
        "HttpProtocolIpv6": "disabled",
        "InstanceMetadataTags": "enabled",
    }
    assert world.instance(instance)["MetadataOptions"] == expected
    change(InstanceId=instance, HttpEndpoint="disabled")
    assert world.instance(instance)["MetadataOptions"] == expected | {"HttpEndpoint": "disabled"}


@pytest.mark.parametrize(("limit", "fits"), [(0, False), (1, True), (64, True), (65, False)])
def test_the_hop_limit_is_from_1_to_64(world: Ec2World, limit: int, fits: bool) -> None:
    instance = world.launch()
    given: Any = {"InstanceId": instance, "HttpPutResponseHopLimit": limit}
    if fits:
        world.ec2.modify_instance_metadata_options(**given)
        assert world.instance(instance)["MetadataOptions"]["HttpPutResponseHopLimit"] == limit
    else:
        assert code(world.ec2.modify_instance_metadata_options, **given) == "InvalidParameterValue"
    assert (
        code(world.ec2.modify_instance_metadata_options, InstanceId=instance, HttpTokens="no")
        == "InvalidParameterValue"
    )


def test_pages_of_instances(world: Ec2World) -> None:
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstances.html: "You cannot specify this parameter and the
    instance IDs parameter in the same request." """
    first = world.launch(MinCount=6, MaxCount=6)
    assert code(world.ec2.describe_instances, InstanceIds=[first], MaxResults=5) == "InvalidParameterCombination"
    assert code(world.ec2.describe_instances, MaxResults=4) == "InvalidParameterValue"
    assert code(world.ec2.describe_instances, MaxResults=1001) == "InvalidParameterValue"
    pages = list(world.ec2.get_paginator("describe_instances").paginate(PaginationConfig={"PageSize": 5}))
    sizes = [sum(len(one["Instances"]) for one in page["Reservations"]) for page in pages]
    assert sizes == [5, 1]


def test_filters_have_200_values_at_most(world: Ec2World) -> None:
    """https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Filtering.html"""
    instance = world.launch()
    ids = [f"i-{number:017x}" for number in range(199)]
    found = world.ec2.describe_instances(Filters=[{"Name": "instance-id", "Values": [*ids, instance]}])
    assert len(found["Reservations"]) == 1
    for call in (world.ec2.describe_instances, world.ec2.describe_network_interfaces, world.ec2.describe_vpcs):
        name = "vpc-id" if call == world.ec2.describe_vpcs else "subnet-id"
        assert code(call, Filters=[{"Name": name, "Values": ["x"] * 201}]) == "FilterLimitExceeded"
    two = [{"Name": "instance-id", "Values": ids}, {"Name": "instance-state-name", "Values": ["running", "stopped"]}]
    assert code(world.ec2.describe_instances, Filters=two) == "FilterLimitExceeded"


def test_filters_find_by_pattern_and_by_tag(world: Ec2World) -> None:
    """The same page: wildcards, and several filters that all must fit."""
    tags = [{"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": "web-1"}]}]
    tagged, other = world.launch(TagSpecifications=tags), world.launch()

    def found(**filters: str) -> list[str]:
        given = [{"Name": name.replace("_", "-"), "Values": [value]} for name, value in filters.items()]
        shown = world.ec2.describe_instances(Filters=given)["Reservations"]
        return [one["InstanceId"] for reservation in shown for one in reservation["Instances"]]

    assert found(**{"tag:Name": "web-*"}) == [tagged]
    assert found(**{"tag:Name": "web-?", "instance_state_name": "stopped"}) == []
    assert found(tag_key="Name") == [tagged]
    assert found(vpc_id=world.vpc_id) == [tagged, other]
    assert (
        code(world.ec2.describe_instances, Filters=[{"Name": "colour", "Values": ["red"]}]) == "InvalidParameterValue"
    )


def test_tags_have_limits(world: Ec2World) -> None:
    """https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Tags.html#tag-restrictions and
    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateTags.html"""
    instance = world.launch()
    own = [{"Key": "a", "Value": ""}]
    aws = [{"Key": "aws:cloudformation:stack-name", "Value": "x"}]
    for call in (world.ec2.create_tags, world.ec2.delete_tags):
        assert code(call, Resources=[instance] * 1001, Tags=own) == "InvalidParameterValue"
        assert code(call, Resources=[instance], Tags=aws) == "InvalidParameterValue"
    assert (
        code(world.ec2.create_tags, Resources=[instance], Tags=[{"Key": "k" * 129, "Value": ""}])
        == "InvalidParameterValue"
    )
    assert (
        code(world.ec2.create_tags, Resources=[instance], Tags=[{"Key": "k", "Value": "v" * 257}])
        == "InvalidParameterValue"
    )
    many = [{"Key": f"k{number}", "Value": ""} for number in range(51)]
    assert code(world.ec2.create_tags, Resources=[instance], Tags=many) == "TagLimitExceeded"
    world.ec2.create_tags(Resources=[instance], Tags=many[:50])
    assert code(world.ec2.create_tags, Resources=[instance], Tags=own) == "TagLimitExceeded"
    world.ec2.create_tags(Resources=[instance], Tags=[{"Key": "k1", "Value": "again"}])
    assert len(world.instance(instance)["Tags"]) == 50
