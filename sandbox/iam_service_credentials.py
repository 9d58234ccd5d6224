"""Service-specific credentials of users: passwords for CodeCommit and Keyspaces, API keys for Bedrock and CloudWatch Logs. moto has
none. https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_service-specific-creds.html"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from moto.backends import get_backend
from moto.iam.utils import generate_access_key_id_from_account_id
from moto.moto_api._internal import mock_random

from sandbox.authorization.views import iam_of
from sandbox.errors import ApiError
from sandbox.iam_users import named_user
from sandbox.model import ApiRequest, Caller

if TYPE_CHECKING:
    from sandbox.world import World

_PASSWORDS = ("codecommit.amazonaws.com", "cassandra.amazonaws.com")
_API_KEYS = ("bedrock.amazonaws.com", "logs.amazonaws.com")
_QUOTA = 2
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+="


@dataclass(kw_only=True, slots=True)
class ServiceCredential:
    """One of a user's, at most two for a service."""

    id: str
    service: str
    login: str
    """The user name or, for API keys, the alias."""
    secret: str
    created: datetime
    expires: datetime | None
    is_active: bool = True

    def described(self, user_name: str, now: datetime) -> dict[str, Any]:
        """https://docs.aws.amazon.com/IAM/latest/APIReference/API_ServiceSpecificCredentialMetadata.html"""
        expired = self.expires is not None and now >= self.expires
        shown: dict[str, Any] = {
            "UserName": user_name,
            "Status": "Expired" if expired else "Active" if self.is_active else "Inactive",
            "CreateDate": self.created,
            "ServiceSpecificCredentialId": self.id,
            "ServiceName": self.service,
            "ServiceCredentialAlias" if self.service in _API_KEYS else "ServiceUserName": self.login,
        }
        if self.expires is not None:
            shown["ExpirationDate"] = self.expires
        return shown

    def with_secret(self, user_name: str, now: datetime) -> dict[str, Any]:
        """What is shown once only: https://docs.aws.amazon.com/IAM/latest/APIReference/API_ServiceSpecificCredential.html"""
        name = "ServiceCredentialSecret" if self.service in _API_KEYS else "ServicePassword"
        return {**self.described(user_name, now), name: self.secret}


def credentials_of(user: Any) -> dict[str, ServiceCredential]:
    """moto's users have none: ours are an attribute that it does not know."""
    found: dict[str, ServiceCredential] = user.__dict__.setdefault("service_credentials", {})
    return found


def secrets() -> list[str]:
    """The passwords and API keys of all users."""
    return [
        one.secret
        for _account, backends in list(get_backend("iam").items())
        for user in list(backends["aws"].users.values())
        for one in list(credentials_of(user).values())
    ]


def create(world: World, request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateServiceSpecificCredential.html"""
    user, given, now = named_user(request, caller), request.parameters, world.clock.now().replace(microsecond=0)
    service, days = str(given["ServiceName"]), given.get("CredentialAgeDays")
    if service not in (*_PASSWORDS, *_API_KEYS):
        raise _unsupported(service)
    if days is not None and service not in _API_KEYS:
        raise ApiError("ValidationError", f"CredentialAgeDays is not valid for {service}.", 400)
    held = credentials_of(user)
    number = sum(one.service == service for one in held.values())
    if number >= _QUOTA:
        raise ApiError("LimitExceeded", f"Cannot exceed quota for ServiceSpecificCredentialsPerUser: {_QUOTA}", 409)
    login = f"{user.name}-at-{caller.account}"
    taken = {one.login for one in held.values() if one.service == service}
    made = ServiceCredential(
        id=generate_access_key_id_from_account_id(caller.account, prefix="ACCA", total_length=21),
        service=service,
        login=login if login not in taken else f"{user.name}+1-at-{caller.account}",
        secret=_secret(),
        created=now,
        expires=now + timedelta(days=int(days)) if days is not None else None,
    )
    held[made.id] = made
    return {"ServiceSpecificCredential": made.with_secret(user.name, now)}


def list_all(world: World, request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListServiceSpecificCredentials.html"""
    given, now = request.parameters, world.clock.now()
    service = given.get("ServiceName")
    if service is not None and service not in (*_PASSWORDS, *_API_KEYS):
        raise _unsupported(service)
    if given.get("AllUsers") and given.get("UserName"):
        raise ApiError("ValidationError", "AllUsers cannot be specified together with UserName.", 400)
    users = list(iam_of(caller.account).users.values()) if given.get("AllUsers") else [named_user(request, caller)]
    return {
        "ServiceSpecificCredentials": [
            one.described(user.name, now)
            for user in users
            for one in list(credentials_of(user).values())
            if service in (None, one.service)
        ],
        "IsTruncated": False,
    }


def update(_world: World, request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateServiceSpecificCredential.html"""
    _user, one = _found(request, caller)
    one.is_active = request.parameters["Status"] == "Active"
    return {}


def reset(world: World, request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
    """The old password is gone at once: https://docs.aws.amazon.com/IAM/latest/APIReference/API_ResetServiceSpecificCredential.html"""
    user, one = _found(request, caller)
    one.secret = _secret()
    return {"ServiceSpecificCredential": one.with_secret(user.name, world.clock.now())}


def delete(_world: World, request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteServiceSpecificCredential.html"""
    user, one = _found(request, caller)
    del credentials_of(user)[one.id]
    return {}


HANDLERS = {
    ("iam", "CreateServiceSpecificCredential"): create,
    ("iam", "ListServiceSpecificCredentials"): list_all,
    ("iam", "UpdateServiceSpecificCredential"): update,
    ("iam", "ResetServiceSpecificCredential"): reset,
    ("iam", "DeleteServiceSpecificCredential"): delete,
}


def _found(request: ApiRequest, caller: Caller) -> tuple[Any, ServiceCredential]:
    user, key = named_user(request, caller), str(request.parameters["ServiceSpecificCredentialId"])
    one = credentials_of(user).get(key)
    if one is None:
        raise ApiError("NoSuchEntity", f"No such credential {key} exists", 404)
    return user, one


def _unsupported(service: str) -> ApiError:
    return ApiError("NotSupportedService", f"No such service {service} is supported", 404)


def _secret() -> str:
    """From moto's generator, so that a reset plants the same secrets again."""
    return "".join(mock_random.choice(_ALPHABET) for _position in range(44))
