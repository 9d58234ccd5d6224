"""DNS Firewall refuses what AWS documents that it refuses, and its changes take their time."""

from __future__ import annotations

from typing import Any

import pytest
from sandbox_network_operations import ask, association, domain_list, rule, rule_group, vpc, wish_for_rule

from sandbox.errors import ApiError
from sandbox.world import World


def _code(world: World, operation: str, **parameters: Any) -> str:
    with pytest.raises(ApiError) as refused:
        ask(world, operation, **parameters)
    return refused.value.code


def _associate(world: World, vpc_id: str, token: str, priority: int, **more: Any) -> dict[str, Any]:
    given = {
        **rule_group(world, token),
        "CreatorRequestId": token,
        "Name": token,
        "VpcId": vpc_id,
        "Priority": priority,
    }
    found: dict[str, Any] = ask(world, "AssociateFirewallRuleGroup", **given, **more)["FirewallRuleGroupAssociation"]
    return found


def test_an_association_is_updating_before_it_is_complete(world: World) -> None:
    vpc_id, _subnets = vpc()
    made = _associate(world, vpc_id, "one", 101)
    assert (made["Status"], made["MutationProtection"]) == ("UPDATING", "DISABLED")
    world.clock.advance(60)
    shown = ask(world, "ListFirewallRuleGroupAssociations", VpcId=vpc_id)["FirewallRuleGroupAssociations"]
    assert [(one["Id"], one["Status"]) for one in shown] == [(made["Id"], "COMPLETE")]


@pytest.mark.parametrize("priority", [0, 100, 9_900, 10_000])
def test_reserved_priorities_are_refused(world: World, priority: int) -> None:
    given = {"CreatorRequestId": "a", "Name": "a", "VpcId": vpc()[0], **rule_group(world)}
    assert _code(world, "AssociateFirewallRuleGroup", **given, Priority=priority) == "ValidationException"


def test_priorities_are_unique_in_a_vpc_and_only_there(world: World) -> None:
    first, second = vpc(0)[0], vpc(1)[0]
    _associate(world, first, "one", 101)
    _associate(world, second, "two", 101)
    given = {"CreatorRequestId": "c", "Name": "c", "VpcId": first, **rule_group(world, "three")}
    assert _code(world, "AssociateFirewallRuleGroup", **given, Priority=101) == "ConflictException"
    other = ask(world, "AssociateFirewallRuleGroup", **given, Priority=102)["FirewallRuleGroupAssociation"]
    moved = {"FirewallRuleGroupAssociationId": other["Id"], "Priority": 101}
    assert _code(world, "UpdateFirewallRuleGroupAssociation", **moved) == "ConflictException"
    ask(world, "UpdateFirewallRuleGroupAssociation", **moved | {"Priority": 102})  # its own


def test_a_vpc_has_five_associations_at_most(world: World) -> None:
    vpc_id, _subnets = vpc()
    for number in range(5):
        _associate(world, vpc_id, f"token-{number}", 101 + number)
    given = {"CreatorRequestId": "6", "Name": "six", "VpcId": vpc_id, **rule_group(world, "six"), "Priority": 200}
    assert _code(world, "AssociateFirewallRuleGroup", **given) == "LimitExceededException"


def test_a_protected_association_can_only_be_unprotected(world: World) -> None:
    named = association(world)
    ask(world, "UpdateFirewallRuleGroupAssociation", **named, MutationProtection="ENABLED")
    assert _code(world, "DisassociateFirewallRuleGroup", **named) == "ValidationException"
    assert _code(world, "UpdateFirewallRuleGroupAssociation", **named, Priority=300) == "ValidationException"
    ask(world, "UpdateFirewallRuleGroupAssociation", **named, MutationProtection="DISABLED")
    gone = ask(world, "DisassociateFirewallRuleGroup", **named)["FirewallRuleGroupAssociation"]
    assert gone["Status"] == "DELETING"
    assert _code(world, "DisassociateFirewallRuleGroup", **named) == "ConflictException"
    world.clock.advance(60)
    assert _code(world, "GetFirewallRuleGroupAssociation", **named) == "ResourceNotFoundException"


def test_what_is_in_use_cannot_be_deleted(world: World) -> None:
    named = rule(world)
    group, domains = ({name: named[name]} for name in ("FirewallRuleGroupId", "FirewallDomainListId"))
    assert _code(world, "DeleteFirewallDomainList", **domains) == "ConflictException"
    assert _code(world, "DeleteFirewallRuleGroup", **group) == "ConflictException"
    ask(world, "DeleteFirewallRule", **named)
    assert ask(world, "DeleteFirewallDomainList", **domains)["FirewallDomainList"]["Status"] == "DELETING"
    associated = {"CreatorRequestId": "a", "Name": "a", "VpcId": vpc()[0], "Priority": 101, **group}
    ask(world, "AssociateFirewallRuleGroup", **associated)
    assert _code(world, "DeleteFirewallRuleGroup", **group) == "ConflictException"


def test_a_repeated_request_is_carried_out_once(world: World) -> None:
    first, second = (rule_group(world, "same") for _time in range(2))
    assert first == second
    assert len(ask(world, "ListFirewallRuleGroups")["FirewallRuleGroups"]) == 1


def test_domains_are_added_removed_and_replaced(world: World) -> None:
    named = domain_list(world)
    assert ask(world, "ListFirewallDomains", **named)["Domains"] == ["bad.example.", "*.bad.example."]
    ask(world, "UpdateFirewallDomains", **named, Operation="REMOVE", Domains=["BAD.example."])
    assert ask(world, "ListFirewallDomains", **named)["Domains"] == ["*.bad.example."]
    assert _code(world, "UpdateFirewallDomains", **named, Operation="REMOVE", Domains=["x.y"]) == "ValidationException"
    ask(world, "UpdateFirewallDomains", **named, Operation="REPLACE", Domains=["*"])
    shown = ask(world, "GetFirewallDomainList", **named)["FirewallDomainList"]
    assert (shown["DomainCount"], shown["Status"]) == (1, "UPDATING")


@pytest.mark.parametrize("domain", ["", "a_b.example", "a..b", "x*.example", "a" * 256, "ex ample"])
def test_what_is_no_domain_is_refused(world: World, domain: str) -> None:
    named = domain_list(world)
    given = {**named, "Operation": "ADD", "Domains": [domain]}
    assert _code(world, "UpdateFirewallDomains", **given) == "ValidationException"


def test_a_request_names_a_thousand_domains_at_most(world: World) -> None:
    domains = [f"d{number}.example" for number in range(1_001)]
    given = {**domain_list(world), "Operation": "ADD", "Domains": domains}
    assert _code(world, "UpdateFirewallDomains", **given) == "LimitExceededException"


@pytest.mark.parametrize(
    "changes",
    [
        {"BlockResponse": None},
        {"BlockResponse": "OVERRIDE"},
        {"Action": "ALLOW"},
        {"Name": "123"},
        {"FirewallDomainListId": None},
    ],
)
def test_a_rule_must_be_whole(world: World, changes: dict[str, Any]) -> None:
    assert _code(world, "CreateFirewallRule", **{**wish_for_rule(world), **changes}) == "ValidationException"


def test_priorities_are_unique_in_a_rule_group(world: World) -> None:
    given = {**wish_for_rule(world)}
    ask(world, "CreateFirewallRule", **given)
    other = given | {"CreatorRequestId": "2", "FirewallDomainListId": domain_list(world, "2nd")["FirewallDomainListId"]}
    assert _code(world, "CreateFirewallRule", **other) == "ValidationException"
    ask(world, "CreateFirewallRule", **other | {"Priority": 0})
    named = {name: given[name] for name in ("FirewallRuleGroupId", "FirewallDomainListId")}
    ask(world, "UpdateFirewallRule", **named, Priority=1)  # its own
    assert _code(world, "UpdateFirewallRule", **named, Priority=0) == "ValidationException"
    shown = ask(world, "ListFirewallRules", FirewallRuleGroupId=given["FirewallRuleGroupId"])["FirewallRules"]
    assert [one["Priority"] for one in shown] == [0, 1]


def test_lists_come_in_pages(world: World) -> None:
    for number in range(3):
        rule_group(world, f"token-{number}")
    first = ask(world, "ListFirewallRuleGroups", MaxResults=2)
    second = ask(world, "ListFirewallRuleGroups", MaxResults=2, NextToken=first["NextToken"])
    names = [one["Name"] for answer in (first, second) for one in answer["FirewallRuleGroups"]]
    assert names == ["token-0", "token-1", "token-2"]
    assert "NextToken" not in second
    assert _code(world, "ListFirewallRuleGroups", MaxResults=101) == "ValidationException"
    assert _code(world, "ListFirewallRuleGroups", NextToken="?") == "ValidationException"
