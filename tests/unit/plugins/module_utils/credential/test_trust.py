"""Roles elsewhere that trust somebody.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic-cross-account.html"""

from __future__ import annotations

import json
from typing import Any

import pytest

from ansible_collections.cordon.aws.plugins.module_utils.credential.ability import Layer
from ansible_collections.cordon.aws.plugins.module_utils.credential.policies import Policy
from ansible_collections.cordon.aws.plugins.module_utils.credential.trust import trust_of, trusts_of
from ansible_collections.cordon.aws.plugins.module_utils.iam.principals import IamPrincipal

HOME, THERE = "111122223333", "444455556666"
DEPLOY = f"arn:aws:iam::{THERE}:role/deploy"
ALICE = IamPrincipal(
    kind="user", arn=f"arn:aws:iam::{HOME}:user/alice", account=HOME, name="alice", unique_id="AIDACKCEVSQ6C2EXAMPLE"
)
BUILD = IamPrincipal(
    kind="role", arn=f"arn:aws:iam::{HOME}:role/ci/build", account=HOME, name="build", unique_id="AROADBQP57FF2AEXAMPLE"
)
BOB = IamPrincipal(
    kind="session",
    arn=f"arn:aws:sts::{HOME}:assumed-role/build/bob",
    account=HOME,
    name="build",
    unique_id="AROADBQP57FF2AEXAMPLE:bob",
    role_arn=BUILD.arn,
)


def trusting(principal: Any, *, effect: str = "Allow", action: Any = "sts:AssumeRole", **more: Any) -> dict[str, Any]:
    return {"Effect": effect, "Principal": principal, "Action": action, **more}


def policy(*said: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(said)})


def may(action: str = "sts:AssumeRole", resource: str = "*") -> list[Layer]:
    text = policy({"Effect": "Allow", "Action": action, "Resource": resource})
    return [Layer(name="policies", policies=(Policy(kind="inline", name="work", text=text),))]


@pytest.mark.parametrize(
    ("who", "principal", "through"),
    [
        (ALICE, {"AWS": ALICE.arn}, "itself"),
        (ALICE, {"AWS": [BUILD.arn, ALICE.arn]}, "itself"),
        (ALICE, {"AWS": "AIDACKCEVSQ6C2EXAMPLE"}, "itself"),
        (ALICE, {"AWS": HOME}, "its account"),
        (ALICE, {"AWS": f"arn:aws:iam::{HOME}:root"}, "its account"),
        (ALICE, {"AWS": "*"}, "everybody"),
        (ALICE, "*", "everybody"),
        (ALICE, {"AWS": BUILD.arn}, None),
        (ALICE, {"AWS": THERE}, None),
        (ALICE, {"Service": "ec2.amazonaws.com"}, None),
        (BUILD, {"AWS": BUILD.arn}, "itself"),
        (BUILD, {"AWS": BOB.arn}, "itself"),
        (BOB, {"AWS": BOB.arn}, "itself"),
        (BOB, {"AWS": BUILD.arn}, "itself"),
        (BOB, {"AWS": f"arn:aws:sts::{HOME}:assumed-role/build/carol"}, None),
        (BOB, {"AWS": "AROADBQP57FF2AEXAMPLE"}, "itself"),
    ],
)
def test_whom_a_trust_policy_means(who: IamPrincipal, principal: Any, through: str | None) -> None:
    found = trust_of(who, may(), DEPLOY, policy(trusting(principal)))
    assert (found.through if found else None) == through
    assert found is None or found.possible.answer == "yes"


def test_both_sides_must_allow_it() -> None:
    named = policy(trusting({"AWS": ALICE.arn}))

    def possible(layers: list[Layer]) -> str:
        found = trust_of(ALICE, layers, DEPLOY, named)
        return found.possible.answer if found else ""

    assert possible(may("s3:*")) == "no"
    assert possible(may(resource=DEPLOY)) == "yes"
    assert possible(may(resource=f"arn:aws:iam::{THERE}:role/other")) == "no"


def test_a_condition_of_the_trust_policy_is_named() -> None:
    external = {"StringEquals": {"sts:ExternalId": "12345"}}
    found = trust_of(ALICE, may(), DEPLOY, policy(trusting({"AWS": HOME}, Condition=external)))
    assert found
    assert found.possible.answer == "with conditions"
    assert found.possible.why == ("its trust policy asks for sts:ExternalId (StringEquals)",)


def test_the_widest_of_several_statements_counts() -> None:
    mfa = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
    found = trust_of(ALICE, may(), DEPLOY, policy(trusting({"AWS": ALICE.arn}, Condition=mfa), trusting({"AWS": HOME})))
    assert found
    assert (found.through, found.possible.answer) == ("its account", "yes")


def test_who_is_denied_is_not_trusted() -> None:
    allowed, denied = trusting("*"), trusting({"AWS": ALICE.arn}, effect="Deny")
    assert trust_of(ALICE, may(), DEPLOY, policy(allowed, denied)) is None
    assert trust_of(BUILD, may(), DEPLOY, policy(allowed, denied)) is not None


def test_what_cordon_added_against_assuming_is_left_out() -> None:
    denied = trusting("*", effect="Deny", Sid="CordonDenyAssume")
    both = policy(trusting({"AWS": ALICE.arn}), denied)
    assert trust_of(ALICE, may(), DEPLOY, both) is not None
    assert trust_of(ALICE, may(), DEPLOY, both, before_containment=False) is None


@pytest.mark.parametrize("action", ["sts:TagSession", "sts:AssumeRoleWithSAML", ["sts:SetSourceIdentity"]])
def test_trust_for_something_else_than_assuming_is_none(action: Any) -> None:
    assert trust_of(ALICE, may(), DEPLOY, policy(trusting({"AWS": ALICE.arn}, action=action))) is None


@pytest.mark.parametrize("action", ["sts:*", "STS:assumerole", "sts:Assume*", ["sts:TagSession", "sts:AssumeRole"]])
def test_assuming_may_be_spelled_otherwise(action: Any) -> None:
    assert trust_of(ALICE, may(), DEPLOY, policy(trusting({"AWS": ALICE.arn}, action=action))) is not None


def test_only_roles_of_other_accounts_are_told_in_order() -> None:
    roles = [
        {"Arn": arn, "AssumeRolePolicyDocument": policy(trusting({"AWS": HOME}))}
        for arn in (f"arn:aws:iam::{THERE}:role/b", f"arn:aws:iam::{HOME}:role/own", f"arn:aws:iam::{THERE}:role/a")
    ]
    found = [trust.role for trust in trusts_of(ALICE, may(), roles)]
    assert found == [f"arn:aws:iam::{THERE}:role/a", f"arn:aws:iam::{THERE}:role/b"]
