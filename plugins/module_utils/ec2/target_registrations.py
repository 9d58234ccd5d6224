# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where load balancers know an instance from: target groups of Application, Network and Gateway Load Balancers, and Classic Load Balancers.

Target groups and Classic Load Balancers are listed once per region, whose targets are where once per target group: what is asked of one
instance serves all others."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from ansible_collections.cordon.aws.plugins.module_utils.ec2.instances import Ec2Instance, described
from ansible_collections.cordon.aws.plugins.module_utils.ec2.interfaces import interfaces_of
from ansible_collections.cordon.aws.plugins.module_utils.errors import AwsError
from ansible_collections.cordon.aws.plugins.module_utils.plan import MERGED, Call, Json, is_whole_number
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads

REGISTER = "RegisterTargets"
DEREGISTER = "DeregisterTargets"
"""The merged calls {"TargetGroupArn", "Target", "InstanceId": whose it is}; "Target" as DescribeTargetHealth tells it."""
REGISTER_CLASSIC = "RegisterInstancesWithLoadBalancer"
DEREGISTER_CLASSIC = "DeregisterInstancesFromLoadBalancer"
"""The merged calls {"LoadBalancerName", "InstanceId"}."""
GROUP_GONE = "TargetGroupNotFound"
DRAINING = "draining"
"""Deregistered, with connections that go on until the deregistration delay is over:
https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-target-group-attributes.html#deregistration-delay"""
BY_ADDRESS = "ip"
_KEPT = ("Id", "Port", "AvailabilityZone", "QuicServerId")
_ZONE = re.compile(r"all|[a-z]{2}(?:-[a-z]+)+-\d[a-z0-9-]{1,30}")
_QUIC = re.compile(r"0x[0-9a-f]{16}")

_Network: TypeAlias = "ipaddress.IPv4Network | ipaddress.IPv6Network"


@dataclass(frozen=True, kw_only=True, slots=True)
class Registrations:
    """What load balancers know of one instance."""

    targets: Sequence[tuple[str, dict[str, Json]]]
    """(the target group's ARN, the target) of all that are registered."""
    draining: Sequence[tuple[str, dict[str, Json]]]
    classic: Sequence[str]
    """The names of Classic Load Balancers that have it."""
    looked_at: dict[str, int]
    """How many target groups and Classic Load Balancers were looked at."""
    elsewhere: Sequence[str]
    """Target groups by address of other VPCs: that an address there is one of the instance's, nothing tells."""


def registrations_of(reads: Reads, target: Ec2Instance) -> Registrations:
    ask_groups, ask_classic = (
        _ask(target, "elbv2", "DescribeTargetGroups"),
        _ask(target, "elb", "DescribeLoadBalancers"),
    )
    reads.ahead(ask_groups, "TargetGroups")
    reads.ahead(ask_classic, "LoadBalancerDescriptions")
    described(reads, target)
    interfaces = interfaces_of(reads, target)
    vpcs = {interface["VpcId"] for interface in interfaces}
    addresses = list(_addresses(interfaces))
    known = [
        group for group in reads.pages(ask_groups, "TargetGroups") if group["TargetType"] in ("instance", BY_ADDRESS)
    ]
    groups = [group for group in known if group.get("VpcId") in vpcs]
    for group in groups:
        reads.ahead(_ask_health(target, group))
    found = [
        (group["TargetGroupArn"], {key: health["Target"][key] for key in _KEPT if key in health["Target"]}, health)
        for group in groups
        for health in _health(reads, target, group)
        if _is_of(health["Target"]["Id"], group["TargetType"], target, addresses)
    ]
    classic = reads.pages(ask_classic, "LoadBalancerDescriptions")
    drains = [health["TargetHealth"]["State"] == DRAINING for _arn, _target, health in found]
    return Registrations(
        targets=[(arn, one) for (arn, one, _health), drained in zip(found, drains, strict=True) if not drained],
        draining=[(arn, one) for (arn, one, _health), drained in zip(found, drains, strict=True) if drained],
        classic=[
            balancer["LoadBalancerName"]
            for balancer in classic
            if any(one["InstanceId"] == target.instance_id for one in balancer.get("Instances", ()))
        ],
        looked_at={"target_groups": len(groups), "classic_load_balancers": len(classic)},
        elsewhere=[
            group["TargetGroupArn"]
            for group in known
            if group["TargetType"] == BY_ADDRESS and group.get("VpcId") not in vpcs
        ],
    )


def is_target(value: Json, target: Ec2Instance) -> bool:
    """Whether `value`, out of a log, is what `registrations_of` finds of an instance."""
    if not (isinstance(value, dict) and {"Id", "Port"} <= set(value) <= set(_KEPT)):
        return False
    port = value["Port"]
    texts = all(isinstance(value[key], str) for key in value if key != "Port")
    return (
        texts
        and (value["Id"] == target.instance_id or _is_address(value["Id"]))
        and is_whole_number(port)
        and 1 <= port <= 65535
        and _ZONE.fullmatch(value.get("AvailabilityZone", "all")) is not None
        and _QUIC.fullmatch(value.get("QuicServerId", "0x0000000000000000")) is not None
    )


def is_registrable(reads: Reads, target: Ec2Instance, group_arn: str, ident: str) -> bool:
    """Whether `ident` can be registered as this instance: it is the instance, or an address of one of its interfaces, and the target group
    is one of their VPCs. What else a log says may be forged, and would send requests to somebody else."""
    interfaces = interfaces_of(reads, target)
    vpcs = {interface["VpcId"] for interface in interfaces}
    groups = reads.pages(_ask(target, "elbv2", "DescribeTargetGroups"), "TargetGroups")
    group = next((one for one in groups if one["TargetGroupArn"] == group_arn), None)
    if group is None:
        raise AwsError(
            f"look at {group_arn}",
            f"{GROUP_GONE}: it is not there",
            "Somebody has deleted it.",
            code=GROUP_GONE,
        )
    return group.get("VpcId") in vpcs and _is_of(ident, group["TargetType"], target, list(_addresses(interfaces)))


def merged_call(target: Ec2Instance, operation: str, **parameters: Json) -> Call:
    return Call(
        account=target.account, region=target.region, service=MERGED, operation=operation, parameters=parameters
    )


def _ask(target: Ec2Instance, service: str, operation: str, **parameters: Json) -> Call:
    return Call(
        account=target.account, region=target.region, service=service, operation=operation, parameters=parameters
    )


def _ask_health(target: Ec2Instance, group: Json) -> Call:
    return _ask(target, "elbv2", "DescribeTargetHealth", TargetGroupArn=group["TargetGroupArn"])


def _health(reads: Reads, target: Ec2Instance, group: Json) -> list[Json]:
    """What a target group holds; nothing where it was deleted since it was listed."""
    try:
        found: list[Json] = reads.read(_ask_health(target, group))["TargetHealthDescriptions"]
    except AwsError as error:
        if error.code != GROUP_GONE:
            raise
        return []
    return found


def _is_of(ident: str, kind: str, target: Ec2Instance, addresses: Sequence[_Network]) -> bool:
    if kind != BY_ADDRESS:
        return ident == target.instance_id
    return _is_address(ident) and any(ipaddress.ip_address(ident) in network for network in addresses)


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _addresses(interfaces: Iterable[Json]) -> Iterator[_Network]:
    """Every private address of these interfaces, and every prefix that was delegated to one, for containers.
    https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-prefix-eni.html"""
    for interface in interfaces:
        yield from (ipaddress.ip_network(one["PrivateIpAddress"]) for one in interface.get("PrivateIpAddresses", ()))
        yield from (ipaddress.ip_network(one["Ipv6Address"]) for one in interface.get("Ipv6Addresses", ()))
        yield from (ipaddress.ip_network(one["Ipv4Prefix"]) for one in interface.get("Ipv4Prefixes", ()))
        yield from (ipaddress.ip_network(one["Ipv6Prefix"]) for one in interface.get("Ipv6Prefixes", ()))
