# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What AWS Config recorded of a bucket's policy, public access block, versioning and logging before a time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final

from ansible_collections.cordon.aws.plugins.module_utils.plan import Json
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads
from ansible_collections.cordon.aws.plugins.module_utils.restore.facet import UNKNOWN, Facet, Value
from ansible_collections.cordon.aws.plugins.module_utils.restore.services.config_history import item_before, supplement
from ansible_collections.cordon.aws.plugins.module_utils.restore.services.resource_policies import policy_of

_BUCKET: Final = "AWS::S3::Bucket"
_BLOCKS: Final = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")

Earlier = Callable[[Reads, Facet, datetime], Value]


def _recorded(name: str, value_of: Callable[[Json], Value]) -> Earlier:
    """UNKNOWN where nothing was recorded before, or nothing that can be read."""

    def earlier(reads: Reads, facet: Facet, time: datetime) -> Value:
        item = item_before(reads, facet, _BUCKET, time)
        return UNKNOWN if item is None else value_of(supplement(item, name))

    return earlier


def _policy(told: Json) -> Value:
    if not isinstance(told, dict) or "policyText" not in told:
        return UNKNOWN
    if told["policyText"] is None:
        return None
    policy = policy_of(told["policyText"])
    return UNKNOWN if policy is None else policy


def _block(told: Json) -> Value:
    """Not there where the bucket has none."""
    if told is None:
        return None
    if not isinstance(told, dict):
        return UNKNOWN
    return {name: told.get(name[:1].lower() + name[1:]) is True for name in _BLOCKS}


def _versioning(told: Json) -> Value:
    if not isinstance(told, dict) or told.get("status") not in ("Enabled", "Suspended", "Off"):
        return UNKNOWN
    on = {"Status": "Enabled"} if told["status"] == "Enabled" else {}
    if told.get("isMfaDeleteEnabled") is True:
        return {"Status": "Suspended", **on, "MFADelete": "Enabled"}
    return on or None


def _logging(told: Json) -> Value:
    """Grants on the log objects are not recorded."""
    if not isinstance(told, dict) or "destinationBucketName" not in told:
        return UNKNOWN
    bucket, prefix = told["destinationBucketName"], told.get("logFilePrefix") or ""
    if bucket is None:
        return None
    if not isinstance(bucket, str) or not isinstance(prefix, str):
        return UNKNOWN
    return {"LoggingEnabled": {"TargetBucket": bucket, "TargetPrefix": prefix}}


policy_before: Final = _recorded("BucketPolicy", _policy)
block_before: Final = _recorded("PublicAccessBlockConfiguration", _block)
versioning_before: Final = _recorded("BucketVersioningConfiguration", _versioning)
logging_before: Final = _recorded("BucketLoggingConfiguration", _logging)
