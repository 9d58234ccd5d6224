"""A timeline is written whole or not at all, and only its owner reads it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from ansible_collections.cordon.aws.plugins.module_utils.errors import InputError
from ansible_collections.cordon.aws.plugins.module_utils.trail.timeline import write_timeline

LINES = [b'{"a":1}\n', b'{"a":2}\n']


def test_it_is_written_with_its_directories(tmp_path: Path) -> None:
    target = tmp_path / "new" / "deep" / "t.jsonl"
    written = write_timeline(LINES, str(target))
    assert (written.path, written.size) == (str(target), 16)
    assert target.read_bytes() == b"".join(LINES)
    assert written.sha256 == hashlib.sha256(b"".join(LINES)).hexdigest()
    assert target.stat().st_mode & 0o777 == 0o600


def test_what_stood_there_is_replaced(tmp_path: Path) -> None:
    target = tmp_path / "t.jsonl"
    target.write_text("old")
    write_timeline([], str(target))
    assert target.read_bytes() == b""


def test_without_a_name_each_is_a_file_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    first, second = write_timeline(LINES, None), write_timeline(LINES, None)
    assert first.path != second.path
    assert {Path(first.path).parent, Path(second.path).parent} == {tmp_path}


def test_a_directory_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="timeline_file"):
        write_timeline(LINES, str(tmp_path))


def test_a_place_that_cannot_be_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="timeline"):
        write_timeline(LINES, str(tmp_path / "file" / "t.jsonl"))


def test_what_breaks_off_leaves_what_stood_there(tmp_path: Path) -> None:
    target = tmp_path / "t.jsonl"
    target.write_text("old")

    def broken() -> Iterator[bytes]:
        yield LINES[0]
        raise OSError(28, "No space left on device")

    with pytest.raises(InputError, match="No space left"):
        write_timeline(broken(), str(target))
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]
