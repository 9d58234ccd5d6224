# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""S3 buckets as targets: what names them, how they are found, and the calls about them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from ansible_collections.cordon.aws.plugins.module_utils.errors import AwsError, InputError
from ansible_collections.cordon.aws.plugins.module_utils.plan import Call, Json
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads

# https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
BUCKET_ARN = re.compile(r"arn:(?P<partition>aws[a-z-]*):s3:::(?P<name>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])")
_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
EXPECTED = "a bucket's name, or its ARN (arn:aws:s3:::name)"
_FIRST_REGIONS = {"": "us-east-1", "EU": "eu-west-1"}
"""What GetBucketLocation says of buckets of old: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketLocation.html"""


@dataclass(frozen=True, kw_only=True, slots=True)
class S3Bucket:
    """One bucket. Its ARN names neither account nor region, so they are told by whoever finds it."""

    arn: str
    account: str
    region: str
    name: str
    kind: str = "bucket"
    unique_id: str = ""
    """A bucket has none. Every call says whose it must be, so that another owner's of the same name is not taken for it."""

    @property
    def label(self) -> str:
        return f"bucket/{self.name}"

    @property
    def is_reserved(self) -> bool:
        return False

    def is_worked_through(self, _identity_arn: str) -> bool:
        """The responders are left in."""
        return False

    def is_protected_by(self, _patterns: Iterable[str]) -> bool:
        return False

    def expect(self, _reads: Reads) -> None:
        """S3 lists nothing of several buckets at once."""

    def call(self, operation: str, **parameters: Json) -> Call:
        """A call about it, refused by AWS where the bucket is not the account's.
        https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-owner-condition.html"""
        named = {"Bucket": self.name, "ExpectedBucketOwner": self.account}
        return Call(
            account=self.account, region=self.region, service="s3", operation=operation, parameters=named | parameters
        )


def bucket_of_arn(arn: str, account: str, region: str) -> S3Bucket:
    """The bucket that an ARN names, without asking AWS."""
    parts = BUCKET_ARN.fullmatch(arn)
    if parts is None:
        raise InputError(f"use {ascii(arn)[:120]}", "it is not the ARN of a bucket", f"Give {EXPECTED}.")
    return S3Bucket(arn=arn, account=account, region=region, name=parts["name"])


def parse_buckets(texts: Iterable[object]) -> tuple[str, ...]:
    """Names of buckets out of names and ARNs; all faults are raised together as one InputError."""
    found, faults = [], []
    for number, text in enumerate(texts):
        named = BUCKET_ARN.fullmatch(text) if isinstance(text, str) else None
        if named is not None:
            found.append(named["name"])
        elif isinstance(text, str) and _NAME.fullmatch(text):
            found.append(text)
        else:
            fault = f"use `buckets[{number}]` = {ascii(text)[:120]}"
            faults.append(InputError(fault, "it is no bucket", f"Give {EXPECTED}."))
    if faults:
        raise InputError.together(faults)
    if not found:
        raise InputError("use the option `buckets`", "it is an empty list", f"Name at least one: {EXPECTED}.")
    return tuple(found)


def find_bucket(reads: Reads, name: str, account: str) -> S3Bucket:
    """Look one bucket of the account up. Raises AwsError where it has none of that name."""
    arn = f"arn:{reads.caller.partition}:s3:::{name}"
    location = reads.read(bucket_of_arn(arn, account, reads.home_region).call("GetBucketLocation"))
    constraint = str(location.get("LocationConstraint") or "")
    return bucket_of_arn(arn, account, _FIRST_REGIONS.get(constraint, constraint))


def configured(reads: Reads, call: Call, missing: str) -> dict[str, Json] | None:
    """A configuration of a bucket; None where AWS answers by the error code `missing` that there is none."""
    try:
        return reads.read(call)
    except AwsError as error:
        if error.code != missing:
            raise
        return None
