"""Whether a bucket's policy lets CloudTrail write a trail's files into it.
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-s3-bucket-policy-for-cloudtrail.html"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from moto.backends import get_backend

from sandbox.authorization.authorizer import bucket_owner
from sandbox.authorization.matching import matches
from sandbox.public_policies import listed

_SERVICE = "cloudtrail.amazonaws.com"


def lets_trails_write(trail: Any) -> bool:
    """It must let the service read the bucket's ACL and put objects under the trail's prefix; conditions may ask for this trail
    and for the ACL that CloudTrail sends."""
    bucket = f"arn:aws:s3:::{trail.bucket_name}"
    prefix = f"{trail.s3_key_prefix}/" if trail.s3_key_prefix else ""
    file = f"{bucket}/{prefix}AWSLogs/{trail.account_id}/CloudTrail/file"
    statements = _statements(trail.bucket_name)
    return _allowed(statements, trail, "s3:GetBucketAcl", bucket) and _allowed(statements, trail, "s3:PutObject", file)


def _statements(bucket: str) -> list[Mapping[str, Any]]:
    owner = bucket_owner(f"arn:aws:s3:::{bucket}")
    found = get_backend("s3")[owner]["aws"].buckets.get(bucket) if owner else None
    text = found.policy if found is not None else None
    try:
        return [one for one in listed(json.loads(text)["Statement"]) if isinstance(one, Mapping)] if text else []
    except (ValueError, KeyError, TypeError):
        return []


def _allowed(statements: list[Mapping[str, Any]], trail: Any, action: str, resource: str) -> bool:
    found = [one for one in statements if _is_about(one, trail, action, resource)]
    return any(one.get("Effect") == "Allow" for one in found) and not any(one.get("Effect") == "Deny" for one in found)


def _is_about(statement: Mapping[str, Any], trail: Any, action: str, resource: str) -> bool:
    principal = statement.get("Principal")
    services = listed(principal.get("Service")) if isinstance(principal, Mapping) else listed(principal)
    return (
        (_SERVICE in services or "*" in services)
        and any(matches(str(one).lower(), action.lower()) for one in listed(statement.get("Action")))
        and any(matches(str(one), resource) for one in listed(statement.get("Resource")))
        and _holds(statement.get("Condition") or {}, trail)
    )


def _holds(condition: Mapping[str, Any], trail: Any) -> bool:
    sent = {
        "aws:sourcearn": trail.arn,
        "aws:sourceaccount": trail.account_id,
        "s3:x-amz-acl": "bucket-owner-full-control",
        "aws:securetransport": "true",
    }
    return all(
        any(matches(str(value), sent.get(key.lower(), "")) for value in listed(values))
        for keys in condition.values()
        for key, values in keys.items()
    )
