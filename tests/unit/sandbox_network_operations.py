"""A request for each of the operations of firewalls that the sandbox adds, with something to answer about."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from moto.backends import get_backend
from sandbox_calls import ACCOUNT, call, user

from sandbox.dns_firewall import associations, domain_lists, rule_groups
from sandbox.network_firewall import firewalls, flow_operations, policies
from sandbox.world import World

REGION = "eu-west-1"
HANDLERS = {
    **firewalls.HANDLERS,
    **policies.HANDLERS,
    **flow_operations.HANDLERS,
    **domain_lists.HANDLERS,
    **rule_groups.HANDLERS,
    **associations.HANDLERS,
}
Parameters = dict[str, Any]
POLICY = {"StatelessDefaultActions": ["aws:forward_to_sfe"], "StatelessFragmentDefaultActions": ["aws:drop"]}


def ask(world: World, operation: str, service: str = "route53resolver", **parameters: Any) -> dict[str, Any]:
    """The answer of the sandbox's own handler."""
    return dict(HANDLERS[service, operation](world, call(service, operation, parameters), user()))


def vpc(number: int = 0) -> tuple[str, list[str]]:
    """A new VPC and its subnets in two Availability Zones."""
    ec2 = get_backend("ec2")[ACCOUNT][REGION]
    made = ec2.create_vpc(f"10.{number}.0.0/16")
    zones = (f"{REGION}a", f"{REGION}b")
    return made.id, [
        ec2.create_subnet(made.id, f"10.{number}.{index}.0/24", availability_zone=zone).id
        for index, zone in enumerate(zones)
    ]


def policy(world: World, name: str = "inspect", **options: Any) -> str:
    content = POLICY | ({"StatefulEngineOptions": options} if options else {})
    made = ask(world, "CreateFirewallPolicy", "network-firewall", FirewallPolicyName=name, FirewallPolicy=content)
    return str(made["FirewallPolicyResponse"]["FirewallPolicyArn"])


def wish_for_firewall(world: World) -> Parameters:
    vpc_id, subnets = vpc()
    mappings = [{"SubnetId": subnet} for subnet in subnets]
    return {
        "FirewallName": "edge",
        "FirewallPolicyArn": policy(world),
        "VpcId": vpc_id,
        "SubnetMappings": mappings,
        "Description": "the edge",
        "Tags": [{"Key": "a", "Value": "b"}],
        "DeleteProtection": False,
    }


def firewall(world: World) -> Parameters:
    made = ask(world, "CreateFirewall", "network-firewall", **wish_for_firewall(world))
    return {"FirewallArn": made["Firewall"]["FirewallArn"]}


def flush(world: World) -> Parameters:
    filters = [{"SourceAddress": {"AddressDefinition": "10.0.0.0/16"}, "DestinationPort": "ANY", "Protocols": ["6"]}]
    return {**firewall(world), "AvailabilityZone": f"{REGION}a", "FlowFilters": filters, "MinimumFlowAgeInSeconds": 1}


def _flushed(world: World) -> Parameters:
    made = ask(world, "StartFlowFlush", "network-firewall", **flush(world))
    world.clock.advance(timedelta(minutes=1).total_seconds())
    return {"FirewallArn": made["FirewallArn"], "FlowOperationId": made["FlowOperationId"]}


def _operations(world: World) -> Parameters:
    return {"FirewallArn": _flushed(world)["FirewallArn"], "FlowOperationType": "FLOW_FLUSH"}


def _policy(world: World) -> Parameters:
    return {"FirewallPolicyArn": policy(world, StreamExceptionPolicy="REJECT")}


def domain_list(world: World, token: str = "list") -> Parameters:
    made = ask(world, "CreateFirewallDomainList", CreatorRequestId=token, Name=token)
    found = {"FirewallDomainListId": made["FirewallDomainList"]["Id"]}
    ask(world, "UpdateFirewallDomains", **found, Operation="ADD", Domains=["bad.example", "*.bad.example"])
    return found


def rule_group(world: World, token: str = "group") -> Parameters:
    made = ask(world, "CreateFirewallRuleGroup", CreatorRequestId=token, Name=token)
    return {"FirewallRuleGroupId": made["FirewallRuleGroup"]["Id"]}


def wish_for_rule(world: World) -> Parameters:
    return {
        **rule_group(world),
        **domain_list(world),
        "CreatorRequestId": "rule",
        "Name": "rule",
        "Priority": 1,
        "Action": "BLOCK",
        "BlockResponse": "NXDOMAIN",
    }


def rule(world: World) -> Parameters:
    made = ask(world, "CreateFirewallRule", **wish_for_rule(world))["FirewallRule"]
    return {name: made[name] for name in ("FirewallRuleGroupId", "FirewallDomainListId")}


def wish_for_association(world: World, number: int = 0) -> Parameters:
    return {
        **rule_group(world),
        "CreatorRequestId": f"association-{number}",
        "Name": "association",
        "VpcId": vpc(number)[0],
        "Priority": 101,
    }


def association(world: World) -> Parameters:
    made = ask(world, "AssociateFirewallRuleGroup", **wish_for_association(world))
    return {"FirewallRuleGroupAssociationId": made["FirewallRuleGroupAssociation"]["Id"]}


def _nothing_named(make: Callable[[World], Parameters]) -> Callable[[World], Parameters]:
    def made(world: World) -> Parameters:
        make(world)
        return {"MaxResults": 1}

    return made


_NETWORK: dict[str, Callable[[World], Parameters]] = {
    "CreateFirewall": wish_for_firewall,
    "DescribeFirewall": firewall,
    "DescribeFirewallMetadata": firewall,
    "ListFirewalls": _nothing_named(firewall),
    "DeleteFirewall": firewall,
    "CreateFirewallPolicy": lambda _world: {"FirewallPolicyName": "one", "FirewallPolicy": POLICY},
    "DescribeFirewallPolicy": _policy,
    "StartFlowFlush": flush,
    "StartFlowCapture": flush,
    "DescribeFlowOperation": _flushed,
    "ListFlowOperations": _operations,
    "ListFlowOperationResults": _flushed,
}
_DNS: dict[str, Callable[[World], Parameters]] = {
    "CreateFirewallDomainList": lambda _world: {"CreatorRequestId": "a", "Name": "a"},
    "GetFirewallDomainList": domain_list,
    "ListFirewallDomainLists": _nothing_named(domain_list),
    "DeleteFirewallDomainList": domain_list,
    "UpdateFirewallDomains": lambda world: {**domain_list(world), "Operation": "REPLACE", "Domains": ["*"]},
    "ListFirewallDomains": domain_list,
    "CreateFirewallRuleGroup": lambda _world: {"CreatorRequestId": "a", "Name": "a"},
    "GetFirewallRuleGroup": rule_group,
    "ListFirewallRuleGroups": _nothing_named(rule_group),
    "DeleteFirewallRuleGroup": rule_group,
    "CreateFirewallRule": wish_for_rule,
    "UpdateFirewallRule": lambda world: {**rule(world), "Priority": 5},
    "DeleteFirewallRule": rule,
    "ListFirewallRules": lambda world: {"FirewallRuleGroupId": rule(world)["FirewallRuleGroupId"]},
    "AssociateFirewallRuleGroup": wish_for_association,
    "DisassociateFirewallRuleGroup": association,
    "UpdateFirewallRuleGroupAssociation": lambda world: {**association(world), "MutationProtection": "ENABLED"},
    "GetFirewallRuleGroupAssociation": association,
    "ListFirewallRuleGroupAssociations": _nothing_named(association),
}
CASES = {
    **{("network-firewall", name): case for name, case in _NETWORK.items()},
    **{("route53resolver", name): case for name, case in _DNS.items()},
}
