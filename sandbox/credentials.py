"""Who signed a request: long-term keys out of moto's IAM, sessions out of our own store. Who signed nothing is nobody, whom S3 alone
lets in.
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp.html"""

from __future__ import annotations

import hmac
import threading
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from sandbox import signature
from sandbox.authorization.views import iam_of
from sandbox.errors import ApiError, spelled
from sandbox.identify import Scope
from sandbox.model import Caller, Session
from sandbox.protocol import protocol_of
from sandbox.root_user import root_user_of

if TYPE_CHECKING:
    from sandbox.world import World

_UNKNOWN = "The security token included in the request is invalid."
_EXPIRED = "The security token included in the request is expired"


class CredentialStore:
    """Sessions, and the way from a signed request to its caller."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._lock = threading.Lock()
        self._sessions: dict[str, tuple[Session, Caller]] = {}

    def add(self, session: Session, caller: Caller) -> None:
        """Remember a session that STS gave out. `caller` is who signs with it."""
        with self._lock:
            self._sessions[session.access_key_id] = session, caller

    def session(self, access_key_id: str) -> Session | None:
        found = self._sessions.get(access_key_id)
        return found[0] if found else None

    def secrets(self) -> list[str]:
        """The secret keys and tokens of all sessions."""
        return [
            secret
            for session, _caller in list(self._sessions.values())
            for secret in (session.secret_access_key, session.token)
        ]

    def forget(self) -> None:
        with self._lock:
            self._sessions.clear()

    def authenticated(self, environ: Mapping[str, Any], body: bytes, service: str, scope: Scope | None) -> Caller:
        """The caller. Raises ApiError in the words of `service` for every signature that AWS refuses."""
        protocol = protocol_of(service)
        if scope is None or scope.access_key_id is None:
            raise _unsigned(environ, service, protocol)
        token = _token_of(environ)
        if scope.access_key_id.startswith("ASIA"):
            caller, secret = self._session_caller(scope.access_key_id, token, service, protocol)
        else:
            caller, secret = self._key_caller(scope.access_key_id, token, service, protocol)
        try:
            signature.check(environ, body, service, scope, secret)
        except signature.SignatureError as error:
            raise spelled(error.kind, service, protocol, str(error)) from error
        return caller

    def _session_caller(self, key_id: str, token: str | None, service: str, protocol: str) -> tuple[Caller, str]:
        found = self._sessions.get(key_id)
        if found is None:
            raise spelled("unknown_key", service, protocol, _UNKNOWN)
        session, caller = found
        if token is None:
            raise spelled("unknown_key", service, protocol, _UNKNOWN)
        if not hmac.compare_digest(token.encode(), session.token.encode()):
            raise spelled("wrong_token", service, protocol, _UNKNOWN)
        if self._world.clock.now() >= session.expires_at:
            raise spelled("expired", service, protocol, _EXPIRED)
        current = self._with_current_names(caller, session)
        if current is None:
            raise spelled("unknown_key", service, protocol, _UNKNOWN)
        return current, session.secret_access_key

    def _with_current_names(self, caller: Caller, session: Session) -> Caller | None:
        """The caller as it is called today; None if its user or role is gone. What bears the name now but has another id is somebody
        else: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids"""
        if session.issuer_arn.endswith(":root"):
            return caller
        views, name = self._world.authorizer.views, session.issuer_arn.rsplit("/", 1)[1]
        look = views.user if ":user/" in session.issuer_arn else views.role
        issuer = look(caller.account, name)
        if issuer is not None and issuer.id == session.issuer_id:
            return caller
        if look is views.role:
            return None  # roles cannot be renamed
        issuer = views.user_by_id(caller.account, session.issuer_id)
        if issuer is None:
            return None
        now = replace(session, issuer_arn=issuer.arn)
        if caller.kind == "federated_user":
            return replace(caller, session=now)
        return replace(caller, arn=issuer.arn, name=issuer.name, session=now)

    def _key_caller(self, key_id: str, token: str | None, service: str, protocol: str) -> tuple[Caller, str]:
        views = self._world.authorizer.views
        key = views.key(key_id)
        if key is None or key.status != "Active":
            raise spelled("unknown_key", service, protocol, _UNKNOWN)
        if token is not None:
            raise spelled("wrong_token", service, protocol, _UNKNOWN)
        if not key.user_name:
            return _root(key.account, key_id), key.secret
        user = views.user(key.account, key.user_name)
        if user is None:
            raise spelled("unknown_key", service, protocol, _UNKNOWN)
        caller = Caller(
            kind="user", account=key.account, arn=user.arn, user_id=user.id, access_key_id=key_id, name=user.name
        )
        return caller, key.secret


def refuse_by_kind(service: str, operation: str, caller: Caller) -> None:
    """Raise for what sessions may not do whatever their policies say: a role's neither GetFederationToken nor GetSessionToken,
    GetSessionToken's no IAM without MFA and no STS but AssumeRole and GetCallerIdentity, GetFederationToken's no IAM and no STS but
    GetCallerIdentity. https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_sts-comparison.html"""
    session = caller.session
    if session is None:
        return
    allowed = {"GetCallerIdentity"} if session.task_policy is not None else _STS_OF_SESSIONS.get(caller.kind)
    minting = operation in ("GetSessionToken", "GetFederationToken")
    if service == "sts" and (minting or (allowed is not None and operation not in allowed)):
        raise ApiError("AccessDenied", f"Cannot call {operation} with session credentials", 403)
    if service != "iam" or caller.kind == "assumed_role" or session.task_policy is not None:
        return
    if caller.kind == "federated_user" or not session.mfa_authenticated:
        raise ApiError("InvalidClientTokenId", "The security token included in the request is invalid", 403)


_STS_OF_SESSIONS = {
    "user": {"GetCallerIdentity", "AssumeRole"},
    "root": {"GetCallerIdentity", "AssumeRole"},
    "federated_user": {"GetCallerIdentity"},
}


def _unsigned(environ: Mapping[str, Any], service: str, protocol: str) -> ApiError:
    """Why there is no access key to look for."""
    header, query = environ.get("HTTP_AUTHORIZATION", ""), environ.get("QUERY_STRING", "")
    if header.startswith("AWS ") or (not header and "AWSAccessKeyId=" in query):
        # https://docs.aws.amazon.com/AmazonS3/latest/API/Appendix-Sigv2.html: not for buckets made since June 2020
        return spelled("old_signature_version", service, protocol, "Signature Version 2 is not supported.")
    if header:
        return spelled(
            "malformed_signature", service, protocol, "The request signature does not conform to AWS standards."
        )
    if "X-Amz-Signature=" in query:
        return spelled("malformed_url", service, protocol, "The request signature does not conform to AWS standards.")
    return spelled("unsigned", service, protocol, "Request is missing Authentication Token")


def mark_used(caller: Caller, service: str, region: str, world: World) -> None:
    """What GetAccessKeyLastUsed tells: https://docs.aws.amazon.com/IAM/latest/APIReference/API_AccessKeyLastUsed.html"""
    from moto.iam.models import AccessKeyLastUsed

    if caller.kind == "assumed_role":
        _mark_role_used(caller, region, world)
    if caller.kind not in ("user", "root") or caller.session is not None:
        return
    user = root_user_of(caller.account) if caller.kind == "root" else iam_of(caller.account).users.get(caller.name)
    for key in user.access_keys if user else ():
        if key.access_key_id == caller.access_key_id:
            key.last_used = AccessKeyLastUsed(world.clock.now().replace(tzinfo=None), service, region)


def _mark_role_used(caller: Caller, region: str, world: World) -> None:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_RoleLastUsed.html"""
    role = iam_of(caller.account).roles.get(caller.user_id.partition(":")[0])
    if role is not None:
        role.last_used, role.last_used_region = world.clock.now().replace(microsecond=0, tzinfo=None), region


def _root(account: str, key_id: str) -> Caller:
    """https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html: its id is that of the account"""
    return Caller(
        kind="root",
        account=account,
        arn=f"arn:aws:iam::{account}:root",
        user_id=account,
        access_key_id=key_id,
        name="",
    )


def _token_of(environ: Mapping[str, Any]) -> str | None:
    header = environ.get("HTTP_X_AMZ_SECURITY_TOKEN")
    if header:
        return str(header)
    given = parse_qs(environ.get("QUERY_STRING", "")).get("X-Amz-Security-Token")
    return given[0] if given else None
