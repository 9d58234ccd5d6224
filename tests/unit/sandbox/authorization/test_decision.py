"""The order in which identity policies, boundaries, session policies and service control policies decide.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html"""

from __future__ import annotations

import json
from typing import Any

import pytest
from sandbox_calls import ACCOUNT, session, user

from sandbox.authorization.decision import Ask, Policies, refusal
from sandbox.model import Caller

BUCKET = "arn:aws:s3:::amzn-s3-demo-bucket"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/examplerole"
ROOT = Caller(
    kind="root",
    account=ACCOUNT,
    arn=f"arn:aws:iam::{ACCOUNT}:root",
    user_id=ACCOUNT,
    access_key_id="AKIAIOSFODNN7EXAMPLE",
    name="",
)
SESSION = Caller(
    kind="assumed_role",
    account=ACCOUNT,
    arn=f"arn:aws:sts::{ACCOUNT}:assumed-role/examplerole/work",
    user_id="AROADBQP57FF2AEXAMPLE:work",
    access_key_id="ASIAIOSFODNN7EXAMPLE",
    name="examplerole",
    session=session(ROLE),
)


def federated(issuer: str = user().arn) -> Caller:
    return Caller(
        kind="federated_user",
        account=ACCOUNT,
        arn=f"arn:aws:sts::{ACCOUNT}:federated-user/bob",
        user_id=f"{ACCOUNT}:bob",
        access_key_id="ASIAIOSFODNN7EXAMPLE",
        name="bob",
        session=session(issuer),
    )


def policy(effect: str = "Allow", action: Any = "*", resource: Any = "*", **more: Any) -> str:
    statement = {"Effect": effect, "Action": action, "Resource": resource, **more}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def ask(action: str = "s3:GetObject", resource: str = BUCKET, caller: Caller | None = None, **context: Any) -> Ask:
    return Ask(action=action, resource=resource, context=context, caller=caller or user())


ALL = policy()
NOTHING = policy(action="sqs:NoSuch")
DENY = policy("Deny", "s3:*")


def allowed(asked: Ask | None = None, **policies: Any) -> bool:
    return refusal(Policies(**policies), asked or ask()) == ""


def test_by_default_everything_is_denied() -> None:
    assert not allowed(identity=())


def test_one_allow_among_many_policies_is_enough() -> None:
    assert allowed(identity=(NOTHING, ALL))


@pytest.mark.parametrize(
    "denying",
    [
        {"identity": (ALL, DENY)},
        {"identity": (DENY, ALL)},
        {
            "identity": (ALL,),
            "boundary": json.dumps({"Statement": [json.loads(ALL)["Statement"][0], json.loads(DENY)["Statement"][0]]}),
        },
        {"identity": (ALL,), "session": (ALL, DENY)},
        {"identity": (ALL,), "scps": ((ALL,), (ALL, DENY))},
        {"identity": (ALL,), "resource": policy("Deny", Principal="*")},
    ],
    ids=["identity", "identity-first", "boundary", "session", "scp", "resource"],
)
def test_an_explicit_deny_beats_every_allow(denying: dict[str, Any]) -> None:
    assert not allowed(**denying)


def test_an_explicit_deny_beats_a_resource_policy_that_names_the_session() -> None:
    named = policy(Principal={"AWS": SESSION.arn})
    assert not allowed(ask(caller=SESSION), identity=(DENY,), resource=named)


def test_a_deny_of_another_action_denies_nothing_here() -> None:
    assert allowed(identity=(ALL, policy("Deny", "s3:PutObject")))


def test_the_documented_example_of_carlos() -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-basics.html"""
    statements = [
        {"Effect": "Allow", "Action": ["s3:GetBucketLocation", "s3:ListAllMyBuckets"], "Resource": "arn:aws:s3:::*"},
        {"Effect": "Allow", "Action": "s3:*", "Resource": ["arn:aws:s3:::carlos/*", "arn:aws:s3:::carlos"]},
        {"Effect": "Deny", "Action": "s3:*", "Resource": "arn:aws:s3:::*log*"},
    ]
    identity = (json.dumps({"Version": "2012-10-17", "Statement": statements}),)
    assert allowed(ask("s3:PutObject", "arn:aws:s3:::carlos/file"), identity=identity)
    assert not allowed(ask("s3:PutObject", "arn:aws:s3:::carlos-logs/file"), identity=identity)
    assert not allowed(ask("s3:PutObject", "arn:aws:s3:::else/file"), identity=identity)
    assert allowed(ask("s3:ListAllMyBuckets", "arn:aws:s3:::*"), identity=identity)


def test_not_action_is_everything_else() -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notaction.html"""
    text = json.dumps({"Statement": {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}})
    assert allowed(ask("s3:GetObject"), identity=(text,))
    assert not allowed(ask("IAM:CreateUser"), identity=(text,))


def test_not_resource_is_everything_else() -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notresource.html"""
    text = json.dumps({"Statement": {"Effect": "Deny", "Action": "s3:*", "NotResource": [BUCKET, f"{BUCKET}/*"]}})
    assert allowed(ask(resource=f"{BUCKET}/a"), identity=(ALL, text))
    assert not allowed(ask(resource="arn:aws:s3:::other/a"), identity=(ALL, text))


def test_not_resource_with_a_variable_that_is_missing_applies_to_nothing() -> None:
    """What the statement leaves out is not known, and "not present" makes it invalid."""
    text = json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": {"Effect": "Allow", "Action": "*", "NotResource": "arn:aws:s3:::${aws:username}"},
        }
    )
    assert not allowed(ask(), identity=(text,))
    assert allowed(ask(**{"aws:username": "alice"}), identity=(text,))


def test_a_resource_with_a_variable_is_the_callers_own() -> None:
    text = policy(resource="arn:aws:s3:::home/${aws:username}/*")
    asked = ask(resource="arn:aws:s3:::home/alice/x", **{"aws:username": "alice"})
    assert allowed(asked, identity=(text,))
    assert not allowed(ask(resource="arn:aws:s3:::home/alice/x", **{"aws:username": "bob"}), identity=(text,))
    assert not allowed(ask(resource="arn:aws:s3:::home//x"), identity=(text,))


def test_in_the_older_language_a_variable_is_text() -> None:
    text = json.dumps(
        {
            "Version": "2008-10-17",
            "Statement": {"Effect": "Allow", "Action": "*", "Resource": "arn:aws:s3:::home/${aws:username}"},
        }
    )
    assert not allowed(ask(resource="arn:aws:s3:::home/alice", **{"aws:username": "alice"}), identity=(text,))
    assert allowed(ask(resource="arn:aws:s3:::home/${aws:username}"), identity=(text,))


@pytest.mark.parametrize("resource", ["arn:aws:iam::${aws:PrincipalAccount}:user/alice", "${aws:PrincipalArn}"])
def test_a_variable_before_the_fifth_colon_matches_nothing(resource: str) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#policy-vars-resourceelement"""
    context = {"aws:principalaccount": ACCOUNT, "aws:principalarn": user().arn}
    assert not allowed(ask("iam:GetUser", user().arn, **context), identity=(policy(resource=resource),))


def test_a_statement_without_a_resource_allows_nothing() -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html: either of the two must be there"""
    assert not allowed(identity=(json.dumps({"Statement": {"Effect": "Allow", "Action": "*"}}),))


def test_an_identity_policy_with_a_principal_allows_nothing() -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html: not in identity policies"""
    assert not allowed(identity=(policy(Principal="*"),))


@pytest.mark.parametrize(
    ("levels", "expected"),
    [
        ((), True),  # no level, nothing that could leave the action out
        (((ALL,), (ALL,), (ALL,)), True),
        (((NOTHING,), (ALL,), (ALL,)), False),
        (((ALL,), (NOTHING,), (ALL,)), False),
        (((ALL,), (ALL,), (NOTHING,)), False),
        (((ALL,), (), (ALL,)), False),
        (((ALL, NOTHING), (NOTHING, ALL)), True),
    ],
)
def test_service_control_policies_must_allow_at_every_level(levels: Any, expected: bool) -> None:
    """https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_evaluation.html"""
    assert allowed(identity=(ALL,), scps=levels) is expected


def test_service_control_policies_grant_nothing() -> None:
    assert not allowed(identity=(), scps=((ALL,),))


def test_service_control_policies_bind_the_root_user_of_a_member() -> None:
    assert not allowed(ask(caller=ROOT), identity=(), scps=((ALL, DENY),))
    assert not allowed(ask(caller=ROOT), identity=(), scps=((NOTHING,),))


def test_the_root_user_needs_no_policy() -> None:
    assert allowed(ask(caller=ROOT), identity=())


@pytest.mark.parametrize(
    ("identity", "boundary", "expected"), [(ALL, ALL, True), (ALL, NOTHING, False), (NOTHING, ALL, False)]
)
def test_a_boundary_limits_and_grants_nothing(identity: str, boundary: str, expected: bool) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html"""
    assert allowed(identity=(identity,), boundary=boundary) is expected


def test_shirley_may_not_create_users_beyond_her_boundary() -> None:
    """The example of the page on boundaries."""
    boundary = policy(action=["s3:*", "cloudwatch:*", "ec2:*"])
    assert not allowed(ask("iam:CreateUser", "*"), identity=(policy(action="iam:CreateUser"),), boundary=boundary)


@pytest.mark.parametrize(
    ("identity", "given", "expected"),
    [
        (ALL, (ALL,), True),
        (ALL, (NOTHING,), False),
        (NOTHING, (ALL,), False),
        (ALL, (NOTHING, ALL), True),
        (ALL, (), True),
    ],
)
def test_session_policies_of_a_role_intersect(identity: str, given: tuple[str, ...], expected: bool) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies.html#policies_session"""
    assert allowed(ask(caller=SESSION), identity=(identity,), session=given) is expected


@pytest.mark.parametrize(
    ("identity", "given", "expected"),
    [(ALL, (), False), (ALL, (ALL,), True), (ALL, (NOTHING,), False), (NOTHING, (ALL,), False)],
)
def test_a_federated_user_has_what_user_and_session_policy_both_allow(
    identity: str, given: tuple[str, ...], expected: bool
) -> None:
    """https://docs.aws.amazon.com/STS/latest/APIReference/API_GetFederationToken.html: without a session policy, nothing"""
    assert allowed(ask(caller=federated()), identity=(identity,), session=given) is expected


def test_whom_root_federates_has_what_the_session_policy_allows() -> None:
    assert allowed(ask(caller=federated(ROOT.arn)), identity=(), session=(ALL,))
    assert not allowed(ask(caller=federated(ROOT.arn)), identity=(), session=())


@pytest.mark.parametrize(
    ("policies", "caller", "words"),
    [
        ({"identity": ()}, user(), "because no identity-based policy allows the s3:GetObject action"),
        ({"identity": (DENY,)}, user(), "with an explicit deny in an identity-based policy"),
        (
            {"identity": (ALL,), "boundary": NOTHING},
            user(),
            "because no permissions boundary allows the s3:GetObject action",
        ),
        ({"identity": (ALL,), "boundary": DENY}, user(), "with an explicit deny in a permissions boundary"),
        (
            {"identity": (ALL,), "session": (NOTHING,)},
            SESSION,
            "because no session policy allows the s3:GetObject action",
        ),
        ({"identity": (ALL,), "session": (DENY,)}, SESSION, "with an explicit deny in a session policy"),
        (
            {"identity": (ALL,), "scps": ((NOTHING,),)},
            user(),
            "because no service control policy allows the s3:GetObject action",
        ),
        ({"identity": (ALL,), "scps": ((DENY,),)}, user(), "with an explicit deny in a service control policy"),
        (
            {"identity": (ALL,), "same_account": False},
            user(),
            "because no resource-based policy allows the s3:GetObject action",
        ),
        (
            {"identity": (ALL,), "resource": policy("Deny", Principal="*")},
            user(),
            "with an explicit deny in a resource-based policy",
        ),
    ],
)
def test_a_refusal_says_what_kind_of_policy_it_was(policies: dict[str, Any], caller: Caller, words: str) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html"""
    assert refusal(Policies(**policies), ask(caller=caller)) == words
