"""The way of a flow through a VPC: where the subnet's route table sends its packets."""

from __future__ import annotations

from ipaddress import ip_network
from typing import Any

from sandbox.flows.packets import Address


def next_hop(backend: Any, subnet: Any, peer: Address) -> str | None:
    """The id of the VPC endpoint that packets to `peer` are sent to; None where it is something else. The most specific route counts:
    https://docs.aws.amazon.com/vpc/latest/userguide/VPC_Route_Tables.html"""
    best, found = -1, None
    for route in _route_table(backend, subnet).routes:
        text = route.destination_cidr_block if peer.version == 4 else route.destination_ipv6_cidr_block
        if text and peer in (network := ip_network(text, strict=False)) and network.prefixlen > best:
            best, found = network.prefixlen, route.vpc_endpoint_id
    return found


def _route_table(backend: Any, subnet: Any) -> Any:
    """That of the subnet, else the VPC's main one."""
    tables = [table for table in list(backend.route_tables.values()) if table.vpc_id == subnet.vpc_id]
    for table in tables:
        if subnet.id in table._associations.values():
            return table
    return next(table for table in tables if table.main_association_id)
