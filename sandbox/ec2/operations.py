"""Every call to EC2 that is answered or checked here: one table of each."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sandbox.ec2 import (
    acl_entries,
    attachments,
    filters,
    instance_attributes,
    instance_list,
    interface_groups,
    interface_list,
    launched,
    metadata_options,
    power,
    profiles,
    regions,
    security_groups,
    serial_console,
    snapshot_permissions,
    tags,
    trunks,
)
from sandbox.flows import settings as flow_settings
from sandbox.model import ApiRequest, Caller

Guard = Callable[[ApiRequest, Caller], None]

HANDLERS = {
    **acl_entries.HANDLERS,
    **instance_attributes.HANDLERS,
    **instance_list.HANDLERS,
    **interface_groups.HANDLERS,
    **interface_list.HANDLERS,
    **metadata_options.HANDLERS,
    **power.HANDLERS,
    **profiles.HANDLERS,
    **serial_console.HANDLERS,
    **snapshot_permissions.HANDLERS,
    **regions.HANDLERS,
    **trunks.HANDLERS,
}


def _together(*tables: Mapping[tuple[str, str], Guard]) -> dict[tuple[str, str], Guard]:
    """Of several checks of one operation all are made."""
    found: dict[tuple[str, str], list[Guard]] = {}
    for table in tables:
        for key, guard in table.items():
            found.setdefault(key, []).append(guard)
    return {key: _all(guards) for key, guards in found.items()}


def _all(guards: list[Guard]) -> Guard:
    def check(request: ApiRequest, caller: Caller) -> None:
        for guard in guards:
            guard(request, caller)

    return check


GUARDS = _together(
    attachments.GUARDS,
    filters.GUARDS,
    flow_settings.GUARDS,
    instance_attributes.GUARDS,
    interface_groups.GUARDS,
    launched.GUARDS,
    power.GUARDS,
    security_groups.GUARDS,
    snapshot_permissions.GUARDS,
    tags.GUARDS,
)
