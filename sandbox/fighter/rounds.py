"""What one principal of the fighter's does in a round: use what it has, put right what was done to it, and become more."""

from __future__ import annotations

import json
import random
import threading
import time
from typing import Any

from sandbox.fighter.api import FEDERATED, KEY, SESSION_TOKEN, Api, Credential
from sandbox.fighter.band import Band, Member
from sandbox.fighter.growth import Growth
from sandbox.fighter.holdings import holdings, repairs

_ORDINARY = (("s3", "ListBuckets"), ("ec2", "DescribeInstances"))
_PAGES = 20
_EVERYTHING = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})
_DAY_S = 43_200


class Fighter:
    """Carries out rounds. `interval`: seconds between two of a principal's; what happens less often has its own pace."""

    def __init__(self, api: Api, band: Band, growth: Growth, interval: float, *, rotate_s: float) -> None:
        self._api, self._band, self._growth = api, band, growth
        self._interval, self._rotate_s = interval, rotate_s
        self._looking, self._looked = threading.Lock(), -1e9

    def round(self, member: Member) -> None:
        """One round of one principal."""
        for number, credential in enumerate(member.credentials):
            service, operation = _ORDINARY[(member.rounds + number) % len(_ORDINARY)]
            self._api.call(credential, service, operation)
        member.rounds += 1
        self._look(member)
        self._care(member)
        self._care_for_another(member)
        if member.kind == "User":
            self._mint(member)
        else:
            self._growth.assume(member, self._band.agents(member))
        if member.own:
            self._growth.more(member)
            self._growth.juggle(member)

    def _look(self, member: Member) -> None:
        """See everybody in the account; what one has seen all know."""
        if not self._looking.acquire(blocking=False):
            return
        try:
            if time.monotonic() - self._looked < self._interval * 0.8:
                return
            details: dict[str, list[Any]] = {"UserDetailList": [], "RoleDetailList": []}
            more: dict[str, str] = {}
            agents = self._band.agents(member)
            for _page in range(_PAGES):
                answer, by = self._api.by_any(
                    agents, "iam", "GetAccountAuthorizationDetails", Filter=["User", "Role"], MaxItems=1000, **more
                )
                if answer is None or by is None:
                    return
                agents = [by]
                for name in details:
                    details[name] += answer.get(name) or []
                if not answer.get("IsTruncated"):
                    break
                more = {"Marker": answer["Marker"]}
            self._band.seen = holdings(details)
            self._looked = time.monotonic()
        finally:
            self._looking.release()

    def _care_for_another(self, member: Member) -> None:
        """Whoever was refused lately comes first."""
        others = [one for one in self._band.members() if one is not member and not self._band.is_gone(one)]
        refused = [one for one in others if not any(map(self._api.works, one.credentials))]
        if others:
            self._care(random.choice(refused or others))

    def _care(self, member: Member) -> None:
        """Give it back what it had, and switch its keys on. One does that for a member at a time."""
        seen = self._band.seen.get(member.id)
        if seen is None or not self._band.first(member, "care", self._interval * 0.8):
            return
        member.name, agents = seen.name, self._band.agents(member)
        if member.wanted is None:
            member.wanted = seen
        for operation, arguments in repairs(member.wanted, seen):
            self._api.by_any(agents, "iam", operation, **arguments)
        if member.kind == "User":
            self._keys(member, agents)

    def _keys(self, member: Member, agents: list[Credential]) -> None:
        """All active, two of them, and now and then a new one in the place of the oldest."""
        who = {"UserName": member.name}
        answer, _by = self._api.by_any(agents, "iam", "ListAccessKeys", **who)
        if answer is None:
            return
        keys = sorted(answer["AccessKeyMetadata"], key=lambda one: str(one["CreateDate"]))
        for key in keys:
            if key["Status"] != "Active":
                self._api.by_any(
                    agents, "iam", "UpdateAccessKey", **who, AccessKeyId=key["AccessKeyId"], Status="Active"
                )
        if len(keys) >= 2 and self._rotate_s and self._is_ripe(member, keys[1:]):
            oldest = str(keys[0]["AccessKeyId"])
            answer, _by = self._api.by_any(agents, "iam", "DeleteAccessKey", **who, AccessKeyId=oldest)
            if answer is not None:
                self._band.take(member, oldest)
                keys = keys[1:]
        if len(keys) < 2:
            self._growth.key(member, agents)

    def _is_ripe(self, member: Member, newer: list[Any]) -> bool:
        """Whether the oldest key can go: it has been long enough, and a newer one works, so that nothing is given away."""
        had = {one.access_key_id for one in member.credentials if self._api.works(one)}
        age = time.monotonic() - max(member.since, member.done.get("key", member.since))
        return (
            age >= self._rotate_s
            and any(key["AccessKeyId"] in had for key in newer)
            and self._band.first(member, "rotate", self._rotate_s)
        )

    def _mint(self, member: Member) -> None:
        """Sessions of a user outlive its key, and GetSessionToken cannot be forbidden."""
        keys = [one for one in member.credentials if one.kind == KEY]
        if not self._band.first(member, "mint", 4 * self._interval):
            return
        for kind, operation, arguments in (
            (SESSION_TOKEN, "GetSessionToken", {}),
            (FEDERATED, "GetFederationToken", {"Name": "support", "Policy": _EVERYTHING}),
        ):
            if kind == FEDERATED and any(one.kind == kind and self._api.works(one) for one in member.credentials):
                continue
            answer, by = self._api.by_any(keys, "sts", operation, DurationSeconds=_DAY_S, **arguments)
            if answer is not None and by is not None:
                arn = answer.get("FederatedUser", {}).get("Arn", by.principal)
                self._band.give(member, _session(kind, arn, answer), 2 if kind == SESSION_TOKEN else 1)

    def rename(self, member: Member, every_s: float) -> None:
        """Under another name it is not found by whoever goes by names."""
        if time.monotonic() - member.since < every_s or not self._band.first(member, "rename", every_s):
            return
        new = f"{member.arn.rpartition('/')[2]}-{member.rounds}"
        answer, _by = self._api.by_any(
            self._band.agents(member), "iam", "UpdateUser", UserName=member.name, NewUserName=new
        )
        if answer is not None:
            member.name = new


def _session(kind: str, principal: str, answer: dict[str, Any]) -> Credential:
    given = answer["Credentials"]
    return Credential(
        kind=kind,
        principal=principal,
        access_key_id=given["AccessKeyId"],
        secret_access_key=given["SecretAccessKey"],
        session_token=given["SessionToken"],
    )
