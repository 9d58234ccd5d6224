"""The option `trail` names one kind of log; what names none is refused before AWS is asked."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from ansible_collections.cordon.aws.plugins.module_utils.cloud import Cloud, Connection
from ansible_collections.cordon.aws.plugins.module_utils.errors import InputError
from ansible_collections.cordon.aws.plugins.module_utils.trail.athena.log import AthenaLog
from ansible_collections.cordon.aws.plugins.module_utils.trail.event_log import Span, Word
from ansible_collections.cordon.aws.plugins.module_utils.trail.graph import senses
from ansible_collections.cordon.aws.plugins.module_utils.trail.graph.rule import SessionRule
from ansible_collections.cordon.aws.plugins.module_utils.trail.history.log import HistoryLog
from ansible_collections.cordon.aws.plugins.module_utils.trail.log_choice import log_of
from ansible_collections.cordon.aws.plugins.module_utils.trail.spanned_log import SpannedLog

KEY = "AKIAIOSFODNN7EXAMPLE"
RECORD = {
    "eventVersion": "1.09",
    "userIdentity": {"type": "IAMUser", "accessKeyId": KEY, "accountId": "111122223333"},
    "eventTime": "2026-03-10T12:00:00Z",
    "eventSource": "iam.amazonaws.com",
    "eventName": "ListUsers",
    "awsRegion": "us-east-1",
    "eventID": "6fa8b2d4-0000-4000-8000-000000000001",
    "recipientAccountId": "111122223333",
}


@pytest.fixture
def cloud() -> Cloud:
    """Nothing listens there: whoever asks AWS fails."""
    keys = {"aws_access_key_id": KEY, "aws_secret_access_key": "x" * 40}
    return Cloud(Connection(region="us-east-1", endpoint_url="http://127.0.0.1:1", credentials=keys))


@pytest.mark.parametrize(
    "trail",
    [
        "",
        "  ",
        "s3://",
        "s3://Not_A_Bucket",
        "s3://b",
        "s3://amzn-s3-demo-bucket/with\nnewline",
        "S3://amzn-s3-demo-bucket",
        "athena:database.table",
        "athena://",
        "athena://Not_A_Bucket",
        "athena://amzn-s3-demo-bucket/with\nnewline",
        "https://example.com/trail",
        "nowhere/at/all",
        "a\0b",
        "LOOKUP_EVENTS",
    ],
)
def test_what_names_no_log_is_refused_before_aws_is_asked(
    cloud: Cloud, trail: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError) as raised:
        log_of(trail, cloud)
    assert not cloud.calls
    assert "\n" not in str(raised.value)


def test_each_kind_of_log_is_chosen_without_asking_aws(cloud: Cloud, tmp_path: Path) -> None:
    assert isinstance(log_of("lookup_events", cloud), HistoryLog)
    assert isinstance(log_of("s3://amzn-s3-demo-bucket/some/prefix", cloud), SpannedLog)
    assert isinstance(log_of("athena://amzn-s3-demo-bucket/some/prefix", cloud), AthenaLog)
    assert isinstance(log_of(str(tmp_path), cloud), SpannedLog)
    assert not cloud.calls


def test_a_directory_and_a_file_are_read(cloud: Cloud, tmp_path: Path) -> None:
    folder = tmp_path / "AWSLogs/111122223333/CloudTrail/us-east-1/2026/03/10"
    folder.mkdir(parents=True)
    file = folder / "111122223333_CloudTrail_us-east-1_20260310T1205Z_abcdefghijklmnop.json.gz"
    file.write_bytes(gzip.compress(json.dumps({"Records": [RECORD]}).encode()))
    for trail in (tmp_path, file):
        log = log_of(str(trail), cloud)
        events = list(log.follow([Word(KEY, senses.KEY)], SessionRule(), Span(), lambda _progress: None))
        assert [event.operation for event in events] == ["ListUsers"]
        assert log.read == 1
        assert list(log.gaps()) == []
    assert not cloud.calls


def test_digests_in_a_directory_are_checked(cloud: Cloud, tmp_path: Path) -> None:
    digest = tmp_path / "111122223333_CloudTrail-Digest_us-east-1_trail_us-east-1_20260310T130131Z.json.gz"
    digest.write_bytes(gzip.compress(b"{}"))
    (tmp_path / "111122223333_CloudTrail_us-east-1_20260310T1205Z_abcdefghijklmnop.json").write_text(
        json.dumps([RECORD])
    )
    log = log_of(str(tmp_path), cloud)
    events = list(log.follow([Word(KEY, senses.KEY)], SessionRule(), Span(), lambda _progress: None))
    assert [event.operation for event in events] == ["ListUsers"]
    assert ("altered", str(digest)) in {(gap.kind, gap.where) for gap in log.gaps()}
