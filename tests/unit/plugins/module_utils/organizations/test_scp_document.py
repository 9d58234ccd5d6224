"""What Cordon's service control policies say, and what fits into them."""

from __future__ import annotations

import json
import re

import botocore.session
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cordon.aws.plugins.module_utils.organizations.scp_document import (
    DENIED,
    EVERYBODY,
    FREEZE_ACTIONS,
    FROZEN,
    SIZE_QUOTA,
    HeldPolicy,
    Holding,
    Quarantine,
    Wanted,
    merge,
    policy_name,
    read_text,
    size,
    text_of,
)

ACCOUNT = "111122223333"
RESPONDERS = ("arn:aws:iam::*:role/OrganizationAccountAccessRole",)
DANA = "AIDACKCEVSQ6C2EXAMPLE"
ROLE = "AROADBQP57FF2AEXAMPLE:*"

user_ids = st.one_of(
    st.from_regex(r"AIDA[A-Z0-9]{17}", fullmatch=True),
    st.from_regex(r"AROA[A-Z0-9]{17}:\*", fullmatch=True),
    st.from_regex(r"AROA[A-Z0-9]{17}:[a-zA-Z0-9@.+=,_-]{2,64}", fullmatch=True),
    st.just(EVERYBODY),
)


def wanted(user_id: str, state: str | None) -> Wanted:
    return Wanted(user_id=user_id, state=state, responders=RESPONDERS)


@st.composite
def quarantines(draw: st.DrawFn) -> Quarantine:
    found = Quarantine()
    for user_id in draw(st.lists(user_ids, max_size=6)):
        states = [DENIED] if user_id == EVERYBODY else [DENIED, FROZEN]
        found = found.with_state(user_id, draw(st.sampled_from(states)), RESPONDERS)
    return found


def held(*says: Quarantine) -> Holding:
    ours = tuple(
        HeldPolicy(policy_id=f"p-{number}", name=policy_name(ACCOUNT, number), says=one)
        for number, one in enumerate(says, 1)
    )
    return Holding(ours=ours, attached=1 + len(ours), names=frozenset(policy.name for policy in ours))


@given(quarantines().filter(lambda quarantine: not quarantine.is_empty))
def test_what_is_written_is_read_back(quarantine: Quarantine) -> None:
    assert read_text(text_of(quarantine)) == quarantine


def test_a_principal_is_denied_everything_by_its_unique_id() -> None:
    assert json.loads(text_of(Quarantine().with_state(DANA, DENIED, RESPONDERS))) == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "CordonQuarantine",
                "Effect": "Deny",
                "Action": "*",
                "Resource": "*",
                "Condition": {"StringLike": {"aws:userid": [DANA]}},
            }
        ],
    }


def test_a_freeze_leaves_responders_alone_and_names_for_whom_it_is() -> None:
    frozen = json.loads(text_of(Quarantine().with_state(DANA, FROZEN, RESPONDERS)))["Statement"][1]
    assert frozen["Effect"] == "Deny"
    assert frozen["Condition"] == {
        "ArnNotLike": {"aws:PrincipalArn": list(RESPONDERS)},
        "StringNotLike": {"aws:userid": [DANA]},
    }


def test_the_quarantine_of_an_account_denies_everybody_but_responders() -> None:
    (statement,) = json.loads(text_of(Quarantine().with_state(EVERYBODY, DENIED, RESPONDERS)))["Statement"]
    assert (statement["Effect"], statement["Action"], statement["Condition"]) == (
        "Deny",
        "*",
        {"ArnNotLike": {"aws:PrincipalArn": list(RESPONDERS)}},
    )


def test_a_freeze_stops_every_change_of_iam_and_no_read() -> None:
    operations = botocore.session.get_session().get_service_model("iam").operation_names
    reads = ("Get", "List", "Simulate", "Generate")
    frozen = [name for name in operations if any(_fits(pattern, f"iam:{name}") for pattern in FREEZE_ACTIONS)]
    assert sorted(frozen) == sorted(name for name in operations if not name.startswith(reads))
    assert any(_fits(pattern, "iam:PassRole") for pattern in FREEZE_ACTIONS)


@pytest.mark.parametrize(
    "action", ["AssumeRole", "AssumeRoot", "GetFederationToken", "SetSourceIdentity", "TagSession"]
)
def test_a_freeze_stops_what_gives_out_sessions(action: str) -> None:
    assert any(_fits(pattern, f"sts:{action}") for pattern in FREEZE_ACTIONS)


@pytest.mark.parametrize("action", ["GetCallerIdentity", "GetAccessKeyInfo", "DecodeAuthorizationMessage"])
def test_a_freeze_leaves_the_reads_of_sts(action: str) -> None:
    assert not any(_fits(pattern, f"sts:{action}") for pattern in FREEZE_ACTIONS)


def _fits(pattern: str, action: str) -> bool:
    return re.fullmatch(pattern.replace("*", ".*"), action) is not None


_DENY = text_of(Quarantine().with_state(DANA, DENIED, RESPONDERS))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"Version":"2012-10-17","Statement":[{"Sid":"CordonQuarantine"}]}',
        _DENY.replace("Deny", "Allow"),
        _DENY.replace('"Action":"*"', '"Action":"s3:*"'),
        _DENY.replace("StringLike", "StringEquals"),
        '{"Version":"2012-10-17","Statement":[]}',
    ],
)
def test_what_somebody_has_changed_is_not_taken_for_ours(text: str) -> None:
    assert read_text(text) is None


def test_a_freeze_ends_with_the_last_for_whom_it_was() -> None:
    both = Quarantine().with_state(DANA, FROZEN, RESPONDERS).with_state(ROLE, FROZEN, RESPONDERS)
    one = both.with_state(DANA, None, RESPONDERS)
    assert one.state_of(ROLE) == FROZEN
    assert one.state_of(DANA) is None
    assert one.with_state(ROLE, None, ()) == Quarantine()


@given(quarantines(), user_ids)
def test_setting_and_taking_back_changes_nothing_else(before: Quarantine, user_id: str) -> None:
    was = before.state_of(user_id)
    after = before.with_state(user_id, DENIED, RESPONDERS).with_state(user_id, was, RESPONDERS)
    assert (after.denied, after.frozen_for) == (before.denied, before.frozen_for)


def test_a_policy_of_ours_with_room_is_used() -> None:
    holding = held(Quarantine().with_state(ROLE, DENIED, RESPONDERS))
    merged = merge(holding, ACCOUNT, [wanted(DANA, DENIED)])
    (policy,) = merged.policies
    assert policy.policy_id == "p-1"
    assert policy.says.denied == {ROLE, DANA}


def test_many_principals_fill_as_many_policies_as_they_need_and_no_more() -> None:
    """40 characters an id with its quotes and comma: 5,120 characters hold some 120 of them; four slots are free beside FullAWSAccess."""
    ids = [f"AROA{number:017}:session-name-x" for number in range(300)]
    merged = merge(held(), ACCOUNT, [wanted(one, DENIED) for one in ids])
    assert not merged.unfit
    assert {user_id for policy in merged.policies for user_id in policy.says.denied} == set(ids)
    assert all(size(policy.says) <= SIZE_QUOTA for policy in merged.policies)
    assert [policy.name for policy in merged.policies] == [policy_name(ACCOUNT, number) for number in (1, 2, 3)]


def test_what_does_not_fit_is_told_and_the_rest_is_set() -> None:
    ids = [f"AROA{number:017}:session-name-x" for number in range(600)]
    merged = merge(held(), ACCOUNT, [wanted(one, DENIED) for one in ids])
    put = {user_id for policy in merged.policies for user_id in policy.says.denied}
    assert len(merged.policies) == 4
    assert merged.unfit
    assert put | {entry.user_id for entry in merged.unfit} == set(ids)


def test_who_does_not_fit_any_more_stays_as_far_in_quarantine_as_it_is() -> None:
    """All is full, and each is to be frozen, too, which takes more room."""
    ids = [f"AROA{number:017}:session-name-x" for number in range(400)]
    full = merge(held(), ACCOUNT, [wanted(one, DENIED) for one in ids])
    holding = Holding(ours=full.policies, attached=5, names=frozenset(policy.name for policy in full.policies))
    merged = merge(holding, ACCOUNT, [wanted(one, FROZEN) for one in ids if one in holding.states()])
    assert merged.unfit
    assert {one for policy in merged.policies for one in policy.says.denied} == set(holding.states())


@pytest.mark.parametrize("state", [None, DENIED])
def test_what_is_taken_out_lets_nobody_in(state: str | None) -> None:
    both = Quarantine().with_state(DANA, FROZEN, RESPONDERS).with_state(ROLE, FROZEN, RESPONDERS)
    assert both.with_state(ROLE, state, ["arn:aws:iam::*:*"]).responders == RESPONDERS


def test_without_a_free_slot_the_error_names_the_numbers() -> None:
    full = Holding(ours=(), attached=5, names=frozenset())
    entry = wanted(DANA, DENIED)
    assert merge(full, ACCOUNT, [entry]).unfit == (entry,)
    assert not full.room.fits(entry)
    assert "5 of 5 policies" in str(full.room.lacking(entry, ACCOUNT))


def test_a_name_that_somebody_else_has_taken_is_passed_over() -> None:
    holding = Holding(ours=(), attached=2, names=frozenset({policy_name(ACCOUNT, 1)}))
    (policy,) = merge(holding, ACCOUNT, [wanted(DANA, DENIED)]).policies
    assert policy.name == policy_name(ACCOUNT, 2)


def test_an_entry_moves_where_its_policy_has_no_room_for_more() -> None:
    """A freeze takes over 400 characters, which a full policy does not have."""
    full = Quarantine()
    for number in range(1000):
        more = full.with_state(f"AIDA{number:017}", DENIED, ())
        if size(more) > SIZE_QUOTA:
            break
        full = more
    merged = merge(held(full), ACCOUNT, [wanted("AIDA" + "0" * 17, FROZEN)])
    assert not merged.unfit
    assert [policy.says.state_of("AIDA" + "0" * 17) for policy in merged.policies] == [None, FROZEN]
