# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From a case log to what must be taken back: which recorded steps are still in force, and the steps that undo them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from ansible_collections.cordon.aws.plugins.module_utils.plan import UNIQUE_ID, Json, State, Step


@dataclass(frozen=True, kw_only=True, slots=True)
class PastStep:
    """One step out of the log. `done` is None where a run died before it could say, or got no answer."""

    time: str
    """When it was intended: UTC, as the log writes it."""
    action: str
    step: Step
    done: bool | None
    unique_id: str = ""
    """Of the target, as it was seen before the step."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Conflict:
    """A facet that is neither as we found it nor as we left it."""

    facet: str
    found: Json
    left: Json


_DONE: Mapping[str, bool | None] = {"done": True, "unknown": None, "failed": False, "not_run": False}
"""What the status of a step in an outcome says of whether it happened."""


def past_steps(entries: Iterable[Mapping[str, Json]]) -> dict[str, list[PastStep]]:
    """Every step of every intent, oldest first, by target ARN, with what its outcome said of it."""
    listed = list(entries)
    said: dict[tuple[str, str, str], bool | None] = {}
    for entry in listed:
        body = entry["body"]
        if entry["kind"] == "outcome":
            for result in body["results"]:
                for step in result["steps"]:
                    said[body["run_id"], body["plan_id"], step["id"]] = _DONE[step["status"]]
    history: dict[str, list[PastStep]] = {}
    for entry in listed:
        body = entry["body"]
        if entry["kind"] == "outcome" and body["action"] == "release":
            for result in body["results"]:
                _close(history.get(result["target"], []), result, entry["time"])
        if entry["kind"] != "intent":
            continue
        for target in body["plan"]["targets"]:
            for step in target["steps"]:
                history.setdefault(target["target"], []).append(
                    PastStep(
                        time=entry["time"],
                        action=body["action"],
                        step=Step.from_json(step),
                        done=said.get((body["run_id"], body["plan_id"], step["id"])),
                        unique_id=body.get("before", {}).get(target["target"], {}).get(UNIQUE_ID) or "",
                    )
                )
    return history


def _close(history: list[PastStep], result: Mapping[str, Json], time: str) -> None:
    """Take what a verified release has proven to be given back for released, also where it had no step to take: somebody else had put
    it back before."""
    if not result["verified"]:
        return
    proven = {fact["facet"] for fact in result["proof"] if fact["holds"] and "facet" in fact}
    for step in in_force(history):
        if step.facet in proven:
            back = replace(step, undo=(), before=step.after, after=step.before)
            history.append(PastStep(time=time, action="release", step=back, done=True))


def in_force(history: Sequence[PastStep]) -> list[Step]:
    """The contain steps of one target that may still be in force, newest first.

    A step counts only if it links to the next newer one on its facet: it must have left what the newer one found. What does not
    link was taken back, or never happened, before the newer step was planned. What cannot be taken back is left out.
    A run that died leaves steps that never happened behind one that did: they do not close what is older.
    """
    steps: list[Step] = []
    wanted: dict[str, Json] = {}
    closed: set[str] = set()
    for past in reversed(history):
        facet = past.step.facet
        if past.done is False or facet in closed:
            continue
        if past.action == "release":
            # A release that is known to have happened closes the facet; of one that may not have, the live state decides.
            # Of a way back in several calls only the last one moves the facet.
            if past.done and past.step.before != past.step.after:
                closed.add(facet)
            continue
        if facet in wanted and past.done is None and past.step.after != wanted[facet] == past.step.before:
            # The newer step found what this one had found: it never happened, or left no trace.
            continue
        if facet in wanted and past.step.after != wanted[facet]:
            closed.add(facet)
            continue
        wanted[facet] = past.step.before
        if past.step.reversible:
            steps.append(past.step)
    return steps


def release_steps(steps: Sequence[Step], live: State) -> tuple[list[Step], list[Conflict]]:
    """The steps that undo `steps` (newest first) as far as they are in force in `live`, and the facets that somebody else changed.

    Each result carries, as its own undo, the call that it undoes: a release can itself be taken back.
    """
    state = dict(live)
    undoing: list[Step] = []
    undone: set[str] = set()
    conflicts: dict[str, Conflict] = {}
    for step in steps:
        found = state.get(step.facet)
        if step.before == step.after == found and step.facet in undone:
            # It made way for the one that was just undone.
            undoing.extend(_undo(step, found))
            continue
        if step.facet in conflicts or found == step.before:
            continue
        if found != step.after:
            conflicts[step.facet] = Conflict(facet=step.facet, found=found, left=step.after)
            continue
        undoing.extend(_undo(step, found))
        undone.add(step.facet)
        state[step.facet] = step.before
    return undoing, list(conflicts.values())


def overruling_steps(steps: Sequence[Step], live: State, conflicts: Sequence[Conflict]) -> list[Step]:
    """What puts the facets in conflict back to the state before the oldest of `steps`, whatever they are now.

    What is gone and cannot be brought back is left out."""
    overruling: list[Step] = []
    for conflict in conflicts:
        oldest = [step for step in steps if step.facet == conflict.facet][-1]
        if not is_lost(oldest, live):
            overruling.extend(_undo(oldest, found=conflict.found))
    return overruling


def is_lost(step: Step, live: State) -> bool:
    """Whether what `step` changed has been deleted, and its undo can only change what exists (AWS names such calls Update… or
    Modify…; a Put… or an Attach… brings a thing back)."""
    changes_only = all(call.operation.startswith(("Update", "Modify")) for call in step.undo)
    return live.get(step.facet) is None and step.before is not None and changes_only


def brief(value: Json) -> str:
    """A facet's value for people."""
    if value is None:
        return "absent"
    text = str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _undo(step: Step, found: Json) -> list[Step]:
    """The undo calls of `step` as steps; only the last one moves the facet."""
    return [
        Step(
            measure=step.measure,
            facet=step.facet,
            call=call,
            undo=(step.call,) if number == len(step.undo) else (),
            why=f"put back {step.facet}, {brief(step.before)} before",
            before=found,
            after=step.before if number == len(step.undo) else found,
        )
        for number, call in enumerate(step.undo, 1)
    ]
