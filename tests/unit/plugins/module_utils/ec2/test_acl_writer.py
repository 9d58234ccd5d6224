"""Of the entries of a network ACL only the one that Cordon made goes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from ansible_collections.cordon.aws.plugins.module_utils.ec2.acl_entries import ALLOW_PEER, DENY_PEER
from ansible_collections.cordon.aws.plugins.module_utils.ec2.acl_writer import allow_peers, deny_peers
from ansible_collections.cordon.aws.plugins.module_utils.plan import MERGED, Call

PEER = "203.0.113.7/32"
ANYBODY = "0.0.0.0/0"


class Acl:
    """One network ACL, as far as the writer asks for it."""

    def __init__(self, *entries: tuple[int, str, str]) -> None:
        self._entries = [
            {"RuleNumber": number, "RuleAction": action, "CidrBlock": network, "Protocol": "-1", "Egress": True}
            for number, action, network in entries
        ]

    def read(self, _call: Call) -> Mapping[str, Any]:
        return {"NetworkAcls": [{"Entries": [dict(entry) for entry in self._entries]}]}

    def answer(self, call: Call) -> Mapping[str, Any]:
        given = {key: value for key, value in call.parameters.items() if key != "NetworkAclId"}
        if call.operation == "CreateNetworkAclEntry":
            self._entries.append(given)
        else:
            self._entries = [entry for entry in self._entries if entry["RuleNumber"] != given["RuleNumber"]]
        return {}

    def add(self, number: int, action: str, network: str) -> None:
        self._entries += Acl((number, action, network))._entries

    @property
    def entries(self) -> set[tuple[int, str, str]]:
        return {(entry["RuleNumber"], entry["RuleAction"], entry["CidrBlock"]) for entry in self._entries}


def send(acl: Acl, operation: str) -> None:
    cloud: Any = acl
    call = Call(
        account="111122223333",
        region="us-east-1",
        service=MERGED,
        operation=operation,
        parameters={"NetworkAclId": "acl-0a1b2c3d", "Direction": "egress", "Peer": PEER},
    )
    assert (deny_peers if operation == DENY_PEER else allow_peers)(cloud, [call]) == [None]


@pytest.mark.parametrize("allowed", [40, 100])
def test_an_entry_of_somebody_elses_stays(allowed: int) -> None:
    """Behind what is allowed when ours is made, or put before ours since."""
    there = [(allowed, "allow", ANYBODY)] + ([(50, "deny", PEER)] if allowed < 50 else [])
    acl = Acl(*there)
    send(acl, DENY_PEER)
    assert len(acl.entries) == len(there) + 1
    acl.add(7, "deny", PEER)
    send(acl, ALLOW_PEER)
    assert acl.entries == {*there, (7, "deny", PEER)}


def test_nothing_goes_where_ours_has_gone() -> None:
    acl = Acl((40, "allow", ANYBODY), (50, "deny", PEER))
    send(acl, ALLOW_PEER)
    assert acl.entries == {(40, "allow", ANYBODY), (50, "deny", PEER)}
