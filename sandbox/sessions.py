"""Temporary credentials: made here, known to the gateway from then on."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from moto.iam.utils import generate_access_key_id_from_account_id
from moto.moto_api._internal import mock_random

from sandbox.authorization.views import PrincipalView
from sandbox.model import Caller, Session

if TYPE_CHECKING:
    from sandbox.world import World


def new_session(world: World, account: str, seconds: int, **more: Any) -> Session:
    """Temporary credentials of this account; who signs with them is for the caller of this to tell `World.credentials`."""
    now = world.clock.now().replace(microsecond=0)
    return Session(
        access_key_id=generate_access_key_id_from_account_id(account, prefix="ASIA"),
        secret_access_key=_random(40),
        token=_random(180),
        issued_at=now,
        expires_at=now + timedelta(seconds=seconds),
        **more,
    )


def new_role_session(world: World, role: PrincipalView, name: str, *, seconds: int, **more: Any) -> Session:
    """A session of the role, which can be used from now on."""
    account = role.arn.split(":")[4]
    session = new_session(world, account, seconds, issuer_arn=role.arn, issuer_id=role.id, **more)
    world.credentials.add(
        session,
        Caller(
            kind="assumed_role",
            account=account,
            arn=f"arn:aws:sts::{account}:assumed-role/{role.name}/{name}",
            user_id=f"{role.id}:{name}",
            access_key_id=session.access_key_id,
            name=role.name,
            session=session,
        ),
    )
    return session


def credentials_in(session: Session) -> dict[str, Any]:
    """https://docs.aws.amazon.com/STS/latest/APIReference/API_Credentials.html"""
    return {
        "AccessKeyId": session.access_key_id,
        "SecretAccessKey": session.secret_access_key,
        "SessionToken": session.token,
        "Expiration": session.expires_at,
    }


def _random(length: int) -> str:
    """From moto's generator, so that a reset plants the same secrets again."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    return "".join(mock_random.choice(alphabet) for _position in range(length))
