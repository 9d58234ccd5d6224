"""The same containment of instances by a raw boto3 script, with batched describes, 16 at once: raw_instances.py ACCOUNT INSTANCE_ID...

It keeps what it read of protection and groups in memory, and looks at nothing afterwards."""

from __future__ import annotations

import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
from botocore.config import Config

BATCH, DWELL_S = 200, 0.3
account, *ids = sys.argv[1:]
given = boto3.client("sts").assume_role(
    RoleArn=f"arn:aws:iam::{account}:role/OrganizationAccountAccessRole", RoleSessionName="raw"
)["Credentials"]
session = boto3.Session(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])
config = Config(max_pool_connections=32)
ec2: Any = session.client("ec2", config=config)
iam: Any = session.client("iam", config=config)


def listed(method: str, key: str, filter_name: str) -> list[Any]:
    """What a listing tells of all instances, asked for in batches."""
    found = []
    for start in range(0, len(ids), BATCH):
        wanted = [{"Name": filter_name, "Values": ids[start : start + BATCH]}]
        found += [one for page in ec2.get_paginator(method).paginate(Filters=wanted) for one in page[key]]
    return found


def new_group(vpc: str, name: str, *, is_open: bool) -> str:
    group = str(ec2.create_security_group(GroupName=name, Description=name, VpcId=vpc)["GroupId"])
    out = [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
    both = [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}], "Ipv6Ranges": [{"CidrIpv6": "::/0"}]}]
    ec2.revoke_security_group_egress(GroupId=group, IpPermissions=out)
    if is_open:
        ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=both)
        ec2.authorize_security_group_egress(GroupId=group, IpPermissions=both)
    return group


def contain(instance: dict[str, Any]) -> None:
    ident = instance["InstanceId"]
    for attribute in ("disableApiTermination", "disableApiStop"):
        ec2.describe_instance_attribute(InstanceId=ident, Attribute=attribute)
    at_shutdown = ec2.describe_instance_attribute(InstanceId=ident, Attribute="instanceInitiatedShutdownBehavior")
    if at_shutdown["InstanceInitiatedShutdownBehavior"]["Value"] == "terminate":
        ec2.modify_instance_attribute(InstanceId=ident, InstanceInitiatedShutdownBehavior={"Value": "stop"})
    ec2.modify_instance_attribute(InstanceId=ident, DisableApiTermination={"Value": True})
    ec2.modify_instance_attribute(InstanceId=ident, DisableApiStop={"Value": True})
    for mapping in instance["BlockDeviceMappings"]:
        kept = {"DeviceName": mapping["DeviceName"], "Ebs": {"DeleteOnTermination": False}}
        ec2.modify_instance_attribute(InstanceId=ident, BlockDeviceMappings=[kept])
    for interface in interfaces.get(ident, ()):
        forensic, opened = groups[interface["VpcId"]]
        named = {"NetworkInterfaceId": interface["NetworkInterfaceId"]}
        ec2.modify_network_interface_attribute(**named, Groups=[forensic])
        ec2.modify_network_interface_attribute(**named, Groups=[opened])
        time.sleep(DWELL_S)
        ec2.modify_network_interface_attribute(**named, Groups=[forensic])
        timeouts = {"TcpEstablishedTimeout": 60, "UdpStreamTimeout": 60, "UdpTimeout": 30}
        ec2.modify_network_interface_attribute(**named, ConnectionTrackingSpecification=timeouts)
    ec2.modify_instance_metadata_options(InstanceId=ident, HttpEndpoint="disabled")
    if ident in associations:
        ec2.disassociate_iam_instance_profile(AssociationId=associations[ident]["AssociationId"])


def deny(profile_arn: str, members: list[str]) -> None:
    role = iam.get_instance_profile(InstanceProfileName=profile_arn.rpartition("/")[2])["InstanceProfile"]["Roles"][0]
    condition = {"StringEquals": {"aws:userid": [f"{role['RoleId']}:{one}" for one in members]}}
    statement = {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": condition}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.put_role_policy(RoleName=role["RoleName"], PolicyName="DenyInstances", PolicyDocument=document)


with ThreadPoolExecutor(16) as pool:
    described = pool.submit(listed, "describe_instances", "Reservations", "instance-id")
    attached = pool.submit(listed, "describe_network_interfaces", "NetworkInterfaces", "attachment.instance-id")
    has = pool.submit(
        listed, "describe_iam_instance_profile_associations", "IamInstanceProfileAssociations", "instance-id"
    )
    instances = [one for reservation in described.result() for one in reservation["Instances"]]
    interfaces: dict[str, list[Any]] = {}
    for found in attached.result():
        interfaces.setdefault(found["Attachment"]["InstanceId"], []).append(found)
    associations = {one["InstanceId"]: one for one in has.result()}
    vpcs = list(dict.fromkeys(one["VpcId"] for one in instances))
    closed = list(pool.map(lambda vpc: new_group(vpc, "Forensic", is_open=False), vpcs))
    opening = list(pool.map(lambda vpc: new_group(vpc, "Open", is_open=True), vpcs))
    groups = dict(zip(vpcs, zip(closed, opening, strict=True), strict=True))
    profiles: dict[str, list[str]] = {}
    for one in associations.values():
        profiles.setdefault(one["IamInstanceProfile"]["Arn"], []).append(one["InstanceId"])
    work = [pool.submit(contain, one) for one in instances]
    work += [pool.submit(deny, profile, members) for profile, members in profiles.items()]
    for done in work:
        done.result()
    marked = [one["NetworkInterfaceId"] for held in interfaces.values() for one in held]
    for start in range(0, len(marked), 1000):
        ec2.create_tags(Resources=marked[start : start + 1000], Tags=[{"Key": "flows-cut", "Value": "yes"}])
    for group in opening:
        ec2.delete_security_group(GroupId=group)
