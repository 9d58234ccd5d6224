"""An organization of a size that companies have: hundreds, or thousands, of accounts in units of units, most of them tagged."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from sandbox.authorization.views import organization_of
from sandbox.organization_accounts import join

if TYPE_CHECKING:
    from sandbox.world import World

ACCOUNTS, UNITS = 500, 12
MANY_ACCOUNTS, MANY_UNITS = 10_000, 240
_DIVISIONS = 3
"""How many units are directly in the root; the others are spread below them."""
_STAGES = ("production", "staging", "development", "sandbox")
_UNTAGGED = 25
"""Every so many accounts there is one without tags."""


def plant(world: World, accounts: int, units: int) -> Mapping[str, Any]:
    """Returns what there is now besides the organization's own units and accounts."""
    backend, root = organization_of(), world.organization.root_id
    divisions = [_unit(backend, f"division-{number}", root) for number in range(1, _DIVISIONS + 1)]
    teams = [
        _unit(backend, f"team-{number}", divisions[number % _DIVISIONS]) for number in range(1, units - _DIVISIONS + 1)
    ]
    places = [*divisions, *teams]
    ids = [
        join(backend, f"account-{number}", f"account-{number}@example.com", places[number % len(places)], _tags(number))
        for number in range(1, accounts + 1)
    ]
    return {"ou_ids": places, "account_ids": ids}


def _unit(backend: Any, name: str, parent_id: str) -> str:
    return str(backend.create_organizational_unit(Name=name, ParentId=parent_id)["OrganizationalUnit"]["Id"])


def _tags(number: int) -> dict[str, str]:
    if number % _UNTAGGED == 0:
        return {}
    return {
        "stage": _STAGES[number % len(_STAGES)],
        "cost-center": f"cc-{number % 40:03}",
        "owner": f"team {number % 97}",
    }


PLANTS: dict[str, Callable[[World], Mapping[str, Any]]] = {
    "large-organization": partial(plant, accounts=ACCOUNTS, units=UNITS),
    "very-large-organization": partial(plant, accounts=MANY_ACCOUNTS, units=MANY_UNITS),
}
