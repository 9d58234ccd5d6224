# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What an operator's wishes for instances come to: which measures, each as it is wished, in which order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from ansible_collections.cordon.aws.plugins.module_utils.containment import Containment, chosen
from ansible_collections.cordon.aws.plugins.module_utils.ec2.conversion import DWELL_MS
from ansible_collections.cordon.aws.plugins.module_utils.errors import InputError
from ansible_collections.cordon.aws.plugins.module_utils.measure import Measure
from ansible_collections.cordon.aws.plugins.module_utils.measures import role_sessions
from ansible_collections.cordon.aws.plugins.module_utils.measures.auto_scaling import AutoScaling
from ansible_collections.cordon.aws.plugins.module_utils.measures.dns import Dns
from ansible_collections.cordon.aws.plugins.module_utils.measures.instance_profile import InstanceProfile
from ansible_collections.cordon.aws.plugins.module_utils.measures.metadata import Metadata
from ansible_collections.cordon.aws.plugins.module_utils.measures.network import Network
from ansible_collections.cordon.aws.plugins.module_utils.measures.power import How, Power
from ansible_collections.cordon.aws.plugins.module_utils.measures.role_sessions import RoleSessions
from ansible_collections.cordon.aws.plugins.module_utils.measures.tracked_flows import TrackedFlows
from ansible_collections.cordon.aws.plugins.module_utils.targets.ec2_instance import EC2_INSTANCE, residual, unchecked
from ansible_collections.cordon.aws.plugins.module_utils.times import as_text, parse_time

FLOW_LOG_MINUTES = 60


@dataclass(frozen=True, kw_only=True, slots=True)
class Wishes:
    """What an operator may say of the measures; what is left out is the usual."""

    allow_from: tuple[str, ...] = ()
    allow_endpoints: tuple[str, ...] = ()
    convert_flows: bool = True
    conversion_dwell_ms: int = DWELL_MS
    remote_peers: tuple[str, ...] = ()
    on_record: Callable[[], frozenset[str]] = frozenset
    """The facets that open cases prove to be in force."""
    peers_from_flow_logs: bool = True
    flow_log_minutes: int = FLOW_LOG_MINUTES
    auto_scaling: Literal["standby", "detach"] = "standby"
    keep_capacity: bool = True
    agent_profile: str | None = None
    """Of an agent that goes on getting credentials; None where there is none."""
    role_sessions_before: str = ""
    """The time before which all sessions of an instance's role are denied, others' included; empty for its own alone."""
    dns: Literal["report", "vpc"] = "report"
    power: How = "keep"


def containment_of_instances(names: Sequence[str] | None, wishes: Wishes) -> Containment:
    """`names`: the measures asked for, None for all."""
    acts = {"dns": wishes.dns != "report", "power": wishes.power != "keep"}
    # What only tells how things are proves nothing, unless nothing else is asked for.
    alone = names is not None and all(name in acts and not acts[name] for name in names)
    wished: dict[str, Measure] = {
        measure.NAME: measure
        for measure in (
            AutoScaling(how=wishes.auto_scaling, keep_capacity=wishes.keep_capacity),
            Network(allow_from=wishes.allow_from, allow_endpoints=wishes.allow_endpoints),
            TrackedFlows(
                convert_flows=wishes.convert_flows,
                dwell_ms=wishes.conversion_dwell_ms,
                remote_peers=wishes.remote_peers,
                allow_from=wishes.allow_from,
                on_record=wishes.on_record,
                flow_log_minutes=wishes.flow_log_minutes if wishes.peers_from_flow_logs else 0,
            ),
            Metadata(keep_agent=wishes.agent_profile is not None),
            InstanceProfile(
                agent_profile=wishes.agent_profile, after_denial=names is None or role_sessions.NAME in names
            ),
            RoleSessions(
                agent_profile=wishes.agent_profile,
                looks_everywhere=False,
                sessions_before=wishes.role_sessions_before,
            ),
            Dns(how=wishes.dns, looks=acts["dns"], alone=alone),
            Power(how=wishes.power, looks=acts["power"], alone=alone),
        )
    }
    measures = tuple(wished.get(measure.NAME, measure) for measure in EC2_INSTANCE)
    return Containment(measures=chosen(measures, names), left_open=unchecked, residue=residual)


def within(option: str, value: int, least: int, most: int) -> int:
    """The value of an option that must be from `least` to `most`."""
    if not least <= value <= most:
        raise InputError(f"use `{option}` = {value}", "it is out of bounds", f"Give a number from {least} to {most}.")
    return value


def past_time(text: str | None, option: str) -> str:
    """The value of an option as IAM's conditions write it, empty where it is not given. Raises InputError for one that is still to come:
    it would deny credentials that nobody has yet."""
    if text is None:
        return ""
    found = parse_time(text, option)
    if found > datetime.now(UTC):
        raise InputError(f"use `{option}` = {ascii(text)[:80]}", "it is still to come", "Give a time that is past.")
    return as_text(found)
