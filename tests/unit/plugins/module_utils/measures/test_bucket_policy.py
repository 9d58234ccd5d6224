"""A bucket is denied to all but responders by one statement, whatever its policy says, and the rest of it stays as it is."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cordon.aws.plugins.module_utils.errors import InputError, QuotaError, RefusedError
from ansible_collections.cordon.aws.plugins.module_utils.measures import public_access_block
from ansible_collections.cordon.aws.plugins.module_utils.measures.bucket_policy import BucketPolicy, left_in
from ansible_collections.cordon.aws.plugins.module_utils.plan import planned_state
from ansible_collections.cordon.aws.plugins.module_utils.s3.buckets import bucket_of_arn

ACCOUNT = "111122223333"
TARGET = bucket_of_arn("arn:aws:s3:::amzn-s3-demo-bucket", ACCOUNT, "us-east-1")
RESPONDER = f"arn:aws:iam::{ACCOUNT}:role/incident-response"
MEASURE = BucketPolicy(responders=(RESPONDER,))
FOREIGN = '{"Effect":"Allow","Principal":{"AWS":"123456789012"},"Action":"s3:GetObject","Resource":"arn:aws:s3:::amzn-s3-demo-bucket/*"}'

policies = st.none() | st.builds(
    '{{{0}"Version": "2012-10-17",{0} "Statement":{1}}}'.format,
    st.sampled_from(["", " ", "\n  "]),
    st.sampled_from([FOREIGN, f"[{FOREIGN}]", f"[ {FOREIGN} ,\n{FOREIGN}]", "[]"]),
)


def state(policy: str | None) -> dict[str, Any]:
    return {"bucket_policy": policy, "versioning": "Enabled", "object_lock": None}


def denies_all_but(policy: str) -> list[str]:
    """Whom the first statement leaves in, having denied everything in the bucket to all others, anonymous ones too."""
    first = json.loads(policy)["Statement"][0]
    assert first["Effect"] == "Deny"
    assert (first["Principal"], first["Action"]) == ("*", "s3:*")
    assert first["Resource"] == ["arn:aws:s3:::amzn-s3-demo-bucket", "arn:aws:s3:::amzn-s3-demo-bucket/*"]
    assert first["Condition"]["BoolIfExists"] == {"aws:PrincipalIsAWSService": "false"}
    found = first["Condition"]["ArnNotLike"]["aws:PrincipalArn"]
    assert isinstance(found, list)
    return found


@given(policies)
def test_a_statement_is_put_in_and_nothing_else_changes(policy: str | None) -> None:
    (step,) = MEASURE.plan(state(policy), TARGET)
    assert denies_all_but(step.after) == [RESPONDER]
    if policy is not None:
        had = json.loads(policy)["Statement"]
        assert json.loads(step.after)["Statement"][1:] == (had if isinstance(had, list) else [had])
    assert list(MEASURE.plan(planned_state(state(policy), [step]), TARGET)) == []
    assert [fact.holds for fact in MEASURE.verify(planned_state(state(policy), [step]), TARGET)] == [True]
    assert [fact.holds for fact in MEASURE.verify(state(policy), TARGET)] == [False]


@given(policies)
def test_the_way_back_is_what_was_there_and_release_knows_it(policy: str | None) -> None:
    (step,) = MEASURE.plan(state(policy), TARGET)
    (back,) = step.undo
    if policy is None:
        assert back.operation == "DeleteBucketPolicy"
    else:
        assert (back.operation, back.parameters["Policy"]) == ("PutBucketPolicy", policy)
    assert back.parameters["ExpectedBucketOwner"] == ACCOUNT
    assert BucketPolicy().can_have_planned(step, TARGET)


@pytest.mark.parametrize(
    "changes",
    [
        {"before": None},
        {"before": f'{{"Version":"2012-10-17","Statement":[{FOREIGN},{FOREIGN}]}}'},
        {"undo": (TARGET.call("PutBucketPolicy", Policy="{}"),)},
        {"undo": (TARGET.call("PutBucketPolicy", Policy=FOREIGN),)},
        {"undo": (bucket_of_arn("arn:aws:s3:::another", ACCOUNT, "us-east-1").call("DeleteBucketPolicy"),)},
        {"undo": (TARGET.call("DeleteBucket"),)},
        {"after": f'{{"Version":"2012-10-17","Statement":[{FOREIGN}]}}'},
    ],
)
def test_what_somebody_wrote_into_the_log_is_not_taken_for_ours(changes: dict[str, Any]) -> None:
    (step,) = MEASURE.plan(state(f'{{"Version":"2012-10-17","Statement":[{FOREIGN}]}}'), TARGET)
    assert BucketPolicy().can_have_planned(step, TARGET)
    assert not BucketPolicy().can_have_planned(dataclasses.replace(step, **changes), TARGET)


@pytest.mark.parametrize("pattern", [f"arn:aws:iam::{ACCOUNT}:user/somebody", "arn:aws:iam::*:*"])
def test_a_denial_that_leaves_others_in_denies_nothing_to_them(pattern: str) -> None:
    """Whoever may write the policy can put a statement like ours there beforehand, with themselves left in."""
    (theirs,) = BucketPolicy(responders=(pattern,)).plan(state(None), TARGET)
    there = planned_state(state(None), [theirs])
    (fact,) = MEASURE.verify(there, TARGET)
    assert not fact.holds and pattern in fact.fact
    (step,) = MEASURE.plan(there, TARGET)
    assert MEASURE.can_have_planned(step, TARGET)
    assert any(pattern in note and "`responders`" in note for note in MEASURE.notes(there, TARGET))
    after = planned_state(there, [step])
    assert [fact.holds for fact in MEASURE.verify(after, TARGET)] == [True]
    assert list(MEASURE.plan(after, TARGET)) == []


def test_a_denial_that_leaves_in_fewer_is_enough() -> None:
    (step,) = MEASURE.plan(state(None), TARGET)
    there = planned_state(state(None), [step])
    wider = BucketPolicy(responders=(*MEASURE.responders, f"arn:aws:iam::{ACCOUNT}:user/somebody"))
    assert list(wider.plan(there, TARGET)) == []


def test_a_policy_that_is_full_is_refused_with_numbers() -> None:
    """https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-policies.html: 20 KB."""
    full = json.dumps({"Version": "2012-10-17", "Statement": [], "Id": "x" * 20_200})
    with pytest.raises(QuotaError, match=rf"{len(full)} of 20480 bytes"):
        list(MEASURE.plan(state(full), TARGET))


def test_a_policy_that_nobody_can_read_is_refused() -> None:
    with pytest.raises(RefusedError, match="cannot be read"):
        list(MEASURE.plan(state("not a policy"), TARGET))


def test_who_is_left_in_is_of_a_known_account() -> None:
    """In an account of their own, anybody can make a role of a responder's name."""
    assert left_in(["arn:aws:iam::*:role/ir", f"arn:aws:iam::{ACCOUNT}:role/ir"], ACCOUNT) == (
        f"arn:aws:iam::{ACCOUNT}:role/ir",
    )
    with pytest.raises(InputError, match="1111"):
        left_in(["arn:aws:iam::1111*:role/ir"], ACCOUNT)


SETTINGS = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")


@given(st.none() | st.fixed_dictionaries(dict.fromkeys(SETTINGS, st.booleans())))
def test_public_access_is_blocked_wholly_and_given_back_exactly(before: dict[str, bool] | None) -> None:
    seen = {"public_access_block": before}
    steps = list(public_access_block.plan(seen, TARGET))
    all_on = dict.fromkeys(SETTINGS, True)
    assert [step.after for step in steps] == ([] if before == all_on else [all_on])
    for step in steps:
        assert public_access_block.can_have_planned(step, TARGET)
        (back,) = step.undo
        assert back.parameters.get("PublicAccessBlockConfiguration") == before
        assert back.operation == ("DeletePublicAccessBlock" if before is None else "PutPublicAccessBlock")
        opened = dataclasses.replace(step, before=dict.fromkeys(SETTINGS, False))
        assert public_access_block.can_have_planned(opened, TARGET) == (before == opened.before)
    assert all(fact.holds for fact in public_access_block.verify(planned_state(seen, steps), TARGET))
