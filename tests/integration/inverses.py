"""One call that changes something, as the catalogue of inverses tells it, against what the sandbox shows before and after."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sandbox_client import Sandbox

from ansible_collections.cordon.aws.plugins.module_utils.cloud import Cloud, Connection
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads
from ansible_collections.cordon.aws.plugins.module_utils.restore.catalogue import ENTRIES, KINDS
from ansible_collections.cordon.aws.plugins.module_utils.restore.facet import (
    GONE,
    UNKNOWN,
    Change,
    Facet,
    IrreversibleError,
    Kind,
)
from ansible_collections.cordon.aws.plugins.module_utils.trail.event import event_of


def cloud_of(sandbox: Sandbox) -> Cloud:
    credentials = {
        "aws_access_key_id": sandbox.env["AWS_ACCESS_KEY_ID"],
        "aws_secret_access_key": sandbox.env["AWS_SECRET_ACCESS_KEY"],
    }
    return Cloud(Connection(region="us-east-1", endpoint_url=sandbox.endpoint_url, credentials=credentials))


@dataclass
class Inverted:
    """A call that was made, and what became of the facets it is about."""

    sandbox: Sandbox
    call: Callable[..., Any]
    arguments: Mapping[str, Any]
    facets: Sequence[Facet]
    """Listed by hand: what the call changes, by AWS's documentation."""
    before: dict[Facet, Any] = field(default_factory=dict)
    after: dict[Facet, Any] = field(default_factory=dict)
    changes: dict[Facet, Change] = field(default_factory=dict)
    region: str = "us-east-1"

    def run(self) -> Inverted:
        self.cloud = cloud_of(self.sandbox)
        self.before = self.seen()
        self.call(**self.arguments)
        self.after = self.seen()
        event = event_of(self._record())
        changes = ENTRIES[event.name].changes
        assert changes is not None, event.name
        self.changes = {change.facet: change for change in changes(event)}
        return self

    def seen(self) -> dict[Facet, Any]:
        return {facet: self.live(facet) for facet in self.facets}

    def live(self, facet: Facet) -> Any:
        return KINDS[facet.kind].read(Reads(self.cloud), facet)

    def _record(self) -> Mapping[str, Any]:
        """The newest that is no read: nobody else is at work."""
        self.sandbox.control("POST", "/clock", {"advance_s": 2})
        found = self.sandbox.client("cloudtrail", region_name=self.region).lookup_events(MaxResults=50)
        records = [json.loads(event["CloudTrailEvent"]) for event in found["Events"]]
        return next(record for record in records if not record["readOnly"])

    def check_event(self) -> None:
        """The event tells just these facets, and of them what was and is."""
        assert set(self.changes) == set(self.facets)
        for facet, change in self.changes.items():
            kind, before, after = KINDS[facet.kind], self.before[facet], self.after[facet]
            assert kind.takes(facet.names), facet
            assert change.after is UNKNOWN or kind.matches(after, change.after), (facet, after, change.after)
            assert change.before is UNKNOWN or kind.matches(before, change.before), (facet, before, change.before)

    def check_moves(self) -> None:
        """What the call did is taken back, and that again; what it made is kept so that a second look plans nothing."""
        for facet in self.facets:
            kind, live, wanted = KINDS[facet.kind], self.after[facet], self.before[facet]
            if kind.order < 0 and len(self.facets) > 1:
                continue  # it cannot go before the others are put back
            if kind.kept is not None and wanted is None:
                self._check_move(kind, facet, live, kind.kept(live))
                assert kind.kept(kind.kept(live)) == kind.kept(live)
            if wanted not in (GONE, live) and live != GONE:
                self._check_move(kind, facet, live, wanted)

    def _check_move(self, kind: Kind, facet: Facet, live: Any, wanted: Any) -> None:
        if live == wanted:
            return
        try:
            moves = kind.moves(facet, live, wanted)
        except IrreversibleError:
            return
        assert moves, (facet, live, wanted)
        for one in moves:
            self.cloud.write(one.call)
        assert self.live(facet) == wanted
        if not all(one.undo for one in moves):
            return
        for one in reversed(moves):
            for call in one.undo:
                self.cloud.write(call)
        assert self.live(facet) == live, (facet, live)
