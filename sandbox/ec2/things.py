"""Instances, interfaces and security groups by their ids, and how EC2 refuses ids that are none.
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from moto.backends import get_backend

from sandbox.errors import ApiError
from sandbox.model import ApiRequest, Caller

_HEX = "([0-9a-f]{8}|[0-9a-f]{17})"
_INSTANCE, _INTERFACE, _GROUP = (re.compile(f"{prefix}-{_HEX}") for prefix in ("i", "eni", "sg"))


def backend(request: ApiRequest, caller: Caller) -> Any:
    """moto's EC2 of the caller's account and the request's region."""
    return get_backend("ec2")[caller.account][request.region]


def all_instances(ec2: Any) -> Iterator[Any]:
    """Every instance there is, terminated ones too."""
    for reservation in list(ec2.reservations.values()):
        yield from reservation.instances


def instances(ec2: Any, ids: Iterable[str]) -> list[Any]:
    """The instances of these ids, in their order. Raises ApiError for the first id that cannot be one, and for all that are not there."""
    wanted = list(dict.fromkeys(map(str, ids)))
    _well_formed(_INSTANCE, wanted, "InvalidInstanceID.Malformed")
    there = {one.id: one for one in all_instances(ec2)}
    lost = [one for one in wanted if one not in there]
    if lost:
        what = f"ID '{lost[0]}' does" if len(lost) == 1 else f"IDs '{', '.join(lost)}' do"
        raise ApiError("InvalidInstanceID.NotFound", f"The instance {what} not exist")
    return [there[one] for one in wanted]


def instance(ec2: Any, instance_id: Any) -> Any:
    """One instance, terminated or not."""
    return instances(ec2, [instance_id])[0]


def living(ec2: Any, instance_id: Any) -> Any:
    """An instance that has not been terminated."""
    found = instance(ec2, instance_id)
    if found.state in ("terminated", "shutting-down"):
        raise ApiError("IncorrectInstanceState", f"The instance '{found.id}' is {found.state}.")
    return found


def interfaces(ec2: Any, ids: Iterable[str]) -> list[Any]:
    """Network interfaces, in the order of these ids."""
    wanted = list(dict.fromkeys(map(str, ids)))
    _well_formed(_INTERFACE, wanted, "InvalidNetworkInterfaceId.Malformed")
    lost = [one for one in wanted if one not in ec2.enis]
    if lost:
        what = f"ID '{lost[0]}' does" if len(lost) == 1 else f"IDs '{', '.join(lost)}' do"
        raise ApiError("InvalidNetworkInterfaceID.NotFound", f"The networkInterface {what} not exist")
    return [ec2.enis[one] for one in wanted]


def interface(ec2: Any, interface_id: Any) -> Any:
    """One network interface."""
    return interfaces(ec2, [interface_id])[0]


def all_groups(ec2: Any) -> dict[str, Any]:
    """Every security group by its id."""
    return {group_id: group for of_vpc in list(ec2.groups.values()) for group_id, group in list(of_vpc.items())}


def groups(ec2: Any, ids: Iterable[str]) -> list[Any]:
    """Security groups, in the order of these ids."""
    wanted = list(dict.fromkeys(map(str, ids)))
    _well_formed(_GROUP, wanted, "InvalidGroupId.Malformed")
    there = all_groups(ec2)
    lost = next((one for one in wanted if one not in there), None)
    if lost is not None:
        raise ApiError("InvalidGroup.NotFound", f"The security group '{lost}' does not exist")
    return [there[one] for one in wanted]


def said(found: Mapping[str, Any]) -> dict[str, Any]:
    """Without what there is nothing to say of."""
    return {name: value for name, value in found.items() if value is not None}


def refuse_dry_run(given: Mapping[str, Any]) -> None:
    """To be asked when nothing else refuses the call: what follows would change something."""
    if given.get("DryRun"):
        raise ApiError("DryRunOperation", "Request would have succeeded, but DryRun flag is set.", 412)


def _well_formed(pattern: re.Pattern[str], ids: Iterable[str], code: str) -> None:
    strange = next((one for one in ids if not pattern.fullmatch(one)), None)
    if strange is not None:
        raise ApiError(code, f'Invalid id: "{strange}"')
