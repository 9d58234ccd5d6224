"""Whatever goes wrong while an interface is open, it is closed; and nothing is opened that would not be contained afterwards."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from copy import deepcopy
from typing import Any

import pytest

from ansible_collections.cordon.aws.plugins.module_utils.ec2 import conversion_writer
from ansible_collections.cordon.aws.plugins.module_utils.ec2.conversion import CUT_FLOWS, OPEN_RULES
from ansible_collections.cordon.aws.plugins.module_utils.ec2.forensic_group import rules_of
from ansible_collections.cordon.aws.plugins.module_utils.errors import AwsError, LostAnswerError
from ansible_collections.cordon.aws.plugins.module_utils.plan import MERGED, Call

FORENSIC, OPEN, OTHER = "sg-0000000000000000f", "sg-0000000000000000a", "sg-00000000000000001"
VPC = "vpc-0123456789abcdef0"
FIRST, SECOND = "eni-00000000000000001", "eni-00000000000000002"
ONLY_OUT: dict[str, Any] = {
    "IpPermissions": [],
    "IpPermissionsEgress": [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}],
}
"""What a new group has."""


def lost(_call: Call) -> BaseException:
    return LostAnswerError("call", "the connection broke", "Look.", code="ReadTimeoutError")


def refused(_call: Call) -> BaseException:
    return AwsError("call", "not now", "Repeat.", code="RequestLimitExceeded")


class Network:
    """Interfaces and groups of one VPC. `fails`: by the group that an interface is put into, what is raised, after it was done where it is
    a lost answer or worse, one time after the other."""

    def __init__(self, **fails: list[Callable[[Call], BaseException]]) -> None:
        self.groups: dict[str, dict[str, Any]] = {
            FORENSIC: {"GroupId": FORENSIC, "GroupName": "CordonForensic", "VpcId": VPC}
        }
        self.interfaces = {FIRST: [FORENSIC], SECOND: [FORENSIC]}
        self.tags: dict[str, str] = {}
        self.achieved: set[str] = set()
        self.was_in: list[tuple[str, str]] = []
        self.open_rules: list[str] = []
        self._fails = {OPEN: fails.get("opening", []), FORENSIC: fails.get("closing", [])}

    def background(self, ask: Callable[[], Any]) -> Future[Any]:
        done: Future[Any] = Future()
        done.set_result(ask())
        return done

    def pages(self, call: Call, _key: str) -> list[Any]:
        if call.operation == "DescribeSecurityGroups":
            return list(self.groups.values())
        return [
            {"NetworkInterfaceId": one, "Groups": [{"GroupId": group} for group in groups]}
            for one, groups in self.interfaces.items()
        ]

    def answer(self, call: Call) -> dict[str, Any]:
        given: Any = call.parameters
        match call.operation:
            case "CreateSecurityGroup":
                self.groups[OPEN] = {
                    "GroupId": OPEN,
                    "GroupName": given["GroupName"],
                    **deepcopy(ONLY_OUT),
                    "VpcId": VPC,
                }
                return self.groups[OPEN]
            case "AuthorizeSecurityGroupIngress":
                self.groups[given["GroupId"]]["IpPermissions"] += given["IpPermissions"]
            case "AuthorizeSecurityGroupEgress":
                self.groups[given["GroupId"]]["IpPermissionsEgress"] += given["IpPermissions"]
            case "DeleteSecurityGroup":
                if [given["GroupId"]] in self.interfaces.values():
                    raise AwsError("delete", "it is in use", "", code="DependencyViolation")
                del self.groups[given["GroupId"]]
            case "CreateTags":
                self.tags |= dict.fromkeys(given["Resources"], given["Tags"][0]["Value"])
            case "ModifyNetworkInterfaceAttribute":
                self._move(call, given["NetworkInterfaceId"], given["Groups"])
            case unknown:
                raise AssertionError(unknown)
        return {}

    def _move(self, call: Call, interface: str, groups: list[str]) -> None:
        failing = self._fails[groups[0]]
        error = failing.pop(0)(call) if failing else None
        if not isinstance(error, AwsError) or isinstance(error, LostAnswerError):
            self.interfaces[interface] = groups
            self.was_in.append((interface, groups[0]))
            if groups == [OPEN]:
                self.open_rules = rules_of(self.groups[OPEN])
        if error is not None:
            raise error


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conversion_writer, "PAUSE_S", 0)


def cut(network: Any, *interfaces: str) -> list[Any]:
    calls = [
        Call(
            account="111122223333",
            region="us-east-1",
            service=MERGED,
            operation=CUT_FLOWS,
            parameters={"NetworkInterfaceId": one, "VpcId": VPC, "DwellMs": 0},
        )
        for one in interfaces
    ]
    return list(conversion_writer.cut_flows(network, calls))


def test_each_is_opened_both_ways_and_closed_and_the_group_is_removed() -> None:
    network = Network()
    assert cut(network, FIRST, SECOND) == [None, None]
    for one in (FIRST, SECOND):
        assert [group for interface, group in network.was_in if interface == one] == [OPEN, FORENSIC]
        assert "open for at most" in network.tags[one]
    assert network.open_rules == OPEN_RULES
    assert list(network.groups) == [FORENSIC]


@pytest.mark.parametrize("failing", [lost, refused])
def test_one_that_may_be_open_is_closed_and_not_marked(failing: Callable[[Call], BaseException]) -> None:
    network = Network(opening=[failing])
    (error,) = cut(network, FIRST)
    assert isinstance(error, AwsError)
    assert network.interfaces[FIRST] == [FORENSIC] and network.was_in[-1] == (FIRST, FORENSIC)
    assert network.tags == {}
    assert ("open to everybody for" in str(error)) is (failing is lost), "how long, where it may have been open"


def test_lost_answers_to_closing_are_resolved_by_looking() -> None:
    network = Network(closing=[lost] * 5)
    assert cut(network, FIRST) == [None]
    assert FIRST in network.tags


def test_an_interrupted_run_closes_what_it_has_opened() -> None:
    network = Network(opening=[lambda _call: KeyboardInterrupt()])
    with pytest.raises(KeyboardInterrupt):
        cut(network, FIRST)
    assert network.interfaces[FIRST] == [FORENSIC] and list(network.groups) == [FORENSIC]


def test_closing_is_tried_again() -> None:
    network = Network(closing=[refused, lost, refused, refused])
    assert cut(network, FIRST) == [None]
    assert network.interfaces[FIRST] == [FORENSIC] and FIRST in network.tags


def test_one_that_cannot_be_closed_is_told_in_capitals_and_keeps_its_group() -> None:
    network = Network(closing=[refused] * 5)
    (error,) = cut(network, FIRST)
    assert "OPEN TO EVERYBODY" in str(error) and FORENSIC in str(error)
    assert network.tags == {} and OPEN in network.groups, "where it is found by the next run"


@pytest.mark.parametrize("groups", [[OTHER], [FORENSIC, OTHER], []])
def test_one_that_is_not_contained_is_not_opened(groups: list[str]) -> None:
    network = Network()
    network.interfaces[FIRST] = groups
    error, other = cut(network, FIRST, SECOND)
    assert "it would not be contained afterwards" in str(error) and other is None
    assert (FIRST, OPEN) not in network.was_in and network.interfaces[FIRST] == groups


def test_a_group_of_that_name_that_somebody_made_is_put_right_first() -> None:
    network = Network()
    network.groups[OPEN] = {"GroupId": OPEN, "GroupName": "CordonOpen", **deepcopy(ONLY_OUT), "VpcId": VPC}
    assert cut(network, FIRST) == [None]
    assert network.open_rules == OPEN_RULES
