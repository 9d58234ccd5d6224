# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a measure is: one thing done to contain, as three functions over plain values. The engine knows no more of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from ansible_collections.cordon.aws.plugins.module_utils.errors import DriftError
from ansible_collections.cordon.aws.plugins.module_utils.plan import UNIQUE_ID, Json, State, Step
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads

RESERVED = "reserved"
"""In the place of the kind of a target that nobody in its account can change."""


class Target(Protocol):
    """What is contained. Its ARN names it everywhere."""

    @property
    def arn(self) -> str: ...

    @property
    def kind(self) -> str:
        """What it is: "user", "role", "session", "root", "account", "instance" … Measures say for which kinds they are."""

    @property
    def is_reserved(self) -> bool:
        """Whether only a service of AWS can change it, as Identity Center's roles."""

    @property
    def account(self) -> str: ...

    @property
    def label(self) -> str: ...

    @property
    def unique_id(self) -> str:
        """What AWS gives out once: another target of the same name has another one. Empty where it is not known."""

    def is_worked_through(self, identity_arn: str) -> bool:
        """Whether containing it would cut off whom GetCallerIdentity calls by this ARN."""

    def is_protected_by(self, patterns: Iterable[str]) -> bool:
        """Whether one of these patterns of ARNs, with `*` and `?`, means it."""

    def expect(self, reads: Reads) -> None:
        """Say what will be asked about it soon, so that it is asked of many targets together."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Fact:
    """One observed fact that a measure's success rests on."""

    measure: str
    fact: str
    holds: bool
    facet: str = ""
    """What a release has given back, where the fact holds."""

    def as_json(self) -> dict[str, Json]:
        named = {"facet": self.facet} if self.facet else {}
        return {"measure": self.measure, "fact": self.fact, "holds": self.holds, **named}


@dataclass(frozen=True, kw_only=True, slots=True)
class Planned:
    """The steps for one target in order, and why steps that are needed are missing among them."""

    steps: tuple[Step, ...]
    setbacks: tuple[str, ...] = ()


Proof = Sequence[Fact]
"""The facts that show a wish holds. A proof without facts proves nothing, and counts as a failure."""


class Measure(Protocol):
    """A module of measures/ is one of these: a declaration and three functions."""

    @property
    def NAME(self) -> str: ...

    @property
    def KINDS(self) -> frozenset[str]:
        """The kinds of target that it can do something about."""

    @property
    def PERMISSIONS(self) -> tuple[str, ...]:
        """Everything that it asks of AWS and changes there, to put in force and to take back: "iam:PutUserPolicy"."""

    @property
    def OPEN_WITHOUT(self) -> str:
        """What goes on where this measure is not taken, for people."""

    def observe(self, reads: Reads, target: Any) -> dict[str, Json]:
        """Read the facets this measure looks at. The only one of the three that talks to AWS."""

    def plan(self, state: State, target: Any) -> Iterator[Step]:
        """Yield what is still lacking, in order. Pure. Raises QuotaError where there is no room."""

    def can_have_planned(self, step: Step, target: Any) -> bool:
        """Whether `step`, out of a log, is one that this measure plans for `target`: its way back will be run. Pure.

        A way back of several calls must bear being begun again: a run can die between two of them."""

    def verify(self, state: State, target: Any) -> Proof:
        """The facts, in `state`, that show whether the measure is in force. Pure; none where it cannot help this target at all."""

    def notes(self, state: State, target: Any) -> Sequence[str]:
        """What it sees, in `state`, that is left for a human to decide. Pure."""


@runtime_checkable
class LooksByFacet(Protocol):
    """A measure whose target does not tell which facets there are: what was changed does."""

    def observe_facets(self, reads: Reads, target: Any, facets: Iterable[str]) -> dict[str, Json]:
        """Read exactly these."""


def require_same(state: State, target: Target, unique_id: str, tried: str) -> None:
    """Raise DriftError where something else has taken the target's name since `unique_id` was seen (empty: it never was)."""
    found = state.get(UNIQUE_ID)
    if unique_id and found is not None and found != unique_id:
        raise DriftError(
            f"{tried} {target.arn}",
            f"its name has passed to another: it was {unique_id}, and {found} has the name now",
            "Whoever may rename it can do this to hide. Look for what has the old unique id, and contain that.",
        )


def proven(proof: Proof) -> bool:
    """All facts hold, and there is at least one."""
    return bool(proof) and all(fact.holds for fact in proof)
