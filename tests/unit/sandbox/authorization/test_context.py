"""Which condition keys a request has, by who makes it and what it brings.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html"""

from __future__ import annotations

from typing import Any

import pytest
from sandbox_calls import ACCOUNT, call, session, user

from sandbox.authorization.context import context_of
from sandbox.model import Caller

REQUEST = call("s3", "GetObject", {"Bucket": "b", "Key": "k"})
ROLE_ARN = f"arn:aws:iam::{ACCOUNT}:role/path/examplerole"
USER = user()
USER_SESSION = Caller(
    kind="user",
    account=ACCOUNT,
    arn=USER.arn,
    user_id=USER.user_id,
    access_key_id="ASIAIOSFODNN7EXAMPLE",
    name="alice",
    session=session(USER.arn),
)
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
    session=session(USER.arn),
)
ROOT = Caller(
    kind="root",
    account=ACCOUNT,
    arn=f"arn:aws:iam::{ACCOUNT}:root",
    user_id=ACCOUNT,
    access_key_id="AKIAIOSFODNN7EXAMPLE",
    name="",
)


def context(
    caller: Caller = USER, request: Any = REQUEST, tags: Any = None, organization: str | None = None
) -> dict[str, Any]:
    return context_of(request, caller, principal_tags=tags or {}, organization_id=organization)


@pytest.mark.parametrize(
    ("caller", "principal", "user_id", "kind", "user_name"),
    [
        # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#principaltable
        (ROOT, f"arn:aws:iam::{ACCOUNT}:root", ACCOUNT, "Account", None),
        (USER, USER.arn, "AIDACKCEVSQ6C2EXAMPLE", "User", "alice"),
        (USER_SESSION, USER.arn, "AIDACKCEVSQ6C2EXAMPLE", "User", "alice"),
        (FEDERATED, FEDERATED.arn, f"{ACCOUNT}:bob", "FederatedUser", None),
        (ROLE, ROLE_ARN, "AROADBQP57FF2AEXAMPLE:work", "AssumedRole", None),
    ],
    ids=["root", "user", "user-session", "federated-user", "role"],
)
def test_the_table_of_principals(
    caller: Caller, principal: str, user_id: str, kind: str, user_name: str | None
) -> None:
    found = context(caller)
    assert found["aws:principalarn"] == principal
    assert found["aws:userid"] == user_id
    assert found["aws:principaltype"] == kind
    assert found.get("aws:username") == user_name
    assert found["aws:principalaccount"] == ACCOUNT


@pytest.mark.parametrize("caller", [USER_SESSION, ROLE, FEDERATED], ids=["user", "role", "federated-user"])
def test_temporary_credentials_have_a_time_of_issue(caller: Caller) -> None:
    assert context(caller)["aws:tokenissuetime"] == "2026-03-04T12:00:00Z"
    assert context(caller)["aws:multifactorauthpresent"] == "false"


@pytest.mark.parametrize("caller", [USER, ROOT], ids=["user", "root"])
@pytest.mark.parametrize("key", ["aws:tokenissuetime", "aws:multifactorauthpresent"])
def test_long_term_keys_have_neither_time_of_issue_nor_mfa(caller: Caller, key: str) -> None:
    assert key not in context(caller)


def test_a_session_with_mfa_says_so() -> None:
    caller = Caller(
        kind="user",
        account=ACCOUNT,
        arn=USER.arn,
        user_id=USER.user_id,
        access_key_id="ASIAIOSFODNN7EXAMPLE",
        name="alice",
        session=session(USER.arn, mfa_authenticated=True),
    )
    assert context(caller)["aws:multifactorauthpresent"] == "true"


def test_session_tags_come_before_those_of_the_role() -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html: a session tag with the same key, whatever its case"""
    caller = Caller(
        kind="assumed_role",
        account=ACCOUNT,
        arn=ROLE.arn,
        user_id=ROLE.user_id,
        access_key_id=ROLE.access_key_id,
        name=ROLE.name,
        session=session(ROLE_ARN, tags={"Team": "red"}),
    )
    found = context(caller, tags={"team": "blue", "Cost-Center": "12"})
    assert found["aws:principaltag/team"] == "red"
    assert found["aws:principaltag/cost-center"] == "12"


def test_the_organization_is_there_for_its_members_only() -> None:
    assert context(organization="o-a1b2c3d4e5")["aws:principalorgid"] == "o-a1b2c3d4e5"
    assert "aws:principalorgid" not in context()


def test_where_when_and_from_where() -> None:
    found = context()
    assert found["aws:requestedregion"] == "eu-west-1"
    assert found["aws:sourceip"] == "198.51.100.7"
    assert found["aws:currenttime"] == "2026-03-04T12:00:00Z"
    assert found["aws:epochtime"] == "1772625600"
    assert found["aws:securetransport"] == "true"
    assert found["aws:viaawsservice"] == "false"


@pytest.mark.parametrize(
    ("service", "operation", "parameters"),
    [
        ("iam", "TagUser", {"UserName": "a", "Tags": [{"Key": "Team", "Value": "x"}]}),
        (
            "ec2",
            "RunInstances",
            {"TagSpecifications": [{"ResourceType": "instance", "Tags": [{"Key": "Team", "Value": "x"}]}]},
        ),
        ("lambda", "CreateFunction", {"FunctionName": "f", "Tags": {"Team": "x"}}),
        ("kms", "CreateKey", {"Tags": [{"TagKey": "Team", "TagValue": "x"}]}),
        ("ecs", "CreateCluster", {"tags": [{"key": "Team", "value": "x"}]}),
    ],
)
def test_tags_of_a_request_have_their_keys_and_values(service: str, operation: str, parameters: dict[str, Any]) -> None:
    found = context(request=call(service, operation, parameters))
    assert found["aws:tagkeys"] == ["Team"]
    assert found["aws:requesttag/team"] == "x"


def test_taking_tags_away_names_their_keys_without_values() -> None:
    found = context(request=call("iam", "UntagUser", {"UserName": "a", "TagKeys": ["Team", "Cost"]}))
    assert found["aws:tagkeys"] == ["Team", "Cost"]
    assert "aws:requesttag/team" not in found


@pytest.mark.parametrize("tags", [None, [], "Team", 5, [None], ["Team"], [{"Value": "x"}], {}], ids=str)
def test_without_tags_there_are_no_keys_of_tags(tags: Any) -> None:
    assert "aws:tagkeys" not in context(request=call("iam", "TagUser", {"Tags": tags}))


@pytest.mark.parametrize(
    ("request_", "key", "value"),
    [
        (call("sts", "AssumeRole", {"ExternalId": "12345"}), "sts:externalid", "12345"),
        (call("sts", "AssumeRole", {"RoleSessionName": "work"}), "sts:rolesessionname", "work"),
        (call("s3", "ListObjectsV2", {"Bucket": "b", "Prefix": "home/"}), "s3:prefix", "home/"),
        (call("s3", "ListObjectsV2", {"Bucket": "b", "MaxKeys": 10}), "s3:max-keys", "10"),
        (
            call("iam", "AttachUserPolicy", {"PolicyArn": "arn:aws:iam::aws:policy/A"}),
            "iam:policyarn",
            "arn:aws:iam::aws:policy/A",
        ),
    ],
)
def test_keys_of_services_come_from_parameters(request_: Any, key: str, value: str) -> None:
    assert context(request=request_)[key] == value
