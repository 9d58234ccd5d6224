"""The values that every part of the sandbox hands to the next: a request, its caller, the decision, the outcome."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

CallerKind = Literal["root", "user", "assumed_role", "federated_user", "anonymous"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiRequest:
    """One AWS API call as it arrived, already told apart from its transport.

    `service` is boto3's client name ("iam", "s3", "organizations"), `operation` the API's own name ("PutUserPolicy").
    `parameters` are shaped as a boto3 caller would have passed them. `access_key_id` is None for an unsigned call.
    """

    service: str
    operation: str
    region: str
    parameters: Mapping[str, Any]
    access_key_id: str | None
    source_ip: str
    user_agent: str
    request_id: str
    time: datetime
    read_only: bool
    unreadable: str | None = None
    """Why the parameters could not be read; they are empty then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """Temporary credentials: what STS issued, to whom, and until when."""

    access_key_id: str
    token: str = field(repr=False)
    secret_access_key: str = field(repr=False)
    issued_at: datetime
    expires_at: datetime
    issuer_arn: str
    """The role assumed, or the IAM user (or root) whose long-term key asked for the session."""
    issuer_id: str = ""
    """Its unique id, which another user or role of the same name does not have."""
    session_policies: tuple[str, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    source_identity: str | None = None
    mfa_authenticated: bool = False
    task_policy: str | None = None
    """What a session of AssumeRoot is limited to."""
    context_keys: Mapping[str, str] = field(default_factory=dict)
    """Condition keys, in small letters, that requests with these credentials carry: an instance's tell which instance it was."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who signed the request. `arn` and `user_id` are what GetCallerIdentity answers."""

    kind: CallerKind
    account: str
    arn: str
    user_id: str
    access_key_id: str
    name: str
    """The user's, the role's or the federated user's name; empty for root."""
    session: Session | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What authorization says; `message` is AWS's own wording for a refusal."""

    allowed: bool
    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What was answered: parsed response for mutating calls, the error for refused or failed ones."""

    status: int
    response: Mapping[str, Any] | None = None
    error_code: str | None = None
    error_message: str | None = None
