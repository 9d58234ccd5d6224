# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Accounts as hosts of an inventory: their names, their variables, their groups. Pure.

Names, tags and addresses are text of whoever may make or tag an account. They are handed on as they are, and never run as templates."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from itertools import pairwise
from typing import Literal

from ansible_collections.cordon.aws.plugins.module_utils.organizations.tree import Account, Organization
from ansible_collections.cordon.aws.plugins.module_utils.plan import Json

GroupKind = Literal["ou", "tag", "status"]
HostNames = Literal["account_name", "account_id"]

MANAGEMENT = "management_account"
"""The group of the account that manages the organization, which no service control policy restricts."""
# Ansible itself means something by these.
_TAKEN = frozenset({"", "all", "ungrouped", "localhost", "localhost.localdomain", "127.0.0.1", "::1"})
_ENDS_IN_ID = re.compile(r"(?:^|-)\d{12}$", re.ASCII)


@dataclass(frozen=True, kw_only=True, slots=True)
class Layout:
    """How accounts become hosts."""

    host_names: HostNames = "account_name"
    group_by: tuple[GroupKind, ...] = ("ou", "tag", "status")
    tag_keys: tuple[str, ...] = ("*",)
    """Patterns of the tags that make groups."""
    role_name: str
    """The role that is assumed in accounts other than one's own, with its path."""
    role_arn: str | None = None
    """Assumed before anything else."""
    starts_in_account: bool = True
    """Whether modules start as `role_name` in the account of their host, or as whoever reads the inventory."""
    connection: Mapping[str, Json] = field(default_factory=dict)
    """Options that hold for every account, such as the profile."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Inventory:
    """What an inventory is made of, in the order in which it is added."""

    hosts: Mapping[str, Mapping[str, Json]]
    """Name -> variables."""
    groups: Mapping[str, Sequence[str]]
    """Name -> the hosts directly in it."""
    children: Mapping[str, Sequence[str]]
    """Name -> the groups in it."""


def arranged(organization: Organization, accounts: Iterable[Account], layout: Layout) -> Inventory:
    """The inventory of these accounts of the organization."""
    listed = list(accounts)
    hosts = dict(zip(_host_names(listed, layout), listed, strict=True))
    groups: dict[str, list[str]] = {}
    children: dict[str, list[str]] = {}
    unit_groups = _unit_groups(organization) if "ou" in layout.group_by else {}
    for name, account in hosts.items():
        for group in _groups_of(account, unit_groups, layout):
            groups.setdefault(group, []).append(name)
    for unit_id in dict.fromkeys(account.unit_id for account in listed) if unit_groups else ():
        way = [unit_groups[unit.id] for unit in organization.above(unit_id)[1:]]
        for parent, child in pairwise(way):
            if child not in children.setdefault(parent, []):
                children[parent].append(child)
    return Inventory(
        hosts={name: _variables(organization, account, layout) for name, account in hosts.items()},
        groups=groups,
        children=children,
    )


def _host_names(accounts: Sequence[Account], layout: Layout) -> list[str]:
    """Names are not unique in an organization, and may hold anything: what several accounts would be called, what Ansible takes for
    something else, and what could be taken for the id of another account, gets the account's id added."""
    if layout.host_names == "account_id":
        return [account.id for account in accounts]
    plain = [re.sub(r"[^A-Za-z0-9_.-]+", "-", account.name).strip("-.") for account in accounts]
    often = Counter(name.lower() for name in plain)
    return [
        f"{name}-{account.id}".lstrip("-")
        if name.lower() in _TAKEN or often[name.lower()] > 1 or _ENDS_IN_ID.search(name)
        else name
        for name, account in zip(plain, accounts, strict=True)
    ]


def _unit_groups(organization: Organization) -> dict[str, str]:
    """Unit id -> the name of its group; that of the root is for the accounts that are in no unit. Where two paths would make one
    name, the ids of the units are added, so that no group holds accounts of two units."""
    plain = {unit.id: _safe(f"ou_{organization.path(unit.id) or 'root'}") for unit in organization.units}
    often = Counter(plain.values())
    return {unit_id: _safe(f"{name}_{unit_id}") if often[name] > 1 else name for unit_id, name in plain.items()}


def _groups_of(account: Account, unit_groups: Mapping[str, str], layout: Layout) -> Iterable[str]:
    found = []
    if unit_groups:
        found.append(unit_groups[account.unit_id])
    if "tag" in layout.group_by:
        found += [
            _safe(f"tag_{key}_{value}")
            for key, value in sorted(account.tags.items())
            if any(fnmatchcase(key, pattern) for pattern in layout.tag_keys)
        ]
    if "status" in layout.group_by:
        found.append(_safe(f"status_{account.state.lower()}"))
    if account.is_management:
        found.append(MANAGEMENT)
    return dict.fromkeys(found)


def _safe(name: str) -> str:
    """https://docs.ansible.com/ansible/latest/inventory_guide/intro_inventory.html: letters, digits and underscores"""
    return re.sub(r"[^A-Za-z0-9_]", "_", name)


def _variables(organization: Organization, account: Account, layout: Layout) -> dict[str, Json]:
    return {
        "account_id": account.id,
        "account_name": account.name,
        "email": account.email,
        "status": account.state,
        "ou_id": account.unit_id,
        "ou_path": organization.path(account.unit_id),
        "account_tags": dict(account.tags),
        "cordon_connection": _connection(organization, account, layout),
    }


def _connection(organization: Organization, account: Account, layout: Layout) -> dict[str, Json]:
    """The options with which a module reaches the account. In one's own there is nobody to become."""
    found: dict[str, Json] = {**layout.connection, "assume_role_name": layout.role_name}
    if layout.role_arn is not None:
        found["assume_role_arn"] = layout.role_arn
    elif layout.starts_in_account and account.id != organization.own:
        found["assume_role_arn"] = f"arn:{account.partition}:iam::{account.id}:role/{layout.role_name}"
    return found
