"""Centralized root access: the management account acts as root of a member account, for one task and a quarter of an hour.
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_root-user.html#id_root-user-access-management"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sandbox.authorization.views import iam_of, organization_of
from sandbox.errors import ApiError
from sandbox.model import ApiRequest, Caller
from sandbox.sessions import credentials_in, new_session

if TYPE_CHECKING:
    from sandbox.world import World

_SERVICE = "iam.amazonaws.com"
_CREDENTIALS, _SESSIONS = "RootCredentialsManagement", "RootSessions"
_LONGEST = 900
# task policy -> the feature that it belongs to
_TASKS = {
    "IAMAuditRootUserCredentials": _CREDENTIALS,
    "IAMCreateRootUserPassword": _CREDENTIALS,
    "IAMDeleteRootUserCredentials": _CREDENTIALS,
    "S3UnlockBucketPolicy": _SESSIONS,
    "SQSUnlockQueuePolicy": _SESSIONS,
}


def assume_root(world: World, request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
    """https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoot.html"""
    backend, given = organization_of(), request.parameters
    target = re.fullmatch(r"(?:arn:aws:iam::)?([0-9]{12})(?::root)?", str(given["TargetPrincipal"]))
    arn = str((given.get("TaskPolicyArn") or {}).get("arn", ""))
    task = arn.removeprefix("arn:aws:iam::aws:policy/root-task/")
    if arn == task or task not in _TASKS:
        raise ApiError("ValidationError", f"{arn} is not a task policy of root sessions.", 400)
    if target is None:
        raise ApiError("ValidationError", f"{given['TargetPrincipal']} is invalid", 400)
    account = target[1]
    if (
        backend is None
        or not _may_manage(backend, caller)
        or account == backend.org.master_account_id
        or all(member.id != account for member in backend.accounts)
        or _TASKS[task] not in _features(backend)
    ):
        raise ApiError(
            "AccessDenied",
            f"User: {caller.arn} is not authorized to perform: sts:AssumeRoot on resource: arn:aws:iam::{account}:root",
            403,
        )
    seconds = given.get("DurationSeconds")
    policy = iam_of(account).managed_policies[arn]
    root_arn = f"arn:aws:iam::{account}:root"
    session = new_session(
        world,
        account,
        _LONGEST if seconds is None else int(seconds),
        issuer_arn=root_arn,
        issuer_id=account,
        task_policy=next(one.document for one in policy.versions if one.version_id == policy.default_version_id),
        source_identity=caller.session.source_identity if caller.session else None,
    )
    world.credentials.add(
        session,
        Caller(
            kind="root",
            account=account,
            arn=root_arn,
            user_id=account,
            access_key_id=session.access_key_id,
            name="",
            session=session,
        ),
    )
    source = {"SourceIdentity": session.source_identity} if session.source_identity else {}
    return {"Credentials": credentials_in(session), **source}


def list_features(_world: World, _request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListOrganizationsFeatures.html"""
    return _shown(_managed(caller))


def enable_credentials(_world: World, _request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_EnableOrganizationsRootCredentialsManagement.html"""
    return _switched(caller, _CREDENTIALS, on=True)


def disable_credentials(_world: World, _request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_DisableOrganizationsRootCredentialsManagement.html"""
    return _switched(caller, _CREDENTIALS, on=False)


def enable_sessions(_world: World, _request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_EnableOrganizationsRootSessions.html"""
    return _switched(caller, _SESSIONS, on=True)


def disable_sessions(_world: World, _request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_DisableOrganizationsRootSessions.html"""
    return _switched(caller, _SESSIONS, on=False)


HANDLERS = {
    ("sts", "AssumeRoot"): assume_root,
    ("iam", "ListOrganizationsFeatures"): list_features,
    ("iam", "EnableOrganizationsRootCredentialsManagement"): enable_credentials,
    ("iam", "DisableOrganizationsRootCredentialsManagement"): disable_credentials,
    ("iam", "EnableOrganizationsRootSessions"): enable_sessions,
    ("iam", "DisableOrganizationsRootSessions"): disable_sessions,
}


def _switched(caller: Caller, feature: str, *, on: bool) -> Mapping[str, Any]:
    backend = _managed(caller)
    features = _features(backend)
    if on:
        features.add(feature)
    else:
        features.discard(feature)
    return _shown(backend)


def _managed(caller: Caller) -> Any:
    """moto's organization, where the caller may manage its root users and IAM is trusted to."""
    backend = organization_of()
    if backend is None or all(account.id != caller.account for account in backend.accounts):
        raise ApiError("OrganizationNotFoundException", "The account is not a member of an organization.", 400)
    if not _may_manage(backend, caller):
        raise ApiError(
            "AccountNotManagementOrDelegatedAdministratorException",
            "The account is neither the management account nor a delegated administrator for IAM.",
            400,
        )
    if all(service["ServicePrincipal"] != _SERVICE for service in backend.services):
        raise ApiError(
            "ServiceAccessNotEnabledException", "Trusted access for IAM is not enabled in the organization.", 400
        )
    return backend


def _may_manage(backend: Any, caller: Caller) -> bool:
    """From the management account or a delegated administrator for IAM."""
    delegated = any(admin.account.id == caller.account and _SERVICE in admin.services for admin in backend.admins)
    return caller.account == backend.org.master_account_id or delegated


def _features(backend: Any) -> set[str]:
    """Kept with the organization, so that they end with it."""
    found: set[str] = backend.__dict__.setdefault("root_features", set())
    return found


def _shown(backend: Any) -> Mapping[str, Any]:
    return {"OrganizationId": backend.org.id, "EnabledFeatures": sorted(_features(backend))}
