# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Logging of DNS queries by Route 53 Resolver: configurations, and which networks they log. A configuration that is made again gets another
id, so one that was deleted goes by name and destination, which the answer to that call holds; the networks that it logged have to be
associated with the new one by hand. One that an attacker made is kept: it copies queries, and stops when its networks are taken from it.
https://docs.aws.amazon.com/Route53/latest/APIReference/API_route53resolver_DeleteResolverQueryLogConfig.html"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from ansible_collections.cordon.aws.plugins.module_utils.plan import Json
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads
from ansible_collections.cordon.aws.plugins.module_utils.restore.entry import Entry
from ansible_collections.cordon.aws.plugins.module_utils.restore.facet import (
    Change,
    Facet,
    IrreversibleError,
    Kind,
    Move,
)
from ansible_collections.cordon.aws.plugins.module_utils.restore.services.setting import Names, call_of
from ansible_collections.cordon.aws.plugins.module_utils.trail.event import Event

THERE: Final = "there"
_ID = re.compile(r"rqlc-[0-9a-f]{8,32}", re.ASCII)
_NETWORK = re.compile(r"vpc-[0-9a-f]{8,17}", re.ASCII)
# https://docs.aws.amazon.com/Route53/latest/APIReference/API_route53resolver_CreateResolverQueryLogConfig.html
_NAME = re.compile(r"(?!\d+$)[a-zA-Z0-9_' -]{1,64}", re.ASCII)
_DESTINATION = re.compile(r"arn:aws[a-z-]*:(s3|logs|firehose):[a-z0-9-]*:(\d{12})?:[\w/+=,.@:*-]{1,400}", re.ASCII)
_ENDED: Final = ("DELETING", "FAILED")


def _takes_config(names: Names) -> bool:
    return len(names) == 2 and bool(_NAME.fullmatch(names[0])) and bool(_DESTINATION.fullmatch(names[1]))


def _takes_association(names: Names) -> bool:
    return len(names) == 2 and bool(_ID.fullmatch(names[0])) and bool(_NETWORK.fullmatch(names[1]))


def _read_config(reads: Reads, facet: Facet) -> Json:
    call = call_of(facet, "route53resolver", "ListResolverQueryLogConfigs", {})
    for config in reads.pages(call, "ResolverQueryLogConfigs"):
        if (config.get("Name"), config.get("DestinationArn")) == facet.names and config.get("Status") not in _ENDED:
            return THERE
    return None


def _move_config(facet: Facet, _live: Json, wanted: Json) -> Sequence[Move]:
    name, destination = facet.names
    if wanted is None:
        raise IrreversibleError(
            "A configuration is deleted by its id, once no network is associated with it: aws route53resolver "
            "list-resolver-query-log-configs, aws route53resolver delete-resolver-query-log-config."
        )
    parameters = {"Name": name, "DestinationArn": destination}
    create = call_of(facet, "route53resolver", "CreateResolverQueryLogConfig", parameters)
    return (Move(call=create, undo=()),)


CONFIG = Kind(
    name="route53resolver/query_log_config",
    order=10,
    permissions=("route53resolver:ListResolverQueryLogConfigs", "route53resolver:CreateResolverQueryLogConfig"),
    takes=_takes_config,
    read=_read_config,
    moves=_move_config,
    kept=lambda live: live,
    word=lambda facet: facet.names[1],
)


def _associations(reads: Reads, facet: Facet) -> list[Json]:
    call = call_of(facet, "route53resolver", "ListResolverQueryLogConfigAssociations", {})
    return reads.pages(call, "ResolverQueryLogConfigAssociations")


def _read_association(reads: Reads, facet: Facet) -> Json:
    config, network = facet.names
    for one in _associations(reads, facet):
        if (one.get("ResolverQueryLogConfigId"), one.get("ResourceId")) == (config, network):
            return None if one.get("Status") in _ENDED else THERE
    return None


def _move_association(facet: Facet, live: Json, _wanted: Json) -> Sequence[Move]:
    on, off = (
        call_of(
            facet,
            "route53resolver",
            f"{verb}ResolverQueryLogConfig",
            {"ResolverQueryLogConfigId": facet.names[0], "ResourceId": facet.names[1]},
        )
        for verb in ("Associate", "Disassociate")
    )
    return (Move(call=on, undo=(off,)) if live is None else Move(call=off, undo=(on,)),)


ASSOCIATION = Kind(
    name="route53resolver/query_log_association",
    order=20,
    permissions=(
        "route53resolver:ListResolverQueryLogConfigAssociations",
        "route53resolver:AssociateResolverQueryLogConfig",
        "route53resolver:DisassociateResolverQueryLogConfig",
    ),
    takes=_takes_association,
    read=_read_association,
    moves=_move_association,
)


def _config(after: Json, before: Json) -> Callable[[Event], Iterator[Change]]:
    def changes(event: Event) -> Iterator[Change]:
        told = event.response.get("resolverQueryLogConfig")
        told = told if isinstance(told, dict) else {}
        names = (str(told.get("name", "")), str(told.get("destinationArn", "")))
        if _takes_config(names):
            facet = Facet(CONFIG.name, event.account, event.region, names)
            yield Change(facet=facet, after=after, before=before)

    return changes


def _association(after: Json, before: Json) -> Callable[[Event], Iterator[Change]]:
    def changes(event: Event) -> Iterator[Change]:
        request = event.request
        names = (str(request.get("resolverQueryLogConfigId", "")), str(request.get("resourceId", "")))
        if _takes_association(names):
            facet = Facet(ASSOCIATION.name, event.account, event.region, names)
            yield Change(facet=facet, after=after, before=before)

    return changes


_RULES = "Look at the rules for DNS, and set them right: aws route53resolver list-resolver-rules."
_FIREWALL = "Look at what DNS Firewall blocks, and set it right: aws route53resolver list-firewall-rule-group-associations, aws "
_MANUAL = {
    "CreateResolverRule": _RULES,
    "UpdateResolverRule": _RULES,
    "DeleteResolverRule": _RULES,
    "AssociateResolverRule": _RULES,
    "DisassociateResolverRule": _RULES,
    "CreateResolverEndpoint": "Look at it, and delete it if it is the attacker's: aws route53resolver delete-resolver-endpoint.",
    "DeleteResolverEndpoint": "Make the endpoint again: aws route53resolver create-resolver-endpoint.",
    "DisassociateFirewallRuleGroup": _FIREWALL + "route53resolver associate-firewall-rule-group.",
    "UpdateFirewallRuleGroupAssociation": _FIREWALL + "route53resolver update-firewall-rule-group-association.",
    "CreateFirewallRule": _FIREWALL + "route53resolver delete-firewall-rule.",
    "UpdateFirewallRule": _FIREWALL + "route53resolver update-firewall-rule.",
    "DeleteFirewallRule": _FIREWALL + "route53resolver create-firewall-rule.",
    "DeleteFirewallRuleGroup": _FIREWALL + "route53resolver create-firewall-rule-group.",
    "UpdateFirewallDomains": _FIREWALL + "route53resolver update-firewall-domains.",
    "DeleteFirewallDomainList": _FIREWALL + "route53resolver create-firewall-domain-list.",
    "UpdateFirewallConfig": _FIREWALL + "route53resolver update-firewall-config.",
    "UpdateResolverDnssecConfig": "Set whether answers are validated: aws route53resolver update-resolver-dnssec-config.",
    "PutResolverQueryLogConfigPolicy": "Look at whom the configuration is shared with: aws route53resolver "
    "get-resolver-query-log-config-policy.",
}
KINDS = (CONFIG, ASSOCIATION)
ENTRIES = (
    *(
        Entry(
            service="route53resolver",
            operation=operation,
            changes=changes,
            undone_by=undone_by,
            before_from="the call itself",
        )
        for operation, changes, undone_by in (
            ("CreateResolverQueryLogConfig", _config(THERE, None), "nothing: it is kept"),
            ("DeleteResolverQueryLogConfig", _config(None, THERE), "CreateResolverQueryLogConfig"),
            (
                "AssociateResolverQueryLogConfig",
                _association(THERE, None),
                "DisassociateResolverQueryLogConfig",
            ),
            (
                "DisassociateResolverQueryLogConfig",
                _association(None, THERE),
                "AssociateResolverQueryLogConfig",
            ),
        )
    ),
    *(Entry(service="route53resolver", operation=operation, manual=text) for operation, text in _MANUAL.items()),
)
