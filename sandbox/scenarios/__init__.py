"""What can be planted into a sandbox at its start: a name and the function that plants it. One line each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from sandbox.scenarios import (
    compromised_instance,
    fighting_attacker,
    instance_fleet,
    large_organization,
    leaked_key,
    privileged_identities,
)

if TYPE_CHECKING:
    from sandbox.world import World

PLANTS: dict[str, Callable[[World], Mapping[str, Any]]] = {
    "compromised-instance": compromised_instance.plant,
    "fighting-attacker": fighting_attacker.plant,
    "instance-fleet": instance_fleet.plant,
    **large_organization.PLANTS,
    "leaked-key": leaked_key.plant,
    "privileged-identities": privileged_identities.plant,
}
