# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Plans as pure data: one call, a step with its way back, what it all does to the state, and one id for the whole."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeGuard

# JSON as this collection uses it. `Any` ends here: values come from AWS and go out as JSON unchanged.
Json = Any

State = Mapping[str, Json]
"""What was observed of one target: facet -> value. A facet is one thing that one call can change ("access_key/AKIA…");
None says that the thing is absent. A facet that is missing was not looked at, which is not the same."""

UNIQUE_ID = "unique_id"
"""The facet that tells a target from a later one of the same name."""

LOST = "no_such_entity"
"""The facet that is there where AWS no longer knows a target by its name: it was deleted, or renamed."""


SHARED = "shared/"
"""How the facets of things begin that several targets share, such as an entry of a network ACL: one of them is given back when the last
target that the case holds by it is released."""

HOLDS = "holds/"
"""How the facets begin by which each of several targets holds for itself what they share, also where it found it there already: each gives
back its hold, and what is held goes with the last one."""

MERGED = "cordon"
"""The service of a call that is none of AWS's: it sets one entry of a document that several targets share. What is sent to AWS for it is
found out when it is carried out, together with the entries of others (docs/decisions/0005)."""


def is_whole_number(value: Json) -> TypeGuard[int]:
    """Whether `value` is a JSON number without a fraction; to Python, true and false are numbers as well."""
    return isinstance(value, int) and not isinstance(value, bool)


@dataclass(frozen=True, kw_only=True, slots=True)
class Call:
    """One AWS API call. `service` is boto3's client name (or MERGED), `operation` the API's own ("PutUserPolicy")."""

    account: str
    region: str
    service: str
    operation: str
    parameters: Mapping[str, Json]

    def as_json(self) -> dict[str, Json]:
        return {
            "account": self.account,
            "region": self.region,
            "service": self.service,
            "operation": self.operation,
            "parameters": dict(self.parameters),
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Json]) -> Call:
        return cls(
            account=value["account"],
            region=value["region"],
            service=value["service"],
            operation=value["operation"],
            parameters=value["parameters"],
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """One call and its way back: the facet it moves from `before` to `after`, and the calls that move it back."""

    measure: str
    facet: str
    call: Call
    undo: tuple[Call, ...]
    """In the order to run them; taken from the observed state, never reconstructed later. Empty: cannot be undone."""
    why: str
    before: Json
    after: Json
    """As `before` in a step that only makes way for a later one of its facet: that one moves it."""
    because: tuple[str, ...] = ()
    """The ids of the events that it answers, where there are any."""
    label: str = ""
    """What tells it from the other steps of its target, whatever else is planned; empty: its number does."""

    def id_in(self, target: str, number: int) -> str:
        """How it is called as this step of a target's plan, counted from 1."""
        return f"{target}#{self.label or number}"

    def does_as(self, other: Step) -> bool:
        """Whether it is `other`, whatever the reason given."""
        return replace(self, why="", because=(), label="") == replace(other, why="", because=(), label="")

    @property
    def reversible(self) -> bool:
        return bool(self.undo)

    def as_json(self) -> dict[str, Json]:
        return {
            "measure": self.measure,
            "facet": self.facet,
            "call": self.call.as_json(),
            "undo": [call.as_json() for call in self.undo],
            "why": self.why,
            "before": self.before,
            "after": self.after,
            "reversible": self.reversible,
            **({"because": list(self.because)} if self.because else {}),
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Json]) -> Step:
        return cls(
            measure=value["measure"],
            facet=value["facet"],
            call=Call.from_json(value["call"]),
            undo=tuple(Call.from_json(call) for call in value["undo"]),
            why=value["why"],
            before=value["before"],
            after=value["after"],
            because=tuple(value.get("because", ())),
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class TargetPlan:
    """The ordered steps for one target, named by its ARN."""

    target: str
    steps: tuple[Step, ...]

    def as_json(self) -> dict[str, Json]:
        return {
            "target": self.target,
            "steps": [
                {"id": step.id_in(self.target, number), **step.as_json()} for number, step in enumerate(self.steps, 1)
            ],
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Json]) -> TargetPlan:
        return cls(
            target=value["target"],
            steps=tuple(_labelled(value["target"], number, step) for number, step in enumerate(value["steps"], 1)),
        )


def _labelled(target: str, number: int, value: Mapping[str, Json]) -> Step:
    """The step as it is written down, with its label where that is in its id."""
    step = Step.from_json(value)
    return (
        step
        if value["id"] == step.id_in(target, number)
        else replace(step, label=value["id"].removeprefix(f"{target}#"))
    )


class Plan:
    """Everything one run will do, in the order of the targets' ARNs, so that neither order nor duplicates change its id.

    The canonical bytes are taken once, here: what is shown is what is hashed, logged and run.
    """

    __slots__ = ("canonical", "plan_id", "targets")

    def __init__(self, targets: Iterable[TargetPlan]) -> None:
        by_arn = {plan.target: plan for plan in targets}
        self.targets: tuple[TargetPlan, ...] = tuple(by_arn[arn] for arn in sorted(by_arn))
        self.canonical: bytes = canonical_json(self.as_json())
        self.plan_id: str = hashlib.sha256(self.canonical).hexdigest()

    def as_json(self) -> dict[str, Json]:
        return {"version": 1, "targets": [plan.as_json() for plan in self.targets]}

    @classmethod
    def from_json(cls, value: Mapping[str, Json]) -> Plan:
        return cls(TargetPlan.from_json(target) for target in value["targets"])

    @property
    def steps(self) -> tuple[Step, ...]:
        return tuple(step for plan in self.targets for step in plan.steps)


def canonical_json(value: Json) -> bytes:
    """`value` in RFC 8785 canonical form. Raises `rfc8785.CanonicalizationError` for what JSON cannot say exactly."""
    import rfc8785

    return rfc8785.dumps(value)


def merged(states: Iterable[State]) -> dict[str, Json]:
    """What several looks at one target saw together."""
    return {facet: value for state in states for facet, value in state.items()}


def planned_state(state: State, steps: Sequence[Step]) -> dict[str, Json]:
    """`state` as `steps` would leave it: what diff mode shows, and what the next measure plans on."""
    return {**state, **{step.facet: step.after for step in steps}}
