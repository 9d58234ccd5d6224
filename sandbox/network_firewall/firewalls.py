"""Firewalls: their shapes, their endpoints, and what they refer to.
https://docs.aws.amazon.com/network-firewall/latest/APIReference/Welcome.html"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from moto.backends import get_backend

from sandbox.errors import ApiError
from sandbox.list_pages import page
from sandbox.model import ApiRequest, Caller
from sandbox.network_firewall.refusals import invalid, not_found

if TYPE_CHECKING:
    from sandbox.network_firewall.policies import Policy
    from sandbox.world import World

_MOST = 100


@dataclass(slots=True, kw_only=True)
class Firewall:
    """What the sandbox knows of a firewall besides moto."""

    arn: str
    id: str
    account: str
    region: str
    endpoints: dict[str, tuple[str, str]]
    """Availability Zone -> (subnet, VPC endpoint)"""


class Firewalls:
    """The firewalls and policies of all accounts."""

    def __init__(self) -> None:
        self.firewalls: dict[str, Firewall] = {}
        self.policies: dict[str, Policy] = {}

    def forget(self) -> None:
        self.firewalls.clear()
        self.policies.clear()

    def owner_of(self, endpoint_id: str) -> tuple[str, str] | None:
        """(ARN of the firewall, Availability Zone) of a firewall endpoint."""
        for firewall in self.firewalls.values():
            for zone, (_subnet, endpoint) in firewall.endpoints.items():
                if endpoint == endpoint_id:
                    return firewall.arn, zone
        return None

    def breaks_streams(self, policy_arn: str) -> bool:
        """Whether traffic without a known beginning is stopped: what `StreamExceptionPolicy` says, DROP if nothing.
        https://docs.aws.amazon.com/network-firewall/latest/developerguide/stream-exception-policy.html"""
        options = self.policies[policy_arn].content.get("StatefulEngineOptions") or {}
        return bool(options.get("StreamExceptionPolicy", "DROP") != "CONTINUE")


def create_firewall(world: World, request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
    """https://docs.aws.amazon.com/network-firewall/latest/APIReference/API_CreateFirewall.html"""
    given, backend = request.parameters, moto_of(request, caller)
    ec2 = get_backend("ec2")[caller.account][request.region]
    if any(one.firewall_name == given["FirewallName"] for one in backend.firewalls.values()):
        raise invalid(f"A firewall with the name {given['FirewallName']} already exists.")
    if given["FirewallPolicyArn"] not in world.firewalls.policies:
        raise invalid(f"The firewall policy {given['FirewallPolicyArn']} does not exist.")
    vpc_id, zones = given.get("VpcId"), {}
    if vpc_id not in ec2.vpcs:
        raise invalid(f"The VPC {vpc_id} does not exist.")
    for mapping in given.get("SubnetMappings") or ():
        subnet = next((zone[mapping["SubnetId"]] for zone in ec2.subnets.values() if mapping["SubnetId"] in zone), None)
        if subnet is None or subnet.vpc_id != vpc_id:
            raise invalid(f"The subnet {mapping['SubnetId']} is not in the VPC {vpc_id}.")
        if subnet.availability_zone in zones:
            raise invalid("Each subnet must belong to a different Availability Zone in the VPC.")
        zones[subnet.availability_zone] = subnet.id
    if not zones:
        raise invalid("At least one subnet mapping must be given.")
    made = backend.create_firewall(
        firewall_name=given["FirewallName"],
        firewall_policy_arn=given["FirewallPolicyArn"],
        vpc_id=vpc_id,
        subnet_mappings=[{"IPAddressType": "IPV4", **mapping} for mapping in given["SubnetMappings"]],
        delete_protection=given.get("DeleteProtection"),
        subnet_change_protection=given.get("SubnetChangeProtection"),
        firewall_policy_change_protection=given.get("FirewallPolicyChangeProtection"),
        description=given.get("Description") or "",
        tags=list(given.get("Tags") or []),
        encryption_configuration=dict(given.get("EncryptionConfiguration") or {"Type": "AWS_OWNED_KMS_KEY"}),
        enabled_analysis_types=list(given.get("EnabledAnalysisTypes") or []),
    )
    made.update_token = str(uuid.uuid4())
    world.firewalls.firewalls[made.arn] = Firewall(
        arn=made.arn,
        id=str(uuid.uuid4()),
        account=caller.account,
        region=request.region,
        endpoints={zone: (subnet, _endpoint(ec2, request, vpc_id, subnet)) for zone, subnet in zones.items()},
    )
    return {"Firewall": _shown(world, made), "FirewallStatus": _status(world, made)}


def describe_firewall(world: World, request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
    """https://docs.aws.amazon.com/network-firewall/latest/APIReference/API_DescribeFirewall.html"""
    found = asked(request, caller)
    return {
        "UpdateToken": found.update_token,
        "Firewall": _shown(world, found),
        "FirewallStatus": _status(world, found),
    }


def describe_firewall_metadata(world: World, request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
    """https://docs.aws.amazon.com/network-firewall/latest/APIReference/API_DescribeFirewallMetadata.html"""
    found = asked(request, caller)
    zones = world.firewalls.firewalls[found.arn].endpoints
    return {
        "FirewallArn": found.arn,
        "FirewallPolicyArn": found.firewall_policy_arn,
        "Description": found.description,
        "Status": "READY",
        "SupportedAvailabilityZones": {zone: {"IPAddressType": "IPV4"} for zone in zones},
    }


def list_firewalls(_world: World, request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
    """https://docs.aws.amazon.com/network-firewall/latest/APIReference/API_ListFirewalls.html"""
    wanted = request.parameters.get("VpcIds")
    found = [one for one in moto_of(request, caller).firewalls.values() if not wanted or one.vpc_id in wanted]
    shown = [{"FirewallName": one.firewall_name, "FirewallArn": one.arn} for one in found]
    return page(request, "Firewalls", shown, _MOST)


def delete_firewall(world: World, request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
    """https://docs.aws.amazon.com/network-firewall/latest/APIReference/API_DeleteFirewall.html"""
    found, backend = asked(request, caller), moto_of(request, caller)
    if found.delete_protection:
        raise ApiError("InvalidOperationException", "The firewall is protected against deletion (DeleteProtection).")
    answer = {
        "Firewall": _shown(world, found),
        "FirewallStatus": {**_status(world, found), "Status": "DELETING"},
    }
    ec2 = get_backend("ec2")[caller.account][request.region]
    for _subnet, endpoint in world.firewalls.firewalls.pop(found.arn).endpoints.values():
        ec2.vpc_end_points.pop(endpoint, None)
    del backend.firewalls[found.arn]
    return answer


HANDLERS = {
    ("network-firewall", "CreateFirewall"): create_firewall,
    ("network-firewall", "DescribeFirewall"): describe_firewall,
    ("network-firewall", "DescribeFirewallMetadata"): describe_firewall_metadata,
    ("network-firewall", "ListFirewalls"): list_firewalls,
    ("network-firewall", "DeleteFirewall"): delete_firewall,
}


def asked(request: ApiRequest, caller: Caller) -> Any:
    """The firewall that a request names by ARN or name, as moto has it."""
    arn, name = request.parameters.get("FirewallArn"), request.parameters.get("FirewallName")
    if not arn and not name:
        raise invalid("FirewallArn or FirewallName must be given.")
    for firewall in moto_of(request, caller).firewalls.values():
        if arn in (None, firewall.arn) and name in (None, firewall.firewall_name):
            return firewall
    raise not_found("The firewall does not exist.")


def moto_of(request: ApiRequest, caller: Caller) -> Any:
    """moto's part of one account and region."""
    return get_backend("networkfirewall")[caller.account][request.region]


def _endpoint(ec2: Any, request: ApiRequest, vpc_id: str, subnet_id: str) -> str:
    """Firewall endpoints are VPC endpoints of Gateway Load Balancers, which a route table can name.
    https://docs.aws.amazon.com/network-firewall/latest/developerguide/firewall-high-level-steps.html"""
    service = f"com.amazonaws.vpce.{request.region}.vpce-svc-{uuid.uuid4().hex[:17]}"
    made = ec2.create_vpc_endpoint(vpc_id, service, "GatewayLoadBalancer", None, [], subnet_ids=[subnet_id])
    return str(made.id)


def _shown(world: World, firewall: Any) -> dict[str, Any]:
    shown = {
        "FirewallName": firewall.firewall_name,
        "FirewallArn": firewall.arn,
        "FirewallPolicyArn": firewall.firewall_policy_arn,
        "VpcId": firewall.vpc_id,
        "SubnetMappings": firewall.subnet_mappings,
        "DeleteProtection": firewall.delete_protection,
        "SubnetChangeProtection": firewall.subnet_change_protection,
        "FirewallPolicyChangeProtection": firewall.firewall_policy_change_protection,
        "FirewallId": world.firewalls.firewalls[firewall.arn].id,
        "EncryptionConfiguration": firewall.encryption_configuration,
        "NumberOfAssociations": 0,
    }
    more = {"Description": firewall.description, "Tags": firewall.tags}
    return shown | {name: value for name, value in more.items() if value}


def _status(world: World, firewall: Any) -> dict[str, Any]:
    return {
        "Status": "READY",
        "ConfigurationSyncStateSummary": "IN_SYNC",
        "SyncStates": {
            zone: {"Attachment": {"SubnetId": subnet, "EndpointId": endpoint, "Status": "READY"}}
            for zone, (subnet, endpoint) in world.firewalls.firewalls[firewall.arn].endpoints.items()
        },
    }
