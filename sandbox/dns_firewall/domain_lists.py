"""DNS Firewall's domain lists.
https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/resolver-dns-firewall-domain-lists.html"""

from __future__ import annotations

import re
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
)
from sandbox.errors import ApiError
from sandbox.list_pages import page
from sandbox.model import ApiRequest, Caller

if TYPE_CHECKING:
    from sandbox.world import World

_MOST_IN_REQUEST = 1_000
_MOST_DOMAINS = 5_000
_DOMAIN = re.compile(r"\*|(?:\*\.?)?[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.?", re.ASCII)


def create(world: World, request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
    """https://docs.aws.amazon.com/Route53/latest/APIReference/API_route53resolver_CreateFirewallDomainList.html"""
    check_name(request)
    lists = here(world, request, caller).lists
    made = made_before(lists, request) or new(world, request, caller, "firewall-domain-list", "rslvr-fdl")
    lists[made.id] = made
    return _one(world, made)


def get(world: World, request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
    """https://docs.aws.amazon.com/Route53/latest/APIReference/API_route53resolver_GetFirewallDomainList.html"""
    return _one(world, _asked(world, request, caller))


def list_all(world: World, request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
    """https://docs.aws.amazon.com/Route53/latest/APIReference/API_route53resolver_ListFirewallDomainLists.html"""
    shown = [
        {name: one.shown[name] for name in ("Id", "Arn", "Name", "CreatorRequestId")}
        for one in here(world, request, caller).lists.values()
    ]
    return page(request, "FirewallDomainLists", shown, MOST, "ValidationException")


def delete(world: World, request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
    """A list that a rule uses stays.
    https://docs.aws.amazon.com/Route53/latest/APIReference/API_route53resolver_DeleteFirewallDomainList.html"""
    found = changeable(_asked(world, request, caller))
    for group in here(world, request, caller).groups.values():
        if any(rule.get("FirewallDomainListId") == found.id for rule in group.parts):
            raise conflict(f"The domain list '{found.id}' is used by a rule of the rule group '{group.id}'.")
    found.deleting, found.changed_at, found.takes = True, world.clock.now(), TAKES
    return _one(world, found)


def update_domains(world: World, request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
    """https://docs.aws.amazon.com/Route53/latest/APIReference/API_route53resolver_UpdateFirewallDomains.html"""
    found, operation = changeable(_asked(world, request, caller)), request.parameters["Operation"]
    given = [str(domain) for domain in request.parameters["Domains"]]
    if len(given) > _MOST_IN_REQUEST:
        raise ApiError("LimitExceededException", f"A request may name {_MOST_IN_REQUEST} domains at most.")
    wanted = list(dict.fromkeys(_absolute(domain) for domain in given))
    if operation == "REPLACE":
        found.parts = wanted
    elif operation == "ADD":
        found.parts = list(dict.fromkeys([*found.parts, *wanted]))
    elif operation == "REMOVE":
        _are_there(found, wanted)
        found.parts = [domain for domain in found.parts if domain not in wanted]
    else:
        raise invalid(f"The operation '{operation}' is not for a domain list of your own.")
    found.changed_at, found.takes = world.clock.now(), TAKES
    return {"Id": found.id, "Name": found.shown["Name"], "Status": found.status(found.changed_at)}


def list_domains(world: World, request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
    """https://docs.aws.amazon.com/Route53/latest/APIReference/API_route53resolver_ListFirewallDomains.html"""
    return page(request, "Domains", _asked(world, request, caller).parts, _MOST_DOMAINS, "ValidationException")


HANDLERS = {
    ("route53resolver", "CreateFirewallDomainList"): create,
    ("route53resolver", "GetFirewallDomainList"): get,
    ("route53resolver", "ListFirewallDomainLists"): list_all,
    ("route53resolver", "DeleteFirewallDomainList"): delete,
    ("route53resolver", "UpdateFirewallDomains"): update_domains,
    ("route53resolver", "ListFirewallDomains"): list_domains,
}


def _asked(world: World, request: ApiRequest, caller: Caller) -> Thing:
    return named(here(world, request, caller).lists, request.parameters["FirewallDomainListId"])


def _one(world: World, found: Thing) -> dict[str, Any]:
    return {"FirewallDomainList": {**found.as_json(world.clock.now()), "DomainCount": len(found.parts)}}


def _absolute(domain: str) -> str:
    """Domains are shown with their final dot: https://docs.aws.amazon.com/cli/latest/reference/route53resolver/list-firewall-domains.html"""
    if not 1 <= len(domain) <= 255 or not _DOMAIN.fullmatch(domain):
        raise invalid(f"The domain '{domain}' is not valid.")
    return domain if domain == "*" else f"{domain.lower().removesuffix('.')}."


def _are_there(found: Thing, domains: list[str]) -> None:
    for domain in domains:
        if domain not in found.parts:
            raise invalid(
                f"[RSLVR-02502] The following domains don't exist in the DNS Firewall domain list '{found.id}'. You can't delete a "
                f"domain that isn't in a domain list. Example unknown domain: '{domain}'."
            )
