"""The main job, in the sandbox: a key is public, an attacker is at work, Cordon contains and releases, and each claim is checked.

Fails, loudly, where anything is not so."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tools.demo_stage import (
    Account,
    claim,
    environment,
    facts,
    pause_until,
    performed,
    playbook,
    sandbox,
    say,
    started,
    wait_for,
)
from tools.iam_state import iam_state

PROPAGATION_S = 2
"""How long the sandbox takes to enforce a change to IAM in this demo. AWS takes some seconds, too."""
ROUND_S = 1.5


def main() -> int:
    return performed(_run, "contained, proven, and put back.")


def _run(folder: Path) -> None:
    with sandbox(folder, "leaked-key"):
        known = facts(folder)
        incident = known["scenarios"]["leaked-key"]
        account = Account(known, incident["account"], environment(folder))
        before = iam_state(account.session, account.endpoint_url)
        (folder / "finding.json").write_text(json.dumps(incident["finding"]))
        say("The incident", f"An access key of {incident['user_arn']} is public.")
        reports = {role: folder / f"{role}.jsonl" for role in ("attacker", "colleagues")}
        with _at_work(folder, "attacker", reports), _at_work(folder, "colleagues", reports):
            wait_for(
                lambda: len(_calls(reports["attacker"])) >= 20 and len(_calls(reports["colleagues"])) >= 8,
                "both to be at work",
            )
            say("The attacker is at work", _tally(_calls(reports["attacker"])))
            say("Colleagues in the same account", _tally(_calls(reports["colleagues"])))
            account.control("PUT", "/settings", {"iam_propagation_s": PROPAGATION_S})
            _respond(folder, reports)
            _release(folder, reports, account, before)


def _respond(folder: Path, reports: Mapping[str, Path]) -> None:
    playbook(folder, "respond_to_finding.yml", f"finding_file={folder / 'finding.json'}")
    effective = datetime.now(UTC) + timedelta(seconds=PROPAGATION_S)
    pause_until(effective + timedelta(seconds=ROUND_S))
    attacks, work = _calls(reports["attacker"], effective), _calls(reports["colleagues"], effective)
    say("Since containment is in force", f"attacker:   {_tally(attacks)}", f"colleagues: {_tally(work)}")
    kinds = {call["who"] for call in _calls(reports["attacker"])}
    silent = kinds - {call["who"] for call in attacks}
    claim(len(attacks) > 0 and not silent, f"the attacker tried nothing with {', '.join(sorted(silent)) or 'anything'}")
    claim(not any(call["allowed"] for call in attacks), "the attacker still gets in")
    claim(len(work) > 0 and all(call["allowed"] for call in work), "colleagues are kept from their work")


def _release(folder: Path, reports: Mapping[str, Path], account: Account, before: bytes) -> None:
    case_id = next((folder / "cases").iterdir()).name
    playbook(folder, "release_case.yml", f"case_id={case_id}")
    after = iam_state(account.session, account.endpoint_url)
    say(
        "After the release",
        f"IAM state of the account: {len(after)} bytes, {'identical' if after == before else 'DIFFERENT'}",
    )
    claim(after == before, "the release did not bring back the IAM state")
    claim(all(call["allowed"] for call in _calls(reports["colleagues"])), "colleagues were kept from their work")


def _at_work(folder: Path, role: str, reports: Mapping[str, Path]) -> Any:
    return started(
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


if __name__ == "__main__":
    sys.exit(main())
