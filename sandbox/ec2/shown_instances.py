"""An instance as DescribeInstances shows it.
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Instance.html"""

from __future__ import annotations

from typing import Any

from sandbox.ec2 import metadata_options
from sandbox.ec2.shown_interfaces import groups_of, on_instance, tags_of
from sandbox.ec2.things import said


def shown(ec2: Any, instance: Any) -> dict[str, Any]:
    """All that is known of it. The groups of an instance are those of its primary interface."""
    interfaces = interfaces_of(ec2, instance)
    primary = next((one for one in interfaces if one.device_index == 0), None)
    placement, reason = instance.placement, instance.state_reason
    found = {
        "AmiLaunchIndex": instance.ami_launch_index,
        "Architecture": instance.architecture,
        "BlockDeviceMappings": [_device(name, block) for name, block in list(instance.block_device_mapping.items())],
        "ClientToken": instance.client_token,
        "EbsOptimized": bool(instance.ebs_optimized),
        "HibernationOptions": {"Configured": bool((instance.hibernation_options or {}).get("Configured"))},
        "Hypervisor": instance.hypervisor,
        "IamInstanceProfile": profile_of(ec2, instance),
        "ImageId": instance.image_id,
        "InstanceId": instance.id,
        "InstanceLifecycle": instance.lifecycle,
        "InstanceType": instance.instance_type,
        "KeyName": instance.key_name,
        "LaunchTime": instance.launch_time,
        "MetadataOptions": metadata_options.shown(instance),
        "Monitoring": {"State": instance.monitoring_state},
        "NetworkInterfaces": [on_instance(ec2, one) for one in interfaces],
        "Placement": said(
            {
                "AvailabilityZone": placement.zone,
                "GroupName": placement.group_name,
                "Tenancy": placement.tenancy,
                "HostId": placement.host_id,
            }
        ),
        "Platform": instance.platform if instance.platform == "windows" else None,
        "PrivateDnsName": instance.private_dns_name,
        "PrivateIpAddress": instance.private_ip_address,
        "ProductCodes": [],
        "PublicDnsName": instance.public_dns_name or "",
        "PublicIpAddress": instance.public_ip_address,
        "RootDeviceName": instance.root_device_name,
        "RootDeviceType": instance.root_device_type,
        "SecurityGroups": groups_of(primary) if primary is not None else [],
        "SourceDestCheck": bool(primary.source_dest_check if primary is not None else instance.source_dest_check),
        "State": {"Code": instance.state_code, "Name": instance.state},
        "StateReason": {"Code": reason.code, "Message": reason.message} if reason.code else None,
        "StateTransitionReason": instance.state_transition_reason or "",
        "SubnetId": instance.subnet_id,
        "Tags": tags_of(ec2, instance.id),
        "VirtualizationType": instance.virtualization_type,
        "VpcId": next(iter(instance.nics.values())).subnet.vpc_id if instance.nics else None,
    }
    return said(found)


def interfaces_of(ec2: Any, instance: Any) -> list[Any]:
    """The interfaces that are attached to it now, in the order of their devices."""
    there = [one for one in instance.nics.values() if ec2.enis.get(one.id) is one and one.instance is instance]
    return sorted(there, key=lambda one: int(one.device_index or 0))


def profile_of(ec2: Any, instance: Any) -> dict[str, str] | None:
    """The profile that is associated with it: its own id, where moto shows the association's."""
    association = ec2.iam_instance_profile_associations.get(instance.id)
    if association is None:
        return None
    return {"Arn": association.iam_instance_profile.arn, "Id": association.iam_instance_profile.id}


def _device(name: str, block: Any) -> dict[str, Any]:
    shown = {
        "AttachTime": block.attach_time,
        "DeleteOnTermination": bool(block.delete_on_termination),
        "Status": {"in-use": "attached", "available": "detached"}.get(block.status, block.status),
        "VolumeId": block.volume_id,
    }
    return {"DeviceName": name, "Ebs": shown}
