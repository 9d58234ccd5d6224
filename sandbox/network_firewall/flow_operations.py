"""Operations on a firewall's flow table: flush and capture, which are asynchronous and kept for twelve hours.
https://docs.aws.amazon.com/network-firewall/latest/developerguide/firewall-flow-operations.html"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sandbox.flows.book import Kept
from sandbox.list_pages import page
from sandbox.model import ApiRequest, Caller
from sandbox.network_firewall.firewalls import asked
from sandbox.network_firewall.flow_filters import NUMBERS, check, ends, fits
from sandbox.network_firewall.refusals import invalid, not_found

if TYPE_CHECKING:
    from sandbox.world import World

_MOST_FILTERS = 20
_MOST_RESULTS = 100
_TAKES = timedelta(seconds=1)
"""How long an operation is in progress; AWS names no time."""
_KEPT = timedelta(hours=12)


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One flush or capture, and the flows that it found."""

    id: str
    kind: str
    firewall_arn: str
    scope: Mapping[str, str]
    asked_at: datetime
    filters: Sequence[Mapping[str, Any]]
    least_age_s: int
    flows: Sequence[Mapping[str, Any]]

    def status(self, now: datetime) -> str:
        return "COMPLETED" if now >= self.asked_at + _TAKES else "IN_PROGRESS"


class FlowOperations:
    """The operations of all firewalls."""

    def __init__(self) -> None:
        self._operations: dict[str, Operation] = {}

    def forget(self) -> None:
        self._operations.clear()

    def add(self, operation: Operation) -> None:
        self._operations[operation.id] = operation

    def of(self, firewall_arn: str, now: datetime) -> list[Operation]:
        """Those of one firewall that are still kept, the latest first."""
        kept = [
            one for one in self._operations.values() if one.firewall_arn == firewall_arn and now < one.asked_at + _KEPT
        ]
        return sorted(kept, key=lambda one: one.asked_at, reverse=True)


def start_flow_flush(world: World, request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
    """A flushed flow goes on as traffic without a known beginning. TCP's is stopped or let pass by the stream exception policy; other
    protocols' is a new flow by the firewall's rules, which the sandbox does not have.
    https://docs.aws.amazon.com/network-firewall/latest/developerguide/flow-operations-flush.html"""
    firewall = asked(request, caller)
    operation = _operation(world, request, firewall, "FLOW_FLUSH")
    if world.firewalls.breaks_streams(firewall.firewall_policy_arn):
        ids = {flow["id"] for flow in operation.flows}
        world.flows.cut(
            lambda kept: kept.id in ids and kept.flow.protocol == "tcp",
            operation.asked_at + _TAKES,
            f"the firewall {firewall.firewall_name} was flushed of it, and stops traffic without a known beginning",
        )
    return _started(world, operation)


def start_flow_capture(world: World, request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
    """https://docs.aws.amazon.com/network-firewall/latest/APIReference/API_StartFlowCapture.html"""
    return _started(world, _operation(world, request, asked(request, caller), "FLOW_CAPTURE"))


def describe_flow_operation(world: World, request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
    """https://docs.aws.amazon.com/network-firewall/latest/APIReference/API_DescribeFlowOperation.html"""
    found = _named(world, request, caller)
    return {
        **_about(world, found),
        "FlowOperationType": found.kind,
        "FlowOperation": {"MinimumFlowAgeInSeconds": found.least_age_s, "FlowFilters": list(found.filters)},
    }


def list_flow_operations(world: World, request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
    """https://docs.aws.amazon.com/network-firewall/latest/APIReference/API_ListFlowOperations.html"""
    now, kind = world.clock.now(), request.parameters.get("FlowOperationType")
    scope = _scope(world, request, asked(request, caller)) if _names_scope(request) else {}
    shown = [
        {
            "FlowOperationId": one.id,
            "FlowOperationType": one.kind,
            "FlowRequestTimestamp": one.asked_at,
            "FlowOperationStatus": one.status(now),
        }
        for one in world.flow_operations.of(asked(request, caller).arn, now)
        if kind in (None, one.kind) and scope.get("AvailabilityZone") in (None, one.scope["AvailabilityZone"])
    ]
    return page(request, "FlowOperations", shown, _MOST_RESULTS)


def list_flow_operation_results(world: World, request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
    """https://docs.aws.amazon.com/network-firewall/latest/APIReference/API_ListFlowOperationResults.html"""
    found = _named(world, request, caller)
    done = found.status(world.clock.now()) == "COMPLETED"
    flows = [{name: value for name, value in flow.items() if name != "id"} for flow in found.flows] if done else []
    return {**_about(world, found), **page(request, "Flows", flows, _MOST_RESULTS)}


HANDLERS = {
    ("network-firewall", "StartFlowFlush"): start_flow_flush,
    ("network-firewall", "StartFlowCapture"): start_flow_capture,
    ("network-firewall", "DescribeFlowOperation"): describe_flow_operation,
    ("network-firewall", "ListFlowOperations"): list_flow_operations,
    ("network-firewall", "ListFlowOperationResults"): list_flow_operation_results,
}


def _operation(world: World, request: ApiRequest, firewall: Any, kind: str) -> Operation:
    filters, now = list(request.parameters["FlowFilters"]), world.clock.now()
    if not 1 <= len(filters) <= _MOST_FILTERS:
        raise invalid(f"A flow operation takes from 1 to {_MOST_FILTERS} flow filters.")
    for one in filters:
        check(one)
    scope = _scope(world, request, firewall)
    least_age = int(request.parameters.get("MinimumFlowAgeInSeconds") or 0)
    place = world.firewalls.firewalls[firewall.arn]
    found = [
        _shown(kept, now)
        for kept, fate in world.flows.all(place.account, place.region)
        if fate.alive
        and kept.firewall == (firewall.arn, scope["AvailabilityZone"])
        and (now - kept.flow.began_at).total_seconds() >= least_age
        and any(fits(kept, one) for one in filters)
    ]
    made = Operation(
        id=str(uuid.uuid4()),
        kind=kind,
        firewall_arn=firewall.arn,
        scope=scope,
        asked_at=now,
        filters=filters,
        least_age_s=least_age,
        flows=found,
    )
    world.flow_operations.add(made)
    return made


def _names_scope(request: ApiRequest) -> bool:
    return any(request.parameters.get(name) for name in ("AvailabilityZone", "AvailabilityZoneId", "VpcEndpointId"))


def _scope(world: World, request: ApiRequest, firewall: Any) -> dict[str, str]:
    """An operation is about one Availability Zone, which it names itself or by its endpoint."""
    given, endpoints = request.parameters, world.firewalls.firewalls[firewall.arn].endpoints
    if given.get("AvailabilityZone") and given.get("AvailabilityZoneId"):
        raise invalid("Specify either AvailabilityZone or AvailabilityZoneId, not both.")
    if given.get("AvailabilityZoneId") or given.get("VpcEndpointAssociationArn"):
        raise invalid(
            "The sandbox's firewalls know Availability Zones by name only, and have no endpoint associations."
        )
    for zone, (_subnet, endpoint) in endpoints.items():
        if (given.get("AvailabilityZone") or zone) == zone and (given.get("VpcEndpointId") or endpoint) == endpoint:
            if _names_scope(request):
                return {"AvailabilityZone": zone} | ({"VpcEndpointId": endpoint} if given.get("VpcEndpointId") else {})
            raise invalid("AvailabilityZone or VpcEndpointId must be given.")
    raise invalid("The firewall has no endpoint in this Availability Zone.")


def _named(world: World, request: ApiRequest, caller: Caller) -> Operation:
    arn, wanted = asked(request, caller).arn, request.parameters["FlowOperationId"]
    found = next((one for one in world.flow_operations.of(arn, world.clock.now()) if one.id == wanted), None)
    if found is None:
        raise not_found("The flow operation does not exist.")
    return found


def _started(world: World, operation: Operation) -> dict[str, Any]:
    return {
        "FirewallArn": operation.firewall_arn,
        "FlowOperationId": operation.id,
        "FlowOperationStatus": operation.status(world.clock.now()),
    }


def _about(world: World, operation: Operation) -> dict[str, Any]:
    return {**_started(world, operation), **operation.scope, "FlowRequestTimestamp": operation.asked_at}


def _shown(kept: Kept, now: datetime) -> dict[str, Any]:
    source, destination = ends(kept)
    return {
        "id": kept.id,
        "SourceAddress": {"AddressDefinition": str(source[0])},
        "DestinationAddress": {"AddressDefinition": str(destination[0])},
        "SourcePort": str(source[1]),
        "DestinationPort": str(destination[1]),
        "Protocol": NUMBERS[kept.flow.protocol],
        "Age": int((now - kept.flow.began_at).total_seconds()),
    }
