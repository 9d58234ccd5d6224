"""Users, groups, roles, policies and buckets as AWS Config records them: names in lower camel case, documents of IAM URL-encoded, parts
of buckets as text beside the configuration.
https://docs.aws.amazon.com/config/latest/developerguide/resource-config-reference.html"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from moto.backends import get_backend

from sandbox import account_details
from sandbox.authorization.views import iam_of

GLOBAL_TYPES = ("AWS::IAM::User", "AWS::IAM::Group", "AWS::IAM::Role", "AWS::IAM::Policy")
"""https://docs.aws.amazon.com/config/latest/developerguide/select-resources.html: recorded where the recorder is told so"""
BUCKET = "AWS::S3::Bucket"
_KINDS = {
    "User": ("AWS::IAM::User", "UserId", "UserName"),
    "Group": ("AWS::IAM::Group", "GroupId", "GroupName"),
    "Role": ("AWS::IAM::Role", "RoleId", "RoleName"),
    "LocalManagedPolicy": ("AWS::IAM::Policy", "PolicyId", "PolicyName"),
}
_BLOCKS = {
    "blockPublicAcls": "block_public_acls",
    "ignorePublicAcls": "ignore_public_acls",
    "blockPublicPolicy": "block_public_policy",
    "restrictPublicBuckets": "restrict_public_buckets",
}


@dataclass(frozen=True, kw_only=True)
class Seen:
    """One resource as it is now."""

    type: str
    id: str
    name: str
    arn: str
    configuration: str
    supplementary: Mapping[str, str] = field(default_factory=dict)


def identities(account: str) -> Iterator[Seen]:
    """By the same shapes as GetAccountAuthorizationDetails."""
    iam = iam_of(account)
    for kind, entities in account_details.there(iam, account).items():
        if kind in _KINDS:
            resource_type, id_name, name = _KINDS[kind]
            shown = account_details.SHOWN[kind](iam)
            for entity in entities:
                told = {key: value for key, value in shown(entity).items() if key != "RoleLastUsed"}
                yield Seen(
                    type=resource_type,
                    id=told[id_name],
                    name=told[name],
                    arn=told["Arn"],
                    configuration=_text(_lowered(told)),
                )


def buckets(account: str, region: str) -> Iterator[Seen]:
    for name, bucket in list(get_backend("s3")[account]["aws"].buckets.items()):
        if bucket.region_name == region:
            yield Seen(
                type=BUCKET,
                id=name,
                name=name,
                arn=f"arn:aws:s3:::{name}",
                configuration=_text({"name": name, "creationDate": bucket.creation_date}),
                supplementary={key: _text(value) for key, value in _parts(bucket).items()},
            )


def _parts(bucket: Any) -> dict[str, Any]:
    policy = bucket.policy.decode() if isinstance(bucket.policy, bytes) else bucket.policy
    logging, block = bucket.logging or {}, bucket.public_access_block
    found: dict[str, Any] = {
        "BucketPolicy": {"policyText": policy},
        "BucketVersioningConfiguration": {"status": bucket.versioning_status or "Off", "isMfaDeleteEnabled": None},
        "BucketLoggingConfiguration": {
            "destinationBucketName": logging.get("TargetBucket"),
            "logFilePrefix": logging.get("TargetPrefix"),
        },
    }
    if block is not None:
        found["PublicAccessBlockConfiguration"] = {
            name: str(getattr(block, attribute)).lower() == "true" for name, attribute in _BLOCKS.items()
        }
    return found


def _lowered(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name[:1].lower() + name[1:]: _lowered(part) for name, part in value.items()}
    return [_lowered(part) for part in value] if isinstance(value, list) else value


def _text(value: Any) -> str:
    return json.dumps(
        value, default=lambda one: f"{one:%Y-%m-%dT%H:%M:%S.000Z}" if isinstance(one, datetime) else str(one)
    )
