"""Whom flow logs tell an interface has talked to, and what is said where they do not tell."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.cordon.aws.plugins.module_utils.ec2.flow_peers import MOST_PAGES, peers_seen
from ansible_collections.cordon.aws.plugins.module_utils.errors import AwsError
from ansible_collections.cordon.aws.plugins.module_utils.plan import Call

INTERFACE = {
    "NetworkInterfaceId": "eni-1",
    "SubnetId": "subnet-1",
    "VpcId": "vpc-1",
    "PrivateIpAddresses": [{"PrivateIpAddress": "10.0.0.4"}],
    "Ipv6Addresses": [{"Ipv6Address": "2001:db8::4"}],
}
LOG = {"LogDestinationType": "cloud-watch-logs", "LogGroupName": "flows", "TrafficType": "ALL"}


class Logs:
    """Flow logs as DescribeFlowLogs and FilterLogEvents tell them: `pages` of lines for every group."""

    def __init__(self, pages: list[list[str]], **logs: dict[str, Any]) -> None:
        self._pages, self._logs = pages, logs
        self.asked: list[Call] = []

    def each(self, _listing: Any, _account: str, _region: str, ident: str) -> list[dict[str, Any]]:
        return [self._logs[ident.partition("-")[0]]] if ident.partition("-")[0] in self._logs else []

    def read_once(self, call: Call) -> dict[str, Any]:
        self.asked.append(call)
        number = int(call.parameters.get("nextToken", 0))
        more = {"nextToken": str(number + 1)} if number + 1 < len(self._pages) else {}
        return {"events": [{"message": line} for line in self._pages[number]], **more}


def line(source: str, destination: str, protocol: int = 6, action: str = "ACCEPT") -> str:
    """A record of the default format: https://docs.aws.amazon.com/vpc/latest/userguide/flow-log-records.html"""
    return f"2 111122223333 eni-1 {source} {destination} 443 50000 {protocol} 10 640 1769828645 1769828704 {action} OK"


def seen(logs: Any) -> Any:
    return peers_seen(logs, "111122223333", "us-east-1", INTERFACE, 60)


def test_both_ends_of_what_was_accepted_are_peers_but_not_the_interface_itself() -> None:
    logs = Logs(
        [
            [line("10.0.0.4", "198.51.100.7"), line("198.51.100.7", "10.0.0.4"), line("203.0.113.9", "10.0.0.4")],
            [
                line("2001:db8::4", "2001:db8:1::7", 58),
                line("192.0.2.1", "10.0.0.4", action="REJECT"),
                line("10.0.0.4", "169.254.169.254"),
                "2 111122223333 eni-1 - - - - - - - 1769828645 1769828704 - NODATA",
            ],
        ],
        vpc=LOG,
    )
    found = seen(logs)
    assert found.records == {"198.51.100.7/32": 2, "203.0.113.9/32": 1, "2001:db8:1::7/128": 1}
    assert found.icmp == {"2001:db8:1::7/128"} and found.unread == ""
    assert {call.parameters["logStreamNamePrefix"] for call in logs.asked} == {"eni-1"}


@pytest.mark.parametrize(
    ("log", "said"),
    [
        ({}, "there is no flow log of eni-1, subnet-1, vpc-1"),
        ({"vpc": {**LOG, "LogDestinationType": "s3"}}, "1 flow logs go elsewhere"),
        ({"subnet": {**LOG, "TrafficType": "REJECT"}}, "1 flow logs"),
        ({"eni": {**LOG, "LogFormat": "${srcaddr} ${bytes}"}}, "does not hold both addresses"),
    ],
)
def test_what_cannot_be_read_is_told(log: dict[str, Any], said: str) -> None:
    found = seen(Logs([[]], **log))
    assert said in found.unread and not found.records


def test_a_format_of_ones_own_is_read_by_its_fields() -> None:
    own = {**LOG, "LogFormat": "${dstaddr} ${protocol} ${srcaddr}"}
    found = seen(Logs([["198.51.100.7 1 10.0.0.4"]], eni=own))
    assert found.records == {"198.51.100.7/32": 1} and found.icmp == {"198.51.100.7/32"}


def test_a_log_that_never_ends_is_read_so_far_and_told() -> None:
    logs = Logs([[line("10.0.0.4", f"198.51.100.{number}")] for number in range(50)], vpc=LOG)
    found = seen(logs)
    assert len(logs.asked) == MOST_PAGES == len(found.records)
    assert "holds more than was read" in found.unread


def test_a_log_that_may_not_be_read_is_told_and_stops_nothing() -> None:
    class Refusing(Logs):
        def read_once(self, call: Call) -> dict[str, Any]:
            raise AwsError("call logs:FilterLogEvents", "AccessDeniedException", "Ask for it.", code="AccessDenied")

    assert "AccessDeniedException" in seen(Refusing([[]], vpc=LOG)).unread
