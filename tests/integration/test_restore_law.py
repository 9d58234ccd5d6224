"""The law of restoring: whatever an attacker and administrators did in the same minutes, a restore brings what the attacker changed back
to what it was, leaves what administrators changed, and has nothing to do a second time."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import attack_on_computing
import attack_on_data
import attack_on_identities
import attack_on_watching
import pytest
from attack_sequences import Action, Arena, Story, be_refused, differences, snapshot
from hypothesis import given, settings
from hypothesis import strategies as st
from sandbox_client import Sandbox

from ansible_collections.cordon.aws.plugins.module_utils.cloud import Cloud, Connection
from ansible_collections.cordon.aws.plugins.module_utils.engine import run
from ansible_collections.cordon.aws.plugins.module_utils.iam.principal_names import parse_principals
from ansible_collections.cordon.aws.plugins.module_utils.merging import carry_together
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads
from ansible_collections.cordon.aws.plugins.module_utils.restore.catalogue import KINDS
from ansible_collections.cordon.aws.plugins.module_utils.restore.places import place_of_arn
from ansible_collections.cordon.aws.plugins.module_utils.restore.restoration import Restoration, places
from ansible_collections.cordon.aws.plugins.module_utils.restore.wanted import wanted_of
from ansible_collections.cordon.aws.plugins.module_utils.safeguards import Limits
from ansible_collections.cordon.aws.plugins.module_utils.trail.event_log import Progress, Span
from ansible_collections.cordon.aws.plugins.module_utils.trail.file_log.folder import Folder
from ansible_collections.cordon.aws.plugins.module_utils.trail.file_log.log import FileLog
from ansible_collections.cordon.aws.plugins.module_utils.trail.graph.trace import trace

THINGS = (
    *attack_on_identities.THINGS,
    *attack_on_data.THINGS,
    *attack_on_watching.THINGS,
    *attack_on_computing.THINGS,
)
SEQUENCES = max(settings().max_examples // 10, 50)
"""50 in `make test`, 500 with `--hypothesis-profile nightly`; in half of them the log begins late."""
MOST_CHANGES = 12


@pytest.fixture(scope="module")
def arena(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Arena]:
    sandbox = Sandbox(tmp_path_factory.mktemp("law") / "state")
    yield Arena(sandbox)
    assert sandbox.stop() == 0


def _silent(_progress: Progress) -> None:
    return


def restore(arena: Arena, cloud: Cloud, folder: Path, *, check: bool = False) -> Any:
    """What `cloudtrail_restore` does, without the module around it."""
    arena.write_log(folder)
    log = FileLog(Folder(str(folder)))
    seeds = parse_principals([arena.attacker_key], "access_key_ids")
    traced = trace(log, seeds, Span(), now=arena.now, report=_silent)
    wanted = wanted_of(log, traced.events, timedelta(days=90), _silent)
    intention = Restoration(wanted.resolved(Reads(cloud)), KINDS)
    done = run(
        intention,
        [place.arn for place in places(wanted.wishes)],
        lambda arn, _reads: place_of_arn(arn),
        cloud=cloud,
        journal=None,
        limits=Limits(check=check, guards_responder=False),
        together=carry_together,
    )
    assert not [entry.errors for entry in done.results if entry.errors]
    return done


@pytest.fixture(scope="module")
def cloud(arena: Arena) -> Cloud:
    env = arena.sandbox.env
    keys = {"aws_access_key_id": env["AWS_ACCESS_KEY_ID"], "aws_secret_access_key": env["AWS_SECRET_ACCESS_KEY"]}
    return Cloud(Connection(region="us-east-1", endpoint_url=arena.sandbox.endpoint_url, credentials=keys))


def play(arena: Arena, data: st.DataObject, *, forgets: bool = False) -> Story:
    """What an attacker and administrators did in some minutes. `forgets`: the log begins when everything is there already."""
    chosen = data.draw(st.lists(st.sampled_from(THINGS), min_size=1, max_size=4, unique=True), "things")
    prefix = arena.begin()
    story = Story([item for thing in chosen for item in thing(prefix, arena)])
    if forgets:
        arena.pass_time(30)
        arena.records()
    for _change in range(data.draw(st.integers(1, MOST_CHANGES), "changes")):
        arena.pass_time(data.draw(st.integers(1, 5), "seconds"))
        if data.draw(st.booleans(), "whether something is refused"):
            be_refused(arena.attacker, prefix, data.draw(st.integers(0, 6), "what is refused"))
        possible = story.possible()
        if not possible:
            break
        action = data.draw(st.sampled_from(possible), "action")
        story.take(action, arena.clients(action.actor))
    assert not differences(snapshot(story.items, arena.responder), story.live), (
        "the model must be right to prove anything"
    )
    arena.pass_time(5)
    return story


@settings(max_examples=SEQUENCES // 2, deadline=None)
@given(data=st.data())
def test_whatever_was_done(arena: Arena, cloud: Cloud, data: st.DataObject) -> None:
    story = play(arena, data)
    with tempfile.TemporaryDirectory() as folder:
        restore(arena, cloud, Path(folder))
        left = differences(snapshot(story.items, arena.responder), story.expected())
        assert not left, f"{left} after\n{story.told()}"
        again = restore(arena, cloud, Path(folder), check=True)
        planned = [step.facet for entry in again.results for step in entry.planned]
        assert not planned, f"a second restore plans {planned} after\n{story.told()}"


@settings(max_examples=SEQUENCES // 2, deadline=None)
@given(data=st.data())
def test_where_the_log_begins_late_nothing_is_taken_from_administrators(
    arena: Arena, cloud: Cloud, data: st.DataObject
) -> None:
    """Each thing is what it should be, or what the attacker left, which is told."""
    story = play(arena, data, forgets=True)
    with tempfile.TemporaryDirectory() as folder:
        done = restore(arena, cloud, Path(folder))
    seen, expected = snapshot(story.items, arena.responder), story.expected()
    wrong = differences(seen, {name: value for name, value in expected.items() if seen[name] != story.live[name]})
    assert not wrong, f"{wrong} after\n{story.told()}"
    left, notes = differences(seen, expected), [note for entry in done.results for note in entry.notes]
    assert len(notes) >= len(left), f"{left}, and told is only {notes} after\n{story.told()}"


@pytest.fixture
def recorded(arena: Arena) -> Iterator[None]:
    """While AWS Config records."""
    config, role = arena.responder.config, f"arn:aws:iam::{arena.sandbox.management}:role/config"
    group = {"allSupported": True, "includeGlobalResourceTypes": True}
    config.put_configuration_recorder(
        ConfigurationRecorder={"name": "default", "roleARN": role, "recordingGroup": group}
    )
    arena.responder.s3.create_bucket(Bucket="law-config")
    config.put_delivery_channel(DeliveryChannel={"name": "default", "s3BucketName": "law-config"})
    config.start_configuration_recorder(ConfigurationRecorderName="default")
    yield
    config.stop_configuration_recorder(ConfigurationRecorderName="default")


@pytest.mark.usefixtures("recorded")
def test_what_no_event_tells_aws_config_does(arena: Arena, cloud: Cloud, tmp_path: Path) -> None:
    """The log begins when everything is there already. https://docs.aws.amazon.com/config/latest/developerguide/view-manage-resource.html"""
    prefix = arena.begin()
    made = [attack_on_data.bucket, attack_on_identities.role, attack_on_identities.user, attack_on_identities.policy]
    story = Story([item for thing in made for item in thing(prefix, arena)])
    arena.pass_time(60)
    arena.records()
    told = {
        "policy": "theirs",
        "block": None,
        "versioning": "Suspended",
        "trust": "theirs",
        "inline": "wide",
        "default": "v2",
    }
    for item in story.items:
        kind = item.name.rpartition("/")[2]
        if kind in told and (kind, item.name.partition("/")[0]) != ("policy", "role"):
            arena.pass_time(2)
            story.take(Action(actor="attacker", item=item, value=told[kind]), arena.attacker)
    assert len(story.done) == len(told)
    restore(arena, cloud, tmp_path)
    left = differences(snapshot(story.items, arena.responder), {item.name: item.first for item in story.items})
    assert not left, left
