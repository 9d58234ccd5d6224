# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Events without the secrets that logs hold: session tokens, passwords, keys, signed addresses. Pure."""

from __future__ import annotations

import re
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
# One of these a record must hold, in small letters, to be gone through at all.
_SUSPICIOUS = (
    *(
        b'token"',
        b"passw",
        b"passphrase",
        b"secret",
        b"private",
        b"material",
        b"assertion",
        b"plaintext",
        b"seed",
        b"qrcode",
    ),
    *(
        b"authenticationcode",
        b"userdata",
        b"signed",
        b'credential"',
        b"credentialalias",
        b'authorization"',
        b'cookie"',
        b"tokencode",
    ),
    *(
        b"tokenvalue",
        b"x-amz-",
        b"signature=",
        b"token=",
        b"accesskeyid=",
        b"fwog",
        b"fqog",
        b"iqoj",
        b"agoj",
        b"aqod",
        b"api-key-",
    ),
)
_DEEPEST = 60


def may_hold_secrets(text: bytes) -> bool:
    """Whether a record, as JSON, has to be gone through: most do not, and going through them all takes time."""
    small = text.lower()
    return any(word in small for word in _SUSPICIOUS)


def redacted(value: Json, depth: int = _DEEPEST) -> Json:
    """`value` with every secret replaced; what is nested more deeply than any record of AWS's is removed as a whole."""
    if isinstance(value, str):
        return _SECRET_TEXT.sub(_without, value) if len(value) > 20 else value
    if depth == 0:
        return REMOVED
    if isinstance(value, dict):
        return {
            name: REMOVED if _is_secret(name, inner) else redacted(inner, depth - 1) for name, inner in value.items()
        }
    if isinstance(value, list):
        return [redacted(inner, depth - 1) for inner in value]
    return value


def _is_secret(name: str, value: Json) -> bool:
    """Switches such as "passwordResetRequired" are none, and absent values tell nothing."""
    return value is not None and not isinstance(value, bool) and _names_a_secret(name)


@lru_cache(maxsize=10_000)
def _names_a_secret(name: str) -> bool:
    return _SECRET_NAME.search(name) is not None


def _without(found: re.Match[str]) -> str:
    return f"{found['name']}={REMOVED}" if found["name"] else REMOVED
