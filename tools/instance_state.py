"""What an account's instances, their network, their groups and their roles are, as canonical bytes, read with plain boto3: what
"exactly as it was" is measured by."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

_LISTINGS = (
    ("ec2", "describe_instances", "Reservations"),
    ("ec2", "describe_network_interfaces", "NetworkInterfaces"),
    ("ec2", "describe_security_groups", "SecurityGroups"),
    ("ec2", "describe_network_acls", "NetworkAcls"),
    ("ec2", "describe_iam_instance_profile_associations", "IamInstanceProfileAssociations"),
    ("autoscaling", "describe_auto_scaling_groups", "AutoScalingGroups"),
    ("elbv2", "describe_target_groups", "TargetGroups"),
    ("route53resolver", "list_firewall_rule_group_associations", "FirewallRuleGroupAssociations"),
)
_ATTRIBUTES = ("disableApiTermination", "disableApiStop", "instanceInitiatedShutdownBehavior")
_NEW_EACH_TIME = {
    "AssociationId",
    "Timestamp",
    "NetworkAclAssociationId",
    "AssociateTime",
    "StateTransitionReason",
    "ResponseMetadata",
    "TargetHealth",
}
"""What AWS gives out anew, whatever is given back (https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_IamInstanceProfileAssociation.html),
and what health checks make of a target."""
_DEFAULT_TIMEOUTS = {"TcpEstablishedTimeout": 432_000, "UdpStreamTimeout": 180, "UdpTimeout": 30}
"""Timeouts that were given cannot be taken away again, only set to these:
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/security-group-connection-tracking.html#connection-tracking-timeouts"""


def instance_state(account: Any) -> dict[str, Any]:
    """By what it is read with; `account.client(service)` gives a boto3 client."""
    found = {f"{service}:{method}": _all(account.client(service), method, key) for service, method, key in _LISTINGS}
    instances = [one for held in found["ec2:describe_instances"] for one in held["Instances"]]
    ec2 = account.client("ec2")
    found["attributes"] = [
        ec2.describe_instance_attribute(InstanceId=one["InstanceId"], Attribute=name)
        for one in instances
        for name in _ATTRIBUTES
        if one["State"]["Name"] != "terminated"
    ]
    balancing = account.client("elbv2")
    found["targets"] = [
        balancing.describe_target_health(TargetGroupArn=group["TargetGroupArn"])["TargetHealthDescriptions"]
        for group in found["elbv2:describe_target_groups"]
    ]
    found["roles"] = list(_role_policies(account.client("iam")))
    return {name: _stable(value) for name, value in found.items()}


def as_bytes(state: Mapping[str, Any]) -> bytes:
    return json.dumps(state, sort_keys=True, indent=1, default=str).encode()


def of_instance(state: Mapping[str, Any], instance_id: str) -> Any:
    """Everything in `state` that names an instance, but for lists that others stand in, too."""
    return [
        one
        for name in ("ec2:describe_instances", "ec2:describe_network_interfaces", "attributes", "targets")
        for one in _leaves(state[name])
        if instance_id in json.dumps(one, default=str)
    ]


def _leaves(value: Any) -> Iterator[Any]:
    """The things in lists of lists, and the instances in reservations."""
    if isinstance(value, list):
        for one in value:
            yield from _leaves(one)
    elif isinstance(value, dict) and "Instances" in value and "ReservationId" in value:
        yield from value["Instances"]
    else:
        yield value


def _all(client: Any, method: str, key: str) -> list[Any]:
    return [one for page in client.get_paginator(method).paginate() for one in page[key]]


def _role_policies(iam: Any) -> Iterator[Any]:
    for role in _all(iam, "list_roles", "Roles"):
        for name in iam.list_role_policies(RoleName=role["RoleName"])["PolicyNames"]:
            yield (
                role["RoleName"],
                name,
                iam.get_role_policy(RoleName=role["RoleName"], PolicyName=name)["PolicyDocument"],
            )


def _stable(value: Any) -> Any:
    """Without what is given out anew, and with lists in an order of their own: AWS promises none."""
    if isinstance(value, Mapping):
        return {
            name: _stable(held)
            for name, held in value.items()
            if name not in _NEW_EACH_TIME and held != _DEFAULT_TIMEOUTS
        }
    if isinstance(value, (list, tuple)):
        return sorted((_stable(one) for one in value), key=lambda one: json.dumps(one, sort_keys=True, default=str))
    return value
