# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Network Firewalls in the path of an interface's flows, and flushing them of these flows.
https://docs.aws.amazon.com/network-firewall/latest/developerguide/firewall-flow-operations.html"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime

from ansible_collections.cordon.aws.plugins.module_utils.cloud import Cloud
from ansible_collections.cordon.aws.plugins.module_utils.ec2.batches import ATTEMPTS, PAUSE_S, Answer
from ansible_collections.cordon.aws.plugins.module_utils.ec2.flow_marks import FLUSH_MARK, flush_mark
from ansible_collections.cordon.aws.plugins.module_utils.ec2.marks_writer import mark
from ansible_collections.cordon.aws.plugins.module_utils.errors import AwsError, CordonError
from ansible_collections.cordon.aws.plugins.module_utils.parallel import in_parallel
from ansible_collections.cordon.aws.plugins.module_utils.plan import Call, Json
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads

FLUSH = "FlushFirewallFlows"
"""The merged call {"NetworkInterfaceId", "Firewalls": [[ARN, Availability Zone]], "Addresses"}."""
MOST_FILTERS = 20
"""https://docs.aws.amazon.com/network-firewall/latest/APIReference/API_StartFlowFlush.html"""
WAIT_S = 60.0
WAIT_STEP_S = 0.5
_SERVICE = "network-firewall"


def firewall_endpoints(reads: Reads, account: str, region: str) -> dict[str, tuple[str, str]]:
    """VPC endpoint -> (ARN of its firewall, Availability Zone)"""

    def asked(operation: str, **parameters: Json) -> Call:
        return Call(account=account, region=region, service=_SERVICE, operation=operation, parameters=parameters)

    found: dict[str, tuple[str, str]] = {}
    firewalls = reads.pages(asked("ListFirewalls"), "Firewalls")
    calls = [asked("DescribeFirewall", FirewallArn=firewall["FirewallArn"]) for firewall in firewalls]
    for call in calls:
        reads.ahead(call)
    for call in calls:
        states = reads.read(call)["FirewallStatus"].get("SyncStates") or {}
        for zone, state in states.items():
            endpoint = (state.get("Attachment") or {}).get("EndpointId")
            if endpoint:
                found[endpoint] = (call.parameters["FirewallArn"], zone)
    return found


def addresses_of(interface: Json) -> list[str]:
    """Every private address of an interface, and every one of IPv6."""
    private = [one["PrivateIpAddress"] for one in interface.get("PrivateIpAddresses", ())]
    found = [*private, *(one["Ipv6Address"] for one in interface.get("Ipv6Addresses", ()))]
    return sorted(dict.fromkeys(found or [interface["PrivateIpAddress"]]))


def flush(cloud: Cloud, calls: Sequence[Call]) -> list[Answer]:
    """Carry out calls of `FLUSH`: what one endpoint is to be flushed of in as few requests as AWS allows. It is waited for."""
    wanted: dict[tuple[str, str, str, str], list[tuple[int, str]]] = defaultdict(list)
    for number, call in enumerate(calls):
        for arn, zone in call.parameters["Firewalls"]:
            wanted[call.account, call.region, arn, zone].extend(
                (number, address) for address in call.parameters["Addresses"]
            )
    failed: dict[int, CordonError] = {}
    parts = [
        (place, some[start : start + MOST_FILTERS // 2])
        for place, some in wanted.items()
        for start in range(0, len(some), MOST_FILTERS // 2)
    ]
    for (_place, some), error in zip(parts, in_parallel(parts, lambda part: _flushed(cloud, *part)), strict=True):
        if error is not None:
            failed.update(dict.fromkeys((number for number, _address in some), error))
    now = flush_mark(datetime.now(UTC))
    values = {number: now for number in range(len(calls)) if number not in failed}
    marked = mark(cloud, FLUSH_MARK, values, calls)
    return [failed.get(number, marked.get(number)) for number in range(len(calls))]


def _flushed(
    cloud: Cloud, place: tuple[str, str, str, str], addresses: Sequence[tuple[int, str]]
) -> CordonError | None:
    """Flush one endpoint of the flows of some addresses, from them and to them. To do so twice is the same."""
    account, region, arn, zone = place
    filters = [
        {end: {"AddressDefinition": address}}
        for _number, address in addresses
        for end in ("SourceAddress", "DestinationAddress")
    ]
    scope = {"FirewallArn": arn, "AvailabilityZone": zone}

    def call(operation: str, **more: Json) -> Call:
        return Call(account=account, region=region, service=_SERVICE, operation=operation, parameters={**scope, **more})

    for attempt in range(1, ATTEMPTS + 1):
        try:
            started = cloud.answer(call("StartFlowFlush", FlowFilters=filters))
            return _awaited(cloud, call("DescribeFlowOperation", FlowOperationId=started["FlowOperationId"]))
        except AwsError as error:
            if attempt == ATTEMPTS or not error.may_have_happened:
                return error
            time.sleep(PAUSE_S)
    return None


def _awaited(cloud: Cloud, call: Call) -> CordonError | None:
    deadline = time.monotonic() + WAIT_S
    while True:
        answer = cloud.read(call)
        status = answer["FlowOperationStatus"]
        if status in ("COMPLETED", "COMPLETED_WITH_ERRORS", "FAILED") or time.monotonic() > deadline:
            break
        time.sleep(WAIT_STEP_S)
    if status == "COMPLETED":
        return None
    return AwsError(
        f"flush the firewall {call.parameters['FirewallArn']} in {call.parameters['AvailabilityZone']}",
        f"the operation is {status}: {answer.get('StatusMessage') or 'AWS says no more'}",
        "Repeat the run.",
        code=status,
    )
