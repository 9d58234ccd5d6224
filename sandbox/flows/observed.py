"""What is in force at an interface now, read from moto's EC2: the moment that connection tracking judges by."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import cache
from ipaddress import ip_address, ip_network
from typing import Any

from sandbox.flows import settings
from sandbox.flows.packets import Address, Entry, Network, Ports, Rule
from sandbox.flows.tracking import Moment, Timeouts

# Nitro v6, without P6e-GB200. https://docs.aws.amazon.com/ec2/latest/instancetypes/ec2-nitro-instances.html
_FAMILIES = "c8gb c8gn c8i c8i-flex m8a m8gb m8gn m8i m8i-flex p6-b200 r8gb r8gn r8i r8i-flex"
_NITRO_V6 = frozenset(_FAMILIES.split())
_NITRO_V6_TCP_S = 350
_LIVING = ("pending", "running")

# Neither groups nor network ACLs filter these: DNS, metadata, tasks' metadata, time, Windows' licences.
# https://docs.aws.amazon.com/vpc/latest/userguide/vpc-security-groups.html
_LINK_LOCAL = ("169.254.169.253", "169.254.169.254", "169.254.170.2", "169.254.169.123", "169.254.169.250/31")


def moment(backend: Any, interface: Any, at: datetime) -> Moment:
    """The moment of one of moto's interfaces."""
    instance = interface.instance
    return Moment(
        at=at,
        instance=instance.id if instance is not None else "",
        gone=_gone(interface.id, instance),
        rules=tuple(_rules(backend, interface)),
        entries=tuple(_entries(backend, interface.subnet.id)),
        subnet=tuple(_subnet(interface.subnet)),
        unfiltered=tuple(_unfiltered(backend, interface.subnet)),
        timeouts=_timeouts(instance, settings.of(interface)),
    )


def groups_of(interface: Any) -> list[Any]:
    """The groups of an interface itself. moto's `group_set` adds those that the instance was launched with, also where they were
    replaced since."""
    return list(interface._group_set)


def local_address(interface: Any, version: int) -> Address | None:
    """The address that a flow of this IP version has here."""
    if version == 4:
        return ip_address(interface.private_ip_address)
    return next((ip_address(text) for text in interface.ipv6_addresses), None)


def addresses_of(interface: Any) -> set[Address]:
    """Every address of an interface."""
    private = [one["PrivateIpAddress"] for one in interface.private_ip_addresses if one.get("PrivateIpAddress")]
    texts = {interface.private_ip_address, interface.public_ip, *private, *interface.ipv6_addresses} - {None, ""}
    return {ip_address(text) for text in texts}


def _gone(interface_id: str, instance: Any) -> str | None:
    if instance is None:
        return f"the interface {interface_id} is not attached to an instance"
    state = instance.state
    return None if state in _LIVING else f"the instance {instance.id} is {state}"


def _rules(backend: Any, interface: Any) -> Iterator[Rule]:
    for group in groups_of(interface):
        for egress, rules in ((False, list(group.ingress_rules)), (True, list(group.egress_rules))):
            for rule in rules:
                yield Rule(
                    id=rule.id,
                    egress=egress,
                    protocol=str(rule.ip_protocol),
                    ports=_ports(rule.from_port, rule.to_port),
                    peers=tuple(_peers(backend, rule)),
                    peer_group=(rule.source_group or {}).get("GroupId"),
                )


def _peers(backend: Any, rule: Any) -> Iterator[Network]:
    for text in (rule.ip_range.get("CidrIp"), rule.ip_range.get("CidrIpv6")):
        if text:
            yield _network(text)
    prefix_list = backend.managed_prefix_lists.get(rule.prefix_list_id) if rule.prefix_list_id else None
    if prefix_list is not None:
        for entry in prefix_list.entries.get(prefix_list.version) or []:
            yield _network(entry["Cidr"])


def _entries(backend: Any, subnet_id: str) -> Iterator[Entry]:
    for acl in list(backend.network_acls.values()):
        if any(association.subnet_id == subnet_id for association in acl.associations):
            for entry in list(acl.network_acl_entries):
                for text in (entry.cidr_block, entry.ipv6_cidr_block):
                    if text:
                        yield Entry(
                            number=int(entry.rule_number),
                            egress=str(entry.egress).lower() == "true",
                            allow=entry.rule_action == "allow",
                            protocol=str(entry.protocol),
                            network=_network(text),
                            ports=_ports(entry.port_range_from, entry.port_range_to),
                        )


def _subnet(subnet: Any) -> Iterator[Network]:
    yield _network(subnet.cidr_block)
    for association in subnet.ipv6_cidr_block_associations.values():
        yield _network(association["ipv6CidrBlock"])


def _unfiltered(backend: Any, subnet: Any) -> Iterator[Network]:
    """Besides the link-local services: the resolver at the VPC's base plus two, and the subnet's router at its base plus one."""
    for text in _LINK_LOCAL:
        yield _network(text)
    vpc = backend.vpcs.get(subnet.vpc_id)
    if vpc is not None:
        yield _network(str(_network(vpc.cidr_block).network_address + 2))
    yield _network(str(_network(subnet.cidr_block).network_address + 1))


def _timeouts(instance: Any, given: Mapping[str, int]) -> Timeouts:
    family = str(instance.instance_type).rpartition(".")[0] if instance is not None else ""
    default = Timeouts()
    return Timeouts(
        tcp_established_s=given.get(
            "TcpEstablishedTimeout", _NITRO_V6_TCP_S if family in _NITRO_V6 else default.tcp_established_s
        ),
        udp_stream_s=given.get("UdpStreamTimeout", default.udp_stream_s),
        udp_s=given.get("UdpTimeout", default.udp_s),
    )


def _ports(first: Any, last: Any) -> Ports | None:
    return None if first in (None, "") or last in (None, "") or int(first) == -1 else (int(first), int(last))


@cache
def _network(text: str) -> Network:
    return ip_network(text, strict=False)
