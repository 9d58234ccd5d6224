"""Operations that the sandbox answers itself, and checks that it makes before moto answers: one table of each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from sandbox import (
    account_details,
    assume_root,
    findings,
    guests,
    iam,
    iam_guards,
    iam_roles,
    iam_service_credentials,
    iam_sign_in,
    iam_ssh_keys,
    images,
    last_accessed,
    managed_policies,
    organization_changes,
    organization_guards,
    organization_lists,
    simulation,
    sts,
    tagging,
)
from sandbox.cloudtrail import lookup
from sandbox.model import ApiRequest, Caller

if TYPE_CHECKING:
    from sandbox.world import World

Handler = Callable[["World", ApiRequest, Caller], Mapping[str, Any]]
Guard = Callable[[ApiRequest, Caller], None]
Operation = tuple[str, str]
"""(boto3's service name, operation)"""

HANDLERS: dict[Operation, Handler] = {
    **sts.HANDLERS,
    **assume_root.HANDLERS,
    **iam.HANDLERS,
    **simulation.HANDLERS,
    **account_details.HANDLERS,
    **managed_policies.HANDLERS,
    **last_accessed.HANDLERS,
    **iam_roles.HANDLERS,
    **iam_service_credentials.HANDLERS,
    **iam_sign_in.HANDLERS,
    **iam_ssh_keys.HANDLERS,
    **lookup.HANDLERS,
    **findings.HANDLERS,
    **images.HANDLERS,
    **guests.HANDLERS,
    **organization_lists.HANDLERS,
    **organization_changes.HANDLERS,
    **tagging.HANDLERS,
}
GUARDS: dict[Operation, Guard] = {**iam_guards.GUARDS, **organization_guards.GUARDS}
