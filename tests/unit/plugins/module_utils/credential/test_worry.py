"""The order in which to worry, and the sentences that say why."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cordon.aws.plugins.module_utils.credential.ability import Ability, Answer
from ansible_collections.cordon.aws.plugins.module_utils.credential.escalation import Method, Path
from ansible_collections.cordon.aws.plugins.module_utils.credential.trust import Trust
from ansible_collections.cordon.aws.plugins.module_utils.credential.worry import Facts, Key, ranked, worries

NOW = datetime(2026, 5, 4, 3, 2, 1, tzinfo=UTC)
KEY = "AKIAIOSFODNN7EXAMPLE"


def key(*, active: bool = True, ago: timedelta | None = timedelta(minutes=5), **more: Any) -> Key:
    return Key(key_id=KEY, active=active, last_used=None if ago is None else NOW - ago, **more)


def path(name: str = "AttachUserPolicy", answer: Answer = "yes") -> Path:
    return Path(
        method=Method(name=name, actions=("iam:attachuserpolicy",), page="https://pathfinding.cloud/paths/iam-008"),
        open=Ability(answer=answer, why=()),
    )


def facts(label: str, administrator: Answer = "no", **more: Any) -> Facts:
    given = {"kind": "user", "paths": (), "keys": (), "last_seen": None} | more
    why = ("attached policy AdministratorAccess allows it",)
    return Facts(label=label, administrator=Ability(answer=administrator, why=why), **given)


LADDER = (
    facts("administrator in use", "yes", keys=(key(),)),
    facts("administrator with an old key", "yes", keys=(key(ago=timedelta(days=200)),)),
    facts("administrator with a key that was never used", "yes", keys=(key(ago=None),)),
    facts("escalator in use", keys=(key(),), paths=(path(),)),
    facts(
        "administrator with conditions in use",
        "with conditions",
        keys=(key(),),
        paths=(path(answer="with conditions"),),
    ),
    facts("nobody knows", "unknown", keys=(key(),)),
    facts("escalator with conditions", keys=(key(),), paths=(path(answer="with conditions"),)),
    facts("administrator without a key", "yes"),
    facts("harmless in use", keys=(key(),)),
    facts("harmless with an inactive key", keys=(key(active=False),)),
)
"""The most worrying first."""


@given(st.permutations(LADDER))
def test_who_can_act_and_reach_far_comes_first(given_in: list[Facts]) -> None:
    assert [given_in[place].label for place in ranked(given_in, NOW)] == [one.label for one in LADDER]


def test_of_equals_the_one_whom_roles_elsewhere_trust_comes_first() -> None:
    role = "arn:aws:iam::444455556666:role/deploy"
    trust = Trust(role=role, account="444455556666", through="itself", possible=Ability(answer="yes", why=()))
    alone, trusted = facts("a", keys=(key(),)), facts("b", keys=(key(),), trusts=(trust,))
    assert ranked([alone, trusted], NOW) == (1, 0)
    assert worries(trusted, NOW)[-1] == f"It may assume roles in other accounts: {role}."


def test_a_contained_administrator_ranks_as_before_containment() -> None:
    contained = facts("contained", "yes", keys=(key(active=False),), contained_by=("inline policy CordonDenyAll",))
    escalator = facts("escalator", keys=(key(),), paths=(path(),))
    assert ranked([escalator, contained], NOW) == (1, 0)
    assert f"Access key {KEY} is inactive now and was last used 2026-05-04T02:57:01Z, 5 minutes ago." in worries(
        contained, NOW
    )


def test_a_role_in_use_comes_before_one_that_sleeps() -> None:
    asleep = facts("a", "yes", kind="role", last_seen=NOW - timedelta(days=100))
    in_use = facts("b", "yes", kind="role", last_seen=NOW - timedelta(hours=2))
    assert ranked([asleep, in_use], NOW) == (1, 0)
    assert worries(in_use, NOW)[-1] == "It was last seen 2026-05-04T01:02:01Z, 2 hours ago."


def test_the_sentences_say_it_worst_first() -> None:
    paths = (path("A"), path("B"), path("C"), path("D"), path("E", "with conditions"))
    one = facts("alice", paths=paths, keys=(key(service="s3", region="us-east-1"),))
    assert worries(one, NOW) == (
        "It can give itself more: A, B, C and 1 more way.",
        "It may be able to give itself more, with conditions: E.",
        f"Access key {KEY} is active and was last used 2026-05-04T02:57:01Z, 5 minutes ago (s3, us-east-1).",
    )
    assert worries(facts("bob", "yes"), NOW) == (
        "It is an administrator: attached policy AdministratorAccess allows it.",
    )


def test_what_could_not_be_read_of_a_key_is_not_taken_for_unused() -> None:
    one = facts("alice", keys=(key(ago=None, unreadable="AccessDenied"),))
    assert worries(one, NOW) == (f"Access key {KEY} is active and when it was used could not be read.",)


def test_an_inactive_key_that_was_never_used_worries_nobody() -> None:
    assert worries(facts("alice", keys=(key(active=False, ago=None),)), NOW) == ()
