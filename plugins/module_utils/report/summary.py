# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A case on one screen, worst first: what failed, what was done, what it rests on, and what is left for a human. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from ansible_collections.cordon.aws.plugins.module_utils.plan import Json

SUCCESSES = ("contained", "released", "unchanged")


@dataclass(kw_only=True, slots=True)
class TargetSummary:
    """What the case says of one target: its last outcome, and how often it was changed."""

    target: str
    action: str = ""
    status: str = "unknown"
    verified: bool = False
    time: str = ""
    proof: Sequence[Mapping[str, Json]] = ()
    notes: Sequence[str] = ()
    unchecked: Sequence[str] = ()
    error: str = ""
    steps_done: int = 0

    @property
    def succeeded(self) -> bool:
        return self.status in SUCCESSES and self.verified

    @property
    def state(self) -> str:
        """contained, released, failed, or interrupted: what the target is in, whoever last looked."""
        if self.status == "unchanged":
            return {"contain": "contained", "release": "released"}.get(self.action, self.status)
        return self.status

    def as_json(self) -> dict[str, Json]:
        return {
            "target": self.target,
            "action": self.action,
            "state": self.state,
            "verified": self.verified,
            "time": self.time,
            "proof": list(self.proof),
            "notes": list(self.notes),
            "unchecked": list(self.unchecked),
            "error": self.error,
            "steps_done": self.steps_done,
        }


@dataclass(kw_only=True, slots=True)
class Summary:
    """A whole case. `notes` are what people wrote into it."""

    case_id: str
    status: str
    opened: str = ""
    title: str = ""
    entries: int = 0
    targets: dict[str, TargetSummary] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Json]:
        return {
            "case_id": self.case_id,
            "status": self.status,
            "opened": self.opened,
            "title": self.title,
            "entries": self.entries,
            "targets": [target.as_json() for target in self.targets.values()],
            "notes": self.notes,
        }


def summarise(case_id: str, status: str, entries: Iterable[Mapping[str, Json]]) -> Summary:
    """Read a case from its entries, oldest first."""
    summary = Summary(case_id=case_id, status=status)
    for entry in entries:
        summary.entries += 1
        body = entry["body"]
        if entry["kind"] == "opened" and not summary.opened:
            summary.opened, summary.title = entry["time"], body.get("title") or ""
        elif entry["kind"] == "note":
            summary.notes.append(body["text"])
        elif entry["kind"] == "intent":
            for target in body["plan"]["targets"]:
                found = summary.targets.setdefault(target["target"], TargetSummary(target=target["target"]))
                found.action, found.status, found.time, found.verified = (
                    body["action"],
                    "interrupted",
                    entry["time"],
                    False,
                )
        elif entry["kind"] == "outcome":
            for result in body["results"]:
                _take(summary, entry["time"], body["action"], result)
    return summary


def _take(summary: Summary, time: str, action: str, result: Mapping[str, Json]) -> None:
    found = summary.targets.setdefault(result["target"], TargetSummary(target=result["target"]))
    found.time, found.action = time, action
    found.status, found.verified = result["status"], result["verified"]
    found.proof, found.notes, found.unchecked = result["proof"], result["notes"], result["unchecked"]
    found.error = result.get("error", "")
    found.steps_done += sum(step["status"] == "done" for step in result["steps"])


def lines(summary: Summary, store: str) -> list[str]:
    """The summary as text, at most a screen for a usual case."""
    targets = list(summary.targets.values())
    wrong = [target for target in targets if not target.succeeded]
    text = [f"CASE {summary.case_id}, {summary.status}{f': {summary.title}' if summary.title else ''}"]
    if wrong:
        text.append(f"NOT DONE OR NOT PROVEN: {len(wrong)} of {len(targets)}")
        for target in wrong:
            text += [
                f"  {target.target}: {target.state}",
                *_proof(target),
                *([f"    {target.error}"] if target.error else []),
            ]
    for action, title in (("contain", "CONTAINED AND VERIFIED"), ("release", "RELEASED AND VERIFIED")):
        right = [target for target in targets if target.succeeded and target.action == action]
        if right:
            text.append(f"{title}: {len(right)} of {len(targets)}")
            for target in right:
                text += [f"  {target.target}", *_proof(target)]
    if not targets:
        text.append("Nothing has been contained in this case.")
    unchecked = dict.fromkeys(line for target in targets for line in target.unchecked)
    if unchecked:
        text += ["NOT CHECKED:", *(f"  - {line}" for line in unchecked)]
    return [*text, "LEFT FOR YOU:", *(f"  - {line}" for line in _left(summary, targets, store))]


def _proof(target: TargetSummary) -> list[str]:
    return [f"    [{'ok' if fact['holds'] else 'NO'}] {fact['fact']}" for fact in target.proof]


def _left(summary: Summary, targets: Sequence[TargetSummary], store: str) -> list[str]:
    """What a human has to do or know, with the command where there is one."""
    where = f" -e case_store={store}" if store != "cases" else ""
    left = []
    if any(not target.succeeded for target in targets):
        left.append("repeat the run with the same case_id: it looks at what is there and goes on where it stopped")
    left += dict.fromkeys(note for target in targets for note in target.notes)
    if any(target.action == "contain" and target.steps_done for target in targets):
        left.append(
            f"to take it all back: ansible-playbook playbooks/release_case.yml -e case_id={summary.case_id}{where}"
        )
    return left or ["nothing"]
