# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One digest file: what it says of an hour's log files, and whether CloudTrail signed it. Pure.
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-validation-digest-file-structure.html
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-custom-validation.html (what is signed)"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from ansible_collections.cordon.aws.plugins.module_utils.plan import Json

try:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.serialization import load_der_public_key
except ImportError:  # the module says so through missing_required_lib before it gets here
    pass

_HASH = re.compile(r"[0-9a-f]{64}")
_FINGERPRINT = re.compile(r"[0-9a-f:]{8,128}")


class DigestError(ValueError):
    """Why something is no digest file; in our own words."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Digest:
    """What a digest file says. Names in it are CloudTrail's only once its signature is found good."""

    bucket: str
    key: str
    """Where it was delivered."""
    start: datetime
    end: datetime
    end_text: str
    """As it stands there, which is what is signed."""
    fingerprint: str
    """Of the public key that its signature is checked with."""
    content_hash: str
    """SHA-256 of the digest itself, uncompressed."""
    previous_key: str
    """Where the digest before it was delivered; empty where the chain begins."""
    previous_hash: str
    previous_signature: str
    files: Mapping[str, str]
    """Key of a log file -> SHA-256 of what is in it, uncompressed."""

    @property
    def signed_text(self) -> bytes:
        lines = (
            self.end_text,
            f"{self.bucket}/{self.key}",
            self.content_hash,
            self.previous_signature or "null",
        )
        return "\n".join(lines).encode()


def digest_of(content: bytes) -> Digest:
    """`content`: uncompressed. Raises DigestError for what is no digest."""
    try:
        found: Json = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise DigestError("it is not JSON") from error
    if not isinstance(found, dict):
        raise DigestError("it is not an object")
    end_text = _text(found, "digestEndTime")
    files = found.get("logFiles")
    if not isinstance(files, list):
        raise DigestError("logFiles is not a list")
    return Digest(
        bucket=_text(found, "digestS3Bucket"),
        key=_text(found, "digestS3Object"),
        start=_time(_text(found, "digestStartTime")),
        end=_time(end_text),
        end_text=end_text,
        fingerprint=_matching(_FINGERPRINT, found.get("digestPublicKeyFingerprint"), "digestPublicKeyFingerprint"),
        content_hash=hashlib.sha256(content).hexdigest(),
        previous_key=_optional(found, "previousDigestS3Object"),
        previous_hash=_optional(found, "previousDigestHashValue"),
        previous_signature=_optional(found, "previousDigestSignature"),
        files=dict(_file(one) for one in files),
    )


def is_signed(digest: Digest, signature: str, public_key: bytes) -> bool:
    """Whether the signature (in hexadecimal, as it stands beside the object) is one of the digest, by this key (DER, PKCS #1)."""
    try:
        key = load_der_public_key(public_key)
        if not isinstance(key, RSAPublicKey):
            return False
        key.verify(bytes.fromhex(signature), digest.signed_text, PKCS1v15(), SHA256())
    except (InvalidSignature, ValueError):
        return False
    return True


def _file(shown: Json) -> tuple[str, str]:
    if not isinstance(shown, dict):
        raise DigestError("one of logFiles is not an object")
    return _text(shown, "s3Object"), _matching(_HASH, shown.get("hashValue"), "hashValue")


def _text(found: Mapping[str, Json], name: str) -> str:
    value = found.get(name)
    if not isinstance(value, str) or not value:
        raise DigestError(f"{name} is not a text")
    return value


def _optional(found: Mapping[str, Json], name: str) -> str:
    return "" if found.get(name) is None else _text(found, name)


def _matching(pattern: re.Pattern[str], value: Json, name: str) -> str:
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise DigestError(f"{name} is not what it must be")
    return value


def _time(text: str) -> datetime:
    try:
        return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError as error:
        raise DigestError("a time is none") from error
