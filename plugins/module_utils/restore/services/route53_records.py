# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""DNS records of Route 53, each a facet, and what else changes names: zones and domains. CREATE is refused for a record that is there,
DELETE for one that is not exactly so, and UPSERT does not tell what it found.
https://docs.aws.amazon.com/Route53/latest/APIReference/API_ChangeResourceRecordSets.html"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from ansible_collections.cordon.aws.plugins.module_utils.plan import Call, Json, is_whole_number
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads
from ansible_collections.cordon.aws.plugins.module_utils.restore.entry import Entry
from ansible_collections.cordon.aws.plugins.module_utils.restore.facet import (
    GONE,
    UNKNOWN,
    Change,
    Facet,
    IrreversibleError,
    Kind,
    Move,
    Value,
)
from ansible_collections.cordon.aws.plugins.module_utils.restore.services.setting import Names, answered, call_of
from ansible_collections.cordon.aws.plugins.module_utils.trail.event import Event

_ZONE = re.compile(r"[A-Z0-9]{1,32}", re.ASCII)
# Escapes as Route 53 writes them: https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/DomainNameFormat.html
_NAME = re.compile(r"[a-z0-9_*\\-]([a-z0-9_*\\-]|\.(?!\.)){0,1022}\.", re.ASCII)
_TYPE = re.compile(r"[A-Z][A-Z0-9]{0,9}", re.ASCII)
_SET = re.compile(r"[\x20-\x7e]{0,128}", re.ASCII)
_TEXT = re.compile(r"[\x20-\x7e]{1,4000}", re.ASCII)
_MEMBER = re.compile(r"[A-Za-z]{1,32}", re.ASCII)
_LONGEST_LIST: Final = 400
_MEMBERS: Final = (
    "TTL",
    "ResourceRecords",
    "AliasTarget",
    "Weight",
    "Region",
    "GeoLocation",
    "Failover",
    "MultiValueAnswer",
    "HealthCheckId",
)
_CAMEL: Final = {"tTL": "TTL", "dNSName": "DNSName"}


def _takes(names: Names) -> bool:
    patterns = (_ZONE, _NAME, _TYPE, _SET)
    return len(names) == 4 and all(pattern.fullmatch(name) for pattern, name in zip(patterns, names, strict=True))


def _zone(told: Json) -> str:
    return told.removeprefix("/hostedzone/") if isinstance(told, str) else ""


def _full(name: Json) -> str:
    """With the dot at its end, in small letters, as Route 53 stores it."""
    return f"{name.rstrip('.').lower()}." if isinstance(name, str) else ""


def _value(told: Mapping[str, Json]) -> Json:
    """A record set without its name, type and set identifier. Raises ValueError for what is none."""
    found = {name: _checked(told[name], 0) for name in _MEMBERS if told.get(name) not in (None, [])}
    if "AliasTarget" in found:
        found["AliasTarget"] = {**found["AliasTarget"], "DNSName": _full(found["AliasTarget"].get("DNSName"))}
    if not found:
        raise ValueError("it answers nothing")
    return found


def _checked(value: Json, depth: int) -> Json:
    """Texts, numbers and truths that a record set can hold."""
    if depth > 3:
        raise ValueError("it is too deep")
    if isinstance(value, dict):
        if not all(_MEMBER.fullmatch(name) for name in value):
            raise ValueError("a name is none of the API's")
        return {name: _checked(inner, depth + 1) for name, inner in value.items()}
    if isinstance(value, list) and len(value) <= _LONGEST_LIST:
        return [_checked(inner, depth + 1) for inner in value]
    if isinstance(value, bool) or (is_whole_number(value) and 0 <= value < 2**31):
        return value
    if isinstance(value, str) and _TEXT.fullmatch(value):
        return value
    raise ValueError("it is nothing that a record holds")


def _call(facet: Facet, *changes: tuple[str, Json]) -> Call:
    zone, name, kind, ident = facet.names
    which = {"Name": name, "Type": kind, **({"SetIdentifier": ident} if ident else {})}
    batch = [{"Action": action, "ResourceRecordSet": {**which, **value}} for action, value in changes]
    return call_of(
        facet,
        "route53",
        "ChangeResourceRecordSets",
        {"HostedZoneId": zone, "ChangeBatch": {"Changes": batch}},
    )


def _read(reads: Reads, facet: Facet) -> Json:
    zone, name, kind, ident = facet.names
    parameters = {"HostedZoneId": zone, "StartRecordName": name, "StartRecordType": kind}
    answer = answered(
        reads, call_of(facet, "route53", "ListResourceRecordSets", parameters), gone=("NoSuchHostedZone",)
    )
    if answer == GONE:
        return GONE
    for record in answer["ResourceRecordSets"]:
        if (_full(record["Name"]), record["Type"], record.get("SetIdentifier", "")) == (name, kind, ident):
            return _value(record)
    return None


def _moves(facet: Facet, live: Json, wanted: Json) -> Sequence[Move]:
    if GONE in (live, wanted):
        raise IrreversibleError("The hosted zone of this record does not exist any more.")
    back = ("DELETE", wanted) if live is None else ("UPSERT", live)
    there = ("DELETE", live) if wanted is None else ("UPSERT", wanted)
    return (Move(call=_call(facet, there), undo=(_call(facet, back),)),)


RECORD = Kind(
    name="route53/record",
    order=30,
    permissions=("route53:ListResourceRecordSets", "route53:ChangeResourceRecordSets"),
    takes=_takes,
    read=_read,
    moves=_moves,
    word=lambda facet: facet.names[0] if len(facet.names[0]) > 3 else "hostedZoneId",
)


def _upper(told: Json) -> Json:
    """From CloudTrail's names to the API's: "tTL" and "dNSName" apart, only the first letter differs."""
    if isinstance(told, dict):
        return {_CAMEL.get(name, name[:1].upper() + name[1:]): _upper(inner) for name, inner in told.items()}
    return [_upper(inner) for inner in told] if isinstance(told, list) else told


def _changed(event: Event) -> Iterator[Change]:
    batch = event.request.get("changeBatch")
    changes = batch.get("changes") if isinstance(batch, dict) else None
    for one in changes if isinstance(changes, list) else []:
        record = _upper(one.get("resourceRecordSet")) if isinstance(one, dict) else None
        if not isinstance(record, dict):
            continue
        kind, ident = record.get("Type"), record.get("SetIdentifier", "")
        names = (_zone(event.request.get("hostedZoneId")), _full(record.get("Name")), str(kind), str(ident))
        if not _takes(names):
            continue
        try:
            value: Value = _value(record)
        except (AttributeError, ValueError):
            value = UNKNOWN
        facet = Facet(RECORD.name, event.account, event.region, names)
        if one.get("action") == "DELETE":
            yield Change(facet=facet, after=None, before=value)
        else:
            yield Change(facet=facet, after=value, before=None if one.get("action") == "CREATE" else UNKNOWN)


_MANUAL = {
    "CreateHostedZone": "Look at the zone and its records, and delete it if it is the attacker's: aws route53 list-resource-record-sets, "
    "aws route53 delete-hosted-zone. A zone of one's own domain's name answers nobody until the domain names its servers.",
    "DeleteHostedZone": "The zone is gone, and a new one has other name servers. Make it again with its records from templates or backups: "
    "aws route53 create-hosted-zone; then give its name servers to the registrar: aws route53domains update-domain-nameservers.",
    "AssociateVPCWithHostedZone": "Look at which networks the private zone answers, and take away the attacker's: aws route53 "
    "disassociate-vpc-from-hosted-zone.",
    "DisassociateVPCFromHostedZone": "Give the private zone back to its network: aws route53 associate-vpc-with-hosted-zone.",
    "CreateVPCAssociationAuthorization": "Another account may use the private zone now: aws route53 delete-vpc-association-authorization.",
    "CreateQueryLoggingConfig": "Queries are logged now. Stop it if it is the attacker's: aws route53 delete-query-logging-config.",
    "DeleteQueryLoggingConfig": "Have queries logged again: aws route53 create-query-logging-config.",
    "EnableHostedZoneDNSSEC": "Look at whether the zone is to be signed: aws route53 get-dnssec.",
    "DisableHostedZoneDNSSEC": "Sign the zone again: aws route53 enable-hosted-zone-dnssec.",
    "CreateKeySigningKey": "Look at the zone's signing keys: aws route53 get-dnssec.",
    "DeactivateKeySigningKey": "Activate the zone's signing key again: aws route53 activate-key-signing-key.",
    "DeleteKeySigningKey": "Make a signing key for the zone again, and give the registrar its record: aws route53 create-key-signing-key.",
    "CreateHealthCheck": "Look at it, and delete it if it is the attacker's: aws route53 delete-health-check.",
    "UpdateHealthCheck": "Look at what is checked, and set it right: aws route53 update-health-check.",
    "DeleteHealthCheck": "Make the check again, and name it in the records that had it: aws route53 create-health-check.",
    "ChangeTagsForResource": "Look at the tags, on which policies may depend: aws route53 list-tags-for-resource.",
}
_DOMAINS = {
    "RegisterDomain": "A domain was registered and paid for. Have it not renewed, and take it out of use: aws route53domains "
    "disable-domain-auto-renew, aws route53domains delete-domain. AWS Support helps within five days.",
    "TransferDomain": "A domain is on its way to this account. Look at it: aws route53domains list-operations.",
    "TransferDomainToAnotherAwsAccount": "A domain is offered to another account. Take it back while it is not accepted: aws "
    "route53domains cancel-domain-transfer-to-another-aws-account; afterwards ask AWS Support at once.",
    "RetrieveDomainAuthCode": "Whoever has the code can take the domain elsewhere. Lock it, and have the registry give out another: aws "
    "route53domains enable-domain-transfer-lock.",
    "DisableDomainTransferLock": "Lock the domain again: aws route53domains enable-domain-transfer-lock.",
    "EnableDomainTransferLock": "Unlock the domain, if it is to be moved: aws route53domains disable-domain-transfer-lock.",
    "UpdateDomainNameservers": "Look at the name servers of the domain: aws route53domains get-domain-detail; and put back those of its "
    "zone: aws route53 get-hosted-zone, aws route53domains update-domain-nameservers.",
    "UpdateDomainContact": "Look at whose the domain is said to be, and set it right: aws route53domains get-domain-detail, aws "
    "route53domains update-domain-contact.",
    "UpdateDomainContactPrivacy": "Set whether the owner's data are shown: aws route53domains update-domain-contact-privacy.",
    "DisableDomainAutoRenew": "Have the domain renewed again: aws route53domains enable-domain-auto-renew.",
    "EnableDomainAutoRenew": "Look at whether the domain is to be renewed: aws route53domains disable-domain-auto-renew.",
    "DeleteDomain": "The domain is being deleted. Ask AWS Support at once to restore it.",
    "RenewDomain": "A domain was renewed and paid for.",
}
KINDS = (RECORD,)
ENTRIES = (
    Entry(
        service="route53",
        operation="ChangeResourceRecordSets",
        changes=_changed,
        undone_by="ChangeResourceRecordSets",
        before_from="the call itself where it creates or deletes, else an earlier event",
    ),
    *(Entry(service="route53", operation=operation, manual=text) for operation, text in _MANUAL.items()),
    *(Entry(service="route53domains", operation=operation, manual=text) for operation, text in _DOMAINS.items()),
    Entry(service="route53", operation="UpdateHostedZoneComment", harmless="A comment changes no answer."),
)
