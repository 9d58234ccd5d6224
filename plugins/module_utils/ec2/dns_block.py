# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The DNS Firewall rule group that answers no query of a VPC: what it is made of, for whom it is there, and what is seen of it.
https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/resolver-dns-firewall-overview.html

It is found by the name of its association with a VPC; whether it still blocks is looked up in its rules and their domains. An instance that
a VPC is blocked for bears a tag that says so: the VPC is given back with the last of them, whatever case they are in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from ansible_collections.cordon.aws.plugins.module_utils.plan import MERGED, Call, Json

GROUP_NAME = "CordonDenyAll"
"""Of the domain list, the rule group, its rule, and its associations."""
SET_BLOCK = "ModifyVpcDnsBlock"
"""The merged call: {"VpcId", "InstanceId", "Blocked": whether the VPC is blocked for this instance}."""
MARK = "cordon:dns-block/"
"""How the key of the tag begins that an instance bears for each VPC that is blocked for it; the VPC's id follows."""
EVERYTHING = "*"
"""A domain may start with an asterisk; nothing but the asterisk is every domain.
https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/resolver-dns-firewall-user-managed-domain-lists.html"""
WISHED = [f"BLOCK NODATA {EVERYTHING}"]
FIRST_PRIORITY, LAST_PRIORITY = 101, 9899
"""https://docs.aws.amazon.com/Route53/latest/APIReference/API_route53resolver_AssociateFirewallRuleGroup.html"""
COMPLETE, DELETING = "COMPLETE", "DELETING"
ABSENT = "ABSENT"
"""Our word for the state of an association that is not there."""
ASSOCIATIONS = "FirewallRuleGroupAssociations"


class Lister(Protocol):
    """Reads, or Cloud."""

    def pages(self, call: Call, key: str) -> list[Json]: ...


def asked(place: tuple[str, str], operation: str, **parameters: Json) -> Call:
    """A call to Route 53 Resolver in an (account, region)."""
    account, region = place
    return Call(account=account, region=region, service="route53resolver", operation=operation, parameters=parameters)


def set_block(place: tuple[str, str], vpc: str, instance_id: str, *, blocked: bool) -> Call:
    account, region = place
    parameters = {"VpcId": vpc, "InstanceId": instance_id, "Blocked": blocked}
    return Call(account=account, region=region, service=MERGED, operation=SET_BLOCK, parameters=parameters)


def marked_for(instance: Mapping[str, Json]) -> set[str]:
    """The VPCs that are blocked for an instance, as DescribeInstances tells it, by its tags."""
    return {tag["Key"].removeprefix(MARK) for tag in instance.get("Tags", ()) if tag["Key"].startswith(MARK)}


def associations(lister: Lister, place: tuple[str, str]) -> list[Json]:
    """Of all VPCs of a region, in one listing; those that are going already are gone."""
    found = lister.pages(asked(place, "ListFirewallRuleGroupAssociations"), ASSOCIATIONS)
    return [one for one in found if one["Status"] != DELETING]


def of_vpc(found: Iterable[Json], vpc: str) -> Json | None:
    """Our association with a VPC."""
    return next((one for one in found if one["VpcId"] == vpc and one.get("Name") == GROUP_NAME), None)


def rules_of(lister: Lister, place: tuple[str, str], group_id: str) -> list[str]:
    """The rules of a group, one line each: action, answer, domains, and the type of query where it is for one only."""
    rules = lister.pages(asked(place, "ListFirewallRules", FirewallRuleGroupId=group_id), "FirewallRules")
    return [_rule(lister, place, rule) for rule in sorted(rules, key=lambda one: int(one["Priority"]))]


def _rule(lister: Lister, place: tuple[str, str], rule: Json) -> str:
    list_id = rule.get("FirewallDomainListId")
    domains = domains_of(lister, place, list_id) if list_id else ["?"]
    parts = (rule["Action"], rule.get("BlockResponse", ""), ",".join(domains), rule.get("Qtype", ""))
    return " ".join(part for part in parts if part)


def domains_of(lister: Lister, place: tuple[str, str], list_id: str) -> Sequence[str]:
    call = asked(place, "ListFirewallDomains", FirewallDomainListId=list_id)
    return sorted(str(domain) for domain in lister.pages(call, "Domains"))


def free_priority(found: Iterable[Json], vpc: str) -> int | None:
    """The first that no other rule group of the VPC has: the lower, the earlier it is asked."""
    taken = {one["Priority"] for one in found if one["VpcId"] == vpc}
    return next((number for number in range(FIRST_PRIORITY, LAST_PRIORITY + 1) if number not in taken), None)


def earlier(found: Iterable[Json], vpc: str, priority: int | None) -> list[str]:
    """The rule groups of a VPC that are asked before one of this priority: what they allow is answered.
    https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/resolver-dns-firewall-rule-settings.html"""
    return sorted(
        str(one["FirewallRuleGroupId"])
        for one in found
        if one["VpcId"] == vpc and (priority is None or one["Priority"] < priority)
    )
