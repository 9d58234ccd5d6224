"""What AWS Config recorded before a time. Items are of its shape: parts of a bucket are texts of JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from catalogued import facet

from ansible_collections.cordon.aws.plugins.module_utils.errors import AwsError
from ansible_collections.cordon.aws.plugins.module_utils.plan import Call
from ansible_collections.cordon.aws.plugins.module_utils.restore.catalogue import KINDS
from ansible_collections.cordon.aws.plugins.module_utils.restore.facet import UNKNOWN

TIME = datetime(2026, 1, 31, 12, tzinfo=UTC)
POLICY = {"Version": "2012-10-17", "Statement": []}
ALL_ON = dict.fromkeys(("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True)


class Recorded:
    """AWS Config's answers, page by page, in the place of AWS."""

    def __init__(self, pages: Sequence[Sequence[Any]] = (), error: str = "") -> None:
        self.pages, self.error, self.asked = pages, error, list[Call]()

    def read(self, call: Call) -> dict[str, Any]:
        self.asked.append(call)
        if self.error:
            raise AwsError("ask", self.error, "look", code=self.error)
        number = int(call.parameters.get("nextToken", 0))
        more = {"nextToken": str(number + 1)} if number + 1 < len(self.pages) else {}
        return {"configurationItems": list(self.pages[number]), **more}


def item(minutes_before: int, status: str = "OK", **parts: Any) -> dict[str, Any]:
    return {
        "configurationItemCaptureTime": TIME - timedelta(minutes=minutes_before),
        "configurationItemStatus": status,
        "supplementaryConfiguration": {name: json.dumps(part) for name, part in parts.items()},
    }


def before(kind: str, recorded: Recorded) -> Any:
    found: Any = KINDS[kind].earlier
    return found(recorded, facet(kind, "amzn-s3-demo-bucket"), TIME)


@pytest.mark.parametrize(
    ("kind", "parts", "expected"),
    [
        ("s3/bucket_policy", {"BucketPolicy": {"policyText": json.dumps(POLICY)}}, POLICY),
        ("s3/bucket_policy", {"BucketPolicy": {"policyText": None}}, None),
        ("s3/bucket_policy", {"BucketPolicy": {"policyText": "{"}}, UNKNOWN),
        ("s3/bucket_policy", {}, UNKNOWN),
        (
            "s3/public_access_block",
            {"PublicAccessBlockConfiguration": {name[:1].lower() + name[1:]: True for name in ALL_ON}},
            ALL_ON,
        ),
        ("s3/public_access_block", {}, None),
        ("s3/versioning", {"BucketVersioningConfiguration": {"status": "Off", "isMfaDeleteEnabled": None}}, None),
        ("s3/versioning", {"BucketVersioningConfiguration": {"status": "Enabled"}}, {"Status": "Enabled"}),
        (
            "s3/versioning",
            {"BucketVersioningConfiguration": {"status": "Enabled", "isMfaDeleteEnabled": True}},
            {"Status": "Enabled", "MFADelete": "Enabled"},
        ),
        ("s3/logging", {"BucketLoggingConfiguration": {"destinationBucketName": None, "logFilePrefix": None}}, None),
        (
            "s3/logging",
            {"BucketLoggingConfiguration": {"destinationBucketName": "logs", "logFilePrefix": "a/"}},
            {"LoggingEnabled": {"TargetBucket": "logs", "TargetPrefix": "a/"}},
        ),
    ],
)
def test_what_was_recorded_of_a_bucket_is_a_value_of_its_facet(kind: str, parts: Any, expected: Any) -> None:
    assert before(kind, Recorded([[item(5, **parts)]])) == expected


def test_the_newest_item_of_before_the_attack_counts_however_many_pages_are_empty() -> None:
    old, new = ({"policyText": json.dumps({**POLICY, "Id": name})} for name in ("old", "new"))
    recorded = Recorded([[], [], [item(0, BucketPolicy=None), item(1, BucketPolicy=new), item(9, BucketPolicy=old)]])
    assert before("s3/bucket_policy", recorded) == {**POLICY, "Id": "new"}
    assert recorded.asked[0].parameters["laterTime"] == "2026-01-31T12:00:00Z"


def test_a_history_without_end_is_given_up() -> None:
    recorded = Recorded([[]] * 1000)
    assert before("s3/bucket_policy", recorded) is UNKNOWN
    assert len(recorded.asked) <= 60


@pytest.mark.parametrize(
    "error",
    ["NoAvailableConfigurationRecorderException", "ResourceNotDiscoveredException", "InvalidTimeRangeException"],
)
def test_where_nothing_was_recorded_nothing_is_known(error: str) -> None:
    assert before("s3/bucket_policy", Recorded(error=error)) is UNKNOWN


def test_other_refusals_are_no_silence() -> None:
    with pytest.raises(AwsError):
        before("s3/bucket_policy", Recorded(error="AccessDeniedException"))


def test_what_was_deleted_before_has_no_earlier_value() -> None:
    gone = item(1, "ResourceDeleted", BucketPolicy={"policyText": None})
    assert before("s3/bucket_policy", Recorded([[gone]])) is UNKNOWN
