"""The case log: what is appended stays, in order, and whatever is changed afterwards is found."""

from __future__ import annotations

import hashlib
import json
from itertools import combinations, pairwise
from typing import Any

import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, precondition, rule
from memory_store import MemoryStore

from ansible_collections.cordon.aws.plugins.module_utils import case as case_module
from ansible_collections.cordon.aws.plugins.module_utils.case import (
    Case,
    check_case_id,
    list_cases,
    new_case_id,
    open_case,
)
from ansible_collections.cordon.aws.plugins.module_utils.case_check import verify_entries
from ansible_collections.cordon.aws.plugins.module_utils.errors import (
    ClosedCaseError,
    InputError,
    IntegrityError,
    StoreError,
)

CASE_ID = "case-1"


def sample(notes: int = 3) -> tuple[MemoryStore, Case]:
    """A case with an `opened` and some notes, one of them not plain ASCII."""
    store = MemoryStore()
    case = open_case(store, CASE_ID, create=True, title="Key of dana found in a public repository")
    for number in range(notes):
        case.append("note", {"text": f"näher {number}"}, author="responder@host")
    return store, case


def raw_of(store: MemoryStore) -> list[tuple[int, bytes]]:
    return sorted(store.logs[CASE_ID].items())


def changed(raw: list[tuple[int, bytes]], number: int, content: bytes) -> list[tuple[int, bytes]]:
    return [(at, content if at == number else old) for at, old in raw]


def forged(content: bytes, **fields: Any) -> bytes:
    """An entry with other fields and a digest that fits: by somebody who knows how entries are made."""
    value = json.loads(content) | fields
    del value["digest"]
    return rfc8785.dumps(value | {"digest": hashlib.sha256(rfc8785.dumps(value)).hexdigest()})


# Appending


def test_a_new_case_has_one_entry_that_verifies() -> None:
    store, case = sample(notes=0)
    verified = case.verify()
    assert (verified.ok, verified.count, verified.first_bad, verified.warnings) == (True, 1, None, ())
    assert verified.head_sha256 == hashlib.sha256(store.logs[CASE_ID][1]).hexdigest()


def test_what_is_appended_is_read_back_in_order() -> None:
    _store, case = sample()
    appended = case.append("event", {"source": "guardduty", "id": "abc"}, author="arn:aws:iam::123456789012:user/dana")
    entries = list(case.entries())
    assert entries[-1] == appended
    assert [(entry.number, entry.kind) for entry in entries] == [
        (1, "opened"),
        (2, "note"),
        (3, "note"),
        (4, "note"),
        (5, "event"),
    ]


def test_an_entry_is_canonical_json_that_holds_the_hash_of_the_one_before() -> None:
    store, _case = sample()
    raw = raw_of(store)
    for (_number, before), (_next, content) in pairwise(raw):
        value = json.loads(content)
        assert value["previous"] == hashlib.sha256(before).hexdigest()
        assert content == rfc8785.dumps(value)


def test_opening_twice_opens_once() -> None:
    store, _case = sample(notes=0)
    open_case(store, CASE_ID, create=True, title="again")
    assert len(store.logs[CASE_ID]) == 1


def test_of_two_that_open_the_same_new_case_one_opens_it_and_both_go_on() -> None:
    class Overtaken(MemoryStore):
        """Another process opens the case between our look and our write."""

        def create(self, case_id: str, number: int, content: bytes) -> bool:
            if not self.logs:
                open_case(other := MemoryStore(), case_id, create=True, title="the other")
                self.logs.update(other.logs)
            return super().create(case_id, number, content)

    store = Overtaken()
    case = open_case(store, CASE_ID, create=True, title="ours")
    case.append("note", {"text": "ours"})
    assert [(entry.kind, dict(entry.body)) for entry in case.entries()] == [
        ("opened", {"title": "the other"}),
        ("note", {"text": "ours"}),
    ]
    assert case.verify().ok


def test_an_append_that_never_gets_its_turn_gives_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(case_module, "ATTEMPTS", 5)
    _store, case = sample()
    monkeypatch.setattr(MemoryStore, "create", lambda *_arguments: False)
    with pytest.raises(StoreError, match="5 other entries came first"):
        case.append("note", {"text": "late"})


def test_a_case_whose_entries_are_gone_is_not_begun_anew_by_a_note() -> None:
    with pytest.raises(StoreError, match="its entries are gone"):
        Case(MemoryStore(), CASE_ID).append("note", {"text": "first"})


def test_a_directory_of_another_case_is_not_written_to() -> None:
    """As on a file system that takes Case-1 and case-1 for the same."""
    store, _case = sample()
    store.logs["Case-1"] = store.logs[CASE_ID]
    with pytest.raises(IntegrityError, match="belongs to case 'case-1'"):
        open_case(store, "Case-1", create=True)


@pytest.mark.parametrize(
    "value",
    [float("nan"), float("inf"), 2**53, -(2**53), "\ud800", b"bytes", {1: "number as name"}, object()],
    ids=lambda value: type(value).__name__ + ascii(value)[:12],
)
def test_what_json_cannot_say_exactly_is_refused_and_nothing_written(value: Any) -> None:
    store, case = sample()
    with pytest.raises(InputError, match=r"^Cannot write a event entry into case case-1: "):
        case.append("event", {"value": value})
    assert len(store.logs[CASE_ID]) == 4
    assert case.append("note", {"text": "goes on"}).number == 5


def test_what_is_nested_too_deeply_is_refused() -> None:
    nested: list[Any] = []
    for _level in range(5000):
        nested = [nested]
    with pytest.raises(InputError, match="nested too deeply"):
        sample()[1].append("event", {"value": nested})


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("note", {}),
        ("note", {"text": ""}),
        ("note", {"text": "a", "more": 1}),
        ("gossip", {"text": "a"}),
        ("event", {}),
    ],
)
def test_what_does_not_fit_the_schema_is_refused_and_nothing_written(kind: str, body: dict[str, Any]) -> None:
    store, case = sample()
    with pytest.raises(InputError, match="does not fit the schema"):
        case.append(kind, body)
    assert len(store.logs[CASE_ID]) == 4


# Closing


def test_a_closed_case_takes_nothing_until_it_is_opened_again() -> None:
    store, case = sample()
    other = open_case(store, CASE_ID, create=False)
    case.append("closed", {"reason": "done"})
    for writer in (case, other, open_case(store, CASE_ID, create=False)):
        assert writer.status == "closed"
        for kind, body in (("note", {"text": "late"}), ("closed", {})):
            with pytest.raises(ClosedCaseError, match="it is closed"):
                writer.append(kind, body)
        with pytest.raises(ClosedCaseError):
            writer.require_open()
    other.append("opened", {"reason": "not done"})
    for writer in (case, other):
        assert writer.status == "open"
        writer.require_open()
        writer.append("note", {"text": "goes on"})
    assert case.verify().ok


def test_a_writer_that_has_not_looked_since_learns_of_the_closing_when_it_writes() -> None:
    store, case = sample()
    late = open_case(store, CASE_ID, create=False)
    case.append("closed", {})
    with pytest.raises(ClosedCaseError):
        late.append("note", {"text": "late"})


def test_a_closed_case_stays_closed_when_something_torn_lies_behind_it() -> None:
    store, case = sample()
    case.append("closed", {})
    store.logs[CASE_ID][6] = b'{"author'
    for writer in (case, open_case(store, CASE_ID, create=False)):
        assert writer.status == "closed"
        with pytest.raises(ClosedCaseError):
            writer.append("note", {"text": "late"})


def test_a_sealed_case_is_never_opened_again() -> None:
    store, case = sample()
    head = case.verify()
    case.append("sealed", {"number": head.count, "sha256": head.head_sha256})
    for writer in (case, open_case(store, CASE_ID, create=True)):
        assert writer.status == "sealed"
        for kind in ("note", "opened", "closed"):
            with pytest.raises(ClosedCaseError, match="sealed for ever"):
                writer.append(kind, {"text": "late"} if kind == "note" else {})


# Verifying


def test_a_log_without_entries_does_not_verify() -> None:
    assert not verify_entries([], CASE_ID).ok


def test_every_one_byte_change_of_any_entry_is_found() -> None:
    """Every byte of every entry once, and the entry that is named is the one that was changed."""
    raw = raw_of(sample(notes=2)[0])
    for number, content in raw:
        for at in range(len(content)):
            altered = content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]
            verified = verify_entries(changed(raw, number, altered), CASE_ID)
            assert (verified.ok, verified.first_bad) == (False, number), (number, at)
            assert verified.reason and verified.count == len(raw)


@given(st.data())
def test_every_change_of_some_bytes_is_found(data: st.DataObject) -> None:
    """Replaced, inserted or deleted; white space and whole lines among it."""
    raw = raw_of(sample(notes=2)[0])
    number, content = data.draw(st.sampled_from(raw))
    begin = data.draw(st.integers(0, len(content)))
    end = data.draw(st.integers(begin, min(len(content), begin + 4)))
    put = data.draw(
        st.one_of(st.binary(max_size=4), st.sampled_from([b" ", b"\n", b"\t", b"\0", b"\xef\xbb\xbf", b',"a":1']))
    )
    altered = content[:begin] + put + content[end:]
    verified = verify_entries(changed(raw, number, altered), CASE_ID)
    assert verified.ok == (altered == content)


def test_every_truncation_of_any_entry_is_found() -> None:
    raw = raw_of(sample(notes=2)[0])
    for number, content in raw:
        for length in range(len(content)):
            verified = verify_entries(changed(raw, number, content[:length]), CASE_ID)
            assert (verified.ok, verified.first_bad) == (False, number)


def test_every_deletion_before_the_end_is_found() -> None:
    raw = raw_of(sample(notes=5)[0])
    for number, _content in raw[:-1]:
        verified = verify_entries([pair for pair in raw if pair[0] != number], CASE_ID)
        assert (verified.ok, verified.first_bad, verified.reason) == (False, number, "it is missing")


def test_every_swap_of_two_entries_is_found() -> None:
    raw = raw_of(sample(notes=5)[0])
    contents = dict(raw)
    for first, second in combinations(contents, 2):
        swapped = contents | {first: contents[second], second: contents[first]}
        verified = verify_entries(sorted(swapped.items()), CASE_ID)
        assert (verified.ok, verified.first_bad) == (False, first)
        assert verified.reason == f"it says that it is entry {second}"


def test_renumbering_over_a_deletion_is_found() -> None:
    raw = raw_of(sample()[0])
    closed_up = list(enumerate((content for number, content in raw if number != 2), 1))
    assert not verify_entries(closed_up, CASE_ID).ok
    forged_up = [(number, forged(content, number=number)) for number, content in closed_up]
    verified = verify_entries(forged_up, CASE_ID)
    assert (verified.ok, verified.first_bad) == (False, 2)


@pytest.mark.parametrize(
    ("fields", "bad", "reason"),
    [
        ({"body": {"text": "never said"}}, 3, "entry 2 is not the one that it was written after"),
        ({"author": "somebody else"}, 3, "entry 2 is not the one that it was written after"),
        ({"case_id": "case-2"}, 2, "it belongs to case case-2"),
        ({"number": 7}, 2, "it says that it is entry 7"),
        ({"previous": "0" * 64}, 2, "entry 1 is not the one that it was written after"),
        ({"previous": None}, 2, "entry 1 is not the one that it was written after"),
        ({"kind": "gossip"}, 2, "does not fit the schema"),
        ({"more": 1}, 2, "does not fit the schema"),
        ({"time": "yesterday"}, 2, "time does not fit the schema"),
    ],
)
def test_a_forged_entry_with_a_fitting_digest_is_found(fields: dict[str, Any], bad: int, reason: str) -> None:
    raw = raw_of(sample()[0])
    verified = verify_entries(changed(raw, 2, forged(raw[1][1], **fields)), CASE_ID)
    assert (verified.ok, verified.first_bad) == (False, bad)
    assert reason in verified.reason


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "it is empty"),
        (b'{"author', "it is not JSON"),
        (b"\xff\xfe", "it is not JSON"),
        (b"[" * 100_000, "it is not JSON"),
        (b"[]", "it is not a JSON object"),
        (b"{}", "it does not have the digest that it says"),
        (b'{"a":1e999}', "it is not canonical JSON"),
        (b'{"a":"\\ud800"}', "it is not canonical JSON"),
    ],
    ids=range(8),
)
def test_whatever_the_bytes_are_verifying_says_what_is_wrong(content: bytes, reason: str) -> None:
    raw = raw_of(sample()[0])
    verified = verify_entries(changed(raw, 2, content), CASE_ID)
    assert (verified.ok, verified.first_bad) == (False, 2)
    assert verified.reason.startswith(reason)


def test_reading_stops_at_the_first_entry_that_is_not_what_was_written() -> None:
    store, case = sample()
    store.logs[CASE_ID][3] += b"\n"
    read = []
    with pytest.raises(IntegrityError, match="read entry 3 of case case-1 in memory: it is not canonical JSON"):
        read.extend(entry.number for entry in case.entries())
    assert read == [1, 2]


# A writer that died while writing


@given(st.data())
def test_a_torn_last_entry_is_reported_kept_and_recovered_from(data: st.DataObject) -> None:
    store, case = sample()
    whole = case.append("note", {"text": "never finished"})
    content = store.logs[CASE_ID][whole.number]
    torn = content[: data.draw(st.integers(0, len(content) - 1))]
    store.logs[CASE_ID][whole.number] = torn

    assert (case.verify().ok, case.verify().first_bad) == (False, 5)
    assert [entry.number for entry in case.entries()] == [1, 2, 3, 4]

    after = open_case(store, CASE_ID, create=False).append("note", {"text": "goes on"})
    hashed = hashlib.sha256(torn).hexdigest()
    assert (after.number, after.previous, after.recovers) == (6, hashed, {"number": 5, "sha256": hashed})
    verified = case.verify()
    assert (verified.ok, verified.count, len(verified.warnings)) == (True, 6, 1)
    assert "entry 5 is torn" in verified.warnings[0]
    assert [entry.number for entry in case.entries()] == [1, 2, 3, 4, 6]
    assert store.logs[CASE_ID][5] == torn


def test_every_change_of_a_torn_entry_that_was_recovered_from_is_found() -> None:
    store, _case = sample()
    store.logs[CASE_ID][5] = b'{"author":"responder'
    open_case(store, CASE_ID, create=False).append("note", {"text": "goes on"})
    raw = raw_of(store)
    torn = store.logs[CASE_ID][5]
    for altered in (torn[:-1], torn + b"s", b"", b"X" + torn[1:]):
        verified = verify_entries(changed(raw, 5, altered), CASE_ID)
        assert (verified.ok, verified.first_bad) == (False, 5)


def test_a_first_entry_that_is_torn_is_recovered_from() -> None:
    store = MemoryStore({CASE_ID: {1: b"{"}})
    case = open_case(store, CASE_ID, create=True, title="the same")
    open_case(store, CASE_ID, create=True, title="the same").append("note", {"text": "goes on"})
    assert [(entry.number, entry.kind) for entry in case.entries()] == [(2, "opened"), (3, "note")]
    assert case.verify().ok


def test_a_damaged_entry_in_the_middle_is_never_taken_for_a_torn_one() -> None:
    store, case = sample()
    store.logs[CASE_ID][2] = store.logs[CASE_ID][2][:-1]
    open_case(store, CASE_ID, create=False).append("note", {"text": "goes on"})
    assert (case.verify().ok, case.verify().first_bad) == (False, 2)


# Ids


@pytest.mark.parametrize("case_id", ["a", "case-2026-0042", "A.b_c-d", "0", "x" * 128, "a..b"])
def test_an_id_that_is_a_file_name_everywhere_is_taken(case_id: str) -> None:
    check_case_id(case_id)


@pytest.mark.parametrize(
    "case_id",
    [
        "",
        ".",
        "..",
        "../x",
        "a/b",
        "/a",
        "a\\b",
        "a\n",
        "a\0",
        "-a",
        "_a",
        ".a",
        "x" * 129,
        "a b",
        "ä",
        "a:b",
        "٣",
        "a\u202eb",
        "%2e",
    ],
)
def test_an_id_that_could_lead_elsewhere_is_refused_before_anything_is_written(case_id: str) -> None:
    store = MemoryStore()
    with pytest.raises(InputError, match="use `case_id`"):
        open_case(store, case_id, create=True)
    assert store.logs == {}


def test_new_ids_sort_by_time(monkeypatch: pytest.MonkeyPatch) -> None:
    ids = []
    for milliseconds in (1_700_000_000_000, 1_700_000_000_001, 1_800_000_000_000):
        monkeypatch.setattr("time.time_ns", lambda now=milliseconds: now * 1_000_000)
        ids.append(new_case_id())
    assert ids == sorted(ids)
    for case_id in ids:
        check_case_id(case_id)
        assert case_id == case_id.lower()


def test_a_case_that_does_not_exist_is_not_made_by_asking_for_it() -> None:
    store = MemoryStore()
    with pytest.raises(InputError, match="there is no such case in memory"):
        open_case(store, CASE_ID, create=False)
    with pytest.raises(InputError, match="`case_id` is not given"):
        open_case(store, None, create=False)
    assert store.logs == {}


def test_cases_are_listed_sorted_and_without_what_is_none() -> None:
    store = MemoryStore({"b": {1: b""}, "a": {1: b""}, ".git": {}, "lost+found": {}})
    assert list_cases(store) == ["a", "b"]


class SeveralWriters(RuleBasedStateMachine):
    """Writers with what each last knew, one that dies half-way, closing and opening: the model is a list of what was said."""

    writers = Bundle("writers")

    @initialize()
    def begin(self) -> None:
        self.store = MemoryStore()
        open_case(self.store, CASE_ID, create=True)
        self.said: list[str | None] = [None]
        self.torn = self.closed = False

    @rule(target=writers)
    def arrive(self) -> Case:
        return open_case(self.store, CASE_ID, create=True)

    @rule(writer=writers, text=st.text(min_size=1, max_size=8).filter(lambda text: text.isprintable()))
    def append(self, writer: Case, text: str) -> None:
        if self.closed:
            with pytest.raises(ClosedCaseError):
                writer.append("note", {"text": text})
            return
        writer.append("note", {"text": text})
        self.said.append(text)
        self.torn = False

    @rule(writer=writers)
    def close(self, writer: Case) -> None:
        if self.closed:
            with pytest.raises(ClosedCaseError):
                writer.append("closed", {})
            return
        writer.append("closed", {})
        self.said.append(None)
        self.closed, self.torn = True, False

    @rule(writer=writers)
    def open_again(self, writer: Case) -> None:
        writer.append("opened", {})
        self.said.append(None)
        self.closed = self.torn = False

    @precondition(lambda self: not self.torn)
    @rule(part=st.floats(0, 0.99))
    def die_while_writing(self, part: float) -> None:
        """A process that has just come, and gets no further than a part of its entry."""
        content = self.store.logs[CASE_ID][max(self.store.logs[CASE_ID])]
        self.store.logs[CASE_ID][max(self.store.logs[CASE_ID]) + 1] = content[: int(len(content) * part)]
        self.torn = True

    @rule(writer=writers)
    def ask(self, writer: Case) -> None:
        assert writer.status == ("closed" if self.closed else "open")

    @invariant()
    def everything_said_is_there_and_verifies(self) -> None:
        verified = verify_entries(raw_of(self.store), CASE_ID)
        assert verified.ok == (not self.torn), verified.reason
        assert verified.first_bad == (len(self.store.logs[CASE_ID]) if self.torn else None)
        assert [entry.body.get("text") for entry in Case(self.store, CASE_ID).entries()] == self.said


TestSeveralWriters = SeveralWriters.TestCase
TestSeveralWriters.settings = settings(stateful_step_count=25)
