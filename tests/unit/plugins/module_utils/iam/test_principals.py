"""What a principal is to AWS, whom containing it would cut off, and whom it must not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ansible_collections.cordon.aws.plugins.module_utils.errors import InputError
from ansible_collections.cordon.aws.plugins.module_utils.iam.principals import (
    is_protected,
    principal_of_arn,
)

ROLE = "arn:aws:iam::123456789012:role/ops/deploy"
SESSION = "arn:aws:sts::123456789012:assumed-role/deploy/bob"
ROOT = "arn:aws:iam::123456789012:root"


@pytest.mark.parametrize("path", ["/", "/a/", "/division_abc/subdivision_xyz/", "/!~/", "/user/", "/role/"])
@pytest.mark.parametrize("kind", ["user", "role"])
def test_paths_are_part_of_an_arn_and_not_of_the_name(kind: str, path: str) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-arns"""
    arn = f"arn:aws:iam::123456789012:{kind}{path}alice"
    found = principal_of_arn(arn)
    assert (found.kind, found.name, found.account, found.label, found.arn) == (
        kind,
        "alice",
        "123456789012",
        f"{kind}/alice",
        arn,
    )


def test_a_session_is_named_by_its_role_and_root_by_its_account() -> None:
    session, root = principal_of_arn(SESSION), principal_of_arn(ROOT)
    assert (session.kind, session.name, session.session_name, session.label) == (
        "session",
        "deploy",
        "bob",
        "session/deploy/bob",
    )
    assert (root.kind, root.name, root.unique_id, root.label) == (
        "root",
        "123456789012",
        "123456789012",
        "root/123456789012",
    )


@pytest.mark.parametrize(
    ("arn", "unique_id", "user_id"),
    [
        ("arn:aws:iam::123456789012:user/alice", "AIDACKCEVSQ6C2EXAMPLE", "AIDACKCEVSQ6C2EXAMPLE"),
        (ROLE, "AROADBQP57FF2AEXAMPLE", "AROADBQP57FF2AEXAMPLE:*"),
        (SESSION, "AROADBQP57FF2AEXAMPLE:bob", "AROADBQP57FF2AEXAMPLE:bob"),
        (ROOT, "123456789012", "123456789012"),
        (ROLE, "", ""),
    ],
)
def test_the_user_id_means_a_principal_and_no_other(arn: str, unique_id: str, user_id: str) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#principaltable"""
    assert replace(principal_of_arn(arn), unique_id=unique_id).user_id == user_id


@pytest.mark.parametrize(
    ("arn", "operation", "parameters"),
    [
        ("arn:aws:iam::123456789012:user/alice", "PutUserPolicy", {"UserName": "alice", "PolicyName": "p"}),
        (ROLE, "PutRolePolicy", {"RoleName": "deploy", "PolicyName": "p"}),
        (SESSION, "PutRolePolicy", {"RoleName": "deploy", "PolicyName": "p"}),
    ],
)
def test_a_call_is_about_the_user_the_role_or_the_role_of_the_session(
    arn: str, operation: str, parameters: dict[str, str]
) -> None:
    call = principal_of_arn(arn).call("Put{kind}Policy", PolicyName="p")
    assert (call.account, call.service, call.operation, call.parameters) == (
        "123456789012",
        "iam",
        operation,
        parameters,
    )


@pytest.mark.parametrize(
    ("arn", "is_service_linked", "is_reserved"),
    [
        ("arn:aws:iam::123456789012:role/aws-service-role/support.amazonaws.com/AWSServiceRoleForSupport", True, False),
        (
            "arn:aws:iam::123456789012:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Admin_0123456789abcdef",
            False,
            True,
        ),
        (
            "arn:aws:iam::123456789012:role/aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_Admin_0123456789abcdef",
            False,
            True,
        ),
        ("arn:aws:iam::123456789012:role/AWSReservedSSO_Admin_0123456789abcdef", False, False),
        ("arn:aws:iam::123456789012:user/aws-service-role/alice", False, False),
        ("arn:aws:iam::123456789012:role/service-role/aws-service-role/deploy", False, False),
    ],
)
def test_roles_that_only_a_service_can_change_are_known_by_their_path(
    arn: str, is_service_linked: bool, is_reserved: bool
) -> None:
    found = principal_of_arn(arn)
    assert (found.is_service_linked, found.is_reserved) == (is_service_linked, is_reserved)
    of_it = replace(principal_of_arn(SESSION), role_arn=arn)
    assert (of_it.is_service_linked, of_it.is_reserved) == (is_service_linked, is_reserved)


@pytest.mark.parametrize("arn", ["", "alice", "arn:aws:iam::123456789012:group/admins", f"{SESSION}\n"])
def test_what_names_no_principal_is_refused(arn: str) -> None:
    with pytest.raises(InputError, match="not the ARN of a user, a role, a session or root"):
        principal_of_arn(arn)


@pytest.mark.parametrize(
    ("target", "identity", "same"),
    [
        ("arn:aws:iam::123456789012:user/alice", "arn:aws:iam::123456789012:user/alice", True),
        ("arn:aws:iam::123456789012:user/alice", "arn:aws:iam::123456789012:user/ops/alice", False),
        (ROLE, SESSION, True),
        (ROLE, "arn:aws:sts::123456789012:assumed-role/deploy/carol", True),
        (ROLE, "arn:aws:sts::123456789012:assumed-role/deploy2/bob", False),
        (ROLE, "arn:aws:sts::444455556666:assumed-role/deploy/bob", False),
        (ROLE, "arn:aws-cn:sts::123456789012:assumed-role/deploy/bob", False),
        (ROLE, "arn:aws:iam::123456789012:user/deploy", False),
        (SESSION, SESSION, True),
        (SESSION, "arn:aws:sts::123456789012:assumed-role/deploy/carol", False),
        (ROOT, ROOT, True),
        (ROOT, "arn:aws:iam::123456789012:user/alice", False),
        (ROOT, "arn:aws:iam::444455556666:root", False),
    ],
)
def test_whom_containing_it_would_cut_off(target: str, identity: str, same: bool) -> None:
    """The ARN that GetCallerIdentity has for a session tells its role's name and not its path."""
    assert principal_of_arn(target).is_worked_through(identity) is same


@pytest.mark.parametrize(
    ("pattern", "protected"),
    [
        ("arn:aws:iam::123456789012:user/ops/break-glass-1", True),
        ("arn:aws:iam::*:user/ops/break-glass-*", True),
        ("arn:aws:iam::*:user/*", True),
        ("arn:aws:iam::123456789012:user/ops/break-glass-?", True),
        ("arn:aws:iam::123456789012:user/break-glass-1", True),
        ("arn:aws:iam::123456789012:user/OPS/Break-Glass-1", True),
        ("arn:aws:iam::123456789012:user/other/break-glass-1", False),
        ("arn:aws:iam::444455556666:user/ops/break-glass-1", False),
        ("arn:aws:iam::123456789012:user/ops/break-glass-", False),
    ],
)
def test_patterns_match_whole_arns_with_their_path_or_without_in_any_case(pattern: str, protected: bool) -> None:
    assert is_protected("arn:aws:iam::123456789012:user/ops/break-glass-1", [pattern]) is protected


@pytest.mark.parametrize(
    ("arn", "pattern", "protected"),
    [
        (SESSION, SESSION, True),
        (SESSION, "arn:aws:iam::*:role/deploy", True),
        (SESSION, "arn:aws:iam::*:role/DEPLOY", True),
        (SESSION, "arn:aws:sts::*:assumed-role/deploy/b*", True),
        (SESSION, "arn:aws:sts::*:assumed-role/deploy/carol", False),
        (SESSION, "arn:aws:iam::*:role/ops", False),
        (SESSION, "arn:aws:iam::*:user/deploy", False),
        (ROLE, "arn:aws:sts::*:assumed-role/deploy/break-glass", True),
        (ROLE, "arn:aws:sts::444455556666:assumed-role/deploy/break-glass", False),
        (ROLE, "arn:aws:sts::*:assumed-role/other/break-glass", False),
    ],
)
def test_what_protects_a_role_protects_its_sessions_and_the_other_way_round(
    arn: str, pattern: str, protected: bool
) -> None:
    assert is_protected(arn, [pattern]) is protected


def test_a_session_that_was_looked_up_is_protected_by_its_roles_path_too() -> None:
    session = replace(principal_of_arn(SESSION), role_arn=ROLE)
    assert session.is_protected_by(["arn:aws:iam::*:role/ops/*"])
    assert principal_of_arn(ROLE).arns == (ROLE,)
