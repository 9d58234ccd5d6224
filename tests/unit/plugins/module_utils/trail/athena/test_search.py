"""What Athena finds is what is found by reading everything, over and over, whatever stands in the records."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from athena_bench import DAY, PART, Bench, key, packed
from hypothesis import given, settings
from hypothesis import strategies as st
from trail_events import Record, event, user
from trail_worlds import KEY, World, worlds

from ansible_collections.cordon.aws.plugins.module_utils.iam.principal_names import parse_principal
from ansible_collections.cordon.aws.plugins.module_utils.restore.catalogue import ENTRIES, KINDS
from ansible_collections.cordon.aws.plugins.module_utils.restore.touched import TouchedRule
from ansible_collections.cordon.aws.plugins.module_utils.trail.athena.columns import record_of
from ansible_collections.cordon.aws.plugins.module_utils.trail.athena.search import Search
from ansible_collections.cordon.aws.plugins.module_utils.trail.event import Event, event_of
from ansible_collections.cordon.aws.plugins.module_utils.trail.event_log import Rule, Span, Word
from ansible_collections.cordon.aws.plugins.module_utils.trail.graph.rule import SessionRule, seeds_of

FEW = settings(max_examples=max(15, (settings.default or settings()).max_examples // 6))
SEEDS = seeds_of([parse_principal(KEY, "access_key_ids[0]")])


def searched(records: Iterable[Record], rule: Rule, seeds: Iterable[Word]) -> dict[str, Event]:
    bench = Bench({key(): packed(list(records))})
    search = Search(rule, Span(), lambda name, why: (_ for _ in ()).throw(AssertionError(f"{name}: {why}")))
    search.want((word, None) for word in seeds)
    found: dict[str, Event] = {}
    while (round_ := search.next_round()) is not None:
        for row in bench.search(round_.texts):
            if (one := search.event(row)) is not None:
                assert one.event_id not in found, "each once"
                found[one.event_id] = one
    return found


def by_reading_all(records: Iterable[Record], rule: Rule, seeds: Iterable[Word]) -> set[str]:
    events = [event_of(record) for record in records]
    wanted, found = set(seeds), set[str]()
    while True:
        before = len(wanted)
        for one in events:
            by = rule.words(one) & wanted
            if by:
                found.add(one.event_id)
                wanted |= rule.leads_to(one, frozenset(by))
        if len(wanted) == before:
            return found


def whole(value: Any) -> Any:
    """Without what is null, which a row does not tell from what is not there."""
    if isinstance(value, dict):
        return {name: whole(one) for name, one in value.items() if one is not None}
    return [whole(one) for one in value] if isinstance(value, list) else value


@FEW
@given(worlds())
def test_the_same_is_found_as_by_reading_everything(world: World) -> None:
    found = searched(world.records, SessionRule(), SEEDS)
    assert set(found) == by_reading_all(world.records, SessionRule(), SEEDS)
    records = {record["eventID"]: record for record in world.records}
    for event_id, one in found.items():
        assert whole(one.record) == whole(records[event_id]), "the record comes back whole"


@FEW
@given(worlds())
def test_who_changed_a_thing_is_found_by_the_rule_of_restoring(world: World) -> None:
    rule = TouchedRule(ENTRIES, KINDS)
    seeds = frozenset(word for record in world.records[:5] for word in rule.words(event_of(record)))
    assert set(searched(world.records, rule, seeds)) == by_reading_all(world.records, rule, seeds)


@FEW
@given(st.data())
def test_records_of_every_shape_come_back(data: st.DataObject) -> None:
    texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
    values = st.recursive(
        st.none() | st.booleans() | st.integers(-(2**53), 2**53) | texts,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
        max_leaves=6,
    )
    objects = st.dictionaries(texts, values, min_size=1, max_size=4)
    record = event(
        "s3:GetObject",
        0,
        {**user("mallory", KEY), "onBehalfOf": {"userId": data.draw(texts)}, "credentialId": data.draw(texts)},
        data.draw(st.none() | objects),
        data.draw(st.none() | objects),
        userAgent=data.draw(texts),
        additionalEventData=data.draw(objects),
        serviceEventDetails=data.draw(objects),
        resources=[{"ARN": data.draw(texts), "accountId": "111122223333", "type": data.draw(texts)}],
        tlsDetails={"tlsVersion": "TLSv1.3", "cipherSuite": data.draw(texts)},
        sharedEventID="6fa8b2d4-0000-4000-8000-000000000001",
    )
    (row,) = Bench({key(): packed([record])}).search([KEY])
    assert whole(record_of(row[1:])) == whole(record)


def test_resources_are_read_in_both_forms_in_which_athena_shows_structures() -> None:
    (row,) = Bench(
        {
            key(): packed(
                [event("s3:GetObject", 0, user("m", KEY), resources=[{"ARN": "arn:x", "type": "AWS::S3::Object"}])]
            )
        }
    ).search([KEY])
    place = next(number for number, text in enumerate(row) if text and text.startswith("["))
    as_list = [*row[:place], json.dumps([["arn:x", None, "AWS::S3::Object", None]]), *row[place + 1 :]]
    assert record_of(row[1:]) == record_of(as_list[1:])


def test_a_record_without_what_an_event_has_is_told_with_its_file() -> None:
    told: list[tuple[str, str]] = []
    search = Search(SessionRule(), Span(), lambda name, why: told.append((name, why)))
    search.want((word, None) for word in SEEDS)
    broken = {**event("s3:GetObject", 0, user("mallory", KEY)), "eventTime": "soon"}
    future = {**event("s3:GetObject", 1, user("mallory", KEY)), "eventTime": "2999-01-01T00:00:00Z"}
    rows = list(Bench({key(): packed([broken, future])}).search([KEY]))
    assert [search.event(row) for row in rows] == [None, None]
    assert sorted(why for _name, why in told) == [
        "a record is left out: eventTime is not a time",
        "its time is in the future",
    ]
    assert {name for name, _why in told} == {f"s3://amzn-s3-demo-bucket/{key()}"}


def test_files_that_are_left_out_are_not_read() -> None:
    record = event("s3:GetObject", 0, user("mallory", KEY))
    bench = Bench({key("good"): packed([record]), key("bad"): b"no gzip"})
    assert len(list(bench.search([KEY], PART, [f"s3://amzn-s3-demo-bucket/{key('bad')}"]))) == 1
    assert DAY in key("good")
