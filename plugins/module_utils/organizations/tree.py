# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An AWS Organization as plain values: its units, its accounts, where each is, and which are chosen. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from fnmatch import fnmatchcase
from functools import cached_property

from ansible_collections.cordon.aws.plugins.module_utils.errors import InputError
from ansible_collections.cordon.aws.plugins.module_utils.plan import Json

ALL = "all"
"""In the place of states: whatever the state."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Unit:
    """An organizational unit, or the root, which has no parent."""

    id: str
    name: str
    parent_id: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Account:
    """An account of the organization. `state` is that of its life cycle:
    https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_accounts_account_state.html"""

    id: str
    arn: str
    name: str
    email: str
    state: str
    unit_id: str
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def partition(self) -> str:
        return self.arn.split(":")[1]

    @property
    def is_management(self) -> bool:
        """The management account stands in the ARN of every account of its organization.
        https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsorganizations.html"""
        return self.arn.split(":")[4] == self.id


@dataclass(frozen=True, kw_only=True)
class Organization:
    """What was read of an organization, and `own`, the account that it was read from."""

    units: tuple[Unit, ...]
    accounts: tuple[Account, ...]
    own: str

    def path(self, unit_id: str) -> str:
        """The names of the units from below the root to this one, "workloads/production"; empty for the root."""
        return self._paths[unit_id]

    def above(self, unit_id: str) -> Sequence[Unit]:
        """The root, the units on the way, and the unit itself."""
        way: list[Unit] = []
        unit: Unit | None = self._by_id[unit_id]
        while unit is not None and unit not in way:
            way.insert(0, unit)
            unit = self._by_id[unit.parent_id] if unit.parent_id is not None else None
        return way

    @cached_property
    def _paths(self) -> Mapping[str, str]:
        return {
            unit.id: "/".join(one.name for one in self.above(unit.id) if one.parent_id is not None)
            for unit in self.units
        }

    @cached_property
    def _by_id(self) -> Mapping[str, Unit]:
        return {unit.id: unit for unit in self.units}

    def as_json(self) -> Json:
        """For a cache. Holds no secret."""
        return {
            "units": [asdict(unit) for unit in self.units],
            "accounts": [asdict(account) for account in self.accounts],
            "own": self.own,
        }

    @classmethod
    def from_json(cls, value: Json) -> Organization:
        """Raises InputError for what `as_json` did not make."""
        try:
            return cls(
                units=tuple(Unit(**unit) for unit in value["units"]),
                accounts=tuple(Account(**account) for account in value["accounts"]),
                own=value["own"],
            )
        except (KeyError, TypeError) as error:
            raise InputError(
                "read the inventory's cache",
                "it was written by another version",
                "Run ansible-inventory once with --flush-cache.",
            ) from error


@dataclass(frozen=True, kw_only=True, slots=True)
class Choice:
    """Which accounts are wanted. Accounts are named by id or name, units by id or path; both as patterns of fnmatch. A unit stands for
    everything below it. What is excluded is out, whatever includes it; nothing included means everything."""

    states: tuple[str, ...] = ("ACTIVE",)
    include_accounts: tuple[str, ...] = ()
    exclude_accounts: tuple[str, ...] = ()
    include_units: tuple[str, ...] = ()
    exclude_units: tuple[str, ...] = ()


def chosen(organization: Organization, choice: Choice) -> Iterator[Account]:
    """The accounts that `choice` wants, in the order of their ids."""
    wants_all = not (choice.include_accounts or choice.include_units)
    for account in sorted(organization.accounts, key=lambda one: one.id):
        if ALL not in choice.states and account.state not in choice.states:
            continue
        names = (account.id, account.name)
        places = _names_of_units(organization, account.unit_id) if choice.include_units or choice.exclude_units else ()
        if _any_fits(choice.exclude_accounts, names) or _any_fits(choice.exclude_units, places):
            continue
        if wants_all or _any_fits(choice.include_accounts, names) or _any_fits(choice.include_units, places):
            yield account


def unmatched(organization: Organization, choice: Choice) -> Sequence[str]:
    """Entries of `choice` that name nothing in the organization, whatever its state: misspelt, most likely."""
    names = [name for account in organization.accounts for name in (account.id, account.name)]
    places = [place for unit in organization.units for place in _names_of_units(organization, unit.id)]
    return [
        pattern
        for patterns, there in (
            ((*choice.include_accounts, *choice.exclude_accounts), names),
            ((*choice.include_units, *choice.exclude_units), places),
        )
        for pattern in patterns
        if not _any_fits((pattern,), there)
    ]


def _names_of_units(organization: Organization, unit_id: str) -> Sequence[str]:
    """Ids and paths of the unit and of all above it. The root has no path."""
    above = organization.above(unit_id)
    paths = (organization.path(unit.id) for unit in above)
    return [name for name in (*(unit.id for unit in above), *paths) if name]


def _any_fits(patterns: Iterable[str], names: Iterable[str]) -> bool:
    """Case counts: two accounts may differ in nothing else."""
    found = tuple(names) if patterns else ()
    return any(fnmatchcase(name, pattern) for pattern in patterns for name in found)
