"""The calls that the fighter makes put back exactly what was there: a law over whatever a responder may have added or taken."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.fighter.holdings import Holdings, Repair, holdings, repairs

ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"
ALLOW = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
DENY = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]}

documents = st.sampled_from([ALLOW, DENY])
names = st.sampled_from(["work", "deny", "revoke"])
arns = st.sampled_from([ADMINISTRATOR, "arn:aws:iam::aws:policy/AWSDenyAll", "arn:aws:iam::111122223333:policy/q"])


@st.composite
def holders(draw: st.DrawFn, kind: str) -> Holdings:
    return Holdings(
        kind=kind,
        id="AIDACKCEVSQ6C2EXAMPLE" if kind == "User" else "AROACKCEVSQ6C2EXAMPLE",
        name=draw(st.sampled_from(["sam", "sam-7"])),
        arn=f"arn:aws:iam::111122223333:{kind.lower()}/sam",
        inline=draw(st.dictionaries(names, documents)),
        attached=draw(st.frozensets(arns)),
        groups=draw(st.frozensets(names)) if kind == "User" else frozenset(),
        boundary=draw(st.none() | arns),
        trust=draw(documents) if kind == "Role" else None,
    )


pairs = st.sampled_from(["User", "Role"]).flatmap(lambda kind: st.tuples(holders(kind), holders(kind)))


def applied(found: Holdings, calls: list[Repair]) -> Holdings:
    """What IAM makes of these calls."""
    now: dict[str, Any] = {"inline": dict(found.inline), "attached": set(found.attached), "groups": set(found.groups)}
    now |= {"boundary": found.boundary, "trust": found.trust}
    for operation, arguments in calls:
        assert arguments[f"{found.kind}Name"] == found.name, "a call must be about the name of today"
        match operation.replace(found.kind, "", 1) if "Group" not in operation else operation:
            case "DetachPolicy":
                now["attached"].remove(arguments["PolicyArn"])
            case "AttachPolicy":
                now["attached"].add(arguments["PolicyArn"])
            case "DeletePolicy":
                del now["inline"][arguments["PolicyName"]]
            case "PutPolicy":
                now["inline"][arguments["PolicyName"]] = json.loads(arguments["PolicyDocument"])
            case "RemoveUserFromGroup":
                now["groups"].remove(arguments["GroupName"])
            case "AddUserToGroup":
                now["groups"].add(arguments["GroupName"])
            case "PutPermissionsBoundary":
                now["boundary"] = arguments["PermissionsBoundary"]
            case "DeletePermissionsBoundary":
                assert now["boundary"] is not None, "IAM answers NoSuchEntity"
                now["boundary"] = None
            case "UpdateAssumePolicy":
                now["trust"] = json.loads(arguments["PolicyDocument"])
            case other:
                raise AssertionError(other)
    return replace(found, **now | {"attached": frozenset(now["attached"]), "groups": frozenset(now["groups"])})


@given(pairs)
def test_what_was_there_is_there_again(pair: tuple[Holdings, Holdings]) -> None:
    wanted, found = pair
    assert applied(found, list(repairs(wanted, found))) == replace(wanted, name=found.name)


@given(pairs)
def test_what_is_as_it_was_is_left_alone(pair: tuple[Holdings, Holdings]) -> None:
    wanted, _found = pair
    assert list(repairs(wanted, wanted)) == []


@pytest.mark.parametrize("kind", ["User", "Role"])
def test_a_deny_goes_before_anything_is_given_back(kind: str) -> None:
    wanted = Holdings(
        kind=kind, id="x", name="sam", arn="", inline={}, attached=frozenset({ADMINISTRATOR}), trust=ALLOW
    )
    found = replace(wanted, inline={"CordonDenyAll": DENY}, attached=frozenset(), trust=DENY)
    assert next(repairs(wanted, found)) == (
        f"Delete{kind}Policy",
        {f"{kind}Name": "sam", "PolicyName": "CordonDenyAll"},
    )


def test_details_are_read_as_documented() -> None:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_UserDetail.html, API_RoleDetail.html"""
    details = {
        "UserDetailList": [
            {
                "UserName": "sam",
                "UserId": "AIDACKCEVSQ6C2EXAMPLE",
                "Arn": "arn:aws:iam::111122223333:user/platform/sam",
                "UserPolicyList": [{"PolicyName": "work", "PolicyDocument": ALLOW}],
                "GroupList": ["platform"],
                "AttachedManagedPolicies": [{"PolicyName": "AdministratorAccess", "PolicyArn": ADMINISTRATOR}],
                "PermissionsBoundary": {
                    "PermissionsBoundaryType": "PermissionsBoundaryPolicy",
                    "PermissionsBoundaryArn": "arn:aws:iam::111122223333:policy/limits",
                },
            }
        ],
        "RoleDetailList": [
            {
                "RoleName": "deploy",
                "RoleId": "AROACKCEVSQ6C2EXAMPLE",
                "Arn": "arn:aws:iam::111122223333:role/deploy",
                "AssumeRolePolicyDocument": DENY,
            }
        ],
    }
    found = holdings(details)
    assert found["AIDACKCEVSQ6C2EXAMPLE"] == Holdings(
        kind="User",
        id="AIDACKCEVSQ6C2EXAMPLE",
        name="sam",
        arn="arn:aws:iam::111122223333:user/platform/sam",
        inline={"work": ALLOW},
        attached=frozenset({ADMINISTRATOR}),
        groups=frozenset({"platform"}),
        boundary="arn:aws:iam::111122223333:policy/limits",
    )
    assert found["AROACKCEVSQ6C2EXAMPLE"].trust == DENY
