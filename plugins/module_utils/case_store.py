# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where case logs live: a local directory or a prefix in S3. Both can do exactly what an append-only log needs:
list, read, and create a file only if it does not exist."""

from __future__ import annotations

import errno
import os
import re
import tempfile
import time
import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from ansible_collections.cordon.aws.plugins.module_utils.errors import StoreError

_FILE = re.compile(r"([0-9]{6}|[1-9][0-9]{6,})\.json")
_MARK = "cordon-append"
"""Metadata of an object: a number that only its writer knows."""
_CLAIM_S = 2.0
"""How long a name may be taken before its content is there, where a file system knows no links."""
_NO_LINKS = (errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS)
"""https://man7.org/linux/man-pages/man2/link.2.html"""


class CaseStore(Protocol):
    """What a case log is kept in."""

    @property
    def name(self) -> str:
        """As an operator writes it: the directory, or s3://bucket/prefix."""

    def cases(self) -> list[str]:
        """The ids of all cases, sorted."""

    def numbers(self, case_id: str, *, after: int = 0) -> list[int]:
        """The numbers of a case's entries beyond `after`, ascending. Empty where there is no such case."""

    def read(self, case_id: str, number: int) -> bytes: ...

    def create(self, case_id: str, number: int, content: bytes) -> bool:
        """Write entry `number` if there is none yet; False if there is. Durable when it returns True."""


def file_name(number: int) -> str:
    return f"{number:06d}.json"


class LocalStore:
    """A directory. Files are written whole under another name and then linked to their own, which fails where that exists."""

    def __init__(self, directory: str) -> None:
        self.name = directory
        self._root = Path(directory).expanduser()

    def cases(self) -> list[str]:
        with self._reported("list the cases in"):
            if not self._root.is_dir():
                return []
            return sorted(entry.name for entry in self._root.iterdir() if (entry / "entries").is_dir())

    def numbers(self, case_id: str, *, after: int = 0) -> list[int]:
        with self._reported("read the case in"):
            try:
                names = [path.name for path in self._folder(case_id).iterdir()]
            except (FileNotFoundError, NotADirectoryError):
                return []
            return _numbers(names, after)

    def read(self, case_id: str, number: int) -> bytes:
        with self._reported("read the case in"):
            path = self._folder(case_id) / file_name(number)
            content = path.read_bytes()
            deadline = time.monotonic() + _CLAIM_S
            while not content and time.monotonic() < deadline and time.time() - path.stat().st_mtime < 60:
                time.sleep(0.02)  # somebody has taken the name this moment, see _claim
                content = path.read_bytes()
            return content

    def create(self, case_id: str, number: int, content: bytes) -> bool:
        with self._reported("write to the case in"):
            folder = self._folder(case_id)
            path = folder / file_name(number)
            if path.exists() or path.is_symlink():
                return False
            _make(folder)
            handle, name = tempfile.mkstemp(dir=folder, prefix=".new-")
            temporary = Path(name)
            try:
                with os.fdopen(handle, "wb") as stream:
                    stream.write(content)
                    stream.flush()
                    os.fsync(stream.fileno())
                if not _give_name(temporary, path):
                    return False
            finally:
                temporary.unlink(missing_ok=True)
            _sync(folder)
            return True

    def _folder(self, case_id: str) -> Path:
        return self._root / case_id / "entries"

    @contextmanager
    def _reported(self, what: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise StoreError(
                f"{what} {self.name!r}",
                f"{error.strerror or error}",
                "Give `case_store` a directory that this user can write to, or s3://bucket/prefix.",
            ) from error


class S3Client(Protocol):
    """What is needed of a boto3 S3 client. Only cloud.py makes one."""

    @property
    def exceptions(self) -> Any: ...

    def get_object(self, **parameters: Any) -> Any: ...
    def get_paginator(self, operation_name: Any, /) -> Any: ...

    def put_object(self, **parameters: Any) -> Any: ...


class S3Store:
    """A prefix in a bucket. S3 itself refuses to overwrite:
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html"""

    def __init__(self, client: S3Client, bucket: str, prefix: str) -> None:
        self._client = client
        self._bucket = bucket
        self._prefix = f"{prefix.strip('/')}/" if prefix.strip("/") else ""
        self.name = f"s3://{bucket}/{self._prefix}".rstrip("/")

    def cases(self) -> list[str]:
        with self._reported("list the cases in"):
            pages = self._client.get_paginator("list_objects_v2").paginate(
                Bucket=self._bucket, Prefix=self._prefix, Delimiter="/"
            )
            return sorted(
                found["Prefix"][len(self._prefix) : -1] for page in pages for found in page.get("CommonPrefixes", [])
            )

    def numbers(self, case_id: str, *, after: int = 0) -> list[int]:
        with self._reported("read the case in"):
            folder = self._key(case_id, "")
            # Names are listed in the order of their bytes, which is that of the numbers up to six digits.
            start = {"StartAfter": self._key(case_id, file_name(after))} if 0 < after < 999_999 else {}
            pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=folder, **start)
            return _numbers(
                (found["Key"][len(folder) :] for page in pages for found in page.get("Contents", [])), after
            )

    def read(self, case_id: str, number: int) -> bytes:
        with self._reported("read the case in"):
            answer = self._client.get_object(Bucket=self._bucket, Key=self._key(case_id, file_name(number)))
            content: bytes = answer["Body"].read()
            return content

    def create(self, case_id: str, number: int, content: bytes) -> bool:
        """A lost answer to the write, or a refusal after botocore sent it again, is resolved by looking whose object is there.

        The bytes alone do not tell: another writer may say the same in the same millisecond."""
        key, mark = self._key(case_id, file_name(number)), uuid.uuid4().hex
        with self._reported("write to the case in"):
            try:
                self._client.put_object(
                    Bucket=self._bucket,
                    Key=key,
                    Body=content,
                    IfNoneMatch="*",
                    Metadata={_MARK: mark},
                    ContentType="application/json",
                    ChecksumAlgorithm="SHA256",
                )
            except Exception as error:
                if _is_conflict(error) and not _was_sent_again(error):
                    return False
                there = self._mark_of(key)
                if there is None and not _is_conflict(error):
                    raise
                return there == mark
            return True

    def _mark_of(self, key: str) -> str | None:
        """Who wrote the object; None where there is none."""
        try:
            answer = self._client.get_object(Bucket=self._bucket, Key=key)
        except self._client.exceptions.NoSuchKey:
            return None
        return str(answer["Metadata"].get(_MARK, ""))

    def _key(self, case_id: str, name: str) -> str:
        return f"{self._prefix}{case_id}/entries/{name}"

    @contextmanager
    def _reported(self, what: str) -> Iterator[None]:
        """botocore's errors all derive from Exception only in its own module, which only cloud.py imports: told by their module."""
        try:
            yield
        except Exception as error:
            if not type(error).__module__.startswith("botocore"):
                raise
            raise StoreError(
                f"{what} {self.name}",
                " ".join(str(error).split()).rstrip("."),
                "Check that the bucket exists and that the responder may use it (s3:ListBucket, s3:GetObject, s3:PutObject).",
            ) from error


def _is_conflict(error: Exception) -> bool:
    """412 where the object exists, 409 where another write of it is under way."""
    return _code(error) in ("PreconditionFailed", "ConditionalRequestConflict")


def _was_sent_again(error: Exception) -> bool:
    """Whether botocore repeated the request, so that an earlier attempt may have done what the last one found done."""
    return bool(_answer(error).get("ResponseMetadata", {}).get("RetryAttempts", 0))


def _code(error: Exception) -> str:
    return str(_answer(error).get("Error", {}).get("Code", ""))


def _answer(error: Exception) -> Mapping[str, Any]:
    """What S3 said, where it said anything."""
    answer: Mapping[str, Any] = getattr(error, "response", None) or {}
    return answer


def _numbers(names: Iterable[str], after: int) -> list[int]:
    found = (int(match[1]) for name in names if (match := _FILE.fullmatch(name)))
    return sorted(number for number in found if number > after)


def _make(folder: Path) -> None:
    """Create `folder` and what is missing above it, durably and for this user only."""
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    for path in reversed(missing):
        path.mkdir(mode=0o700, exist_ok=True)
        _sync(path.parent)


def _give_name(temporary: Path, path: Path) -> bool:
    """Let the finished file appear as `path`; False where that is taken."""
    try:
        os.link(temporary, path)
    except FileExistsError:
        # Over NFS the answer can be lost and the request repeated: the second link is then ours.
        return temporary.stat().st_nlink > 1
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        return _claim(temporary, path)
    return True


def _claim(temporary: Path, path: Path) -> bool:
    """Like _give_name, for a file system without links: take the name, then move the finished file there.

    For a moment the file is empty; readers wait for that long. Whoever was held up longer has lost its name to them."""
    began = time.monotonic()
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except FileExistsError:
        return False
    if time.monotonic() - began > _CLAIM_S / 2:
        return False
    temporary.replace(path)
    return True


def _sync(folder: Path) -> None:
    """Make the new name durable, too."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
