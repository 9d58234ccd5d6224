# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Entries of network ACLs that deny single peers: which are there, which are ours, and where there is room for one. Pure.

A network ACL is stateless: what it denies in one direction ends connections at once, tracked or not. It is a whole subnet's.
https://docs.aws.amazon.com/vpc/latest/userguide/nacl-rules.html"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

from ansible_collections.cordon.aws.plugins.module_utils.errors import InputError, QuotaError
from ansible_collections.cordon.aws.plugins.module_utils.plan import Json

DENY_PEER = "DenyPeer"
"""The merged call {"NetworkAclId", "Direction", "Peer"}: this direction's traffic with this network is denied before anything allows it."""
ALLOW_PEER = "RemovePeerDenial"
"""The merged call, of the same parameters, that removes the entry again."""
DIRECTIONS = ("ingress", "egress")
HIGHEST = 99
"""Our entries are numbered from here down, and below the lowest number that allows something: AWS's own begin at 100."""
# Rules per network ACL: 20 in each direction, IPv4 and IPv6 each for themselves, and 40 at most. The last entry, which denies the rest, is
# one of them.
# https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html#vpc-limits-nacls
USUAL_QUOTA = 20
RAISED_QUOTA = 40
_LAST = 32_767
"""From here on there are the entries that deny what no other matches."""

_Network: TypeAlias = "ipaddress.IPv4Network | ipaddress.IPv6Network"


def parse_remote_peers(texts: Iterable[object], option: str) -> tuple[str, ...]:
    """Networks in the form in which AWS tells them. One that holds everybody is refused: it would cut off the whole subnet."""
    found, faults = [], []
    for number, text in enumerate(texts):
        try:
            network = ipaddress.ip_network(str(text))
        except ValueError as error:
            fault = f"it is no network: {error}"
        else:
            fault = "" if network.prefixlen else "it is everybody, and would cut off everything in the subnet"
            found.append(str(network))
        if fault:
            tried = f"use `{option}[{number}]` = {ascii(text)[:120]}"
            faults.append(InputError(tried, fault, "Give the network of a peer (198.51.100.7/32, 2001:db8::7/128)."))
    if faults:
        raise InputError.together(faults)
    return tuple(dict.fromkeys(found))


def is_peer(value: Json) -> bool:
    """Whether `value`, out of a log, is a network that our entries can be about."""
    try:
        network = ipaddress.ip_network(value) if isinstance(value, str) else None
    except ValueError:
        return False
    return network is not None and network.prefixlen > 0 and str(network) == value


def entries_of(acl: Mapping[str, Json], direction: str) -> list[Mapping[str, Json]]:
    """The entries of one direction in the order in which they count, without the last ones."""
    found = [
        entry for entry in acl["Entries"] if entry["Egress"] == (direction == "egress") and entry["RuleNumber"] < _LAST
    ]
    return sorted(found, key=lambda entry: int(entry["RuleNumber"]))


def network_of(entry: Mapping[str, Json]) -> str:
    return str(entry.get("CidrBlock") or entry.get("Ipv6CidrBlock"))


def denies(entry: Mapping[str, Json]) -> bool:
    """Whether an entry denies all traffic of its network."""
    return entry["RuleAction"] == "deny" and str(entry["Protocol"]) == "-1"


def is_denied(entries: Sequence[Mapping[str, Json]], peer: str) -> bool:
    """Whether all traffic with `peer` is denied before anything allows a part of it."""
    wanted = ipaddress.ip_network(peer)
    for entry in entries:
        network = ipaddress.ip_network(network_of(entry), strict=False)
        if network.version != wanted.version:
            continue
        if denies(entry) and _holds(network, wanted):
            return True
        if entry["RuleAction"] == "allow" and network.overlaps(wanted):
            return False
    return False


def denied_peers(entries: Sequence[Mapping[str, Json]]) -> list[str]:
    """The networks of entries at numbers of ours that deny all traffic, and are not too late."""
    found = [network_of(entry) for entry in entries if denies(entry) and entry["RuleNumber"] <= HIGHEST]
    return [peer for peer in dict.fromkeys(found) if is_peer(peer) and is_denied(entries, peer)]


def room(entries: Sequence[Mapping[str, Json]], version: int) -> int:
    """For how many more entries of this IP version there is room. Whoever has more than the usual quota has had it raised."""
    taken = sum(ipaddress.ip_network(network_of(entry), strict=False).version == version for entry in entries)
    quota = USUAL_QUOTA if taken < USUAL_QUOTA else RAISED_QUOTA
    return max(min(quota - 1 - taken, len(_free_numbers(entries))), 0)


def free_number(entries: Sequence[Mapping[str, Json]], acl_id: str, direction: str, peer: str) -> int:
    """The number for one more entry of ours. Raises QuotaError where there is no room."""
    version = ipaddress.ip_network(peer).version
    if not room(entries, version):
        raise no_room(acl_id, direction, version, needed=1, free=0)
    return _free_numbers(entries)[0]


def no_room(acl_id: str, direction: str, version: int, *, needed: int, free: int) -> QuotaError:
    return QuotaError(
        f"deny {needed} peers in {acl_id}, {direction}, IPv{version}",
        f"{needed} entries are needed, and there is room for {free}: AWS allows {USUAL_QUOTA} in each direction, and ours must be numbered "
        f"from {HIGHEST} down and below everything that allows something",
        "Name fewer or wider networks in `remote_peers` and set `peers_from_flow_logs: false`, have the quota raised (to 40), or remove or "
        "renumber entries of the ACL.",
    )


def _free_numbers(entries: Sequence[Mapping[str, Json]]) -> list[int]:
    allowing = [int(entry["RuleNumber"]) for entry in entries if entry["RuleAction"] == "allow"]
    taken = {int(entry["RuleNumber"]) for entry in entries}
    return [number for number in range(min([HIGHEST, *(one - 1 for one in allowing)]), 0, -1) if number not in taken]


def _holds(network: _Network, other: _Network) -> bool:
    if isinstance(network, ipaddress.IPv4Network) and isinstance(other, ipaddress.IPv4Network):
        return other.subnet_of(network)
    if isinstance(network, ipaddress.IPv6Network) and isinstance(other, ipaddress.IPv6Network):
        return other.subnet_of(network)
    return False
