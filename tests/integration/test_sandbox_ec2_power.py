"""What protects instances from being stopped and terminated, and what goes with them."""

from __future__ import annotations

from typing import Any

import pytest
from ec2_world import Ec2World, code, refusal
from sandbox_client import Sandbox

SPOT = {"InstanceMarketOptions": {"MarketType": "spot"}}


@pytest.fixture
def world(sandbox: Sandbox) -> Ec2World:
    return Ec2World(sandbox)


def _state(world: Ec2World, instance: str) -> str:
    return str(world.instance(instance)["State"]["Name"])


@pytest.mark.parametrize("at_launch", [True, False])
def test_a_protected_instance_is_not_terminated(world: Ec2World, at_launch: bool) -> None:
    """https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_ChangingDisableAPITermination.html"""
    instance = world.launch(DisableApiTermination=at_launch)
    if not at_launch:
        world.ec2.modify_instance_attribute(InstanceId=instance, DisableApiTermination={"Value": True})
    found = world.ec2.describe_instance_attribute(InstanceId=instance, Attribute="disableApiTermination")
    assert found["DisableApiTermination"] == {"Value": True}
    refused, message = refusal(world.ec2.terminate_instances, InstanceIds=[instance])
    assert refused == "OperationNotPermitted"
    assert message == (
        f"The instance '{instance}' may not be terminated. Modify its 'disableApiTermination' instance attribute and try again."
    )
    world.ec2.modify_instance_attribute(InstanceId=instance, DisableApiTermination={"Value": False})
    world.ec2.terminate_instances(InstanceIds=[instance])
    assert _state(world, instance) == "terminated"


def test_neighbours_of_a_protected_instance_stay_and_those_in_other_zones_end(world: Ec2World) -> None:
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_TerminateInstances.html"""
    elsewhere = world.subnet_in("us-east-1b", "10.0.2.0/24")
    protected, neighbour = world.launch(DisableApiTermination=True), world.launch()
    far = world.launch(SubnetId=elsewhere)
    assert code(world.ec2.terminate_instances, InstanceIds=[far, neighbour, protected]) == "OperationNotPermitted"
    assert [_state(world, one) for one in (far, neighbour, protected)] == ["terminated", "running", "running"]


def test_one_wrong_id_and_nothing_ends(world: Ec2World) -> None:
    """The same page: "If you specify multiple instances and the request fails (for example, because of a single incorrect instance ID),
    none of the instances are terminated." """
    instance = world.launch()
    wrong = "i-0123456789abcdef0"
    assert code(world.ec2.terminate_instances, InstanceIds=[instance, wrong]) == "InvalidInstanceID.NotFound"
    assert _state(world, instance) == "running"


def test_terminating_again_succeeds(world: Ec2World) -> None:
    """The same page: "This operation is idempotent"."""
    instance = world.launch()
    for _time in range(2):
        found = world.ec2.terminate_instances(InstanceIds=[instance])["TerminatingInstances"][0]
    assert found["PreviousState"]["Name"] == found["CurrentState"]["Name"] == "terminated"


def test_stop_protection_holds_for_all_that_are_named(world: Ec2World) -> None:
    """https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-stop-protection.html"""
    free, protected = world.launch(), world.launch()
    world.ec2.modify_instance_attribute(InstanceId=protected, DisableApiStop={"Value": True})
    refused, message = refusal(world.ec2.stop_instances, InstanceIds=[free, protected], Force=True)
    assert (refused, "'disableApiStop'" in message) == ("OperationNotPermitted", True)
    assert _state(world, free) == _state(world, protected) == "running"
    world.ec2.modify_instance_attribute(InstanceId=protected, DisableApiStop={"Value": False})
    world.ec2.stop_instances(InstanceIds=[free, protected], SkipOsShutdown=True)
    assert _state(world, free) == _state(world, protected) == "stopped"


def test_hibernation_is_for_instances_that_were_launched_with_it(world: Ec2World) -> None:
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_StopInstances.html"""
    plain, ready = world.launch(), world.launch(HibernationOptions={"Configured": True})
    found = code(world.ec2.stop_instances, InstanceIds=[plain], Hibernate=True)
    assert found == "UnsupportedHibernationConfiguration"
    assert _state(world, plain) == "running"
    assert world.instance(ready)["HibernationOptions"] == {"Configured": True}
    world.ec2.stop_instances(InstanceIds=[ready], Hibernate=True)
    assert _state(world, ready) == "stopped"


def test_spot_instances_cannot_be_protected_from_termination(world: Ec2World) -> None:
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyInstanceAttribute.html"""
    instance = world.launch(**SPOT)
    assert world.instance(instance)["InstanceLifecycle"] == "spot"
    assert "InstanceLifecycle" not in world.instance(world.launch())
    change: Any = {"InstanceId": instance, "DisableApiTermination": {"Value": True}}
    assert code(world.ec2.modify_instance_attribute, **change) == "UnsupportedOperation"
    assert code(world.launch, **SPOT, DisableApiTermination=True) == "UnsupportedOperation"


def test_a_one_time_spot_instance_is_not_stopped(world: Ec2World) -> None:
    """https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/using-spot-instances-request.html"""
    once = world.launch(**SPOT)
    assert code(world.ec2.stop_instances, InstanceIds=[once]) == "UnsupportedOperation"
    options = {"SpotInstanceType": "persistent", "InstanceInterruptionBehavior": "stop"}
    kept = world.launch(InstanceMarketOptions={"MarketType": "spot", "SpotOptions": options})
    world.ec2.stop_instances(InstanceIds=[kept])
    assert _state(world, kept) == "stopped"


def test_volumes_and_interfaces_go_as_they_were_told(world: Ec2World) -> None:
    """https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/preserving-volumes-on-termination.html"""
    instance = world.launch(world.group("web"))
    kept_interface = world.attach(instance)
    kept_volume = world.ec2.create_volume(Size=1, AvailabilityZone="us-east-1a")["VolumeId"]
    world.ec2.attach_volume(InstanceId=instance, VolumeId=kept_volume, Device="/dev/sdf")
    mapping = [{"DeviceName": "/dev/sda1", "Ebs": {"DeleteOnTermination": False}}]
    world.ec2.modify_instance_attribute(InstanceId=instance, BlockDeviceMappings=mapping)
    devices = {one["DeviceName"]: one["Ebs"] for one in world.instance(instance)["BlockDeviceMappings"]}
    assert devices["/dev/sda1"]["DeleteOnTermination"] is False
    world.ec2.modify_instance_attribute(
        InstanceId=instance, BlockDeviceMappings=[{"DeviceName": "/dev/sdf", "Ebs": {}}]
    )
    primary = world.interfaces(instance)[0]
    assert primary["Attachment"]["DeleteOnTermination"] is True
    world.ec2.terminate_instances(InstanceIds=[instance])
    volumes = [one["VolumeId"] for one in world.ec2.describe_volumes()["Volumes"]]
    assert devices["/dev/sda1"]["VolumeId"] in volumes
    assert kept_volume not in volumes
    there = {one["NetworkInterfaceId"]: one for one in world.ec2.describe_network_interfaces()["NetworkInterfaces"]}
    assert primary["NetworkInterfaceId"] not in there
    assert there[kept_interface]["Status"] == "available"
    assert "Attachment" not in there[kept_interface]


def test_an_interface_can_be_kept_beyond_its_instance(world: Ec2World) -> None:
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyNetworkInterfaceAttribute.html: Attachment"""
    instance = world.launch()
    primary = world.interfaces(instance)[0]
    wish = {"AttachmentId": primary["Attachment"]["AttachmentId"], "DeleteOnTermination": False}
    world.ec2.modify_network_interface_attribute(NetworkInterfaceId=primary["NetworkInterfaceId"], Attachment=wish)
    world.ec2.terminate_instances(InstanceIds=[instance])
    found = world.ec2.describe_network_interfaces(NetworkInterfaceIds=[primary["NetworkInterfaceId"]])
    assert found["NetworkInterfaces"][0]["Status"] == "available"


def test_what_is_not_mapped_has_no_such_attribute(world: Ec2World) -> None:
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html: InvalidInstanceAttributeValue"""
    mapping = [{"DeviceName": "/dev/sdz", "Ebs": {"DeleteOnTermination": False}}]
    found = code(world.ec2.modify_instance_attribute, InstanceId=world.launch(), BlockDeviceMappings=mapping)
    assert found == "InvalidInstanceAttributeValue"


def test_a_dry_run_changes_nothing(world: Ec2World) -> None:
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_TerminateInstances.html: DryRunOperation"""
    instance = world.launch()
    assert code(world.ec2.terminate_instances, InstanceIds=[instance], DryRun=True) == "DryRunOperation"
    change: Any = {"InstanceId": instance, "DisableApiTermination": {"Value": True}, "DryRun": True}
    assert code(world.ec2.modify_instance_attribute, **change) == "DryRunOperation"
    assert _state(world, instance) == "running"
    world.ec2.terminate_instances(InstanceIds=[instance])


def test_stop_protection_keeps_from_termination_too(world: Ec2World) -> None:
    """https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-stop-protection.html"""
    instance = world.launch()
    world.ec2.modify_instance_attribute(InstanceId=instance, DisableApiStop={"Value": True})
    refused, message = refusal(world.ec2.terminate_instances, InstanceIds=[instance])
    assert (refused, "disableApiStop" in message) == ("OperationNotPermitted", True)
    shown = world.ec2.describe_instance_attribute(InstanceId=instance, Attribute="disableApiTermination")
    assert shown["DisableApiTermination"] == {"Value": False}
    assert _state(world, instance) == "running"


@pytest.mark.parametrize("attribute", ["DisableApiTermination", "DisableApiStop"])
def test_a_spot_instance_cannot_be_protected(world: Ec2World, attribute: str) -> None:
    """https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-stop-protection.html"""
    spot = world.launch(**SPOT)
    assert (
        code(world.ec2.modify_instance_attribute, InstanceId=spot, **{attribute: {"Value": True}})
        == "UnsupportedOperation"
    )
