# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What contained principals have made to go on as: users, roles, sessions of roles, keys for others, and what these made. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from ansible_collections.cordon.aws.plugins.module_utils.errors import InputError
from ansible_collections.cordon.aws.plugins.module_utils.iam.principals import IamPrincipal, principal_of_arn
from ansible_collections.cordon.aws.plugins.module_utils.plan import Json
from ansible_collections.cordon.aws.plugins.module_utils.trail.identity import actors, operation_of, succeeded

MAKING = ("CreateUser", "CreateRole", "AssumeRole", "CreateAccessKey")
"""The events that show it."""

# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-prefixes
_IDS = {
    "user": re.compile(r"AIDA[A-Z0-9]{12,124}"),
    "role": re.compile(r"AROA[A-Z0-9]{12,124}"),
    "session": re.compile(r"AROA[A-Z0-9]{12,124}:[\w+=,.@-]{2,64}", re.ASCII),
}
_KEY = re.compile(r"AKIA[A-Z0-9]{12,124}")
_USER_NAME = re.compile(r"[\w+=,.@-]{1,64}", re.ASCII)


@dataclass(frozen=True, kw_only=True, slots=True)
class Offspring:
    """A principal that another one has made."""

    principal: IamPrincipal
    made_by: str
    """The `aws:userid` pattern of the contained principal that it descends from."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ForeignKey:
    """An access key that was made for a user who is not contained."""

    access_key_id: str
    account: str
    user_name: str
    made_by: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Descent:
    """Everything that descends from the contained principals."""

    offspring: tuple[Offspring, ...] = ()
    keys: tuple[ForeignKey, ...] = ()
    shared: tuple[Offspring, ...] = ()
    """Sessions that somebody else took under the same name of the same role: denying them would hit both."""


def descent(events: Iterable[Mapping[str, Json]], contained: Iterable[str]) -> Descent:
    """`contained`: `aws:userid` patterns of who is contained. What they have made has made more, perhaps in events that come
    first in the list, so it is gone through until nothing is added."""
    listed = [(event, actors(event)) for event in events if succeeded(event)]
    behind = {user_id: user_id for user_id in contained}
    found: dict[str, Offspring] = {}
    while True:
        more = {
            made.principal.user_id: made
            for event, by in listed
            for made in _made(event, by, behind)
            if made.principal.user_id not in behind
        }
        if not more:
            break
        found |= more
        behind |= {user_id: made.made_by for user_id, made in more.items()}
    sessions_of_contained_roles = {
        user_id for user_id in found if not user_id.endswith(":*") and f"{user_id.partition(':')[0]}:*" in behind
    }
    taken_by_others = {user_id for event, by in listed if not by & behind.keys() for user_id in _session_taken(event)}
    theirs = [made for user_id, made in found.items() if user_id not in sessions_of_contained_roles]
    users = {(made.principal.account, made.principal.name) for made in found.values() if made.principal.kind == "user"}
    return Descent(
        offspring=tuple(made for made in theirs if made.principal.user_id not in taken_by_others),
        keys=tuple(
            key for event, by in listed for key in _keys(event, by, behind) if (key.account, key.user_name) not in users
        ),
        shared=tuple(made for made in theirs if made.principal.user_id in taken_by_others),
    )


def _session_taken(event: Mapping[str, Json]) -> Iterator[str]:
    answer = event.get("responseElements")
    taken = answer.get("assumedRoleUser") if isinstance(answer, dict) else None
    if isinstance(taken, dict) and operation_of(event) == "sts:AssumeRole":
        yield str(taken.get("assumedRoleId"))


def ids_made(event: Mapping[str, Json]) -> Iterator[str]:
    """The unique ids of users and roles that an event made, whoever made the call."""
    answer = event.get("responseElements")
    for kind in ("user", "role"):
        shown = answer.get(kind) if isinstance(answer, dict) else None
        if isinstance(shown, dict):
            yield str(shown.get(f"{kind}Id"))


def _made(event: Mapping[str, Json], by: frozenset[str], behind: Mapping[str, str]) -> Iterator[Offspring]:
    """What a contained principal made by this call, if it did."""
    maker = next((behind[user_id] for user_id in sorted(by) if user_id in behind), None)
    answer = event.get("responseElements")
    if maker is None or not isinstance(answer, dict):
        return
    match operation_of(event):
        case "iam:CreateUser":
            yield from _principal(answer.get("user"), "user", "userId", maker)
        case "iam:CreateRole":
            yield from _principal(answer.get("role"), "role", "roleId", maker)
        case "sts:AssumeRole":
            yield from _principal(answer.get("assumedRoleUser"), "session", "assumedRoleId", maker)


def _principal(shown: Json, kind: str, id_name: str, maker: str) -> Iterator[Offspring]:
    if not isinstance(shown, dict):
        return
    arn, unique_id = shown.get("arn"), shown.get(id_name)
    if not (isinstance(arn, str) and isinstance(unique_id, str) and _IDS[kind].fullmatch(unique_id)):
        return
    try:
        named = principal_of_arn(arn)
    except InputError:
        return
    if named.kind == kind:
        yield Offspring(principal=replace(named, unique_id=unique_id), made_by=maker)


def _keys(event: Mapping[str, Json], by: frozenset[str], behind: Mapping[str, str]) -> Iterator[ForeignKey]:
    """A key for somebody else; who makes one for itself has it inactive by being contained."""
    maker = next((behind[user_id] for user_id in sorted(by) if user_id in behind), None)
    answer = event.get("responseElements")
    key = answer.get("accessKey") if isinstance(answer, dict) else None
    if maker is None or not isinstance(key, dict) or operation_of(event) != "iam:CreateAccessKey":
        return
    key_id, user_name = str(key.get("accessKeyId")), str(key.get("userName"))
    identity = event.get("userIdentity", {})
    if _KEY.fullmatch(key_id) and _USER_NAME.fullmatch(user_name) and identity.get("userName") != user_name:
        account = str(event.get("recipientAccountId") or identity.get("accountId") or "")
        yield ForeignKey(access_key_id=key_id, account=account, user_name=user_name, made_by=maker)
