"""What changes of somebody's look like to the catalogue of inverses: made in the sandbox, told by its CloudTrail, put back and forth."""

from __future__ import annotations

import json
from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sandbox_client import Sandbox

from ansible_collections.cordon.aws.plugins.module_utils.cloud import Cloud, Connection
from ansible_collections.cordon.aws.plugins.module_utils.engine import run
from ansible_collections.cordon.aws.plugins.module_utils.merging import carry_together
from ansible_collections.cordon.aws.plugins.module_utils.plan import Call
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads
from ansible_collections.cordon.aws.plugins.module_utils.restore.catalogue import ENTRIES, KINDS
from ansible_collections.cordon.aws.plugins.module_utils.restore.facet import UNKNOWN, Change, Facet
from ansible_collections.cordon.aws.plugins.module_utils.restore.places import place_of_arn
from ansible_collections.cordon.aws.plugins.module_utils.restore.restoration import Restoration, places, resolved
from ansible_collections.cordon.aws.plugins.module_utils.restore.wishes import made_of, wishes
from ansible_collections.cordon.aws.plugins.module_utils.safeguards import Limits
from ansible_collections.cordon.aws.plugins.module_utils.trail.event import Event, event_of


@dataclass(frozen=True, kw_only=True)
class Story:
    """One change: what there is beforehand, what is changed, and the facet that it changes."""

    name: str
    kind: str
    names: Callable[[Any], tuple[str, ...]] | None
    """Out of what `before` returned, the names of the facet; None where AWS gives it one, and so it cannot have been there."""
    before: Callable[[Any], Any]
    """(client maker) -> whatever the rest needs."""
    change: Callable[[Any, Any], None]
    """(client maker, what `before` returned): the one call."""
    tells_before: bool = True
    """Whether the event alone tells what there was."""
    region: str = "us-east-1"
    undone: bool = True
    """Whether AWS can take back what puts it back."""


class Watched:
    """A sandbox, seen by a responder's eyes. Its clients serve one story after another: a reset leaves the credentials as they are."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.make = cache(sandbox.client)
        keys = {
            "aws_access_key_id": sandbox.env["AWS_ACCESS_KEY_ID"],
            "aws_secret_access_key": sandbox.env["AWS_SECRET_ACCESS_KEY"],
        }
        self.cloud = Cloud(Connection(region="us-east-1", endpoint_url=sandbox.endpoint_url, credentials=keys))

    def read(self, facet: Facet) -> Any:
        return KINDS[facet.kind].read(Reads(self.cloud), facet)

    def send(self, calls: list[Call]) -> None:
        for call in calls:
            self.cloud.write(call)

    def last_event(self, region: str) -> Event:
        """The newest event that is no read."""
        trail = self.make("cloudtrail", region_name=region)
        for listed in trail.lookup_events(
            LookupAttributes=[{"AttributeKey": "ReadOnly", "AttributeValue": "false"}], MaxResults=5
        )["Events"]:
            return event_of(json.loads(listed["CloudTrailEvent"]))
        raise AssertionError("nothing was recorded")

    def events(self, region: str = "us-east-1") -> list[Event]:
        """All that changed something, oldest first."""
        trail = self.sandbox.client("cloudtrail", region_name=region)
        pages = trail.get_paginator("lookup_events").paginate(
            LookupAttributes=[{"AttributeKey": "ReadOnly", "AttributeValue": "false"}]
        )
        found = [event_of(json.loads(one["CloudTrailEvent"])) for page in pages for one in page["Events"]]
        return found[::-1]

    def restored(self, events: Sequence[Event], attackers: Container[str]) -> bool:
        """What these events of the attacker's changed is put back; whether there was anything to put back."""
        wanted = wishes(made_of(events, attackers, ENTRIES))
        reads = Reads(self.cloud)
        intention = Restoration([resolved(wish, KINDS[wish.facet.kind], reads) for wish in wanted], KINDS)
        done = run(
            intention,
            [place.arn for place in places(wanted)],
            lambda arn, _reads: place_of_arn(arn),
            cloud=self.cloud,
            journal=None,
            limits=Limits(check=False, guards_responder=False),
            together=carry_together,
        )
        assert not [entry.errors for entry in done.results if entry.errors]
        return any(entry.planned for entry in done.results)


def check(watched: Watched, story: Story) -> None:
    """The event tells what `read` shows, `moves` bring it back, and their undo brings what was changed again."""
    make = watched.make
    given = story.before(make)
    before, facet = None, None
    if story.names is not None:
        facet = Facet(story.kind, watched.sandbox.management, story.region, story.names(given))
        before = watched.read(facet)
    story.change(make, given)
    event = watched.last_event(story.region)
    told = {change.facet: change for change in changes_of(event)}
    if facet is None:
        (facet,) = [one for one in told if one.kind == story.kind]
    kind = KINDS[story.kind]
    assert kind.takes(facet.names)
    assert facet in told, f"{event.name} tells nothing of it: {event.record}"
    after = watched.read(facet)
    change = told[facet]
    assert kind.matches(after, change.after), (after, change.after)
    if story.tells_before:
        assert kind.matches(before, change.before), (before, change.before)
    else:
        assert change.before is UNKNOWN

    moves = kind.moves(facet, after, before)
    watched.send([move.call for move in moves])
    assert watched.read(facet) == before
    if story.undone:
        watched.send([call for move in reversed(moves) for call in move.undo])
        assert watched.read(facet) == after
    else:
        assert not moves[-1].undo


def changes_of(event: Event) -> list[Change]:
    entry = ENTRIES[event.name]
    assert entry.changes is not None
    return list(entry.changes(event))
