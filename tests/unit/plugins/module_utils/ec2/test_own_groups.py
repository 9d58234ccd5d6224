"""A group of ours has just the rules it must have, or it is said which it has besides; and what is usual takes as few calls as can be."""

from __future__ import annotations

from concurrent.futures import Future
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cordon.aws.plugins.module_utils.ec2 import own_groups
from ansible_collections.cordon.aws.plugins.module_utils.ec2.forensic_group import are_rules, rule_of, rules_of
from ansible_collections.cordon.aws.plugins.module_utils.errors import AwsError, DriftError
from ansible_collections.cordon.aws.plugins.module_utils.plan import Call

VPC = ("111122223333", "us-east-1", "vpc-0123456789abcdef0")
GROUP = "sg-0000000000000000f"
STATION = "ingress -1 all 198.51.100.7/32"
ICMP = {"IsEgress": False, "IpProtocol": "icmp", "FromPort": -1, "ToPort": -1, "CidrIpv4": "0.0.0.0/0"}
PING6 = {"IsEgress": True, "IpProtocol": "icmpv6", "FromPort": 128, "ToPort": -1, "CidrIpv6": "::/0"}
GRE = {"IsEgress": True, "IpProtocol": "47", "FromPort": -1, "ToPort": -1, "CidrIpv4": "0.0.0.0/0"}
PEERED = {
    "IsEgress": False,
    "IpProtocol": "tcp",
    "FromPort": 22,
    "ToPort": 22,
    "ReferencedGroupInfo": {"GroupId": "sg-00000000000000001", "UserId": "444455556666"},
}
OURS = {"IsEgress": False, "IpProtocol": "-1", "FromPort": -1, "ToPort": -1, "CidrIpv4": "198.51.100.7/32"}


def permission(rule: dict[str, Any]) -> dict[str, Any]:
    """As DescribeSecurityGroups tells it: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_IpPermission.html"""
    told: dict[str, Any] = {"IpProtocol": rule["IpProtocol"]}
    if rule["IpProtocol"] in ("tcp", "udp", "icmp", "icmpv6"):
        told |= {key: rule[key] for key in ("FromPort", "ToPort")}
    told["IpRanges"] = [{"CidrIp": rule["CidrIpv4"]}] if "CidrIpv4" in rule else []
    told["Ipv6Ranges"] = [{"CidrIpv6": rule["CidrIpv6"]}] if "CidrIpv6" in rule else []
    told["UserIdGroupPairs"] = [rule["ReferencedGroupInfo"]] if "ReferencedGroupInfo" in rule else []
    return told


class OneGroup:
    """EC2 with at most one group. `keeps`: rules that are back as soon as they are taken away. `refuses`: with which error."""

    def __init__(self, *rules: dict[str, Any], keeps: bool = False, refuses: str = "") -> None:
        self.rules: dict[str, dict[str, Any]] | None = None
        if rules:
            self.rules = {f"sgr-{number:017x}": deepcopy(rule) for number, rule in enumerate(rules)}
        self.keeps, self.refuses = keeps, refuses
        self.sent: list[str] = []

    def background(self, ask: Any) -> Future[Any]:
        done: Future[Any] = Future()
        done.set_result(ask())
        return done

    def pages(self, call: Call, _key: str) -> list[Any]:
        self.sent.append(call.operation)
        if self.rules is None:
            return []
        if call.operation == "DescribeSecurityGroupRules":
            return [{"SecurityGroupRuleId": ident, **rule} for ident, rule in self.rules.items()]
        sides = {"IpPermissions": False, "IpPermissionsEgress": True}
        told = {
            side: [permission(rule) for rule in self.rules.values() if rule["IsEgress"] is is_egress]
            for side, is_egress in sides.items()
        }
        return [{"GroupId": GROUP, "GroupName": "CordonForensic", "VpcId": VPC[2], **told}]

    def answer(self, call: Call) -> dict[str, Any]:
        self.sent.append(call.operation)
        given: Any = call.parameters
        if call.operation.startswith("Revoke") and self.rules is not None:
            if self.refuses:
                raise AwsError("revoke", "no", "Look.", code=self.refuses)
            for ident in given["SecurityGroupRuleIds"]:
                assert self.rules[ident]["IsEgress"] is call.operation.endswith("Egress")
                if not self.keeps:
                    del self.rules[ident]
        return {"GroupId": GROUP}


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own_groups, "PAUSE_S", 0)


def make(ec2: Any, *wanted: str) -> str:
    return own_groups.make_group(ec2, VPC, "CordonForensic", "of a test", wanted)


def test_rules_are_taken_away_whatever_they_look_like_and_what_is_wanted_stays() -> None:
    ec2 = OneGroup(ICMP, PING6, GRE, PEERED, OURS)
    assert make(ec2, STATION) == GROUP
    assert ec2.rules is not None and list(ec2.rules.values()) == [OURS]
    assert ec2.sent[-1] == "DescribeSecurityGroups"


def test_a_group_as_it_must_be_takes_one_call_and_a_missing_one_three() -> None:
    there = OneGroup(OURS)
    assert make(there, STATION) == GROUP and there.sent == ["DescribeSecurityGroups"]
    missing = OneGroup()
    assert make(missing) == GROUP
    assert missing.sent == ["DescribeSecurityGroups", "CreateSecurityGroup", "RevokeSecurityGroupEgress"]


@pytest.mark.parametrize("refuses", ["", "InvalidSecurityGroupRuleId.NotFound"])
def test_a_rule_that_remains_is_an_error_that_names_it(refuses: str) -> None:
    """Whether it is put back at once, or cannot be found when it is to be revoked."""
    ec2 = OneGroup(ICMP, OURS, keeps=True, refuses=refuses)
    with pytest.raises(DriftError, match="repeat the run") as raised:
        make(ec2, STATION)
    text = str(raised.value)
    assert "CordonForensic of vpc-0123456789abcdef0" in text and "ingress icmp -1--1 0.0.0.0/0" in text
    assert STATION not in text
    assert ec2.sent.count("DescribeSecurityGroups") == own_groups.ATTEMPTS


def test_what_aws_refuses_is_raised_at_once() -> None:
    ec2 = OneGroup(ICMP, refuses="UnauthorizedOperation")
    with pytest.raises(AwsError, match="no"):
        make(ec2)
    assert ec2.sent.count("DescribeSecurityGroups") == 1


ports = st.integers(-1, 65535)
rules = st.sampled_from([ICMP, PING6, GRE, PEERED, OURS]) | st.builds(
    lambda protocol, low, high: {**PEERED, "IpProtocol": protocol, "FromPort": low, "ToPort": high},
    st.sampled_from(["tcp", "udp", "icmp", "icmpv6"]),
    ports,
    ports,
)


@given(rules)
def test_both_tellings_of_a_rule_are_one_line_that_a_log_may_have(rule: dict[str, Any]) -> None:
    """Of protocols other than these four, and of all, there are no ports."""
    side = "IpPermissionsEgress" if rule["IsEgress"] else "IpPermissions"
    told = rules_of({side: [permission(rule)]})
    assert are_rules(told)
    if rule["IpProtocol"] != "47":
        assert [rule_of(rule)] == told
