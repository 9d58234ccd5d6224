"""What IAM and Organizations say of principals, as authorization sees it: late by `iam_propagation_s`.
https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency

Without delay everything is read from moto as it is. With delay, the state before each change is kept and used until the change
has spread."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from moto.backends import get_backend

from sandbox.root_user import root_keys_of

if TYPE_CHECKING:
    from sandbox.world import World


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyView:
    """A long-term access key."""

    account: str
    user_name: str
    """Empty for root."""
    secret: str = field(repr=False)
    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldPolicy:
    """A policy with its name, as a user, a group or a role has it."""

    text: str
    name: str
    arn: str
    """Of a managed policy; empty for an inline one."""
    kind: str
    """Who has it: "user", "group" or "role"."""
    holder: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PrincipalView:
    """A user or role with every policy that is attached to it, as text. `boundary` is None where there is none. A group is one, too,
    to whoever asks what its policies would allow."""

    arn: str
    id: str
    name: str
    policies: tuple[str, ...]
    boundary: str | None
    tags: Mapping[str, str]
    held: tuple[HeldPolicy, ...] = ()
    """The same policies with their names."""
    boundary_arn: str | None = None
    trust: str = ""
    max_session_s: int = 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountView:
    """Everything of one account at one time."""

    users: Mapping[str, PrincipalView]
    roles: Mapping[str, PrincipalView]
    groups: Mapping[str, PrincipalView]
    keys: Mapping[str, KeyView]


_Kept = TypeVar("_Kept")

Scps = tuple[tuple[str, ...], ...]
"""The service control policies that hold for an account, level by level: root, organizational units, account."""


class Views:
    """Answers for authentication and authorization."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._owners: dict[str, tuple[str, str]] = {}
        self._accounts: dict[str, tuple[tuple[datetime, AccountView], ...]] = {}
        self._scps: tuple[tuple[datetime, dict[str, Scps]], ...] = ()

    def forget(self) -> None:
        self._owners.clear()
        self._accounts.clear()
        self._scps = ()

    def iam_changes(self, account: str) -> None:
        """To be called before a change to IAM in `account`: keeps what is in force until it has spread."""
        until = self._spread_by()
        if until is not None:
            self._accounts[account] = (*self._pending(self._accounts.get(account, ())), (until, _account_view(account)))

    def organization_changes(self) -> None:
        """To be called before a change to service control policies or to who is where."""
        until = self._spread_by()
        if until is not None:
            found = {account: scps for account in _members() if (scps := _scps(account)) is not None}
            self._scps = (*self._pending(self._scps), (until, found))

    def user(self, account: str, name: str) -> PrincipalView | None:
        kept = self._kept(account)
        if kept is not None:
            return kept.users.get(name)
        found = iam_of(account).users.get(name)
        return _user_view(account, found) if found else None

    def user_by_id(self, account: str, user_id: str) -> PrincipalView | None:
        """The user whatever its name is by now."""
        kept = self._kept(account)
        if kept is not None:
            return next((user for user in kept.users.values() if user.id == user_id), None)
        found = next((user for user in list(iam_of(account).users.values()) if user.id == user_id), None)
        return _user_view(account, found) if found else None

    def role(self, account: str, name: str) -> PrincipalView | None:
        kept = self._kept(account)
        if kept is not None:
            return kept.roles.get(name)
        found = next((role for role in list(iam_of(account).roles.values()) if role.name == name), None)
        return _role_view(account, found) if found else None

    def group(self, account: str, name: str) -> PrincipalView | None:
        kept = self._kept(account)
        if kept is not None:
            return kept.groups.get(name)
        found = iam_of(account).groups.get(name)
        return _group_view(found) if found else None

    def key(self, key_id: str) -> KeyView | None:
        """A long-term key, as far as AWS would know it by now."""
        account, user_name = self._owners.get(key_id, ("", ""))
        if account and self._kept(account) is None:
            found = _key_of(account, user_name, key_id)
            if found is not None:
                return found
        return self._searched(key_id)

    def scps(self, account: str) -> Scps | None:
        """None where none apply: in the management account, and outside an organization.
        https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps.html"""
        pending = self._pending(self._scps)
        if pending:
            return pending[0][1].get(account)
        return _scps(account) if account in _members() else None

    def _spread_by(self) -> datetime | None:
        delay = self._world.settings.iam_propagation_s
        return self._world.clock.now() + timedelta(seconds=delay) if delay else None

    def _pending(self, kept: tuple[tuple[datetime, _Kept], ...]) -> tuple[tuple[datetime, _Kept], ...]:
        """What has not spread yet: the first of it is in force."""
        if not kept:
            return kept
        now = self._world.clock.now()
        return tuple(one for one in kept if one[0] > now)

    def _kept(self, account: str) -> AccountView | None:
        pending = self._pending(self._accounts.get(account, ()))
        return pending[0][1] if pending else None

    def _searched(self, key_id: str) -> KeyView | None:
        """The key, looked for everywhere: a user may have been renamed since, and a deleted key is known until that has spread."""
        for account in list(self._accounts):
            kept = self._kept(account)
            if kept is not None and key_id in kept.keys:
                return kept.keys[key_id]
        for account, user_name, key in all_keys():
            if key.access_key_id == key_id and self._kept(account) is None:
                self._owners[key_id] = account, user_name
                return _key_view(account, user_name, key)
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
    """(account, user's name or nothing for root, key)"""
    return [
        (account, name, key)
        for account, backends in list(get_backend("iam").items())
        for name, key in _keys_of(backends["aws"])
    ]


def _keys_of(iam: Any) -> list[tuple[str, Any]]:
    of_users = [(user.name, key) for user in list(iam.users.values()) for key in list(user.access_keys)]
    return of_users + [("", key) for key in root_keys_of(iam)]


def _account_view(account: str) -> AccountView:
    iam = iam_of(account)
    return AccountView(
        users={user.name: _user_view(account, user) for user in list(iam.users.values())},
        roles={role.name: _role_view(account, role) for role in list(iam.roles.values())},
        groups={group.name: _group_view(group) for group in list(iam.groups.values())},
        keys={key.access_key_id: _key_view(account, name, key) for name, key in _keys_of(iam)},
    )


def _key_of(account: str, user_name: str, key_id: str) -> KeyView | None:
    iam = iam_of(account)
    user = iam.users.get(user_name)
    for key in list(user.access_keys) if user else () if user_name else root_keys_of(iam):
        if key.access_key_id == key_id:
            return _key_view(account, user_name, key)
    return None


def _key_view(account: str, user_name: str, key: Any) -> KeyView:
    return KeyView(account=account, user_name=user_name, secret=key.secret_access_key, status=key.status)


def _user_view(account: str, user: Any) -> PrincipalView:
    iam = iam_of(account)
    held = _held_by("user", user)
    for group in list(iam.groups.values()):
        if user in group.users:
            held += _held_by("group", group)
    boundary = getattr(user, "permissions_boundary", None)
    boundary_arn = boundary["PermissionsBoundaryArn"] if boundary else None
    return PrincipalView(
        arn=user.arn,
        id=user.id,
        name=user.name,
        policies=tuple(one.text for one in held),
        held=tuple(held),
        boundary=_boundary(iam, boundary_arn),
        boundary_arn=boundary_arn,
        tags=_tags(iam.tagger.list_tags_for_resource(user.arn)["Tags"]),
    )


def _role_view(account: str, role: Any) -> PrincipalView:
    held = _held_by("role", role)
    return PrincipalView(
        arn=role.arn,
        id=role.id,
        name=role.name,
        policies=tuple(one.text for one in held),
        held=tuple(held),
        boundary=_boundary(iam_of(account), role.permissions_boundary_arn),
        boundary_arn=role.permissions_boundary_arn or None,
        tags=_tags(role.tags or ()),
        trust=role.assume_role_policy_document,
        max_session_s=int(role.max_session_duration or 3600),
    )


def _group_view(group: Any) -> PrincipalView:
    held = _held_by("group", group)
    return PrincipalView(
        arn=group.arn,
        id=group.id,
        name=group.name,
        policies=tuple(one.text for one in held),
        held=tuple(held),
        boundary=None,
        tags={},
    )


def _held_by(kind: str, holder: Any) -> list[HeldPolicy]:
    """The inline and the attached policies of a user, group or role. Other threads change them meanwhile: hence the lists."""
    inline = [
        HeldPolicy(text=text, name=name, arn="", kind=kind, holder=holder.name)
        for name, text in list(holder.policies.items())
    ]
    return inline + [
        HeldPolicy(text=_default_version(policy), name=policy.name, arn=policy.arn, kind=kind, holder=holder.name)
        for policy in list(holder.managed_policies.values())
    ]


def _default_version(policy: Any) -> str:
    return str(next(version.document for version in policy.versions if version.version_id == policy.default_version_id))


def _boundary(iam: Any, arn: str | None) -> str | None:
    """The boundary's text. A boundary whose policy is gone allows nothing."""
    if not arn:
        return None
    policy = iam.managed_policies.get(arn)
    return _default_version(policy) if policy else '{"Version":"2012-10-17","Statement":[]}'


def _tags(given: Iterable[Mapping[str, str]]) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in given}


def _members() -> list[str]:
    """The member accounts: those under service control policies."""
    backend = organization_of()
    if backend is None:
        return []
    return [account.id for account in list(backend.accounts) if account.id != backend.org.master_account_id]


def _scps(account_id: str) -> Scps | None:
    """Root first, the account last. None while the organization has the policy type disabled.
    https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_enable-disable.html"""
    backend = organization_of()
    root = next(unit for unit in list(backend.ou) if unit.id == backend.org.root_id)
    if all(kind["Type"] != "SERVICE_CONTROL_POLICY" for kind in root.policy_types):
        return None
    levels: list[tuple[str, ...]] = []
    place = next(account for account in list(backend.accounts) if account.id == account_id)
    while place is not None:
        levels.append(
            tuple(policy.content for policy in list(place.attached_policies) if policy.type == "SERVICE_CONTROL_POLICY")
        )
        parent_id = getattr(place, "parent_id", None)
        place = next((unit for unit in list(backend.ou) if unit.id == parent_id), None) if parent_id else None
    return tuple(reversed(levels))
