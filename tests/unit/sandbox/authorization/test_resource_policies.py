"""What resource policies grant to whom, as the IAM User Guide's table on implicit denies and its pages on principals have it.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html"""

from __future__ import annotations

import json
from typing import Any

import pytest
from sandbox_calls import ACCOUNT, OTHER, session, user

from sandbox.authorization.decision import Ask, Policies, refusal
from sandbox.model import Caller

ALICE = user()
ACCOUNT_ARN = f"arn:aws:iam::{ACCOUNT}:root"
ROLE_ARN = f"arn:aws:iam::{ACCOUNT}:role/examplerole"
ROLE = Caller(
    kind="assumed_role",
    account=ACCOUNT,
    arn=f"arn:aws:sts::{ACCOUNT}:assumed-role/examplerole/work",
    user_id="AROADBQP57FF2AEXAMPLE:work",
    access_key_id="ASIAIOSFODNN7EXAMPLE",
    name="examplerole",
    session=session(ROLE_ARN),
)
FEDERATED = Caller(
    kind="federated_user",
    account=ACCOUNT,
    arn=f"arn:aws:sts::{ACCOUNT}:federated-user/bob",
    user_id=f"{ACCOUNT}:bob",
    access_key_id="ASIAIOSFODNN7EXAMPLE",
    name="bob",
    session=session(ALICE.arn),
)
ROOT = Caller(
    kind="root", account=ACCOUNT, arn=ACCOUNT_ARN, user_id=ACCOUNT, access_key_id="AKIAIOSFODNN7EXAMPLE", name=""
)
ALL = '{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}'
NOTHING = '{"Statement":{"Effect":"Allow","Action":"sqs:NoSuch","Resource":"*"}}'


def resource_policy(principal: Any, effect: str = "Allow", element: str = "Principal", **more: Any) -> str:
    statement = {"Effect": effect, "Action": "s3:*", "Resource": "*", element: principal, **more}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def allowed(caller: Caller, resource: str | None, identity: str | None = None, **more: Any) -> bool:
    asked = Ask(action="s3:GetObject", resource="arn:aws:s3:::b/k", context={}, caller=caller)
    policies = Policies(identity=(identity,) if identity else (), resource=resource, **more)
    return refusal(policies, asked) == ""


@pytest.mark.parametrize(
    ("caller", "principal", "beyond_identity", "beyond_boundary", "beyond_session_policy"),
    [
        (ROLE, ROLE_ARN, True, False, False),
        (ROLE, ROLE.arn, True, True, True),
        (ALICE, ALICE.arn, True, True, True),
        (FEDERATED, FEDERATED.arn, True, True, True),
        (FEDERATED, ALICE.arn, True, False, False),
    ],
    ids=["role", "role-session", "user", "federated-user", "user-who-federated"],
)
def test_the_table_of_implicit_denies(
    caller: Caller, principal: str, beyond_identity: bool, beyond_boundary: bool, beyond_session_policy: bool
) -> None:
    text = resource_policy({"AWS": principal})
    assert allowed(caller, text, NOTHING, session=(ALL,)) is beyond_identity
    assert allowed(caller, text, ALL, boundary=NOTHING, session=(ALL,)) is beyond_boundary
    if caller is not ALICE:
        assert allowed(caller, text, ALL, session=(NOTHING,)) is beyond_session_policy


def test_a_user_named_by_a_bucket_is_not_limited_though_its_own_policies_allow_as_well() -> None:
    """The boundary does not come back because there is an identity policy, too."""
    assert allowed(ALICE, resource_policy({"AWS": ALICE.arn}), ALL, boundary=NOTHING)


def test_a_federated_user_without_session_policy_has_what_names_it() -> None:
    """https://docs.aws.amazon.com/STS/latest/APIReference/API_GetFederationToken.html"""
    assert allowed(FEDERATED, resource_policy({"AWS": FEDERATED.arn}))
    assert not allowed(FEDERATED, resource_policy({"AWS": ALICE.arn}))


@pytest.mark.parametrize("principal", [ACCOUNT_ARN, ACCOUNT])
def test_naming_the_own_account_leaves_it_to_identity_policies(principal: str) -> None:
    assert not allowed(ALICE, resource_policy({"AWS": principal}))
    assert allowed(ALICE, resource_policy({"AWS": principal}), ALL)


@pytest.mark.parametrize("principal", ["*", {"AWS": "*"}, {"AWS": ["*"]}])
def test_everybody_is_everybody_within_the_account(principal: Any) -> None:
    assert allowed(ALICE, resource_policy(principal))
    assert allowed(ROLE, resource_policy(principal), boundary=NOTHING, session=(NOTHING,))


@pytest.mark.parametrize(
    "principal",
    [
        {"AWS": f"arn:aws:iam::{ACCOUNT}:user/*"},
        {"AWS": f"arn:aws:iam::{ACCOUNT}:user/bob"},
        {"AWS": f"arn:aws:iam::{ACCOUNT}:user/Alice"},
        {"AWS": f"arn:aws:iam::{OTHER}:user/alice"},
        {"AWS": f"arn:aws:iam::{OTHER}:root"},
        {"AWS": f"arn:evil:iam::{ACCOUNT}:root"},
        {"AWS": []},
        {"Service": "ec2.amazonaws.com"},
        {"Federated": "*"},
        {"CanonicalUser": "*"},
        {},
    ],
    ids=str,
)
def test_only_who_is_named_is_meant(principal: Any) -> None:
    """No wildcard in part of a name, no other case, no other account: the page on principals."""
    assert not allowed(ALICE, resource_policy(principal))


def test_a_session_cannot_be_named_by_a_wildcard() -> None:
    assert not allowed(ROLE, resource_policy({"AWS": f"arn:aws:sts::{ACCOUNT}:assumed-role/examplerole/*"}))


def test_a_resource_policy_without_principal_is_for_nobody() -> None:
    assert not allowed(ALICE, '{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}')


@pytest.mark.parametrize(
    ("identity", "resource", "expected"),
    [
        (ALL, None, False),
        (None, resource_policy({"AWS": ALICE.arn}), False),
        (ALL, resource_policy({"AWS": ALICE.arn}), True),
        (ALL, resource_policy({"AWS": ACCOUNT}), True),
        (ALL, resource_policy("*"), True),
        (None, resource_policy("*"), False),
        (ALL, resource_policy({"AWS": f"arn:aws:iam::{ACCOUNT}:user/bob"}), False),
    ],
)
def test_across_accounts_both_sides_must_allow(identity: str | None, resource: str | None, expected: bool) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic-cross-account.html"""
    assert allowed(ALICE, resource, identity, same_account=False) is expected


@pytest.mark.parametrize("limit", [{"boundary": NOTHING}, {"session": (NOTHING,)}], ids=["boundary", "session"])
def test_across_accounts_naming_the_session_lifts_no_limit(limit: dict[str, Any]) -> None:
    assert not allowed(ROLE, resource_policy({"AWS": ROLE.arn}), ALL, same_account=False, **limit)


def test_the_root_user_has_across_accounts_what_its_account_is_given() -> None:
    assert allowed(ROOT, resource_policy({"AWS": ACCOUNT}), same_account=False)
    assert not allowed(ROOT, None, same_account=False)


@pytest.mark.parametrize("principal", [ALICE.arn, ACCOUNT_ARN, ACCOUNT, "*"])
def test_a_deny_is_for_all_whom_it_names_and_their_account(principal: str) -> None:
    assert not allowed(ALICE, resource_policy({"AWS": principal}, "Deny"), ALL)


@pytest.mark.parametrize(("caller", "principal"), [(ROLE, ROLE_ARN), (ROLE, ROLE.arn), (FEDERATED, ALICE.arn)])
def test_a_deny_of_the_role_or_user_is_for_its_sessions(caller: Caller, principal: str) -> None:
    assert not allowed(caller, resource_policy({"AWS": principal}, "Deny"), ALL, session=(ALL,))


def test_a_deny_of_somebody_else_is_for_somebody_else() -> None:
    assert allowed(ALICE, resource_policy({"AWS": f"arn:aws:iam::{ACCOUNT}:user/bob"}, "Deny"), ALL)


NOT_PRINCIPAL = [
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html: its two examples
    (ALICE, [ALICE.arn, ACCOUNT_ARN], True),
    (ROLE, [ROLE.arn, ROLE_ARN, ACCOUNT_ARN], True),
    # what the page says may be missing
    (ALICE, [ALICE.arn], False),
    (ROLE, [ROLE_ARN, ACCOUNT_ARN], False),
    (ROLE, [ROLE.arn, ACCOUNT_ARN], False),
    # the account alone spares nobody in it
    (ALICE, [ACCOUNT_ARN], False),
    (ALICE, [f"arn:aws:iam::{ACCOUNT}:user/bob", ACCOUNT_ARN], False),
]


@pytest.mark.parametrize(("caller", "spared", "expected"), NOT_PRINCIPAL)
def test_not_principal_denies_all_but_those_named_with_all_they_belong_to(
    caller: Caller, spared: list[str], expected: bool
) -> None:
    text = resource_policy({"AWS": spared}, "Deny", "NotPrincipal")
    assert allowed(caller, text, ALL) is expected


def test_not_principal_denies_everybody_with_a_boundary() -> None:
    """The warning on https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html"""
    text = resource_policy({"AWS": [ALICE.arn, ACCOUNT_ARN]}, "Deny", "NotPrincipal")
    assert not allowed(ALICE, text, ALL, boundary=ALL)


def test_not_principal_with_allow_allows_all_the_others() -> None:
    text = resource_policy({"AWS": [ALICE.arn]}, "Allow", "NotPrincipal")
    assert not allowed(ALICE, text)
    assert allowed(user(name="bob"), text)


@pytest.mark.parametrize(
    ("principal", "identity", "expected"),
    [
        (None, ALL, False),
        (ACCOUNT_ARN, ALL, True),
        (ACCOUNT_ARN, None, False),
        (ALICE.arn, None, True),
        (f"arn:aws:iam::{ACCOUNT}:user/bob", ALL, False),
    ],
)
def test_a_key_policy_must_allow(principal: str | None, identity: str | None, expected: bool) -> None:
    """https://docs.aws.amazon.com/kms/latest/developerguide/key-policies.html"""
    text = resource_policy({"AWS": principal}) if principal else resource_policy({"AWS": []})
    assert allowed(ALICE, text, identity, resource_must_allow=True) is expected


def test_even_the_root_user_needs_the_key_policy() -> None:
    """The same page: no principal, the root user included, has permissions that the key policy does not give."""
    assert not allowed(ROOT, resource_policy({"AWS": ALICE.arn}), resource_must_allow=True)
    assert allowed(ROOT, resource_policy({"AWS": ACCOUNT_ARN}), resource_must_allow=True)


def trusted(principal: Any, caller: Caller = ALICE, identity: str | None = None, **more: Any) -> str:
    statement = {"Effect": more.pop("effect", "Allow"), "Action": "sts:AssumeRole", "Principal": principal}
    asked = Ask(action="sts:AssumeRole", resource=ROLE_ARN, context={}, caller=caller)
    policies = Policies(
        identity=(identity,) if identity else (),
        resource=json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
        resource_must_allow=True,
        is_trust=True,
        **more,
    )
    return refusal(policies, asked)


def test_a_trust_policy_that_names_the_user_is_enough_in_its_account() -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_compare-resource-policies.html"""
    assert trusted({"AWS": ALICE.arn}) == ""


def test_a_trust_policy_that_names_the_account_leaves_it_to_identity_policies() -> None:
    assert trusted({"AWS": ACCOUNT_ARN}) == "because no identity-based policy allows the sts:AssumeRole action"
    assert trusted({"AWS": ACCOUNT_ARN}, identity=ALL) == ""


def test_a_user_whom_the_trust_policy_does_not_name_is_told_so() -> None:
    refused = trusted({"Service": "ec2.amazonaws.com"}, identity=ALL)
    assert refused == "because no role trust policy allows the sts:AssumeRole action"


def test_a_trust_policy_can_deny() -> None:
    refused = trusted({"AWS": ALICE.arn}, identity=ALL, effect="Deny")
    assert refused == "with an explicit deny in the role trust policy"


def test_across_accounts_trust_alone_is_not_enough() -> None:
    assert trusted({"AWS": ALICE.arn}, same_account=False) != ""
    assert trusted({"AWS": ALICE.arn}, same_account=False, identity=ALL) == ""
