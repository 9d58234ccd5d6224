"""Trust policies name people, not names.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html#principal-roles"""

from __future__ import annotations

from typing import Any

import pytest

from sandbox import trust, upstream
from sandbox.authorization.views import iam_of
from sandbox.clock import Clock
from sandbox.errors import ApiError
from sandbox.world import World

ACCOUNT, STRANGER = "111122223333", "999988887777"
ALICE = f"arn:aws:iam::{ACCOUNT}:user/team/alice"
DEPLOY = f"arn:aws:iam::{ACCOUNT}:role/deploy"


@pytest.fixture(scope="module", autouse=True)
def _mended() -> None:
    clock = Clock()
    upstream.apply(lambda: clock.ahead)


@pytest.fixture
def iam(world: World) -> Any:
    found = iam_of(ACCOUNT)
    found.create_user("us-east-1", "alice", "/team/")
    found.create_role("deploy", "{}", "/", None, "", [], 3600)
    return found


def spaced(principal: str) -> str:
    """A policy as somebody wrote it by hand; the condition names the same ARNs."""
    return (
        f'{{ "Version":"2012-10-17",\n "Statement" : [ {{"Effect" :"Allow" , "Principal":{{ "AWS" : {principal} }},\t"Action":'
        f'"sts:AssumeRole","Condition":{{"ArnEquals":{{"aws:PrincipalArn":["{ALICE}", "{DEPLOY}"]}}}} }} ] }} \n'
    )


@pytest.mark.usefixtures("iam")
def test_what_nobody_has_left_is_shown_byte_for_byte() -> None:
    text = spaced(f'["{ALICE}" ,  "{DEPLOY}"]')
    assert trust.Trust(text).shown() == text


def test_who_is_deleted_is_shown_by_the_id_and_all_else_stays(iam: Any) -> None:
    user_id, role_id = iam.users["alice"].id, iam.get_role("deploy").id
    kept = trust.Trust(spaced(f'["{ALICE}" ,  "{DEPLOY}"]'))
    iam.delete_user("alice")
    assert kept.shown() == spaced(f'["{user_id}" ,  "{DEPLOY}"]')
    iam.delete_role("deploy")
    assert kept.shown() == spaced(f'["{user_id}" ,  "{role_id}"]')
    assert user_id.startswith("AIDA")
    assert role_id.startswith("AROA")


def test_who_is_made_anew_is_somebody_else(iam: Any) -> None:
    role_id = iam.get_role("deploy").id
    kept = trust.Trust(spaced(f'"{DEPLOY}"'))
    iam.delete_role("deploy")
    iam.create_role("deploy", "{}", "/", None, "", [], 3600)
    assert kept.shown() == spaced(f'"{role_id}"')


def test_who_is_renamed_is_shown_by_the_new_name(iam: Any) -> None:
    kept = trust.Trust(spaced(f'"{ALICE}"'))
    iam.update_user("alice", "/other/", "carol")
    assert kept.shown() == spaced(f'"arn:aws:iam::{ACCOUNT}:user/other/carol"')


GOOD = [
    "*",
    ACCOUNT,
    STRANGER,
    f"arn:aws:iam::{STRANGER}:root",
    ALICE,
    DEPLOY,
    f"arn:aws:iam::{STRANGER}:role/theirs",
    f"arn:aws:sts::{ACCOUNT}:assumed-role/deploy/work",
    f"arn:aws:sts::{ACCOUNT}:federated-user/fed",
]


@pytest.mark.parametrize("name", GOOD)
@pytest.mark.usefixtures("iam")
def test_the_documented_kinds_of_principals_are_taken(name: str) -> None:
    trust.check_principals(spaced(f'"{name}"'))


BAD = [
    f"arn:aws:iam::{ACCOUNT}:user/alice",  # the path is part of the name
    f"arn:aws:iam::{ACCOUNT}:user/team/Alice",  # as is the case
    f"arn:aws:iam::{ACCOUNT}:role/alice",
    f"arn:aws:iam::{ACCOUNT}:role/nobody",
    f"arn:aws:iam::{ACCOUNT}:role/*",
    f"arn:aws:iam::{ACCOUNT}:group/admins",
    f"arn:aws:sts::{ACCOUNT}:assumed-role/deploy/*",
    "arn:aws:iam::*:root",
    "AIDACKCEVSQ6C2EXAMPLE",
    "AROACKCEVSQ6C2EXAMPLE",
    "alice",
]


@pytest.mark.parametrize("name", BAD)
@pytest.mark.usefixtures("iam")
def test_all_others_are_refused(name: str) -> None:
    with pytest.raises(ApiError) as caught:
        trust.check_principals(spaced(f'["{ALICE}", "{name}"]'))
    assert caught.value.code == "MalformedPolicyDocument"
    assert caught.value.message == f'Invalid principal in policy: "AWS":"{name}"'
