# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Makes the DNS Firewall rules of a region that block every query, as far as they are missing, and removes them when no VPC uses them."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from typing import TypeAlias

from ansible_collections.cordon.aws.plugins.module_utils.cloud import Cloud
from ansible_collections.cordon.aws.plugins.module_utils.ec2.dns_block import (
    ASSOCIATIONS,
    COMPLETE,
    EVERYTHING,
    GROUP_NAME,
    WISHED,
    asked,
    domains_of,
    rules_of,
)
from ansible_collections.cordon.aws.plugins.module_utils.errors import AwsError, DriftError
from ansible_collections.cordon.aws.plugins.module_utils.plan import Json

WAIT_S = 120.0
"""AWS says "within seconds", and names no limit:
https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/resolver-dns-firewall-user-managed-domain-lists.html"""
WAIT_STEP_S = 0.5
NOT_COMPLETE = "NotComplete"
"""Our word for what AWS has not finished in that time."""
Place: TypeAlias = "tuple[str, str]"
"""An account and a region."""


def make_rules(cloud: Cloud, place: Place) -> str:
    """The id of a rule group that blocks everything. Raises DriftError where ours has other rules."""
    group_id = _own(cloud, place, "ListFirewallRuleGroups", "FirewallRuleGroups")
    rules = [] if group_id is None else rules_of(cloud, place, group_id)
    if rules == WISHED and group_id is not None:
        return group_id
    if rules:
        raise DriftError(
            f"use the DNS Firewall rule group {GROUP_NAME} ({group_id}) in {place[1]}",
            f"its rules are not Cordon's: {'; '.join(rules)}",
            "Somebody has changed it. Take its associations away and delete it, and repeat the run, which makes it anew.",
        )
    if group_id is None:
        group_id = str(make(cloud, place, "CreateFirewallRuleGroup")["FirewallRuleGroup"]["Id"])
    make(
        cloud,
        place,
        "CreateFirewallRule",
        FirewallRuleGroupId=group_id,
        FirewallDomainListId=_domain_list(cloud, place),
        Priority=1,
        Action="BLOCK",
        BlockResponse="NODATA",
    )
    return group_id


def _domain_list(cloud: Cloud, place: Place) -> str:
    list_id = _own(cloud, place, "ListFirewallDomainLists", "FirewallDomainLists")
    if list_id is None:
        list_id = str(make(cloud, place, "CreateFirewallDomainList")["FirewallDomainList"]["Id"])
    if domains_of(cloud, place, list_id) != [EVERYTHING]:
        domains = {"FirewallDomainListId": list_id, "Operation": "REPLACE", "Domains": [EVERYTHING]}
        cloud.answer(asked(place, "UpdateFirewallDomains", **domains))
    look = asked(place, "GetFirewallDomainList", FirewallDomainListId=list_id)
    awaited(lambda: is_complete(cloud.read(look)["FirewallDomainList"]), f"fill the domain list {GROUP_NAME}")
    return list_id


def remove_unused(cloud: Cloud, place: Place) -> None:
    """The rules, their group and the domain list, unless a VPC is associated with the group."""
    group_id = _own(cloud, place, "ListFirewallRuleGroups", "FirewallRuleGroups")
    if group_id is not None:
        group = {"FirewallRuleGroupId": group_id}
        if cloud.pages(asked(place, "ListFirewallRuleGroupAssociations", **group), ASSOCIATIONS):
            return
        for rule in cloud.pages(asked(place, "ListFirewallRules", **group), "FirewallRules"):
            named = {name: rule[name] for name in ("FirewallDomainListId", "Qtype") if name in rule}
            cloud.answer(asked(place, "DeleteFirewallRule", **group, **named))
        cloud.answer(asked(place, "DeleteFirewallRuleGroup", **group))
    list_id = _own(cloud, place, "ListFirewallDomainLists", "FirewallDomainLists")
    if list_id is not None:
        cloud.answer(asked(place, "DeleteFirewallDomainList", FirewallDomainListId=list_id))


def _own(cloud: Cloud, place: Place, operation: str, key: str) -> str | None:
    """The id of ours among what is listed; other accounts may share groups of that name with this one."""
    return next(
        (
            str(one["Id"])
            for one in cloud.pages(asked(place, operation), key)
            if one["Name"] == GROUP_NAME and one.get("OwnerId", place[0]) == place[0]
        ),
        None,
    )


def make(cloud: Cloud, place: Place, operation: str, **parameters: Json) -> dict[str, Json]:
    """Each request is a new one: what is there was looked for before."""
    return cloud.answer(asked(place, operation, Name=GROUP_NAME, CreatorRequestId=str(uuid.uuid4()), **parameters))


def is_complete(thing: Json | None) -> bool:
    return thing is not None and thing["Status"] == COMPLETE


def awaited(holds: Callable[[], bool], tried: str) -> None:
    """Wait until it holds. Raises AwsError where it takes too long; it may still come."""
    deadline = time.monotonic() + WAIT_S
    while not holds():
        if time.monotonic() > deadline:
            why = f"AWS has not finished it after {WAIT_S:.0f} seconds"
            remedy = "Repeat the run: it goes on where this one stopped."
            raise AwsError(tried, why, remedy, code=NOT_COMPLETE, may_have_happened=True)
        time.sleep(WAIT_STEP_S)
