"""Member accounts by the thousand: IAM of each is made only when somebody looks at it, for AWS's own policies in it take their time."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from moto.backends import get_backend
from moto.core.utils import utcnow
from moto.iam.models import IAMBackend, Role
from moto.iam.utils import random_role_id
from moto.organizations.models import FakeAccount, organizations_backends
from moto.organizations.utils import (
    DEFAULT_RCP_POLICY_ID,
    DEFAULT_SCP_POLICY_ID,
    make_random_account_id,
    make_random_create_account_status_id,
)

ACCESS_ROLE = "OrganizationAccountAccessRole"
ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"

_unopened: dict[str, tuple[str, str, datetime]] = {}
"""Account -> the account that manages it, the id of its access role, and when it was made."""


class MemberAccount(FakeAccount):
    """moto's account, but for the role that it would make in it at once."""

    def __init__(self, organization: Any, name: str, email: str, parent_id: str, tags: Mapping[str, str]) -> None:
        self.type = "ACCOUNT"
        self.region = organization.region
        self.organization_id = organization.id
        self.master_account_id = organization.master_account_id
        self.create_account_status_id = make_random_create_account_status_id()
        self.id = make_random_account_id()
        self.name, self.email, self.parent_id, self.tags = name, email, parent_id, dict(tags)
        self.create_time = utcnow()
        self.status = self.state = "ACTIVE"
        self.joined_method = "CREATED"
        self.attached_policies = []


_AGE = timedelta(days=30)
"""Of everybody who is there at the start: nobody was made just now, and CloudTrail need not show by whom."""


def have_been_there() -> None:
    """To be called when everything is planted."""
    for account, (manager, role_id, made) in list(_unopened.items()):
        _unopened[account] = manager, role_id, made - _AGE
    for _account, backends in list(get_backend("iam").items()):
        entities: list[Any] = [*backends["aws"].users.values(), *backends["aws"].roles.values()]
        for entity in entities:
            entity.create_date -= _AGE


def forget() -> None:
    _unopened.clear()


def join(backend: Any, name: str, email: str, parent_id: str, tags: Mapping[str, str] | None = None) -> str:
    """A new account in a unit of the organization, with what AWS attaches to every account; returns its id."""
    account = MemberAccount(backend.org, name, email, parent_id, tags or {})
    for policy in backend.policies:
        if policy.id in (DEFAULT_SCP_POLICY_ID, DEFAULT_RCP_POLICY_ID):
            account.attached_policies.append(policy)
            policy.attachments.append(account)
    backend.accounts.append(account)
    organizations_backends.master_accounts[account.id] = backend.account_id, backend.partition
    _unopened[account.id] = account.master_account_id, random_role_id(account.id), account.create_time
    return str(account.id)


def _open(iam: Any) -> None:
    """https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_accounts_access.html: the role may do everything."""
    waiting = _unopened.pop(iam.account_id, None)
    if waiting is None:
        return
    managed_by, role_id, since = waiting
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{managed_by}:root"},
        "Action": "sts:AssumeRole",
    }
    role = iam.roles[role_id] = Role(  # type: ignore[abstract]
        account_id=iam.account_id,
        partition=iam.partition,
        role_id=role_id,
        name=ACCESS_ROLE,
        assume_role_policy_document=json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
        path="",
        permissions_boundary=None,
        description="",
        tags=[],
        max_session_duration="3600",
    )
    role.create_date = since
    iam.attach_role_policy(ADMINISTRATOR, ACCESS_ROLE)


_make = IAMBackend.__init__


def _make_and_open(self: Any, region_name: str, account_id: str) -> None:
    _make(self, region_name, account_id)
    _open(self)


IAMBackend.__init__ = _make_and_open  # type: ignore[method-assign]
