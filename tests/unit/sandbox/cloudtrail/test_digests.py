"""Trails with validation deliver a digest of every hour, which anybody can check with the public key.
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-custom-validation.html"""

from __future__ import annotations

import gzip
import hashlib
import json
from typing import Any

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key
from moto.backends import get_backend
from sandbox_calls import ACCOUNT, call, user

from sandbox.cloudtrail.digests import list_public_keys
from sandbox.model import Outcome
from sandbox.world import World

BUCKET = "logs-of-all"


def trail() -> Any:
    get_backend("s3")[ACCOUNT]["aws"].create_bucket(BUCKET, "us-east-1")
    backend = get_backend("cloudtrail")[ACCOUNT]["us-east-1"]
    made = backend.create_trail("everything", BUCKET, None, None, True, True, False, False, None, None, None, [])
    made.start_logging()
    return made


def objects(world: World, part: str) -> dict[str, Any]:
    world.trail.deliver()
    kept = get_backend("s3")[ACCOUNT]["aws"].buckets[BUCKET].keys
    return {key: found for key, found in kept.items() if part in key}


def validated(world: World) -> Any:
    made = trail()
    made.log_validation = True
    return made


def hour(world: World, operation: str = "DescribeVpcs") -> None:
    world.trail.record(call("ec2", operation, time=world.clock.now()), user(), Outcome(status=200))
    world.trail.deliver()
    world.clock.advance(3600)
    world.trail.deliver()


def read(found: Any) -> dict[str, Any]:
    return dict(json.loads(gzip.decompress(found.value)))


def test_a_trail_without_validation_delivers_none(world: World) -> None:
    trail()
    hour(world)
    assert not objects(world, "CloudTrail-Digest")


def test_each_hour_has_a_digest_made_behind_the_one_before_and_signed(world: World) -> None:
    validated(world)
    hour(world)
    hour(world)
    (first_key, first), (second_key, second) = sorted(objects(world, "CloudTrail-Digest").items())
    one, two = read(first), read(second)
    assert one["digestEndTime"] == two["digestStartTime"]
    assert [one[name] for name in one if name.startswith("previous")] == [None] * 5
    assert two["previousDigestS3Object"] == first_key == one["digestS3Object"]
    assert two["previousDigestHashValue"] == hashlib.sha256(gzip.decompress(first.value)).hexdigest()
    assert two["previousDigestSignature"] == first.metadata["x-amz-meta-signature"]
    (answer,) = list_public_keys(world, call("cloudtrail", "ListPublicKeys", region="us-east-1"), user())[
        "PublicKeyList"
    ]
    assert answer["Fingerprint"] == one["digestPublicKeyFingerprint"]
    key = load_der_public_key(answer["Value"])
    assert isinstance(key, RSAPublicKey)
    own_hash = hashlib.sha256(gzip.decompress(second.value)).hexdigest()
    signed = f"{two['digestEndTime']}\n{BUCKET}/{second_key}\n{own_hash}\n{two['previousDigestSignature']}"
    key.verify(bytes.fromhex(second.metadata["x-amz-meta-signature"]), signed.encode(), PKCS1v15(), SHA256())


def test_a_digest_names_each_file_of_its_hour_with_its_hash(world: World) -> None:
    validated(world)
    hour(world)
    (digest,) = objects(world, "CloudTrail-Digest").values()
    ((log_key, log),) = objects(world, "/CloudTrail/").items()
    (shown,) = read(digest)["logFiles"]
    assert (shown["s3Bucket"], shown["s3Object"]) == (BUCKET, log_key)
    assert shown["hashValue"] == hashlib.sha256(gzip.decompress(log.value)).hexdigest()


def test_an_hour_without_files_has_a_digest_too(world: World) -> None:
    """So that it can be told that nothing was delivered."""
    validated(world)
    hour(world)
    world.clock.advance(3600)
    _first, empty = (read(found) for _key, found in sorted(objects(world, "CloudTrail-Digest").items()))
    assert empty["logFiles"] == []
    assert empty["newestEventTime"] is None


def test_a_trail_that_is_stopped_has_a_last_digest_and_begins_a_new_chain(world: World) -> None:
    made = validated(world)
    hour(world)
    world.clock.advance(600)
    made.stop_logging()
    assert len(objects(world, "CloudTrail-Digest")) == 2
    made.start_logging()
    hour(world)
    last = max(objects(world, "CloudTrail-Digest").items())[1]
    assert read(last)["previousDigestS3Object"] is None
