"""Everything that the session graph looks for is asked by an attribute that finds it, or told as what cannot be asked.
https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html"""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.cordon.aws.plugins.module_utils.trail.event import Event, event_of
from ansible_collections.cordon.aws.plugins.module_utils.trail.event_log import Word
from ansible_collections.cordon.aws.plugins.module_utils.trail.graph import senses
from ansible_collections.cordon.aws.plugins.module_utils.trail.history.names import Names
from ansible_collections.cordon.aws.plugins.module_utils.trail.history.questions import (
    account_of,
    accounts_in,
    asks,
    can_be_asked,
)

ACCOUNT, OTHER = "111122223333", "444455556666"
KEY, SESSION_KEY = "AKIAIOSFODNN7EXAMPLE", "ASIAIOSFODNN7EXAMPLE"
USER, ROLE = "AIDAJQABLZS4A3QDU576Q", "AROAIDPPEZS35WEXAMPLE"


def event(operation: str, **more: Any) -> Event:
    record = {
        "userIdentity": {},
        "eventTime": "2026-03-10T12:00:00Z",
        "eventSource": "sts.amazonaws.com",
        "eventName": operation,
        "awsRegion": "us-east-1",
        "eventID": "6fa8b2d4-0000-4000-8000-000000000001",
        "recipientAccountId": ACCOUNT,
    }
    return event_of({**record, **more})


def asked(word: Word, *events: Event) -> list[tuple[str, str, str]]:
    names = Names()
    for one in events:
        names.learn(one)
    return [(ask.attribute, ask.value, ask.account) for ask in asks(word, names, "aws")]


@pytest.mark.parametrize(
    ("word", "wanted"),
    [
        (Word(KEY, senses.KEY), ("AccessKeyId", KEY, "")),
        (Word(SESSION_KEY, senses.MINTED), ("ResourceName", SESSION_KEY, "")),
        (Word(f"{ROLE}:job", senses.PRINCIPAL), ("Username", "job", "")),
        (Word(f"{ROLE}:job", senses.session(1_700_000_000)), ("Username", "job", "")),
        (Word(f"{ACCOUNT}:bob", senses.PRINCIPAL), ("Username", "bob", ACCOUNT)),
        (Word(f"arn:aws:iam::{ACCOUNT}:user/a/b/alice", senses.ARN), ("Username", "alice", ACCOUNT)),
        (Word(f"arn:aws:sts::{ACCOUNT}:assumed-role/deploy/job", senses.ARN), ("Username", "job", ACCOUNT)),
        (Word(f"arn:aws:sts::{ACCOUNT}:federated-user/bob", senses.ARN), ("Username", "bob", ACCOUNT)),
        (Word(f"arn:aws:iam::{ACCOUNT}:root", senses.ARN), ("Username", "root", ACCOUNT)),
        (Word("/alice", senses.USER_NAME), ("Username", "alice", "")),
        (Word("user/al", senses.console(ACCOUNT)), ("Username", "al", ACCOUNT)),
        (Word("i-0123456789abcdef0", senses.THING), ("Username", "i-0123456789abcdef0", "")),
        (Word(f"arn:aws:iam::{ACCOUNT}:user/alice", senses.SWITCHED_FROM), ("EventName", "SwitchRole", "")),
        (Word("deploy", senses.trust(ACCOUNT)), ("ResourceName", "deploy", ACCOUNT)),
        (Word("alice", senses.password(ACCOUNT)), ("ResourceName", "alice", ACCOUNT)),
        (
            Word("/deploy", senses.taken(ACCOUNT, "anyone")),
            ("ResourceName", f"arn:aws:iam::{ACCOUNT}:role/deploy", ACCOUNT),
        ),
    ],
)
def test_by_which_attribute(word: Word, wanted: tuple[str, str, str]) -> None:
    assert asked(word) == [wanted]


def test_a_user_known_by_id_is_asked_for_when_an_event_tells_the_name() -> None:
    word = Word(USER, senses.PRINCIPAL)
    assert asked(word) == []
    made = event("CreateUser", responseElements={"user": {"userId": USER, "userName": "backdoor"}})
    used = event("ListUsers", userIdentity={"type": "IAMUser", "principalId": USER, "userName": "backdoor"})
    assert asked(word, made) == asked(word, used) == [("Username", "backdoor", "")]


def test_sessions_of_a_role_are_asked_for_by_the_names_that_it_was_taken_with() -> None:
    arn = f"arn:aws:iam::{ACCOUNT}:role/ci/deploy"
    taken = event(
        "AssumeRole",
        requestParameters={"roleArn": arn, "roleSessionName": "job-1"},
        responseElements={"assumedRoleUser": {"assumedRoleId": f"{ROLE}:job-1"}},
    )
    who_took_it = ("ResourceName", arn, ACCOUNT)
    assert asked(Word(ROLE, senses.ROLE)) == []
    assert asked(Word(ROLE, senses.ROLE), taken) == [who_took_it, ("Username", "job-1", "")]
    by_arn = asked(Word(f"arn:aws:sts::{ACCOUNT}:assumed-role/deploy/", senses.ROLE), taken)
    assert by_arn == [
        ("ResourceName", f"arn:aws:iam::{ACCOUNT}:role/deploy", ACCOUNT),
        who_took_it,
        ("Username", "job-1", ""),
    ]


def test_a_call_that_was_refused_took_no_role() -> None:
    refused = event(
        "AssumeRole",
        errorCode="AccessDenied",
        requestParameters={"roleArn": f"arn:aws:iam::{OTHER}:role/deploy"},
        responseElements={"assumedRoleUser": {"assumedRoleId": f"{ROLE}:job-1"}},
    )
    assert asked(Word(ROLE, senses.ROLE), refused) == []
    assert accounts_in(refused) == frozenset()


@pytest.mark.parametrize("name", ["x" * 65, "a b", 'quo"te', "", 7, None])
def test_names_that_are_none_are_not_asked_for(name: Any) -> None:
    made = event("CreateUser", responseElements={"user": {"userId": USER, "userName": name}})
    assert asked(Word(USER, senses.PRINCIPAL), made) == []


def test_accounts_that_a_call_reaches() -> None:
    role = event("AssumeRole", requestParameters={"roleArn": f"arn:aws:iam::{OTHER}:role/deploy"})
    key = event("Decrypt", resources=[{"accountId": OTHER}, {"accountId": "nonsense"}, "nonsense", {}])
    assert accounts_in(role) == accounts_in(key) == {OTHER}


def test_what_no_attribute_finds() -> None:
    assert not can_be_asked(Word("906711a2-1111-4444-8888-0123456789ab", senses.IDENTITY_CENTER))
    assert can_be_asked(Word(KEY, senses.KEY))
    assert account_of(Word("/deploy", senses.taken(OTHER, "anyone"))) == OTHER
    assert account_of(Word(f"arn:aws:iam::{OTHER}:user/alice", senses.ARN)) == OTHER
    assert account_of(Word(KEY, senses.KEY)) == ""
