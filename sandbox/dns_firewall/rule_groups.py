"""DNS Firewall's rule groups and their rules.
https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/resolver-dns-firewall-rule-groups.html"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sandbox.dns_firewall.store import (
    MOST,
    TAKES,
    Thing,
    changeable,
    check_name,
    conflict,
    here,
    invalid,
    made_before,
    named,
    new,
    time_text,
)
from sandbox.errors import ApiError
from sandbox.list_pages import page
from sandbox.model import ApiRequest, Caller

if TYPE_CHECKING:
    from sandbox.world import World

_MOST_RULES = 100
_OVERRIDE = ("BlockOverrideDomain", "BlockOverrideDnsType", "BlockOverrideTtl")
_CHANGEABLE = ("Priority", "Action", "BlockResponse", *_OVERRIDE, "Name", "FirewallDomainRedirectionAction")


def create(world: World, request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
    """https://docs.aws.amazon.com/Route53/latest/APIReference/API_route53resolver_CreateFirewallRuleGroup.html"""
    check_name(request)
    groups = here(world, request, caller).groups
    made = made_before(groups, request) or new(world, request, caller, "firewall-rule-group", "rslvr-frg")
    made.shown |= {"OwnerId": caller.account, "ShareStatus": "NOT_SHARED"}
    groups[made.id] = made
    return _one(world, made)


def get(world: World, request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
    """https://docs.aws.amazon.com/Route53/latest/APIReference/API_route53resolver_GetFirewallRuleGroup.html"""
    return _one(world, _asked(world, request, caller))


def list_all(world: World, request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
    """https://docs.aws.amazon.com/Route53/latest/APIReference/API_route53resolver_ListFirewallRuleGroups.html"""
    shown = [
        {name: one.shown[name] for name in ("Id", "Arn", "Name", "OwnerId", "CreatorRequestId", "ShareStatus")}
        for one in here(world, request, caller).groups.values()
    ]
    return page(request, "FirewallRuleGroups", shown, MOST, "ValidationException")


def delete(world: World, request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
    """A group that has rules or is associated with a VPC stays.
    https://docs.aws.amazon.com/Route53/latest/APIReference/API_route53resolver_DeleteFirewallRuleGroup.html"""
    found = changeable(_asked(world, request, caller))
    for association in here(world, request, caller).associations.values():
        if association.shown["FirewallRuleGroupId"] == found.id:
            raise conflict(f"The rule group '{found.id}' is associated with the VPC '{association.shown['VpcId']}'.")
    if found.parts:
        raise conflict(f"[RSLVR-02103] The rule group '{found.id}' has rules.")
    found.deleting, found.changed_at, found.takes = True, world.clock.now(), TAKES
    return _one(world, found)


def create_rule(world: World, request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
    """https://docs.aws.amazon.com/Route53/latest/APIReference/API_route53resolver_CreateFirewallRule.html"""
    check_name(request)
    given, group = request.parameters, changeable(_asked(world, request, caller))
    for rule in group.parts:
        if rule["CreatorRequestId"] == given["CreatorRequestId"]:
            return {"FirewallRule": rule}
    if not given.get("FirewallDomainListId"):
        raise invalid("FirewallDomainListId must be given: the sandbox has no DNS Firewall Advanced.")
    named(here(world, request, caller).lists, given["FirewallDomainListId"])
    if any(_key(rule) == _key(given) for rule in group.parts):
        raise invalid("The rule group has a rule with this domain list and query type.")
    if len(group.parts) >= _MOST_RULES:
        raise ApiError("LimitExceededException", f"A rule group has {_MOST_RULES} rules at most.")
    now = time_text(world.clock.now())
    kept = ("FirewallRuleGroupId", "FirewallDomainListId", "CreatorRequestId", "Qtype", *_CHANGEABLE)
    rule = {name: given[name] for name in kept if given.get(name) is not None}
    rule |= {"CreationTime": now, "ModificationTime": now}
    _check(group, rule)
    group.parts.append(rule)
    group.changed_at = world.clock.now()
    return {"FirewallRule": rule}


def update_rule(world: World, request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
    """https://docs.aws.amazon.com/Route53/latest/APIReference/API_route53resolver_UpdateFirewallRule.html"""
    check_name(request)
    given, group = request.parameters, changeable(_asked(world, request, caller))
    rule = _rule(group, given)
    changed = {**rule, **{name: given[name] for name in _CHANGEABLE if given.get(name) is not None}}
    _check(group, changed, besides=rule)
    rule |= {**changed, "ModificationTime": time_text(world.clock.now())}
    return {"FirewallRule": rule}


def delete_rule(world: World, request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
    """https://docs.aws.amazon.com/Route53/latest/APIReference/API_route53resolver_DeleteFirewallRule.html"""
    group = changeable(_asked(world, request, caller))
    rule = _rule(group, request.parameters)
    group.parts.remove(rule)
    return {"FirewallRule": rule}


def list_rules(world: World, request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
    """https://docs.aws.amazon.com/Route53/latest/APIReference/API_route53resolver_ListFirewallRules.html"""
    given = request.parameters
    found = [
        rule
        for rule in sorted(_asked(world, request, caller).parts, key=lambda one: int(one["Priority"]))
        if given.get("Priority") in (None, rule["Priority"]) and given.get("Action") in (None, rule["Action"])
    ]
    return page(request, "FirewallRules", found, MOST, "ValidationException")


HANDLERS = {
    ("route53resolver", "CreateFirewallRuleGroup"): create,
    ("route53resolver", "GetFirewallRuleGroup"): get,
    ("route53resolver", "ListFirewallRuleGroups"): list_all,
    ("route53resolver", "DeleteFirewallRuleGroup"): delete,
    ("route53resolver", "CreateFirewallRule"): create_rule,
    ("route53resolver", "UpdateFirewallRule"): update_rule,
    ("route53resolver", "DeleteFirewallRule"): delete_rule,
    ("route53resolver", "ListFirewallRules"): list_rules,
}


def _asked(world: World, request: ApiRequest, caller: Caller) -> Thing:
    return named(here(world, request, caller).groups, request.parameters["FirewallRuleGroupId"])


def _one(world: World, found: Thing) -> dict[str, Any]:
    return {"FirewallRuleGroup": {**found.as_json(world.clock.now()), "RuleCount": len(found.parts)}}


def _key(rule: Mapping[str, Any]) -> tuple[Any, Any]:
    return rule.get("FirewallDomainListId"), rule.get("Qtype")


def _rule(group: Thing, given: Mapping[str, Any]) -> dict[str, Any]:
    """A rule has no id of its own."""
    found: dict[str, Any] | None = next((rule for rule in group.parts if _key(rule) == _key(given)), None)
    if found is None:
        raise ApiError("ResourceNotFoundException", f"The rule group '{group.id}' has no such rule.")
    return found


def _check(group: Thing, rule: Mapping[str, Any], besides: Any = None) -> None:
    if any(one["Priority"] == rule["Priority"] for one in group.parts if one is not besides):
        raise invalid(f"The rule group '{group.id}' has a rule with the priority {rule['Priority']}.")
    if rule["Action"] != "BLOCK":
        if rule.get("BlockResponse"):
            raise invalid("BlockResponse is for the action BLOCK only.")
        return
    if not rule.get("BlockResponse"):
        raise invalid("BlockResponse must be given for the action BLOCK.")
    if rule["BlockResponse"] == "OVERRIDE" and any(rule.get(name) is None for name in _OVERRIDE):
        raise invalid(f"{', '.join(_OVERRIDE)} must be given for the block response OVERRIDE.")
