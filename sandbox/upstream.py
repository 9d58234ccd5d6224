"""Faults of moto 5.2 that matter here, each worked around by one function; `apply` does them all, once."""

from __future__ import annotations

import datetime as real_datetime
import os
import types
from collections.abc import Callable
from datetime import timedelta
from typing import Any

# Read by moto when its modules are imported.
_ENVIRONMENT = {
    "MOTO_EC2_LOAD_DEFAULT_AMIS": "false",  # 487 ms at start, and slow listings of snapshots
    "MOTO_IAM_LOAD_MANAGED_POLICIES": "true",  # without it AWS's own policies do not exist
    "MOTO_S3_ALLOW_CROSSACCOUNT_ACCESS": "true",  # who may is decided by policies, in authorization/
}


def prepare() -> None:
    """To be called before anything imports moto."""
    os.environ.update(_ENVIRONMENT)


def apply(ahead: Callable[[], timedelta]) -> None:
    """Mend moto in this process. `ahead`: how far sandbox time is ahead of real time."""
    follow_the_clock(ahead)
    attach_policies_once()
    give_users_ids_like_aws()


def follow_the_clock(ahead: Callable[[], timedelta]) -> None:
    """moto dates everything with real time; all of it goes through moto.core.utils, which sees another `datetime` from now on."""
    import moto.core.utils

    class Shifted(real_datetime.datetime):
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return real_datetime.datetime.now(tz) + ahead()

        @classmethod
        def utcnow(cls) -> Any:
            return real_datetime.datetime.now(real_datetime.UTC).replace(tzinfo=None) + ahead()

    shifted = types.ModuleType("datetime")
    shifted.__dict__.update(real_datetime.__dict__)
    shifted.__dict__["datetime"] = Shifted
    moto.core.utils.datetime = shifted  # type: ignore[attr-defined]


def attach_policies_once() -> None:
    """moto attaches AttachUserPolicy's policy a second time where it is attached already and counts it twice, so that it never gets
    back to zero; AWS takes the second call for done."""
    from moto.iam.models import ManagedPolicy

    attach = ManagedPolicy.attach_to

    def attach_once(self: Any, entity: Any) -> None:
        if self.arn not in entity.managed_policies:
            attach(self, entity)

    ManagedPolicy.attach_to = attach_once  # type: ignore[method-assign]


def give_users_ids_like_aws() -> None:
    """moto's ids of users are any twenty letters; AWS's begin with AIDA:
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-prefixes"""
    from moto.iam.models import User
    from moto.iam.utils import generate_access_key_id_from_account_id

    make = User.__init__

    def make_with_id(self: Any, account_id: str, *arguments: Any, **more: Any) -> None:
        make(self, account_id, *arguments, **more)
        self.id = generate_access_key_id_from_account_id(account_id, prefix="AIDA", total_length=21)

    User.__init__ = make_with_id  # type: ignore[method-assign]
