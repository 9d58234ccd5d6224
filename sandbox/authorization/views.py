"""What IAM and Organizations say of principals, as authorization sees it: late by `iam_propagation_s`.
https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency

Without delay everything is read from moto as it is. With delay, the state before each change is kept and used until the change
has spread."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from moto.backends import get_backend

if TYPE_CHECKING:
    from sandbox.world import World


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyView:
    """A long-term access key."""

    account: str
    user_name: str
    secret: str = field(repr=False)
    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PrincipalView:
    """A user or role with every policy that is attached to it, as text. `boundary` is None where there is none."""

    arn: str
    id: str
    name: str
    policies: tuple[str, ...]
    boundary: str | None
    tags: Mapping[str, str]
    trust: str = ""
    max_session_s: int = 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountView:
    """Everything of one account at one time."""

    users: Mapping[str, PrincipalView]
    roles: Mapping[str, PrincipalView]
    keys: Mapping[str, KeyView]


Scps = tuple[tuple[str, ...], ...]
"""The service control policies that hold for an account, level by level: root, organizational units, account."""


class Views:
    """Answers for authentication and authorization."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._owners: dict[str, tuple[str, str]] = {}
        self._accounts: dict[str, list[tuple[datetime, AccountView]]] = {}
        self._scps: list[tuple[datetime, dict[str, Scps]]] = []

    def forget(self) -> None:
        self._owners.clear()
        self._accounts.clear()
        self._scps.clear()

    def iam_changes(self, account: str) -> None:
        """To be called before a change to IAM in `account`: keeps what is in force until it has spread."""
        until = self._spread_by()
        if until is not None:
            self._accounts.setdefault(account, []).append((until, _account_view(account)))

    def organization_changes(self) -> None:
        """To be called before a change to service control policies or to who is where."""
        until = self._spread_by()
        if until is not None:
            self._scps.append((until, {account: _scps(account) for account in _organization_accounts()}))

    def user(self, account: str, name: str) -> PrincipalView | None:
        kept = self._kept(account)
        if kept is not None:
            return kept.users.get(name)
        found = iam_of(account).users.get(name)
        return _user_view(account, found) if found else None

    def role(self, account: str, name: str) -> PrincipalView | None:
        kept = self._kept(account)
        if kept is not None:
            return kept.roles.get(name)
        found = next((role for role in iam_of(account).roles.values() if role.name == name), None)
        return _role_view(account, found) if found else None

    def key(self, key_id: str) -> KeyView | None:
        """A long-term key, as far as AWS would know it by now."""
        owner = self._owners.get(key_id) or self._find_owner(key_id)
        if owner is None:
            return None
        account, user_name = owner
        kept = self._kept(account)
        if kept is not None:
            return kept.keys.get(key_id)
        user = iam_of(account).users.get(user_name)
        keys = user.access_keys if user else []
        found = next((key for key in keys if key.access_key_id == key_id), None)
        return _key_view(account, user_name, found) if found else None

    def scps(self, account: str) -> Scps | None:
        """None where none apply: in the management account, and outside an organization.
        https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps.html"""
        now = self._world.clock.now()
        while self._scps and self._scps[0][0] <= now:
            self._scps.pop(0)
        if self._scps:
            return self._scps[0][1].get(account)
        return _scps(account) if account in _organization_accounts() else None

    def _spread_by(self) -> datetime | None:
        delay = self._world.settings.iam_propagation_s
        return self._world.clock.now() + timedelta(seconds=delay) if delay else None

    def _kept(self, account: str) -> AccountView | None:
        kept = self._accounts.get(account)
        if not kept:
            return None
        now = self._world.clock.now()
        while kept and kept[0][0] <= now:
            kept.pop(0)
        return kept[0][1] if kept else None

    def _find_owner(self, key_id: str) -> tuple[str, str] | None:
        for account, user_name, key in all_keys():
            if key.access_key_id == key_id:
                self._owners[key_id] = account, user_name
                return self._owners[key_id]
        return None


def iam_of(account: str) -> Any:
    """moto's IAM backend of an account."""
    return get_backend("iam")[account]["aws"]


def organization_of() -> Any:
    """moto's Organizations backend of the management account; None where there is no organization."""
    for _account, backends in list(get_backend("organizations").items()):
        backend = backends["aws"]
        if backend.org is not None:
            return backend
    return None


def all_keys() -> list[tuple[str, str, Any]]:
    return [
        (account, user.name, key)
        for account, backends in list(get_backend("iam").items())
        for user in list(backends["aws"].users.values())
        for key in list(user.access_keys)
    ]


def _account_view(account: str) -> AccountView:
    iam = iam_of(account)
    return AccountView(
        users={user.name: _user_view(account, user) for user in list(iam.users.values())},
        roles={role.name: _role_view(account, role) for role in list(iam.roles.values())},
        keys={
            key.access_key_id: _key_view(account, user.name, key) for user in list(iam.users.values()) for key in list(user.access_keys)
        },
    )


def _key_view(account: str, user_name: str, key: Any) -> KeyView:
    return KeyView(account=account, user_name=user_name, secret=key.secret_access_key, status=key.status)


def _user_view(account: str, user: Any) -> PrincipalView:
    iam = iam_of(account)
    texts = [*user.policies.values(), *map(_default_version, user.managed_policies.values())]
    for group in iam.groups.values():
        if user in group.users:
            texts += [*group.policies.values(), *map(_default_version, group.managed_policies.values())]
    boundary = getattr(user, "permissions_boundary", None)
    return PrincipalView(
        arn=user.arn,
        id=user.id,
        name=user.name,
        policies=tuple(texts),
        boundary=_boundary(iam, boundary["PermissionsBoundaryArn"] if boundary else None),
        tags=_tags(iam, user.arn),
    )


def _role_view(account: str, role: Any) -> PrincipalView:
    iam = iam_of(account)
    return PrincipalView(
        arn=role.arn,
        id=role.id,
        name=role.name,
        policies=(*role.policies.values(), *map(_default_version, role.managed_policies.values())),
        boundary=_boundary(iam, role.permissions_boundary_arn),
        tags=_tags(iam, role.arn),
        trust=role.assume_role_policy_document,
        max_session_s=int(role.max_session_duration or 3600),
    )


def _default_version(policy: Any) -> str:
    return str(next(version.document for version in policy.versions if version.version_id == policy.default_version_id))


def _boundary(iam: Any, arn: str | None) -> str | None:
    """The boundary's text. A boundary whose policy is gone allows nothing."""
    if not arn:
        return None
    policy = iam.managed_policies.get(arn)
    return _default_version(policy) if policy else '{"Version":"2012-10-17","Statement":[]}'


def _tags(iam: Any, arn: str) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in iam.tagger.list_tags_for_resource(arn)["Tags"]}


def _organization_accounts() -> list[str]:
    """The member accounts: those under service control policies."""
    backend = organization_of()
    if backend is None:
        return []
    return [account.id for account in backend.accounts if account.id != backend.org.master_account_id]


def _scps(account_id: str) -> Scps:
    """Root first, the account last."""
    backend = organization_of()
    levels: list[tuple[str, ...]] = []
    place = next(account for account in backend.accounts if account.id == account_id)
    while place is not None:
        levels.append(tuple(policy.content for policy in place.attached_policies if policy.type == "SERVICE_CONTROL_POLICY"))
        parent_id = getattr(place, "parent_id", None)
        place = next((unit for unit in backend.ou if unit.id == parent_id), None) if parent_id else None
    return tuple(reversed(levels))
