# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Puts entries that deny peers into network ACLs and takes them out, those of many targets together: each ACL by one at a time, since
numbers must not meet."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ansible_collections.cordon.aws.plugins.module_utils.cloud import Cloud
from ansible_collections.cordon.aws.plugins.module_utils.ec2.acl_entries import (
    HIGHEST,
    denies,
    entries_of,
    free_number,
    is_denied,
    network_of,
)
from ansible_collections.cordon.aws.plugins.module_utils.ec2.batches import Answer, by_thing
from ansible_collections.cordon.aws.plugins.module_utils.errors import AwsError, CordonError
from ansible_collections.cordon.aws.plugins.module_utils.plan import Call, Json

_CHANGED_MEANWHILE = ("NetworkAclEntryAlreadyExists", "InvalidNetworkAclEntry.NotFound")
ATTEMPTS = 3


def deny_peers(cloud: Cloud, calls: Sequence[Call]) -> list[Answer]:
    """Carry out calls of `acl_entries.DENY_PEER`. Raises nothing; what there is no room for is told."""
    return by_thing(calls, "NetworkAclId", lambda some: _each(cloud, some, _deny))


def allow_peers(cloud: Cloud, calls: Sequence[Call]) -> list[Answer]:
    """Carry out calls of `acl_entries.ALLOW_PEER`."""
    return by_thing(calls, "NetworkAclId", lambda some: _each(cloud, some, _allow))


_Change = Callable[[Cloud, Call, list[Json]], None]
"""Makes one change to an ACL with these entries, if it is needed, and to the list, too."""


def _each(cloud: Cloud, calls: Sequence[Call], change: _Change) -> list[Answer]:
    """Calls about one ACL, one after the other; looked at once, and again where somebody else changes it."""
    entries: list[Json] | None = None
    answers: list[Answer] = []
    for call in calls:
        error: Answer = None
        for attempt in range(1, ATTEMPTS + 1):
            try:
                if entries is None:
                    entries = _entries(cloud, call)
                change(cloud, call, entries)
            except CordonError as refused:
                error, entries = refused, None
                again = isinstance(refused, AwsError) and (
                    refused.code in _CHANGED_MEANWHILE or refused.may_have_happened
                )
                if attempt == ATTEMPTS or not again:
                    break
            else:
                error = None
                break
        answers.append(error)
    return answers


def _entries(cloud: Cloud, call: Call) -> list[Json]:
    answer = cloud.read(_call(call, "DescribeNetworkAcls", NetworkAclIds=[call.parameters["NetworkAclId"]]))
    return list(answer["NetworkAcls"][0]["Entries"])


def _deny(cloud: Cloud, call: Call, entries: list[Json]) -> None:
    acl_id, direction, peer = (call.parameters[name] for name in ("NetworkAclId", "Direction", "Peer"))
    there = entries_of({"Entries": entries}, direction)
    if is_denied(there, peer):
        return
    entry = {
        "RuleNumber": free_number(there, acl_id, direction, peer),
        "Protocol": "-1",
        "RuleAction": "deny",
        "Egress": direction == "egress",
        "Ipv6CidrBlock" if ":" in peer else "CidrBlock": peer,
    }
    cloud.answer(_call(call, "CreateNetworkAclEntry", NetworkAclId=acl_id, **entry))
    entries.append(entry)


def _allow(cloud: Cloud, call: Call, entries: list[Json]) -> None:
    """Ours alone: when it was made nothing else denied this peer in time, and it got the highest number that counts before all that is
    allowed. Of denials of the same peer the others are somebody else's."""
    acl_id, direction, peer = (call.parameters[name] for name in ("NetworkAclId", "Direction", "Peer"))
    there = entries_of({"Entries": entries}, direction)
    first_allowed = min((entry["RuleNumber"] for entry in there if entry["RuleAction"] == "allow"), default=HIGHEST + 1)
    before_it = [
        entry
        for entry in there
        if denies(entry) and network_of(entry) == peer and entry["RuleNumber"] < min(first_allowed, HIGHEST + 1)
    ]
    if not before_it:
        return
    ours = before_it[-1]
    number, egress = ours["RuleNumber"], direction == "egress"
    cloud.answer(_call(call, "DeleteNetworkAclEntry", NetworkAclId=acl_id, RuleNumber=number, Egress=egress))
    entries.remove(ours)


def _call(like: Call, operation: str, **parameters: Json) -> Call:
    return Call(account=like.account, region=like.region, service="ec2", operation=operation, parameters=parameters)
