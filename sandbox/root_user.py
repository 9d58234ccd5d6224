"""The root user of an account, which moto does not have: its keys, and whether it has a password.
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_root-user.html"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from moto.backends import get_backend
from moto.core.utils import utcnow
from moto.iam.models import AccessKey


class RootUser:
    """What root of an account can sign in with: nothing, until a scenario or root itself makes it. So it is in member accounts that were
    made since root access is centralized: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_root-user.html"""

    def __init__(self, account: str) -> None:
        self.account = account
        self.create_date: datetime = utcnow()
        self.password_since: datetime | None = None
        self.access_keys: list[Any] = []

    @property
    def arn(self) -> str:
        return f"arn:aws:iam::{self.account}:root"

    def new_key(self) -> Any:
        """A long-term key: moto's own kind, which belongs to no user."""
        key = AccessKey(None, prefix="AKIA", account_id=self.account)  # type: ignore[abstract]
        self.access_keys.append(key)
        return key


def root_user_of(account: str) -> RootUser:
    """It is kept beside the users, so that it ends with them."""
    iam = get_backend("iam")[account]["aws"]
    found: RootUser | None = iam.__dict__.get("root_user")
    if found is None:
        found = iam.__dict__["root_user"] = RootUser(account)
    return found


def root_keys_of(iam: Any) -> list[Any]:
    """The keys of root in moto's IAM of an account."""
    found: RootUser | None = iam.__dict__.get("root_user")
    return list(found.access_keys) if found else []
