"""Whole accounts and managed policies, as IAM shows them: nothing left out, texts byte for byte.
https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountAuthorizationDetails.html"""

from __future__ import annotations

import copy
import json
from typing import Any
from urllib.parse import quote

import pytest
from iam_calls import READ_ONLY, code, policy, trust
from sandbox_client import Sandbox

KINDS = ["User", "Group", "Role", "LocalManagedPolicy"]
SPACED = ' { "Version": "2012-10-17",\n\t"Statement": {"Effect": "Allow", "Action": "s3:Get*", "Resource": "arn:aws:s3:::a/b%20c+d"}} '


def as_sent(iam: Any, operation: str, **given: Any) -> dict[str, Any]:
    """The answer before boto3 decodes the policies in it."""
    found: dict[str, Any] = {}

    def keep(parsed: dict[str, Any], **_more: Any) -> None:
        found.update(copy.deepcopy(parsed))

    name = f"after-call.iam.{operation}"
    iam.meta.events.register_first(name, keep)
    try:
        iam._make_api_call(operation, given)
    finally:
        iam.meta.events.unregister(name, keep)
    return found


@pytest.fixture
def iam(sandbox: Sandbox) -> Any:
    """An account with one of each: alice in staff, the role worker in the profile web, the policy p."""
    client = sandbox.client("iam")
    client.create_policy(PolicyName="p", Path="/team/", PolicyDocument=SPACED, Description="reads")
    client.create_group(GroupName="staff", Path="/team/")
    client.create_user(UserName="alice", Path="/team/", Tags=[{"Key": "team", "Value": "red"}])
    client.create_role(
        RoleName="worker",
        Path="/team/",
        AssumeRolePolicyDocument=spaced_trust(sandbox),
        Tags=[{"Key": "team", "Value": "blue"}],
        PermissionsBoundary=READ_ONLY,
    )
    client.add_user_to_group(GroupName="staff", UserName="alice")
    client.create_instance_profile(InstanceProfileName="web", Path="/team/")
    client.add_role_to_instance_profile(InstanceProfileName="web", RoleName="worker")
    return client


def spaced_trust(sandbox: Sandbox) -> str:
    return f" \n{trust(sandbox, Sid='x')}\t"


def details(iam: Any, kind: str, name: str) -> dict[str, Any]:
    """The entry of one user, group, role or policy."""
    lists = {"User": "UserDetailList", "Group": "GroupDetailList", "Role": "RoleDetailList"}
    answer = iam.get_account_authorization_details(Filter=[kind])
    named = "PolicyName" if kind.endswith("Policy") else f"{kind}Name"
    (found,) = (one for one in answer[lists.get(kind, "Policies")] if one[named] == name)
    return dict(found)


class TestAccounts:
    def test_a_user_is_shown_with_all_that_it_has(self, iam: Any) -> None:
        iam.put_user_policy(UserName="alice", PolicyName="inline", PolicyDocument=SPACED)
        iam.attach_user_policy(UserName="alice", PolicyArn=READ_ONLY)
        iam.put_user_permissions_boundary(UserName="alice", PermissionsBoundary=READ_ONLY)
        user = iam.get_user(UserName="alice")["User"]
        found = details(iam, "User", "alice")
        assert found.pop("UserPolicyList") == [{"PolicyName": "inline", "PolicyDocument": json.loads(SPACED)}]
        assert found == {
            "Path": "/team/",
            "UserName": "alice",
            "UserId": user["UserId"],
            "Arn": user["Arn"],
            "CreateDate": user["CreateDate"],
            "GroupList": ["staff"],
            "AttachedManagedPolicies": [{"PolicyName": "ReadOnlyAccess", "PolicyArn": READ_ONLY}],
            "PermissionsBoundary": {
                "PermissionsBoundaryType": "PermissionsBoundaryPolicy",
                "PermissionsBoundaryArn": READ_ONLY,
            },
            "Tags": [{"Key": "team", "Value": "red"}],
        }

    def test_a_group_is_shown_with_its_policies(self, iam: Any) -> None:
        iam.put_group_policy(GroupName="staff", PolicyName="inline", PolicyDocument=policy())
        iam.attach_group_policy(GroupName="staff", PolicyArn=READ_ONLY)
        found = details(iam, "Group", "staff")
        assert found["GroupPolicyList"] == [{"PolicyName": "inline", "PolicyDocument": json.loads(policy())}]
        assert [one["PolicyArn"] for one in found["AttachedManagedPolicies"]] == [READ_ONLY]
        assert found["GroupId"] == iam.get_group(GroupName="staff")["Group"]["GroupId"]
        assert found["Path"] == "/team/"

    def test_a_role_is_shown_with_trust_boundary_and_profiles(self, iam: Any, sandbox: Sandbox) -> None:
        iam.put_role_policy(RoleName="worker", PolicyName="inline", PolicyDocument=policy())
        role = iam.get_role(RoleName="worker")["Role"]
        found = details(iam, "Role", "worker")
        assert found["AssumeRolePolicyDocument"] == json.loads(trust(sandbox, Sid="x"))
        assert found["PermissionsBoundary"]["PermissionsBoundaryArn"] == READ_ONLY
        assert found["RolePolicyList"] == [{"PolicyName": "inline", "PolicyDocument": json.loads(policy())}]
        assert found["Tags"] == [{"Key": "team", "Value": "blue"}]
        assert found["RoleLastUsed"] == {}
        (profile,) = found["InstanceProfileList"]
        assert (profile["InstanceProfileName"], profile["Path"]) == ("web", "/team/")
        (in_short,) = profile["Roles"]
        assert in_short == {
            name: role[name] for name in ("Path", "RoleName", "RoleId", "Arn", "CreateDate", "AssumeRolePolicyDocument")
        }

    def test_a_role_that_was_used_says_when_and_where(self, iam: Any, sandbox: Sandbox) -> None:
        """https://docs.aws.amazon.com/IAM/latest/APIReference/API_RoleLastUsed.html"""
        arn = iam.get_role(RoleName="worker")["Role"]["Arn"]
        given = sandbox.client("sts").assume_role(RoleArn=arn, RoleSessionName="bob")["Credentials"]
        session = {
            "access_key_id": given["AccessKeyId"],
            "secret_access_key": given["SecretAccessKey"],
            "session_token": given["SessionToken"],
        }
        sandbox.client("sts", session, region_name="eu-west-1").get_caller_identity()
        found = details(iam, "Role", "worker")["RoleLastUsed"]
        assert found == iam.get_role(RoleName="worker")["Role"]["RoleLastUsed"]
        assert found["Region"] == "eu-west-1"

    def test_a_policy_is_shown_with_every_version(self, iam: Any, sandbox: Sandbox) -> None:
        arn = f"arn:aws:iam::{sandbox.management}:policy/team/p"
        iam.create_policy_version(PolicyArn=arn, PolicyDocument=policy(), SetAsDefault=True)
        iam.attach_user_policy(UserName="alice", PolicyArn=arn)
        iam.put_role_permissions_boundary(RoleName="worker", PermissionsBoundary=arn)
        shown = iam.get_policy(PolicyArn=arn)["Policy"]
        found = details(iam, "LocalManagedPolicy", "p")
        assert {name: found[name] for name in found if name != "PolicyVersionList"} == {
            **{name: shown[name] for name in ("PolicyName", "PolicyId", "Arn", "Path", "Description", "CreateDate")},
            "DefaultVersionId": "v2",
            "AttachmentCount": 1,
            "PermissionsBoundaryUsageCount": 1,
            "IsAttachable": True,
            "UpdateDate": found["PolicyVersionList"][1]["CreateDate"],
        }
        assert [(one["VersionId"], one["IsDefaultVersion"]) for one in found["PolicyVersionList"]] == [
            ("v1", False),
            ("v2", True),
        ]
        assert [one["Document"] for one in found["PolicyVersionList"]] == [json.loads(SPACED), json.loads(policy())]

    def test_texts_are_encoded_byte_for_byte(self, iam: Any, sandbox: Sandbox) -> None:
        """ "URL-encoded compliant with RFC 3986" """
        iam.put_user_policy(UserName="alice", PolicyName="inline", PolicyDocument=SPACED)
        found = as_sent(iam, "GetAccountAuthorizationDetails", Filter=KINDS)
        alice = next(one for one in found["UserDetailList"] if one["UserName"] == "alice")
        worker = next(one for one in found["RoleDetailList"] if one["RoleName"] == "worker")
        own = next(one for one in found["Policies"] if one["PolicyName"] == "p")
        assert alice["UserPolicyList"][0]["PolicyDocument"] == quote(SPACED, safe="")
        assert own["PolicyVersionList"][0]["Document"] == quote(SPACED, safe="")
        assert worker["AssumeRolePolicyDocument"] == quote(spaced_trust(sandbox), safe="")

    @pytest.mark.parametrize("kind", KINDS)
    def test_only_what_was_asked_for_is_shown(self, iam: Any, kind: str) -> None:
        found = iam.get_account_authorization_details(Filter=[kind], MaxItems=1000)
        shown = {name for name in ("UserDetailList", "GroupDetailList", "RoleDetailList", "Policies") if found[name]}
        assert shown == {"Policies" if kind == "LocalManagedPolicy" else f"{kind}DetailList"}

    def test_the_policies_of_aws_are_told_from_the_accounts_own(self, iam: Any) -> None:
        pages = iam.get_paginator("get_account_authorization_details").paginate(
            Filter=["AWSManagedPolicy"], PaginationConfig={"PageSize": 1000}
        )
        arns = [one["Arn"] for page in pages for one in page["Policies"]]
        assert READ_ONLY in arns and len(set(arns)) == len(arns)
        assert {arn.split(":")[4] for arn in arns} == {"aws"}
        own = iam.get_account_authorization_details(Filter=["LocalManagedPolicy"])["Policies"]
        assert [one["PolicyName"] for one in own] == ["p"]

    def test_without_a_filter_everything_is_shown(self, iam: Any) -> None:
        pages = list(
            iam.get_paginator("get_account_authorization_details").paginate(PaginationConfig={"PageSize": 1000})
        )
        assert len(pages) > 1
        assert "alice" in [one["UserName"] for one in pages[0]["UserDetailList"]]
        assert pages[0]["RoleDetailList"] and pages[-1]["Policies"] and not pages[-1]["UserDetailList"]

    def test_a_hundred_come_at_once_if_nothing_is_said(self, iam: Any) -> None:
        for number in range(120):
            iam.create_group(GroupName=f"g{number:03}")
        first = iam.get_account_authorization_details(Filter=["Group"])
        second = iam.get_account_authorization_details(Filter=["Group"], Marker=first["Marker"])
        assert (len(first["GroupDetailList"]), first["IsTruncated"]) == (100, True)
        assert (len(second["GroupDetailList"]), second["IsTruncated"]) == (21, False)
        assert "Marker" not in second

    def test_a_kind_that_does_not_exist_is_refused(self, iam: Any) -> None:
        assert code(iam.get_account_authorization_details, Filter=["Everything"]) == "ValidationError"

    def test_accounts_are_apart(self, iam: Any, sandbox: Sandbox) -> None:
        other = sandbox.iam(sandbox.members[0]).get_account_authorization_details(Filter=KINDS)
        assert "alice" not in [one["UserName"] for one in other["UserDetailList"]]
        assert "p" not in [one["PolicyName"] for one in other["Policies"]]


class TestManagedPolicies:
    @pytest.fixture
    def arn(self, iam: Any, sandbox: Sandbox) -> str:
        return f"arn:aws:iam::{sandbox.management}:policy/team/p"

    def test_a_version_is_handed_out_byte_for_byte(self, iam: Any, arn: str) -> None:
        """https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetPolicyVersion.html"""
        found = as_sent(iam, "GetPolicyVersion", PolicyArn=arn, VersionId="v1")["PolicyVersion"]
        assert found["Document"] == quote(SPACED, safe="")
        assert iam.get_policy_version(PolicyArn=arn, VersionId="v1")["PolicyVersion"]["Document"] == json.loads(SPACED)

    def test_a_new_version_is_in_force_only_if_it_is_said(self, iam: Any, arn: str) -> None:
        """https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreatePolicyVersion.html"""
        before = iam.get_policy(PolicyArn=arn)["Policy"]
        for said, expected in ((False, "v1"), (True, "v3")):
            made = iam.create_policy_version(PolicyArn=arn, PolicyDocument=policy(), SetAsDefault=said)
            assert made["PolicyVersion"]["IsDefaultVersion"] is said
            assert iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"] == expected
        after = iam.get_policy(PolicyArn=arn)["Policy"]
        assert after["CreateDate"] == before["CreateDate"] and after["UpdateDate"] > before["UpdateDate"]

    def test_lists_of_versions_do_not_show_their_texts(self, iam: Any, arn: str) -> None:
        """https://docs.aws.amazon.com/IAM/latest/APIReference/API_PolicyVersion.html"""
        made = iam.create_policy_version(PolicyArn=arn, PolicyDocument=policy())["PolicyVersion"]
        listed = iam.list_policy_versions(PolicyArn=arn)["Versions"]
        assert [one["VersionId"] for one in listed] == ["v1", "v2"]
        assert all("Document" not in one for one in [made, *listed])
        assert iam.list_policy_versions(PolicyArn=arn, MaxItems=1)["IsTruncated"] is True

    def test_a_policy_has_five_versions_at_most(self, iam: Any, arn: str) -> None:
        """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html"""
        for _version in range(4):
            iam.create_policy_version(PolicyArn=arn, PolicyDocument=policy())
        assert code(iam.create_policy_version, PolicyArn=arn, PolicyDocument=policy()) == "LimitExceeded"

    def test_what_is_not_there_is_refused(self, iam: Any, arn: str) -> None:
        assert code(iam.get_policy_version, PolicyArn=arn, VersionId="v2") == "NoSuchEntity"
        for look in (iam.get_policy, iam.list_policy_versions, iam.list_entities_for_policy):
            assert code(look, PolicyArn=f"{arn}-2") == "NoSuchEntity"
        assert code(iam.create_policy_version, PolicyArn=f"{arn}-2", PolicyDocument=policy()) == "NoSuchEntity"
        assert code(iam.list_groups_for_user, UserName="nobody") == "NoSuchEntity"

    def test_a_policy_is_shown_alone_as_it_is(self, iam: Any, arn: str) -> None:
        """https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetPolicy.html"""
        iam.attach_user_policy(UserName="alice", PolicyArn=arn)
        iam.put_role_permissions_boundary(RoleName="worker", PermissionsBoundary=arn)
        found = iam.get_policy(PolicyArn=arn)["Policy"]
        assert {name: found[name] for name in found if not name.endswith("Date")} == {
            "PolicyName": "p",
            "PolicyId": found["PolicyId"],
            "Arn": arn,
            "Path": "/team/",
            "DefaultVersionId": "v1",
            "AttachmentCount": 1,
            "PermissionsBoundaryUsageCount": 1,
            "IsAttachable": True,
            "Description": "reads",
            "Tags": [],
        }

    def test_whoever_has_a_policy_is_listed(self, iam: Any, arn: str) -> None:
        """https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListEntitiesForPolicy.html"""
        iam.attach_user_policy(UserName="alice", PolicyArn=arn)
        iam.attach_group_policy(GroupName="staff", PolicyArn=arn)
        iam.put_role_permissions_boundary(RoleName="worker", PermissionsBoundary=arn)

        def listed(**given: Any) -> list[str]:
            found = iam.list_entities_for_policy(PolicyArn=arn, **given)
            return [one[f"{kind}Name"] for kind in ("User", "Group", "Role") for one in found[f"Policy{kind}s"]]

        assert listed() == ["alice", "staff", "worker"]
        assert listed(EntityFilter="Role") == ["worker"]
        assert listed(PolicyUsageFilter="PermissionsPolicy") == ["alice", "staff"]
        assert listed(PathPrefix="/other/") == []

    def test_ids_say_what_they_are_of(self, iam: Any, arn: str) -> None:
        """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-prefixes"""
        (group,) = iam.list_groups_for_user(UserName="alice")["Groups"]
        assert set(group) == {"Path", "GroupName", "GroupId", "Arn", "CreateDate"}
        assert group["GroupId"].startswith("AGPA")
        assert iam.get_policy(PolicyArn=arn)["Policy"]["PolicyId"].startswith("ANPA")
