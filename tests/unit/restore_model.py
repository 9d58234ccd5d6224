"""A small account with three kinds of things, which answers like AWS and writes a log: what restoring is held to without AWS."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from ansible_collections.cordon.aws.plugins.module_utils.plan import Call
from ansible_collections.cordon.aws.plugins.module_utils.restore.entry import Entry
from ansible_collections.cordon.aws.plugins.module_utils.restore.facet import UNKNOWN, Change, Facet, Kind, Move
from ansible_collections.cordon.aws.plugins.module_utils.trail.event import Event

ACCOUNT, REGION = "111122223333", "us-east-1"
START = datetime(2026, 1, 31, 12, tzinfo=UTC)


def _set(facet: Facet, value: Any) -> Call:
    parameters = {"kind": facet.kind, "name": facet.names[0], "value": value}
    return Call(account=ACCOUNT, region=REGION, service="model", operation="Set", parameters=parameters)


def _moves(facet: Facet, live: Any, wanted: Any) -> tuple[Move, ...]:
    return (Move(call=_set(facet, wanted), undo=(_set(facet, live),)),)


def _kind(name: str, order: int, **more: Any) -> Kind:
    return Kind(
        name=name,
        order=order,
        permissions=(),
        takes=lambda names: len(names) == 1,
        read=lambda _reads, _facet: None,
        moves=_moves,
        **more,
    )


MEMBER, DOCUMENT, THING = "model/member", "model/document", "model/thing"
KINDS = {
    MEMBER: _kind(MEMBER, 20),
    DOCUMENT: _kind(DOCUMENT, 20),
    THING: _kind(THING, 10, kept=lambda live: {**live, "on": False}),
}


def _changes(kind: str, after: Any, before: Any) -> Any:
    def changes(event: Event) -> Iterator[Change]:
        left = event.response.get("value") if after is UNKNOWN else after
        yield Change(facet=Facet(kind, ACCOUNT, REGION, (event.request["name"],)), after=left, before=before)

    return changes


ENTRIES = {
    entry.name: entry
    for entry in (
        Entry(service="model", operation="Add", changes=_changes(MEMBER, "there", None)),
        Entry(service="model", operation="Remove", changes=_changes(MEMBER, None, "there")),
        Entry(service="model", operation="Put", changes=_changes(DOCUMENT, UNKNOWN, UNKNOWN)),
        Entry(service="model", operation="Drop", changes=_changes(DOCUMENT, None, UNKNOWN)),
        Entry(service="model", operation="Create", changes=_changes(THING, UNKNOWN, None)),
        Entry(service="model", operation="Delete", changes=_changes(THING, None, UNKNOWN)),
    )
}
OPERATIONS = {"Add": MEMBER, "Remove": MEMBER, "Put": DOCUMENT, "Drop": DOCUMENT, "Create": THING, "Delete": THING}


@dataclass(frozen=True)
class Action:
    who: str
    operation: str
    name: str
    second: int


@dataclass
class Account:
    """What is there, and what was logged."""

    state: dict[tuple[str, str], Any] = field(default_factory=dict)
    log: list[Event] = field(default_factory=list)
    attackers: set[str] = field(default_factory=set)

    def act(self, action: Action) -> None:
        """Do it as AWS would: adding what is there succeeds; taking away what is not there, and creating what is, is refused."""
        key = (OPERATIONS[action.operation], action.name)
        found = self.state.get(key)
        error, value = "", None
        number = len(self.log)
        match action.operation:
            case "Add":
                self.state[key] = "there"
            case "Put":
                value = self.state[key] = {"text": f"{action.who} {number}"}
            case "Create" if found is None:
                value = self.state[key] = {"id": number, "on": True}
            case "Remove" | "Drop" | "Delete" if found is not None:
                self.state[key] = None
            case _:
                error = "Refused"
        event = Event(
            event_id=f"event-{number:04}",
            time=START + timedelta(seconds=action.second),
            account=ACCOUNT,
            region=REGION,
            service="model",
            operation=action.operation,
            error=error,
            read_only=False,
            identity={},
            request={"name": action.name},
            response={"value": value},
            record={},
        )
        self.log.append(event)
        if action.who == "attacker":
            self.attackers.add(event.event_id)

    def send(self, call: Call) -> None:
        self.state[call.parameters["kind"], call.parameters["name"]] = call.parameters["value"]


@st.composite
def histories(draw: st.DrawFn, *, seconds: int) -> list[Action]:
    """Actions in the order in which they happen. Where there are few `seconds`, some share one, in which nobody can tell their order."""
    times = sorted(draw(st.lists(st.integers(0, seconds), min_size=1, max_size=10, unique=seconds > 100)))
    return [
        Action(
            who=draw(st.sampled_from(["attacker", "admin"])),
            operation=draw(st.sampled_from(sorted(OPERATIONS))),
            name=draw(st.sampled_from(["red", "blue"])),
            second=second,
        )
        for second in times
    ]
