"""Where the fighter may fight, and how many it may become."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sandbox.fighter.__main__ import main
from sandbox.fighter.api import KEY, SESSION_TOKEN, Credential
from sandbox.fighter.band import Band, Member


class Works:
    """An API that has been asked nothing yet."""

    def works(self, _credential: Credential) -> bool:
        return True


def band(most: int = 2) -> Band:
    return Band(Works(), most)  # type: ignore[arg-type]


def member(name: str = "sam") -> Member:
    return Member(kind="User", id=f"AIDA{name}", name=name, arn=f"arn:aws:iam::111122223333:user/{name}", origin="made")


def credential(number: int, kind: str = KEY) -> Credential:
    return Credential(kind=kind, principal="", access_key_id=f"AKIA{number}", secret_access_key="secret")


@pytest.mark.parametrize("endpoint", ["https://iam.amazonaws.com", "http://192.0.2.1:4566", "http://localhost.example"])
def test_it_fights_on_this_machine_only(tmp_path: Path, capsys: pytest.CaptureFixture[str], endpoint: str) -> None:
    (tmp_path / "sandbox.json").write_text(json.dumps({"endpoint_url": endpoint, "scenarios": {}}))
    report = tmp_path / "report"
    assert main(["--state-dir", str(tmp_path), "--report", str(report)]) == 2
    assert "in a sandbox only" in capsys.readouterr().err
    assert not report.exists()


def test_there_is_no_room_beyond_the_most() -> None:
    """Places that are promised to somebody count, too."""
    there = band(most=2)
    there.join(member())
    there.join(Member(kind="Role", id="AROA", name="deploy", arn="", origin="shared"))
    assert there.room()
    assert not there.room()
    there.settle()
    assert there.room()


def test_of_sessions_the_first_and_the_newest_are_kept_and_keys_are_not_touched() -> None:
    there, one = band(), member()
    there.give(one, credential(0), most=2)
    for number in (1, 2, 3):
        there.give(one, credential(number, SESSION_TOKEN), most=2)
    assert [kept.access_key_id for kept in one.credentials] == ["AKIA0", "AKIA1", "AKIA3"]


def test_a_secret_is_not_in_what_is_printed() -> None:
    assert "secret'" not in repr(credential(1))
