"""One of two web servers is somebody else's: flows to and from the attacker, its role's credentials used from outside. The other
server, its twin, shares subnet, security groups, role, Auto Scaling group and target group, and works on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from moto.backends import get_backend

from sandbox.autoscaling import upkeep
from sandbox.flows import requests as flow_requests
from sandbox.model import Caller, Session
from sandbox.scenarios import parts, web_fleet

if TYPE_CHECKING:
    from sandbox.world import World

_CUSTOMER_IP, _MIRROR_IP = "198.51.100.20", "198.51.100.80"  # documentation addresses: RFC 5737
_BALANCER_IP = "10.30.1.200"
_CALLS = (("sts", "GetCallerIdentity"), ("s3", "ListBuckets"), ("ec2", "DescribeInstances"))


def plant(world: World) -> Mapping[str, Any]:
    """Plant it in the first member account. Returns what is where, both servers' flows and credentials, and the finding."""
    account = world.organization.member_account_ids[0]
    parts.bucket(account)
    fleet = web_fleet.plant(account)
    instance, twin = fleet.instances
    second = _second_interface(account, instance, fleet)
    upkeep.keep(world, account, parts.REGION)  # health checks begin now
    first, twins = instance.nics[0].id, twin.nics[0].id
    stolen = world.instance_credentials.session_of(instance.id)
    thief = _caller(stolen, instance.id)
    parts.look_around(world, thief, _CALLS)
    finding_id = world.findings.publish(account, parts.REGION, _finding(thief, instance, fleet))
    finding = next(one for one in world.findings.of(account, parts.REGION) if one["Id"] == finding_id)
    return {
        "account": account,
        "region": parts.REGION,
        "instance_id": instance.id,
        "twin_instance_id": twin.id,
        "interfaces": [first, second],
        "vpc_id": fleet.vpc_id,
        "subnet_id": fleet.subnet_id,
        "group_ids": fleet.group_ids,
        "auto_scaling_group": web_fleet.GROUP,
        "target_group_arn": fleet.target_group_arn,
        "load_balancer_arn": fleet.load_balancer_arn,
        "role_arn": fleet.role_arn,
        "instance_profile_arn": fleet.instance_profile_arn,
        "flows": _flows(
            world,
            instance.id,
            _inbound(first, parts.ATTACKER_IP, 40_022, 22),
            _outbound(first, parts.ATTACKER_IP, 443, 50_001),
            {**_outbound(second, parts.ATTACKER_IP, 8443, 50_002), "via": "nat_gateway"},
            _inbound(first, _BALANCER_IP, 50_100, web_fleet.PORT),
        ),
        "twin_flows": _flows(
            world,
            twin.id,
            _inbound(twins, _BALANCER_IP, 50_101, web_fleet.PORT),
            _inbound(twins, _CUSTOMER_IP, 40_023, 22),
            _outbound(twins, _MIRROR_IP, 443, 50_003),
        ),
        "stolen_credentials": _keys(stolen),
        "twin_credentials": _keys(world.instance_credentials.session_of(twin.id)),
        "finding": finding,
    }


def _second_interface(account: str, instance: Any, fleet: web_fleet.Fleet) -> str:
    """Its id: in the private subnet, whose way out is the NAT gateway."""
    ec2 = get_backend("ec2")[account][parts.REGION]
    made = ec2.create_network_interface(fleet.private_subnet, "10.30.9.20", group_ids=fleet.group_ids)
    ec2.attach_network_interface(made.id, instance.id, 1)
    return str(made.id)


def _flows(world: World, instance_id: str, *wishes: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [dict(flow_requests.put_flow(world, wish, instance_id)) for wish in wishes]


def _inbound(interface: str, peer: str, peer_port: int, local_port: int) -> dict[str, Any]:
    return {**_outbound(interface, peer, peer_port, local_port), "direction": "inbound"}


def _outbound(interface: str, peer: str, peer_port: int, local_port: int) -> dict[str, Any]:
    return {
        "interface": interface,
        "direction": "outbound",
        "protocol": "tcp",
        "peer": peer,
        "peer_port": peer_port,
        "local_port": local_port,
        "via": None,
    }


def _caller(session: Session, instance_id: str) -> Caller:
    """Whoever has the credentials of this instance."""
    account, role = session.issuer_arn.split(":")[4], session.issuer_arn.rsplit("/", 1)[1]
    return Caller(
        kind="assumed_role",
        account=account,
        arn=f"arn:aws:sts::{account}:assumed-role/{role}/{instance_id}",
        user_id=f"{session.issuer_id}:{instance_id}",
        access_key_id=session.access_key_id,
        name=role,
        session=session,
    )


def _keys(session: Session) -> dict[str, str]:
    return {
        "access_key_id": session.access_key_id,
        "secret_access_key": session.secret_access_key,
        "session_token": session.token,
    }


def _finding(thief: Caller, instance: Any, fleet: web_fleet.Fleet) -> dict[str, Any]:
    """https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_finding-types-iam.html
    #unauthorizedaccess-iam-instancecredentialexfiltrationoutsideaws"""
    return {
        "SchemaVersion": "2.0",
        "Type": "UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration.OutsideAWS",
        "Severity": 8,
        "Title": f"Credentials of {instance.id} were used from an external IP address.",
        "Description": f"Credentials of the role {thief.name} were used from {parts.ATTACKER_IP}.",
        "Resource": {
            "ResourceType": "AccessKey",
            "AccessKeyDetails": {
                "AccessKeyId": thief.access_key_id,
                "PrincipalId": thief.user_id,
                "UserType": "AssumedRole",
                "UserName": thief.name,
            },
            "InstanceDetails": {
                "InstanceId": instance.id,
                "InstanceType": instance.instance_type,
                "InstanceState": instance.state,
                "ImageId": instance.image_id,
                "AvailabilityZone": instance.nics[0].subnet.availability_zone,
                "IamInstanceProfile": {"Arn": fleet.instance_profile_arn},
                "NetworkInterfaces": [_interface(one, fleet) for one in instance.nics.values()],
                "Tags": [],
            },
        },
        "Service": {
            "ServiceName": "guardduty",
            "Archived": False,
            "Count": len(_CALLS),
            "Action": {
                "ActionType": "AWS_API_CALL",
                "AwsApiCallAction": {
                    "Api": "ListBuckets",
                    "ServiceName": "s3.amazonaws.com",
                    "CallerType": "Remote IP",
                    "RemoteIpDetails": {"IpAddressV4": parts.ATTACKER_IP},
                },
            },
        },
    }


def _interface(interface: Any, fleet: web_fleet.Fleet) -> dict[str, Any]:
    return {
        "NetworkInterfaceId": interface.id,
        "PrivateIpAddress": interface.private_ip_address,
        "SubnetId": interface.subnet.id,
        "VpcId": fleet.vpc_id,
        "SecurityGroups": [{"GroupId": group.id, "GroupName": group.name} for group in interface.group_set],
    }
