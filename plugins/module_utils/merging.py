# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Who carries out the calls that are none of AWS's (`plan.MERGED`), by operation: in one visible list."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from ansible_collections.cordon.aws.plugins.module_utils.cloud import Cloud
from ansible_collections.cordon.aws.plugins.module_utils.ec2 import (
    acl_entries,
    acl_writer,
    auto_scaling_groups,
    auto_scaling_writer,
    conversion,
    conversion_writer,
    dns_block,
    dns_block_writer,
    firewalls,
    flow_marks,
    forensic_group,
    forensic_group_writer,
    instance_profiles,
    instance_profiles_writer,
    marks_writer,
    older_sessions,
    older_sessions_writer,
    power_states,
    power_writer,
    role_sessions,
    role_sessions_writer,
    target_registrations,
    target_registrations_writer,
)
from ansible_collections.cordon.aws.plugins.module_utils.errors import CordonError
from ansible_collections.cordon.aws.plugins.module_utils.lambda_functions import event_sources, event_sources_writer
from ansible_collections.cordon.aws.plugins.module_utils.organizations import scp_document, scp_writer
from ansible_collections.cordon.aws.plugins.module_utils.plan import Call
from ansible_collections.cordon.aws.plugins.module_utils.rds import settings, settings_writer

Carrier = Callable[[Cloud, Sequence[Call]], Sequence[CordonError | None]]
"""Carries out calls of one operation, those of many targets at once; per call what kept it from being done."""

_CARRIERS: Mapping[str, Carrier] = {
    scp_document.OPERATION: scp_writer.set_quarantine,
    auto_scaling_groups.SET_PROTECTION: auto_scaling_writer.set_protection,
    auto_scaling_groups.SET_STANDBY: auto_scaling_writer.set_standby,
    auto_scaling_groups.DETACH: auto_scaling_writer.detach,
    auto_scaling_groups.ATTACH: auto_scaling_writer.attach,
    target_registrations.DEREGISTER: target_registrations_writer.deregister,
    target_registrations.REGISTER: target_registrations_writer.register,
    target_registrations.DEREGISTER_CLASSIC: target_registrations_writer.deregister_classic,
    target_registrations.REGISTER_CLASSIC: target_registrations_writer.register_classic,
    forensic_group.SET_RULES: forensic_group_writer.set_rules,
    forensic_group.SET_GROUPS: forensic_group_writer.set_groups,
    acl_entries.DENY_PEER: acl_writer.deny_peers,
    acl_entries.ALLOW_PEER: acl_writer.allow_peers,
    conversion.CUT_FLOWS: conversion_writer.cut_flows,
    firewalls.FLUSH: firewalls.flush,
    instance_profiles.SET_PROFILE: instance_profiles_writer.set_profiles,
    role_sessions.SET_DENIED: role_sessions_writer.set_denied,
    older_sessions.SET_OLDER: older_sessions_writer.set_older,
    flow_marks.UNMARK: marks_writer.unmark,
    dns_block.SET_BLOCK: dns_block_writer.set_blocks,
    power_states.SET_POWER: power_writer.set_power,
    event_sources.UPDATE_MAPPING: event_sources_writer.update_mappings,
    settings.OPERATION: settings_writer.set_settings,
}


def carry_together(cloud: Cloud, calls: Sequence[Call]) -> list[CordonError | None]:
    """Carry out `calls`, those of one operation at once, operations in the order in which they come first."""
    answers: dict[int, CordonError | None] = {}
    for operation in dict.fromkeys(call.operation for call in calls):
        numbers = [number for number, call in enumerate(calls) if call.operation == operation]
        errors = _CARRIERS[operation](cloud, [calls[number] for number in numbers])
        answers.update(zip(numbers, errors, strict=True))
    return [answers[number] for number in range(len(calls))]
