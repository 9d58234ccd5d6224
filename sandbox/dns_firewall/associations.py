"""Which VPCs DNS Firewall filters, by which rule groups and in which order.
https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/resolver-dns-firewall-vpc-protections.html"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from moto.backends import get_backend

from sandbox.dns_firewall.store import (
    MOST,
    TAKES,
    Region,
    Thing,
    changeable,
    check_name,
    conflict,
    here,
    invalid,
    made_before,
    named,
    new,
)
from sandbox.errors import ApiError
from sandbox.list_pages import page
from sandbox.model import ApiRequest, Caller

if TYPE_CHECKING:
    from sandbox.world import World

_MOST_OF_VPC = 5
_RESERVED_TO, _RESERVED_FROM = 100, 9_900


def associate(world: World, request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
    """https://docs.aws.amazon.com/Route53/latest/APIReference/API_route53resolver_AssociateFirewallRuleGroup.html"""
    check_name(request)
    given, region = request.parameters, here(world, request, caller)
    again = made_before(region.associations, request)
    if again is not None:
        return _one(world, again)
    changeable(named(region.groups, given["FirewallRuleGroupId"]))
    if given["VpcId"] not in get_backend("ec2")[caller.account][request.region].vpcs:
        raise ApiError("ResourceNotFoundException", f"The VPC '{given['VpcId']}' does not exist.")
    there = [one for one in region.associations.values() if one.shown["VpcId"] == given["VpcId"]]
    if any(one.shown["FirewallRuleGroupId"] == given["FirewallRuleGroupId"] for one in there):
        raise conflict(f"The rule group is already associated with the VPC '{given['VpcId']}'.")
    if len(there) >= _MOST_OF_VPC:
        raise ApiError("LimitExceededException", f"A VPC has {_MOST_OF_VPC} rule group associations at most.")
    _check_priority(region, str(given["VpcId"]), int(given["Priority"]))
    made = new(world, request, caller, "firewall-rule-group-association", "rslvr-frgassoc")
    made.takes = TAKES
    made.shown |= {
        "FirewallRuleGroupId": given["FirewallRuleGroupId"],
        "VpcId": given["VpcId"],
        "Priority": int(given["Priority"]),
        "MutationProtection": given.get("MutationProtection") or "DISABLED",
    }
    region.associations[made.id] = made
    return _one(world, made)


def disassociate(world: World, request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
    """https://docs.aws.amazon.com/Route53/latest/APIReference/API_route53resolver_DisassociateFirewallRuleGroup.html"""
    found = changeable(_asked(world, request, caller))
    _is_not_protected(found)
    found.deleting, found.changed_at, found.takes = True, world.clock.now(), TAKES
    return _one(world, found)


def update(world: World, request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
    """What is protected can only be unprotected.
    https://docs.aws.amazon.com/Route53/latest/APIReference/API_route53resolver_UpdateFirewallRuleGroupAssociation.html"""
    check_name(request)
    given, found = request.parameters, changeable(_asked(world, request, caller))
    if given.get("MutationProtection") != "DISABLED":
        _is_not_protected(found)
    if given.get("Priority") is not None:
        _check_priority(here(world, request, caller), found.shown["VpcId"], int(given["Priority"]), besides=found)
    found.shown |= {
        name: given[name] for name in ("Priority", "MutationProtection", "Name") if given.get(name) is not None
    }
    found.changed_at, found.takes = world.clock.now(), TAKES
    return _one(world, found)


def get(world: World, request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
    """https://docs.aws.amazon.com/Route53/latest/APIReference/API_route53resolver_GetFirewallRuleGroupAssociation.html"""
    return _one(world, _asked(world, request, caller))


def list_all(world: World, request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
    """https://docs.aws.amazon.com/Route53/latest/APIReference/API_route53resolver_ListFirewallRuleGroupAssociations.html"""
    shown = [one.as_json(world.clock.now()) for one in here(world, request, caller).associations.values()]
    wanted = {
        name: value
        for name in ("FirewallRuleGroupId", "VpcId", "Priority", "Status")
        if (value := request.parameters.get(name)) is not None
    }
    found = [one for one in shown if all(one[name] == value for name, value in wanted.items())]
    return page(request, "FirewallRuleGroupAssociations", found, MOST, "ValidationException")


HANDLERS = {
    ("route53resolver", "AssociateFirewallRuleGroup"): associate,
    ("route53resolver", "DisassociateFirewallRuleGroup"): disassociate,
    ("route53resolver", "UpdateFirewallRuleGroupAssociation"): update,
    ("route53resolver", "GetFirewallRuleGroupAssociation"): get,
    ("route53resolver", "ListFirewallRuleGroupAssociations"): list_all,
}


def _asked(world: World, request: ApiRequest, caller: Caller) -> Thing:
    return named(here(world, request, caller).associations, request.parameters["FirewallRuleGroupAssociationId"])


def _one(world: World, found: Thing) -> dict[str, Any]:
    return {"FirewallRuleGroupAssociation": found.as_json(world.clock.now())}


def _is_not_protected(found: Thing) -> None:
    if found.shown["MutationProtection"] == "ENABLED":
        raise invalid(
            "[RSLVR-02307] The DNS Firewall rule group association is under mutation protection. Remove the mutation protection and "
            "try again."
        )


def _check_priority(region: Region, vpc_id: str, priority: int, besides: Thing | None = None) -> None:
    if not _RESERVED_TO < priority < _RESERVED_FROM:
        raise invalid(
            "[RSLVR-02017] The priority value you provided is reserved. Provide a number between '100' and '9900'."
        )
    for one in region.associations.values():
        if one is not besides and one.shown["VpcId"] == vpc_id and one.shown["Priority"] == priority:
            raise conflict(f"The VPC '{vpc_id}' has a rule group association with the priority {priority}.")
