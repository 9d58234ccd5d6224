"""A service control policy of Cordon's stands on the whole account and is about those it names: nobody else is told to be contained."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ansible_collections.cordon.aws.plugins.module_utils.credential.entry import is_quarantine_of
from ansible_collections.cordon.aws.plugins.module_utils.credential.policies import Policy
from ansible_collections.cordon.aws.plugins.module_utils.iam.principals import IamPrincipal, principal_of_arn
from ansible_collections.cordon.aws.plugins.module_utils.organizations.scp_document import (
    DENIED,
    EVERYBODY,
    FROZEN,
    Quarantine,
    text_of,
)

DANA, INES = "AIDACKCEVSQ6C2EXAMPLE", "AIDAI44QH8DHBEXAMPLE0"
ROLE = "AROADBQP57FF2AEXAMPLE"


def user(unique_id: str) -> IamPrincipal:
    return replace(principal_of_arn("arn:aws:iam::123456789012:user/somebody"), unique_id=unique_id)


def session(name: str) -> IamPrincipal:
    found = principal_of_arn(f"arn:aws:sts::123456789012:assumed-role/deploy/{name}")
    return replace(found, unique_id=f"{ROLE}:{name}")


def policy(says: Quarantine, name: str = "CordonQuarantine-123456789012-1") -> Policy:
    return Policy(kind="scp", name=name, via="123456789012", text=text_of(says))


@pytest.mark.parametrize("state", [DENIED, FROZEN])
def test_who_is_named_is_contained_and_who_is_not_is_not(state: str) -> None:
    said = policy(Quarantine().with_state(DANA, state, ["arn:aws:iam::*:role/responder"]))
    assert is_quarantine_of(said, user(DANA))
    assert not is_quarantine_of(said, user(INES))


def test_a_role_stands_for_its_sessions_and_a_session_for_itself() -> None:
    whole = policy(Quarantine().with_state(f"{ROLE}:*", DENIED, ()))
    one = policy(Quarantine().with_state(f"{ROLE}:bob", DENIED, ()))
    assert is_quarantine_of(whole, session("alice"))
    assert (is_quarantine_of(one, session("bob")), is_quarantine_of(one, session("alice"))) == (True, False)


def test_the_quarantine_of_an_account_is_about_all_in_it() -> None:
    assert is_quarantine_of(policy(Quarantine().with_state(EVERYBODY, DENIED, ["arn:aws:iam::*:role/r"])), user(INES))


def test_an_operators_policy_of_the_same_words_is_the_operators() -> None:
    assert not is_quarantine_of(policy(Quarantine().with_state(DANA, DENIED, ()), name="guardrail"), user(DANA))
