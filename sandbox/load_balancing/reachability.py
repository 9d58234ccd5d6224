"""Whether a load balancer's health checks come through to a target: by the security groups of the target and the
network ACL of its subnet. The outbound rules of the load balancer's own groups are not looked at.
https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from ipaddress import ip_network
from typing import Any

from sandbox.flows.observed import groups_of, moment
from sandbox.flows.packets import Address, Flow
from sandbox.flows.tracking import refusal

_EPHEMERAL_PORT = 49_152
_FIRST_FREE = 4
"""AWS keeps the first four addresses of a subnet for itself: https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html"""


def instances_by_id(ec2: Any) -> dict[str, Any]:
    """moto searches all reservations for each instance."""
    reservations = list(ec2.reservations.values())
    return {instance.id: instance for reservation in reservations for instance in reservation.instances}


class Reach:
    """One look at the network of an account and region; what is the same for many targets is found out once."""

    def __init__(self, ec2: Any, balancers: Any, now: datetime) -> None:
        self._ec2, self._balancers, self._now = ec2, balancers, now
        self._known: dict[Any, bool] = {}
        self._instances = instances_by_id(ec2)
        self._by_address: dict[tuple[str, str], Any] | None = None

    def interface(self, group: Any, target_id: str) -> Any:
        """The interface that a target is reached at; None where there is none."""
        if group.target_type == "instance":
            instance = self._instances.get(target_id)
            return instance.nics.get(0) if instance is not None and instance.state == "running" else None
        if self._by_address is None:
            self._by_address = {
                (one.subnet.vpc_id, str(address["PrivateIpAddress"])): one
                for one in list(self._ec2.enis.values())
                for address in one.private_ip_addresses
                if address.get("PrivateIpAddress")
            }
        return self._by_address.get((group.vpc_id, target_id))

    def answers(self, group: Any, target_id: str, port: int | None) -> bool:
        """Whether a health check from any of the load balancers' subnets comes through."""
        if group.target_type not in ("instance", "ip"):
            return True
        interface = self.interface(group, target_id)
        if interface is None:
            return False
        check = group.health_check_port
        number = int(port or 0) if check in (None, "traffic-port") else int(check)
        groups = frozenset(one.id for one in groups_of(interface))
        key = (group.arn, number, groups, interface.subnet.id, interface.instance is None)
        if key not in self._known:
            seen = moment(self._ec2, interface, self._now)
            flows = self._checks(group, number)
            self._known[key] = any(refusal(flow, seen) is None for flow in flows)
        return self._known[key]

    def _checks(self, group: Any, port: int) -> Iterator[Flow]:
        for arn in group.load_balancer_arns:
            balancer = self._balancers.get(arn)
            if balancer is None:
                continue
            members = frozenset(balancer.security_groups or self._default_group(balancer))
            for subnet in balancer.subnets:
                yield Flow(
                    direction="inbound",
                    protocol="tcp",
                    peer=_node(subnet),
                    peer_port=_EPHEMERAL_PORT,
                    local_port=port,
                    began_at=self._now,
                    peer_groups=members,
                )

    def _default_group(self, balancer: Any) -> list[str]:
        """An Application Load Balancer without groups of its own is in the VPC's default one:
        https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-update-security-groups.html"""
        if getattr(balancer, "loadbalancer_type", "application") not in (None, "application"):
            return []
        found = self._ec2.get_security_group_from_name("default", balancer.vpc_id)
        return [found.id] if found is not None else []


def _node(subnet: Any) -> Address:
    """An address of the load balancer in its subnet. Which one it has there, moto does not say."""
    return ip_network(subnet.cidr_block)[_FIRST_FREE]
