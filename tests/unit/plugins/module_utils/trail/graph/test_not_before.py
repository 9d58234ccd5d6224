"""What the session graph promises of its words: nothing older has them, so that older files need not be read again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from trail_files import minted, record

from ansible_collections.cordon.aws.plugins.module_utils.trail.event import event_of
from ansible_collections.cordon.aws.plugins.module_utils.trail.event_log import Dated, Word
from ansible_collections.cordon.aws.plugins.module_utils.trail.graph import senses
from ansible_collections.cordon.aws.plugins.module_utils.trail.graph.rule import SessionRule

KEY = "ASIATHEATTACKERS0001"
UNIQUE = "AROATHEATTACKERS00001:i-0123"
RULE = SessionRule()
TAKEN = event_of(
    record(
        600,
        "AKIATHEATTACKERS0001",
        eventSource="sts.amazonaws.com",
        eventName="AssumeRole",
        responseElements=minted(KEY) | {"assumedRoleUser": {"assumedRoleId": UNIQUE}},
    )
)


def test_the_log_of_files_asks_it() -> None:
    assert isinstance(RULE, Dated)


def test_a_key_is_not_used_before_it_was_given_out() -> None:
    given = Word(KEY, senses.KEY)
    assert given in RULE.leads_to(TAKEN, frozenset({Word("AKIATHEATTACKERS0001", senses.KEY)}))
    assert RULE.not_before(given, TAKEN) == TAKEN.time


def test_a_session_does_nothing_before_it_began() -> None:
    began = int(TAKEN.time.timestamp())
    assert RULE.not_before(Word(UNIQUE, senses.session(began - 1)), TAKEN) == TAKEN.time - timedelta(seconds=1)


def test_a_service_does_nothing_for_a_call_before_it() -> None:
    assert RULE.not_before(Word("AIDATHEATTACKERS00001", senses.behalf("s3.amazonaws.com")), TAKEN) == TAKEN.time


def test_the_call_that_gave_out_a_key_is_as_old_as_the_session() -> None:
    attributes = {"creationDate": "2026-10-31T23:00:00Z"}
    identity = {"accessKeyId": KEY, "accountId": "111122223333", "sessionContext": {"attributes": attributes}}
    used = event_of(record(600, userIdentity=identity))
    assert RULE.not_before(Word(KEY, senses.MINTED), used) == datetime(2026, 10, 31, 23, tzinfo=UTC)


def test_where_the_record_does_not_tell_nothing_is_promised() -> None:
    assert RULE.not_before(Word(KEY, senses.MINTED), TAKEN) is None


def test_of_what_may_have_been_done_before_nothing_is_promised() -> None:
    for word in (
        Word("/alice", senses.USER_NAME),
        Word("arn:aws:iam::111122223333:user/alice", senses.ARN),
        Word("i-0123", senses.THING),
        Word("arn:aws:iam::111122223333:role/r", senses.taken("111122223333", "anyone")),
    ):
        assert RULE.not_before(word, TAKEN) is None
