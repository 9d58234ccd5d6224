# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Events without the secrets that logs hold: session tokens, passwords, keys, signed addresses. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from ansible_collections.cordon.aws.plugins.module_utils.plan import Json

REMOVED: Final = "REMOVED"
# By name, whatever the spelling: sessionToken, SecretAccessKey, masterUserPassword, x-amz-security-token, base32StringSeed …
_SECRET_NAME = re.compile(
    r"(session|security|access|refresh|id|auth|bearer|identity|federation|signin|oauth|api|device|registration)_?-?tokens?$"
    r"|^token(value|code)?$|password$|passphrase|^passwd$|secret(access)?key|secret(string|binary|value)|clientsecret|^secret$"
    r"|privatekey(?!id)|keymaterial$|samlassertion|^plaintext|authenticationcode|stringseed|qrcodepng|userdata$|presigned|signedurl"
    r"|credential(alias|password|secret)$|^authorization$|^cookie",
    re.IGNORECASE,
)
# In texts, wherever they stand: signatures in addresses, session tokens of STS, API keys of Bedrock.
_SECRET_TEXT = re.compile(
    r"(?i:(?P<name>x-amz-(?:security-token|signature|credential)|signintoken|sessiontoken|awsaccesskeyid|signature)=)[^&\s\"']+"
    r"|\b(?:FwoG|FQoG|IQoJ|AgoJ|AQoD)[A-Za-z0-9+/=%]{60,}|bedrock-api-key-[A-Za-z0-9+/=_-]+"
)
# The shortest text that is looked into: signatures and tokens are long, most texts are not.
_LONG = 50
_DEEPEST = 60
# Who called, how, and what CloudTrail itself says of it: what a record always has, and AWS alone writes.
# https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
_WRITTEN_BY_AWS = frozenset(
    {
        *(
            "eventVersion",
            "userIdentity",
            "eventTime",
            "eventSource",
            "eventName",
            "awsRegion",
            "sourceIPAddress",
            "requestID",
            "eventID",
        ),
        *(
            "eventType",
            "recipientAccountId",
            "sharedEventID",
            "eventCategory",
            "managementEvent",
            "readOnly",
            "tlsDetails",
            "resources",
        ),
        *("apiVersion", "errorCode", "sessionCredentialFromConsole", "vpcEndpointId", "vpcEndpointAccountId"),
    }
)


def redacted_record(record: Mapping[str, Json]) -> dict[str, Json]:
    """A record of CloudTrail's with every secret replaced."""
    found = {name: value for name, value in record.items() if value is not None and name not in _WRITTEN_BY_AWS}
    clean = _object(found, _DEEPEST)
    return dict(record) if clean is found else {**record, **clean}


def redacted(value: Json, depth: int = _DEEPEST) -> Json:
    """`value` with every secret replaced, or `value` itself where it has none. What is nested more deeply than any record of AWS's is
    removed as a whole."""
    if isinstance(value, str):
        return _text(value) if len(value) > _LONG else value
    if isinstance(value, dict):
        return _object(value, depth) if depth else REMOVED
    if isinstance(value, list):
        inner = [redacted(one, depth - 1) for one in value] if depth else REMOVED
        return value if depth and all(one is other for one, other in zip(inner, value, strict=True)) else inner
    return value


def _object(value: dict[str, Json], depth: int) -> dict[str, Json]:
    secrets = _secret_names(tuple(value))
    changed: dict[str, Json] = {}
    for name, inner in value.items():
        if isinstance(inner, str):
            if len(inner) <= _LONG and name not in secrets:
                continue
            clean: Json = REMOVED if name in secrets else _text(inner)
        elif inner is None or isinstance(inner, (bool, int, float)):
            # A switch such as "passwordResetRequired" is no secret, an absent value tells nothing; but a PIN may be a number.
            clean = REMOVED if name in secrets and inner is not None and not isinstance(inner, bool) else inner
        else:
            clean = REMOVED if name in secrets else redacted(inner, depth - 1)
        if clean is not inner:
            changed[name] = clean
    return {**value, **changed} if changed else value


@lru_cache(maxsize=20_000)
def _secret_names(names: tuple[str, ...]) -> frozenset[str]:
    """Of the names of one object; most objects have the same few."""
    return frozenset(name for name in names if _SECRET_NAME.search(name))


@lru_cache(maxsize=10_000)
def _text(text: str) -> str:
    return _SECRET_TEXT.sub(_without, text)


def _without(found: re.Match[str]) -> str:
    return f"{found['name']}={REMOVED}" if found["name"] else REMOVED
