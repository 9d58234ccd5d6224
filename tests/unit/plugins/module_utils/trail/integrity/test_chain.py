"""Whatever somebody does to the files of a trail, or to its digests, is a gap; a trail as CloudTrail delivered it has none.
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-custom-validation.html"""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cordon.aws.plugins.module_utils.errors import AwsError
from ansible_collections.cordon.aws.plugins.module_utils.plan import Call
from ansible_collections.cordon.aws.plugins.module_utils.trail.event_log import Gap, Span
from ansible_collections.cordon.aws.plugins.module_utils.trail.file_log.store import Stored
from ansible_collections.cordon.aws.plugins.module_utils.trail.integrity.checked_store import CheckedStore
from ansible_collections.cordon.aws.plugins.module_utils.trail.integrity.content import (
    ContentError,
    content_of,
    hash_of,
)
from ansible_collections.cordon.aws.plugins.module_utils.trail.integrity.digest import (
    DigestError,
    digest_of,
    is_signed,
)

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PUBLIC = KEY.public_key().public_bytes(Encoding.DER, PublicFormat.PKCS1)
FINGERPRINT = "31e8b5433410dfb61a9dc45cc65b22ff"
BUCKET, ACCOUNT, REGION = "amzn-s3-demo-bucket", "111122223333", "us-east-2"
START = datetime(2026, 8, 17, 14, 1, 31, tzinfo=UTC)
HOURS, A_FILE = 4, 2


@dataclass
class Bucket:
    """Objects with what stands beside them, as a store; `keys` are what CloudTrail would tell, in the place of `cloud`."""

    objects: dict[str, bytes] = field(default_factory=dict)
    signatures: dict[str, str] = field(default_factory=dict)
    keys: dict[str, bytes] = field(default_factory=lambda: {FINGERPRINT: PUBLIC})
    region_asked: str = ""
    refuses: bool = False

    def files(self) -> list[Stored]:
        return [Stored(name=name, size=len(content)) for name, content in self.objects.items()]

    def fetch(self, stored: Stored) -> bytes:
        return self.objects[stored.name]

    def gaps(self) -> list[Gap]:
        return []

    def signature(self, stored: Stored) -> str:
        return self.signatures.get(stored.name, "")

    def pages(self, call: Call, _key: str) -> list[Any]:
        self.region_asked = call.region
        if self.refuses:
            raise AwsError("list public keys", "AccessDenied", "Allow it.", code="AccessDenied")
        return [{"Fingerprint": fingerprint, "Value": value} for fingerprint, value in self.keys.items()]


def log_name(hour: int, number: int) -> str:
    time = START + timedelta(hours=hour, minutes=10 + number)
    name = f"{ACCOUNT}_CloudTrail_{REGION}_{time:%Y%m%dT%H%MZ}_abcdefghijklmno{number}.json.gz"
    return f"AWSLogs/{ACCOUNT}/CloudTrail/{REGION}/{time:%Y/%m/%d}/{name}"


def digest_name(hour: int) -> str:
    end = START + timedelta(hours=hour + 1)
    name = f"{ACCOUNT}_CloudTrail-Digest_{REGION}_your-trail-name_us-west-1_{end:%Y%m%dT%H%M%SZ}.json.gz"
    return f"AWSLogs/{ACCOUNT}/CloudTrail-Digest/{REGION}/{end:%Y/%m/%d}/{name}"


def delivered(*, restarted_at: int | None = None) -> Bucket:
    """Four hours of a trail, written by hand from the page above. `restarted_at`: the hour that begins a new chain."""
    bucket, previous = Bucket(), dict[str, Any]()
    for hour in range(HOURS):
        if hour in (0, restarted_at):
            names = ("S3Bucket", "S3Object", "HashValue", "HashAlgorithm", "Signature")
            previous = {f"previousDigest{name}": None for name in names}
        files = []
        for number in range(A_FILE):
            content = json.dumps({"Records": [{"eventID": f"{hour}-{number}"}]}).encode()
            bucket.objects[log_name(hour, number)] = gzip.compress(content)
            files.append(
                {
                    "s3Bucket": BUCKET,
                    "s3Object": log_name(hour, number),
                    "hashValue": hashlib.sha256(content).hexdigest(),
                    "hashAlgorithm": "SHA-256",
                }
            )
        end = f"{START + timedelta(hours=hour + 1):%Y-%m-%dT%H:%M:%SZ}"
        digest = {
            "awsAccountId": ACCOUNT,
            "digestStartTime": f"{START + timedelta(hours=hour):%Y-%m-%dT%H:%M:%SZ}",
            "digestEndTime": end,
            "digestS3Bucket": BUCKET,
            "digestS3Object": digest_name(hour),
            "digestPublicKeyFingerprint": FINGERPRINT,
            "digestSignatureAlgorithm": "SHA256withRSA",
            **previous,
            "logFiles": files,
        }
        content = json.dumps(digest).encode()
        own_hash = hashlib.sha256(content).hexdigest()
        before = previous["previousDigestSignature"] or "null"
        signed = f"{end}\n{BUCKET}/{digest_name(hour)}\n{own_hash}\n{before}".encode()
        signature = KEY.sign(signed, padding.PKCS1v15(), SHA256()).hex()
        bucket.objects[digest_name(hour)] = gzip.compress(content)
        bucket.signatures[digest_name(hour)] = signature
        previous = {
            "previousDigestS3Bucket": BUCKET,
            "previousDigestS3Object": digest_name(hour),
            "previousDigestHashValue": own_hash,
            "previousDigestHashAlgorithm": "SHA-256",
            "previousDigestSignature": signature,
        }
    return bucket


def gaps(bucket: Bucket, span: Span | None = None, *, copy: bool = False) -> list[tuple[str, str, str]]:
    cloud: Any = bucket
    store = CheckedStore(bucket, span or Span(), cloud=cloud, signed=None if copy else bucket)
    for stored in store.files():
        store.fetch(stored)
    return [(gap.kind, gap.where, gap.why) for gap in store.gaps()]


def rewritten(stored: bytes, change: Callable[[dict[str, Any]], None]) -> bytes:
    digest = json.loads(gzip.decompress(stored))
    change(digest)
    return gzip.compress(json.dumps(digest).encode())


def test_a_trail_as_delivered_has_no_gap() -> None:
    bucket = delivered()
    assert gaps(bucket) == []
    assert bucket.region_asked == "us-west-1", "the keys are those of the trail's home region"


def test_an_altered_file_is_told() -> None:
    bucket = delivered()
    bucket.objects[log_name(1, 0)] = gzip.compress(b'{"Records": []}')
    assert gaps(bucket) == [("altered", log_name(1, 0), "the log file is not what CloudTrail delivered")]


def test_a_file_that_was_packed_anew_is_what_was_delivered() -> None:
    bucket = delivered()
    name = log_name(1, 0)
    bucket.objects[name] = gzip.compress(gzip.decompress(bucket.objects[name]), 1)
    assert gaps(bucket) == []


def test_a_missing_file_is_told() -> None:
    bucket = delivered()
    del bucket.objects[log_name(2, 1)]
    assert gaps(bucket) == [("missing", log_name(2, 1), "the log file is gone")]


def test_a_missing_digest_is_told_and_its_files_are_in_none() -> None:
    bucket = delivered()
    del bucket.objects[digest_name(1)]
    first, second = gaps(bucket)
    assert first[:2] == ("missing", digest_name(1))
    assert second[:2] == ("altered", log_name(1, 0))
    assert "2 log files" in second[2]


def test_an_added_file_is_told() -> None:
    bucket = delivered()
    added = log_name(1, 7)
    bucket.objects[added] = gzip.compress(b'{"Records": []}')
    ((kind, where, why),) = gaps(bucket)
    assert (kind, where) == ("altered", added)
    assert "1 log files of hours that have digests are in none of them" in why


def test_files_later_than_the_last_digest_are_not_proven_yet() -> None:
    bucket = delivered()
    del bucket.objects[digest_name(HOURS - 1)]
    ((kind, _where, why),) = gaps(bucket)
    assert kind == "delayed"
    assert "2 log files are later than the last digest" in why


@pytest.mark.parametrize(
    ("change", "wanted"),
    [
        (lambda digest: digest["logFiles"].pop(), "CloudTrail's signature"),
        (lambda digest: digest.update(digestEndTime="2026-08-17T16:01:32Z"), "CloudTrail's signature"),
        (lambda digest: digest.update(digestS3Object="elsewhere"), "not where CloudTrail delivered it"),
        (lambda digest: digest.update(digestPublicKeyFingerprint="00" * 16), "not known as one of CloudTrail's"),
        (lambda digest: digest.pop("logFiles"), "logFiles is not a list"),
    ],
)
def test_an_altered_digest_is_told_by_its_signature_and_by_the_next(
    change: Callable[[dict[str, Any]], None], wanted: str
) -> None:
    bucket = delivered()
    bucket.objects[digest_name(1)] = rewritten(bucket.objects[digest_name(1)], change)
    found = [gap for gap in gaps(bucket) if gap[:2] == ("altered", digest_name(1))]
    assert [why for _kind, _where, why in found if wanted in why], found
    behind = "not the one that the next was made behind"
    assert "logFiles is not" in wanted or [why for _kind, _where, why in found if behind in why]


def test_a_digest_without_signature_is_told() -> None:
    bucket = delivered()
    bucket.signatures.pop(digest_name(3))
    assert gaps(bucket) == [("altered", digest_name(3), "the digest has no signature")]


def test_a_digest_signed_with_somebody_elses_key_is_told() -> None:
    bucket = delivered()
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    digest = digest_of(gzip.decompress(bucket.objects[digest_name(3)]))
    bucket.signatures[digest_name(3)] = other.sign(digest.signed_text, padding.PKCS1v15(), SHA256()).hex()
    assert gaps(bucket) == [("altered", digest_name(3), "the digest does not have CloudTrail's signature")]


def test_a_chain_that_begins_anew_tells_that_the_trail_was_stopped() -> None:
    ((kind, where, why),) = gaps(delivered(restarted_at=2))
    assert (kind, where) == ("not_recorded", digest_name(1))
    assert "the trail was stopped meanwhile" in why


def test_of_a_span_only_its_files_are_missed() -> None:
    """A listing begins with the span: what was before it is not gone."""
    bucket = delivered()
    for name in (log_name(0, 0), log_name(0, 1), digest_name(0)):
        del bucket.objects[name]
    span = Span(since=START + timedelta(hours=1, minutes=5))
    assert gaps(bucket, span) == []
    assert [kind for kind, _where, _why in gaps(bucket)] == ["missing"]


def test_of_a_copy_hashes_and_chain_are_checked_and_it_is_told_that_signatures_are_not() -> None:
    bucket = delivered()
    copied = Bucket(objects={f"/evidence/{name.rpartition('/')[2]}": value for name, value in bucket.objects.items()})
    ((kind, _where, why),) = gaps(copied, copy=True)
    assert kind == "missing"
    assert "signatures are metadata" in why
    name = f"/evidence/{log_name(1, 0).rpartition('/')[2]}"
    copied.objects[name] = gzip.compress(b"{}")
    digest = f"/evidence/{digest_name(2).rpartition('/')[2]}"
    copied.objects[digest] = rewritten(copied.objects[digest], lambda found: found.update(awsAccountId="x"))
    assert [(kind, where) for kind, where, _why in gaps(copied, copy=True)][1:] == [
        ("altered", log_name(1, 0)),
        ("altered", digest),
    ]


def test_no_digests_at_all_is_told_and_an_empty_trail_is_not() -> None:
    bucket = delivered()
    only_logs = Bucket(objects={name: value for name, value in bucket.objects.items() if "Digest" not in name})
    ((kind, _where, why),) = gaps(only_logs)
    assert kind == "missing"
    assert "there are no digests" in why
    assert gaps(Bucket()) == []


def test_a_key_that_is_none_of_cloudtrails_proves_nothing() -> None:
    bucket = delivered()
    bucket.keys = {}
    assert {why for _kind, _where, why in gaps(bucket)} == {
        "the digest names a key that is not known as one of CloudTrail's"
    }


def test_where_keys_may_not_be_asked_for_that_is_told_and_the_rest_is_checked() -> None:
    bucket = delivered()
    bucket.refuses = True
    bucket.objects[log_name(1, 0)] = gzip.compress(b"{}")
    (kind, _where, why), altered = gaps(bucket)
    assert kind == "missing"
    assert "signatures are not checked" in why
    assert altered[:2] == ("altered", log_name(1, 0))


@given(position=st.integers(0, 10_000), value=st.integers(1, 255), hour=st.integers(0, HOURS - 1))
def test_every_changed_byte_of_a_digest_shows(position: int, value: int, hour: int) -> None:
    bucket = delivered_once()
    content = bytearray(gzip.decompress(bucket.objects[digest_name(hour)]))
    content[position % len(content)] ^= value
    objects = {**bucket.objects, digest_name(hour): gzip.compress(bytes(content), 1)}
    assert [gap for gap in gaps(Bucket(objects=objects, signatures=bucket.signatures)) if gap[0] == "altered"]


_ONCE: list[Bucket] = []


def delivered_once() -> Bucket:
    if not _ONCE:
        _ONCE.append(delivered())
    return _ONCE[0]


@given(st.one_of(st.binary(max_size=40), st.text(max_size=40).map(str.encode)))
def test_what_is_no_digest_is_an_error_and_nothing_else(content: bytes) -> None:
    with pytest.raises(DigestError):
        digest_of(content)


@pytest.mark.parametrize(("signature", "key"), [("xyz", PUBLIC), ("", PUBLIC), ("00" * 256, PUBLIC), ("00", b"no key")])
def test_what_is_no_signature_proves_nothing(signature: str, key: bytes) -> None:
    digest = digest_of(gzip.decompress(delivered_once().objects[digest_name(0)]))
    assert not is_signed(digest, signature, key)


@given(st.binary(max_size=2000), st.binary(max_size=2000))
def test_the_hash_is_that_of_what_is_within_however_it_is_packed(first: bytes, second: bytes) -> None:
    wanted = hashlib.sha256(first + second).hexdigest()
    assert hash_of(gzip.compress(first + second)) == wanted
    assert hash_of(gzip.compress(first) + gzip.compress(second)) == wanted


def test_a_bomb_is_not_unpacked_and_what_breaks_off_has_no_hash() -> None:
    bomb = gzip.compress(b"\0" * 5_000_000)
    with pytest.raises(ContentError, match="more than 1,000,000 bytes"):
        content_of(bomb, 1_000_000)
    assert hash_of(gzip.compress(b"abc" * 1000)[:-9]) == ""
    assert hash_of(b"\x1f\x8bnonsense") == ""
