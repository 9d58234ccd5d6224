"""VPC flow logs of the sandbox's flows, delivered to CloudWatch Logs whenever Logs is looked at next.
https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-records.html"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from moto.backends import get_backend

from sandbox.flows.book import Kept
from sandbox.flows.tracking import Fate, packets_between

if TYPE_CHECKING:
    from sandbox.world import World

_NUMBERS = {"tcp": "6", "udp": "17", "icmp": "1"}
_BYTES_A_PACKET = 64
_MOST_INTERVALS = 1_000
"""How far back a look reaches, in aggregation intervals of one flow."""


class FlowLogs:
    """What has been delivered."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._delivered: set[tuple[str, str, int]] = set()
        self._lock = threading.Lock()

    def forget(self) -> None:
        self._delivered.clear()

    def deliver(self, account: str, region: str) -> None:
        """Bring the records of all aggregation intervals that are over into their log groups."""
        logs = [log for log in list(get_backend("ec2")[account][region].flow_logs.values()) if _is_for_logs(log)]
        if not logs:
            return
        with self._lock:
            for kept, fate in self._world.flows.all(account, region):
                for log in logs:
                    if log.traffic_type != "REJECT" and log.resource_id in kept.resources:
                        self._write(log, kept, fate)

    def _write(self, log: Any, kept: Kept, fate: Fate) -> None:
        group = get_backend("logs")[kept.account][kept.region].groups.get(log.log_group_name)
        if group is None:
            return
        name = f"{kept.interface_id}-{log.traffic_type.lower()}"
        for start, packets in self._intervals(log, kept, fate):
            key = (log.id, kept.id, start)
            if key in self._delivered:
                continue
            self._delivered.add(key)
            end = start + int(log.max_aggregation_interval)
            if name not in group.streams:
                group.create_log_stream(name)
            lines = [_line(log, kept, start, end - 1, packets, inward) for inward in (False, True)]
            group.put_log_events(name, [{"timestamp": start * 1000, "message": line} for line in lines])

    def _intervals(self, log: Any, kept: Kept, fate: Fate) -> Iterator[tuple[int, int]]:
        """(start, packets of each direction) of the intervals in which the flow had traffic and the log was there."""
        length = int(log.max_aggregation_interval)
        now = self._world.clock.now()
        begin = max(kept.flow.began_at, _aware(log.creation_time))
        last = min(now.timestamp() // length, (fate.ended_at or now).timestamp() // length + 1)
        first = max(begin.timestamp() // length, last - _MOST_INTERVALS)
        for number in range(int(first), int(last)):
            start = max(datetime.fromtimestamp(number * length, UTC), begin)
            end = min(datetime.fromtimestamp((number + 1) * length, UTC), fate.ended_at or now)
            packets = packets_between(kept.flow, start, end)
            if packets:
                yield number * length, packets


def _is_for_logs(log: Any) -> bool:
    return bool(log.log_destination_type == "cloud-watch-logs" and log.log_group_name)


def _aware(time: Any) -> datetime:
    """moto's times have no zone."""
    found = time if isinstance(time, datetime) else datetime.fromisoformat(str(time))
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _line(log: Any, kept: Kept, start: int, end: int, packets: int, inward: bool) -> str:
    local, peer = (str(kept.local), kept.flow.local_port), (str(kept.flow.peer), kept.flow.peer_port)
    source, destination = (peer, local) if inward else (local, peer)
    known = {
        "version": "2",
        "account-id": kept.account,
        "interface-id": kept.interface_id,
        "srcaddr": source[0],
        "dstaddr": destination[0],
        "srcport": source[1],
        "dstport": destination[1],
        "protocol": "58"
        if kept.flow.protocol == "icmp" and kept.flow.peer.version == 6
        else _NUMBERS[kept.flow.protocol],
        "packets": packets,
        "bytes": packets * _BYTES_A_PACKET,
        "start": start,
        "end": end,
        "action": "ACCEPT",
        "log-status": "OK",
        "vpc-id": kept.resources[2],
        "subnet-id": kept.resources[1],
        "instance-id": kept.instance_id,
        "flow-direction": "ingress" if inward else "egress",
    }
    return " ".join(str(known.get(name, "-")) for name in re.findall(r"\$\{([a-z0-9-]+)\}", log.log_format))
