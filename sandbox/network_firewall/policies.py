"""Firewall policies, kept as they were given: of what they say, only the stream exception policy has an effect here."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sandbox.model import ApiRequest, Caller
from sandbox.network_firewall.firewalls import moto_of
from sandbox.network_firewall.refusals import invalid, not_found

if TYPE_CHECKING:
    from sandbox.world import World


@dataclass(slots=True, kw_only=True)
class Policy:
    """A firewall policy as it was given."""

    arn: str
    id: str
    name: str
    content: Mapping[str, Any]
    description: str | None
    update_token: str = field(default_factory=lambda: str(uuid.uuid4()))


def create_firewall_policy(world: World, request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
    """https://docs.aws.amazon.com/network-firewall/latest/APIReference/API_CreateFirewallPolicy.html"""
    name = request.parameters["FirewallPolicyName"]
    arn = f"arn:aws:network-firewall:{request.region}:{caller.account}:firewall-policy/{name}"
    if arn in world.firewalls.policies:
        raise invalid(f"A firewall policy with the name {name} already exists.")
    made = Policy(
        arn=arn,
        id=str(uuid.uuid4()),
        name=name,
        content=dict(request.parameters["FirewallPolicy"]),
        description=request.parameters.get("Description"),
    )
    if not request.parameters.get("DryRun"):
        world.firewalls.policies[arn] = made
    return {"UpdateToken": made.update_token, "FirewallPolicyResponse": _policy_shown(made, 0)}


def describe_firewall_policy(world: World, request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
    """https://docs.aws.amazon.com/network-firewall/latest/APIReference/API_DescribeFirewallPolicy.html"""
    given = request.parameters
    prefix = f"arn:aws:network-firewall:{request.region}:{caller.account}:firewall-policy/"
    found = world.firewalls.policies.get(
        given.get("FirewallPolicyArn") or prefix + str(given.get("FirewallPolicyName"))
    )
    if found is None or not found.arn.startswith(prefix):
        raise not_found("The firewall policy does not exist.")
    users = sum(one.firewall_policy_arn == found.arn for one in moto_of(request, caller).firewalls.values())
    return {
        "UpdateToken": found.update_token,
        "FirewallPolicyResponse": _policy_shown(found, users),
        "FirewallPolicy": found.content,
    }


HANDLERS = {
    ("network-firewall", "CreateFirewallPolicy"): create_firewall_policy,
    ("network-firewall", "DescribeFirewallPolicy"): describe_firewall_policy,
}


def _policy_shown(policy: Policy, users: int) -> dict[str, Any]:
    return {
        "FirewallPolicyName": policy.name,
        "FirewallPolicyArn": policy.arn,
        "FirewallPolicyId": policy.id,
        "FirewallPolicyStatus": "ACTIVE",
        "NumberOfAssociations": users,
        **({"Description": policy.description} if policy.description else {}),
    }
