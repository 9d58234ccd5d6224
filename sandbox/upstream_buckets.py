"""Faults of moto 5.2 in S3, each worked around by one function; `apply` does them all, once."""

from __future__ import annotations

from datetime import UTC
from typing import Any

_AT_FIRST = {"Rule": {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}, "BucketKeyEnabled": "false"}}


def apply() -> None:
    """Mend moto in this process."""
    make_buckets_private()
    encrypt_buckets_always()


def make_buckets_private() -> None:
    """A new bucket blocks all public access, nobody but its owner owns anything in it, and it is as old as the sandbox's clock says.
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/create-bucket-faq.html"""
    from moto.core.utils import utcnow
    from moto.s3.models import FakeBucket, PublicAccessBlock

    make = FakeBucket.__init__

    def make_private(self: Any, *arguments: Any, **more: Any) -> None:
        make(self, *arguments, **more)
        self.public_access_block = PublicAccessBlock(True, True, True, True)
        self.ownership_rule = "BucketOwnerEnforced"
        self.creation_date = utcnow().replace(tzinfo=UTC)

    FakeBucket.__init__ = make_private  # type: ignore[method-assign]


def encrypt_buckets_always() -> None:
    """With S3's own keys, if with no others: https://docs.aws.amazon.com/AmazonS3/latest/userguide/default-encryption-faq.html"""
    from moto.s3.models import S3Backend

    def encryption(self: Any, bucket_name: str) -> Any:
        return self.get_bucket(bucket_name).encryption or _AT_FIRST

    S3Backend.get_bucket_encryption = encryption  # type: ignore[method-assign]
