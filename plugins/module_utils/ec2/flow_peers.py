# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whom an interface has talked to of late, out of the flow logs that go to CloudWatch Logs.
https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-cwl.html"""

from __future__ import annotations

import ipaddress
import re
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ansible_collections.cordon.aws.plugins.module_utils.asked_together import Listing, by_filter
from ansible_collections.cordon.aws.plugins.module_utils.errors import CordonError
from ansible_collections.cordon.aws.plugins.module_utils.plan import Call, Json
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads

FLOW_LOGS = Listing(
    service="ec2",
    operation="DescribeFlowLogs",
    items="FlowLogs",
    ids_of=lambda log: (log["ResourceId"],),
    asked_by=lambda ids: {"Filter": by_filter("resource-id")(ids)["Filters"]},
    most=200,
)
MOST_PAGES = 5
"""Of up to 10,000 records: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html"""
_USUAL_FORMAT = (
    "${version} ${account-id} ${interface-id} ${srcaddr} ${dstaddr} ${srcport} ${dstport} ${protocol} ${packets} ${bytes} ${start} "
    "${end} ${action} ${log-status}"
)
_ICMP = ("1", "58")
"""https://www.iana.org/assignments/protocol-numbers"""


@dataclass(kw_only=True, slots=True)
class Seen:
    """What the logs of one interface tell. `unread`: why they do not tell all; empty where they do."""

    records: Counter[str] = field(default_factory=Counter)
    """peer, as a network of one address -> how many records there are of it"""
    icmp: set[str] = field(default_factory=set)
    unread: str = ""


def peers_seen(reads: Reads, account: str, region: str, interface: Mapping[str, Json], minutes: int) -> Seen:
    """The peers of the last minutes."""
    resources = [interface[key] for key in ("NetworkInterfaceId", "SubnetId", "VpcId")]
    logs = [log for one in resources for log in reads.each(FLOW_LOGS, account, region, one)]
    readable = [
        log
        for log in logs
        if log.get("LogDestinationType") == "cloud-watch-logs"
        and log.get("LogGroupName")
        and log.get("TrafficType") != "REJECT"
    ]
    if not readable:
        there = f"{len(logs)} flow logs go elsewhere" if logs else "there is no flow log"
        return Seen(unread=f"{there} of {', '.join(resources)} that goes to CloudWatch Logs" if not logs else there)
    seen = Seen()
    own = {one["PrivateIpAddress"] for one in interface.get("PrivateIpAddresses", ())}
    own |= {one["Ipv6Address"] for one in interface.get("Ipv6Addresses", ())}
    for log in readable:
        call = Call(
            account=account,
            region=region,
            service="logs",
            operation="FilterLogEvents",
            parameters={
                "logGroupName": log["LogGroupName"],
                "logStreamNamePrefix": interface["NetworkInterfaceId"],
                "startTime": (int(time.time()) // 60 - minutes) * 60_000,
            },
        )
        try:
            seen.unread = _read(reads, call, log.get("LogFormat") or _USUAL_FORMAT, own, seen) or seen.unread
        except CordonError as error:
            seen.unread = str(error)
    return seen


def _read(reads: Reads, call: Call, log_format: str, own: set[str], seen: Seen) -> str:
    """Take in what one log tells; returns what kept it from telling all."""
    names = re.findall(r"\$\{([a-z0-9-]+)\}", log_format)
    if "srcaddr" not in names or "dstaddr" not in names:
        return f"the flow log in {call.parameters['logGroupName']} does not hold both addresses"
    token: dict[str, Json] = {}
    for _page in range(MOST_PAGES):
        answer = reads.read_once(
            Call(
                account=call.account,
                region=call.region,
                service=call.service,
                operation=call.operation,
                parameters={**call.parameters, **token},
            )
        )
        for event in answer.get("events", ()):
            _take(dict(zip(names, str(event["message"]).split(), strict=False)), own, seen)
        if not answer.get("nextToken"):
            return ""
        token = {"nextToken": answer["nextToken"]}
    return f"the flow log in {call.parameters['logGroupName']} holds more than was read of it"


def _take(record: Mapping[str, str], own: set[str], seen: Seen) -> None:
    """Records without data have a dash for what they do not know."""
    if record.get("action", "ACCEPT") != "ACCEPT":
        return
    ends = [record.get(name, "-") for name in ("srcaddr", "dstaddr")]
    for peer in _others(ends, own):
        seen.records[peer] += 1
        if record.get("protocol") in _ICMP:
            seen.icmp.add(peer)


def _others(ends: Sequence[str], own: set[str]) -> list[str]:
    found = []
    for end in ends:
        try:
            address = ipaddress.ip_address(end)
        except ValueError:
            continue
        if str(address) not in own and not address.is_link_local and not address.is_multicast:
            found.append(str(ipaddress.ip_network(address)))
    return found
