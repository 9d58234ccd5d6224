"""Both stores: create only what does not exist, list in order, say what is wrong. Locally also what file systems can do to it."""

from __future__ import annotations

import errno
import os
import stat
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, ConnectionClosedError
from moto import mock_aws

from ansible_collections.cordon.aws.plugins.module_utils import case_store
from ansible_collections.cordon.aws.plugins.module_utils.case import list_cases, open_case
from ansible_collections.cordon.aws.plugins.module_utils.case_check import verify_entries
from ansible_collections.cordon.aws.plugins.module_utils.case_store import CaseStore, LocalStore, S3Store
from ansible_collections.cordon.aws.plugins.module_utils.errors import StoreError

CASE_ID = "case-1"
BUCKET = "forensics-cases"


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A boto3 client for moto's S3. tests/integration writes the same log to the sandbox."""
    for name in ("AWS_ENDPOINT_URL", "AWS_PROFILE", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    # Where the sandbox's tests run in the same process, moto would make AWS's thousand policies anew for every test.
    monkeypatch.setenv("MOTO_IAM_LOAD_MANAGED_POLICIES", "false")
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1")
        client.create_bucket(Bucket=BUCKET)
        yield client


@pytest.fixture(params=["local", "s3", "s3 without prefix"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> CaseStore:
    if request.param == "local":
        return LocalStore(str(tmp_path / "new" / "cases"))
    return S3Store(request.getfixturevalue("s3"), BUCKET, "cases/2026" if request.param == "s3" else "")


@pytest.fixture
def local(tmp_path: Path) -> LocalStore:
    return LocalStore(str(tmp_path / "new" / "cases"))


def entries_of(local: LocalStore) -> Path:
    return Path(local.name) / CASE_ID / "entries"


# Both


def test_a_store_without_anything_in_it_is_empty(store: CaseStore) -> None:
    assert (store.cases(), store.numbers(CASE_ID)) == ([], [])


def test_what_is_created_can_be_read_and_is_never_overwritten(store: CaseStore) -> None:
    assert store.create(CASE_ID, 1, b"first")
    assert not store.create(CASE_ID, 1, b"second")
    assert not store.create(CASE_ID, 1, b"first"), "the same bytes are somebody else's entry all the same"
    assert store.read(CASE_ID, 1) == b"first"


def test_entries_are_listed_in_the_order_of_their_numbers(store: CaseStore) -> None:
    for number in (2, 1, 10, 999_999, 1_000_000, 3):
        store.create(CASE_ID, number, b"x")
    assert store.numbers(CASE_ID) == [1, 2, 3, 10, 999_999, 1_000_000]
    assert store.numbers(CASE_ID, after=2) == [3, 10, 999_999, 1_000_000]
    assert store.numbers(CASE_ID, after=999_999) == [1_000_000]
    assert store.numbers(CASE_ID, after=1_000_000) == []


def test_a_case_whose_name_begins_like_another_is_not_mixed_with_it(store: CaseStore) -> None:
    store.create("case-1", 1, b"one")
    store.create("case-10", 1, b"ten")
    store.create("case-10", 2, b"ten")
    assert (store.numbers("case-1"), store.numbers("case-10")) == ([1], [1, 2])
    assert store.cases() == ["case-1", "case-10"]


def test_a_log_goes_through_the_store_unchanged(store: CaseStore) -> None:
    case = open_case(store, CASE_ID, create=True, title="Schlüssel")
    case.append("note", {"text": "\u20ac \U0001f511"})
    assert open_case(store, CASE_ID, create=False).verify().ok
    assert list_cases(store) == [CASE_ID]


def test_an_entry_that_is_not_there_is_an_error_of_the_store(store: CaseStore) -> None:
    with pytest.raises(StoreError, match="Cannot read the case in"):
        store.read(CASE_ID, 1)


# Local


def test_everything_is_for_this_user_only(local: LocalStore, tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        open_case(local, CASE_ID, create=True)
    finally:
        os.umask(before)
    made = list(tmp_path.rglob("*"))
    assert {stat.S_IMODE(path.stat().st_mode) for path in made if path.is_dir()} == {0o700}
    assert {stat.S_IMODE(path.stat().st_mode) for path in made if path.is_file()} == {0o600}


def test_nothing_but_the_entries_is_left_behind(local: LocalStore) -> None:
    assert local.create(CASE_ID, 1, b"x")
    assert not local.create(CASE_ID, 1, b"y")
    assert [path.name for path in entries_of(local).iterdir()] == ["000001.json"]


def test_files_that_are_no_entries_are_passed_over(local: LocalStore) -> None:
    local.create(CASE_ID, 1, b"x")
    for name in (
        ".new-abc",
        "000002.json.bak",
        "2.json",
        "0000003.json",
        "\u0660\u0660\u0660\u0660\u0660\u0664.json",
        "README",
    ):
        (entries_of(local) / name).touch()
    assert local.numbers(CASE_ID) == [1]


def test_a_dangling_link_in_the_place_of_an_entry_is_not_written_through(local: LocalStore, tmp_path: Path) -> None:
    local.create(CASE_ID, 1, b"x")
    (entries_of(local) / "000002.json").symlink_to(tmp_path / "elsewhere")
    assert not local.create(CASE_ID, 2, b"y")
    assert not (tmp_path / "elsewhere").exists()


def test_a_store_that_cannot_be_written_is_said_before_anything_else(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a directory")
    for place in ("file", "file/cases"):
        with pytest.raises(StoreError, match=r"^Cannot write to the case in '.*': .*\. Give `case_store` a directory"):
            open_case(LocalStore(str(tmp_path / place)), CASE_ID, create=True)


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EROFS, errno.EACCES, errno.EIO, errno.EDQUOT])
def test_a_disk_that_refuses_leaves_no_entry_behind(
    local: LocalStore, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    case = open_case(local, CASE_ID, create=True)

    def refuse(_handle: int) -> None:
        raise OSError(code, os.strerror(code))

    with monkeypatch.context() as patch:
        patch.setattr(case_store.os, "fsync", refuse)
        with pytest.raises(StoreError, match=os.strerror(code)):
            case.append("note", {"text": "lost"})
    assert [path.name for path in entries_of(local).iterdir()] == ["000001.json"]
    case.append("note", {"text": "kept"})
    assert case.verify().ok


def test_a_link_that_was_made_but_reported_as_taken_is_ours(local: LocalStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """NFS repeats a request whose answer it lost: https://man7.org/linux/man-pages/man2/open.2.html, O_EXCL"""
    case = open_case(local, CASE_ID, create=True)
    link = os.link

    def repeated(source: Path, destination: Path) -> None:
        link(source, destination)
        raise FileExistsError(errno.EEXIST, "File exists")

    monkeypatch.setattr(case_store.os, "link", repeated)
    assert case.append("note", {"text": "once"}).number == 2
    assert case.verify().count == 2


@pytest.fixture
def without_links(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_arguments: object) -> None:
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(case_store.os, "link", refuse)


@pytest.mark.usefixtures("without_links")
def test_a_file_system_without_links_does_as_well(local: LocalStore) -> None:
    def write(writer: int) -> None:
        case = open_case(local, CASE_ID, create=True)
        for number in range(20):
            case.append("note", {"text": f"{writer}/{number}"})

    threads = [threading.Thread(target=write, args=(writer,)) for writer in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    case = open_case(local, CASE_ID, create=False)
    verified = case.verify()
    assert (verified.ok, verified.count, verified.warnings) == (True, 81, ()), verified.reason
    assert {entry.body["text"] for entry in case.entries() if entry.kind == "note"} == {
        f"{w}/{n}" for w in range(4) for n in range(20)
    }


@pytest.mark.usefixtures("without_links")
def test_without_links_a_taken_name_is_not_overwritten(local: LocalStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "exists", lambda _path: False)  # the other one comes after our look
    local.create(CASE_ID, 1, b"first")
    assert not local.create(CASE_ID, 1, b"second")
    assert local.read(CASE_ID, 1) == b"first"


@pytest.mark.usefixtures("without_links")
def test_a_writer_that_dies_between_name_and_content_is_recovered_from(
    local: LocalStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Died(BaseException):
        pass

    def die(*_arguments: object) -> None:
        raise Died

    monkeypatch.setattr(case_store, "_CLAIM_S", 0.05)
    case = open_case(local, CASE_ID, create=True)
    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", die)
        with pytest.raises(Died):
            case.append("note", {"text": "never finished"})
    after = open_case(local, CASE_ID, create=False).append("note", {"text": "goes on"})
    assert (after.number, after.recovers and after.recovers["number"]) == (3, 2)
    verified = case.verify()
    assert (verified.ok, len(verified.warnings)) == (True, 1)


# S3. https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html


class Meddled:
    """An S3 client whose next PutObject ends as told, having happened or not."""

    def __init__(self, client: Any, error: Exception, *, happened: bytes | bool) -> None:
        self._client, self._error, self._happened = client, error, happened

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def put_object(self, **parameters: Any) -> Any:
        if isinstance(self._happened, bytes):
            self._client.put_object(Bucket=parameters["Bucket"], Key=parameters["Key"], Body=self._happened)
        elif self._happened:
            self._client.put_object(**parameters)
        raise self._error


def answer(status: int, code: str, attempts: int = 0) -> ClientError:
    metadata: Any = {"HTTPStatusCode": status, "RetryAttempts": attempts}
    return ClientError({"Error": {"Code": code, "Message": "as told"}, "ResponseMetadata": metadata}, "PutObject")


LOST = ConnectionClosedError(endpoint_url="https://s3.us-east-1.amazonaws.com")


@pytest.mark.parametrize(
    "error",
    [LOST, answer(500, "InternalError"), answer(503, "SlowDown", 4), answer(412, "PreconditionFailed", 1)],
    ids=["dropped", "500", "503", "412 on the second attempt"],
)
def test_a_write_that_happened_is_known_whatever_the_answer(s3: Any, error: Exception) -> None:
    store = S3Store(Meddled(s3, error, happened=True), BUCKET, "cases")
    assert store.create(CASE_ID, 1, b"ours")
    assert store.read(CASE_ID, 1) == b"ours"


@pytest.mark.parametrize("content", [b"ours", b"theirs"])
@pytest.mark.parametrize(
    "error",
    [LOST, answer(500, "InternalError"), answer(412, "PreconditionFailed"), answer(412, "PreconditionFailed", 1)],
    ids=["dropped", "500", "412", "412 on the second attempt"],
)
def test_an_object_of_another_writer_is_a_conflict_even_with_the_same_bytes(
    s3: Any, error: Exception, content: bytes
) -> None:
    assert not S3Store(Meddled(s3, error, happened=content), BUCKET, "cases").create(CASE_ID, 1, b"ours")


@pytest.mark.parametrize("attempts", [0, 1])
def test_a_conflict_with_a_write_under_way_is_tried_again(s3: Any, attempts: int) -> None:
    error = answer(409, "ConditionalRequestConflict", attempts)
    assert not S3Store(Meddled(s3, error, happened=False), BUCKET, "cases").create(CASE_ID, 1, b"ours")


@pytest.mark.parametrize(
    "error", [LOST, answer(403, "AccessDenied"), answer(503, "SlowDown", 4)], ids=["dropped", "403", "503"]
)
def test_a_write_that_did_not_happen_is_an_error_that_says_what_to_do(s3: Any, error: Exception) -> None:
    store = S3Store(Meddled(s3, error, happened=False), BUCKET, "cases")
    with pytest.raises(StoreError, match=r"^Cannot write to the case in s3://forensics-cases/cases: .*s3:PutObject"):
        store.create(CASE_ID, 1, b"ours")


def test_a_bucket_that_is_not_there_is_said_before_anything_else(s3: Any) -> None:
    with pytest.raises(StoreError, match=r"s3://no-such-bucket: .*NoSuchBucket.*Check that the bucket exists"):
        open_case(S3Store(s3, "no-such-bucket", ""), CASE_ID, create=True)


def test_a_log_of_more_than_one_page_is_listed_whole(s3: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages hold 1,000 keys: https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html"""
    for number in range(1, 1003):
        s3.put_object(Bucket=BUCKET, Key=f"cases/{CASE_ID}/entries/{number:06d}.json", Body=b"x")
    assert S3Store(s3, BUCKET, "cases").numbers(CASE_ID) == list(range(1, 1003))


def test_a_fault_of_our_own_is_not_taken_for_the_stores(s3: Any) -> None:
    with pytest.raises(ZeroDivisionError):
        S3Store(Meddled(s3, ZeroDivisionError(), happened=False), BUCKET, "cases").create(CASE_ID, 1, b"ours")


def test_the_bytes_in_the_store_are_those_that_verify(store: CaseStore) -> None:
    open_case(store, CASE_ID, create=True).append("note", {"text": "a"})
    assert verify_entries(((number, store.read(CASE_ID, number)) for number in (1, 2)), CASE_ID).ok
