"""The fighting attacker beside a test: its process, at work when the test begins, and what it has got through."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from sandbox_client import ROOT, Sandbox, wait_until

# Nothing can deny these, and they give nothing: whoever is denied everything is denied with such a session, too.
# https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
# https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_control-access_getsessiontoken.html
UNDENIABLE = frozenset({"sts:GetCallerIdentity", "sts:GetSessionToken"})
_STOP_S = 10


class Fight:
    """One `python -m sandbox.fighter`, stopped by its own process id."""

    def __init__(self, sandbox: Sandbox, tmp_path: Path, *arguments: str) -> None:
        self._path, self._log = tmp_path / "fighter.jsonl", tmp_path / "fighter.log"
        command = [sys.executable, "-m", "sandbox.fighter", "--state-dir", str(sandbox.state_dir)]
        with self._log.open("w") as log:
            self._process = subprocess.Popen(
                [*command, "--report", str(self._path), *arguments], cwd=ROOT, stdout=log, stderr=log
            )

    def calls(self, since: datetime | None = None) -> list[dict[str, Any]]:
        """Each call that was begun at `since` or later, whatever came of it. `since` is in UTC and aware, of this machine's clock."""
        if not self._path.exists():
            return []
        lines = self._path.read_text(encoding="utf-8").rpartition("\n")[0].splitlines()
        found = [json.loads(line) for line in lines]
        return [one for one in found if since is None or datetime.fromisoformat(one["time"]) >= since]

    def allowed(self, since: datetime | None = None) -> list[dict[str, Any]]:
        """Those that got through and that a policy could have stopped."""
        return [one for one in self.calls(since) if one["allowed"] and one["operation"] not in UNDENIABLE]

    def principals(self) -> set[str]:
        """The ARNs of whoever has got through so far."""
        return {one["principal"] for one in self.allowed()}

    def log(self) -> str:
        """What it complained of."""
        return self._log.read_text(encoding="utf-8")

    def wait_for(self, calls: int, since: datetime | None = None, seconds: float = 20) -> None:
        """Until so many calls have got through."""

        def enough() -> bool:
            assert self._process.poll() is None, f"the fighter has ended: {self.log()}"
            return len(self.allowed(since)) >= calls

        wait_until(enough, f"{calls} calls of the fighter", seconds)

    def stop(self) -> int:
        """SIGTERM, and the exit status. Can be called again."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
        try:
            return self._process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(_STOP_S)
            raise


@contextmanager
def fighting(sandbox: Sandbox, tmp_path: Path, *arguments: str, calls: int = 60) -> Iterator[Fight]:
    """A fight that is under way: `calls` have got through. `arguments` go to the fighter."""
    fight = Fight(sandbox, tmp_path, *arguments)
    try:
        fight.wait_for(calls)
        yield fight
    finally:
        fight.stop()
