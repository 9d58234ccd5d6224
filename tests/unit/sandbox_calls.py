"""Calls and callers for the sandbox's unit tests, as the gateway would have made them of a request."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sandbox.identify import is_read_only
from sandbox.model import ApiRequest, Caller, Session

ACCOUNT = "111122223333"
OTHER = "444455556666"
NOON = datetime(2026, 3, 4, 12, 0, 0, tzinfo=UTC)
KEY_ID = "AKIAIOSFODNN7EXAMPLE"


def call(service: str, operation: str, parameters: dict[str, Any] | None = None, **more: Any) -> ApiRequest:
    given: dict[str, Any] = {
        "region": "eu-west-1",
        "access_key_id": KEY_ID,
        "source_ip": "198.51.100.7",
        "user_agent": "aws-cli/2.15.0",
        "request_id": "8a5d0c61-0000-4000-8000-000000000001",
        "time": NOON,
        "read_only": is_read_only(operation),
    }
    return ApiRequest(service=service, operation=operation, parameters=parameters or {}, **(given | more))


def user(account: str = ACCOUNT, name: str = "alice") -> Caller:
    return Caller(
        kind="user",
        account=account,
        arn=f"arn:aws:iam::{account}:user/{name}",
        user_id="AIDACKCEVSQ6C2EXAMPLE",
        access_key_id=KEY_ID,
        name=name,
    )


def session(issuer_arn: str, **more: Any) -> Session:
    return Session(
        access_key_id="ASIAIOSFODNN7EXAMPLE",
        token="token",
        secret_access_key="secret",
        issued_at=NOON,
        expires_at=NOON + timedelta(hours=1),
        issuer_arn=issuer_arn,
        **more,
    )
