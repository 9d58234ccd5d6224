# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""As what the session graph looks for identifiers: the senses of its words, and what AWS's identifiers look like. Pure.

A sense that has to do with one account, one service or one moment carries it, so that what is looked for in one is not found in another."""

from __future__ import annotations

import re
from datetime import datetime
from functools import lru_cache
from typing import Final

from ansible_collections.cordon.aws.plugins.module_utils.plan import Json
from ansible_collections.cordon.aws.plugins.module_utils.trail.event_log import Word

# Who made a call. What is found by one of these is the doing of whoever is traced.
KEY: Final = "key"
"""The access key that signed it."""
PRINCIPAL: Final = "principal"
"""The unique id of a user, of a session of a role (with its name), of a federated user (with the account)."""
ARN: Final = "arn"
"""The ARN of a user, a session, a federated user or root; of a user also what was federated by it."""
USER_NAME: Final = "user_name"
"""A slash and the name of a user, who may be in any account and have any path."""
ROLE: Final = "role"
"""All sessions of a role: its unique id, or what the ARNs of its sessions begin with."""
IDENTITY_CENTER: Final = "identity_center"
"""A user of IAM Identity Center."""
SHARED: Final = "shared_event"
"""The same call, as another account's log shows it."""
SWITCHED_FROM: Final = "switched_from"
"""Who took a role in the console."""
_SESSION: Final = "session@"
_CONSOLE: Final = "console:"
_BEARER: Final = "bearer:"
_BEHALF: Final = "behalf:"
THING: Final = "thing"
"""An instance or a task, whose sessions are named like it."""
FUNCTION: Final = "function"
"""The ARN of the sessions of a function."""
PROVIDER: Final = "provider"
"""Who came through an identity provider, or a trust anchor or a profile of Roles Anywhere."""
_TAKEN: Final = "taken:"

# What has to do with it without being its doing.
_TRUST: Final = "trust:"
_PASSWORD: Final = "password:"
MINTED: Final = "minted"
"""The call that gave out an access key."""


def session(began: int) -> str:
    """What a session did under other keys than the one it was given: in the console, or through a service that acts for it. It is the
    same session if it is of the same principal, `began` in the same second (seconds since 1970), and nobody was given its key."""
    return f"{_SESSION}{began}"


def session_began(sense: str) -> int | None:
    """When the session began that `sense` is of; None for other senses."""
    return int(sense.removeprefix(_SESSION)) if sense.startswith(_SESSION) else None


def console(account: str) -> str:
    """What a user of this account did in the console, signed in with a password."""
    return f"{_CONSOLE}{account}"


def bearer(account: str) -> str:
    """What a user of this account did with an API key that is sent as bearer token."""
    return f"{_BEARER}{account}"


def behalf(service: str) -> str:
    """What a service did for a user who had called it with a long-term key."""
    return f"{_BEHALF}{service}"


def taken(account: str, by: str) -> str:
    """A role of this account was taken by one whom a trust policy may name: "arn:…", "id:…", "account:…", "stranger:…", "service:…",
    "federated:…", "anyone";
    or by a service for a thing of a certain name: "service:…:name"."""
    return f"{_TAKEN}{account}:{by}"


def trust(account: str) -> str:
    """A role's trust policy was written: by name, in this account."""
    return f"{_TRUST}{account}"


def password(account: str) -> str:
    """A user's console password was set, changed or removed: by name, in this account."""
    return f"{_PASSWORD}{account}"


def is_beside(sense: str) -> bool:
    """Whether what is found by it is not the doing of whoever is traced."""
    return sense == MINTED or sense.startswith((_TRUST, _PASSWORD))


def is_from_then(sense: str) -> bool:
    """Whether it counts only from the moment of the call that leads to it on."""
    return sense in (THING, FUNCTION, PROVIDER, SWITCHED_FROM) or sense.startswith((_CONSOLE, _BEARER, _TAKEN, _BEHALF))


def is_taking(sense: str) -> bool:
    return sense.startswith(_TAKEN)


def taker_of(sense: str) -> tuple[str, str, str]:
    """Of a role that was taken: its account, a colon, and who took it."""
    return sense.removeprefix(_TAKEN).partition(":")


def is_trust(sense: str) -> bool:
    return sense.startswith(_TRUST)


def is_password(sense: str) -> bool:
    return sense.startswith(_PASSWORD)


def is_on_behalf(sense: str) -> bool:
    return sense.startswith(_BEHALF)


def is_without_key(sense: str) -> bool:
    """Whether it tells a session by other things than the key it was given."""
    return sense.startswith((_SESSION, _CONSOLE))


def is_by_password(sense: str) -> bool:
    return sense.startswith(_CONSOLE)


# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-prefixes
KEY_ID = re.compile(r"A[KS]IA[A-Z0-9]{12,124}")
USER_ID = re.compile(r"AIDA[A-Z0-9]{12,124}")
ROLE_ID = re.compile(r"AROA[A-Z0-9]{12,124}")
SESSION_ID = re.compile(r"(?P<role>AROA[A-Z0-9]{12,124}):(?P<name>[\w+=,.@-]{2,64})", re.ASCII)
FEDERATED_ID = re.compile(r"\d{12}:[\w+=,.@-]{2,64}", re.ASCII)
ACCOUNT = re.compile(r"\d{12}", re.ASCII)
SERVICE = re.compile(r"[a-z0-9.-]{2,64}\.amazonaws\.com", re.ASCII)
_SHARED_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
THING_NAME = re.compile(r"i-[0-9a-f]{8}([0-9a-f]{9})?|[0-9a-f]{32}", re.IGNORECASE)
# https://docs.aws.amazon.com/singlesignon/latest/IdentityStoreAPIReference/API_User.html
CENTER_USER_ID = re.compile(r"([0-9a-f]{10}-)?[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
PROVIDER_ARN = re.compile(
    r"arn:aws[a-z-]*:iam::\d{12}:(saml|oidc)-provider/[\w+=,.@/:-]{1,255}"
    r"|arn:aws[a-z-]*:rolesanywhere:[a-z0-9-]{6,20}:\d{12}:(trust-anchor|profile)/[0-9a-f-]{36}",
    re.ASCII,
)
NAME = re.compile(r"[\w+=,.@-]{1,64}", re.ASCII)


def can_stand(text: str) -> bool:
    """Whether a text stands in a record as it is: paths of users may hold what JSON escapes."""
    return '"' not in text and "\\" not in text


def text_of(value: Json) -> str:
    return value if isinstance(value, str) else ""


def mapping_of(value: Json) -> dict[str, Json]:
    return value if isinstance(value, dict) else {}


def matched(pattern: re.Pattern[str], value: Json) -> str:
    """The value if it is a text and matches as a whole, else nothing."""
    return value if isinstance(value, str) and pattern.fullmatch(value) else ""


def seconds_of(value: Json) -> int | None:
    """A moment in seconds since 1970; CloudTrail writes both forms, 2013-11-02T01:06:28Z and 20131102T010628Z."""
    return _seconds(value) if isinstance(value, str) and value.endswith("Z") else None


@lru_cache(maxsize=10_000)
def _seconds(text: str) -> int | None:
    try:
        return int(datetime.fromisoformat(text).timestamp())
    except (ValueError, OverflowError):
        return None


def shared_id(value: Json) -> str:
    return matched(_SHARED_ID, value)


def name_words(kind: str, name: str, sense: str) -> frozenset[Word]:
    """A user or role by name, as it stands in ARNs, whatever its path: a slash and the name. A name of one or two characters is found
    only without a path, because shorter texts are not looked for."""
    if not NAME.fullmatch(name):
        return frozenset()
    text = f"/{name}" if len(name) > 2 else f"{kind}/{name}"
    return frozenset({Word(text, sense)})
