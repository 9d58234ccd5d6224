"""The policy simulator over the wire: it says beforehand what real calls with real keys then meet.
https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html"""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError
from iam_calls import code, policy, trust
from organization_calls import attach, deny
from sandbox_client import Sandbox, wait_until

DENY_ALL = policy("*", Effect="Deny")


def keys_of(iam: Any, name: str) -> dict[str, str]:
    made = iam.create_access_key(UserName=name)["AccessKey"]
    return {"access_key_id": made["AccessKeyId"], "secret_access_key": made["SecretAccessKey"]}


def decision(iam: Any, arn: str, action: str, **more: Any) -> str:
    (found,) = iam.simulate_principal_policy(PolicySourceArn=arn, ActionNames=[action], **more)["EvaluationResults"]
    return str(found["EvalDecision"])


def entry(key: str, *values: str) -> dict[str, Any]:
    return {"ContextKeyName": key, "ContextKeyValues": list(values), "ContextKeyType": "string"}


def is_refused(call: Any) -> bool:
    try:
        call()
    except ClientError as error:
        return error.response["Error"]["Code"] in ("AccessDenied", "UnauthorizedOperation")
    return False


@pytest.mark.parametrize("where", ["management", "member"])
@pytest.mark.parametrize(
    ("inline", "boundary", "of_group", "expected"),
    [
        ([], None, None, "implicitDeny"),
        ([policy("*")], None, None, "allowed"),
        ([], None, policy("iam:List*", "ec2:Describe*"), "allowed"),
        ([policy("*"), DENY_ALL], None, None, "explicitDeny"),
        ([policy("*")], policy("s3:*"), None, "implicitDeny"),
        ([policy("*")], None, policy("iam:*", "ec2:*", Effect="Deny"), "explicitDeny"),
        ([policy("*", Condition={"Null": {"aws:TokenIssueTime": "false"}})], None, None, "implicitDeny"),
    ],
    ids=["nothing", "everything", "by group", "denied", "bounded", "denied by group", "conditional"],
)
def test_a_user_meets_what_was_simulated(
    sandbox: Sandbox, where: str, inline: list[str], boundary: str | None, of_group: str | None, expected: str
) -> None:
    account = sandbox.management if where == "management" else sandbox.members[0]
    iam = sandbox.iam(account)
    arn = iam.create_user(UserName="alice", Path="/team/")["User"]["Arn"]
    for number, text in enumerate(inline):
        iam.put_user_policy(UserName="alice", PolicyName=f"p{number}", PolicyDocument=text)
    if boundary:
        made = iam.create_policy(PolicyName="boundary", PolicyDocument=boundary)["Policy"]["Arn"]
        iam.put_user_permissions_boundary(UserName="alice", PermissionsBoundary=made)
    if of_group:
        iam.create_group(GroupName="staff")
        iam.put_group_policy(GroupName="staff", PolicyName="p", PolicyDocument=of_group)
        iam.add_user_to_group(GroupName="staff", UserName="alice")
    keys = keys_of(iam, "alice")
    assert [decision(iam, arn, name) for name in ("iam:ListUsers", "ec2:DescribeInstances")] == [expected, expected]
    refused = [
        is_refused(sandbox.client("iam", keys).list_users),
        is_refused(sandbox.client("ec2", keys).describe_instances),
    ]
    assert refused == [expected != "allowed"] * 2


def test_a_quarantine_of_the_organization_is_simulated_for_users_and_sessions(sandbox: Sandbox) -> None:
    account = sandbox.members[0]
    iam = sandbox.iam(account)
    alice = iam.create_user(UserName="alice")["User"]
    iam.put_user_policy(UserName="alice", PolicyName="p", PolicyDocument=policy("*"))
    role = iam.create_role(RoleName="worker", AssumeRolePolicyDocument=trust(sandbox))["Role"]
    iam.put_role_policy(RoleName="worker", PolicyName="p", PolicyDocument=policy("*"))
    given = sandbox.client("sts").assume_role(RoleArn=role["Arn"], RoleSessionName="bob")
    session = given["Credentials"]
    clients = {
        "alice": sandbox.client("iam", keys_of(iam, "alice")),
        "bob": sandbox.client(
            "iam",
            {
                "access_key_id": session["AccessKeyId"],
                "secret_access_key": session["SecretAccessKey"],
                "session_token": session["SessionToken"],
            },
        ),
    }
    user_id = given["AssumedRoleUser"]["AssumedRoleId"]

    def simulated() -> dict[str, str]:
        return {
            "alice": decision(iam, alice["Arn"], "iam:ListUsers"),
            "bob": decision(iam, role["Arn"], "iam:ListUsers", ContextEntries=[entry("aws:userid", user_id)]),
        }

    assert simulated() == {"alice": "allowed", "bob": "allowed"}
    attach(sandbox, account, deny(StringLike={"aws:userid": [alice["UserId"], f"{role['RoleId']}:*"]}))
    assert simulated() == {"alice": "explicitDeny", "bob": "explicitDeny"}
    assert {name: is_refused(client.list_users) for name, client in clients.items()} == {"alice": True, "bob": True}
    found = iam.simulate_principal_policy(PolicySourceArn=alice["Arn"], ActionNames=["iam:ListUsers"])
    assert found["EvaluationResults"][0]["OrganizationsDecisionDetail"] == {"AllowedByOrganizations": False}


def test_a_denial_is_simulated_as_soon_as_it_is_enforced(sandbox: Sandbox) -> None:
    iam = sandbox.client("iam")
    arn = iam.create_user(UserName="alice")["User"]["Arn"]
    iam.put_user_policy(UserName="alice", PolicyName="p", PolicyDocument=policy("iam:*"))
    alice = sandbox.client("iam", keys_of(iam, "alice"))
    sandbox.control("PUT", "/settings", {"iam_propagation_s": 3600})
    iam.put_user_policy(UserName="alice", PolicyName="deny", PolicyDocument=DENY_ALL)
    seen = []
    for seconds in (0, 3601):
        sandbox.control("POST", "/clock", {"advance_s": seconds})
        seen.append((decision(iam, arn, "iam:ListUsers"), is_refused(alice.list_users)))
    assert seen == [("allowed", False), ("explicitDeny", True)]


def test_nested_parameters_arrive(sandbox: Sandbox) -> None:
    """Lists of structures with lists, and of lists, in the query protocol."""
    iam = sandbox.client("iam")
    mfa = policy("s3:*", Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}})
    answer = iam.simulate_custom_policy(
        PolicyInputList=[mfa],
        ActionNames=["s3:GetObject", "s3:PutObject"],
        ResourceArns=["arn:aws:s3:::a/x", "arn:aws:s3:::b/x"],
        ContextEntries=[
            {
                "ContextKeyName": "aws:MultiFactorAuthPresent",
                "ContextKeyValues": ["true"],
                "ContextKeyType": "boolean",
            }
        ],
        OrderedOrganizationPolicyInputList=[{"ServiceControlPolicyInputList": [policy("s3:Get*"), policy("ec2:*")]}],
    )["EvaluationResults"]
    assert [(one["EvalActionName"], one["EvalDecision"]) for one in answer] == [
        ("s3:GetObject", "allowed"),
        ("s3:PutObject", "implicitDeny"),
    ]
    assert [len(one["ResourceSpecificResults"]) for one in answer] == [2, 2]


def test_the_paginator_finds_every_action(sandbox: Sandbox) -> None:
    actions = [f"s3:Action{number}" for number in range(5)]
    pages = sandbox.client("iam").get_paginator("simulate_custom_policy")
    found = pages.paginate(
        PolicyInputList=[policy("s3:*")], ActionNames=actions, PaginationConfig={"PageSize": 2}
    ).build_full_result()
    assert [one["EvalActionName"] for one in found["EvaluationResults"]] == actions


def test_simulating_needs_permission_for_the_one_who_is_simulated(sandbox: Sandbox) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/permissions-required_policy-simulator.html"""
    iam = sandbox.client("iam")
    arns = [iam.create_user(UserName=name)["User"]["Arn"] for name in ("alice", "bob")]
    iam.put_user_policy(
        UserName="bob", PolicyName="p", PolicyDocument=policy("iam:SimulatePrincipalPolicy", Resource=arns[0])
    )
    bob = sandbox.client("iam", keys_of(iam, "bob"))
    assert decision(bob, arns[0], "s3:GetObject") == "implicitDeny"
    assert code(bob.simulate_principal_policy, PolicySourceArn=arns[1], ActionNames=["s3:GetObject"]) == "AccessDenied"


def test_simulations_are_recorded_and_count_as_reads(sandbox: Sandbox) -> None:
    iam = sandbox.client("iam")
    arn = iam.create_user(UserName="alice")["User"]["Arn"]
    decision(iam, arn, "s3:GetObject")
    events = wait_until(
        lambda: sandbox.client("cloudtrail").lookup_events(
            LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": "SimulatePrincipalPolicy"}]
        )["Events"],
        "the event",
    )
    assert events[0]["ReadOnly"] == "true"
