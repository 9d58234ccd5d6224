# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a case says: of itself, and of each target what was last done to it and what of it is still in force. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ansible_collections.cordon.aws.plugins.module_utils.history import PastStep, in_force, past_steps
from ansible_collections.cordon.aws.plugins.module_utils.plan import SHARED, Json, State

SUCCESSES = ("contained", "released", "restored", "unchanged")


@dataclass(kw_only=True, slots=True)
class TargetSummary:
    """What the case says of one target: its last outcome, and how often it was changed."""

    target: str
    action: str = ""
    status: str = "unknown"
    verified: bool = False
    time: str = ""
    proof: Sequence[Mapping[str, Json]] = ()
    residual: Sequence[Mapping[str, str]] = ()
    """What may go on all the same: {"what", "why"}."""
    notes: Sequence[str] = ()
    unchecked: Sequence[str] = ()
    error: str = ""
    steps_done: int = 0
    in_force: Sequence[str] = ()
    """The facets that this case changed and has not put back: they may still be as it left them."""
    undone: Sequence[str] = ()
    """The facets that this case changed and that were seen since to be otherwise: somebody changed them, or a release did in part."""
    seen: bool = False
    """Whether its state could be looked at when it was looked at last."""
    shared: Sequence[str] = ()
    """The facets of what it shares with others that were there when it was last looked at, whoever put them there."""
    first_changed: str = ""
    """When this case first meant to change it."""

    @property
    def succeeded(self) -> bool:
        return self.status in SUCCESSES and self.verified

    @property
    def state(self) -> str:
        """contained, restored, released, partly released, failed, or interrupted: what the target is in, whoever last looked."""
        if not self.succeeded:
            return self.status
        if self.action == "release":
            return "partly released" if self.in_force else "released"
        return "restored" if self.action == "restore" else "contained"

    def as_json(self) -> dict[str, Json]:
        return {
            "target": self.target,
            "action": self.action,
            "state": self.state,
            "verified": self.verified,
            "time": self.time,
            "proof": list(self.proof),
            "residual": list(self.residual),
            "notes": list(self.notes),
            "unchecked": list(self.unchecked),
            "error": self.error,
            "steps_done": self.steps_done,
            "in_force": list(self.in_force),
            "undone": list(self.undone),
        }


@dataclass(kw_only=True, slots=True)
class Summary:
    """A whole case. `notes` are what people wrote into it."""

    case_id: str
    status: str
    opened: str = ""
    title: str = ""
    author: str = ""
    """Who opened it."""
    entries: int = 0
    targets: dict[str, TargetSummary] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def rests_on(self, other: Summary, target: str) -> bool:
        """Whether this case holds `target` contained by what `other` did, and is somebody else's: who ran the same thing twice
        knows that."""
        found, theirs = self.targets.get(target), other.targets.get(target)
        if found is None or theirs is None or self.author == other.author:
            return False
        did_nothing = found.state == "contained" and not found.in_force
        return did_nothing and bool(theirs.in_force) and found.time > theirs.first_changed

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


def summarise(case_id: str, status: str, entries: Sequence[Mapping[str, Json]]) -> Summary:
    """Read a case from its entries, oldest first."""
    summary = Summary(case_id=case_id, status=status, entries=len(entries))
    last_seen: dict[str, State] = {}
    for entry in entries:
        body = entry["body"]
        if entry["kind"] == "opened" and not summary.opened:
            summary.opened, summary.title = entry["time"], body.get("title") or ""
            summary.author = entry.get("author") or ""
        elif entry["kind"] == "note":
            summary.notes.append(body["text"])
        elif entry["kind"] == "intent":
            for target in body["plan"]["targets"]:
                found = _of(summary, target["target"])
                found.action, found.status = body["action"], "interrupted"
                found.time, found.verified = entry["time"], False
                found.first_changed = found.first_changed or entry["time"]
        elif entry["kind"] == "outcome":
            for result in body["results"]:
                _take(summary, entry["time"], body["action"], result)
                last_seen[result["target"]] = result.get("after", {})
    for target, history in past_steps(entries).items():
        found = _of(summary, target)
        found.in_force = sorted({step.facet for step in in_force(history)})
        if found.action == "release" and not found.succeeded:
            found.undone = _undone(history, last_seen.get(target, {}), found.error)
        found.seen = bool(last_seen.get(target)) and found.status != "interrupted"
    return summary


def _undone(history: Sequence[PastStep], seen: State, error: str) -> Sequence[str]:
    """What is not as the steps of containment left it: seen otherwise, or put back by a release that went on to fail. A release that is
    for some measures alone looks at nothing of the others; of what is gone its error says that it was left otherwise."""
    standing = {step.facet: step.after for step in reversed(in_force(history))}  # the newest one of a facet stands
    changed = {past.step.facet for past in history if past.action != "release" and past.done and past.step.reversible}
    otherwise = {
        facet
        for facet, after in standing.items()
        if (facet in seen and seen[facet] != after) or f"{facet} was left as " in error
    }
    return sorted(otherwise | (changed - set(standing)))


def _of(summary: Summary, target: str) -> TargetSummary:
    return summary.targets.setdefault(target, TargetSummary(target=target))


def _take(summary: Summary, time: str, action: str, result: Mapping[str, Json]) -> None:
    if result["target"] != result["name"]:
        summary.targets.pop(result["name"], None)  # it was looked up in vain before, and has been found now
    found = _of(summary, result["target"])
    found.time, found.action = time, action
    found.status, found.verified = result["status"], result["verified"]
    found.proof, found.notes, found.unchecked = result["proof"], result["notes"], result["unchecked"]
    found.residual = result.get("residual", ())
    found.shared = [
        facet for facet, value in result.get("after", {}).items() if facet.startswith(SHARED) and value is not None
    ]
    found.error = result.get("error", "")
    found.steps_done += sum(step["status"] == "done" for step in result["steps"])
