"""Rules of security groups, and shares of images and snapshots: as real events tell them, and back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from catalogued import check_ways, facet, logged, moves_of, told, undo_of
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cordon.aws.plugins.module_utils.restore.catalogue import ENTRIES, KINDS
from ansible_collections.cordon.aws.plugins.module_utils.restore.facet import IrreversibleError
from ansible_collections.cordon.aws.plugins.module_utils.trail.event import Event, event_of

STRATUS = Path(__file__).resolve().parents[4] / "stratus"
GROUP = "sg-003dc7f1f1c686164"
PLAIN = {"description": ""}


def real(attack: str) -> Event:
    (record,) = json.loads((STRATUS / f"aws.{attack}.json").read_text(encoding="utf-8"))
    return event_of(record)


def rule(*names: str) -> tuple[str, ...]:
    return ("ec2/security_group_rule", GROUP, *names)


def listed(*permissions: Any) -> dict[str, Any]:
    return {"groupId": GROUP, "ipPermissions": {"items": list(permissions)}}


def test_a_real_rule_in_the_older_form() -> None:
    """Made anonymous, 0.0.0.0/0 became 208.236.235.254/0, which EC2 takes for the same network."""
    event = real("exfiltration.ec2-security-group-open-port-22-ingress")
    assert told(event) == {rule("ingress", "tcp", "22", "22", "0.0.0.0/0"): (None, PLAIN)}


def test_every_source_of_every_permission_is_a_rule() -> None:
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_IpPermission.html; ports come as numbers, text and fractions."""
    request = listed(
        {
            "ipProtocol": "tcp",
            "fromPort": "443",
            "toPort": 443.0,
            "groups": {"items": [{"groupId": "sg-0123456789abcdef0", "userId": "999999999999"}, {"groupId": GROUP}]},
            "ipRanges": {"items": [{"cidrIp": "10.1.2.3/8", "description": "mine"}]},
            "ipv6Ranges": {},
            "prefixListIds": {"items": [{"prefixListId": "pl-0123456789abcdef0"}]},
        },
        {"ipProtocol": "-1", "groups": {}, "ipRanges": {}, "ipv6Ranges": {"items": [{"cidrIpv6": "2001:DB8::/32"}]}},
        {"ipProtocol": "1", "fromPort": -1, "toPort": -1, "ipRanges": {"items": [{"cidrIp": "0.0.0.0/0"}]}},
    )
    assert told(logged("ec2:AuthorizeSecurityGroupIngress", request)) == {
        rule("ingress", "tcp", "443", "443", "sg-0123456789abcdef0/999999999999"): (None, PLAIN),
        rule("ingress", "tcp", "443", "443", GROUP): (None, PLAIN),
        rule("ingress", "tcp", "443", "443", "10.0.0.0/8"): (None, {"description": "mine"}),
        rule("ingress", "tcp", "443", "443", "pl-0123456789abcdef0"): (None, PLAIN),
        rule("ingress", "-1", "", "", "2001:db8::/32"): (None, PLAIN),
        rule("ingress", "icmp", "-1", "-1", "0.0.0.0/0"): (None, PLAIN),
    }


def test_a_rule_that_was_not_there_was_not_revoked() -> None:
    """Revoking it succeeds all the same: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RevokeSecurityGroupIngress.html"""
    ranges = [{"cidrIp": "10.0.0.0/8"}, {"cidrIp": "10.0.0.0/16"}]
    both = {"ipProtocol": "tcp", "fromPort": 22, "toPort": 22, "ipRanges": {"items": ranges}}
    unknown = {"items": [{**both, "ipRanges": {"items": ranges[:1]}}]}
    event = logged("ec2:RevokeSecurityGroupEgress", listed(both), {"unknownIpPermissionSet": unknown})
    assert told(event) == {rule("egress", "tcp", "22", "22", "10.0.0.0/16"): (PLAIN, None)}


def test_rules_that_are_named_by_id_stand_in_the_answer() -> None:
    one = {"groupId": GROUP, "ipProtocol": "tcp", "fromPort": 22, "toPort": 22, "cidrIpv4": "0.0.0.0/0"}
    answer = {"revokedSecurityGroupRuleSet": {"items": [{**one, "description": "SSH"}]}}
    request = {
        "groupId": GROUP,
        "securityGroupRuleIdSet": {"items": [{"securityGroupRuleId": "sgr-0123456789abcdef0"}]},
    }
    found = told(logged("ec2:RevokeSecurityGroupIngress", request, answer))
    assert found == {rule("ingress", "tcp", "22", "22", "0.0.0.0/0"): ({"description": "SSH"}, None)}
    assert told(logged("ec2:RevokeSecurityGroupIngress", request)) == {}, "nothing tells: it is a manual step"


@pytest.mark.parametrize(
    "names",
    [
        ("ingress", "tcp", "22", "22", "0.0.0.0"),
        ("ingress", "tcp", "22", "22", "10.1.2.3/8"),
        ("ingress", "tcp", "", "", "0.0.0.0/0"),
        ("ingress", "-1", "22", "22", "0.0.0.0/0"),
        ("ingress", "tcp", "22", "99999", "0.0.0.0/0"),
        ("inwards", "tcp", "22", "22", "0.0.0.0/0"),
        ("ingress", "999", "", "", "0.0.0.0/0"),
    ],
)
def test_what_is_no_rule_is_not_taken(names: tuple[str, ...]) -> None:
    assert not KINDS["ec2/security_group_rule"].takes((GROUP, *names))


networks = st.ip_addresses(v=4).flatmap(
    lambda address: st.integers(0, 32).map(lambda bits: f"{address}/{bits}")
) | st.ip_addresses(v=6).map(lambda address: f"{address}/128")


@given(network=networks, port=st.integers(0, 65535), direction=st.sampled_from(["ingress", "egress"]))
def test_rules_go_there_and_back(network: str, port: int, direction: str) -> None:
    permission = {"ipProtocol": "udp", "fromPort": port, "toPort": port}
    key = ("ipv6Ranges", "cidrIpv6") if ":" in network else ("ipRanges", "cidrIp")
    request = listed({**permission, key[0]: {"items": [{key[1]: network}]}})
    ((names, (before, after)),) = told(logged(f"ec2:AuthorizeSecurityGroup{direction.capitalize()}", request)).items()
    one = facet(*names)
    check_ways(one, [before, after, {"description": "somebody else's"}])
    ((operation, sent),) = moves_of(one, after, before)
    assert operation == f"ec2:RevokeSecurityGroup{direction.capitalize()}"
    assert undo_of(one, after, before) == [(operation.replace("Revoke", "Authorize"), sent)]


@pytest.mark.parametrize(
    "forged", [{"description": "\n"}, {}, "there", {"description": "", "CidrIp": "0.0.0.0/0"}, 1, []]
)
def test_a_forged_value_makes_no_call(forged: Any) -> None:
    kind = KINDS["ec2/security_group_rule"]
    one = facet(*rule("ingress", "tcp", "22", "22", "0.0.0.0/0"))
    for live, wanted in ((None, forged), (forged, None), (PLAIN, forged)):
        with pytest.raises(IrreversibleError):
            kind.moves(one, live, wanted)


def test_real_shares_are_taken_back_one_by_one() -> None:
    image = ("ec2/image_share", "ami-de1fbCab6ccB03e6D", "UserId", "846424999548")
    assert told(real("exfiltration.ec2-share-ami")) == {image: (None, "shared")}
    snapshot = ("ec2/snapshot_share", "snap-041993b54a9b3af6f", "UserId", "098797384747")
    assert told(real("exfiltration.ec2-share-ebs-snapshot")) == {snapshot: (None, "shared")}
    for names in (image, snapshot):
        check_ways(facet(*names), [None, "shared"])


def test_what_was_made_public_and_what_was_shut() -> None:
    change = {"add": {"items": [{"group": "all"}]}, "remove": {"items": [{"userId": "111122223333"}]}}
    request = {"imageId": "ami-0123456789abcdef0", "launchPermission": change}
    assert told(logged("ec2:ModifyImageAttribute", request)) == {
        ("ec2/image_share", "ami-0123456789abcdef0", "Group", "all"): (None, "shared"),
        ("ec2/image_share", "ami-0123456789abcdef0", "UserId", "111122223333"): ("shared", None),
    }
    assert (
        told(logged("ec2:ModifyImageAttribute", {**request, "launchPermission": {"add": {"items": [{"group": "me"}]}}}))
        == {}
    )


@pytest.mark.parametrize(
    "whom",
    [
        {"userIds": {"items": ["999999999999"]}, "groupNames": {"items": ["all"]}},
        {"userIdSet": {"items": [{"userId": "999999999999"}]}, "userGroup": ["all"]},
        {"UserIds": ["999999999999"], "GroupNames": "all"},
    ],
)
def test_the_short_form_shares_too(whom: dict[str, Any]) -> None:
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifySnapshotAttribute.html: OperationType, UserId.N, UserGroup.N"""
    for kind, operation, ident in (
        ("ec2/snapshot_share", "ModifySnapshotAttribute", {"snapshotId": "snap-0123456789abcdef0"}),
        ("ec2/image_share", "ModifyImageAttribute", {"imageId": "ami-0123456789abcdef0"}),
    ):
        (name,) = ident.values()
        with_ = [(kind, name, "UserId", "999999999999"), (kind, name, "Group", "all")]
        request = {**ident, **whom, "operationType": "add"}
        assert told(logged(f"ec2:{operation}", request)) == dict.fromkeys(with_, (None, "shared"))
        request["operationType"] = "remove"
        assert told(logged(f"ec2:{operation}", request)) == dict.fromkeys(with_, ("shared", None))
        assert told(logged(f"ec2:{operation}", {**ident, **whom})) == {}, "neither: it is for a human"
        assert "may have been shared" in ENTRIES[f"ec2:{operation}"].manual
