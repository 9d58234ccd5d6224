"""The fighter's calls: which credentials sign them, how they went, and the line in the report that each leaves."""

from __future__ import annotations

import json
import threading
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TextIO

import boto3
import botocore.session
from botocore import xform_name
from botocore.config import Config
from botocore.credentials import Credentials, ReadOnlyCredentials
from botocore.exceptions import BotoCoreError, ClientError

KEY = "long-term key"
SESSION_TOKEN = "GetSessionToken session"
FEDERATED = "GetFederationToken session"
ROLE = "AssumeRole session"
_CONFIG = Config(
    retries={"total_max_attempts": 1},
    connect_timeout=2,
    read_timeout=5,
    max_pool_connections=16,
    parameter_validation=False,
)
# Whether credentials work is told by these calls: IAM and STS refuse some things to credentials that work.
_ORDINARY = frozenset({"s3", "ec2"})
# Codes that say something of the credentials, not of what was asked for.
_REFUSALS = frozenset(
    {
        "AccessDenied",
        "AuthFailure",
        "ExpiredToken",
        "InvalidAccessKeyId",
        "InvalidClientTokenId",
        "RequestExpired",
        "UnauthorizedOperation",
        "UnrecognizedClientException",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """One set of credentials. `principal` is the ARN of whoever signs with it, as it was when it was given out."""

    kind: str
    principal: str
    access_key_id: str
    secret_access_key: str = field(repr=False)
    session_token: str | None = field(default=None, repr=False)

    @property
    def may_use_iam(self) -> bool:
        """https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_sts-comparison.html: sessions of users may not"""
        return self.kind in (KEY, ROLE)


class Api:
    """Makes calls with any of the credentials. One client per service serves them all: making clients takes longer than the fight
    allows. Safe for threads. Once `stop` is set it calls no more."""

    def __init__(self, endpoint_url: str, region: str, report: TextIO, stop: threading.Event) -> None:
        self._signer = _Signer()
        session = botocore.session.get_session()
        session.register_component("credential_provider", self._signer)
        plain = boto3.Session(botocore_session=session, region_name=region)
        self._clients: dict[str, Any] = {
            service: plain.client(service, endpoint_url=endpoint_url, config=_CONFIG)
            for service in ("s3", "ec2", "iam", "sts")
        }
        self._report, self._lock, self._stop = report, threading.Lock(), stop
        self._works: dict[str, bool] = {}

    def works(self, credential: Credential) -> bool:
        """Whether it was not refused when last used."""
        return self._works.get(credential.access_key_id, True)

    def call(
        self, credential: Credential, service: str, operation: str, **arguments: Any
    ) -> tuple[dict[str, Any] | None, str | None]:
        """(answer, None), or (None, error code). A connection that fails is no answer, and written down as one."""
        if self._stop.is_set():
            return None, "stopped"
        started = datetime.now(UTC).isoformat()
        answer, code = None, None
        self._signer.signs_with(credential)
        try:
            answer = getattr(self._clients[service], xform_name(operation))(**arguments)
        except ClientError as error:
            code = str(error.response["Error"]["Code"])
        except BotoCoreError as error:
            code = type(error).__name__
        if service in _ORDINARY and (code is None or code in _REFUSALS):
            self._works[credential.access_key_id] = code is None
        line = {
            "time": started,
            "who": credential.kind,
            "principal": credential.principal,
            "access_key_id": credential.access_key_id,
            "operation": f"{service}:{operation}",
            "allowed": code is None,
            "error_code": code,
        }
        with self._lock:
            self._report.write(json.dumps(line) + "\n")
        return answer, code

    def by_any(
        self, credentials: list[Credential], service: str, operation: str, **arguments: Any
    ) -> tuple[dict[str, Any] | None, Credential | None]:
        """The first answer that any of them gets, and who got it. What is wrong with the call itself is not tried again."""
        for credential in credentials:
            answer, code = self.call(credential, service, operation, **arguments)
            if code is None:
                return answer, credential
            if code not in _REFUSALS:
                break
        return None, None


class _Signer(Credentials):
    """Stands where botocore expects one set of credentials, and is whichever was chosen last in this thread."""

    def __init__(self) -> None:
        super().__init__("unknown", "unknown")
        self._chosen: ContextVar[ReadOnlyCredentials] = ContextVar("chosen")

    def load_credentials(self) -> _Signer:
        """What botocore asks a provider for."""
        return self

    def signs_with(self, credential: Credential) -> None:
        self._chosen.set(
            ReadOnlyCredentials(credential.access_key_id, credential.secret_access_key, credential.session_token)
        )

    def get_frozen_credentials(self) -> ReadOnlyCredentials:
        return self._chosen.get()
