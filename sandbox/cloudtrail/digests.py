"""Digest files of trails with log-file validation: every hour, signed, each made behind the one before; and the public keys.
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-validation-digest-file-structure.html
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-custom-validation.html"""

from __future__ import annotations

import gzip
import hashlib
import json
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from moto.backends import get_backend

from sandbox.model import ApiRequest, Caller

if TYPE_CHECKING:
    from sandbox.cloudtrail.recorder import Place
    from sandbox.world import World

_HOUR = timedelta(hours=1)
_FORM = "%Y-%m-%dT%H:%M:%SZ"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """A file that has been written."""

    owner: str
    """The account of the bucket."""
    prefix: str
    """What stands before AWSLogs' folders of the account: "logs/AWSLogs/o-…/"."""
    key: str
    time: datetime
    content: bytes
    """Uncompressed."""
    event_times: Sequence[str]


@dataclass(slots=True, kw_only=True)
class _Chain:
    trail: Any
    place: Place
    owner: str
    prefix: str
    start: datetime
    files: list[Delivered] = field(default_factory=list)
    previous: Mapping[str, Any] = field(
        default_factory=lambda: dict.fromkeys(
            (
                "previousDigestS3Bucket",
                "previousDigestS3Object",
                "previousDigestHashValue",
                "previousDigestHashAlgorithm",
                "previousDigestSignature",
            )
        )
    )


class Digests:
    """The chains of all trails: one for each account and region of which a trail has delivered files."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._chains: dict[tuple[str, Place], _Chain] = {}
        self._keys: dict[str, RSAPrivateKey] = {}
        self._since: dict[str, datetime] = {}

    def forget(self) -> None:
        with self._lock:
            self._chains.clear()

    def note(self, trail: Any, place: Place, file: Delivered) -> None:
        """A log file was delivered."""
        if not trail.log_validation:
            return
        with self._lock:
            chain = self._chains.get((trail.arn, place))
            if chain is None:
                start = file.time.replace(microsecond=0)
                chain = _Chain(trail=trail, place=place, owner=file.owner, prefix=file.prefix, start=start)
                self._chains[trail.arn, place] = chain
            chain.files.append(file)

    def deliver(self, now: datetime, there: Sequence[Any]) -> None:
        """Write what is due; a last one for trails that are stopped or gone. `there`: the trails that exist."""
        with self._lock:
            for name, chain in list(self._chains.items()):
                while now - chain.start >= _HOUR:
                    self._write(chain, chain.start + _HOUR)
                trail = chain.trail
                if not (trail in there and trail.status.is_logging and trail.log_validation):
                    end = now.replace(microsecond=0)
                    if end > chain.start:
                        self._write(chain, end)
                    del self._chains[name]

    def public_keys(self, region: str, now: datetime) -> list[dict[str, Any]]:
        with self._lock:
            key = self._key(region, now)
            value = _public(key)
            return [
                {
                    "Value": value,
                    "Fingerprint": _fingerprint(value),
                    "ValidityStartTime": self._since[region],
                    "ValidityEndTime": self._since[region] + timedelta(days=365),
                }
            ]

    def _key(self, region: str, now: datetime) -> RSAPrivateKey:
        """Each region has its own, that of a trail signs."""
        if region not in self._keys:
            self._keys[region] = generate_private_key(public_exponent=65537, key_size=2048)
            self._since[region] = now - timedelta(days=180)
        return self._keys[region]

    def _write(self, chain: _Chain, end: datetime) -> None:
        account, region = chain.place
        trail, files = chain.trail, [one for one in chain.files if one.time < end]
        key = self._key(trail.region_name, end)
        times = sorted(time for one in files for time in one.event_times)
        name = (
            f"{chain.prefix}{account}/CloudTrail-Digest/{region}/{end:%Y/%m/%d}/"
            f"{account}_CloudTrail-Digest_{region}_{trail.trail_name}_{trail.region_name}_{end:%Y%m%dT%H%M%SZ}.json.gz"
        )
        digest = {
            "awsAccountId": account,
            "digestStartTime": f"{chain.start:{_FORM}}",
            "digestEndTime": f"{end:{_FORM}}",
            "digestS3Bucket": trail.bucket_name,
            "digestS3Object": name,
            "digestPublicKeyFingerprint": _fingerprint(_public(key)),
            "digestSignatureAlgorithm": "SHA256withRSA",
            "newestEventTime": times[-1] if times else None,
            "oldestEventTime": times[0] if times else None,
            **chain.previous,
            "logFiles": [_shown(trail.bucket_name, one) for one in files],
        }
        content = json.dumps(digest).encode()
        own_hash = hashlib.sha256(content).hexdigest()
        before = chain.previous["previousDigestSignature"] or "null"
        signed = f"{digest['digestEndTime']}\n{trail.bucket_name}/{name}\n{own_hash}\n{before}"
        signature = key.sign(signed.encode(), PKCS1v15(), SHA256()).hex()
        buckets = get_backend("s3")[chain.owner]["aws"]
        if trail.bucket_name in buckets.buckets:
            written = buckets.put_object(trail.bucket_name, name, gzip.compress(content))
            written.set_metadata({"x-amz-meta-signature": signature, "x-amz-meta-signature-algorithm": "SHA256withRSA"})
        chain.start, chain.files = end, [one for one in chain.files if one.time >= end]
        chain.previous = {
            "previousDigestS3Bucket": trail.bucket_name,
            "previousDigestS3Object": name,
            "previousDigestHashValue": own_hash,
            "previousDigestHashAlgorithm": "SHA-256",
            "previousDigestSignature": signature,
        }


def list_public_keys(world: World, request: ApiRequest, _caller: Caller) -> dict[str, Any]:
    """Those whose time overlaps; without times, of now.
    https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_ListPublicKeys.html"""
    now = world.clock.now()
    since, until = _aware(request.parameters.get("StartTime"), now), _aware(request.parameters.get("EndTime"), now)
    return {
        "PublicKeyList": [
            key
            for key in world.trail.digests.public_keys(request.region, now)
            if key["ValidityStartTime"] <= until and since <= key["ValidityEndTime"]
        ]
    }


HANDLERS = {("cloudtrail", "ListPublicKeys"): list_public_keys}


def _shown(bucket: str, file: Delivered) -> dict[str, Any]:
    return {
        "s3Bucket": bucket,
        "s3Object": file.key,
        "hashValue": hashlib.sha256(file.content).hexdigest(),
        "hashAlgorithm": "SHA-256",
        "newestEventTime": max(file.event_times),
        "oldestEventTime": min(file.event_times),
    }


def _public(key: RSAPrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.DER, PublicFormat.PKCS1)


def _fingerprint(value: bytes) -> str:
    return hashlib.md5(value, usedforsecurity=False).hexdigest()


def _aware(time: datetime | float | None, otherwise: datetime) -> datetime:
    if time is None:
        return otherwise
    found = time if isinstance(time, datetime) else datetime.fromtimestamp(time, UTC)
    return found if found.tzinfo else found.replace(tzinfo=UTC)
