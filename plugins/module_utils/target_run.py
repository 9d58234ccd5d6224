# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a run did: to one target, filled in as the run goes on, and to all of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from ansible_collections.cordon.aws.plugins.module_utils.errors import RefusedError
from ansible_collections.cordon.aws.plugins.module_utils.measure import Proof, Target, proven
from ansible_collections.cordon.aws.plugins.module_utils.plan import LOST, Json, Step

StepStatus = Literal["planned", "done", "failed", "unknown", "not_run"]
"""What becomes of a step. "unknown": AWS answered with an error of its own, or not at all, and the state does not tell."""


@dataclass(kw_only=True, slots=True)
class TargetRun:
    """What happened to one target; filled in as the run goes on."""

    name: str
    """As the operator named it, until its ARN is known."""
    target: Target | None = None
    before: dict[str, Json] = field(default_factory=dict)
    """What was observed first."""
    after: dict[str, Json] = field(default_factory=dict)
    """What was observed last; in check mode what is planned. The next round plans on it."""
    planned: tuple[Step, ...] = ()
    """The steps of the current round."""
    steps: list[dict[str, Json]] = field(default_factory=list)
    """What became of the steps, of all rounds."""
    round_start: int = 0
    setbacks: list[str] = field(default_factory=list)
    """What went wrong in the current round, with planning it and with its steps. The state decides whether it matters."""
    proof: Proof = ()
    watched: Proof = ()
    """What was seen after the state: by watching it, by asking AWS in another way, in CloudTrail. Belongs to the proof."""
    residual: list[Mapping[str, str]] = field(default_factory=list)
    """What may go on all the same, with the reason."""
    notes: list[str] = field(default_factory=list)
    unchecked: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    """What keeps this target from being worked on any further."""
    waiting_for: dict[str, Json] = field(default_factory=dict)
    """The facets that were sent, and that AWS has not shown yet, with what they will be."""
    is_elsewhere: bool = False
    """Whether it is in an account that this run is not for."""
    success: str = ""
    """The word for this target's success; decided by the engine when the run or the check is over."""

    @property
    def found(self) -> Target:
        """The target, of which it is known that it was found."""
        if self.target is None:
            raise LookupError(self.name)
        return self.target

    @property
    def arn(self) -> str:
        return self.target.arn if self.target else self.name

    @property
    def verified(self) -> bool:
        return proven(self.proof) and all(fact.holds for fact in self.watched)

    @property
    def is_lost(self) -> bool:
        """Whether AWS no longer knows it by its name."""
        return LOST in self.after

    @property
    def facts(self) -> Proof:
        """Everything that success rests on."""
        return (*self.proof, *self.watched)

    @property
    def changed(self) -> bool:
        return any(step["status"] in ("done", "planned") for step in self.steps)

    @property
    def failed(self) -> bool:
        return bool(self.error)

    @property
    def error(self) -> str:
        """Everything that went wrong, as sentences; empty where nothing did. What cannot be verified has gone wrong."""
        if self.errors or self.verified or not self.success:
            return " ".join(self.errors)
        lacking = "; ".join(f"{fact.measure}: {fact.fact}" for fact in self.facts if not fact.holds)
        lacking = lacking or " ".join(["nothing was checked", *self.notes])
        why = f"Cannot verify that {self.arn} is {self.success}: {lacking}."
        return " ".join([*self.setbacks, why, "Repeat the run; what was done stays in force."])

    def add_step(self, number: int, step: Step, status: StepStatus, *, request_id: str = "", error: str = "") -> None:
        """Write down what became of the step of this number in its plan, or what is to become of it."""
        if status in ("done", "unknown"):
            self.waiting_for[step.facet] = step.after
        self.steps.append(
            {
                "id": step.id_in(self.arn, number),
                "measure": step.measure,
                "facet": step.facet,
                "why": step.why,
                "operation": f"{step.call.service}:{step.call.operation}",
                "reversible": step.reversible,
                "status": status,
                **({"request_id": request_id} if request_id else {}),
                **({"error": error} if error else {}),
            }
        )

    def seen(self, state: dict[str, Json]) -> None:
        """Take what was observed. What AWS has shown once need not be waited for: if it is gone again, somebody undid it."""
        self.after = state
        self.waiting_for = {facet: value for facet, value in self.waiting_for.items() if state.get(facet) != value}

    def is_undone(self) -> bool:
        """Whether something is planned that is neither on its way nor what has just failed: it was there and is gone, or is new."""
        return not self.is_stuck() and any(step.facet not in self.waiting_for for step in self.planned)

    def is_stuck(self) -> bool:
        """Whether the new round would only try again what has just failed."""
        failed = {step["facet"] for step in self.steps[self.round_start :] if step["status"] in ("failed", "unknown")}
        return all(step.facet in failed for step in self.planned)

    @property
    def status(self) -> str:
        if self.error:
            return "failed"
        if not self.changed:
            return "unchanged"
        return "planned" if self.steps[-1]["status"] == "planned" else self.success

    def as_json(self, *, this_round: bool = False) -> dict[str, Json]:
        return {
            "target": self.arn,
            "name": self.name,
            "status": self.status,
            "changed": self.changed,
            "verified": self.verified,
            "proof": [fact.as_json() for fact in self.facts],
            "steps": self.steps[self.round_start :] if this_round else self.steps,
            **({"residual": [dict(one) for one in self.residual]} if self.residual else {}),
            "notes": self.notes,
            "unchecked": self.unchecked,
            "before": self.before,
            "after": self.after,
            **({"error": self.error} if self.error else {}),
        }


@dataclass(frozen=True, kw_only=True, slots=True)
class Run:
    """What a run did, per target in the order of the input."""

    plan_id: str
    results: tuple[TargetRun, ...]
    refusal: RefusedError | None = None
    """Why nothing of the plan was carried out: it is not safe, or not the approved one."""

    @property
    def changed(self) -> bool:
        return any(entry.changed for entry in self.results)

    @property
    def targets(self) -> tuple[TargetRun, ...]:
        """Each target once, however often it was named."""
        return tuple({entry.arn: entry for entry in self.results}.values())

    @property
    def failed(self) -> tuple[TargetRun, ...]:
        return tuple(entry for entry in self.targets if entry.failed)
