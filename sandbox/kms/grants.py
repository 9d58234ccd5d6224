"""Grants: moto's are without time and issuer, and make a new one for every retry. They are stored, and let nobody in.
https://docs.aws.amazon.com/kms/latest/developerguide/grants.html"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from moto.backends import get_backend
from moto.core.utils import utcnow
from moto.moto_api._internal import mock_random

from sandbox.errors import ApiError
from sandbox.kms.keys import found_key, is_enabled
from sandbox.model import ApiRequest, Caller

if TYPE_CHECKING:
    from sandbox.world import World

_PRINCIPAL = re.compile(
    r"arn:aws[\w-]*:(iam|sts)::\d{12}:(root|(user|role|assumed-role|federated-user)/.+)|[\w.-]+\.amazonaws\.com"
)
_SETTINGS = ("GranteePrincipal", "RetiringPrincipal", "Operations", "Constraints", "Name")


def create_grant(_world: World, request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
    """With a name and otherwise the same, it is the grant that is there already.
    https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateGrant.html"""
    is_enabled(request, caller)
    key, given = found_key(request, caller), request.parameters
    for name in ("GranteePrincipal", "RetiringPrincipal"):
        if given.get(name) and not _PRINCIPAL.fullmatch(str(given[name])):
            raise ApiError("InvalidArnException", f"ARN {given[name]} is not a valid principal.", 400)
    if given.get("Name"):
        for grant in key.grants.values():
            if grant.settings == {name: given.get(name) for name in _SETTINGS}:
                return {"GrantId": grant.id, "GrantToken": grant.token}
    grant = key.add_grant(
        given.get("Name"),
        given["GranteePrincipal"],
        given["Operations"],
        given.get("Constraints"),
        given.get("RetiringPrincipal"),
    )
    del key.grants[grant.id]
    grant.id, grant.token = mock_random.get_random_hex(64), mock_random.get_random_hex(64)
    grant.made_at, grant.issuer = utcnow(), f"arn:aws:iam::{caller.account}:root"
    grant.settings = {name: given.get(name) for name in _SETTINGS}
    key.grants[grant.id] = grant
    return {"GrantId": grant.id, "GrantToken": grant.token}


def list_grants(_world: World, request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
    """https://docs.aws.amazon.com/kms/latest/APIReference/API_ListGrants.html"""
    key, given = found_key(request, caller), request.parameters
    found = [
        _shown(key, grant)
        for grant in key.grants.values()
        if given.get("GrantId") in (None, grant.id) and given.get("GranteePrincipal") in (None, grant.grantee_principal)
    ]
    return {"Grants": found, "Truncated": False}


def revoke_grant(_world: World, request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
    """https://docs.aws.amazon.com/kms/latest/APIReference/API_RevokeGrant.html"""
    key, grant_id = found_key(request, caller), str(request.parameters["GrantId"])
    if key.grants.pop(grant_id, None) is None:
        raise ApiError("NotFoundException", f"Grant ID {grant_id} not found", 400)
    return {}


def retire_grant(_world: World, request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
    """By its token, or by key and id. CloudTrail is told of both.
    https://docs.aws.amazon.com/kms/latest/APIReference/API_RetireGrant.html"""
    given, there = request.parameters, get_backend("kms")[caller.account][request.region].keys
    for key in there.values():
        for grant in list(key.grants.values()):
            by_id = grant.id == given.get("GrantId") and given.get("KeyId") == key.arn
            if by_id or (given.get("GrantToken") and grant.token == given["GrantToken"]):
                del key.grants[grant.id]
                return {"KeyId": key.arn, "GrantId": grant.id}
    raise ApiError("NotFoundException", "The grant was not found", 400)


def _shown(key: Any, grant: Any) -> dict[str, Any]:
    """The token is shown once, when the grant is made."""
    shown = {
        "KeyId": key.arn,
        "GrantId": grant.id,
        "CreationDate": grant.made_at,
        "IssuingAccount": grant.issuer,
        **grant.settings,
    }
    return {name: value for name, value in shown.items() if value is not None}


HANDLERS = {
    ("kms", "CreateGrant"): create_grant,
    ("kms", "ListGrants"): list_grants,
    ("kms", "RevokeGrant"): revoke_grant,
    ("kms", "RetireGrant"): retire_grant,
}
