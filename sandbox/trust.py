"""Whom a role's trust policy names: users and roles are remembered by their unique ids, and shown by their ARNs as long as they exist.

Somebody who is deleted, even if made anew under the same name, is not trusted any more; the policy shows the id then, which IAM does
not take back: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html#principal-roles
Everything else of the text stays byte for byte as it was sent."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from moto.backends import get_backend

from sandbox.authorization.views import iam_of, organization_of
from sandbox.errors import ApiError
from sandbox.json_text import Text, texts_of

_ACCOUNT = re.compile(r"[0-9]{12}|arn:aws:iam::[0-9]{12}:root")
_ENTITY = re.compile(r"arn:aws:iam::([0-9]{12}):(user|role)/(?:[!-~]+/)?([\w+=,.@-]+)", re.ASCII)
_SESSION = re.compile(r"arn:aws:sts::[0-9]{12}:(?:assumed-role/[\w+=,.@-]+|federated-user)/[\w+=,.@-]+", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Named:
    """A user or role in the text: where its ARN stands, and who it was when the policy was saved."""

    start: int
    end: int
    arn: str
    account: str
    kind: str
    id: str


class Trust:
    """A trust policy as it was sent, and whom it named then."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._named = tuple(_named(text))

    def shown(self) -> str:
        """The policy as IAM shows it, and as it is in force."""
        text = self._text
        for one in reversed(self._named):
            now = _arn_now(one)
            if now != one.arn:
                text = f"{text[: one.start]}{json.dumps(now)}{text[one.end :]}"
        return text


def check_principals(text: str) -> None:
    """Raise ApiError for whom no trust policy may name: nobody there, or somebody by an id. The sandbox knows its own accounts; who is
    in others is taken to exist."""
    for one in _aws_principals(text):
        if not _is_there(one.value):
            raise ApiError("MalformedPolicyDocument", f'Invalid principal in policy: "AWS":"{one.value}"', 400)


def _is_there(name: str) -> bool:
    if name == "*" or _ACCOUNT.fullmatch(name) or _SESSION.fullmatch(name):
        return True
    found = _ENTITY.fullmatch(name)
    if found is None:
        return False
    account, kind, short = found.groups()
    return not _is_ours(account) or _entity(account, kind, short, name) is not None


def _is_ours(account: str) -> bool:
    organization = organization_of()
    members = [] if organization is None else [one.id for one in list(organization.accounts)]
    return account in members or account in list(get_backend("iam").keys())


def _entity(account: str, kind: str, name: str, arn: str) -> Any:
    """The user or role of this name and path, if there is one."""
    iam = iam_of(account)
    entities = [iam.users[name]] if kind == "user" and name in iam.users else []
    if kind == "role":
        entities = list(iam.roles.values())
    return next((entity for entity in entities if entity.arn == arn), None)


def _named(text: str) -> Iterator[_Named]:
    """Every user and role that the text names, in the text's order."""
    for one in _aws_principals(text):
        found = _ENTITY.fullmatch(one.value)
        if found is None or not _is_ours(found[1]):
            continue
        entity = _entity(found[1], found[2], found[3], one.value)
        if entity is not None:
            yield _Named(
                start=one.start, end=one.end, arn=one.value, account=found[1], kind=found[2], id=str(entity.id)
            )


def _arn_now(one: _Named) -> str:
    """Its ARN, which another name or path changes, or its id if it is gone."""
    iam = iam_of(one.account)
    if one.kind == "role":  # moto keeps them by their ids
        return str(iam.roles[one.id].arn) if one.id in iam.roles else one.id
    return next((str(user.arn) for user in list(iam.users.values()) if user.id == one.id), one.id)


def _aws_principals(text: str) -> Iterator[Text]:
    """What stands under "AWS" in the Principal of any statement. Conditions are no principals: their ARNs stay ARNs."""
    try:
        json.loads(text)
    except (TypeError, ValueError, RecursionError):  # scenarios and moto itself may make roles with anything
        return
    for one in texts_of(text):
        names = [step for step in one.path if isinstance(step, str)]
        if names == ["Statement", "Principal", "AWS"]:
            yield one
