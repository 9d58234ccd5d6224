"""The main job, in the sandbox: a key is public, an attacker is at work, Cordon contains and releases, and each claim is checked.

Fails, loudly, where anything is not so."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import boto3

from tools.iam_state import iam_state

ROOT = Path(__file__).resolve().parent.parent
PROPAGATION_S = 2
"""How long the sandbox takes to enforce a change to IAM in this demo. AWS takes some seconds, too."""
ROUND_S = 1.5
PATIENCE_S = 30


class DemoError(Exception):
    """A claim that does not hold."""


def main() -> int:
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="cordon-demo-") as name:
        folder = Path(name)
        try:
            _run(folder)
        except DemoError as error:
            print(f"\nDEMO FAILED: {error}", file=sys.stderr)
            return 1
    print(f"\nDEMO PASSED in {time.monotonic() - started:.0f} s: contained, proven, and put back.")
    return 0


def _run(folder: Path) -> None:
    with _started(
        "sandbox", ["-m", "sandbox", "start", "--state-dir", str(folder), "--scenario", "leaked-key"], folder
    ):
        facts = _wait_for(lambda: _json(folder / "sandbox.json"), "the sandbox to start")
        incident = facts["scenarios"]["leaked-key"]
        account = _Account(facts, incident["account"], _environment(folder))
        before = account.iam_state()
        (folder / "finding.json").write_text(json.dumps(incident["finding"]))
        _say("The incident", f"An access key of {incident['user_arn']} is public.")
        reports = {role: folder / f"{role}.jsonl" for role in ("attacker", "colleagues")}
        with _at_work(folder, "attacker", reports), _at_work(folder, "colleagues", reports):
            _wait_for(
                lambda: len(_calls(reports["attacker"])) >= 20 and len(_calls(reports["colleagues"])) >= 8,
                "both to be at work",
            )
            _say("The attacker is at work", _tally(_calls(reports["attacker"])))
            _say("Colleagues in the same account", _tally(_calls(reports["colleagues"])))
            account.control("PUT", "/settings", {"iam_propagation_s": PROPAGATION_S})
            _respond(folder, reports)
            _release(folder, reports, account, before)


def _respond(folder: Path, reports: Mapping[str, Path]) -> None:
    _playbook(folder, "respond_to_finding.yml", f"finding_file={folder / 'finding.json'}")
    effective = datetime.now(UTC) + timedelta(seconds=PROPAGATION_S)
    _pause_until(effective + timedelta(seconds=ROUND_S))
    attacks, work = _calls(reports["attacker"], effective), _calls(reports["colleagues"], effective)
    _say("Since containment is in force", f"attacker:   {_tally(attacks)}", f"colleagues: {_tally(work)}")
    kinds = {call["who"] for call in _calls(reports["attacker"])}
    silent = kinds - {call["who"] for call in attacks}
    _claim(
        len(attacks) > 0 and not silent, f"the attacker tried nothing with {', '.join(sorted(silent)) or 'anything'}"
    )
    _claim(not any(call["allowed"] for call in attacks), "the attacker still gets in")
    _claim(len(work) > 0 and all(call["allowed"] for call in work), "colleagues are kept from their work")


def _release(folder: Path, reports: Mapping[str, Path], account: _Account, before: bytes) -> None:
    case_id = next((folder / "cases").iterdir()).name
    _playbook(folder, "release_case.yml", f"case_id={case_id}")
    after = account.iam_state()
    _say(
        "After the release",
        f"IAM state of the account: {len(after)} bytes, {'identical' if after == before else 'DIFFERENT'}",
    )
    _claim(after == before, "the release did not bring back the IAM state")
    _claim(all(call["allowed"] for call in _calls(reports["colleagues"])), "colleagues were kept from their work")


class _Account:
    """The incident's account, seen with plain boto3, and the sandbox's control interface."""

    def __init__(self, facts: Mapping[str, Any], account: str, environment: Mapping[str, str]) -> None:
        self._facts = facts
        home = boto3.Session(
            environment["AWS_ACCESS_KEY_ID"],
            environment["AWS_SECRET_ACCESS_KEY"],
            region_name=environment["AWS_DEFAULT_REGION"],
        )
        given = home.client("sts", endpoint_url=facts["endpoint_url"]).assume_role(
            RoleArn=f"arn:aws:iam::{account}:role/OrganizationAccountAccessRole", RoleSessionName="demo"
        )["Credentials"]
        self._session = boto3.Session(
            given["AccessKeyId"],
            given["SecretAccessKey"],
            given["SessionToken"],
            region_name=environment["AWS_DEFAULT_REGION"],
        )

    def iam_state(self) -> bytes:
        return iam_state(self._session, self._facts["endpoint_url"])

    def control(self, method: str, path: str, body: Mapping[str, Any]) -> None:
        request = Request(self._facts["control_url"] + path, json.dumps(body).encode(), method=method)  # noqa: S310
        urlopen(request, timeout=10).close()  # noqa: S310


def _playbook(folder: Path, name: str, *variables: str) -> None:
    """Run a playbook as an operator does, and show what it prints."""
    command = [
        "ansible-playbook",
        f"playbooks/{name}",
        *(part for variable in (*variables, f"case_store={folder / 'cases'}") for part in ("-e", variable)),
    ]
    print(f"\n$ {' '.join(command[:3])} {variables[0].replace(str(folder) + '/', '')}", flush=True)
    done = subprocess.run(
        [sys.executable, "-m", "ansible", "playbook", *command[1:]],
        cwd=ROOT,
        env=os.environ | _environment(folder),
        timeout=120,
        check=False,
    )
    _claim(done.returncode == 0, f"{name} ended with {done.returncode}")


@contextmanager
def _started(what: str, arguments: list[str], folder: Path) -> Iterator[None]:
    """A process of ours for as long as the block lasts."""
    with (folder / f"{what}.log").open("w") as log:
        process = subprocess.Popen([sys.executable, *arguments], cwd=ROOT, stdout=log, stderr=subprocess.STDOUT)
        try:
            yield
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()


def _at_work(folder: Path, role: str, reports: Mapping[str, Path]) -> Any:
    return _started(
        role, ["-m", "sandbox.workload", role, "--state-dir", str(folder), "--report", str(reports[role])], folder
    )


def _calls(report: Path, since: datetime | None = None) -> list[dict[str, Any]]:
    """The calls that were begun since then, so far."""
    if not report.exists():
        return []
    lines = report.read_text().split("\n")[:-1]
    calls = [json.loads(line) for line in lines]
    return [call for call in calls if since is None or datetime.fromisoformat(call["time"]) >= since]


def _tally(calls: list[dict[str, Any]]) -> str:
    allowed = sum(call["allowed"] for call in calls)
    return f"{allowed} of {len(calls)} calls allowed, with {len({call['who'] for call in calls})} credentials"


def _environment(folder: Path) -> dict[str, str]:
    lines = (folder / "env").read_text().splitlines()
    return dict(line.removeprefix("export ").split("=", 1) for line in lines)


def _json(path: Path) -> Any:
    return json.loads(path.read_text()) if path.exists() else None


def _wait_for(look: Callable[[], Any], what: str) -> Any:
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        found = look()
        if found:
            return found
        time.sleep(0.05)
    raise DemoError(f"waited {PATIENCE_S} s in vain for {what}")


def _pause_until(moment: datetime) -> None:
    time.sleep(max(0.0, (moment - datetime.now(UTC)).total_seconds()))


def _claim(holds: bool, otherwise: str) -> None:
    if not holds:
        raise DemoError(otherwise)


def _say(title: str, *lines: str) -> None:
    print(f"\n{title}\n" + "".join(f"  {line}\n" for line in lines), end="", flush=True)


if __name__ == "__main__":
    sys.exit(main())
