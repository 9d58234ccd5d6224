# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What each principal of a closure did: from where, with what, asking which services for what, and what data it read. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from ansible_collections.cordon.aws.plugins.module_utils.plan import Json
from ansible_collections.cordon.aws.plugins.module_utils.trail.graph.closure import Closure, Row, moment
from ansible_collections.cordon.aws.plugins.module_utils.trail.graph.facts import Fact

_MOST = 50
"""Of addresses, agents and services of one principal that are named: the timeline has all."""


@dataclass(frozen=True, kw_only=True)
class Acts:
    """Of one row of the closure."""

    row: Row
    calls: int = 0
    changes: int = 0
    refused: int = 0
    reads: int = 0
    sources: Counter[str] = field(default_factory=Counter)
    agents: Counter[str] = field(default_factory=Counter)
    services: Counter[str] = field(default_factory=Counter)
    regions: Counter[str] = field(default_factory=Counter)
    refusals: Counter[str] = field(default_factory=Counter)
    """Operations that failed: "iam:CreateUser"."""

    def as_json(self) -> dict[str, Json]:
        return {
            "principal": self.row.principal or None,
            "access_key_id": self.row.access_key_id or None,
            "first_seen": moment(self.row.first_seen),
            "last_seen": moment(self.row.last_seen),
            "calls": self.calls,
            "changes": self.changes,
            "refused": self.refused,
            "data_reads": self.reads,
            "source_addresses": _names(self.sources),
            "user_agents": _names(self.agents),
            "services": _names(self.services),
            "regions": _names(self.regions),
            "refusals": _names(self.refusals),
        }


def _names(counted: Counter[str]) -> list[Json]:
    """The most frequent first; a name breaks ties, so that the same log gives the same answer."""
    return [name for name, _count in sorted(counted.items(), key=lambda one: (-one[1], one[0]))[:_MOST]]


@dataclass(frozen=True, kw_only=True)
class Read:
    """Data that was read by one principal: one thing, in one way."""

    row: Row | None
    operation: str
    what: str
    account: str
    count: int
    first: int
    last: int

    def as_json(self) -> dict[str, Json]:
        return {
            "principal": (self.row.principal or None) if self.row else None,
            "operation": self.operation,
            "what": self.what,
            "account": self.account,
            "count": self.count,
            "first": moment(self.first),
            "last": moment(self.last),
        }


def acts_of(facts: Sequence[Fact], closure: Closure) -> tuple[Acts, ...]:
    """One for each row, in its order, also for those who did nothing."""
    of_row: dict[int, list[Fact]] = {}
    for place, row in closure.row_of.items():
        of_row.setdefault(id(row), []).append(facts[place])
    return tuple(_acts(row, of_row.get(id(row), [])) for row in closure.rows)


def _acts(row: Row, facts: Sequence[Fact]) -> Acts:
    return Acts(
        row=row,
        calls=len(facts),
        changes=sum(fact.change for fact in facts),
        refused=sum(fact.refused for fact in facts),
        reads=sum(fact.read is not None for fact in facts),
        sources=Counter(fact.source for fact in facts if fact.source),
        agents=Counter(fact.agent for fact in facts if fact.agent),
        services=Counter(fact.service for fact in facts if fact.service),
        regions=Counter(fact.region for fact in facts),
        refusals=Counter(f"{fact.service}:{fact.operation}" for fact in facts if fact.refused),
    )


def reads_of(facts: Sequence[Fact], traced: Iterable[int], closure: Closure) -> tuple[Read, ...]:
    found: dict[tuple[int, str, str, str], Read] = {}
    for place in sorted(traced):
        fact, row = facts[place], closure.row_of.get(place)
        if fact.read is None:
            continue
        operation = f"{fact.service}:{fact.operation}"
        name = (id(row), operation, fact.read, fact.account)
        before = found.get(name)
        found[name] = Read(
            row=row,
            operation=operation,
            what=fact.read,
            account=fact.account,
            count=1 if before is None else before.count + 1,
            first=fact.at if before is None else before.first,
            last=fact.at,
        )
    return tuple(sorted(found.values(), key=lambda one: (-one.count, one.operation, one.what, one.account, one.first)))
