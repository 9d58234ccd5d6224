# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reads what a principal did: when each of its keys was last used, and which services it last asked for anything.
https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_last-accessed.html"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Literal

from ansible_collections.cordon.aws.plugins.module_utils.credential.reading import (
    NotReadable,
    existing,
    in_utc,
    readable,
)
from ansible_collections.cordon.aws.plugins.module_utils.credential.worry import Key, as_text
from ansible_collections.cordon.aws.plugins.module_utils.errors import AwsError
from ansible_collections.cordon.aws.plugins.module_utils.iam.principals import IamPrincipal, iam_call
from ansible_collections.cordon.aws.plugins.module_utils.plan import Call, Json
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads

Ask = Callable[[Call], Json]
"""How one call is answered, anew each time: `Cloud.read`."""

_MOST_PAGES = 20
"""Of a report: 1,000 services each."""


@dataclass(frozen=True, kw_only=True, slots=True)
class LastAccessed:
    """Which services were asked for anything, refused or not, the latest first."""

    status: Literal["read", "not checked", "not readable", "not finished"]
    why: str = ""
    services: tuple[tuple[str, datetime], ...] = ()

    @property
    def latest(self) -> datetime | None:
        return self.services[0][1] if self.services else None

    def as_json(self) -> dict[str, Json]:
        listed = [{"service": service, "when": as_text(when)} for service, when in self.services]
        return {"status": self.status, "why": self.why, "services": listed}


def keys_of(reads: Reads, who: IamPrincipal) -> tuple[Key, ...] | NotReadable:
    """A user's long-term keys. Others have none that IAM tells of."""
    if who.kind != "user":
        return ()
    listed = readable(lambda: reads.pages(who.call("ListAccessKeys"), "AccessKeyMetadata"))
    if isinstance(listed, NotReadable):
        return listed
    for key in listed:
        reads.ahead(_last_used(who, key["AccessKeyId"]))
    return tuple(_key(reads, who, key) for key in listed)


def _last_used(who: IamPrincipal, key_id: str) -> Call:
    return iam_call(who.account, who.partition, "GetAccessKeyLastUsed", AccessKeyId=key_id)


def _key(reads: Reads, who: IamPrincipal, key: Json) -> Key:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_AccessKeyLastUsed.html: "N/A" stands for what is not known."""
    key_id, active = str(key["AccessKeyId"]), key["Status"] == "Active"
    answer = existing(partial(reads.read, _last_used(who, key_id)))
    if answer is None or isinstance(answer, NotReadable):
        return Key(key_id=key_id, active=active, last_used=None, unreadable=answer.why if answer else "it is gone")
    used = answer.get("AccessKeyLastUsed", {})
    service, region = (str(used.get(name, "N/A")) for name in ("ServiceName", "Region"))
    return Key(
        key_id=key_id,
        active=active,
        last_used=in_utc(used.get("LastUsedDate")),
        service="" if service == "N/A" else service,
        region="" if region == "N/A" else region,
    )


def last_accessed(ask: Ask, who: IamPrincipal, arn: str, wait_s: float) -> LastAccessed:
    """Have IAM write the report on the user or role `arn` and wait for it, `wait_s` at most (0: do not ask). Recent activity takes
    up to four hours to appear: https://docs.aws.amazon.com/IAM/latest/APIReference/API_GenerateServiceLastAccessedDetails.html"""
    if wait_s <= 0:
        return LastAccessed(status="not checked", why="it was not asked for")
    if who.kind == "root":
        return LastAccessed(status="not checked", why="IAM writes no such report on root")
    try:
        return _report(ask, partial(iam_call, who.account, who.partition), arn, wait_s)
    except AwsError as error:  # whatever it is, it must not keep the rest from being told
        return LastAccessed(status="not readable", why=f"cannot {error.tried}: {error.why}")


def _report(ask: Ask, call: Callable[..., Call], arn: str, wait_s: float) -> LastAccessed:
    job = str(ask(call("GenerateServiceLastAccessedDetails", Arn=arn))["JobId"])
    fetch = partial(call, "GetServiceLastAccessedDetails", JobId=job, MaxItems=1000)
    deadline, pause = time.monotonic() + wait_s, 0.2
    answer = ask(fetch())
    while answer["JobStatus"] == "IN_PROGRESS":
        left = deadline - time.monotonic()
        if left <= 0:
            return LastAccessed(status="not finished", why=f"AWS had not written the report after {wait_s:g} s")
        time.sleep(min(pause, left))
        pause = min(pause * 2, 2)
        answer = ask(fetch())
    if answer["JobStatus"] != "COMPLETED":
        return LastAccessed(
            status="not readable", why=f"AWS could not write the report: {answer.get('Error', {}).get('Message', '')}"
        )
    listed = list(answer.get("ServicesLastAccessed", ()))
    for _page in range(_MOST_PAGES):
        if not answer.get("IsTruncated"):
            break
        answer = ask(fetch(Marker=answer["Marker"]))
        listed += answer.get("ServicesLastAccessed", ())
    used = [(str(one["ServiceNamespace"]), when) for one in listed if (when := in_utc(one.get("LastAuthenticated")))]
    return LastAccessed(status="read", services=tuple(sorted(used, key=lambda one: (one[1], one[0]), reverse=True)))
